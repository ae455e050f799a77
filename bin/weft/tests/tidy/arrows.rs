//! I1: arrows only go down the picture of docs/architecture.md, and every package
//! keeps the lints of the workspace.
//!
//! What a room may import is what its `[dependencies]` (and build and target
//! dependencies) name; tests of a room may look at any other.

use super::lexer::line_of;
use super::tree::{File, Offence, Tree};

/// Every room and the rooms it may import. A new room is added here and in the picture.
const ARROWS: [(&str, &[&str]); 19] = [
    ("types", &[]),
    ("yuma", &[]),
    ("ledger", &["types", "yuma"]),
    ("mempool", &["types"]),
    ("consensus", &["types"]),
    ("engine", &["types", "ledger", "mempool", "consensus"]),
    ("store", &["types"]),
    ("rpc", &["types"]),
    ("gossip", &["types"]),
    ("wallet", &["types"]),
    ("reads", &["types", "ledger", "mempool", "consensus", "engine", "store", "rpc"]),
    ("home", &["types", "gossip", "rpc"]),
    (
        "node",
        &[
            "types",
            "ledger",
            "mempool",
            "consensus",
            "engine",
            "reads",
            "store",
            "rpc",
            "gossip",
            "home",
        ],
    ),
    ("dice", &[]),
    ("economics", &["types", "ledger", "dice"]),
    ("sim", &["types", "ledger", "mempool", "consensus", "engine", "dice"]),
    ("testnet", &["types", "rpc", "wallet"]),
    (
        "benches",
        &[
            "types",
            "yuma",
            "ledger",
            "mempool",
            "consensus",
            "store",
            "rpc",
            "wallet",
            "node",
            "sim",
            "testnet",
        ],
    ),
    (
        "weft",
        &[
            "types",
            "yuma",
            "ledger",
            "mempool",
            "consensus",
            "store",
            "rpc",
            "gossip",
            "wallet",
            "reads",
            "home",
            "node",
            "economics",
            "sim",
            "testnet",
            "benches",
        ],
    ),
];

/// Every import of a room that the picture does not draw.
pub fn upward_arrows(tree: &Tree) -> Vec<Offence> {
    let mut found = Vec::new();
    for (room, manifest) in tree.manifests() {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) else {
            found.push(manifest.offence(0, format!("room {room} is not in the picture")));
            continue;
        };
        for (line, name) in shipped_dependencies(manifest) {
            let target = name.strip_prefix("weft-").or((name == "weft").then_some("weft"));
            if let Some(target) = target.filter(|target| !allowed.contains(target)) {
                let what = format!("{room} must not import {target}");
                found.push(Offence { path: manifest.path.clone(), line, what });
            }
        }
    }
    found
}

/// Every package that does not take the workspace's lints.
pub fn packages_without_lints(tree: &Tree) -> Vec<Offence> {
    let takes_lints = |file: &File| {
        file.text
            .split("[lints]")
            .nth(1)
            .is_some_and(|rest| rest.trim_start().starts_with("workspace = true"))
    };
    let without = tree.manifests().filter(|(_, file)| !takes_lints(file));
    without.map(|(_, file)| file.offence(0, "[lints] workspace = true is missing")).collect()
}

/// (line, package) of each dependency of a manifest that is not for tests only.
pub fn shipped_dependencies(manifest: &File) -> Vec<(usize, String)> {
    let (mut found, mut section) = (Vec::new(), String::new());
    let mut at = 0;
    for raw in manifest.text.split_inclusive('\n') {
        let line = raw.split('#').next().unwrap_or("").trim();
        let number = line_of(&manifest.text, at);
        at += raw.len();
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
            if let Some(name) = dependency_table(&section) {
                found.push((number, name.to_owned()));
            }
        } else if is_dependency_list(&section) {
            found.extend(dependency_key(line).map(|name| (number, name)));
        } else if let (Some(_), Some(name)) = (dependency_table(&section), renamed(line)) {
            found.push((number, name));
        }
    }
    found
}

/// Whether a section lists dependencies that ship.
fn is_dependency_list(section: &str) -> bool {
    let last = section.rsplit('.').next().unwrap_or("");
    last == "dependencies" || last == "build-dependencies"
}

/// The package of a section such as `[dependencies.weft-types]`.
fn dependency_table(section: &str) -> Option<&str> {
    let (list, name) = section.rsplit_once('.')?;
    is_dependency_list(list).then_some(name)
}

/// The package of a line such as `weft-types.workspace = true`.
fn dependency_key(line: &str) -> Option<String> {
    let (key, value) = line.split_once('=')?;
    let name = key.trim().split('.').next().unwrap_or("").trim_matches('"');
    Some(renamed(value).unwrap_or_else(|| name.to_owned()))
}

/// The package that `package = ".."` names.
fn renamed(text: &str) -> Option<String> {
    let after = text.split("package").nth(1)?.trim_start().strip_prefix('=')?;
    Some(after.trim_start().strip_prefix('"')?.split('"').next()?.to_owned())
}

/// Every way to write a dependency is read; dev-dependencies are free.
#[test]
fn an_arrow_that_goes_up_is_caught() {
    let lints = "[lints]\nworkspace = true\n";
    let types = format!("{lints}[dependencies]\nserde = \"1\"\nweft-ledger.workspace = true\n");
    let store = format!(
        "{lints}[dependencies]\nweft-types = {{ path = \"..\" }}\nx = {{ package = \"weft-rpc\" }}\n"
    );
    let mempool = format!("{lints}[target.'cfg(unix)'.dependencies.weft-node]\nworkspace = true\n");
    let yuma = format!("{lints}[dev-dependencies]\nweft-ledger.workspace = true\n");
    let tree = Tree::planted(&[
        ("Cargo.toml", "[workspace.dependencies]\nweft-node = 1\n"),
        ("crates/types/Cargo.toml", &types),
        ("crates/store/Cargo.toml", &store),
        ("crates/mempool/Cargo.toml", &mempool),
        ("crates/yuma/Cargo.toml", &yuma),
        ("crates/cellar/Cargo.toml", lints),
    ]);
    let found: Vec<String> = upward_arrows(&tree).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "crates/cellar/Cargo.toml:1: room cellar is not in the picture",
            "crates/mempool/Cargo.toml:3: mempool must not import node",
            "crates/store/Cargo.toml:5: store must not import rpc",
            "crates/types/Cargo.toml:5: types must not import ledger",
        ]
    );
}

/// A package that forgets the lints loses `unsafe_code = "forbid"` without a word.
#[test]
fn a_package_without_the_lints_is_caught() {
    let tree = Tree::planted(&[
        ("crates/types/Cargo.toml", "[lints]\nworkspace = true\n"),
        ("bin/weft/Cargo.toml", "[package]\n"),
        ("benches/Cargo.toml", "[lints]\nrust.unsafe_code = \"allow\"\n"),
    ]);
    let found: Vec<String> = packages_without_lints(&tree).into_iter().map(|o| o.path).collect();
    assert_eq!(found, ["benches/Cargo.toml", "bin/weft/Cargo.toml"]);
}
