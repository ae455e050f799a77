//! Reading and writing key files, whole or not at all, for their owner only.

use crate::error::WalletError;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A key file is far smaller.
const MAX_BYTES: u64 = 64 << 10;

/// What happens to a file that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and saving fails.
    Keep,
    /// It is replaced.
    Replace,
}

fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> WalletError {
    let path = path.to_owned();
    move |source| match source.kind() {
        ErrorKind::NotFound => WalletError::NotFound { path },
        ErrorKind::AlreadyExists => WalletError::Exists { path },
        _ => WalletError::Io { doing, path, source },
    }
}

/// Reads a file that holds a secret.
pub fn read(path: &Path) -> Result<Zeroizing<String>, WalletError> {
    let file = File::open(path).map_err(io("open", path))?;
    let mode = file.metadata().map_err(io("read", path))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(WalletError::WeakPermissions { path: path.to_owned(), mode });
    }
    let mut text = Zeroizing::new(String::new());
    match file.take(MAX_BYTES).read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(e) if e.kind() == ErrorKind::InvalidData => {
            let reason = "it is no text".to_owned();
            Err(WalletError::Damaged { path: path.to_owned(), reason })
        }
        Err(e) => Err(io("read", path)(e)),
    }
}

/// Writes a file: beside its place, synced, put in its place, the directory synced. A
/// crash leaves the old file or the new one, and maybe the one beside, which the next
/// write of this name replaces.
pub fn write(path: &Path, text: &str, existing: Existing) -> Result<(), WalletError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    make(dir)?;
    let beside = beside(path);
    match fs::remove_file(&beside) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(io("remove", &beside)(e)),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside);
    let file = file.as_mut().map_err(|e| io("create", &beside)(e.kind().into()))?;
    file.write_all(text.as_bytes()).map_err(io("write", &beside))?;
    file.sync_all().map_err(io("sync", &beside))?;
    match existing {
        Existing::Replace => fs::rename(&beside, path).map_err(io("replace", path))?,
        Existing::Keep => {
            // A link, unlike a rename, fails when there is a file.
            let linked = fs::hard_link(&beside, path).map_err(io("create", path));
            fs::remove_file(&beside).map_err(io("remove", &beside))?;
            linked?;
        }
    }
    sync(dir).map_err(io("sync", dir))
}

/// Makes the names in a directory durable.
fn sync(dir: &Path) -> std::io::Result<()> {
    #[cfg(test)]
    tests::SYNCED.with_borrow_mut(|synced| synced.push(dir.to_owned()));
    File::open(dir)?.sync_all()
}

/// Makes a directory and those above it that are not there, for their owner only. Each new name
/// is synced too: a file that is synced in a directory which a crash forgets is gone.
fn make(dir: &Path) -> Result<(), WalletError> {
    let is_new = |dir: &&Path| !dir.as_os_str().is_empty() && !dir.exists();
    let new: Vec<&Path> = dir.ancestors().take_while(is_new).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(io("create", dir))?;
    for made in new {
        let above = made.parent().filter(|dir| !dir.as_os_str().is_empty());
        let above = above.unwrap_or(Path::new("."));
        sync(above).map_err(io("sync", above))?;
    }
    Ok(())
}

/// Writes a secret to a new file, for its owner only: whole and durable when this is done, or
/// not at all.
///
/// # Errors
/// [`WalletError::Exists`] when there is a file; those of the disk.
pub fn write_secret(path: &Path, text: &str) -> Result<(), WalletError> {
    write(path, text, Existing::Keep)
}

fn beside(path: &Path) -> PathBuf {
    path.with_extension("json.new")
}

/// The names of the key files or directories in a directory, sorted.
pub fn names(dir: &Path, suffix: &str) -> Result<Vec<String>, WalletError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(io("list", dir)(e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(io("list", dir))?.file_name();
        if let Some(name) = name.to_str().and_then(|n| n.strip_suffix(suffix)) {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    thread_local! {
        /// The directories that were synced, in their order.
        pub(super) static SYNCED: RefCell<Vec<PathBuf>> = const { RefCell::new(Vec::new()) };
    }

    /// A file that is synced under a name which is not is gone after a crash.
    #[test]
    fn every_new_name_is_made_durable_that_of_the_file_last() {
        let home = tempfile::tempdir().unwrap();
        let (above, dir) = (home.path().join("sent"), home.path().join("sent").join("chain"));
        let synced = || SYNCED.with_borrow_mut(std::mem::take);
        write_secret(&dir.join("one.tx"), "1").unwrap();
        let mut first = synced();
        assert_eq!(first.pop().as_ref(), Some(&dir));
        first.sort();
        assert_eq!(first, [home.path().to_owned(), above]);
        write_secret(&dir.join("two.tx"), "2").unwrap();
        assert_eq!(synced(), [dir]);
    }
}
