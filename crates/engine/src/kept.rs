//! What is kept over a restart of what a voter has to do: offences that it saw and that wait to be
//! reported, without which one that nobody else saw is never paid for; and its rows, those that
//! clients handed in, and what was committed to and is not revealed. Without it a row that was
//! taken is lost when the process dies, and a commitment whose row has changed since can never be
//! revealed.

use bincode::{Decode, Encode};
use weft_types::{Evidence, Hash, PublicKey, Reveal, WeightRow, canonical};

/// It, as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Kept {
    /// Whose it is.
    pub voter: PublicKey,
    /// The rows of the file that stood when it was written: one that was changed since is newer
    /// than what clients handed in before.
    pub file: Hash,
    /// Rows from clients.
    pub rows: Vec<WeightRow>,
    /// What was committed to, with the epoch of its commitment.
    pub reveals: Vec<(u64, Reveal)>,
}

canonical!(Kept, 16 << 20);

/// What shows the offences that wait to be reported (R17).
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Offences(pub Vec<Evidence>);

canonical!(Offences, 4 << 20);
