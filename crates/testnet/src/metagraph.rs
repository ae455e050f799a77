//! A metagraph file: stake and weight rows of a real subnet, as published.
//!
//! ```text
//! { "stake_rao": [u64; n], "weights": [[[uid, u16], ...]; n], ... }
//! ```
//!
//! What is missing, too large, of the wrong shape or names uids that don't exist is
//! refused by name.

use serde::Deserialize;
use serde::de::IgnoredAny;
use std::path::{Path, PathBuf};
use weft_types::text::unmarked;
use weft_types::{Height, Netuid, Rao, Uid, WeightRow};

/// The most bytes of a file.
const MAX_BYTES: u64 = 16 << 20;

/// The most neurons of a subnet.
const MAX_NEURONS: usize = 256;

/// Why a file is no metagraph.
#[derive(Debug, thiserror::Error)]
pub enum MetagraphError {
    /// It can't be read.
    #[error("the metagraph {path} can't be read: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is too large.
    #[error("the metagraph {path} has {got} bytes, {MAX_BYTES} are allowed")]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// How many it has.
        got: u64,
    },
    /// It is not JSON of the right shape.
    #[error("{path} is no metagraph: {reason}; \"stake_rao\" and \"weights\" are needed")]
    Shape {
        /// Which file.
        path: PathBuf,
        /// What the reader found.
        reason: String,
    },
    /// The lists differ in length, or there are too many neurons.
    #[error(
        "the metagraph has {stakes} stakes and {rows} rows; both must be from 1 to {MAX_NEURONS}, and equal"
    )]
    Size {
        /// How many stakes.
        stakes: usize,
        /// How many rows.
        rows: usize,
    },
    /// A row scores a uid that does not exist.
    #[error("row {row} scores uid {uid}, there are only {neurons} neurons")]
    UnknownUid {
        /// Whose row.
        row: Uid,
        /// What it scores.
        uid: Uid,
        /// How many neurons there are.
        neurons: usize,
    },
    /// A row's uids are not strictly ascending.
    #[error("the uids of row {row} are not strictly ascending at {uid}")]
    Unsorted {
        /// Whose row.
        row: Uid,
        /// Where.
        uid: Uid,
    },
    /// The stakes add up to more than can exist.
    #[error("the stakes of the metagraph are more than the 21 million TAO that can ever exist")]
    TooMuchStake,
}

/// What a file holds. Where it comes from and whose keys they were may stand beside what is
/// read; anything else is a mistake.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "known, but not read")]
struct File {
    stake_rao: Vec<u64>,
    weights: Vec<Vec<(u16, u16)>>,
    #[serde(default)]
    source: IgnoredAny,
    #[serde(default)]
    netuid: IgnoredAny,
    #[serde(default)]
    block: IgnoredAny,
    #[serde(default)]
    hotkeys_ss58: IgnoredAny,
}

/// A subnet as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metagraph {
    /// Stake of each uid.
    pub stakes: Vec<Rao>,
    rows: Vec<Vec<(u16, u16)>>,
}

impl Metagraph {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`MetagraphError`] names what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, MetagraphError> {
        let io = |source| MetagraphError::Io { path: path.to_owned(), source };
        let got = std::fs::metadata(path).map_err(io)?.len();
        if got > MAX_BYTES {
            return Err(MetagraphError::TooLarge { path: path.to_owned(), got });
        }
        let text = std::fs::read_to_string(path).map_err(io)?;
        Self::parse(&text).map_err(|error| match error {
            MetagraphError::Shape { reason, .. } => {
                MetagraphError::Shape { path: path.to_owned(), reason }
            }
            other => other,
        })
    }

    /// Checks the text of a file.
    ///
    /// # Errors
    /// [`MetagraphError`] names what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, MetagraphError> {
        let file: File = serde_json::from_str(unmarked(text)).map_err(|e| {
            MetagraphError::Shape { path: PathBuf::from("the text"), reason: e.to_string() }
        })?;
        let (stakes, rows) = (file.stake_rao.len(), file.weights.len());
        if stakes != rows || stakes == 0 || stakes > MAX_NEURONS {
            return Err(MetagraphError::Size { stakes, rows });
        }
        for (row, entries) in (0..).map(Uid).zip(&file.weights) {
            check_row(row, entries, stakes)?;
        }
        let total: u128 = file.stake_rao.iter().map(|s| u128::from(*s)).sum();
        if total > u128::from(weft_types::units::SUPPLY_CAP.0) {
            return Err(MetagraphError::TooMuchStake);
        }
        Ok(Self { stakes: file.stake_rao.into_iter().map(Rao).collect(), rows: file.weights })
    }

    /// The stake of a uid; nothing when there is no such uid.
    #[must_use]
    pub fn stake(&self, uid: Uid) -> Rao {
        self.stakes.get(usize::from(uid.0)).copied().unwrap_or(Rao::ZERO)
    }

    /// The uids that have written a row.
    pub fn scored(&self) -> impl Iterator<Item = Uid> {
        (0..).map(Uid).zip(&self.rows).filter(|(_, row)| !row.is_empty()).map(|(uid, _)| uid)
    }

    /// The uids that have written a row and hold at least this much stake: those that
    /// the chain permits.
    #[must_use]
    pub fn permitted(&self, threshold: Rao) -> Vec<Uid> {
        self.scored().filter(|uid| self.stake(*uid) >= threshold).collect()
    }

    /// The row of a uid for a subnet of ours.
    #[must_use]
    pub fn row(&self, uid: Uid, netuid: Netuid) -> Option<WeightRow> {
        let entries = self.rows.get(usize::from(uid.0)).filter(|row| !row.is_empty())?;
        let (uids, values) = entries.iter().map(|(uid, value)| (Uid(*uid), *value)).unzip();
        Some(WeightRow { netuid, uids, values, version_key: 0, view: Height::ZERO })
    }
}

fn check_row(row: Uid, entries: &[(u16, u16)], neurons: usize) -> Result<(), MetagraphError> {
    let mut last = None;
    for (uid, _) in entries {
        if usize::from(*uid) >= neurons {
            return Err(MetagraphError::UnknownUid { row, uid: Uid(*uid), neurons });
        }
        if last.is_some_and(|last| last >= *uid) {
            return Err(MetagraphError::Unsorted { row, uid: Uid(*uid) });
        }
        last = Some(*uid);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> MetagraphError {
        Metagraph::parse(text).unwrap_err()
    }

    #[test]
    fn a_file_of_the_wrong_shape_is_refused_by_name() {
        assert!(matches!(error("[]"), MetagraphError::Shape { .. }));
        assert!(matches!(error(r#"{"stake_rao":[1]}"#), MetagraphError::Shape { .. }));
        let text = r#"{"stake_rao":[1,2],"weights":[[]]}"#;
        assert!(matches!(error(text), MetagraphError::Size { stakes: 2, rows: 1 }));
        let text = r#"{"stake_rao":[],"weights":[]}"#;
        assert!(matches!(error(text), MetagraphError::Size { stakes: 0, rows: 0 }));
        let text = r#"{"stake_rao":[1],"weights":[[[7,1]]]}"#;
        assert!(matches!(error(text), MetagraphError::UnknownUid { uid: Uid(7), .. }));
        let text = r#"{"stake_rao":[1,1],"weights":[[[1,1],[0,1]],[]]}"#;
        assert!(matches!(error(text), MetagraphError::Unsorted { uid: Uid(0), .. }));
        let text = r#"{"stake_rao":[18446744073709551615],"weights":[[]]}"#;
        assert!(matches!(error(text), MetagraphError::TooMuchStake));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Metagraph::read(Path::new("no-such-file.json")).unwrap_err();
        assert!(error.to_string().contains("no-such-file.json"), "{error}");
    }
}
