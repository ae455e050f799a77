//! Proportions: a production file has at most 400 lines, a function at most 70,
//! and every source file opens by saying what it is for.

use super::lexer::{is_word, item_end, line_of, word_places};
use super::tree::{File, Offence, Tree};

/// Most lines of a file outside its tests.
const FILE_LINES: usize = 400;
/// Most lines of a function, from `fn` to its last bracket.
const FUNCTION_LINES: usize = 70;
/// The header stands within so many lines.
const HEADER_LINES: usize = 5;

/// Every production file over its size.
pub fn long_files(tree: &Tree) -> Vec<Offence> {
    let mut found = Vec::new();
    for file in tree.production() {
        let lines = file.production_lines();
        if lines > FILE_LINES {
            found.push(
                file.offence(0, format!("{lines} lines outside tests, {FILE_LINES} are allowed")),
            );
        }
    }
    found
}

/// Every production function over its size.
pub fn long_functions(tree: &Tree) -> Vec<Offence> {
    let mut found = Vec::new();
    for file in tree.production() {
        for (at, name, lines) in functions(file) {
            if lines > FUNCTION_LINES {
                found.push(file.offence(
                    at,
                    format!("fn {name} has {lines} lines, {FUNCTION_LINES} are allowed"),
                ));
            }
        }
    }
    found
}

/// Every Rust file that does not open with `//!`.
pub fn files_without_a_header(tree: &Tree) -> Vec<Offence> {
    let opens =
        |file: &&File| file.text.lines().take(HEADER_LINES).any(|line| line.starts_with("//!"));
    let rust = tree.files.iter().filter(|file| file.path.ends_with(".rs"));
    rust.filter(|file| !opens(file))
        .map(|file| file.offence(0, "no `//!` that says what this is for"))
        .collect()
}

/// (place, name, lines) of every function with a body.
fn functions(file: &File) -> Vec<(usize, String, usize)> {
    let code = &file.production;
    let mut found = Vec::new();
    for at in word_places(code, "fn") {
        let after = code[at + 2..].trim_start();
        let name: String = after.bytes().take_while(|b| is_word(*b)).map(char::from).collect();
        if name.is_empty() {
            continue; // a pointer type: fn(..)
        }
        if let (end, Some(_)) = item_end(code, at) {
            found.push((at, name, line_of(code, end) - line_of(code, at) + 1));
        }
    }
    found
}

/// Lines under test count for neither budget.
#[test]
fn what_is_too_long_is_caught() {
    let line = "    let a = \"}\";\n";
    let function =
        |lines: usize| format!("fn a<T: Fn(u8) -> [u8; 2]>() {{\n{}}}\n", line.repeat(lines - 2));
    let long = function(71);
    let file = format!("//! a\n{}", "fn a() {}\n".repeat(400));
    let fits =
        format!("//! a\n{}{}", "fn a() {}\n".repeat(399), "#[cfg(test)]\nmod tests {\n\n\n}\n");
    let tree = Tree::planted(&[
        ("crates/types/src/a.rs", &long),
        ("crates/types/src/b.rs", &file),
        ("crates/types/src/c.rs", &fits),
        ("crates/types/src/d.rs", &function(70)),
        ("crates/types/tests/e.rs", &long),
    ]);
    let files: Vec<String> = long_files(&tree).into_iter().map(|o| o.path).collect();
    let functions: Vec<String> = long_functions(&tree).into_iter().map(|o| o.path).collect();
    assert_eq!(files, ["crates/types/src/b.rs"]);
    assert_eq!(functions, ["crates/types/src/a.rs"]);
}

/// Tests need a header too.
#[test]
fn a_file_without_a_header_is_caught() {
    let tree = Tree::planted(&[
        ("crates/types/src/a.rs", "//! a\n"),
        ("crates/types/src/b.rs", "// b\nfn b() {}\n"),
        ("crates/types/tests/c.rs", ""),
    ]);
    let found: Vec<String> = files_without_a_header(&tree).into_iter().map(|o| o.path).collect();
    assert_eq!(found, ["crates/types/src/b.rs", "crates/types/tests/c.rs"]);
}
