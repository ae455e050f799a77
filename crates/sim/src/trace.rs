//! The trace: a hash over all that happened, in order.

use weft_engine::io::{Io, Judgement, Note};
use weft_types::{Canonical, Domain, Hash};

/// So many bytes are hashed at once: many small ones take several times as long.
const AT_ONCE: usize = 16_384;

/// A growing hash.
#[derive(Clone, Debug)]
pub struct Trace {
    hasher: blake3::Hasher,
    /// What is not hashed yet.
    last: Vec<u8>,
}

impl Default for Trace {
    fn default() -> Self {
        let hasher = blake3::Hasher::new_keyed(Domain::Trace.key());
        Self { hasher, last: Vec::with_capacity(2 * AT_ONCE) }
    }
}

impl Trace {
    /// A message arrived.
    pub fn arrival(&mut self, time: u64, (from, to): (usize, usize), name: &Hash) {
        self.note(b'm', &[time, from as u64, to as u64], &name.0);
    }

    /// An engine wanted something done.
    pub fn io(&mut self, time: u64, node: usize, io: &Io) {
        if let Some((kind, bytes)) = what(io) {
            self.note(b'e', &[time, node as u64, u64::from(kind)], &bytes);
        }
    }

    /// A node stopped (0) or started (1).
    pub fn life(&mut self, time: u64, node: usize, lives: bool) {
        self.note(b'l', &[time, node as u64, u64::from(lives)], &[]);
    }

    fn note(&mut self, kind: u8, numbers: &[u64], bytes: &[u8]) {
        self.last.push(kind);
        for number in numbers {
            self.last.extend(number.to_le_bytes());
        }
        self.last.extend((bytes.len() as u64).to_le_bytes());
        self.last.extend(bytes);
        if self.last.len() >= AT_ONCE {
            self.hasher.update(&self.last);
            self.last.clear();
        }
    }

    /// The hash so far.
    pub fn hash(&self) -> Hash {
        Hash(self.hasher.clone().update(&self.last).finalize().into())
    }
}

/// What is noted of it; nothing of what says no more than others do.
fn what(io: &Io) -> Option<(u8, Vec<u8>)> {
    Some(match io {
        Io::Append(block) => (1, block.hash().0.into()),
        Io::Sync => (2, Vec::new()),
        Io::Vote(record) => (3, record.to_bytes()),
        Io::Await(awaited) => (4, awaited.map(|a| a.to_bytes()).unwrap_or_default()),
        Io::Final(finality) => (5, finality.block.hash.0.into()),
        Io::MarkFinal(hash) => (6, hash.0.into()),
        Io::Checkpoint(base) => (7, base.standing().hash.0.into()),
        Io::Publish { data, .. } => (8, data.clone()),
        Io::Judge { message, judgement } => (9 + judgement_kind(*judgement), message.to_vec()),
        Io::Ask { peer, data, .. } => (12, [&peer.0.to_le_bytes(), &data[..]].concat()),
        Io::Answer { data, .. } => (13, data.clone().unwrap_or_default()),
        Io::Serve { places, .. } => (14, places.blocks().iter().flat_map(|hash| hash.0).collect()),
        Io::Punish { peer, .. } => (15, peer.0.to_le_bytes().into()),
        Io::Disconnect { peer, .. } => (16, peer.0.to_le_bytes().into()),
        Io::Note(Note::Head { hash, .. }) => (17, hash.0.into()),
        Io::Note(Note::Dismissed { hash, .. }) => (18, hash.0.into()),
        Io::Note(Note::Offence(evidence)) => (19, evidence.to_bytes()),
        Io::Note(Note::KeyTwice(_)) => (20, Vec::new()),
        Io::Halt(_) => (21, Vec::new()),
        Io::Busy { .. } => (22, Vec::new()),
        Io::Rows(kept) => (23, kept.to_bytes()),
        Io::Offences(kept) => (24, kept.to_bytes()),
        Io::Keep { .. }
        | Io::Voters(_)
        | Io::CheckTxs { .. }
        | Io::CheckBodies { .. }
        | Io::Tell { .. }
        | Io::Note(_) => return None,
    })
}

const fn judgement_kind(judgement: Judgement) -> u8 {
    match judgement {
        Judgement::Accept => 0,
        Judgement::Ignore => 1,
        Judgement::Reject => 2,
    }
}
