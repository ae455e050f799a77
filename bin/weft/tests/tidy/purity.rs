//! I2: the pure rooms have no async, clock, disk, network, thread, randomness,
//! hash-ordered map or float. Time and generators are arguments there.

use super::arrows::shipped_dependencies;
use super::lexer::{closing, is_word, word_places};
use super::tree::{File, Offence, Tree, room_of};

/// The rooms below the line of the picture.
const PURE: [&str; 6] = ["types", "yuma", "ledger", "mempool", "consensus", "engine"];

/// Words that bring in what a pure room must not have.
const WORDS: [(&str, &str); 19] = [
    ("async", "async"),
    (".await", "async"),
    ("tokio", "async"),
    ("futures", "async"),
    ("Instant", "a clock"),
    ("SystemTime", "a clock"),
    ("thread::spawn", "a thread"),
    ("thread_local", "a thread"),
    ("HashMap", "a map in hash order"),
    ("HashSet", "a set in hash order"),
    ("rand::random", "randomness"),
    ("getrandom", "randomness"),
    ("SysRng", "randomness"),
    ("OsRng", "randomness"),
    ("thread_rng", "randomness"),
    ("RandomState::new", "randomness"),
    ("f32", "a float"),
    ("f64", "a float"),
    ("File::open", "a disk"),
];

/// Modules of std with no place in a pure room.
const STD_MODULES: [&str; 6] = ["env", "fs", "net", "os", "process", "thread"];

/// Libraries that a pure room must not depend on.
const LIBRARIES: [&str; 13] = [
    "async-trait",
    "axum",
    "chrono",
    "futures",
    "getrandom",
    "hyper",
    "libp2p",
    "rand",
    "rustix",
    "sled",
    "time",
    "tokio",
    "tracing-subscriber",
];

/// The files that may name a hashed map, each with the reason.
const HASHED: [(&str, &str); 1] = [(
    "crates/ledger/src/state/map.rs",
    "the one lookup-only map of the state: keyed, and without any way to iterate it",
)];

/// Everything impure in the production code of the pure rooms.
pub fn impurities(tree: &Tree) -> Vec<Offence> {
    let mut found = Vec::new();
    let pure = |path: &str| room_of(path).is_some_and(|room| PURE.contains(&room));
    for file in tree.production().filter(|file| pure(&file.path)) {
        let may_hash = HASHED.iter().any(|(path, _)| *path == file.path);
        for (word, what) in WORDS {
            let is_excused = may_hash && word.starts_with("Hash");
            for at in word_places(&file.production, word).into_iter().filter(|_| !is_excused) {
                found.push(file.offence(at, format!("`{word}` is {what}")));
            }
        }
        for (at, module) in std_modules(&file.production) {
            if STD_MODULES.contains(&module.as_str()) {
                found
                    .push(file.offence(at, format!("`std::{module}` has no place in a pure room")));
            }
        }
        found.extend(float_literals(file));
    }
    for (_, manifest) in tree.manifests().filter(|(room, _)| PURE.contains(room)) {
        for (line, name) in shipped_dependencies(manifest) {
            if LIBRARIES.contains(&name.as_str()) {
                let what = format!("a pure room must not depend on {name}");
                found.push(Offence { path: manifest.path.clone(), line, what });
            }
        }
    }
    found.sort();
    found
}

/// Every module named right behind `std::`, also inside `use std::{..}`.
fn std_modules(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for start in word_places(code, "std::") {
        let after = start + "std::".len();
        if !code[after..].starts_with('{') {
            found.push((start, first_word(&code[after..])));
            continue;
        }
        let group = &code[after + 1..closing(code, after).saturating_sub(1)];
        let (mut depth, mut from) = (0_usize, 0_usize);
        for (i, c) in group.char_indices().chain([(group.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                ',' if depth == 0 => {
                    found.push((after + 1 + from, first_word(group[from..i].trim_start())));
                    from = i + 1;
                }
                _ => {}
            }
        }
    }
    found
}

/// The identifier a text starts with.
fn first_word(text: &str) -> String {
    text.bytes().take_while(|b| is_word(*b)).map(char::from).collect()
}

/// Numbers such as `1.5`, but neither `pair.0.1` nor `0..1`.
fn float_literals(file: &File) -> Vec<Offence> {
    let bytes = file.production.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let mut found = Vec::new();
    for at in (1..bytes.len()).filter(|i| bytes[*i] == b'.' && digit(i - 1) && digit(i + 1)) {
        let number = bytes[..at].iter().rposition(|b| !is_word(*b)).map_or(0, |i| i + 1);
        let is_field = number > 0 && bytes[number - 1] == b'.';
        if bytes[number].is_ascii_digit() && !is_field {
            found.push(file.offence(at, "a floating-point number"));
        }
    }
    found
}

/// One planted offence of each kind, one of them excused elsewhere.
#[test]
fn what_is_impure_is_caught() {
    let plants = [
        ("async fn a() {}", "async"),
        ("fn a() { b.await }", ".await"),
        ("use tokio::sync;", "tokio"),
        ("use std::time::{Duration, Instant};", "Instant"),
        ("let a = SystemTime::now();", "SystemTime"),
        ("use std::fs::File;", "std::fs"),
        ("use std::{collections::{BTreeMap}, net::IpAddr};", "std::net"),
        ("let a = std::thread::spawn(b);", "std::thread"),
        ("use std::collections::HashMap;", "HashMap"),
        ("let a: HashSet<u8>;", "HashSet"),
        ("rand::random::<u8>()", "rand::random"),
        ("getrandom::fill(a)", "getrandom"),
        ("SysRng.fill(a)", "SysRng"),
        ("let a: f64;", "f64"),
        ("let a = 1.5;", "floating-point"),
    ];
    for (code, word) in plants {
        let tree = Tree::planted(&[("crates/ledger/src/a.rs", code)]);
        let found = impurities(&tree);
        assert!(found.iter().any(|o| o.what.contains(word)), "{code:?} passed: {found:?}");
    }
    let tree =
        Tree::planted(&[("crates/yuma/Cargo.toml", "[dependencies]\ntokio.workspace = true\n")]);
    assert_eq!(impurities(&tree).len(), 1);
}

/// Comments, strings, tests, IO rooms and the excused file may say these words.
#[test]
fn what_only_looks_impure_passes() {
    let pure = "//! Not async, no HashMap.\nfn a() -> &'static str { \"f64 std::fs\" }\n\
                fn b(p: ((u8, u8), u8)) { for i in 0..9 { c(p.0.1) } }\nuse std::time::Duration;\n\
                #[cfg(test)]\nmod tests { use std::collections::HashSet; }\n";
    let tree = Tree::planted(&[
        ("crates/ledger/src/a.rs", pure),
        ("crates/ledger/src/state/map.rs", "use std::collections::HashMap;"),
        ("crates/ledger/tests/a.rs", "use std::fs;"),
        ("crates/store/src/a.rs", "use std::fs;"),
    ]);
    assert_eq!(impurities(&tree), []);
}
