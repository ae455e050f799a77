//! The trusted checkpoint (R16).
//!
//! Stake that voted once can leave after `unbonding_blocks`; from then on its keys can sign
//! another past for nothing. A node that was away for longer, or is new on a chain that is
//! older, can't tell that past from the real one by itself, so it does not start until
//! its operator names a block that he trusts: one that others told him, or what is in its
//! own home.
//!
//! Until the named block is final here the node follows only: it signs nothing and calls
//! nothing final. When another block becomes final at its height the node stops.
//!
//! Not here: which chain is followed (consensus).

use crate::engine::Engine;
use crate::error::NodeError;
use std::fmt;
use std::str::FromStr;
use weft_types::{BlockHash, Header, Height, Millis, Params, Slot};

/// What an operator trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// What is in the home: its last final block, or its genesis.
    Own,
    /// This block.
    Block(Height, BlockHash),
}

/// A text that names no block to trust.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" names no checkpoint; write HEIGHT:HASH, or own to trust what is in the home")]
pub struct TrustError(String);

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("own"),
            Self::Block(height, hash) => write!(f, "{height}:{hash}"),
        }
    }
}

impl FromStr for Trust {
    type Err = TrustError;

    fn from_str(text: &str) -> Result<Self, TrustError> {
        if text == "own" {
            return Ok(Self::Own);
        }
        let block = |(height, hash): (&str, &str)| {
            Some(Self::Block(Height(height.parse().ok()?), hash.parse().ok()?))
        };
        text.split_once(':').and_then(block).ok_or_else(|| TrustError(text.to_owned()))
    }
}

/// Where a node stands when it starts.
pub(crate) struct Start<'a> {
    /// The numbers of the chain.
    pub params: &'a Params,
    /// When its slot 0 began.
    pub genesis_time: Millis,
    /// Its last final block here, and its hash.
    pub last: (&'a Header, BlockHash),
}

/// The block that must become final before this node may say or sign anything; none when
/// it is trusted as it is.
///
/// # Errors
/// [`NodeError::CheckpointNeeded`] when it was away for too long and nothing is trusted,
/// [`NodeError::NotTrusted`] when its chain is not the trusted one.
pub(crate) fn judge(
    start: &Start<'_>,
    now: Millis,
    trust: Option<Trust>,
    own: impl FnOnce(Height) -> Option<BlockHash>,
) -> Result<Option<(Height, BlockHash)>, NodeError> {
    let (header, hash) = start.last;
    let since = now.0.saturating_sub(start.genesis_time.0);
    let slot = Slot(since.checked_div(start.params.slot_ms).unwrap_or(0));
    let (away, window) = (slot.0.saturating_sub(header.slot.0), start.params.unbonding_blocks);
    match trust {
        None if away > window => {
            Err(NodeError::CheckpointNeeded { height: header.height, hash, away, window })
        }
        None | Some(Trust::Own) => Ok(None),
        Some(Trust::Block(height, want)) if height <= header.height => {
            let got = if height == header.height { Some(hash) } else { own(height) };
            match got.filter(|got| *got != want) {
                Some(got) => Err(NodeError::NotTrusted { height, got, want }),
                None => Ok(None),
            }
        }
        Some(Trust::Block(height, want)) => Ok(Some((height, want))),
    }
}

impl Engine {
    /// A block became final: at the height of the trusted one it must be that one.
    ///
    /// # Errors
    /// [`NodeError::NotTrusted`].
    pub(crate) fn check_trust(&mut self, at: Height, got: BlockHash) -> Result<(), NodeError> {
        match self.awaited {
            Some((height, want)) if height == at && want != got => {
                Err(NodeError::NotTrusted { height, got, want })
            }
            Some((height, _)) if height == at => {
                tracing::info!(%height, hash = %got, "the trusted checkpoint is reached");
                self.awaited = None;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_testnet::{Choice, Plan};
    use weft_types::{Hash, Network};

    const WINDOW: u64 = 30;

    /// A node whose last final block is number 100 in slot 120 of slots of a second.
    fn judged(
        now_slot: u64,
        trust: Option<&str>,
    ) -> Result<Option<(Height, BlockHash)>, NodeError> {
        let params =
            Params { slot_ms: 1_000, unbonding_blocks: WINDOW, ..Params::preset(Network::Local) };
        let genesis = Plan::small(&Choice {
            nodes: 1,
            slot_ms: 1_000,
            seed: "trust".to_owned(),
            genesis_time: Millis(5_000),
            network: Network::Local,
            senders: 0,
        });
        let blank = genesis.genesis.header(Hash::ZERO);
        let header = Header { slot: Slot(120), height: Height(100), ..blank };
        let last = (&header, Hash([1; 32]));
        let start = Start { params: &params, genesis_time: Millis(5_000), last };
        let now = Millis(5_000 + now_slot * 1_000);
        judge(&start, now, trust.map(|t| t.parse().unwrap()), |_| Some(Hash([2; 32])))
    }

    #[test]
    fn r16_a_node_that_was_away_for_longer_than_the_window_needs_a_checkpoint() {
        assert!(matches!(judged(120 + WINDOW, None), Ok(None)));
        let late = judged(120 + WINDOW + 1, None).unwrap_err();
        let NodeError::CheckpointNeeded { height, away, window, .. } = late else {
            panic!("{late}")
        };
        assert_eq!((height, away, window), (Height(100), WINDOW + 1, WINDOW));
        assert!(matches!(judged(9_999, Some("own")), Ok(None)));
    }

    #[test]
    fn r16_a_checkpoint_behind_is_compared_and_one_ahead_is_waited_for() {
        let hash = |byte: u8| Hash([byte; 32]).to_string();
        let at = |height: u64, byte| format!("{height}:{}", hash(byte));
        for good in [at(100, 1), at(99, 2)] {
            assert!(matches!(judged(9_999, Some(&good)), Ok(None)), "{good}");
        }
        for bad in [at(100, 2), at(99, 1)] {
            assert!(matches!(judged(121, Some(&bad)), Err(NodeError::NotTrusted { .. })), "{bad}");
        }
        let ahead = judged(9_999, Some(&at(101, 3))).unwrap();
        assert_eq!(ahead, Some((Height(101), Hash([3; 32]))));
    }

    #[test]
    fn r16_what_names_no_block_is_refused() {
        for text in ["", "5", "5:", "x:00", "own:5", "5:0x12"] {
            let error = text.parse::<Trust>().unwrap_err().to_string();
            assert!(error.contains("HEIGHT:HASH"), "{error}");
        }
        let text = format!("7:{}", Hash([7; 32]));
        assert_eq!(text.parse::<Trust>().unwrap().to_string(), text);
    }
}
