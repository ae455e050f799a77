//! A node's log: it goes where it should, and a node whose log can't be written runs on.

use crate::imported::free_port;
use crate::support::{Home, until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

/// A node of its own chain, and how its process goes on.
struct Alone {
    home: Home,
    dir: String,
    url: String,
    child: Option<Child>,
}

impl Alone {
    fn new() -> Self {
        let home = Home::new();
        let dir = home.path().join("alone").to_str().expect("a plain path").to_owned();
        let rpc = format!("127.0.0.1:{}", free_port());
        let place = ["--home", &dir, "--rpc", &rpc, "--listen", "/ip4/127.0.0.1/tcp/0"];
        home.data(&[&["node", "init"][..], &place].concat());
        Self { home, dir, url: format!("http://{rpc}"), child: None }
    }

    fn start(&mut self, flags: &[&str], stderr: Stdio) {
        let child = Command::new(env!("CARGO_BIN_EXE_weft"))
            .args(["node", "run", "--home", &self.dir])
            .args(flags)
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn();
        self.child = Some(child.expect("the program starts"));
    }

    /// Waits until it has made some blocks more.
    fn goes_on(&self) -> u64 {
        let ask = || {
            let answer = self.home.json(&["node", "status", "--network", &self.url]).1;
            answer["data"]["height"].as_u64()
        };
        let from = until(PATIENCE, ask, Option::is_some).unwrap_or_default();
        until(PATIENCE, ask, |height| *height > Some(from + 3)).unwrap_or_default()
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// F1
#[test]
fn a_node_whose_stderr_is_full_or_whose_reader_is_gone_runs_on() {
    let mut node = Alone::new();
    let full = OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    node.start(&["--log", "debug"], full.into());
    node.goes_on();
    let child = node.child.as_mut().expect("it was started");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    node.start(&["--log", "debug"], Stdio::piped());
    let child = node.child.as_mut().expect("it was started");
    drop(child.stderr.take());
    node.goes_on();
}

/// F35
#[test]
fn a_log_file_that_was_moved_away_is_opened_anew_on_sighup_and_the_node_goes_on() {
    let mut node = Alone::new();
    let (log, old) = (node.home.path().join("node.log"), node.home.path().join("old.log"));
    node.start(&["--log-file", log.to_str().expect("a plain path")], Stdio::null());
    node.goes_on();
    fs::rename(&log, &old).expect("it is there");
    let pid = node.child.as_ref().and_then(|c| Pid::from_raw(i32::try_from(c.id()).ok()?));
    kill_process(pid.expect("a pid"), Signal::HUP).expect("it runs");
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    until(PATIENCE, || read(&log), |text| text.contains("opened anew"));
    node.goes_on();
    assert!(read(&old).contains("head"), "the old one is left as it was");
    until(PATIENCE, || read(&log), |text| text.contains("head"));
    // Without a log file SIGHUP ends no node either.
    let mut node = Alone::new();
    node.start(&[], Stdio::null());
    node.goes_on();
    let pid = node.child.as_ref().and_then(|c| Pid::from_raw(i32::try_from(c.id()).ok()?));
    kill_process(pid.expect("a pid"), Signal::HUP).expect("it runs");
    node.goes_on();
}

/// F20
#[test]
fn what_is_logged_is_said_on_the_command_line_or_in_the_configuration() {
    let mut node = Alone::new();
    let log = node.home.path().join("node.log");
    let config = Path::new(&node.dir).join("config.toml");
    let text = fs::read_to_string(&config).expect("a configuration");
    let more = format!("log = \"error\"\nlog_file = {:?}\n", log.to_str().expect("a plain path"));
    fs::write(&config, more + &text).expect("it is ours");
    node.start(&[], Stdio::null());
    node.goes_on();
    let child = node.child.as_mut().expect("it was started");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    assert_eq!(fs::read_to_string(&log).expect("a log"), "", "nothing is an error");
    let flags = ["--log", "debug"];
    node.start(&flags, Stdio::null());
    let read = || fs::read_to_string(&log).unwrap_or_default();
    until(PATIENCE, read, |text| text.contains("DEBUG"));
    let dir = node.dir.clone();
    let refused = node.home.json(&["node", "run", "--home", &dir, "--log", "a=b=c"]);
    let name: &Value = &refused.1["error"]["name"];
    assert_eq!((refused.0, name.as_str()), (2, Some("BadLogFilter")), "{}", refused.1);
}

/// F19: a node that has no key to vote with, or that of somebody who does not vote, says so.
#[test]
fn a_node_that_votes_for_nobody_says_in_its_log_why() {
    let mut node = Alone::new();
    let key = Path::new(&node.dir).join("voter.key");
    let log = node.home.path().join("voter.log");
    let path = log.to_str().expect("a plain path").to_owned();
    let foreign = weft_types::SecretKey::from_seed([7; 32]);
    let address =
        weft_types::Address { network: weft_types::Network::Local, key: foreign.public() };
    let foreign = || fs::write(&key, format!("{}\n", weft_types::hash::to_hex(&[7; 32])));
    for (change, words) in [
        (&foreign as &dyn Fn() -> std::io::Result<()>, address.to_string()),
        (&|| fs::remove_file(&key), "there is no voter.key".to_owned()),
    ] {
        change().expect("the key is changed");
        node.start(&["--log-file", &path], Stdio::null());
        let read = || fs::read_to_string(&log).unwrap_or_default();
        let said = |text: &String| {
            let is_it = |line: &&str| line.contains(&words) && line.contains("WARN");
            text.lines().any(|line| is_it(&line) && line.contains("not a voter of this chain"))
        };
        until(PATIENCE, read, said);
        let mut child = node.child.take().expect("it was started");
        child.kill().and_then(|()| child.wait()).expect("it ends");
    }
}
