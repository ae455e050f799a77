//! The protocol and the code name the same rules: each rule that the table of
//! docs/protocol.md marks as built is cited where it is done and where it is tested.

use super::lexer::word_places;
use super::tree::{File, Offence, Tree};

/// The page with the table.
const PAGE: &str = "docs/protocol.md";
/// What the table may say of a rule.
const STATES: [&str; 2] = ["built", "planned"];

/// Every built rule without code or without a test, and every odd line of the table.
pub fn rules_without_code_or_test(tree: &Tree) -> Vec<Offence> {
    let Some(page) = tree.file(PAGE) else {
        return vec![Offence {
            path: PAGE.to_owned(),
            line: 1,
            what: "the page is missing".to_owned(),
        }];
    };
    let rooms = || tree.files.iter().filter(|file| is_room(&file.path));
    let code: Vec<String> = rooms().map(File::production_text).collect();
    let tests: Vec<String> = rooms().map(File::test_text).collect();
    let is_cited =
        |texts: &[String], rule: &str| texts.iter().any(|t| !word_places(t, rule).is_empty());
    let mut found = Vec::new();
    for (at, rule, state) in table(page) {
        if !STATES.contains(&state) {
            found.push(page.offence(at, format!("{rule} is {state:?}: say one of {STATES:?}")));
        }
        if state == "built" && !is_cited(&code, rule) {
            found.push(
                page.offence(at, format!("{rule} is built, but no production code cites it")),
            );
        }
        if state == "built" && !is_cited(&tests, rule) {
            found.push(page.offence(at, format!("{rule} is built, but no test cites it")));
        }
    }
    if table(page).is_empty() {
        found.push(page.offence(0, "the table of rules is missing"));
    }
    found
}

/// Whether a file is Rust of a room, and not this test, whose own words prove nothing.
fn is_room(path: &str) -> bool {
    path.ends_with(".rs") && !path.starts_with("bin/weft/tests/tidy")
}

/// (place, rule, state) of each line such as `| R7 | built | .. |`.
fn table(page: &File) -> Vec<(usize, &str, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    for raw in page.text.split_inclusive('\n') {
        let cells: Vec<&str> = raw.split('|').map(str::trim).collect();
        if let ["", rule, state, ..] = cells[..] {
            let number = rule.strip_prefix('R').unwrap_or("");
            if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) {
                found.push((at, rule, state));
            }
        }
        at += raw.len();
    }
    found
}

/// A citation in a comment of a test does not count for the code, nor the other way.
#[test]
fn a_built_rule_without_code_or_test_is_caught() {
    let page = "| rule | state |\n|---|---|\n| R1 | built | a |\n| R2 | built | b |\n| R3 | built | c |\n\
                | R4 | planned | d |\n| R5 | nearly | e |\n";
    let code = "//! R1 and R12\n// R2\n#[cfg(test)]\nmod tests {\n    // R1\n}\n";
    let tree = Tree::planted(&[
        (PAGE, page),
        ("crates/types/src/a.rs", code),
        ("crates/types/tests/b.rs", "//! R3\n"),
        ("bin/weft/tests/tidy.rs", "//! R2\n"),
    ]);
    let found: Vec<String> =
        rules_without_code_or_test(&tree).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "docs/protocol.md:4: R2 is built, but no test cites it",
            "docs/protocol.md:5: R3 is built, but no production code cites it",
            "docs/protocol.md:7: R5 is \"nearly\": say one of [\"built\", \"planned\"]",
        ]
    );
    assert_eq!(rules_without_code_or_test(&Tree::planted(&[])).len(), 1);
}
