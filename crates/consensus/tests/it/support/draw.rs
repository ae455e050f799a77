//! A language that draws chains with real signatures.
//!
//! `"a @1; b @2 < a 012; c @5 < b 01 + a 012"` makes three blocks: a of slot 1 on
//! genesis; b of slot 2 on a, carrying the shares of voters 0, 1 and 2 for a; c of slot
//! 5 on b with two shares for b and a catch-up proof for a. `r7` after the slot sets
//! the round; else it is that of R6. The proposer is the scheduled one. What
//! [`Draw::bend`] does to a header happens before it is signed, so blocks can be drawn
//! that are wrong in one thing.

use super::toy::{GENESIS_TIME, SLOT_MS, Toy, genesis, keys};
use std::collections::BTreeMap;
use std::sync::Arc;
use weft_consensus::tree::Tree;
use weft_consensus::{Base, Config, Core, Executor, Lack, Standing, VoteFile, judge, tally::Tally};
use weft_types::block::proof_root;
use weft_types::check::{own_share, seal_block};
use weft_types::share::items_digest;
use weft_types::{
    BlockHash, CatchUp, CheckedBlock, CheckedShare, Checkpoint, Genesis, Hash, Header, Height,
    Item, Millis, Program, Round, SecretKey, Slot, Vote, Work,
};

/// What is done to a header before it is signed.
type Bend = Box<dyn Fn(&mut Header)>;

/// Chains being drawn.
pub struct Draw {
    /// What cores run, when it is not all that this program can (R21).
    pub program: Option<Program>,
    pub genesis: Genesis,
    pub keys: Vec<SecretKey>,
    pub toy: Toy,
    pub tree: Tree,
    blocks: BTreeMap<String, Arc<CheckedBlock>>,
    bends: BTreeMap<String, Bend>,
}

/// A time in a slot, in thousandths of it.
pub fn at(slot: u64, thousandth: u64) -> Millis {
    Millis(GENESIS_TIME + slot * SLOT_MS + thousandth)
}

impl Draw {
    /// Nothing but genesis, with these powers.
    pub fn new(powers: &[u64]) -> Self {
        let genesis = genesis(powers);
        let toy = Toy::new(&genesis);
        let base = Base::genesis(&genesis, toy.executed(&genesis.block_hash()).unwrap());
        Self {
            keys: keys(powers.len()),
            tree: Tree::new(&base),
            program: None,
            toy,
            genesis,
            blocks: BTreeMap::new(),
            bends: BTreeMap::new(),
        }
    }

    /// A core at genesis for voter `i`, or one that only follows.
    pub fn core(&self, i: Option<usize>) -> Core<Toy> {
        self.core_with(i, VoteFile::Known(weft_consensus::VoteRecord::default()))
    }

    pub fn core_with(&self, i: Option<usize>, vote: VoteFile) -> Core<Toy> {
        let mut toy = Toy::new(&self.genesis);
        toy.rotation.clone_from(&self.toy.rotation);
        toy.change = self.toy.change;
        let base = Base::genesis(&self.genesis, toy.executed(&self.genesis.block_hash()).unwrap());
        let key = i.map(|i| self.keys[i].clone());
        let config = Config::new(&self.genesis, key, vote);
        let program = self.program.clone().unwrap_or_else(|| config.program.clone());
        Core::new(Config { program, ..config }, toy, &base)
    }

    /// Changes a header before it is signed.
    pub fn bend(&mut self, name: &str, how: impl Fn(&mut Header) + 'static) -> &mut Self {
        self.bends.insert(name.to_owned(), Box::new(how));
        self
    }

    /// Draws blocks.
    pub fn draw(&mut self, text: &str) -> &mut Self {
        text.split(';').for_each(|line| self.line(line));
        self
    }

    pub fn block(&self, name: &str) -> Arc<CheckedBlock> {
        Arc::clone(&self.blocks[name])
    }

    pub fn hash(&self, name: &str) -> BlockHash {
        if name == "g" { self.genesis.block_hash() } else { self.blocks[name].hash() }
    }

    pub fn name(&self, hash: BlockHash) -> &str {
        let found = self.blocks.iter().find(|(_, b)| b.hash() == hash);
        found.map_or("g", |(name, _)| name.as_str())
    }

    pub fn standing(&self, name: &str) -> &Standing {
        &self.tree.get(&self.hash(name)).unwrap().standing
    }

    /// The share of a voter for a block, without items.
    pub fn share(&self, voter: usize, target: &str) -> CheckedShare {
        let source = self.standing(target).finality.justified;
        self.share_from(voter, source, self.standing(target).checkpoint())
    }

    pub fn share_from(&self, voter: usize, source: Checkpoint, target: Checkpoint) -> CheckedShare {
        self.share_of(voter, source, target, Vec::new())
    }

    pub fn share_of(
        &self,
        voter: usize,
        source: Checkpoint,
        target: Checkpoint,
        items: Vec<Item>,
    ) -> CheckedShare {
        let key = &self.keys[voter];
        let vote = Vote { voter: key.public(), source, target, items: items_digest(&items) };
        own_share(vote.sign(key, &self.genesis.chain_id()), items)
    }

    fn shares(&self, voters: &str, target: &str) -> Vec<CheckedShare> {
        let digits = voters.chars().map(|c| usize::try_from(c.to_digit(36).unwrap()).unwrap());
        digits.map(|voter| self.share(voter, target)).collect()
    }

    /// The voter that is to propose in a slot on a block.
    pub fn proposer(&self, slot: u64, parent: &str) -> usize {
        let node = self.tree.get(&self.hash(parent)).unwrap();
        let key = node.schedule.proposer(Slot(slot)).unwrap();
        self.keys.iter().position(|k| k.public() == key).unwrap()
    }

    fn line(&mut self, line: &str) {
        let (head, tail) = line.split_once('<').unwrap_or((line, "g"));
        let mut words = head.split_whitespace();
        let name = words.next().expect("a block has a name").to_owned();
        let slot: u64 = words.next().expect("a block has a slot")[1..].parse().unwrap();
        let round = words.next().map(|r| r[1..].parse().unwrap());
        let (own, late) = tail.split_once('+').map_or((tail, None), |(a, b)| (a, Some(b)));
        let mut own = own.split_whitespace();
        let parent = own.next().expect("a block has a parent").to_owned();
        let proof = own.next().map(|v| self.shares(v, &parent)).unwrap_or_default();
        let catch_up = late.map(|late| {
            let mut late = late.split_whitespace();
            let target = late.next().unwrap();
            let votes = self.shares(late.next().unwrap(), target);
            let votes = votes.iter().map(|s| s.share().signed).collect();
            CatchUp { target: self.standing(target).checkpoint(), votes }
        });
        self.build(&name, (slot, round), &parent, (proof, catch_up));
    }

    /// Builds one block; an invalid one is only kept, not drawn on.
    pub fn build(
        &mut self,
        name: &str,
        (slot, round): (u64, Option<u64>),
        parent: &str,
        (proof, catch_up): (Vec<CheckedShare>, Option<CatchUp>),
    ) {
        let above = self.tree.get(&self.hash(parent)).unwrap().clone();
        let sets = &above.standing.sets;
        let tally = Tally::of(sets, proof.iter().map(|s| &s.share().vote().voter));
        let next = tally.is_quorum(sets).then_some(above.header().round.0 + 1);
        let proposer = &self.keys[self.proposer(slot, parent)].clone();
        let shares: Vec<_> = proof.iter().map(|s| s.share().clone()).collect();
        let mut header = Header {
            version: above.standing.rules.version,
            signal: weft_types::RulesId::NONE,
            slot: Slot(slot),
            round: Round(round.or(next).unwrap_or(slot)),
            height: Height(above.header().height.0 + 1),
            parent: above.standing.hash,
            proposer: proposer.public(),
            txs_root: Hash::ZERO,
            proof_root: proof_root(&shares, catch_up.as_ref()),
            state_root: Hash::ZERO,
            work: Work(above.header().work.0 + tally.work.0),
        };
        let chain = self.genesis.chain_id();
        let signer = (proposer, &chain);
        let seal = |header: &Header| {
            Arc::new(seal_block(header.clone(), signer, proof.clone(), catch_up.clone(), vec![]))
        };
        let judged = judge::block(&self.tree, &above, &seal(&header));
        let finality = judged.as_ref().map_or(above.standing.finality, |f| *f);
        header.state_root = self.toy.execute(&seal(&header), finality).unwrap().state_root;
        if let Some(bend) = self.bends.get(name) {
            bend(&mut header);
        }
        let block = seal(&header);
        let executed = self.toy.execute(&block, finality).unwrap();
        if judged.is_ok() && !self.bends.contains_key(name) {
            let hash = block.hash();
            let (sets, rules) = (executed.sets, executed.rules);
            let standing = Standing { header, hash, finality, sets, rules };
            self.tree.insert(standing, Arc::clone(&block));
        }
        self.blocks.insert(name.to_owned(), block);
    }
}

fn tellers<'a>(lacks: impl Iterator<Item = Lack<'a>>) -> Vec<(u64, BlockHash)> {
    lacks.flat_map(|lack| lack.tellers.iter().map(move |peer| (peer.0, lack.hash))).collect()
}

/// The bodies that a core lacks, each with who told of it.
pub fn bodies(core: &Core<Toy>) -> Vec<(u64, BlockHash)> {
    tellers(core.lacked_bodies())
}

/// The chains that it lacks.
pub fn chains(core: &Core<Toy>) -> Vec<(u64, BlockHash)> {
    tellers(core.lacked_chains())
}
