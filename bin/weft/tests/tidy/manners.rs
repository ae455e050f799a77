//! Small manners: no unwrap in what ships, nothing left unfinished, and no word
//! about the machine somebody happened to work on.

use super::lexer::{is_word, word_places};
use super::tree::{File, Offence, Tree};

/// Marks of unfinished work, in pieces so that this file does not hold them.
const UNFINISHED: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Starts of absolute paths that exist on one machine only.
const PATHS: [&str; 5] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/Us", "ers/"),
    concat!("C:", "\\"),
];

/// Hosts that serve packages. Cargo's own configuration chooses one, not the project.
const HOSTS: [&str; 6] = [
    concat!("index.crates", ".io"),
    concat!("static.crates", ".io"),
    concat!("crates.io", "-index"),
    concat!("proxy.golang", ".org"),
    concat!("files.pythonhosted", ".org"),
    concat!("registry.npmjs", ".org"),
];

/// Folders beside the project. Tests may look for optional vectors there.
const BESIDE: &str = concat!("sha", "red/");
/// What a test may name of them.
const VECTORS: &str = concat!("../sha", "red/vectors");

/// Every unwrap in production code.
pub fn unwraps(tree: &Tree) -> Vec<Offence> {
    let shipped = tree.production().filter(|file| !file.path.starts_with("benches/"));
    shipped
        .flat_map(|file| {
            let places = file.production.match_indices(".unwrap()");
            places.map(|(at, _)| {
                file.offence(at, "unwrap: return an error, or say why it holds with expect")
            })
        })
        .collect()
}

/// Every mark of unfinished work, in any text of the project.
pub fn unfinished(tree: &Tree) -> Vec<Offence> {
    let mut found = Vec::new();
    for file in &tree.files {
        for mark in UNFINISHED {
            let places = word_places(&file.text, mark);
            found.extend(
                places.into_iter().map(|at| file.offence(at, format!("{mark} is unfinished work"))),
            );
        }
    }
    found
}

/// Every absolute path, package host or neighbouring folder. `Cargo.lock` is cargo's.
pub fn traces_of_a_machine(tree: &Tree) -> Vec<Offence> {
    let mut found = Vec::new();
    for file in tree.files.iter().filter(|file| file.path != "Cargo.lock") {
        for path in PATHS {
            for (at, _) in
                file.text.match_indices(path).filter(|(at, _)| starts_a_path(&file.text, *at))
            {
                found.push(file.offence(at, format!("{path} is a path of one machine")));
            }
        }
        for host in HOSTS {
            let places = file.text.match_indices(host);
            found.extend(
                places.map(|(at, _)| file.offence(at, format!("{host} is a package host"))),
            );
        }
        found.extend(folders_beside(file));
    }
    found
}

/// Whether nothing before this place makes it the middle of a longer path or address.
fn starts_a_path(text: &str, at: usize) -> bool {
    let before = at.checked_sub(1).map(|i| text.as_bytes()[i]);
    before.is_none_or(|b| !is_word(b) && !matches!(b, b'.' | b'-' | b'/' | b'~' | b'}' | b')'))
}

/// Every mention of a folder beside the project that a test may not make.
fn folders_beside(file: &File) -> Vec<Offence> {
    let is_allowed = |at: usize| {
        let is_vectors = at >= 3 && file.text[at - 3..].starts_with(VECTORS);
        is_vectors
            && (file.is_test
                || file.test_text().contains(VECTORS) && !file.production_text().contains(BESIDE))
    };
    let places = word_places(&file.text, BESIDE).into_iter().filter(|at| !is_allowed(*at));
    places.map(|at| file.offence(at, "a folder that is not part of the project")).collect()
}

/// Only shipped code is asked, and words in comments are free.
#[test]
fn an_unwrap_in_shipped_code_is_caught() {
    let code = "//! `.unwrap()`\nfn a() { b.unwrap_or(1); \".unwrap()\"; c\n    .unwrap(); }\n\
                #[cfg(test)]\nmod tests { fn a() { b.unwrap() } }\n";
    let tree = Tree::planted(&[("bin/weft/src/a.rs", code), ("crates/rpc/tests/a.rs", code)]);
    let found = unwraps(&tree);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].path.as_str(), found[0].line), ("bin/weft/src/a.rs", 3));
}

/// In any kind of text, comments and tests included.
#[test]
fn unfinished_work_is_caught() {
    let later = format!("// {}: later\n", UNFINISHED[0]);
    let tree = Tree::planted(&[
        ("docs/a.md", UNFINISHED[1]),
        ("crates/types/tests/b.rs", &later),
        ("justfile", "method\n"),
    ]);
    assert_eq!(unfinished(&tree).len(), 2);
}

/// Paths and hosts are caught; look-alikes are not.
#[test]
fn a_trace_of_a_machine_is_caught() {
    let fold = |pieces: &[&str]| pieces.concat();
    let (home, host) = (fold(&["\"", PATHS[0], "me\""]), fold(&["https://", HOSTS[0]]));
    let (vectors, other) = (fold(&["//! ", VECTORS, "/yuma\n"]), fold(&["../", BESIDE, "design"]));
    let fine = fold(&["$HOME", PATHS[0], " https://example.org", PATHS[2], " ~", PATHS[1]]);
    let tree = Tree::planted(&[
        ("README.md", &home),
        ("crates/types/src/a.rs", &vectors),
        ("crates/types/tests/b.rs", &vectors),
        ("crates/types/tests/c.rs", &other),
        ("docs/d.md", &fine),
        ("docs/e.md", &host),
    ]);
    let found: Vec<String> = traces_of_a_machine(&tree).into_iter().map(|o| o.path).collect();
    assert_eq!(
        found,
        ["README.md", "crates/types/src/a.rs", "crates/types/tests/c.rs", "docs/e.md"]
    );
}
