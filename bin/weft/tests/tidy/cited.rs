//! The page on testing names tests and files, that on architecture functions in their files, and
//! what they name is there: a fault that is held by a test which was renamed is held by nobody
//! knows what.

use super::tree::{Offence, Tree};
use std::collections::BTreeSet;

/// The page on testing.
const PAGE: &str = "docs/testing.md";

/// The page that says which functions something goes through: each as `file`: `function`.
const WALK: &str = "docs/architecture.md";

/// Every test or file that the page cites and that is not there.
pub fn cited_and_absent(tree: &Tree) -> Vec<Offence> {
    let Some(page) = tree.file(PAGE) else { return Vec::new() };
    let code = || tree.files.iter().filter(|file| file.path.ends_with(".rs"));
    let names: BTreeSet<&str> = code().flat_map(|file| functions(&file.text)).collect();
    let is_there = |name: &str| match name.strip_suffix('*') {
        Some(start) => names.range(start..).next().is_some_and(|found| found.starts_with(start)),
        None => names.contains(name),
    };
    let is_file =
        |end: &str| code().any(|file| format!("/{}", file.path).ends_with(&format!("/{end}")));
    let mut found = Vec::new();
    for (at, cited) in quoted(&page.text) {
        let name = cited.rsplit("::").next().unwrap_or(cited);
        if is_sentence(name) && !is_there(name) {
            found.push(page.offence(at, format!("there is no test {name:?}")));
        }
        if cited.ends_with(".rs") && !cited.contains('*') && !is_file(cited) {
            found.push(page.offence(at, format!("there is no file {cited:?}")));
        }
    }
    found
}

/// Every function that the page on architecture names in a file and that is not in it.
pub fn walked_and_absent(tree: &Tree) -> Vec<Offence> {
    let Some(page) = tree.file(WALK) else { return Vec::new() };
    let has = |end: &str, name: &str| {
        let mut code =
            tree.files.iter().filter(|f| format!("/{}", f.path).ends_with(&format!("/{end}")));
        code.any(|file| functions(&file.text).any(|found| found == name))
    };
    let mut found = Vec::new();
    let mut at = 0;
    for line in page.text.split_inclusive('\n') {
        for (before, after) in
            line.match_indices("`: `").map(|(n, cut)| (&line[..n], &line[n + cut.len()..]))
        {
            let file = before.rsplit('`').next().unwrap_or(before);
            let name = after.split('`').next().unwrap_or(after);
            if file.ends_with(".rs") && !has(file, name) {
                found.push(page.offence(at, format!("there is no function {name:?} in {file:?}")));
            }
        }
        at += line.len();
    }
    found
}

/// Whether a word is the name of a test, which is a sentence: three words or more.
fn is_sentence(word: &str) -> bool {
    let stem = word.strip_suffix('*').unwrap_or(word);
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    stem.bytes().all(is_plain) && stem.bytes().filter(|b| *b == b'_').count() >= 2
}

/// What stands between backquotes within a line, and where.
fn quoted(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let mut place = at;
        for (n, part) in line.split('`').enumerate() {
            if n % 2 == 1 {
                found.push((place, part));
            }
            place += part.len() + 1;
        }
        at += line.len();
    }
    found
}

/// The names of all functions of a file.
fn functions(text: &str) -> impl Iterator<Item = &str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split("fn ").skip(1).map(move |rest| rest.split(|c| !is_name(c)).next().unwrap_or(rest))
}

/// A renamed test, a stem that nothing begins with, and a file that has moved are seen.
#[test]
fn a_cited_test_or_file_that_is_not_there_is_caught() {
    let page = "| F1 | `a::what_is_there_is_found`, `what_is_gone_is_not`, `two_words` |\n\
                | F2 | `a::what_is_*`, `that_was_never_*`, `a/src/lib.rs`, `src/gone.rs` |\n";
    let code = "//! a\n#[test]\nfn what_is_there_is_found() {}\n";
    let tree = Tree::planted(&[(PAGE, page), ("crates/a/src/lib.rs", code)]);
    let found: Vec<String> = cited_and_absent(&tree).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "docs/testing.md:1: there is no test \"what_is_gone_is_not\"",
            "docs/testing.md:2: there is no test \"that_was_never_*\"",
            "docs/testing.md:2: there is no file \"src/gone.rs\"",
        ]
    );
}

#[test]
fn a_function_that_has_moved_is_caught() {
    let page = "| it | `a/src/lib.rs`: `here` |\n| or | `a/src/lib.rs`: `gone`, `a/src/lib.rs` |\n";
    let tree = Tree::planted(&[(WALK, page), ("crates/a/src/lib.rs", "//! a\nfn here() {}\n")]);
    let found: Vec<String> = walked_and_absent(&tree).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        ["docs/architecture.md:2: there is no function \"gone\" in \"a/src/lib.rs\""]
    );
}
