//! The workspace as the checks see it: every text file with its lines, and for
//! each Rust file which part of it is production code.

use super::lexer::{line_of, mask, test_items};
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

/// Folders that are not the project's own text.
const SKIPPED: [&str; 4] = ["target", "corpus", "node_modules", "vendor"];
/// Endings of the files that are read, and the names of those without an ending.
const ENDINGS: [&str; 8] = ["rs", "toml", "md", "sh", "yml", "yaml", "json", "html"];
/// Files without an ending that are read too.
const NAMES: [&str; 2] = ["justfile", "run"];

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offence {
    /// The file, from the root of the workspace.
    pub path: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// One text file.
#[derive(Debug)]
pub struct File {
    /// From the root of the workspace, with `/` between its parts.
    pub path: String,
    /// All of it.
    pub text: String,
    /// For Rust: the text with comments, literals and test items blanked. Otherwise empty.
    pub production: String,
    /// The byte ranges of `text` under test.
    tests: Vec<(usize, usize)>,
    /// Whether the whole file is test code.
    pub is_test: bool,
}

impl File {
    fn new(path: &str, text: &str) -> (Self, Vec<String>) {
        let is_rust = path.ends_with(".rs");
        let code = if is_rust { mask(text) } else { String::new() };
        let (tests, modules) = test_items(&code);
        let production = blank(&code, &tests);
        let file = Self {
            path: path.to_owned(),
            text: text.to_owned(),
            production,
            tests,
            is_test: is_rust && in_test_folder(path),
        };
        (file, modules)
    }

    /// Whether this is a Rust file with production code in it.
    pub fn is_production(&self) -> bool {
        self.path.ends_with(".rs") && !self.is_test
    }

    /// The production part of the text, comments included.
    pub fn production_text(&self) -> String {
        if self.is_test { String::new() } else { blank(&self.text, &self.tests) }
    }

    /// The part of the text that is test code, comments included.
    pub fn test_text(&self) -> String {
        if self.is_test {
            return self.text.clone();
        }
        self.tests.iter().map(|(from, to)| &self.text[*from..*to]).collect()
    }

    /// The number of lines outside test items.
    pub fn production_lines(&self) -> usize {
        let lines = |part: &str| part.bytes().filter(|b| *b == b'\n').count();
        let tests: usize =
            self.tests.iter().map(|(from, to)| lines(&self.text[*from..*to]) + 1).sum();
        self.text.lines().count().saturating_sub(tests)
    }

    /// An offence at a byte offset of the text.
    pub fn offence(&self, at: usize, what: impl Into<String>) -> Offence {
        Offence { path: self.path.clone(), line: line_of(&self.text, at), what: what.into() }
    }
}

/// All text files of a workspace.
#[derive(Debug)]
pub struct Tree {
    /// In the order of their paths.
    pub files: Vec<File>,
}

impl Tree {
    /// The workspace this package is part of.
    pub fn workspace() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut found = Vec::new();
        collect(&root, "", &mut found);
        assert!(
            found.iter().any(|(path, _)| path == "Cargo.toml"),
            "this is not the workspace root"
        );
        Self::of(found)
    }

    /// A workspace made up for a test of a check.
    pub fn planted(files: &[(&str, &str)]) -> Self {
        Self::of(
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect(),
        )
    }

    fn of(mut found: Vec<(String, String)>) -> Self {
        found.sort();
        let mut under_test = BTreeSet::new();
        let mut files = Vec::new();
        for (path, text) in &found {
            let (file, modules) = File::new(path, text);
            under_test.extend(modules.iter().map(|module| child_of(path, module)));
            files.push(file);
        }
        for file in &mut files {
            let stem = file.path.trim_end_matches(".rs").trim_end_matches("/mod");
            let covers =
                |module: &String| stem == module || stem.starts_with(&format!("{module}/"));
            file.is_test |= file.path.ends_with(".rs") && under_test.iter().any(covers);
        }
        Self { files }
    }

    /// The file at a path.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The Rust files with production code.
    pub fn production(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is_production())
    }

    /// The manifests of the workspace's packages: (room, file). The root is no package.
    pub fn manifests(&self) -> impl Iterator<Item = (&str, &File)> {
        self.files.iter().filter_map(|file| Some((room_of(&file.path)?, file))).filter(
            |(room, file)| {
                let folder = file.path.trim_end_matches("Cargo.toml").trim_end_matches('/');
                folder.len() < file.path.len() && folder.ends_with(room)
            },
        )
    }
}

/// The room a path lies in: `types` for `crates/types/..`, `weft`, `benches`.
pub fn room_of(path: &str) -> Option<&str> {
    let mut parts = path.split('/');
    match parts.next()? {
        "crates" | "bin" => parts.next(),
        "benches" => Some("benches"),
        _ => None,
    }
}

/// Whether a file lies in one of cargo's folders for code that is not shipped.
fn in_test_folder(path: &str) -> bool {
    let inside = match path.split_once('/') {
        Some(("crates" | "bin", rest)) => rest.split_once('/').map_or("", |(_, inside)| inside),
        Some(("benches", inside)) => inside,
        _ => "",
    };
    ["tests/", "benches/", "examples/"].iter().any(|folder| inside.starts_with(folder))
}

/// The path, without its ending, of a module that a file declares.
fn child_of(path: &str, module: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name.trim_end_matches(".rs") {
        "lib" | "main" | "mod" => format!("{folder}/{module}"),
        stem => format!("{folder}/{stem}/{module}"),
    }
}

/// The text with some ranges turned into spaces.
fn blank(text: &str, ranges: &[(usize, usize)]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (from, to) in ranges {
        for byte in bytes[*from..*to].iter_mut().filter(|b| **b != b'\n') {
            *byte = b' ';
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads the text files below a folder.
fn collect(folder: &Path, prefix: &str, found: &mut Vec<(String, String)>) {
    let entries = std::fs::read_dir(folder).expect("a folder of the workspace can be read");
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let is_hidden = name.starts_with('.') && name != ".ci";
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && !is_hidden && !SKIPPED.contains(&name.as_str()) {
            collect(&entry.path(), &format!("{path}/"), found);
        } else if kind.is_file() && is_read(&path, &name) {
            let bytes = std::fs::read(entry.path()).expect("a file of the workspace can be read");
            found.push((path, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
}

/// Whether a file is text that the checks look at.
fn is_read(path: &str, name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ENDINGS.contains(&ending) || NAMES.contains(&name) || path == "Cargo.lock"
}

/// Both ways to keep tests beside code are seen, and nothing else is taken for one.
#[test]
fn test_code_is_told_from_production_code() {
    let tree = Tree::planted(&[
        ("crates/a/src/lib.rs", "//! a\n#[cfg(test)]\nmod checks;\nmod tests;\nfn b() {}\n"),
        ("crates/a/src/checks.rs", "//! c\n"),
        ("crates/a/src/checks/deep.rs", "//! d\n"),
        ("crates/a/src/tests.rs", "//! shipped, whatever its name\n"),
        ("crates/a/src/e.rs", "//! e\nfn f() {}\n#[cfg(test)]\nmod tests {\n    fn g() {}\n}\n"),
        ("crates/a/tests/h.rs", "//! h\n"),
    ]);
    let tests: Vec<&str> =
        tree.files.iter().filter(|f| f.is_test).map(|f| f.path.as_str()).collect();
    assert_eq!(
        tests,
        ["crates/a/src/checks.rs", "crates/a/src/checks/deep.rs", "crates/a/tests/h.rs"]
    );
    let mixed = tree.file("crates/a/src/e.rs").expect("it was planted");
    assert_eq!(mixed.production_lines(), 2);
    assert!(!mixed.production.contains("g()") && mixed.test_text().contains("g()"));
}
