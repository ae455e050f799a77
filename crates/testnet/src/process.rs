//! Processes of a local network: started in sessions of their own, found again by
//! pid and home, stopped for sure.

use rustix::process::{Pid, Signal, kill_process};
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a process may take to stop when asked, before it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// The word that lets a started process run.
const GO: u8 = b'g';

/// How often a stopping process is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// A process that was started and waits for its word: it ends by itself when the word never
/// comes, so whoever starts it can write it down first and leave none behind that nobody
/// knows of.
#[derive(Debug)]
pub struct Started {
    /// Its number, to be written down.
    pub pid: u32,
    word: ChildStdin,
}

impl Started {
    /// Lets the process run.
    ///
    /// # Errors
    /// What the system says when it has ended already.
    pub fn go(mut self) -> io::Result<()> {
        self.word.write_all(&[GO])
    }
}

/// Starts a command such as `weft node run --detach --home` on a home. Once it has its word
/// ([`Started::go`]) the child leaves our session by itself, logs to a file and holds none of
/// our pipes, so it outlives us.
///
/// # Errors
/// What the system says when the program or the log can't be opened.
pub fn spawn(binary: &Path, words: &[&str], home: &Path, log: &Path) -> io::Result<Started> {
    let out = OpenOptions::new().create(true).append(true).open(log)?;
    let err = out.try_clone()?;
    let mut child = Command::new(binary)
        .args(words)
        .arg(home)
        .stdin(Stdio::piped())
        .stdout(out)
        .stderr(err)
        .spawn()?;
    let word = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    Ok(Started { pid: child.id(), word })
}

/// Waits, in the process that was started, for the word of whoever started it, and leaves
/// the caller's session, so that its terminal and its end are not ours.
///
/// # Errors
/// The word never came, since whoever started us has ended; or what the system says: a
/// process that leads a group can't leave its session.
pub fn detach() -> io::Result<()> {
    let mut word = [0];
    io::stdin().read_exact(&mut word)?;
    if word != [GO] {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a word that is none of ours"));
    }
    rustix::process::setsid()?;
    Ok(())
}

/// Whether the process runs, and is the one we started on this home: a pid may have
/// been given to another since.
#[must_use]
pub fn is_running(pid: u32, home: &Path) -> bool {
    let Some(name) = pid_of(pid) else { return false };
    let proc = Path::new("/proc").join(pid.to_string());
    if !Path::new("/proc/self").exists() {
        return rustix::process::test_kill_process(name).is_ok();
    }
    let Ok(command) = std::fs::read(proc.join("cmdline")) else { return false };
    let stat = std::fs::read_to_string(proc.join("stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().and_then(|rest| rest.trim_start().chars().next());
    let home = home.as_os_str().as_encoded_bytes();
    is_ours(state, &command, home)
}

/// Whether a process in this state, with this command line, is the one of a home. One that
/// has just been started has no command line yet; of one that has ended it is gone as well.
fn is_ours(state: Option<char>, command: &[u8], home: &[u8]) -> bool {
    let has_ended = state.is_none_or(|state| "ZXx".contains(state));
    !has_ended && (command.is_empty() || command.split(|b| *b == 0).any(|part| part == home))
}

fn pid_of(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}

/// Kills at once (SIGKILL), as a crash would.
///
/// # Errors
/// What the system says when the signal can't be sent.
pub fn kill(pid: u32, home: &Path) -> io::Result<()> {
    signal(pid, home, Signal::KILL)?;
    wait_gone(pid, home, GRACE);
    Ok(())
}

fn signal(pid: u32, home: &Path, signal: Signal) -> io::Result<()> {
    match pid_of(pid) {
        Some(name) if is_running(pid, home) => Ok(kill_process(name, signal)?),
        _ => Ok(()),
    }
}

fn wait_gone(pid: u32, home: &Path, limit: Duration) -> bool {
    let start = Instant::now();
    while is_running(pid, home) {
        if start.elapsed() > limit {
            return false;
        }
        std::thread::sleep(LOOK);
    }
    true
}

/// Asks all to stop, then kills those that don't. Answers the pids that are still
/// there, which none should be.
///
/// # Errors
/// What the system says when a signal can't be sent.
pub fn stop_all(processes: &[(u32, &Path)]) -> io::Result<Vec<u32>> {
    for (pid, home) in processes {
        signal(*pid, home, Signal::TERM)?;
    }
    for (pid, home) in processes {
        if !wait_gone(*pid, home, GRACE) {
            kill(*pid, home)?;
        }
    }
    Ok(processes.iter().filter(|(pid, home)| is_running(*pid, home)).map(|(pid, _)| *pid).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_has_just_been_started_runs_and_one_that_has_ended_does_not() {
        let (home, words) = (b"/h".as_slice(), b"weft\0node\0run\0--home\0/h\0".as_slice());
        assert!(is_ours(Some('R'), words, home));
        assert!(is_ours(Some('R'), b"", home), "between the start and its command line");
        assert!(!is_ours(Some('Z'), b"", home));
        assert!(!is_ours(Some('S'), b"cat\0/home\0", home), "its pid was given to another");
        assert!(!is_ours(None, b"", home), "it went while it was looked at");
    }
}
