//! What an epoch is given.

use serde::{Deserialize, Serialize};

/// The most neurons of a subnet.
pub const MAX_NEURONS: usize = 4_096;

/// The numbers of the subnet. u16 ratios: 65 535 means 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Params {
    /// The most validator permits.
    pub max_allowed_validators: u16,
    /// The part of the stake that carries a score.
    pub kappa: u16,
    /// How far clipped weights count for bonds.
    pub bonds_penalty: u16,
    /// 1 - the weight of a new bond, in millionths.
    pub bonds_moving_avg: u64,
    /// Yuma 3 bonds; else Yuma 2.
    pub yuma3: bool,
    /// Liquid alpha; has an effect with Yuma 3 only.
    pub liquid_alpha: bool,
    /// Liquid alpha's lower bound.
    pub alpha_low: u16,
    /// Liquid alpha's upper bound.
    pub alpha_high: u16,
    /// Liquid alpha's steepness, in hundredths.
    pub alpha_sigmoid_steepness: i16,
    /// Blocks without an update after which a neuron is inactive.
    pub activity_cutoff: u64,
    /// Blocks between two epochs.
    pub tempo: u64,
    /// Stake below this counts as none, in rao; the owner is exempt.
    pub stake_threshold: u64,
    /// The owner's uid: keeps a permit and its weight for itself.
    pub owner_uid: Option<u16>,
}

/// Which bonds are computed: a name for [`Params::yuma3`] and [`Params::liquid_alpha`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Stake-weighted bonds, normalised before the moving average.
    Yuma2,
    /// A moving average of opinion for each pair.
    Yuma3,
    /// Yuma 3 with a rate for each pair.
    Liquid,
}

impl std::str::FromStr for Variant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "yuma2" => Ok(Self::Yuma2),
            "yuma3" => Ok(Self::Yuma3),
            "liquid" => Ok(Self::Liquid),
            other => Err(format!("\"{other}\" is no variant; there are yuma2, yuma3 and liquid")),
        }
    }
}

/// A sparse row: (uid, value), uids strictly ascending. An explicit zero is an entry.
pub type Row = Vec<(u16, u16)>;

/// A subnet before its epoch. Every list has one entry for each uid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The numbers of the subnet.
    pub params: Params,
    /// The height of the epoch.
    pub current_block: u64,
    /// The height of the last epoch that ran; 0 before the first.
    pub last_step: u64,
    /// What the epoch shares out, in rao.
    pub rao_emission: u64,
    /// Stake in rao.
    pub stakes: Vec<u64>,
    /// The height each neuron's row looked at.
    pub last_update: Vec<u64>,
    /// The height each uid was last registered at.
    pub registered_at: Vec<u64>,
    /// The permits of the last epoch.
    pub permits: Vec<bool>,
    /// Weight rows.
    pub weights: Vec<Row>,
    /// Bond rows as stored.
    pub bonds: Vec<Row>,
}

/// Why a snapshot has no epoch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Too many neurons.
    #[error("{got} neurons; at most {MAX_NEURONS} may be")]
    TooLarge {
        /// How many there are.
        got: usize,
    },
    /// A list has not one entry for each uid.
    #[error("\"{list}\" has {got} entries for {want} neurons")]
    Length {
        /// Which list.
        list: &'static str,
        /// How many there are.
        got: usize,
        /// How many there should be.
        want: usize,
    },
    /// A row names a uid that does not exist.
    #[error("row {row} of \"{list}\" names uid {uid}, there are {neurons} neurons")]
    UnknownUid {
        /// Which list.
        list: &'static str,
        /// Whose row.
        row: usize,
        /// The uid.
        uid: u16,
        /// How many neurons there are.
        neurons: usize,
    },
    /// The uids of a row are not strictly ascending.
    #[error("the uids of row {row} of \"{list}\" are not strictly ascending at {uid}")]
    Unsorted {
        /// Which list.
        list: &'static str,
        /// Whose row.
        row: usize,
        /// The first uid out of order.
        uid: u16,
    },
    /// The owner's uid does not exist.
    #[error("the owner's uid is {uid}, there are {neurons} neurons")]
    UnknownOwner {
        /// The uid.
        uid: u16,
        /// How many neurons there are.
        neurons: usize,
    },
}

impl Snapshot {
    /// How many neurons there are.
    #[must_use]
    pub const fn neurons(&self) -> usize {
        self.stakes.len()
    }

    /// Checks the shape; everything behind this takes it for granted.
    ///
    /// # Errors
    /// [`SnapshotError`] names the first thing that is wrong.
    pub fn check(&self) -> Result<(), SnapshotError> {
        let want = self.neurons();
        if want > MAX_NEURONS {
            return Err(SnapshotError::TooLarge { got: want });
        }
        for (list, got) in [
            ("last_update", self.last_update.len()),
            ("block_at_registration", self.registered_at.len()),
            ("validator_permit", self.permits.len()),
            ("weights", self.weights.len()),
            ("bonds", self.bonds.len()),
        ] {
            if got != want {
                return Err(SnapshotError::Length { list, got, want });
            }
        }
        check_rows("weights", &self.weights, want)?;
        check_rows("bonds", &self.bonds, want)?;
        match self.params.owner_uid {
            Some(uid) if usize::from(uid) >= want => {
                Err(SnapshotError::UnknownOwner { uid, neurons: want })
            }
            _ => Ok(()),
        }
    }
}

fn check_rows(list: &'static str, rows: &[Row], neurons: usize) -> Result<(), SnapshotError> {
    for (row, entries) in rows.iter().enumerate() {
        let mut last = None;
        for &(uid, _) in entries {
            if usize::from(uid) >= neurons {
                return Err(SnapshotError::UnknownUid { list, row, uid, neurons });
            }
            if last.is_some_and(|last| last >= uid) {
                return Err(SnapshotError::Unsorted { list, row, uid });
            }
            last = Some(uid);
        }
    }
    Ok(())
}
