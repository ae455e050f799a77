//! Where a node's log goes: stderr, or a file that SIGHUP opens anew.
//!
//! A line that can't be written, because a disk is full or a reader has gone, is lost and
//! the node runs on: no log is worth a voter.

use crate::args::LogArgs;
use crate::output::{Exit, Failure, note};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use tracing_subscriber::EnvFilter;
use weft_home::config::Config;

/// What is logged when nobody says so.
const DEFAULT: &str = "info,libp2p_gossipsub=error";

/// The log file, when there is one.
static FILE: Mutex<Option<LogFile>> = Mutex::new(None);

struct LogFile {
    path: PathBuf,
    file: File,
}

/// Takes what is logged and never fails.
struct Out;

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = FILE.lock().unwrap_or_else(PoisonError::into_inner);
        // What can't be written is lost: nobody could be told.
        drop(match &mut *file {
            Some(log) => log.file.write_all(bytes),
            None => io::stderr().lock().write_all(bytes),
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn open(path: PathBuf) -> io::Result<LogFile> {
    let file = OpenOptions::new().create(true).append(true).open(&path)?;
    Ok(LogFile { path, file })
}

/// Opens the log file anew, after somebody moved it away; the old one goes on when that
/// fails.
pub fn reopen() {
    let mut file = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(log) = file.as_mut() else { return };
    let done = open(log.path.clone()).map(|fresh| *log = fresh);
    drop(file);
    match done {
        Ok(()) => tracing::info!("the log file was opened anew"),
        Err(error) => tracing::warn!(%error, "the log file can't be opened anew"),
    }
}

/// Starts the log of a node: what the flags say, else its configuration, else `WEFT_LOG`, else
/// what is of use to an operator.
pub fn start(flags: &LogArgs, config: &Config) -> Result<(), Failure> {
    let filter = flags.log.clone().or_else(|| config.log.clone());
    let filter = filter.or_else(|| std::env::var("WEFT_LOG").ok());
    let text = filter.unwrap_or_else(|| DEFAULT.to_owned());
    let filter = EnvFilter::try_new(&text).map_err(|e| {
        let text = format!("\"{text}\" says nothing of what to log: {e}");
        Failure::new(Exit::Usage, "BadLogFilter", text)
            .help("write a level such as debug, or info,weft_node=debug")
    })?;
    if let Some(path) = flags.log_file.as_ref().or(config.log_file.as_ref()) {
        let log = open(path.clone()).map_err(|e| {
            let text = format!("the log file {} can't be opened: {e}", path.display());
            Failure::new(Exit::Failed, "LogFile", text)
        })?;
        *FILE.lock().unwrap_or_else(PoisonError::into_inner) = Some(log);
    }
    let base = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Out)
        .log_internal_errors(false);
    let set =
        if flags.log_json { base.json().try_init() } else { base.with_ansi(false).try_init() };
    if let Err(error) = set {
        note(&format!("no log: {error}"));
    }
    Ok(())
}
