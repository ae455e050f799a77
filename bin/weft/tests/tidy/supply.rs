//! What the project depends on: every library has its decision record, and nothing
//! in the lock is below a floor of deny.toml or from outside the public registry.

use super::tree::{File, Offence, Tree};

/// Libraries that were agreed before the first line was written.
const AGREED: [&str; 8] =
    ["libp2p", "tokio", "sled", "blake3", "ed25519-dalek", "serde", "bincode", "tracing"];
/// Where decisions are kept.
const RECORDS: &str = "docs/decisions/";
/// What every record says, in this order.
const HEADINGS: [&str; 3] = ["## Context", "## Decision", "## Consequences"];

/// Every library of the workspace that no record names.
pub fn libraries_without_a_record(tree: &Tree) -> Vec<Offence> {
    let Some(manifest) = tree.file("Cargo.toml") else { return Vec::new() };
    let records: Vec<&File> = records(tree).collect();
    let list = manifest.text.split("[workspace.dependencies]").nth(1).unwrap_or("");
    let list = list.split("\n[").next().unwrap_or("");
    let mut found = Vec::new();
    for line in list.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let Some((name, _)) = line.split_once('=') else { continue };
        let name = name.trim();
        let is_known = name.starts_with("weft-") || AGREED.contains(&name);
        let mark = format!("`{name}`");
        if !is_known && !records.iter().any(|record| record.text.contains(&mark)) {
            let at = manifest.text.find(line).unwrap_or(0);
            found.push(manifest.offence(at, format!("no record in {RECORDS} says why {mark}")));
        }
    }
    found
}

/// Every record without one of its parts, or missing from the index.
pub fn odd_records(tree: &Tree) -> Vec<Offence> {
    let index = tree.file("docs/decisions/README.md").map_or("", |file| file.text.as_str());
    let mut found = Vec::new();
    for record in records(tree) {
        let name = record.path.trim_start_matches(RECORDS);
        if !index.contains(&format!("({name})")) {
            found.push(record.offence(0, "not in the index of the records"));
        }
        let places: Vec<Option<usize>> = HEADINGS.iter().map(|h| record.text.find(h)).collect();
        if places.contains(&None) || !places.is_sorted() {
            found.push(
                record.offence(0, format!("a record has {}, in this order", HEADINGS.join(", "))),
            );
        }
    }
    found
}

/// Every locked package that deny.toml forbids by version, or from another registry.
pub fn forbidden_packages(tree: &Tree) -> Vec<Offence> {
    let (Some(lock), Some(deny)) = (tree.file("Cargo.lock"), tree.file("deny.toml")) else {
        return Vec::new();
    };
    let bans: Vec<Ban<'_>> = deny.text.lines().filter_map(Ban::read).collect();
    let mut found = Vec::new();
    for package in lock.text.split("[[package]]").skip(1) {
        let (name, version) = (value(package, "name"), value(package, "version"));
        let at = package.as_ptr() as usize - lock.text.as_ptr() as usize;
        for ban in bans.iter().filter(|ban| ban.name == name && ban.forbids(version)) {
            found.push(lock.offence(at, format!("{name} {version} is banned: {}", ban.range)));
        }
        let source = value(package, "source");
        if !source.is_empty() && !source.ends_with(concat!("/crates.io", "-index")) {
            found.push(lock.offence(at, format!("{name} comes from {source}")));
        }
    }
    found
}

/// The decision records, without their index.
fn records(tree: &Tree) -> impl Iterator<Item = &File> {
    let is_record =
        |file: &&File| file.path.starts_with(RECORDS) && !file.path.ends_with("README.md");
    tree.files.iter().filter(is_record)
}

/// The string behind `key = ` in a part of a lock file.
fn value<'a>(package: &'a str, key: &str) -> &'a str {
    let mut lines = package.lines().filter_map(|line| line.split_once(" = "));
    lines.find(|(name, _)| *name == key).map_or("", |(_, value)| value.trim_matches('"'))
}

/// One line of deny.toml such as `{ crate = "snow:<0.9.5", .. }`.
struct Ban<'a> {
    name: &'a str,
    range: &'a str,
}

impl<'a> Ban<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let spec = line.trim_start().strip_prefix("{ crate = \"")?.split('"').next()?;
        let (name, range) = spec.split_once(':')?;
        Some(Self { name, range })
    }

    fn forbids(&self, version: &str) -> bool {
        let version = numbers(version);
        match (self.range.strip_prefix(">="), self.range.strip_prefix('<')) {
            (Some(from), _) => version >= numbers(from),
            (_, Some(below)) => version < numbers(below),
            // A range this test cannot read forbids everything, so that it is noticed.
            _ => true,
        }
    }
}

/// Major, minor and patch.
fn numbers(version: &str) -> Vec<u64> {
    let plain = version.split(['-', '+']).next().unwrap_or("");
    plain.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// The name in backticks counts, not a longer one.
#[test]
fn a_library_without_a_record_is_caught() {
    let manifest = "[workspace.dependencies]\nweft-types = 1\ntokio = \"1\"\naxum = \"0.8\"\nclap = \"4\"\n\n[profile.dev]\na = 1\n";
    let tree = Tree::planted(&[
        ("Cargo.toml", manifest),
        ("docs/decisions/0001-a.md", "`clap` and `axum-core`"),
        ("docs/decisions/README.md", "`axum`"),
    ]);
    let found: Vec<String> =
        libraries_without_a_record(&tree).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["Cargo.toml:4: no record in docs/decisions/ says why `axum`"]);
}

/// A record has its parts in order and stands in the index.
#[test]
fn an_odd_record_is_caught() {
    let whole = "# A\n## Context\n## Decision\n## Consequences\n";
    let tree = Tree::planted(&[
        ("docs/decisions/0001-a.md", whole),
        ("docs/decisions/0002-b.md", whole),
        ("docs/decisions/0003-c.md", "# C\n## Decision\n## Context\n## Consequences\n"),
        ("docs/decisions/README.md", "[a](0001-a.md) [c](0003-c.md)"),
    ]);
    let found: Vec<String> = odd_records(&tree).into_iter().map(|o| o.path).collect();
    assert_eq!(found, ["docs/decisions/0002-b.md", "docs/decisions/0003-c.md"]);
}

/// Floors are compared as numbers, not as text.
#[test]
fn a_package_below_its_floor_is_caught() {
    let lock = "[[package]]\nname = \"snow\"\nversion = \"0.9.4\"\n\n[[package]]\nname = \"yamux\"\nversion = \"0.14.10\"\n\n\
                [[package]]\nname = \"bincode\"\nversion = \"3.0.0\"\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"git+https://example.org/a\"\n";
    let deny = "deny = [\n    { crate = \"snow:<0.9.5\", reason = \"a\" },\n    { crate = \"yamux:<0.14.2\" },\n    { crate = \"bincode:>=3.0.0\" },\n]\n";
    let found = forbidden_packages(&Tree::planted(&[("Cargo.lock", lock), ("deny.toml", deny)]));
    let what: Vec<&str> = found.iter().map(|o| o.what.as_str()).collect();
    assert_eq!(
        what,
        [
            "snow 0.9.4 is banned: <0.9.5",
            "bincode 3.0.0 is banned: >=3.0.0",
            "a comes from git+https://example.org/a",
        ]
    );
}
