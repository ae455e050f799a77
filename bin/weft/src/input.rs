//! Files that people write and commands read: bounded in size, UTF-8 with or without a byte
//! order mark, and refused by a name of their own for each thing that may be wrong.

use crate::output::{Exit, Failure};
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use weft_types::text::unmarked;

/// A kind of file.
pub struct Input {
    /// What it is, in words.
    pub what: &'static str,
    /// The most bytes.
    pub most: u64,
    /// The name of the error when it can't be opened or read.
    pub absent: &'static str,
    /// When it is too large.
    pub too_large: &'static str,
    /// When it is not what it should be.
    pub bad: &'static str,
}

impl Input {
    /// The text of a file, without its mark.
    pub fn text(&self, path: &Path) -> Result<String, Failure> {
        let absent = |e: std::io::Error| {
            let text = format!("{} can't be read: {e}", path.display());
            Failure::new(Exit::NotFound, self.absent, text)
        };
        let mut bytes = Vec::new();
        // One more than may be, so that a pipe without an end is seen as well.
        let file = File::open(path).map_err(absent)?;
        file.take(self.most.saturating_add(1)).read_to_end(&mut bytes).map_err(absent)?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > self.most {
            let text = format!("{} has more than {} bytes", path.display(), self.most);
            return Err(Failure::new(Exit::Usage, self.too_large, text));
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(unmarked(text).to_owned()),
            Err(e) => {
                let wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
                let what = if wide { "it is UTF-16".to_owned() } else { e.to_string() };
                Err(self.refused(path, &what).help("save it as UTF-8"))
            }
        }
    }

    /// What a file of JSON says. An unknown field is an error wherever the type says so.
    pub fn json<T: DeserializeOwned>(&self, path: &Path) -> Result<T, Failure> {
        serde_json::from_str(&self.text(path)?).map_err(|e| self.refused(path, &e))
    }

    /// The file is not what it should be.
    pub fn refused(&self, path: &Path, why: &impl ToString) -> Failure {
        let text = format!("{} is not {}: {}", path.display(), self.what, why.to_string());
        Failure::new(Exit::Usage, self.bad, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    const NUMBERS: Input = Input {
        what: "a list of numbers",
        most: 16,
        absent: "Absent",
        too_large: "TooLarge",
        bad: "Bad",
    };

    fn file(dir: &tempfile::TempDir, bytes: &[u8]) -> PathBuf {
        let path = dir.path().join("numbers.json");
        std::fs::write(&path, bytes).expect("the directory can be written");
        path
    }

    /// F26: a mark before the text is no part of it, and bytes that are no text have a name.
    #[test]
    fn a_marked_file_is_read_and_each_fault_of_one_has_its_name() {
        let dir = tempfile::tempdir().expect("a directory");
        let read = |bytes: &[u8]| NUMBERS.json::<Vec<u8>>(&file(&dir, bytes));
        let marked = read(b"\xef\xbb\xbf[1,2]").expect("a good file");
        assert_eq!(marked, [1, 2]);
        let name = |bytes: &[u8]| read(bytes).expect_err("a bad file").words.name.clone();
        assert_eq!(name(b"[1,"), "Bad");
        assert_eq!(name(b"\xff\xfe[\0"), "Bad");
        assert_eq!(name(&[b'1'; 17]), "TooLarge");
        let absent = NUMBERS.text(&dir.path().join("none")).expect_err("there is none");
        assert_eq!((absent.exit, absent.words.name.as_str()), (Exit::NotFound, "Absent"));
    }
}
