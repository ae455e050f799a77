//! What a node keeps: the block log, the vote file and state checkpoints.
//!
//! ```text
//! DIR/lock        held while a node runs: one process per directory
//! DIR/blocks.log  every executed block, appended, checksummed, synced on request
//! DIR/votes       the voter's last record, written and synced before it returns (R7)
//! DIR/awaited     what must become final before this node believes anything (R16); mostly absent
//! DIR/rows        the voter's rows that clients handed in, and what it committed to; mostly absent
//! DIR/offences    what shows the offences that wait to be reported; mostly absent
//! DIR/state/      the final state every couple of seconds, each time all or nothing
//! ```
//!
//! The order of events: a block is executed and [`Store::append`]ed; before a share
//! or header for it leaves the node, [`Store::sync`] and [`Store::write_vote`] return.
//! Blocks that become final are named to [`Store::mark_final`], and now and then their
//! joint changes go to [`Store::checkpoint`], which a thread of its own writes.
//!
//! On start [`Store::open`] hands back the last checkpoint and every block of the log
//! behind it. Why nothing acknowledged is lost: a share leaves only after its block and
//! its vote are on disk, and a checkpoint only ever saves the replay of the log. A torn
//! end is cut off, a damaged checkpoint is moved aside, and damage within the log is
//! refused by name; none of it is ever read as something else.
//!
//! Any error of a writing call is final for this [`Store`]: what the disk holds is not
//! known any more, so the node must stop and open it again.
//!
//! The index of the log is in memory, about 150 bytes a block, and is rebuilt by one
//! pass over the log: 400 MB a year at 12 seconds a block.

mod checkpoint;
pub mod database;
mod error;
mod log;
mod preface;
mod reader;
mod record;
mod recover;
mod search;
mod small;
mod store;
mod stored;
mod vote;
mod writer;

pub use checkpoint::{Entry, Meta, Saved, StateChanges};
pub use error::StoreError;
pub use log::{Cut, Tail};
pub use reader::Reader;
pub use recover::Rebuilt;
pub use store::{Recovered, Store};
pub use stored::Stored;
pub use vote::{MAX_VOTE_BYTES, VoteState};
