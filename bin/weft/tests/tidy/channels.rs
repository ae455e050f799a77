//! I3: every channel is bounded, and only `node` joins rooms by one.
//!
//! An IO room may hold both ends of a channel to a task of its own. A channel
//! between two rooms can only be made where both are known. I1 leaves `node`,
//! `testnet`, `benches` and `bin/weft` with more than one room of the IO row in
//! reach, so outside `node` no file may both make a channel and name two of them.

use super::lexer::{closing, word_places};
use super::tree::{File, Offence, Tree};

/// Words of channels without a bound, whichever library they come from.
const UNBOUNDED: [&str; 4] =
    ["unbounded", "unbounded_channel", "UnboundedSender", "UnboundedReceiver"];

/// The rooms that a channel could join.
const ROOMS: [&str; 6] =
    ["weft_store", "weft_rpc", "weft_gossip", "weft_wallet", "weft_node", "weft_testnet"];

/// Every channel that can grow without end.
pub fn unbounded_channels(tree: &Tree) -> Vec<Offence> {
    let mut found = Vec::new();
    for file in tree.production() {
        for word in UNBOUNDED {
            let places = word_places(&file.production, word);
            found.extend(
                places.into_iter().map(|at| file.offence(at, format!("`{word}` has no bound"))),
            );
        }
        // A bounded channel is made with its bound as an argument; std's and the
        // like without one. A oneshot carries a single value.
        for (at, arguments) in channels_made(file) {
            let path = file.production[..at].trim_end_matches("::");
            if arguments.trim().is_empty() && !path.ends_with("oneshot") {
                found.push(file.offence(at, "a channel made without a bound"));
            }
        }
        // A thread of its own, without a runtime, may take std's bounded channel.
        for at in word_places(&file.production, "std::sync::mpsc") {
            let named = file.production[at..].split(';').next().unwrap_or_default();
            if !named.contains("sync_channel") {
                let why = "std's channels block; a task takes tokio's, with a bound";
                found.push(file.offence(at, why));
            }
        }
    }
    found.sort();
    found
}

/// Every channel made, outside `node`, where two rooms are in sight.
pub fn channels_between_rooms(tree: &Tree) -> Vec<Offence> {
    let mut found = Vec::new();
    for file in tree.production().filter(|file| !file.path.starts_with("crates/node/")) {
        let named = |room: &&str| !word_places(&file.production, room).is_empty();
        let rooms: Vec<&str> = ROOMS.iter().copied().filter(named).collect();
        if rooms.len() < 2 {
            continue;
        }
        let what = format!("a channel between {}: only node holds those", rooms.join(" and "));
        found.extend(channels_made(file).into_iter().map(|(at, _)| file.offence(at, what.clone())));
    }
    found
}

/// (place, arguments) of every call of a function named `channel` or `sync_channel`.
fn channels_made(file: &File) -> Vec<(usize, String)> {
    let code = &file.production;
    let mut found = Vec::new();
    for at in ["channel", "sync_channel"].iter().flat_map(|word| word_places(code, word)) {
        let is_method = code[..at].ends_with('.') || code[..at].ends_with("fn ");
        let mut open =
            at + code[at..].find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(0);
        if code[open..].starts_with("::<") {
            open += code[open..].find('(').unwrap_or(0);
        }
        if code[open..].starts_with('(') && !is_method {
            let end = closing(code, open).saturating_sub(1).max(open + 1);
            found.push((at, code[open + 1..end].to_owned()));
        }
    }
    found
}

/// Each way to make a channel without a bound.
#[test]
fn an_unbounded_channel_is_caught() {
    let plants = [
        "let (a, b) = mpsc::unbounded_channel();",
        "use futures::channel::mpsc::{unbounded, UnboundedReceiver};",
        "let (a, b) = std::sync::mpsc::channel();",
        "use std::sync::mpsc::channel;\nfn a() { let b = channel::<Vec<(u8, u8)>>(); }",
    ];
    for code in plants {
        let tree = Tree::planted(&[("crates/gossip/src/a.rs", code)]);
        assert!(!unbounded_channels(&tree).is_empty(), "{code:?} passed");
    }
    let bounded = "let (a, b) = mpsc::channel(16); let c = oneshot::channel(); d.channel(); // unbounded\n\
                   let e = watch::channel(None); let f = mpsc::channel::<u8>(QUEUE);";
    let tree = Tree::planted(&[("crates/gossip/src/a.rs", bounded)]);
    assert_eq!(unbounded_channels(&tree), []);
}

/// A channel in a file that knows two rooms joins them.
#[test]
fn a_channel_between_rooms_outside_node_is_caught() {
    let joins =
        "use weft_rpc::Event; use weft_gossip::Command;\nfn a() { let b = mpsc::channel(16); }";
    let own = "use weft_rpc::Event;\nfn a() { let b = mpsc::channel(16); }";
    let tree = Tree::planted(&[
        ("bin/weft/src/a.rs", joins),
        ("bin/weft/src/b.rs", own),
        ("crates/node/src/a.rs", joins),
    ]);
    let found = channels_between_rooms(&tree);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].path.as_str(), found[0].line), ("bin/weft/src/a.rs", 2));
}
