//! Small runs of the benches: what they check holds, and a load that is none is refused.

use crate::support::Home;
use serde_json::json;

#[test]
fn a_small_ledger_bench_gives_the_same_root_twice() {
    let home = Home::new();
    let args = ["bench", "ledger", "--accounts", "1000", "--blocks", "2", "--txs", "100"];
    let (first, second) = (home.data(&args), home.data(&args));
    assert_eq!(first["plan"]["accounts"], json!(1_000));
    assert_eq!(first["state_root"], second["state_root"]);
    let other = home.data(&[&args[..], &["--seed", "2"]].concat());
    assert_ne!(first["state_root"], other["state_root"]);
}

#[test]
fn a_small_epochs_bench_runs_every_epoch_once_and_none_late() {
    let home = Home::new();
    let args = ["--subnets", "9", "--uids", "8", "--validators", "3", "--tempo", "20"];
    let report = home.data(&[&["bench", "epochs"], &args[..]].concat());
    assert_eq!(report["spread_over"], json!([9, 5]));
    let epochs = report["blocks"].as_array().into_iter().flatten();
    let epochs: Vec<_> = epochs.filter_map(|blocks| blocks["epochs"].as_u64()).collect();
    assert_eq!(epochs, [0, 1, 2]);
}

/// A3
#[test]
fn filling_takes_what_it_says_and_pays_for_it() {
    let home = Home::new();
    let args = ["--kind", "account", "--kind", "position", "--kind", "seat", "--entries", "2000"];
    let report = home.data(&[&["bench", "fill"], &args[..]].concat());
    let kinds = report["kinds"].as_array().unwrap();
    let names: Vec<_> = kinds.iter().map(|kind| kind["kind"].as_str().unwrap()).collect();
    assert_eq!(names, ["account", "position", "seat"]);
    let paid = |at: usize| {
        let text = kinds[at]["running"]["deposits"].as_str().unwrap();
        text.parse::<u64>().unwrap()
    };
    // The first one costs 0.001 TAO on an empty state, and each a little more.
    assert!((2_000_000_000..2_003_000_000).contains(&paid(0)), "{}", paid(0));
    assert_eq!(paid(1), 0, "a position costs stake, which comes back");
    assert!(kinds[2]["running"].is_null() && kinds[2]["rest"]["disk_bytes"].as_u64() > Some(30));
    let prices = kinds[0]["gb_of_accounts"].as_array().unwrap();
    let price = |at: usize| prices[at].as_str().unwrap().parse::<u64>().unwrap();
    assert!(price(1) / price(0) == 4 || price(1) / price(0) == 3, "{prices:?}");
    assert_eq!(home.error(&["bench", "fill", "--kind", "hope"], 2), "BadKind");
    assert_eq!(home.error(&["bench", "fill", "--entries", "0"], 2), "BadLoad");
}

#[test]
fn a_bench_without_a_load_is_refused() {
    let home = Home::new();
    assert_eq!(home.error(&["bench", "consensus", "-n", "0"], 2), "NodeCount");
    assert_eq!(home.error(&["bench", "ledger", "--accounts", "1"], 2), "BadLoad");
    assert_eq!(home.error(&["bench", "epochs", "--validators", "300"], 2), "BadLoad");
    assert_eq!(home.error(&["bench", "epochs", "--tempo", "2"], 2), "BadLoad");
}
