//! Asking a person for what must not be seen.
//!
//! While it is typed the terminal shows nothing and sends no signals: Ctrl-C ends the line
//! like Enter does and is seen here, so the terminal is put back as it was before the program
//! obeys. What it was is put back on every way out.

use crate::output::{Exit, Failure, note};
use rustix::io::read;
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use std::io::{Stdin, Write as _, stdin};
use std::time::Duration;

/// What Ctrl-C and Ctrl-\\ send.
const INTERRUPT: u8 = 0x03;
const QUIT: u8 = 0x1c;

/// Within this time a signal that the program sends itself has ended it.
const OBEYS: Duration = Duration::from_secs(2);

/// The most bytes of a line.
const MOST: usize = 4_096;

/// A terminal whose echo is off until this is dropped.
struct Quiet {
    terminal: Stdin,
    before: Termios,
}

impl Quiet {
    fn new(terminal: Stdin) -> rustix::io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut now = before.clone();
        now.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        now.local_modes.insert(LocalModes::ICANON | LocalModes::ECHONL);
        now.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
        now.special_codes[SpecialCodeIndex::VEOL2] = QUIT;
        tcsetattr(&terminal, OptionalActions::Now, &now)?;
        Ok(Self { terminal, before })
    }

    /// A line, with whatever ended it.
    fn line(&self) -> rustix::io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let mut part = [0; MOST];
        loop {
            let got = match read(&self.terminal, &mut part) {
                Err(rustix::io::Errno::INTR) => continue,
                got => got?,
            };
            line.extend_from_slice(part.get(..got).unwrap_or_default());
            let is_over = matches!(line.last(), Some(b'\n' | &INTERRUPT | &QUIT));
            if got == 0 || is_over || line.len() > MOST {
                part.fill(0);
                return Ok(line);
            }
        }
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if let Err(error) = tcsetattr(&self.terminal, OptionalActions::Now, &self.before) {
            note(&format!("the terminal can't be put back: {error}"));
        }
    }
}

/// Asks at the terminal on stdin, and reads a line that nobody sees.
pub fn hidden(question: &str) -> Result<String, Failure> {
    let failed = |e: &dyn std::fmt::Display| {
        let text = format!("the terminal can't be asked: {e}");
        Failure::new(Exit::NeedsInput, "NeedsPassword", text).help("give --password-file FILE")
    };
    let quiet = Quiet::new(stdin()).map_err(|e| failed(&e))?;
    let mut stderr = std::io::stderr().lock();
    drop(write!(stderr, "{question}").and_then(|()| stderr.flush()));
    let line = quiet.line().map_err(|e| failed(&e))?;
    drop(quiet);
    let signal = match line.last() {
        Some(&INTERRUPT) => Some(Signal::INT),
        Some(&QUIT) => Some(Signal::QUIT),
        _ => None,
    };
    if let Some(signal) = signal {
        drop(writeln!(stderr));
        kill_process(getpid(), signal).map_err(|e| failed(&e))?;
        // Another thread may be the one that gets it, a moment later. Where it is ignored we go on.
        std::thread::sleep(OBEYS);
        return Err(Failure::new(Exit::NeedsInput, "Interrupted", "the question was not answered"));
    }
    let text = String::from_utf8(line).map_err(|_| failed(&"what was typed is no UTF-8"))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}
