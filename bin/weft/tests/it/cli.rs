//! The contract of the command line: one document on stdout, exit codes, errors by name.

use crate::support::{Home, shared};
use serde_json::{Value, json};

fn write(home: &Home, name: &str, text: &str) -> String {
    let path = home.path().join(name);
    std::fs::write(&path, text).expect("the file can be written");
    path.to_str().expect("a plain path").to_owned()
}

#[test]
fn the_command_line_answers_with_its_exit_codes() {
    let home = Home::new();
    assert_eq!(home.error(&["query", "supply", "--network", "nowhere"], 2), "UnknownNetwork");
    assert_eq!(
        home.error(&["query", "supply", "--network", "http://127.0.0.1:1"], 4),
        "CannotConnect"
    );
    for no_url in ["http://", "ftp://127.0.0.1:1", "http://a b", "http://127.0.0.1:99999"] {
        assert_eq!(home.error(&["query", "supply", "--network", no_url], 2), "BadUrl");
    }
    assert_eq!(home.error(&["testnet", "status"], 3), "NoTestnet");
    assert_eq!(home.error(&["testnet", "up", "-n", "0"], 2), "NodeCount");
    assert_eq!(home.error(&["no-such-command"], 2), "Usage");
    let (_, missing) = home.json(&["sim", "scenario"]);
    let message = missing["error"]["message"].as_str().expect("an error has a message");
    assert!(message.ends_with("<FILE>"), "what is missing is named: {message}");
    assert_eq!(home.error(&["testnet", "down", "--dry-run"], 2), "NoDryRun");
    let (_, absent) = home.json(&["testnet", "status"]);
    let help = absent["error"]["help"].as_str().expect("an error has help");
    assert!(help.contains("weft testnet up"), "{help}");
    let out = home.weft(&["--version"]);
    assert!(out.status.success());
    assert!(String::from_utf8_lossy(&out.stdout).starts_with("weft "));
}

/// A server that answers every request with this status; its URL.
fn answers_with(status: u16) -> String {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.expect("a connection");
            let mut request = [0; 4_096];
            assert!(socket.read(&mut request).expect("a request") > 0);
            let answer = format!("HTTP/1.1 {status} S\r\nContent-Length: 3\r\n\r\nno\n");
            socket.write_all(answer.as_bytes()).expect("the answer is taken");
        }
    });
    url
}

#[test]
fn what_the_server_says_by_http_status_has_the_exit_code_that_fits() {
    let home = Home::new();
    for (status, exit, name) in [(408, 4, "Timeout"), (503, 7, "NodeBusy"), (500, 1, "BadAnswer")] {
        let url = answers_with(status);
        assert_eq!(home.error(&["query", "supply", "--network", &url], exit), name, "{status}");
    }
}

#[test]
fn a_wallet_is_made_listed_and_signs_what_it_can_verify() {
    let home = Home::new();
    assert_eq!(home.error(&["wallet", "create", "ann"], 5), "NeedsPassword");
    let said = home.json(&["wallet", "create", "ann"]).1["error"].clone();
    assert_eq!(said["message"], json!("new keys need a password, and none was given"));
    let password = write(&home, "password", "correct horse\n");
    let with = ["--password-file", password.as_str()];
    let made = home.data(&[&["wallet", "create", "ann"], &with[..]].concat());
    assert_eq!(made["encrypted"], json!(true));
    let (exit, again) = home.json(&[&["wallet", "create", "ann"], &with[..]].concat());
    let said = ["code", "name"].map(|field| again["error"][field].clone());
    assert_eq!((exit, json!(said)), (1, json!(["already_exists", "KeyExists"])));
    let list = home.data(&["wallet", "list"]);
    assert_eq!(list["wallets"][0]["name"], json!("ann"));
    let sign = ["wallet", "sign", "ann", "--message", "hello"];
    let signed = home.data(&[&sign[..], &with[..]].concat());
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (address, signature) = (text(&signed["addresses"]["local"]), text(&signed["signature"]));
    let verify = |message: &str| {
        let args = [
            "wallet",
            "verify",
            "--address",
            &address,
            "--message",
            message,
            "--signature",
            &signature,
        ];
        home.json(&args).0
    };
    assert_eq!((verify("hello"), verify("hallo")), (0, 8));
    let wrong = write(&home, "wrong", "incorrect horse\n");
    let args = [&sign[..], &["--password-file", wrong.as_str()]].concat();
    assert_eq!(home.error(&args, 5), "WrongPassword");
}

/// F9, F11: a password is changed, a seed is exported and makes the same wallet again, and an
/// odd file hides no wallet.
#[test]
fn a_wallet_changes_its_password_is_exported_and_listed_beside_odd_ones() {
    let home = Home::new();
    let (old, new) = (write(&home, "old", "correct horse\n"), write(&home, "new", "staple\n"));
    let with = |file: &str, args: &[&str]| home.json(&[args, &["--password-file", file]].concat());
    assert_eq!(with(&old, &["wallet", "create", "ann"]).0, 0);
    let passwd = ["wallet", "passwd", "ann", "--new-password-file", &new];
    assert_eq!(with(&new, &passwd).0, 5, "the old password is needed");
    assert_eq!(with(&old, &passwd).0, 0);
    assert_eq!(with(&old, &["wallet", "sign", "ann", "--message", "m"]).0, 5);
    assert_eq!(with(&new, &["wallet", "sign", "ann", "--message", "m", "-k", "default"]).0, 0);
    let (code, shown) = with(&new, &["wallet", "export", "ann"]);
    assert_eq!((code, &shown["error"]["name"]), (5, &json!("SeedInTheOpen")), "{shown}");
    let seed = home.path().join("seed");
    let seed = seed.to_str().expect("a plain path");
    assert_eq!(with(&new, &["wallet", "export", "ann", "--out", seed]).0, 0);
    assert_eq!(with(&new, &["wallet", "export", "ann", "--out", seed]).0, 1, "never over a file");
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(seed).expect("it was written").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = home.data(&["wallet", "import", "bea", "--seed-file", seed, "--unencrypted"]);
    let ann = home.data(&["wallet", "show", "ann"]);
    assert_eq!(again["coldkey"], ann["coldkey"]);
    std::fs::write(home.path().join("wallets/bea/hotkeys/odd.json"), "").expect("it is written");
    std::fs::create_dir(home.path().join("wallets/ann.bak")).expect("it is made");
    let list = home.data(&["wallet", "list"]);
    let count = |name: &str| list[name].as_array().map(Vec::len);
    assert_eq!((count("wallets"), count("unreadable")), (Some(2), Some(2)), "{list}");
    assert!(list["unreadable"][0]["path"].is_string() && list["unreadable"][0]["why"].is_string());
    let bea = home.data(&["wallet", "show", "bea"]);
    assert_eq!(bea["unreadable"].as_array().map(Vec::len), Some(1), "{bea}");
    let open = ["wallet", "passwd", "ann", "--unencrypted", "--password-file", &new];
    assert_eq!(home.data(&open)["encrypted"], json!(false));
}

#[test]
fn signatures_of_a_file_have_one_verdict_alone_and_in_batches() {
    let Some(file) = shared("vectors/external/rfc8032_ed25519.json") else { return };
    let text = std::fs::read_to_string(file).expect("the vectors can be read");
    let vectors: Value = serde_json::from_str(&text).expect("the vectors are JSON");
    let list = vectors
        .as_array()
        .cloned()
        .or_else(|| vectors.as_object()?.values().find_map(|v| v.as_array().cloned()));
    let pick = |v: &Value, names: &[&str]| {
        names.iter().find_map(|n| v[*n].as_str()).map(ToOwned::to_owned)
    };
    let case = |v: &Value| {
        Some(json!({
            "public_key": pick(v, &["public_key", "pk", "public", "pub"])?,
            "message": pick(v, &["message", "msg"])?,
            "signature": pick(v, &["signature", "sig"])?,
        }))
    };
    let mut cases: Vec<Value> = list.unwrap_or_default().iter().filter_map(case).collect();
    assert!(cases.len() >= 4, "the shape of the vectors has changed: {text:.300}");
    let good = cases.len();
    // One with another's signature, one that is no signature at all.
    let mut swapped = cases[0].clone();
    swapped["signature"] = cases[1]["signature"].clone();
    cases.extend([swapped, json!({ "public_key": "00", "message": "", "signature": "00" })]);
    let home = Home::new();
    let path = write(&home, "cases.json", &json!(cases).to_string());
    let alone = home.data(&["wallet", "verify", "--file", &path])["verdicts"].clone();
    let want: Vec<bool> = (0..cases.len()).map(|n| n < good).collect();
    assert_eq!(alone, json!(want));
    for batch in ["2", "3", "64"] {
        let verdicts = home.data(&["wallet", "verify", "--file", &path, "--batch", batch]);
        assert_eq!(verdicts["verdicts"], alone, "batches of {batch}");
    }
}

#[test]
fn the_sample_case_of_the_docs_pays_the_miner_that_two_of_three_agree_on() {
    let file =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/samples/yuma.json");
    let data = Home::new().data(&["yuma", "run", file.to_str().expect("a plain path")]);
    let out = &data["epochs"][1]["out"];
    let incentive = |uid: usize| out["incentive"][uid].as_u64().expect("a number");
    assert!(incentive(3) > incentive(4) && incentive(4) > 0, "{out}");
    assert_eq!(incentive(2), 0, "what one of three says of itself is clipped");
}

#[test]
fn a_golden_case_is_equal_and_a_doctored_one_is_not() {
    let Some(file) = shared("vectors/yuma/penalty_32767.json") else { return };
    let home = Home::new();
    let path = file.to_str().expect("a plain path");
    let data = home.data(&["yuma", "run", path]);
    assert_eq!(data["equal"], json!(true));
    assert!(data["epochs"][0]["out"]["incentive"].is_array());
    let text = std::fs::read_to_string(&file).expect("the case can be read");
    let mut case: Value = serde_json::from_str(&text).expect("the case is JSON");
    case["epochs"][0]["out"]["incentive"][0] = json!(12_345);
    let doctored = write(&home, "case.json", &case.to_string());
    let (code, answer) = home.json(&["yuma", "run", &doctored]);
    assert_eq!((code, &answer["data"]["equal"]), (8, &json!(false)), "{answer}");
    assert!(answer["error"]["message"].as_str().is_some_and(|m| m.contains("incentive of uid 0")));
    case["epochs"][0].as_object_mut().expect("an epoch").remove("out");
    let open = write(&home, "open.json", &case.to_string());
    assert!(home.data(&["yuma", "run", &open])["epochs"].is_array());
    let bad = write(&home, "bad.json", "{\"params\":{}}");
    assert_eq!(home.error(&["yuma", "run", &bad], 2), "BadCase");
}

#[test]
fn the_reference_page_is_what_the_tables_in_the_code_say() {
    let home = Home::new();
    let page = home.data(&["reference", "--markdown"])["markdown"].take();
    let want = page.as_str().expect("a page is text").trim_end().to_owned() + "\n";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference.md");
    if std::env::var_os("WEFT_BLESS").is_some() {
        std::fs::write(&path, &want).expect("the page can be written");
    }
    let got = std::fs::read_to_string(&path).expect("the page is there");
    assert_eq!(got, want, "docs/reference.md: write it anew with WEFT_BLESS=1");
}

/// F18: a field of a file that nobody reads is a mistake, and is named.
#[test]
fn a_field_that_is_none_is_refused_by_its_name_in_every_file() {
    let home = Home::new();
    let sample =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/samples/yuma.json");
    let sample = std::fs::read_to_string(sample).expect("the sample can be read");
    let with = |place: &str, name: &str| {
        let mut case: Value = serde_json::from_str(&sample).expect("the sample is JSON");
        case.pointer_mut(place).expect("a place")[name] = json!(1);
        case.to_string()
    };
    let proof =
        json!([{ "public_key": "", "message": "", "signature": "", "memo": 1 }]).to_string();
    for (field, text, args) in [
        ("kapa", with("/params", "kapa"), &["yuma", "run"][..]),
        ("weigths", with("/epochs/0/in", "weigths"), &["yuma", "run"]),
        ("memo", proof, &["wallet", "verify", "--file"]),
        (
            "balance",
            json!({ "balances": {}, "stakes": {}, "balance": {} }).to_string(),
            &["genesis", "import", "--out", "g"],
        ),
        ("plna", "about = \"x\"\nprofile = \"fair\"\nplna = 1\n".to_owned(), &["sim", "scenario"]),
    ] {
        let path = write(&home, "odd-file", &text);
        let (code, answer) = home.json(&[args, &[path.as_str()]].concat());
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert_eq!(code, 2, "{field}: {answer}");
        assert!(message.contains(&format!("`{field}`")), "{field}: {answer}");
    }
}

/// F26: a byte order mark before a text is no part of it; bytes that are no text have a name.
#[test]
fn a_byte_order_mark_changes_nothing_and_a_password_that_is_no_text_is_named() {
    let home = Home::new();
    let sample =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/samples/yuma.json");
    let sample = std::fs::read_to_string(sample).expect("the sample can be read");
    let case = write(&home, "case.json", &format!("\u{feff}{sample}"));
    assert!(home.data(&["yuma", "run", &case])["epochs"].is_array());
    let ledger = write(&home, "ledger.json", "\u{feff}{\"balances\":{},\"stakes\":{}}");
    let out = home.path().join("made");
    let out = out.to_str().expect("a plain path");
    assert_eq!(home.data(&["genesis", "import", &ledger, "--out", out])["accounts"], json!(0));
    let plain = write(&home, "plain", "correct horse\n");
    let marked = write(&home, "marked", "\u{feff}correct horse\r\n");
    home.data(&["wallet", "create", "ann", "--password-file", &plain]);
    let sign = |file: &str| {
        home.json(&["wallet", "sign", "ann", "--message", "x", "--password-file", file]).0
    };
    assert_eq!((sign(&plain), sign(&marked)), (0, 0));
    let odd = home.path().join("odd");
    std::fs::write(&odd, b"\xff\xfep\0w\0").expect("the file can be written");
    let odd = odd.to_str().expect("a plain path");
    let args = ["wallet", "sign", "ann", "--message", "x", "--password-file", odd];
    assert_eq!(home.error(&args, 2), "PasswordFileNotText");
    let absent = ["wallet", "sign", "ann", "--message", "x", "--password-file", "none"];
    assert_eq!(home.error(&absent, 3), "NoPasswordFile");
}

/// F29: without a home nothing is written into whatever directory the caller stands in.
#[test]
fn without_a_home_no_key_is_made_in_the_current_directory() {
    let dir = tempfile::tempdir().expect("a directory");
    for home in [None, Some("")] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_weft"));
        command.args(["wallet", "create", "ann", "--unencrypted", "--json"]).current_dir(&dir);
        command.env_remove("WEFT_HOME").env_remove("HOME");
        if let Some(home) = home {
            command.env("HOME", home).env("WEFT_HOME", home);
        }
        let out = command.output().expect("the program starts");
        assert_eq!(out.status.code(), Some(2), "{home:?}");
        assert!(String::from_utf8_lossy(&out.stdout).contains("NoHome"), "{home:?}");
    }
    assert_eq!(std::fs::read_dir(&dir).expect("the directory is there").count(), 0);
}

/// F40: a flag that a command has no use for is refused rather than passed over.
#[test]
fn a_flag_without_a_use_is_refused() {
    let home = Home::new();
    assert_eq!(home.error(&["sim", "profiles", "--wallet", "ann"], 2), "UselessFlag");
    let with_home = home.weft(&["transfer"]);
    let said = String::from_utf8_lossy(&with_home.stderr).into_owned();
    assert!(!said.contains("--home"), "the environment is no part of the line: {said}");
}
