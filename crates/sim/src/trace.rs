//! The trace: a hash over all that happened, in order.

use weft_consensus::{Effect, Foreign, Verdict};
use weft_types::{Canonical, Domain, Evidence, Hash};

/// A growing hash.
#[derive(Clone, Debug)]
pub struct Trace(blake3::Hasher);

impl Default for Trace {
    fn default() -> Self {
        Self(blake3::Hasher::new_keyed(Domain::Trace.key()))
    }
}

impl Trace {
    /// A message arrived.
    pub fn arrival(&mut self, time: u64, (from, to): (usize, usize), name: &Hash) {
        self.note(b'm', &[time, from as u64, to as u64], &name.0);
    }

    /// A core wanted something done.
    pub fn effect(&mut self, time: u64, node: usize, effect: &Effect) {
        let (kind, bytes) = what(effect);
        self.note(b'e', &[time, node as u64, u64::from(kind)], &bytes);
    }

    /// A node stopped (0) or started (1).
    pub fn life(&mut self, time: u64, node: usize, lives: bool) {
        self.note(b'l', &[time, node as u64, u64::from(lives)], &[]);
    }

    fn note(&mut self, kind: u8, numbers: &[u64], bytes: &[u8]) {
        self.0.update(&[kind]);
        for number in numbers {
            self.0.update(&number.to_le_bytes());
        }
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    /// The hash so far.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash(self.0.finalize().into())
    }
}

fn what(effect: &Effect) -> (u8, Vec<u8>) {
    match effect {
        Effect::Verdict { ticket, verdict } => {
            (verdict_kind(verdict), ticket.0.to_le_bytes().into())
        }
        Effect::Fetch { peer, want } => (4, [&peer.0.to_le_bytes(), &want.to_bytes()[..]].concat()),
        Effect::Append(block) => (5, block.hash().0.into()),
        Effect::Record(record) => (6, record.to_bytes()),
        Effect::Announce(signed) => (7, signed.header.hash().0.into()),
        Effect::SendShare(share) => (8, share.signed.seal().0.into()),
        Effect::Propose(draft) => (9, draft.header.hash().0.into()),
        Effect::Head(hash) => (10, hash.0.into()),
        Effect::Finalized { hash, .. } => (11, hash.0.into()),
        Effect::Evidence(Evidence::Votes(a, b)) => (12, [a.seal().0, b.seal().0].concat()),
        Effect::Evidence(Evidence::Headers(a, b)) => {
            (13, [a.header.hash().0, b.header.hash().0].concat())
        }
        Effect::KeyTwice(Foreign::Vote(at)) => (18, at.hash.0.into()),
        Effect::KeyTwice(Foreign::Header(slot)) => (19, slot.0.to_le_bytes().into()),
        Effect::Punish { peer, .. } => (14, peer.0.to_le_bytes().into()),
        Effect::Refused { hash, .. } => (15, hash.0.into()),
        Effect::SendStatus(status) => (16, status.to_bytes()),
        Effect::Wake(at) => (17, at.0.to_le_bytes().into()),
    }
}

const fn verdict_kind(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Accept => 1,
        Verdict::Ignore(_) => 2,
        Verdict::Reject(_) => 3,
    }
}
