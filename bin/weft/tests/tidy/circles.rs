//! I7: files of a room don't take from each other in a circle.
//!
//! A file takes from another what its `use` lines and the paths in its code name: by `crate::`,
//! `super::` or `self::`, or by the name of a module that it declares. A name that a `mod.rs` or
//! `lib.rs` only hands on is of the file where it stands, so a table of contents ties nothing.

use super::lexer::{is_word, word_places};
use super::tree::{File, Offence, Tree};
use std::collections::{BTreeMap, BTreeSet};

/// The rooms without a circle. One that has lost its last is added here.
const ROOMS: [&str; 10] = [
    "consensus",
    "engine",
    "gossip",
    "home",
    "ledger",
    "node",
    "reads",
    "store",
    "types",
    "wallet",
];

/// With what a path into the own room begins.
const ROOTS: [&str; 3] = ["crate", "self", "super"];

/// What is taken where a module is named and nothing in it.
const ITSELF: &str = "itself";

/// A module, by the names on the way to it from the root of its room.
type Path = Vec<String>;

/// What a file takes: from which file which names.
type Taken = BTreeMap<Path, BTreeSet<String>>;

/// A circle of each knot of files in the rooms that shall have none.
pub fn circles(tree: &Tree) -> Vec<Offence> {
    ROOMS.iter().flat_map(|room| Room::of(tree, room).circles()).collect()
}

/// A file as a module of its room.
struct Module<'a> {
    file: &'a File,
    uses: Vec<Use>,
    /// The code without its `use` lines.
    code: String,
}

/// One name of a `use` line.
struct Use {
    path: Path,
    name: String,
    is_handed_on: bool,
}

struct Room<'a> {
    modules: BTreeMap<Path, Module<'a>>,
}

impl<'a> Room<'a> {
    fn of(tree: &'a Tree, room: &str) -> Self {
        let root = format!("crates/{room}/src/");
        let module = |file: &'a File| {
            let (uses, code) = parted(&file.production);
            Some((module_of(file.path.strip_prefix(&root)?), Module { file, uses, code }))
        };
        Self { modules: tree.production().filter_map(module).collect() }
    }

    /// From where a path in a module leads, if it stays in the room.
    fn absolute(&self, at: &Path, path: &[String]) -> Option<Path> {
        let (first, rest) = path.split_first()?;
        let mut base = at.clone();
        match first.as_str() {
            "crate" => base.clear(),
            "self" => {}
            "super" => {
                base.pop()?;
                let next = rest.first().map(String::as_str);
                if next == Some("super") {
                    return self.absolute(&base, rest);
                }
            }
            name => {
                base.push(name.to_owned());
                if !self.modules.contains_key(&base) {
                    let is_ours = |u: &&Use| u.name == name && ROOTS.contains(&u.path[0].as_str());
                    let from = self.modules[at].uses.iter().find(is_ours)?;
                    base = self.absolute(at, &from.path)?;
                }
            }
        }
        base.extend(rest.iter().cloned());
        Some(base)
    }

    /// The module in which what a path names stands, and its name there.
    fn home(&self, path: &[String], steps: usize) -> Option<(Path, String)> {
        let deepest = (0..=path.len()).rev().find(|n| self.modules.contains_key(&path[..*n]))?;
        let (module, rest) = (path[..deepest].to_vec(), &path[deepest..]);
        let Some((name, below)) = rest.split_first() else {
            return Some((module, ITSELF.to_owned()));
        };
        let handed_on = self.modules[&module].uses.iter().find(|u| u.name == *name);
        let from = handed_on.filter(|_| steps > 0).and_then(|u| self.absolute(&module, &u.path));
        if let Some(mut at) = from {
            at.extend(below.iter().cloned());
            return self.home(&at, steps - 1);
        }
        Some((module, name.clone()))
    }

    /// What a module takes from others.
    fn taken(&self, at: &Path) -> Taken {
        let module = &self.modules[at];
        let is_used = |u: &&Use| !u.is_handed_on || !word_places(&module.code, &u.name).is_empty();
        let used = module.uses.iter().filter(is_used).map(|u| u.path.clone());
        let mut taken = Taken::new();
        for path in used.chain(paths(&module.code)) {
            let home = self.absolute(at, &path).and_then(|path| self.home(&path, 8));
            if let Some((from, name)) = home.filter(|(from, _)| from != at) {
                taken.entry(from).or_default().insert(name);
            }
        }
        taken
    }

    /// The shortest circle of each knot.
    fn circles(&self) -> Vec<Offence> {
        let taken: BTreeMap<&Path, Taken> =
            self.modules.keys().map(|at| (at, self.taken(at))).collect();
        let (mut found, mut told) = (Vec::new(), BTreeSet::new());
        for first in self.modules.keys() {
            let is_in_knot =
                |other: &&Path| reaches(&taken, first, other) && reaches(&taken, other, first);
            let knot: Vec<&Path> = self.modules.keys().filter(is_in_knot).collect();
            let ways = knot.iter().filter_map(|at| way_back(&taken, at));
            let Some(way) = ways.min_by_key(Vec::len).filter(|_| !told.contains(first)) else {
                continue;
            };
            told.extend(knot);
            let name = |path: &Path| self.modules[path].file.path.clone();
            let mut what = format!("a circle: {}", name(&way[0]));
            for pair in way.windows(2) {
                let names = &taken[&pair[0]][&pair[1]];
                let is_said = |name: &&str| *name != ITSELF || names.len() == 1;
                let said: Vec<_> = names.iter().map(String::as_str).filter(is_said).collect();
                what += &format!(" takes {} from {}", said.join(", "), name(&pair[1]));
                what += if pair[1] == way[0] { "" } else { ", which" };
            }
            what += "; move what both need into a file below them";
            found.push(Offence { path: name(&way[0]), line: 1, what });
        }
        found
    }
}

/// The shortest way from a module back to itself, both ends named.
fn way_back(taken: &BTreeMap<&Path, Taken>, start: &Path) -> Option<Vec<Path>> {
    let mut seen = BTreeSet::new();
    let mut ways = vec![vec![start.clone()]];
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in taken[way.last()?].keys() {
                let mut way = way.clone();
                way.push(next.clone());
                if next == start {
                    return Some(way);
                }
                if seen.insert(next.clone()) {
                    longer.push(way);
                }
            }
        }
        ways = longer;
    }
    None
}

/// Whether one module takes from another, directly or round about.
fn reaches(taken: &BTreeMap<&Path, Taken>, from: &Path, to: &Path) -> bool {
    let (mut seen, mut left) = (BTreeSet::from([from]), vec![from]);
    while let Some(at) = left.pop() {
        left.extend(taken[at].keys().filter(|next| seen.insert(*next)));
    }
    seen.contains(to)
}

/// The module of a file: `["rules", "books"]` for `rules/books.rs`, `[]` for `lib.rs`.
fn module_of(file: &str) -> Path {
    let names: Path = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    match names.split_last() {
        Some((last, folder)) if ["lib", "main", "mod"].contains(&last.as_str()) => folder.to_vec(),
        _ => names,
    }
}

/// The names of all `use` lines of a file, and its code without them.
fn parted(code: &str) -> (Vec<Use>, String) {
    let (mut uses, mut rest, mut last) = (Vec::new(), String::new(), 0);
    for at in word_places(code, "use") {
        let before = code[..at].rfind(['\n', ';', '{', '}']).map_or("", |n| &code[n + 1..at]);
        let Some(end) = code[at..].find(';').map(|n| at + n) else { continue };
        let is_handed_on = before.trim_start().starts_with("pub");
        let mut names = Vec::new();
        spread(&code[at + "use".len()..end], &[], &mut names);
        let new = |(path, name)| Use { path, name, is_handed_on };
        uses.extend(names.into_iter().map(new));
        rest += &code[last..at];
        last = end;
    }
    (uses, rest + &code[last..])
}

/// The paths of a tree of `use`, each with the name that it has from then on.
fn spread(text: &str, above: &[String], names: &mut Vec<(Path, String)>) {
    let (mut depth, mut from) = (0_usize, 0);
    let ends = text.char_indices().filter_map(|(at, c)| {
        depth = depth + usize::from(c == '{') - usize::from(c == '}');
        (c == ',' && depth == 0).then_some(at)
    });
    for end in ends.chain([text.len()]).collect::<Vec<_>>() {
        let one = text[from..end].trim();
        from = end + 1;
        let (head, inner) = one.split_once('{').map_or((one, None), |(h, i)| (h, Some(i)));
        let (head, renamed) = head.split_once(" as ").map_or((head, None), |(h, n)| (h, Some(n)));
        let parts = head.split("::").map(str::trim).filter(|part| !part.is_empty());
        let mut path = [above, &parts.map(str::to_owned).collect::<Path>()].concat();
        if let Some(inner) = inner {
            spread(inner.rsplit_once('}').map_or(inner, |(i, _)| i), &path, names);
            continue;
        }
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let name = renamed.map(|name| name.trim().to_owned()).or_else(|| path.last().cloned());
        names.extend(name.filter(|_| !one.is_empty()).map(|name| (path, name)));
    }
}

/// Every path of two names or more that stands in code.
fn paths(code: &str) -> Vec<Path> {
    let is_part = |byte: u8| is_word(byte) || byte == b':';
    let words = code.split(|c: char| !c.is_ascii() || !is_part(c as u8));
    let paths = words.filter(|word| word.contains("::") && !word.starts_with(':'));
    let names = |word: &str| {
        word.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect::<Path>()
    };
    paths.map(names).filter(|path| path.len() > 1).collect()
}

/// The texts of the circles in a room of these files.
#[cfg(test)]
fn planted(files: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<_> =
        files.iter().map(|(name, text)| (format!("crates/types/src/{name}"), *text)).collect();
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    circles(&Tree::planted(&files)).into_iter().map(|found| found.what).collect()
}

/// However the names are written, and over how many files it goes.
#[test]
fn a_circle_between_files_is_caught_and_named() {
    let found = planted(&[
        ("lib.rs", "pub mod a;\nmod b;\nmod c;\npub mod deep;\npub use b::B;\n"),
        ("a.rs", "use std::fmt;\nuse crate::{B, fmt as x, deep::{self, D as E}};\nfn a() {}\n"),
        ("b.rs", "pub(crate) struct B;\nfn b() { super::c::c(); }\n"),
        ("c.rs", "use crate::a;\npub fn c() { a::a() }\n"),
        ("deep/mod.rs", "mod low;\npub use low::D;\npub fn e() { low::low() }\n"),
        ("deep/low.rs", "use super::e;\npub struct D;\npub fn low() { e() }\n"),
    ]);
    let end = "; move what both need into a file below them";
    assert_eq!(
        found,
        [
            format!(
                "a circle: crates/types/src/a.rs takes B from crates/types/src/b.rs, which takes \
                 c from crates/types/src/c.rs, which takes a from crates/types/src/a.rs{end}"
            ),
            format!(
                "a circle: crates/types/src/deep/mod.rs takes low from \
                 crates/types/src/deep/low.rs, which takes e from crates/types/src/deep/mod.rs{end}"
            ),
        ]
    );
}

/// Tests, comments, tables of contents and other crates tie nothing.
#[test]
fn what_is_no_circle_is_left_alone() {
    let found = planted(&[
        ("lib.rs", "pub mod a;\npub mod b;\npub use a::A;\npub use b::B;\n"),
        ("a.rs", "//! [`crate::b`]\npub struct A;\n#[cfg(test)]\nmod tests { use crate::b::B; }\n"),
        ("b.rs", "use crate::A;\npub struct B(A);\nfn b() { a::b(); weft::a::A; \"crate::b\" }\n"),
    ]);
    assert_eq!(found, [""; 0]);
}
