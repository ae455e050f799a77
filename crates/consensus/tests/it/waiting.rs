//! What may wait here, and how many bytes of it (R19).

use super::support::draw::{Draw, at};
use super::support::toy::Toy;
use std::sync::Arc;
use weft_consensus::{Core, Effect, Finding, Input, PeerId, Skip, Ticket};
use weft_types::check::seal_block;
use weft_types::{CheckedBlock, Height, Item, Netuid, SecretKey, Uid, WeightRow};

/// Blocks of a voter on parents that nobody has, each of some megabytes.
struct Heavy {
    draw: Draw,
    key: SecretKey,
}

impl Heavy {
    fn new() -> Self {
        let mut draw = Draw::new(&[1, 1, 1, 1]);
        draw.draw("a @1; b @2 < a 012; c @3 < b 012");
        let proposer = draw.block("c").header().proposer;
        let key = draw.keys.iter().find(|k| k.public() == proposer).unwrap().clone();
        Self { draw, key }
    }

    /// One by this key, with so many shares of 15 000 bytes.
    fn block(&self, nth: u8, key: &SecretKey, shares: usize) -> Arc<CheckedBlock> {
        let mut header = self.draw.block("c").header().clone();
        (header.parent.0[0], header.parent.0[1]) = (nth, 1);
        header.proposer = key.public();
        let (uids, values) = (vec![Uid(0)], vec![u16::MAX; 5_000]);
        let row = WeightRow { netuid: Netuid(1), uids, values, version_key: 0, view: Height(0) };
        let source = self.draw.standing("a").finality.justified;
        let target = self.draw.standing("a").checkpoint();
        let share = self.draw.share_of(0, source, target, vec![Item::Row(row)]);
        let signer = (key, &self.draw.genesis.chain_id());
        Arc::new(seal_block(header, signer, vec![share; shares], None, vec![]))
    }

    /// A peer announces it and sends its body; answers the tickets of what was given up.
    fn send(&self, core: &mut Core<Toy>, peer: u64, block: &Arc<CheckedBlock>) -> Vec<Ticket> {
        let ticket = Ticket(u64::from(block.header().parent.0[0]));
        let header = block.block().signed.clone();
        let mut effects = core.step(at(3, 0), Input::Header { from: PeerId(peer), ticket, header });
        let block = Arc::clone(block);
        effects.extend(
            core.step(at(3, 0), Input::Block { from: Some(PeerId(peer)), is_asked: false, block }),
        );
        let given_up = |effect: &Effect| match effect {
            Effect::Finding { ticket, finding: Finding::Ignore(Skip::NotCompleted) } => {
                Some(*ticket)
            }
            _ => None,
        };
        effects.iter().filter_map(given_up).collect()
    }
}

/// A4
#[test]
fn r19_bodies_that_wait_are_bounded_by_bytes_of_a_peer_and_in_all() {
    let heavy = Heavy::new();
    let mut core = heavy.draw.core(None);
    let mut nth = 0;
    let mut fresh = || {
        nth += 1;
        heavy.block(nth, &heavy.key, 200)
    };
    let bytes = u64::from(fresh().bytes());
    let fit = (16 << 20) / bytes;
    assert!((3..16).contains(&fit), "fewer than the entries that a peer may have");
    let mut gone = Vec::new();
    let first = fresh();
    gone.extend(heavy.send(&mut core, 1, &first));
    for _ in 1..fit {
        gone.extend(heavy.send(&mut core, 1, &fresh()));
    }
    assert_eq!(gone, []);
    gone.extend(heavy.send(&mut core, 1, &fresh()));
    assert_eq!(gone, [Ticket(u64::from(first.header().parent.0[0]))], "its oldest goes");
    // Many peers, each within its own bound.
    let mut sent = fit;
    for peer in 2..8 {
        for _ in 0..fit {
            gone.extend(heavy.send(&mut core, peer, &fresh()));
            sent += 1;
        }
    }
    let kept = sent + 1 - gone.len() as u64;
    assert_eq!(kept, (64 << 20) / bytes);
    // The fullest lost them: one that has a single small one keeps it.
    let small = heavy.block(255, &heavy.key, 1);
    assert!(!heavy.send(&mut core, 99, &small).contains(&Ticket(255)));
}

/// A4
#[test]
fn r19_a_body_of_nobody_that_votes_does_not_wait_for_a_parent_that_nobody_has() {
    let heavy = Heavy::new();
    let send = |core: &mut Core<Toy>, block: Arc<CheckedBlock>| {
        core.step(at(3, 0), Input::Block { from: Some(PeerId(1)), is_asked: false, block })
    };
    let stranger = SecretKey::from_seed([9; 32]);
    let on_a = |key: &SecretKey| {
        let mut header = heavy.draw.block("b").header().clone();
        header.proposer = key.public();
        let signer = (key, &heavy.draw.genesis.chain_id());
        Arc::new(seal_block(header, signer, vec![], None, vec![]))
    };
    let says = |first: Option<Arc<CheckedBlock>>| {
        let mut core = heavy.draw.core(None);
        core.step(at(3, 0), Input::Tick);
        first.into_iter().for_each(|block| drop(send(&mut core, block)));
        format!("{:?}", send(&mut core, heavy.draw.block("a")))
    };
    let voter =
        heavy.draw.keys.iter().find(|key| key.public() != heavy.draw.block("b").header().proposer);
    assert_ne!(says(Some(on_a(voter.unwrap()))), says(None), "a voter's waits, and is judged");
    assert_eq!(says(Some(on_a(&stranger))), says(None));
}
