//! A node whose clock is moved while it runs. The program has no way to be told another time,
//! and needs none: what it asks the system for the time is answered by a library of a few lines
//! that is put before the system's own, built by the compiler that Rust links with.

use crate::imported::free_port;
use crate::support::{Home, until};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

/// Adds the seconds that a file holds to the time of day, and to no other clock.
const LIBRARY: &str = r#"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    const char *path = getenv("CLOCK_AHEAD");
    if (failed || clock != CLOCK_REALTIME || !path)
        return failed;
    char text[32] = {0};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        if (read(file, text, sizeof text - 1) > 0)
            now->tv_sec += atol(text);
        close(file);
    }
    return 0;
}
"#;

/// A node that is a chain of its own, and how far its clock is ahead.
struct Moved {
    home: Home,
    url: String,
    log: PathBuf,
    child: Child,
}

impl Moved {
    fn start() -> Self {
        let home = Home::new();
        let (source, library) = (home.path().join("clock.c"), home.path().join("clock.so"));
        fs::write(&source, LIBRARY).expect("it is ours");
        let flags = ["-shared", "-fPIC", "-O1", "-o"];
        let built = Command::new("cc").args(flags).arg(&library).arg(&source).status();
        let built = built.expect("Rust links with it");
        assert!(built.success(), "{built}");
        let rpc = format!("127.0.0.1:{}", free_port());
        let dir = home.path().join("moved");
        let place = ["--home", dir.to_str().expect("a plain path"), "--rpc", &rpc];
        home.data(&[&["node", "init", "--listen", "/ip4/127.0.0.1/tcp/0"][..], &place].concat());
        let log = home.path().join("node.log");
        let child = Command::new(env!("CARGO_BIN_EXE_weft"))
            .args(["node", "run", "--home"])
            .arg(&dir)
            .env("LD_PRELOAD", &library)
            .env("CLOCK_AHEAD", home.path().join("ahead"))
            .stdout(Stdio::null())
            .stderr(File::create(&log).expect("it is ours"))
            .spawn()
            .expect("the program starts");
        Self { home, url: rpc, log, child }
    }

    /// Moves its clock, in one step.
    fn ahead(&self, seconds: u64) {
        let (new, path) = (self.home.path().join("new"), self.home.path().join("ahead"));
        fs::write(&new, seconds.to_string()).expect("it is ours");
        fs::rename(new, path).expect("it is ours");
    }

    fn health(&self) -> (u16, Value) {
        let Ok(mut socket) = TcpStream::connect(&self.url) else { return (0, Value::Null) };
        let request =
            format!("GET /health HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.url);
        socket.write_all(request.as_bytes()).expect("it is sent");
        let mut text = String::new();
        socket.read_to_string(&mut text).expect("it answers");
        let status = text.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    fn height(&self) -> Option<u64> {
        let url = format!("http://{}", self.url);
        self.home.json(&["node", "status", "--network", &url]).1["data"]["height"].as_u64()
    }

    /// Waits until it has made some blocks more.
    fn goes_on(&self) {
        let from = until(PATIENCE, || self.height(), Option::is_some);
        until(PATIENCE, || self.height(), |now| *now > from.map(|h| h + 2));
    }
}

impl Drop for Moved {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// F7: its clock was ten minutes ahead and is right again. Nothing moves before it gets there,
/// and the last final block looks as new as can be.
#[test]
fn a_node_whose_clock_was_ahead_and_is_right_again_is_not_ready_and_says_why() {
    let node = Moved::start();
    node.goes_on();
    let (status, said) = node.health();
    assert_eq!((status, said["ready"].as_bool()), (200, Some(true)), "{said}");
    node.ahead(600);
    node.goes_on();
    node.ahead(0);
    let (_, said) = until(PATIENCE, || node.health(), |(status, _)| *status == 503);
    let reasons = said["reasons"].as_array().cloned().unwrap_or_default();
    let reason = reasons.first().and_then(Value::as_str).unwrap_or_default();
    assert!(reason.starts_with("the clock here shows slot"), "{said}");
    assert_eq!((said["ready"].as_bool(), reasons.len()), (Some(false), 1), "{said}");
    let stands = node.height();
    let log = || fs::read_to_string(&node.log).unwrap_or_default();
    let warned = |log: &String| {
        log.lines().any(|line| line.contains("WARN") && line.contains("set the clock right"))
    };
    until(PATIENCE, log, warned);
    assert_eq!(node.height(), stands);
    node.ahead(600);
    until(PATIENCE, || node.health(), |(status, _)| *status == 200);
    node.goes_on();
}
