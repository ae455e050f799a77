//! What an epoch is given: one subnet as plain numbers, and the check of its shape.
//!
//! Whoever fills a snapshot (the ledger, a case file, a bench) knows what a uid is; here
//! it is an index into every list.

use serde::{Deserialize, Serialize};

/// The most neurons of a subnet.
pub const MAX_NEURONS: usize = 4_096;

/// The hyperparameters of the subnet. u16 ratios: 65 535 means 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochParams {
    /// The most validator permits.
    pub max_allowed_validators: u16,
    /// The share of stake that carries a score.
    pub kappa: u16,
    /// How far clipped weights count for bonds.
    pub bonds_penalty: u16,
    /// 1 - the rate of a new bond, in millionths; at most 1 000 000.
    pub bonds_moving_avg: u64,
    /// Yuma 3 bonds; else Yuma 2.
    pub yuma3: bool,
    /// Liquid alpha; has an effect with Yuma 3 only.
    pub liquid_alpha: bool,
    /// Liquid alpha's lower bound of the rate of a new bond.
    pub alpha_low: u16,
    /// Liquid alpha's upper bound, not below the lower one.
    pub alpha_high: u16,
    /// How steeply liquid alpha's sigmoid rises, in hundredths.
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

impl Default for EpochParams {
    /// What the live chain gives a new subnet, with Yuma 2 bonds and no owner.
    fn default() -> Self {
        Self {
            max_allowed_validators: 64,
            kappa: 32_767,
            bonds_penalty: u16::MAX,
            bonds_moving_avg: 900_000,
            yuma3: false,
            liquid_alpha: false,
            alpha_low: 45_875,
            alpha_high: 58_982,
            alpha_sigmoid_steepness: 1_000,
            activity_cutoff: 5_000,
            tempo: 360,
            stake_threshold: 0,
            owner_uid: None,
        }
    }
}

/// Which bonds are computed: a name for [`EpochParams::yuma3`] and [`EpochParams::liquid_alpha`].
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

/// A subnet before its epoch. Every list has one entry for each uid, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The hyperparameters of the subnet.
    pub params: EpochParams,
    /// The height of the epoch, in blocks.
    pub current_block: u64,
    /// The height of the last epoch that ran, in blocks; 0 before the first.
    pub last_step: u64,
    /// What the epoch shares out, in rao.
    pub rao_emission: u64,
    /// Stake, in rao. What counts of it must sum to less than 2^63.
    pub stakes: Vec<u64>,
    /// The height at which each neuron last set weights, in blocks.
    pub last_update: Vec<u64>,
    /// The height at which each uid was last registered, in blocks.
    pub registered_at: Vec<u64>,
    /// The permits that the last epoch gave; they count in this one.
    pub permits: Vec<bool>,
    /// Who asks for a permit: the stake of the others counts as none for new permits. On
    /// the live chain everybody does.
    pub seeking: Vec<bool>,
    /// Weight rows as set. A row is divided by its sum, so its scale is free.
    pub weights: Vec<Row>,
    /// Bond rows as the last epoch stored them.
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
    /// The stake that counts is more than the live chain's arithmetic holds.
    #[error(
        "the stake of uid {uid}, {stake} rao on top of {before}, brings the sum to 2^63 rao or more"
    )]
    TooMuchStake {
        /// Whose stake was one too many.
        uid: usize,
        /// What was counted before it, in rao.
        before: u64,
        /// What it would add, in rao.
        stake: u64,
    },
    /// The moving average of bonds is above 1.
    #[error("the moving average of bonds is {got} millionths; at most 1000000 may be")]
    MovingAverage {
        /// What it is, in millionths.
        got: u64,
    },
    /// Liquid alpha's bounds are not in order.
    #[error("liquid alpha's lower bound {low} is above its upper bound {high}")]
    AlphaBounds {
        /// The lower bound.
        low: u16,
        /// The upper bound.
        high: u16,
    },
    /// A synthetic subnet was asked for with more validators than neurons.
    #[error("{validators} validators among {uids} neurons")]
    MoreValidators {
        /// How many validators.
        validators: u16,
        /// How many neurons.
        uids: u16,
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

impl EpochParams {
    fn check(&self, neurons: usize) -> Result<(), SnapshotError> {
        if self.bonds_moving_avg > 1_000_000 {
            return Err(SnapshotError::MovingAverage { got: self.bonds_moving_avg });
        }
        if self.yuma3 && self.liquid_alpha && self.alpha_low > self.alpha_high {
            return Err(SnapshotError::AlphaBounds { low: self.alpha_low, high: self.alpha_high });
        }
        match self.owner_uid {
            Some(uid) if usize::from(uid) >= neurons => {
                Err(SnapshotError::UnknownOwner { uid, neurons })
            }
            _ => Ok(()),
        }
    }
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
    /// [`SnapshotError`] names the first thing that is wrong. The sum of stake is not
    /// among what is checked here, but the epoch itself refuses it.
    pub fn check(&self) -> Result<(), SnapshotError> {
        let want = self.neurons();
        if want > MAX_NEURONS {
            return Err(SnapshotError::TooLarge { got: want });
        }
        for (list, got) in [
            ("last_update", self.last_update.len()),
            ("block_at_registration", self.registered_at.len()),
            ("validator_permit", self.permits.len()),
            ("seeking", self.seeking.len()),
            ("weights", self.weights.len()),
            ("bonds", self.bonds.len()),
        ] {
            if got != want {
                return Err(SnapshotError::Length { list, got, want });
            }
        }
        check_rows("weights", &self.weights, want)?;
        check_rows("bonds", &self.bonds, want)?;
        self.params.check(want)
    }
}

/// Uids strictly ascending and the last one known, so all of them.
fn check_rows(list: &'static str, rows: &[Row], neurons: usize) -> Result<(), SnapshotError> {
    for (row, entries) in rows.iter().enumerate() {
        let pairs = entries.iter().zip(entries.iter().skip(1));
        if let Some((_, (uid, _))) = pairs.into_iter().find(|(a, b)| a.0 >= b.0) {
            return Err(SnapshotError::Unsorted { list, row, uid: *uid });
        }
        if let Some(&(uid, _)) = entries.last()
            && usize::from(uid) >= neurons
        {
            return Err(SnapshotError::UnknownUid { list, row, uid, neurons });
        }
    }
    Ok(())
}
