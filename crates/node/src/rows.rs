//! The voter's rows: from `row_file` and from RPC, offered to the core once a tempo, so
//! that the shares of this node carry work.

use crate::error::NodeError;
use std::path::Path;
use weft_types::{Height, Item, Netuid, WeightRow};

/// The most rows of a file.
const ROWS: usize = 256;

/// Rows and when they were last offered.
#[derive(Default)]
pub struct Rows {
    file: Vec<WeightRow>,
    offered: Option<Height>,
}

impl Rows {
    /// Reads a row file: a JSON list of weight rows.
    ///
    /// # Errors
    /// [`NodeError::Rows`] names the file and what is wrong with it.
    pub fn read(path: Option<&Path>) -> Result<Self, NodeError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let bad = |reason: String| NodeError::Rows { path: path.display().to_string(), reason };
        let text = std::fs::read_to_string(path).map_err(|e| bad(e.to_string()))?;
        let file: Vec<WeightRow> = serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
        if file.len() > ROWS {
            return Err(bad(format!("{} rows, {ROWS} are allowed", file.len())));
        }
        Ok(Self { file, offered: None })
    }

    /// Takes a row in place of the one for its subnet; it is offered at once.
    pub fn set(&mut self, row: WeightRow) {
        self.file.retain(|old| old.netuid != row.netuid);
        self.file.push(row);
        if self.file.len() > ROWS {
            self.file.remove(0);
        }
        self.offered = None;
    }

    /// How many rows there are; the oldest goes when there are too many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.file.len()
    }

    /// The rows to offer at this height: all of them, once a tempo.
    pub fn due(&mut self, height: Height, tempo: impl Fn(Netuid) -> u64) -> Vec<Item> {
        let shortest = self.file.iter().map(|row| tempo(row.netuid)).min().unwrap_or(u64::MAX);
        if self.offered.is_some_and(|last| height.since(last) < shortest) {
            return Vec::new();
        }
        self.offered = Some(height);
        self.file.iter().cloned().map(Item::Row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::Uid;

    fn row(netuid: u16) -> WeightRow {
        let (uids, values) = (vec![Uid(0)], vec![1]);
        WeightRow { netuid: Netuid(netuid), uids, values, version_key: 0, view: Height::ZERO }
    }

    #[test]
    fn rows_are_offered_at_once_and_then_once_a_tempo() {
        let mut rows = Rows::default();
        rows.set(row(1));
        rows.set(row(2));
        assert_eq!(rows.due(Height(5), |_| 20).len(), 2);
        assert!(rows.due(Height(24), |_| 20).is_empty());
        assert_eq!(rows.due(Height(25), |_| 20).len(), 2);
        rows.set(row(2));
        assert_eq!(rows.due(Height(26), |_| 20).len(), 2, "a new row goes out at once");
    }

    #[test]
    fn a_row_file_that_is_none_is_named() {
        let Err(error) = Rows::read(Some(Path::new("no-such-rows.json"))) else {
            panic!("read a file that is absent");
        };
        assert!(error.to_string().contains("no-such-rows.json"), "{error}");
    }
}
