//! What moves money: tried before it is paid, sent once, and accounted for to the rao. One
//! network serves all the checks of a test.

use crate::support::{Home, until};
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A test that hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// An SS58 address whose key is of another curve: the development account of the live chain.
const FOREIGN: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

fn number(value: &Value) -> u64 {
    value.as_str().and_then(|t| t.parse().ok()).expect("amounts are decimal strings")
}

fn account(home: &Home, who: &str) -> Value {
    home.data(&["query", "account", who])
}

fn free(home: &Home, who: &str) -> u64 {
    number(&account(home, who)["free"])
}

/// The error of a command that must fail with this exit code and name.
fn refused(home: &Home, args: &[&str], exit: i32, name: &str) -> Value {
    let (code, mut envelope) = home.json(args);
    let error = envelope["error"].take();
    assert_eq!((code, &error["name"]), (exit, &json!(name)), "{args:?}: {error}");
    error
}

fn file(home: &Home, name: &str, content: &Value) -> String {
    let path = home.path().join(name);
    std::fs::write(&path, content.to_string()).expect("the file can be written");
    path.to_str().expect("a plain path").to_owned()
}

#[test]
fn money_is_tried_before_it_is_paid_and_every_rao_is_said_before() {
    let home = Home::new();
    home.data(&["testnet", "up", "-n", "1", "--slot-ms", "250"]);
    six_at_once(&home);
    fees_and_nonces(&home);
    nothing_is_paid_for_a_refusal(&home);
    registered_with_what_there_is(&home);
    all_of_it(&home);
    plans(&home);
    keys_of_another_curve(&home);
    batches(&home);
    reads(&home);
    let supply = home.data(&["query", "supply", "--audit"]);
    assert_eq!(supply["conserved"], json!(true), "{supply}");
}

/// F12: commands at the same time take their nonces in turn.
fn six_at_once(home: &Home) {
    let before = free(home, "carol");
    let send = |n: u64| {
        Command::new(env!("CARGO_BIN_EXE_weft"))
            .args(["transfer", "carol", &format!("0.{n}"), "-w", "alice", "--json"])
            .env("WEFT_HOME", home.path())
            .env_remove("WEFT_NETWORK")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts")
    };
    let all: Vec<_> = (1..=6).map(send).collect();
    for child in all {
        let out = child.wait_with_output().expect("it ends");
        let said: Value = serde_json::from_slice(&out.stdout).expect("stdout is JSON");
        assert_eq!(said["data"]["status"], json!("finalized"), "{said}");
    }
    assert_eq!(free(home, "carol") - before, 2_100_000_000);
}

/// F12: a fee and a nonce can be named, and a higher fee takes the place of a lower one.
fn fees_and_nonces(home: &Home) {
    // While one waits the nonce to use next is the one behind it.
    let waits = home.data(&["transfer", "carol", "1", "-w", "alice", "--wait", "none"]);
    let nonce = waits["plan"]["nonce"].as_u64().expect("a nonce");
    assert_eq!(account(home, "alice")["next_nonce"].as_u64(), Some(nonce + 1));
    let sent = home.data(&["transfer", "carol", "1", "-w", "alice", "--fee", "0.001"]);
    assert_eq!(sent["plan"]["fee"], json!("1000000"));
    let nonce = sent["plan"]["nonce"].as_u64().expect("a nonce").to_string();
    let again = ["transfer", "carol", "1", "-w", "alice", "--nonce", &nonce];
    refused(home, &again, 1, "NonceUsed");
    // One that can't run yet waits, its nonce being one too far; a tenth more fee takes its
    // place, less does not, and of the two only the dearer runs.
    let next: u64 = nonce.parse::<u64>().expect("a number") + 2;
    let next = next.to_string();
    let waits = |amount: &str, fee: &str| {
        let args = ["transfer", "carol", amount, "-w", "alice", "--nonce", &next, "--fee", fee];
        home.json(&[&args[..], &["--wait", "none", "--force"]].concat())
    };
    let (code, first) = waits("2", "0.001");
    assert_eq!((code, &first["data"]["status"]), (0, &json!("pending")), "{first}");
    let (code, low) = waits("3", "0.00105");
    assert_eq!((code, &low["error"]["name"]), (1, &json!("NonceTaken")), "{low}");
    assert_eq!(low["error"]["context"]["need"], json!("1100000"), "{low}");
    let (code, second) = waits("4", "0.002");
    assert_eq!((code, &second["data"]["status"]), (0, &json!("pending")), "{second}");
    let before = free(home, "carol");
    home.data(&["transfer", "carol", "1", "-w", "alice"]);
    let id = |sent: &Value| sent["data"]["tx"].as_str().expect("an id").to_owned();
    let said = |id: &str| home.data(&["query", "tx", id])["status"].take();
    let (first, second) = (id(&first), id(&second));
    until(PATIENCE, || said(&second), |status| *status == json!("finalized"));
    assert_eq!(said(&first), json!("unknown"), "the cheaper one is nowhere");
    assert_eq!(free(home, "carol") - before, 5_000_000_000, "one of the two, and the one before");
}

/// F13, F39: a call that would fail costs nothing, and says its own error.
fn nothing_is_paid_for_a_refusal(home: &Home) {
    home.data(&["register", "1", "-w", "alice"]);
    let unknown = weft_types::SecretKey::from_seed([7; 32]).public().to_string();
    let before = account(home, "alice");
    for (args, exit, code, name) in [
        (&["transfer", "carol", "0"][..], 1, "invalid_argument", "AmountZero"),
        (&["transfer", "carol", "9999999"], 1, "insufficient_balance", "NotEnoughBalance"),
        (&["register", "77"], 3, "not_found", "SubnetNotExists"),
        (&["register", "1"], 1, "already_exists", "HotKeyAlreadyRegisteredInSubNet"),
        (&["stake", "add", &unknown, "5"], 3, "not_found", "HotKeyAccountNotExists"),
        (&["stake", "take", "50"], 1, "invalid_argument", "DelegateTakeTooHigh"),
        (&["subnet", "set", "1", "tempo", "0"], 1, "not_authorized", "NotSubnetOwner"),
        (&["voter", "join", "1"], 1, "not_authorized", "NeuronNoValidatorPermit"),
        (&["weights", "set", "77", "--set", "0=1"], 3, "not_found", "SubnetNotExists"),
    ] {
        let args = [args, &["-w", "alice"]].concat();
        let error = refused(home, &args, exit, name);
        assert_eq!(error["code"], json!(code), "{error}");
        assert!(error["context"].is_object(), "{error}");
        // A dry run says the same.
        refused(home, &[&args[..], &["--dry-run"]].concat(), exit, name);
    }
    let after = account(home, "alice");
    assert_eq!((&after["free"], &after["nonce"]), (&before["free"], &before["nonce"]));
    // What is forced runs, fails, pays its fee, and says the same in its receipt.
    let forced = ["transfer", "carol", "0", "-w", "alice", "--force"];
    let error = refused(home, &forced, 1, "AmountZero");
    assert_eq!(error["code"], json!("invalid_argument"), "{error}");
    assert!(error["context"]["tx"].is_string() && error["help"] != json!(""), "{error}");
    let paid = account(home, "alice");
    assert_eq!(paid["nonce"].as_u64(), before["nonce"].as_u64().map(|n| n + 1));
    assert!(number(&paid["free"]) < number(&before["free"]));
}

/// F14: without --max-burn the price is paid, if the wallet has it.
fn registered_with_what_there_is(home: &Home) {
    home.data(&["wallet", "create", "poor", "--unencrypted"]);
    let price = number(&home.data(&["query", "registration-cost", "1"])["burn"]);
    let enough = format!("{}rao", price + price / 10);
    let sent = home.data(&["transfer", "poor", &enough, "-w", "alice"]);
    assert!(number(&sent["plan"]["deposit"]) > 0, "{sent}");
    let sent = home.data(&["register", "1", "-w", "poor"]);
    let most = number(&sent["plan"]["spends_at_most"]);
    assert!((price / 2..=price + price / 10).contains(&most), "{most} for {price}");
}

/// F16: all of it, and a removal that is refused names its rule and costs nothing.
fn all_of_it(home: &Home) {
    home.data(&["stake", "add", "alice", "5", "-w", "alice"]);
    let key = |name: &str| {
        let shown = home.data(&["wallet", "show", name]);
        (shown["coldkey"].clone(), shown["hotkeys"][0]["key"].clone())
    };
    let (cold, hot) = key("alice");
    let text = |v: &Value| v.as_str().expect("a key").to_owned();
    let (cold, hot) = (text(&cold), text(&hot));
    let staked = || {
        let plan = ["stake", "remove", &hot, "all", "-w", "alice", "--dry-run"];
        number(&home.data(&plan)["plan"]["expected"]["events"][0]["amount"])
    };
    let before = staked();
    // What is asked back pays the fee.
    assert!((4_999_990_000..5_000_000_000).contains(&before), "{before} of {cold}");
    let error = refused(home, &["stake", "remove", &hot, "50", "-w", "alice"], 1, "NotEnoughStake");
    assert_eq!(error["code"], json!("insufficient_balance"), "{error}");
    assert_eq!(staked(), before, "a refused removal costs nothing");
    let removed = home.data(&["stake", "remove", &hot, "all", "-w", "alice"]);
    assert_eq!(removed["status"], json!("finalized"), "{removed}");
    refused(home, &["stake", "remove", &hot, "all", "-w", "alice"], 1, "NotEnoughStake");
    let left = free(home, "poor");
    let sent = home.data(&["transfer", "carol", "all", "-w", "poor"]);
    let moved = number(&sent["plan"]["call"]["transfer"]["amount"]);
    assert_eq!(moved + number(&sent["plan"]["fee"]), left, "{sent}");
    assert_eq!(free(home, "poor"), 0);
    refused(home, &["transfer", "carol", "all", "-w", "poor"], 1, "NothingLeft");
}

/// F15, F38: a plan says what leaves the wallet, the lock of a subnet with it.
fn plans(home: &Home) {
    let before = free(home, "alice");
    let planned = home.data(&["subnet", "create", "-w", "alice", "--dry-run"]);
    let plan = &planned["plan"];
    assert_eq!(planned["sent"], json!(false));
    assert_eq!(number(&plan["leaves_at_most"]), number(&plan["fee"]) + 10_000_000_000);
    assert!(plan["buys"].as_str().is_some_and(|t| t.contains("a lock of no more than 10 TAO")));
    let now = &plan["expected"];
    let leaves = number(&now["free_before"]) - number(&now["free_after"]);
    assert_eq!(leaves, number(&plan["leaves_at_most"]), "{plan}");
    assert_eq!(free(home, "alice"), before, "a dry run sends nothing");
    let text = home.weft(&["subnet", "create", "-w", "alice", "--dry-run"]).stdout;
    let text = String::from_utf8(text).expect("stdout is text");
    assert!(text.contains("10.0000") && text.contains("leave the wallet"), "{text}");
    home.data(&["subnet", "create", "-w", "alice"]);
    let set = ["subnet", "set", "2", "min_burn", "0.5", "-w", "alice", "--dry-run", "--force"];
    let value = home.data(&set)["plan"]["call"]["set_hyperparameter"]["value"].clone();
    assert_eq!(value, json!("500000000"), "an amount is in TAO unless its unit stands behind it");
}

/// F8: coins for a key that can't sign here need a yes.
fn keys_of_another_curve(home: &Home) {
    let odd =
        file(home, "foreign.json", &json!([{ "transfer": { "to": FOREIGN, "amount": "5" } }]));
    for args in [
        &["transfer", FOREIGN, "1", "-w", "alice"][..],
        &["stake", "add", FOREIGN, "1", "-w", "alice"],
        &["batch", &odd, "-w", "alice"],
    ] {
        refused(home, args, 5, "KeyOfAnotherCurve");
    }
    // No point of the curve at all, in hex: nobody signs for it either.
    let keys = (2..=255).map(|n| weft_types::PublicKey([n; 32]));
    let none = keys.into_iter().find(|key| !weft_types::signature::can_sign(key));
    let none = none.expect("half of all numbers are no point").to_string();
    let nobody = [{ json!({ "transfer": { "to": none, "amount": "5" } }) }];
    let nobody = file(home, "nobody.json", &json!(nobody));
    let ours = home.data(&["wallet", "show", "carol"])["addresses"]["local"].take();
    for args in [
        &["transfer", &none, "1", "-w", "alice", "--yes"][..],
        &["stake", "add", &none, "1", "-w", "alice", "--yes"],
        &["batch", &nobody, "-w", "alice", "--yes"],
    ] {
        let error = refused(home, args, 2, "NobodysKey");
        let said = error["message"].as_str().expect("a message");
        assert!(said.contains(&none) && said.contains("nobody can ever sign"), "{error}");
    }
    let dry = ["transfer", ours.as_str().expect("an address"), "1", "-w", "alice", "--dry-run"];
    assert_eq!(home.data(&dry)["sent"], json!(false), "a key of ours is one");
    home.data(&["transfer", FOREIGN, "1", "-w", "alice", "--yes"]);
    assert_eq!(free(home, FOREIGN), 1_000_000_000);
}

/// F33: a batch reads keys in every spelling, and refuses what it does not know (F18).
fn batches(home: &Home) {
    let carol = home.data(&["wallet", "show", "carol"]);
    let spellings = [json!("carol"), carol["addresses"]["local"].clone(), carol["coldkey"].clone()];
    let call = |to: &Value| json!({ "transfer": { "to": to, "amount": "1000" } });
    let good = file(home, "good.json", &spellings.iter().map(call).collect());
    let before = free(home, "carol");
    let sent = home.data(&["batch", &good, "-w", "alice"]);
    assert_eq!(number(&sent["plan"]["spends_at_most"]), 3_000, "{sent}");
    assert_eq!(free(home, "carol") - before, 3_000);
    let mut memo = call(&json!("carol"));
    memo["transfer"]["memo"] = json!("for the coffee");
    let memo = file(home, "memo.json", &json!([memo]));
    let error = refused(home, &["batch", &memo, "-w", "alice"], 2, "BadBatch");
    assert!(error["message"].as_str().is_some_and(|m| m.contains("no field \"memo\"")), "{error}");
}

/// F5, F22, F32.
fn reads(home: &Home) {
    for read in [&["subnet", "list"][..], &["query", "account", "alice"], &["query", "supply"]] {
        assert_eq!(home.data(read)["finalized"], json!(true), "{read:?}");
    }
    refused(home, &["weights", "show", "1", "--uid", "9999"], 3, "NoSuchNeuron");
    let latest = home.data(&["query", "block", "latest"]);
    assert_eq!(latest["final"], json!(true), "{latest}");
    let twice = ["weights", "commit", "1", "--set", "4=1,4=2", "-w", "alice"];
    refused(home, &twice, 2, "DuplicateUids");
    let nobody = ["weights", "commit", "1", "--set", "250=1", "-w", "alice"];
    refused(home, &nobody, 1, "UidVecContainInvalidOne");
}
