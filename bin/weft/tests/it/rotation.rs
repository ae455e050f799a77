//! Voters that rotate on a live net: R12, R13.

use crate::support::{Home, until};
use serde_json::{Value, json};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(120);

/// How many vote, and since when, once the set before counts no more.
fn settled(voters: &Value) -> Option<(usize, u64)> {
    voters["previous"].is_null().then_some(())?;
    Some((voters["current"].as_array()?.len(), voters["since"].as_u64()?))
}

#[test]
fn nodes_offer_themselves_rotate_lose_one_that_is_away_and_take_it_back() {
    let home = Home::new();
    let short = ["--param", "rotation_blocks=32", "--param", "max_voters=8"];
    home.data(&[&["testnet", "up", "-n", "4", "--slot-ms", "250"][..], &short].concat());
    let voters = || home.data(&["query", "voters"]);
    let first = until(PATIENCE, voters, |v| settled(v).is_some_and(|(_, since)| since > 0));
    let (count, since) = settled(&first).expect("it was waited for");
    assert_eq!((count, since % 32), (4, 0), "{first}");
    // The powers of genesis were 1 TAO each, those now are the stake behind the nodes.
    for voter in first["current"].as_array().into_iter().flatten() {
        let power = voter["power"].as_str().and_then(|p| p.parse::<u64>().ok()).expect("a power");
        assert!((10_000..11_000).contains(&(power / 1_000_000_000)), "{voter}");
    }
    home.data(&["testnet", "kill", "3"]);
    let without = until(PATIENCE, voters, |v| settled(v).is_some_and(|(n, _)| n == 3));
    assert!(settled(&without).is_some_and(|(_, at)| at > since), "{without}");
    home.data(&["testnet", "restart", "3"]);
    let again = until(PATIENCE, voters, |v| settled(v).is_some_and(|(n, _)| n == 4));
    let supply = home.data(&["query", "supply", "--audit"]);
    assert_eq!(supply["conserved"], json!(true), "{supply}");
    let height = |v: &Value| v["height"].as_u64().expect("a height");
    until(PATIENCE, voters, |v| height(v) > height(&again) + 20);
}
