//! I7: files of a room don't take from each other in a circle.
//!
//! A file takes from another what its `use` lines and the paths in its code name: by `crate::`,
//! `super::` or `self::`, or by the name of a module that it declares. A name that a file only
//! hands on, by its name or with all others (`pub use x::*`), is of the file where it stands, so a
//! table of contents ties nothing. Who takes all of a file takes what it names of that.

use super::lexer::{is_word, word_places};
use super::tree::{File, Offence, Tree, room_of};
use std::collections::{BTreeMap, BTreeSet};

/// With what a path into the own room begins.
const ROOTS: [&str; 3] = ["crate", "self", "super"];

/// What is taken where a module is named and nothing in it.
const ITSELF: &str = "itself";

/// What is taken where everything in a module is.
const ALL: &str = "*";

/// Behind these words stands the name of what a file says itself.
const SAYS: [&str; 9] =
    ["const", "enum", "fn", "macro_rules!", "mod", "static", "struct", "trait", "type"];

/// So many files may hand a name on to each other.
const STEPS: usize = 8;

/// A module, by the names on the way to it from the root of its room.
type Path = Vec<String>;

/// What a file takes: from which file which names.
type Taken = BTreeMap<Path, BTreeSet<String>>;

/// A circle of each knot of files in every room.
pub fn circles(tree: &Tree) -> Vec<Offence> {
    let sources = |file: &File| {
        room_of(&file.path)?;
        Some(file.path.split_once("/src/")?.0.to_owned() + "/src/")
    };
    let roots: BTreeSet<String> = tree.production().filter_map(sources).collect();
    roots.iter().flat_map(|root| Room::of(tree, root).circles()).collect()
}

/// A file as a module of its room.
struct Module<'a> {
    file: &'a File,
    uses: Vec<Use>,
    /// The code without its `use` lines.
    code: String,
    /// The names of what it says itself.
    says: BTreeSet<String>,
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
    fn of(tree: &'a Tree, root: &str) -> Self {
        let module = |file: &'a File| {
            let (uses, code) = parted(&file.production);
            let (says, code) = (said(&code), undeclared(&code));
            Some((module_of(file.path.strip_prefix(root)?), Module { file, uses, code, says }))
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

    /// The module in which what a path names stands, and its name there; nothing for what a
    /// module hands on of another room.
    fn home(&self, path: &[String], steps: usize) -> Option<(Path, String)> {
        let deepest = (0..=path.len()).rev().find(|n| self.modules.contains_key(&path[..*n]))?;
        let (at, rest) = (path[..deepest].to_vec(), &path[deepest..]);
        let Some((name, below)) = rest.split_first() else {
            return Some((at, ITSELF.to_owned()));
        };
        let module = &self.modules[&at];
        let handed_on = |name: &str| module.uses.iter().find(|u| u.name == name);
        if let Some(from) = handed_on(name).filter(|u| u.name != ALL && steps > 0) {
            let from = self.absolute(&at, &from.path)?;
            return self.home(&[&from, below].concat(), steps - 1);
        }
        let gives = |from: &Path| self.names(from, steps).contains(name);
        let is_whole = steps > 0 && !module.says.contains(name);
        match self.wholes(&at).into_iter().filter(|_| is_whole).find(gives) {
            Some(from) => self.home(&[&from, rest].concat(), steps - 1),
            None => Some((at, name.clone())),
        }
    }

    /// The modules of which a module takes or hands on everything.
    fn wholes(&self, at: &Path) -> Vec<Path> {
        let wholes = self.modules[at].uses.iter().filter(|u| u.name == ALL);
        let from = |u: &Use| self.absolute(at, &u.path[..u.path.len() - 1]);
        wholes
            .filter_map(from)
            .filter(|from| self.modules.contains_key(from) && from != at)
            .collect()
    }

    /// All names that a module has to give.
    fn names(&self, at: &Path, steps: usize) -> BTreeSet<String> {
        let module = &self.modules[at];
        let named = module.uses.iter().map(|u| &u.name).filter(|name| *name != ALL);
        let mut names: BTreeSet<String> = module.says.iter().chain(named).cloned().collect();
        for from in self.wholes(at).iter().filter(|_| steps > 0) {
            names.extend(self.names(from, steps - 1));
        }
        names
    }

    /// What a module takes from others.
    fn taken(&self, at: &Path) -> Taken {
        let module = &self.modules[at];
        let is_named = |name: &str| !word_places(&module.code, name).is_empty();
        let is_used = |u: &&Use| u.name != ALL && (!u.is_handed_on || is_named(&u.name));
        let used = module.uses.iter().filter(is_used).map(|u| u.path.clone());
        let mut found: Vec<Path> =
            used.chain(paths(&module.code)).filter_map(|path| self.absolute(at, &path)).collect();
        for from in self.wholes(at) {
            let is_own = |name: &String| module.says.contains(name) || !is_named(name);
            let names = self.names(&from, STEPS).into_iter().filter(|name| !is_own(name));
            found.extend(names.map(|name| [&from[..], &[name]].concat()));
        }
        let mut taken = Taken::new();
        for (from, name) in found.iter().filter_map(|path| self.home(path, STEPS)) {
            if from != *at {
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

/// The names of what a file says itself, outside of all brackets.
fn said(code: &str) -> BTreeSet<String> {
    let (mut depth, mut open) = (0_usize, String::new());
    for c in code.chars() {
        depth = (depth + usize::from(c == '{')).saturating_sub(usize::from(c == '}'));
        open.push(if depth == 0 && c != '}' { c } else { ' ' });
    }
    let words: Vec<&str> = open.split_whitespace().collect();
    let said = words.windows(2).filter(|pair| SAYS.contains(&pair[0]));
    let is_end = |c: char| !c.is_alphanumeric() && c != '_';
    said.filter_map(|pair| pair[1].split(is_end).next()).map(str::to_owned).collect()
}

/// The code without the lines that declare the modules of a file.
fn undeclared(code: &str) -> String {
    let is_one = |line: &&str| line.trim_end().ends_with(';') && line.contains("mod ");
    code.lines().filter(|line| !is_one(line)).collect::<Vec<_>>().join("\n")
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

/// A name is of the file where it stands, over however many files it is handed on, by its name,
/// by another or with all others; so is what is taken with all others and named.
#[test]
fn a_circle_through_names_that_are_handed_on_is_caught_where_they_stand() {
    let end = "; move what both need into a file below them";
    let circle = |names: &str| {
        let (a, b) = ("crates/types/src/a.rs", "crates/types/src/deep/low.rs");
        format!("a circle: {a} takes {names} from {b}, which takes a from {a}{end}")
    };
    let low = "use crate::a::a;\npub struct D;\npub fn ask() { a() }\n";
    for (lib, deep, a, names) in [
        ("pub use deep::D;", "pub use low::D;", "use crate::D;", "D"),
        ("pub use deep::D as E;", "pub(crate) use self::low::D;", "use super::E;", "D"),
        ("pub use deep::{low, D};", "pub use low::{self, D};", "use crate::low::D;", "D"),
        ("", "pub use low::*;", "use crate::deep::D;", "D"),
        ("pub use deep::*;", "pub use low::*;", "use crate::{D, ask};", "D, ask"),
        ("pub use crate::deep::*;", "pub use self::low::{*};", "use crate::*;", "D, ask"),
        ("", "pub use low::*;", "use super::deep::*;", "D, ask"),
    ] {
        let found = planted(&[
            ("lib.rs", &format!("pub mod a;\npub mod deep;\n{lib}\n")),
            ("a.rs", &format!("{a}\npub fn a() {{ D; E; ask() }}\n")),
            ("deep/mod.rs", &format!("pub mod low;\n{deep}\n")),
            ("deep/low.rs", low),
        ]);
        assert_eq!(found, [circle(names)], "{lib} {deep} {a}");
    }
}

/// Whoever takes all of a file takes nothing that it does not name.
#[test]
fn what_is_handed_on_or_taken_with_all_others_and_not_named_ties_nothing() {
    let found = planted(&[
        ("lib.rs", "pub mod a;\npub mod b;\npub use a::*;\npub use b::*;\npub use std::fmt;\n"),
        ("a.rs", "use crate::*;\npub struct A;\nfn own() { A; fmt; }\n"),
        ("b.rs", "use crate::{A, fmt};\npub struct B(A);\npub fn own() {}\n"),
    ]);
    assert_eq!(found, [""; 0]);
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
