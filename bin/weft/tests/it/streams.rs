//! What becomes of stdout, stderr and the terminal: full disks, closed pipes, a question that is
//! broken off.

use super::stub;
use super::support::Home;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output, Stdio};

fn program(home: &Home, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weft"));
    command.args(args).env("WEFT_HOME", home.path()).env_remove("WEFT_NETWORK");
    command.stdin(Stdio::null());
    command
}

/// A device on which every write fails.
fn full() -> File {
    File::options().write(true).open("/dev/full").expect("the system has /dev/full")
}

fn out(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

/// F10: an answer that can't be written is a failure with its reason.
#[test]
fn an_answer_that_can_not_be_written_is_a_failure() {
    let home = Home::new();
    for args in [
        &["emission"][..],
        &["emission", "--json"],
        &["sim", "profiles"],
        &["--help"],
        &["--version"],
        &["reference", "--pick", "/calls"],
    ] {
        let out = out(program(&home, args).stdout(full()));
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(1), "{args:?}: {said}");
        assert!(said.contains("No space left"), "{args:?}: {said}");
    }
}

/// F10: so is a word of a command that runs on, which ends there, its node with it.
#[test]
fn a_command_that_runs_on_ends_when_its_words_can_not_be_written() {
    let home = Home::new();
    let genesis = stub::genesis();
    let url = stub::serve(move |method, params| stub::honest(&genesis, method, params));
    let dir = home.path().join("joined").display().to_string();
    for more in [&[][..], &["--json"], &["--until-synced"]] {
        let args = [&["node", "join", &url, "--home", &dir][..], more].concat();
        let out = out(program(&home, &args).stdout(full()));
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(1), "{more:?}: {said}");
        assert!(said.contains("AnswerUnwritable") && said.contains("No space left"), "{said}");
    }
    // A flag that the home which is there now would pass over is refused.
    let other = ["node", "join", &url, "--home", &dir, "--rpc", "127.0.0.1:1"];
    assert_eq!(home.error(&other, 2), "HomeIsSettled");
    let other = ["node", "join", &url, "--home", &dir, "--network", "http://127.0.0.1:1"];
    assert_eq!(home.error(&other, 2), "UselessFlag");
}

/// F1, F10: what can't be said on stderr changes nothing else.
#[test]
fn a_stderr_that_can_not_be_written_changes_no_exit_code() {
    let home = Home::new();
    for (args, code) in [
        (&["wallet", "show", "nobody"][..], 3),
        (&["query", "supply", "--network", "http://127.0.0.1:1"], 4),
        (&["no-such-command"], 2),
        (&["wallet", "create", "ann"], 5),
        (&["sim", "hunt", "--seeds", "0..2", "--profile", "fair"], 0),
        (&["emission", "--svg", "/dev/null"], 0),
    ] {
        let out = out(program(&home, args).stderr(full()));
        assert_eq!(out.status.code(), Some(code), "{args:?}");
        let out = out2(&home, args);
        assert_eq!(out, Some(code), "{args:?}: a pipe that nobody reads");
    }
}

/// The exit code with a stderr whose reader is gone.
fn out2(home: &Home, args: &[&str]) -> Option<i32> {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    program(home, args).stderr(writer).output().expect("the program starts").status.code()
}

/// F27: a reader that has read enough has what it wanted.
#[test]
fn a_reader_that_goes_early_is_no_failure() {
    let home = Home::new();
    for args in [&["--help"][..], &["sim", "--help"], &["emission"], &["reference", "--json"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let out = out(program(&home, args).stdout(writer));
        assert_eq!(out.status.code(), Some(0), "{args:?}");
    }
}

/// F24: with `--json` help and version are documents too, and an error keeps what is guessed.
#[test]
fn help_version_and_usage_errors_are_json_when_asked() {
    let home = Home::new();
    assert_eq!(home.data(&["--version"])["name"], json!("weft"));
    let help = home.data(&["sim", "hunt", "--help"]);
    assert!(help["help"].as_str().is_some_and(|text| text.contains("--seeds")), "{help}");
    let (code, answer) = home.json(&["trasnfer", "bob", "1"]);
    assert_eq!((code, &answer["error"]["name"]), (2, &json!("Usage")), "{answer}");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    assert!(text(&answer["error"]["help"]).contains("'transfer'"), "{answer}");
    let (_, answer) = home.json(&["weights", "set", "1", "--sat", "1=1"]);
    assert!(text(&answer["error"]["help"]).contains("'--set'"), "{answer}");
    assert!(text(&answer["error"]["help"]).ends_with("weft weights set --help"), "{answer}");
}

/// Whether whoever started the tests ignores Ctrl-C, and the programs that they start with them: a
/// shell does so with what it puts in the background.
fn is_ctrl_c_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or("0");
    u64::from_str_radix(ignored.trim(), 16).expect("a mask") & 0b10 != 0
}

/// F34: a question that is broken off leaves the terminal as it was, and the program ends as one
/// that was interrupted; where that is ignored it says so.
#[test]
fn ctrl_c_at_the_password_leaves_the_terminal_with_its_echo() {
    let home = Home::new();
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&master).and_then(|()| unlockpt(&master)).expect("a terminal");
    let name = ptsname(&master, Vec::new()).expect("a terminal has a name");
    let path = name.to_str().expect("a plain name");
    let open = || File::options().read(true).write(true).open(path).expect("the terminal opens");
    let terminal = open();
    let modes = || tcgetattr(&terminal).expect("a terminal").local_modes;
    let before = modes();
    assert!(before.contains(LocalModes::ECHO | LocalModes::ISIG));
    let mut keyboard = File::from(master);
    let is_ignored = is_ctrl_c_ignored();
    let interrupted = if is_ignored { None } else { Some(2) };
    let broken_off = if is_ignored { "Interrupted" } else { "" };
    // F9: what is typed a second time must be the same.
    let typed = [
        (&b"sec\x03"[..], interrupted, broken_off),
        (b"correct horse\ncorrect house\n", None, "PasswordsDiffer"),
        (b"correct horse\ncorrect horse\n", None, ""),
    ];
    for (typed, signal, says) in typed {
        let mut child = program(&home, &["wallet", "create", "ann"])
            .stdin(open())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut said = child.stderr.take().expect("a pipe");
        let mut first = [0; 1];
        said.read_exact(&mut first).expect("it asks");
        assert!(!modes().contains(LocalModes::ECHO), "what is typed is hidden");
        keyboard.write_all(typed).expect("a key is pressed");
        let mut rest = String::new();
        said.read_to_string(&mut rest).expect("it says the rest");
        let status = child.wait().expect("it ends");
        assert_eq!(status.signal(), signal, "{rest}");
        assert!(rest.contains(says), "{rest}");
        assert_eq!(modes(), before, "{rest}");
    }
    assert_eq!(home.data(&["wallet", "list"])["wallets"][0]["encrypted"], json!(true));
}
