//! The observer: sees every node and every message, and says which promise was broken.
//!
//! - what blocks carry makes their states' standing ([`finality`]): R9 to R12;
//! - one final block at a height over all honest nodes, reported in order, one state root
//!   each;
//! - money ([`money`]): conserved in the state after every block, and minted by the
//!   schedule to the rao;
//! - signed things ([`signed`]): no honest voter signs two votes with one target round, nor
//!   one around another (R7), nor a share after three quarters of its slot, nor two headers
//!   of a slot (R5); nobody honest is accused;
//! - the head of an honest node is the one that R8 names ([`head`]), and a block that it
//!   takes has a round that R6 allows;
//! - the paying transactions of an account have the nonces 0, 1, 2 ... on the final chain;
//! - rules ([`rules`]): a block has the version that the headers of its chain come to, nobody
//!   takes one by rules that he does not run, and a node stops there and nowhere else (R21);
//! - what an honest voter's node has committed to it reveals in its epoch, also when it was
//!   restarted in between ([`veil`], `reveals`);
//! - what an honest voter saw of offences is reported, and its offer lands ([`duties`]);
//! - what the promises rest on: less than a third of each set that votes on a final block is
//!   Byzantine.
//!
//! The rules are written here once more, apart from the code that is watched; but for one thing:
//! whether an offer is due is the ledger's own word.

pub mod duties;
mod finality;
pub mod head;
mod money;
mod power;
mod rules;
mod signed;
mod veil;
mod wire;

use crate::plan::{Conflict, Plan};
use crate::slots::GENESIS_TIME;
use crate::world::World;
use duties::Duties;
use finality::Standings;
use money::Money;
use power::{is_quorum, power_ppm, sum};
use rules::Rules;
use signed::Signed;
pub use signed::offends;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
pub use veil::{Open, Veil};
use weft_ledger::forks::{FinalBlock, Forks};
use weft_types::{
    BlockHash, ChainId, CheckedBlock, Evidence, Hash, Height, Nonce, Offence, PublicKey, Round,
    Slot, VoterSet, VoterSets,
};

/// How many broken promises are kept.
const KEPT: usize = 8;

/// What the observer remembers.
pub struct Watch {
    /// True time.
    pub now: u64,
    /// The broken promises.
    pub violations: Vec<String>,
    /// Blocks that some node executed.
    pub blocks: BTreeMap<BlockHash, Arc<CheckedBlock>>,
    /// Different votes that were sent.
    pub shares: u64,
    /// Transactions in final blocks.
    pub transactions: u64,
    /// Items applied in final blocks.
    pub rows: u64,
    /// Two blocks of one height that are both final.
    pub conflicts: Vec<(BlockHash, BlockHash)>,
    /// What was committed to and what was revealed.
    pub veil: Veil,
    /// What voters have to do.
    pub duties: Duties,
    /// What the headers of all chains come to.
    pub rules: Rules,
    /// Blocks in whose state other voters vote than before.
    rotations: u64,
    /// Voters that came into a set.
    joined: u64,
    /// Voters that went from one.
    left: u64,
    may_conflict: bool,
    byzantine: BTreeSet<PublicKey>,
    signed: Signed,
    money: Money,
    standings: Standings,
    /// The block that the chain begins with.
    pub first_block: BlockHash,
    chain: ChainId,
    /// For so many blocks a voter answers for what it signed (R15, R17).
    unbonding_blocks: u64,
    /// Heights at which two blocks are final.
    twice: BTreeSet<Height>,
    finals: BTreeMap<Height, BlockHash>,
    roots: BTreeMap<BlockHash, Hash>,
    nonces: BTreeMap<PublicKey, Nonce>,
}

/// Who is to blame for a conflict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blame {
    /// Offenders.
    pub offenders: Vec<PublicKey>,
    /// A pair of signed votes of each, which a ledger takes as evidence.
    pub evidence: Vec<Evidence>,
    /// Their part of the power of the set that both final blocks stand on, in a million.
    pub power_ppm: u64,
}

impl Watch {
    /// An observer of a chain.
    pub fn new(world: &World, plan: &Plan) -> Self {
        Self {
            now: GENESIS_TIME,
            violations: Vec::new(),
            blocks: BTreeMap::new(),
            shares: 0,
            transactions: 0,
            rows: 0,
            conflicts: Vec::new(),
            veil: Veil::default(),
            duties: Duties::default(),
            rules: Rules::new(&world.genesis, plan),
            rotations: 0,
            joined: 0,
            left: 0,
            may_conflict: plan.conflict != Conflict::Never,
            byzantine: world.byzantine(plan),
            signed: Signed::default(),
            money: Money::new(world),
            standings: Standings::new(&world.genesis, world.first_sets()),
            first_block: world.genesis.block_hash(),
            chain: world.chain,
            unbonding_blocks: world.genesis.params.unbonding_blocks,
            twice: BTreeSet::new(),
            finals: BTreeMap::new(),
            roots: BTreeMap::new(),
            nonces: BTreeMap::new(),
        }
    }

    /// Whoever has these keys signs from now on what he likes.
    pub fn sold(&mut self, keys: impl Iterator<Item = PublicKey>) {
        self.byzantine.extend(keys);
    }

    /// Notes a broken promise.
    pub fn broken(&mut self, what: impl Into<String>) {
        if self.violations.len() < KEPT {
            let time = self.now.saturating_sub(GENESIS_TIME);
            self.violations.push(format!("at {time} ms: {}", what.into()));
        }
    }

    /// A node has executed a block and logs it.
    pub fn executed(&mut self, world: &World, forks: &Forks, block: &Arc<CheckedBlock>) {
        let hash = block.hash();
        if self.blocks.insert(hash, Arc::clone(block)).is_some() {
            return;
        }
        let of_money = match forks.audit(&hash) {
            Err(why) => Some(format!("conservation: block {hash}: {why}")),
            Ok(supply) => self.money.minted(block.header(), hash, &supply, world),
        };
        for text in of_money.into_iter().chain(self.bad_round(block)) {
            self.broken(text);
        }
        for signed in block.block().proof.iter().map(|share| share.signed) {
            self.vote(&signed, signed.seal());
        }
        for signed in block.block().catch_up.iter().flat_map(|late| &late.votes) {
            self.vote(signed, signed.seal());
        }
        if let Some(chain) = forks.chain(&hash) {
            let fault = self.standings.executed(block, chain.finality, &chain.voters);
            self.rotation(block, &chain.voters);
            let of_rules = self.rules.executed(block, &self.standings);
            for text in fault.into_iter().chain(of_rules) {
                self.broken(text);
            }
        }
    }

    /// R6: a round is the slot, or with a quorum for the parent the parent's and one.
    fn bad_round(&self, block: &CheckedBlock) -> Option<String> {
        let (header, proof) = (block.header(), &block.block().proof);
        let sets = self.standings.sets(&header.parent)?;
        let voted = |key: &PublicKey| proof.iter().any(|s| s.vote().voter == *key);
        let has_quorum = is_quorum(sets, voted);
        let above = self.blocks.get(&header.parent).map_or(0, |b| b.header().round.0);
        let (round, slot) = (header.round.0, header.slot.0);
        let is_good = round == slot || (round == above + 1 && has_quorum);
        (!is_good).then(|| {
            format!(
                "round: a block of slot {slot} on round {above} has {round}, quorum {has_quorum}"
            )
        })
    }

    /// Counts what rotated.
    fn rotation(&mut self, block: &CheckedBlock, sets: &VoterSets) {
        let Some(before) = self.standings.sets(&block.header().parent) else { return };
        let is_new = sets.previous.is_some() && before.previous.is_none();
        if is_new || sets.current != before.current {
            let lacks = |set: &VoterSet, of: &VoterSet| {
                of.voters.iter().filter(|v| set.get(&v.key).is_none()).count() as u64
            };
            self.rotations += 1;
            self.joined += lacks(&before.current, &sets.current);
            self.left += lacks(&sets.current, &before.current);
        }
    }

    /// What the promises rest on: less than a third of the set that votes on a final block is
    /// Byzantine; the set before was looked at when it was the current one. The set of a fork
    /// that never is final may be any.
    fn premise(&self, block: &BlockHash) -> Option<String> {
        let (part, all) = self.byzantine(block).filter(|_| !self.may_conflict)?;
        (part * 3 >= all)
            .then(|| format!("premise: {part} of {all} of a final set's power is Byzantine"))
    }

    /// What is Byzantine of the power of the set that votes on a block, and all of it.
    pub fn byzantine(&self, block: &BlockHash) -> Option<(u128, u128)> {
        let set = &self.standings.sets(block)?.current;
        Some((sum(set, |key| self.byzantine.contains(key)), sum(set, |_| true)))
    }

    /// A node says that a block is final, after this last one of its present life.
    pub fn finalized(&mut self, node: usize, last: Height, block: (BlockHash, Height)) {
        let (hash, height) = block;
        if height.0 != last.0 + 1 {
            self.broken(format!("finality: node {node} made {height} final after {last}"));
        }
        let is_new = !self.finals.contains_key(&height);
        if is_new && !self.standings.is_final(&hash, &self.signed.by_target) {
            self.broken(format!(
                "finality: no votes make {hash} final at {height}, node {node} does"
            ));
        }
        if let Some(text) = self.premise(&hash).filter(|_| is_new) {
            self.broken(text);
        }
        let first = *self.finals.entry(height).or_insert(hash);
        if first != hash && self.twice.insert(height) {
            self.conflicts.push((first, hash));
        }
        if first != hash && self.may_conflict {
            return;
        }
        if first != hash {
            let Blame { offenders, power_ppm, .. } = self.blame();
            self.broken(format!(
                "agreement: node {node} made {hash} final at {height}, not {first}; {power_ppm} of a million of the power offended: {offenders:?}"
            ));
        }
        match self.blocks.get(&hash).cloned() {
            Some(block) if is_new => self.count_nonces(&block),
            Some(_) => {}
            None => self.broken(format!("durability: {hash} is final, no node logged it")),
        }
    }

    fn count_nonces(&mut self, block: &CheckedBlock) {
        for tx in &block.block().txs {
            self.transactions += 1;
            // Two final chains have nonces of their own.
            if tx.body.call.is_free() || !self.conflicts.is_empty() {
                continue;
            }
            let want = self.nonces.entry(tx.body.signer).or_default();
            let (got, want) = (tx.body.nonce, std::mem::replace(want, Nonce(tx.body.nonce.0 + 1)));
            if got != want {
                let height = block.header().height;
                self.broken(format!("nonces: {got} instead of {want} at height {height}"));
            }
        }
    }

    /// The ledger of a node has taken a final block into its state.
    pub fn settled(&mut self, node: usize, block: &FinalBlock) {
        let (hash, got) = (block.hash, block.state_root);
        let named = self.blocks.get(&hash).map(|b| b.header().state_root);
        let is_new = !self.roots.contains_key(&hash);
        let want = *self.roots.entry(hash).or_insert(named.unwrap_or(got));
        if is_new {
            let good = block.receipts.items.iter().filter(|r| r.result.is_ok()).count();
            self.rows += good as u64;
            if let Some(known) = self.blocks.get(&hash) {
                self.veil.settled(known, block);
                self.duties.settled(known, block);
            }
        }
        if got != want {
            self.broken(format!("state: node {node} has root {got} after {hash}, others {want}"));
        }
    }

    /// Whether a block is another one or stands on it.
    pub fn stands_on(&self, tip: &BlockHash, block: &BlockHash) -> bool {
        self.standings.stands_on(tip, block)
    }

    /// Whether the final chain takes a report of an offence (R17): it has come so far, not beyond
    /// the window, and a set within it has the offender. Where two chains are final it is left open.
    pub fn is_punished(&self, evidence: &Evidence) -> bool {
        let (Ok(offence), Some((last, _))) = (evidence.offence(), self.finals.last_key_value())
        else {
            return false;
        };
        let oldest = Height(last.0.saturating_sub(self.unbonding_blocks.saturating_sub(1)));
        let header = |hash: &BlockHash| self.blocks.get(hash).map(|block| block.header());
        let place = |height: Height| match offence {
            Offence::Vote(_) => header(self.finals.get(&height)?).map(|h| h.round.0),
            Offence::Header(_) => header(self.finals.get(&height)?).map(|h| h.slot.0),
        };
        let (Offence::Vote(Round(number)) | Offence::Header(Slot(number))) = offence;
        let newest = self.finals.values().next_back().and_then(header).map_or(0, |h| h.slot.0);
        let is_recent = place(oldest).unwrap_or(0) <= number && number <= newest;
        let key = evidence.offender();
        let has = |sets: &VoterSets| {
            let mut of = [Some(&sets.current), sets.previous.as_ref()].into_iter().flatten();
            of.any(|set| set.get(&key).is_some())
        };
        let mut within = self.finals.range(oldest..).filter_map(|(_, h)| self.standings.sets(h));
        self.conflicts.is_empty() && is_recent && within.any(has)
    }

    /// R21: a node stops where its head's own chain asks for a later version than it runs, and
    /// nowhere else.
    pub fn stops(&mut self, node: usize, (head, runs, stopped): (BlockHash, u16, bool)) {
        let must = self.rules.must_stop(&head, runs, &self.standings);
        if must.is_some_and(|must| must != stopped) {
            self.broken(format!(
                "rules: node {node} runs {runs}, at head {head} it has stopped: {stopped}"
            ));
        }
    }

    /// What the observer counts of what a plan may ask for, by its name there.
    pub fn counts(&self) -> [(&'static str, u64); 10] {
        [
            ("rotations", self.rotations),
            ("joined", self.joined),
            ("left", self.left),
            ("moved_voters", self.joined + self.left),
            ("halvings", self.money.halvings),
            ("rules_changed", self.rules.changed.len() as u64),
            ("rules_delayed", self.rules.delayed),
            ("conflicts", self.conflicts.len() as u64),
            ("revealed", self.veil.revealed),
            ("reported", self.duties.reported.len() as u64),
        ]
    }

    /// Whether a key is Byzantine.
    pub fn is_byzantine(&self, key: &PublicKey) -> bool {
        self.byzantine.contains(key)
    }

    /// Who is to blame for the conflicts: those whom messages show to have voted for two
    /// blocks that no honest voter votes both for, and what they have of the set at the last
    /// common ancestor, the least of all conflicts. Without a conflict: of the first set.
    pub fn blame(&self) -> Blame {
        let is_good = |pair: &&Evidence| pair.offence().is_ok() && pair.is_signed(&self.chain);
        let evidence: Vec<Evidence> = self.signed.twice.values().filter(is_good).cloned().collect();
        let shown: BTreeSet<PublicKey> = evidence.iter().map(Evidence::offender).collect();
        let common = |(a, b): &(BlockHash, BlockHash)| self.standings.common(a, b);
        let mut places: BTreeSet<BlockHash> = self.conflicts.iter().filter_map(common).collect();
        if places.is_empty() {
            places.insert(self.first_block);
        }
        let sets = places.iter().filter_map(|hash| self.standings.sets(hash));
        let power = sets.map(|sets| power_ppm(&sets.current, |key| shown.contains(key))).min();
        Blame {
            offenders: shown.into_iter().collect(),
            evidence,
            power_ppm: power.and_then(|ppm| u64::try_from(ppm).ok()).unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_final_blocks_of_one_height_are_a_broken_promise() {
        let plan = Plan::default();
        let mut watch = Watch::new(&World::new(&plan), &plan);
        let mut tells = |node, hash| watch.finalized(node, Height(0), (hash, Height(1)));
        tells(0, Hash([1; 32]));
        tells(1, Hash([1; 32]));
        tells(2, Hash([2; 32]));
        let broken = |text: &&String| text.contains("agreement: node 2");
        assert_eq!(watch.violations.iter().filter(broken).count(), 1, "{:?}", watch.violations);
        assert_eq!(watch.conflicts, [(Hash([1; 32]), Hash([2; 32]))]);
    }
}
