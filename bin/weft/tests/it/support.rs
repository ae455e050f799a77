//! Running the program as a person would, and reading its JSON.
#![expect(clippy::print_stderr, reason = "a test says when it is skipped")]

use serde_json::Value;
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A node of its own that ends with the test, and what it says where a person would see it:
/// shown when the test fails.
pub struct Running {
    child: Child,
    said: File,
}

impl Running {
    /// Starts a node on a home, with more flags.
    pub fn node(home: &Path, flags: &[&str]) -> Self {
        let said = tempfile::tempfile().expect("a file for what it says");
        let child = Command::new(env!("CARGO_BIN_EXE_weft"))
            .args(["node", "run", "--home"])
            .arg(home)
            .args(flags)
            .stdout(Stdio::null())
            .stderr(said.try_clone().expect("a second handle"))
            .spawn();
        Self { child: child.expect("the program starts"), said }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        let ended = self.child.wait();
        if std::thread::panicking() {
            let mut text = String::new();
            drop(self.said.rewind().and_then(|()| self.said.read_to_string(&mut text)));
            eprintln!("a node that the test had started ({ended:?}) said:\n{text}");
        }
    }
}

/// A home of its own for a test; what runs in it is stopped at the end.
pub struct Home(pub tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory for the test"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs the program in this home.
    pub fn weft(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_weft"))
            .args(args)
            .env("WEFT_HOME", self.path())
            .env_remove("WEFT_NETWORK")
            .output()
            .expect("the program starts")
    }

    /// Runs the program with `--json`; answers exit code and envelope.
    pub fn json(&self, args: &[&str]) -> (i32, Value) {
        let mut all = args.to_vec();
        all.push("--json");
        let out = self.weft(&all);
        let text = String::from_utf8(out.stdout).expect("stdout is text");
        let lines = text.trim().lines().count();
        assert_eq!(lines, 1, "one JSON document, not {lines} lines: {text}");
        let code = out.status.code().expect("it ended by itself");
        (code, serde_json::from_str(&text).expect("stdout is JSON"))
    }

    /// The data of a command that must succeed.
    pub fn data(&self, args: &[&str]) -> Value {
        let (code, mut envelope) = self.json(args);
        assert_eq!((code, &envelope["ok"]), (0, &Value::Bool(true)), "{args:?}: {envelope}");
        envelope["data"].take()
    }

    /// The name of the error of a command that must fail with this exit code.
    pub fn error(&self, args: &[&str], exit: i32) -> String {
        let (code, envelope) = self.json(args);
        assert_eq!((code, &envelope["ok"]), (exit, &Value::Bool(false)), "{args:?}: {envelope}");
        envelope["error"]["name"].as_str().expect("an error has a name").to_owned()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if self.path().join("testnet").exists() {
            drop(self.weft(&["testnet", "down"]));
        }
    }
}

/// Asks again and again until the answer is there; gives up with the last one.
pub fn until<T: std::fmt::Debug>(
    limit: Duration,
    mut ask: impl FnMut() -> T,
    good: impl Fn(&T) -> bool,
) -> T {
    let start = Instant::now();
    loop {
        let answer = ask();
        if good(&answer) {
            return answer;
        }
        assert!(start.elapsed() < limit, "after {limit:?} still {answer:?}");
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

/// The processes whose command line names a directory.
pub fn running_on(dir: &Path) -> Vec<u32> {
    let name = dir.as_os_str().as_encoded_bytes();
    let named = |pid: &u32| {
        let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        words.split(|b| *b == 0).any(|word| word == name)
    };
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|e| e.file_name().to_str()?.parse().ok()).filter(named).collect()
}

/// A file beside the project; none, and said so, when it is absent.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is absent", path.display());
    None
}
