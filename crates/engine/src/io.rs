//! What a node does, in this order: what must be durable before something leaves comes
//! before it.

use crate::answers::Misfit;
use crate::halt::Halt;
use crate::kept::{Kept, Offences};
use crate::refused::Refused;
use crate::wire::Want;
use std::collections::BTreeSet;
use std::sync::Arc;
use weft_consensus::trust::Awaited;
use weft_consensus::{Base, Dismissal, Foreign, PeerId, Standing, VoteRecord};
use weft_ledger::forks::FinalBlock;
use weft_ledger::rules::CallError;
use weft_types::check::Known;
use weft_types::codec::CodecError;
use weft_types::{
    Block, BlockHash, Canonical, ChainId, CheckedBlock, Evidence, Hash, Header, Height, Netuid,
    PublicKey, SignedHeader, Slot, Tx, TxId, Version,
};

/// The name of a gossip message: given by the shell, equal for equal messages.
pub type MessageName = [u8; 20];

/// A client that waits for an answer: given by the shell, never twice.
pub type ClientId = u64;

/// The three things nodes gossip about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Lists of transactions.
    Transactions,
    /// Shares.
    Shares,
    /// Signed headers.
    Headers,
}

/// What becomes of a gossip message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Good and new: pass it on.
    Accept,
    /// Of no use: drop it.
    Ignore,
    /// No honest peer sends it: drop it.
    Reject,
}

/// Where transactions came from, and who waits for the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A gossip message, to be answered with a judgement.
    Peer {
        /// Who sent it.
        from: PeerId,
        /// Its name.
        message: MessageName,
        /// How many bytes it had.
        bytes: usize,
    },
    /// A client that submits.
    Client(ClientId),
    /// The voter of this node.
    Own {
        /// Whether it is its offer to vote; else it reports an offence.
        is_offer: bool,
    },
}

/// Transactions to verify.
#[derive(Clone, Debug)]
pub enum Txs {
    /// A canonical list, as it came.
    Encoded(Vec<u8>),
    /// One by one.
    Decoded(Vec<Tx>),
}

/// A body that came and is to be verified.
#[derive(Clone, Debug)]
pub struct UncheckedBody {
    /// The block it should be.
    pub hash: BlockHash,
    /// The block.
    pub block: Box<Block>,
    /// How many bytes it had.
    pub bytes: usize,
}

impl UncheckedBody {
    /// A block that came.
    #[must_use]
    pub fn of(block: Block) -> Self {
        let (hash, bytes) = (block.hash(), block.to_bytes().len());
        Self { hash, block: Box::new(block), bytes }
    }
}

/// The first body of an answer whose header was not signed by who it names: it is looked for
/// before a body is looked at (R20).
#[must_use]
pub fn forged<'a>(
    bodies: &'a [UncheckedBody],
    chain: &ChainId,
    known: &impl Known,
) -> Option<&'a UncheckedBody> {
    let is_good = |signed: &SignedHeader| known.knows(&signed.seal()) || signed.is_signed(chain);
    bodies.iter().find(|body| !is_good(&body.block.signed))
}

/// Blocks for a peer, by place, up to the first that is not here and as many as an answer holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Places {
    /// One block of the log.
    Block(BlockHash),
    /// A chain, first its final blocks, then the others.
    Chain {
        /// Heights of final blocks: from the first to before the second.
        finals: (Height, Height),
        /// Blocks of the log.
        blocks: Vec<BlockHash>,
    },
}

impl Places {
    /// Heights of final blocks: from the first to before the second.
    #[must_use]
    pub const fn finals(&self) -> (Height, Height) {
        match self {
            Self::Block(_) => (Height::ZERO, Height::ZERO),
            Self::Chain { finals, .. } => *finals,
        }
    }

    /// Blocks of the log, which stand behind those.
    #[must_use]
    pub fn blocks(&self) -> &[BlockHash] {
        match self {
            Self::Block(hash) => std::slice::from_ref(hash),
            Self::Chain { blocks, .. } => blocks,
        }
    }
}

/// The last final block as a node knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Its height.
    pub height: Height,
    /// Its hash.
    pub hash: BlockHash,
    /// The root of its state.
    pub state_root: Hash,
    /// Its slot.
    pub slot: Slot,
}

impl Tip {
    /// A final block that a node starts from.
    #[must_use]
    pub const fn of(standing: &Standing) -> Self {
        let header = &standing.header;
        let (height, slot, state_root) = (header.height, header.slot, header.state_root);
        Self { height, hash: standing.hash, state_root, slot }
    }
}

/// A block that became final.
#[derive(Debug)]
pub struct Finalized {
    /// What it wrote, and what became of its transactions.
    pub block: FinalBlock,
    /// Its header.
    pub header: Header,
}

/// What a client hears.
#[derive(Debug)]
pub enum Told {
    /// Of its transactions, in their order.
    Submitted(Vec<Result<TxId, Refused>>),
    /// Its transactions can't be read.
    Unread(CodecError),
    /// Its row waits for a share.
    Row {
        /// Of which subnet it is.
        netuid: Netuid,
        /// How many rows wait.
        rows: usize,
    },
    /// Its row can't count.
    RowRefused(Refused),
    /// There is no voter here that could have a row.
    NoVoter,
}

/// Something to be done outside. Carried out in order.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one is carried out and gone; a vote or a note is no load"
)]
pub enum Io {
    /// Write an executed block to the log.
    Append(Arc<CheckedBlock>),
    /// Sync the log: what follows may leave when that is done.
    Sync,
    /// Write and sync the vote record (R7).
    Vote(VoteRecord),
    /// Write and sync what is awaited, or that nothing is (R16).
    Await(Option<Awaited>),
    /// Write and sync what is kept of the voter's rows.
    Rows(Box<Kept>),
    /// Write and sync what shows the offences that wait to be reported.
    Offences(Box<Offences>),
    /// A block became final: its writes go into the next checkpoint, its receipts to who
    /// remembers them. It may be called final when [`crate::finals::Finals::says`] does.
    Final(Box<Finalized>),
    /// The log has this final block.
    MarkFinal(BlockHash),
    /// Write the state of the last final block, and this beside it.
    Checkpoint(Box<Base>),
    /// Tell all peers.
    Publish {
        /// What it is about.
        topic: Topic,
        /// The message.
        data: Vec<u8>,
    },
    /// Answer a gossip message.
    Judge {
        /// Which.
        message: MessageName,
        /// How.
        judgement: Judgement,
    },
    /// Ask a peer.
    Ask {
        /// Whom.
        peer: PeerId,
        /// The number of the request.
        ask: u64,
        /// What, encoded.
        data: Vec<u8>,
    },
    /// Answer a peer; none when we can't.
    Answer {
        /// The number of its request.
        ticket: u64,
        /// What, encoded.
        data: Option<Vec<u8>>,
    },
    /// Tell a peer that asks to ask later.
    Busy {
        /// The number of its request.
        ticket: u64,
    },
    /// Read blocks, answer a peer with them, and say how many bytes they were.
    Serve {
        /// Who asked.
        to: PeerId,
        /// The number of its request.
        ticket: u64,
        /// Which.
        places: Places,
    },
    /// A peer is the node of a voter: it keeps its place.
    Keep {
        /// The voter.
        voter: PublicKey,
        /// Its node.
        peer: PeerId,
    },
    /// Who votes now.
    Voters(BTreeSet<PublicKey>),
    /// Disconnect a peer, which may come again.
    Disconnect {
        /// Which.
        peer: PeerId,
        /// Why.
        why: String,
    },
    /// Disconnect a peer and keep it away: it did what no honest peer does.
    Punish {
        /// Which.
        peer: PeerId,
        /// Why.
        why: String,
    },
    /// Verify transactions.
    CheckTxs {
        /// Where they came from.
        source: Source,
        /// The transactions.
        txs: Txs,
    },
    /// Verify the bodies of an answer, after all its headers ([`forged`]), and say when all are
    /// through.
    CheckBodies {
        /// Who answered.
        from: PeerId,
        /// What was asked.
        want: Want,
        /// The bodies, in their order.
        bodies: Vec<UncheckedBody>,
    },
    /// Answer a client.
    Tell {
        /// Which.
        client: ClientId,
        /// What.
        told: Told,
    },
    /// For the log and the figures.
    Note(Note),
    /// The node can't go on. Nothing follows.
    Halt(Halt),
}

/// Something that an operator or a figure may want to know. Nothing is to be done.
#[derive(Clone, Debug)]
pub enum Note {
    /// The head is another block.
    Head {
        /// Its header.
        header: Box<Header>,
        /// Its hash.
        hash: BlockHash,
    },
    /// A block, an item or a draft of ours goes nowhere.
    Dismissed {
        /// Which.
        hash: BlockHash,
        /// Why.
        why: Dismissal,
    },
    /// A message was dropped.
    Ignored(String),
    /// A message was rejected.
    Rejected(String),
    /// Transactions were refused.
    TxsRefused(u64),
    /// Bytes of a peer can't be read here (R21).
    Unreadable {
        /// Whose.
        peer: PeerId,
        /// How many.
        bytes: u64,
    },
    /// A share of ours was sent.
    ShareSent,
    /// An offence was seen.
    Offence(Evidence),
    /// An offence was reported.
    ReportSent(PublicKey),
    /// An offence is not reported.
    NotReported {
        /// Whose.
        offender: PublicKey,
        /// Why.
        why: CallError,
    },
    /// Our key signed what our vote file does not hold.
    KeyTwice(Foreign),
    /// The next block is run by other rules; so many transactions went.
    Rules {
        /// Which.
        rules: Version,
        /// How many transactions they don't let in.
        dropped: usize,
    },
    /// The trusted block is reached.
    TrustReached(Awaited),
    /// The trusted block was reached when it was so many slots too old to say anything.
    TrustTooOld(Awaited, u64),
    /// A peer's answer found no room in the checker.
    AnswerDropped(PeerId),
    /// A peer's answer is none to what was asked.
    NoAnswer(PeerId, Misfit),
    /// A peer asked for more blocks than it may have for now.
    OverBudget(PeerId),
}
