//! Whom to ask next for the blocks that consensus lacks.
//!
//! A body that does not come within a quarter of a slot, or within twice the time
//! that bodies take of late where all are slow, is asked of the next
//! one that told of it; when they are through, of up to three others, with waits that double,
//! since its header is signed by whose turn it was: first of the node of who made it, then of
//! other voters' nodes, which nobody else can be taken for. A chain is asked only of those that told of
//! its tip, because anyone can tell of a tip. Who is busy is asked later and is not blamed.
//!
//! Not here: what is under way (`questions`), and who has what (`sources`).

use crate::lacks::{LackedBody, Lacks};
use crate::questions::{Open, Question, Questions};
use crate::sources::{Chain, Outcome, Place, Sources};
use crate::wire::Want;
use std::collections::BTreeMap;
use weft_consensus::PeerId;
use weft_types::{BlockHash, Height, Millis};

/// Of how many others than its tellers a body is asked.
const OTHERS: u32 = 3;

/// Of how many at once the chain from one height is asked.
const CHAINS: usize = 3;

/// The search for a body.
#[derive(Clone, Debug)]
struct Search {
    /// Whom it was asked of.
    tried: Vec<PeerId>,
    /// How many of them had not told of it.
    others: u32,
    /// How often all were asked in vain.
    rounds: u32,
    /// When the next one is asked.
    next: Millis,
}

/// Whom to ask for a body, if somebody is left, and how long to wait then.
struct Step {
    peer: Option<PeerId>,
    ms: u64,
}

/// The questions under way, and whom to ask next.
#[derive(Debug, Default)]
pub struct Asks {
    questions: Questions,
    sources: Sources,
    searches: BTreeMap<BlockHash, Search>,
    /// How long bodies that came took of late.
    usual_ms: u64,
    wake: Option<Millis>,
}

impl Asks {
    /// A number for a question to a peer; none while its place there is taken.
    pub fn begin(&mut self, peer: PeerId, question: Question, now: Millis) -> Option<u64> {
        self.questions.begin(peer, question, now)
    }

    /// An answer came: to which question, once. One for blocks is under way until
    /// [`Asks::end`].
    pub fn answered(&mut self, peer: PeerId, ask: u64, now: Millis) -> Option<Question> {
        let (question, since) = self.questions.answered(peer, ask)?;
        if matches!(question, Question::Blocks(Want::Block(_))) {
            let took = now.0.saturating_sub(since.0);
            self.usual_ms = self.usual_ms.saturating_mul(7).saturating_add(took).div_euclid(8);
        }
        Some(question)
    }

    /// No answer comes; answers for which blocks it would have been.
    pub fn unanswered(&mut self, peer: PeerId, ask: u64) -> Option<Want> {
        self.questions.unanswered(peer, ask)
    }

    /// A question for blocks has ended.
    pub fn end(&mut self, peer: PeerId, want: &Want, outcome: Outcome, at: (Millis, &Lacks)) {
        let (now, lacks) = at;
        self.questions.end(peer, want);
        let chain = match want {
            Want::Chain { from, tip } => Some((*from, *tip)),
            Want::Block(hash) => {
                if let Some(search) = self.searches.get_mut(hash) {
                    search.next = now;
                    if matches!(outcome, Outcome::Later | Outcome::NoRoom) {
                        search.tried.retain(|tried| *tried != peer);
                    }
                }
                None
            }
        };
        self.sources.ended(peer, chain, outcome, (now, lacks.slot_ms, lacks.place));
    }

    /// The answer to a question for blocks holds these.
    pub fn holds(&mut self, peer: PeerId, want: &Want, held: Vec<(BlockHash, Height)>) {
        self.questions.holds(peer, want, held);
    }

    /// The blocks of an answer were looked at: how far it has brought us.
    pub fn brought(
        &mut self,
        peer: PeerId,
        want: &Want,
        is_taken: impl Fn(&BlockHash, Height) -> bool,
    ) {
        let held = self.questions.held(peer, want).filter(|(hash, at)| is_taken(hash, *at));
        match (held.map(|(_, height)| *height).max(), want) {
            (None, _) => {}
            (Some(_), Want::Block(_)) => self.sources.served(peer),
            (Some(height), Want::Chain { .. }) => self.sources.moved(peer, height),
        }
    }

    /// Whether the chain that a peer was asked for is being looked at.
    #[must_use]
    pub fn is_chain_here(&self, peer: PeerId) -> bool {
        let is_chain = |want: &Want| matches!(want, Want::Chain { .. });
        let mut asked = self.questions.for_blocks();
        asked.any(|(open, want)| open.peer == peer && open.is_here && is_chain(&want))
    }

    /// Whether another peer's answer to the same question is being looked at.
    #[must_use]
    pub fn is_here_of_another(&self, peer: PeerId, want: &Want) -> bool {
        self.questions.here(want).any(|other| other != peer)
    }

    /// A peer is connected.
    pub fn up(&mut self, peer: PeerId) {
        self.sources.up(peer);
    }

    /// A peer is gone: nothing that was asked of it will be answered.
    pub fn gone(&mut self, peer: PeerId, now: Millis) {
        for hash in self.questions.gone(peer) {
            if let Some(search) = self.searches.get_mut(&hash) {
                search.next = now;
            }
        }
        self.sources.gone(peer);
    }

    /// A peer has a block of this height that we lack.
    pub fn told(&mut self, peer: PeerId, tip: BlockHash, height: Height, place: Place) {
        self.sources.told(peer, tip, height, place);
    }

    /// Drops the tips that are known by now.
    pub fn learn(&mut self, is_known: impl Fn(&BlockHash) -> bool) {
        self.sources.learn(is_known);
    }

    /// Forgets what peers have: it is of no use here, and they say again what they have.
    pub fn forget_tips(&mut self) {
        self.sources.forget_tips();
    }

    /// Ours and a peer's chain part above this height: its answer held nothing else.
    pub fn known(&mut self, peer: PeerId, height: Height) {
        self.sources.known(peer, height);
    }

    /// When to look again, if nothing happens before.
    #[must_use]
    pub const fn wakes_at(&self) -> Option<Millis> {
        self.wake
    }

    /// Whether nothing is under way and nobody told of a block that we lack: then there is
    /// nothing to look at again.
    pub fn rest_if_quiet(&mut self) -> bool {
        let is_quiet = self.questions.count() == 0 && self.sources.is_quiet();
        if is_quiet {
            self.searches.clear();
            self.wake = None;
        }
        is_quiet
    }

    /// How many questions are under way.
    #[must_use]
    pub fn count(&self) -> usize {
        self.questions.count()
    }

    /// Whom to ask now for what.
    pub fn due(&mut self, now: Millis, lacks: &Lacks) -> Vec<(PeerId, u64, Want)> {
        self.lose(now, lacks);
        let mut out = Vec::new();
        self.bodies(now, lacks, &mut out);
        self.chains(now, lacks, &mut out);
        let searches = self.searches.values().map(|search| search.next);
        let resting = self.sources.wakes_at(now);
        let silent = self.questions.for_blocks().filter(|(open, _)| !open.is_here);
        let age = |open: &Open| Millis(open.since.0.saturating_add(quarter(lacks.slot_ms)));
        let ages = silent.map(|(open, _)| age(open));
        self.wake = searches.chain(resting).chain(ages).filter(|at| *at > now).min();
        out
    }

    /// Gives up questions of which the shell never said what became of them.
    fn lose(&mut self, now: Millis, lacks: &Lacks) {
        for (peer, question) in self.questions.lose(now) {
            if let Question::Blocks(want) = question {
                self.end(peer, &want, Outcome::Silence, (now, lacks));
            }
        }
    }

    fn ask(
        &mut self,
        peer: PeerId,
        want: Want,
        now: Millis,
        out: &mut Vec<(PeerId, u64, Want)>,
    ) -> bool {
        let ask = self.begin(peer, Question::Blocks(want), now);
        out.extend(ask.map(|ask| (peer, ask, want)));
        ask.is_some()
    }

    fn bodies(&mut self, now: Millis, lacks: &Lacks, out: &mut Vec<(PeerId, u64, Want)>) {
        self.searches.retain(|hash, _| lacks.bodies.iter().any(|body| body.hash == *hash));
        for body in &lacks.bodies {
            let hash = &body.hash;
            let new = Search { tried: Vec::new(), others: 0, rounds: 0, next: now };
            let mut search = self.searches.remove(hash).unwrap_or(new);
            let is_here = self.questions.here(&Want::Block(*hash)).next().is_some();
            let at = (now, lacks.slot_ms);
            while search.next <= now && !is_here && self.questions.has_room(false, at) {
                let Some(wait) = self.next_of(body, &mut search, (now, lacks)) else { break };
                if let Some(peer) = wait.peer {
                    self.ask(peer, Want::Block(*hash), now, out);
                }
                search.next = Millis(now.0.saturating_add(wait.ms));
            }
            self.searches.insert(*hash, search);
        }
    }

    /// Whom to ask for a body now and how long to wait for it; none when one that told of it
    /// has yet to answer for another.
    fn next_of(
        &self,
        body: &LackedBody,
        search: &mut Search,
        (now, lacks): (Millis, &Lacks),
    ) -> Option<Step> {
        let (hash, quarter) = (&body.hash, self.patience(lacks.slot_ms));
        let untried = body.tellers.iter().filter(|peer| !search.tried.contains(peer));
        let mut untried = untried.filter(|peer| self.sources.is_ready(**peer, now));
        let place =
            |peer: &PeerId| self.questions.since(*peer, Question::Blocks(Want::Block(*hash)));
        let is_free = |peer: &PeerId| place(peer).is_none();
        if let Some(peer) = untried.clone().copied().find(is_free) {
            search.tried.push(peer);
            return Some(Step { peer: Some(peer), ms: quarter });
        }
        if untried.any(|p| place(p).is_some_and(|at| now.0.saturating_sub(at.0) < quarter)) {
            return None;
        }
        if let Some(peer) =
            self.other(body, search, (now, lacks)).filter(|_| search.others < OTHERS)
        {
            search.tried.push(peer);
            let doubled = quarter << search.others.min(OTHERS);
            search.others = search.others.saturating_add(1);
            return Some(Step { peer: Some(peer), ms: doubled });
        }
        // All were asked: from the start, after a quarter of a slot, then half of one, then one.
        (search.tried, search.others) = (Vec::new(), 0);
        let ms = quarter << search.rounds.min(2);
        search.rounds = search.rounds.saturating_add(1);
        Some(Step { peer: None, ms })
    }

    /// One who did not tell of it: the node of who made it, else of another voter, else of those
    /// that were not asked in vain, and not the same first for every block.
    fn other(
        &self,
        body: &LackedBody,
        search: &Search,
        (now, lacks): (Millis, &Lacks),
    ) -> Option<PeerId> {
        let question = Question::Blocks(Want::Block(body.hash));
        let has_place = |peer: &PeerId| self.questions.since(*peer, question).is_none();
        let is_free = |peer: &PeerId| !search.tried.contains(peer) && has_place(peer);
        let rank = |peer: &PeerId| (body.maker != Some(*peer), !lacks.kept.contains(peer));
        let ready = self.sources.ready(now).filter(|(peer, _)| is_free(peer));
        let mut free: Vec<_> =
            ready.map(|(peer, failures)| (rank(&peer), failures, peer)).collect();
        free.sort_unstable();
        let (rank, least, _) = free.first().copied()?;
        free.retain(|(other, failures, _)| (*other, *failures) == (rank, least));
        let first = body.hash.0.first().copied().map_or(0, usize::from).checked_rem(free.len())?;
        free.get(first).map(|(.., peer)| *peer)
    }

    /// How long a body is waited for before another peer is asked: a quarter of a slot, or longer
    /// where all take longer, so that nobody is asked twice for being busy; at most a slot.
    fn patience(&self, slot_ms: u64) -> u64 {
        quarter(slot_ms).max(self.usual_ms.saturating_mul(2)).min(slot_ms.max(1))
    }

    fn chains(&mut self, now: Millis, lacks: &Lacks, out: &mut Vec<(PeerId, u64, Want)>) {
        for Chain { peer, from, tip } in self.sources.chains(now, lacks.place, &lacks.kept) {
            if self.may_ask_from(from, now, lacks.slot_ms)
                && self.questions.has_room(true, (now, lacks.slot_ms))
            {
                let want = Want::Chain { from, tip };
                if self.ask(peer, want, now, out) {
                    self.sources.begins(peer);
                }
            }
        }
    }

    /// Whether one more may be asked for the chain from a height: a second when the first did
    /// not answer for a quarter of a slot, and so on.
    fn may_ask_from(&self, height: Height, now: Millis, slot_ms: u64) -> bool {
        let is_same = |want: &Want| matches!(want, Want::Chain { from, .. } if *from == height);
        let same = self.questions.for_blocks().filter(|(_, want)| is_same(want));
        let (mut young, mut last) = (0_usize, Millis::ZERO);
        for (open, _) in same {
            if open.is_here {
                return false;
            }
            if now.0.saturating_sub(open.since.0) < slot_ms {
                young = young.saturating_add(1);
                last = last.max(open.since);
            }
        }
        young == 0 || (young < CHAINS && now.0.saturating_sub(last.0) >= quarter(slot_ms))
    }
}

/// A quarter of a slot, in milliseconds, never nothing.
const fn quarter(slot_ms: u64) -> u64 {
    slot_ms.div_ceil(4)
}
