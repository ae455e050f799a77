//! F4, F37: rows that are committed to and revealed by hand, epoch by epoch.

use crate::support::{Home, until};
use serde_json::{Value, json};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

fn epochs(home: &Home) -> u64 {
    let list = home.data(&["subnet", "list"]);
    let nets = list["subnets"].as_array().expect("a list");
    nets.iter()
        .find(|net| net["netuid"] == json!(2))
        .map_or(0, |net| net["epochs"].as_u64().expect("a count"))
}

fn kept(home: &Home) -> usize {
    let count = |dir: &std::path::Path| {
        std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect::<Vec<_>>()
    };
    let chains = count(&home.path().join("commits"));
    let places = chains.iter().flat_map(|dir| count(dir)).collect::<Vec<_>>();
    places.iter().map(|dir| count(dir).len()).sum()
}

#[test]
fn what_is_committed_to_in_each_epoch_is_revealed_in_the_next_and_none_is_refused() {
    let home = Home::new();
    let tempo = ["--param", "subnet_defaults.tempo=16"];
    home.data(&[&["testnet", "up", "-n", "1", "--slot-ms", "200"][..], &tempo].concat());
    let by_alice = |args: &[&str]| home.json(&[args, &["-w", "alice"]].concat());
    let done = |args: &[&str]| {
        let (code, said) = by_alice(args);
        assert_eq!(code, 0, "{args:?}: {said}");
        said
    };
    done(&["subnet", "create"]);
    done(&["subnet", "start", "2"]);
    let (code, none) = by_alice(&["weights", "reveal", "2"]);
    assert_eq!((code, &none["error"]["name"]), (3, &json!("NoCommitKept")), "{none}");
    let mut last = epochs(&home);
    for epoch in 0..8 {
        last = until(PATIENCE, || epochs(&home), |now| *now > last);
        // A second one in an epoch is refused, and leaves nothing behind.
        done(&["weights", "commit", "2", "--set", &format!("0={}", epoch + 1)]);
        let (code, twice) = by_alice(&["weights", "commit", "2", "--set", "0=9"]);
        assert_eq!((code, &twice["error"]["name"]), (1, &json!("CommittedThisEpoch")), "{twice}");
        if epoch == 0 {
            let (code, early) = by_alice(&["weights", "reveal", "2"]);
            let error = &early["error"];
            assert_eq!((code, &error["name"]), (1, &json!("RevealTooEarly")), "{early}");
            assert_eq!(error["code"], json!("too_early"));
            let left = error["context"]["blocks_left"].as_u64();
            assert!(left.is_some_and(|left| (1..16).contains(&left)), "{early}");
        } else if epoch != 4 {
            done(&["weights", "reveal", "2"]);
        }
        // Not revealed in the fifth: it expires, and stands in nobody's way.
    }
    let rows: Value = home.data(&["weights", "show", "2", "--uid", "0"]);
    assert_eq!(rows["rows"][0]["uid"], json!(0), "{rows}");
    assert!(kept(&home) <= 2, "what can't be revealed any more has left: {}", kept(&home));
}
