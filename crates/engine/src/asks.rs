//! What is asked of peers and not answered: statuses and claims, and the blocks that consensus
//! lacks.
//!
//! A peer has a place for each kind of question, so one that never answers holds up nothing but
//! what it was asked. A body that does not come within a quarter of a slot, or within twice the time
//! that bodies take of late where all are slow, is asked of the next
//! one that told of it; when they are through, of up to three others, with waits that double,
//! since its header is signed by whose turn it was: first of the node of who made it, then of
//! other voters' nodes, which nobody else can be taken for. A chain is asked only of those that told of
//! its tip, because anyone can tell of a tip. Who is busy is asked later and is not blamed.

use crate::lacks::{Asked, Body, Lacks};
use crate::sources::{Outcome, Sources};
use crate::wire::Want;
use std::collections::BTreeMap;
use weft_consensus::PeerId;
use weft_types::{BlockHash, Height, Millis};

/// Fetches under way that are younger than a slot. Older ones hold only their peer's place.
const YOUNG: usize = 16;

/// How many of them may be for chains: anyone can tell of a tip, and none of a body.
const YOUNG_CHAINS: usize = 8;

/// Of how many others than its tellers a body is asked.
const OTHERS: u32 = 3;

/// Of how many at once the chain from one height is asked.
const CHAINS: usize = 3;

/// After how long a question counts as not answered, whatever the shell says of it: longer than
/// a shell waits, which may lose a word.
pub const LOST_MS: u64 = 15_000;

#[derive(Clone, Debug)]
struct Open {
    peer: PeerId,
    asked: Asked,
    since: Millis,
    /// Its answer is here and being looked at.
    is_here: bool,
    /// The blocks in it.
    held: Vec<(BlockHash, Height)>,
}

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

/// All questions under way, and whom to ask next.
#[derive(Debug, Default)]
pub struct Asks {
    last: u64,
    open: BTreeMap<u64, Open>,
    /// Who has what.
    pub sources: Sources,
    searches: BTreeMap<BlockHash, Search>,
    /// How long bodies that came took of late.
    usual_ms: u64,
    wake: Option<Millis>,
}

impl Asks {
    /// A number for a question to a peer; none while its place there is taken.
    pub fn begin(&mut self, peer: PeerId, asked: Asked, now: Millis) -> Option<u64> {
        if self.since(peer, asked).is_some() {
            return None;
        }
        self.last = self.last.saturating_add(1);
        self.open
            .insert(self.last, Open { peer, asked, since: now, is_here: false, held: Vec::new() });
        Some(self.last)
    }

    /// An answer came: to which question, once. One for blocks is under way until
    /// [`Asks::end`].
    pub fn answered(&mut self, peer: PeerId, ask: u64, now: Millis) -> Option<Asked> {
        let open = self.open.get_mut(&ask).filter(|open| open.peer == peer && !open.is_here)?;
        open.is_here = true;
        let (asked, took) = (open.asked, now.0.saturating_sub(open.since.0));
        if matches!(asked, Asked::Blocks(Want::Block(_))) {
            self.usual_ms = self.usual_ms.saturating_mul(7).saturating_add(took).div_euclid(8);
        }
        if !matches!(asked, Asked::Blocks(_)) {
            self.open.remove(&ask);
        }
        Some(asked)
    }

    /// No answer comes; answers for which blocks it would have been.
    pub fn unanswered(&mut self, peer: PeerId, ask: u64) -> Option<Want> {
        let open = self.open.get(&ask).filter(|open| open.peer == peer && !open.is_here)?;
        let Asked::Blocks(want) = open.asked else {
            self.open.remove(&ask);
            return None;
        };
        Some(want)
    }

    /// A question for blocks has ended.
    pub fn end(&mut self, peer: PeerId, want: &Want, outcome: Outcome, at: (Millis, &Lacks)) {
        let (now, lacks) = at;
        self.open.retain(|_, open| open.peer != peer || open.asked != Asked::Blocks(*want));
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
        let asked = Asked::Blocks(*want);
        let mut open = self.open.values_mut();
        if let Some(open) = open.find(|open| open.peer == peer && open.asked == asked) {
            open.held = held;
        }
    }

    /// The blocks of an answer were looked at: how far it has brought us.
    pub fn brought(
        &mut self,
        peer: PeerId,
        want: &Want,
        is_taken: impl Fn(&BlockHash, Height) -> bool,
    ) {
        let asked = Asked::Blocks(*want);
        let open = self.open.values().filter(|open| open.peer == peer && open.asked == asked);
        let held = open.flat_map(|open| &open.held).filter(|(hash, at)| is_taken(hash, *at));
        match (held.map(|(_, height)| *height).max(), want) {
            (None, _) => {}
            (Some(_), Want::Block(_)) => self.sources.served(peer),
            (Some(height), Want::Chain { .. }) => self.sources.moved(peer, height),
        }
    }

    /// Whether the chain that a peer was asked for is being looked at.
    #[must_use]
    pub fn is_chain_here(&self, peer: PeerId) -> bool {
        let is_chain = |open: &Open| matches!(open.asked, Asked::Blocks(Want::Chain { .. }));
        self.open.values().any(|open| open.peer == peer && open.is_here && is_chain(open))
    }

    /// A peer is gone: nothing that was asked of it will be answered.
    pub fn gone(&mut self, peer: PeerId, now: Millis) {
        for open in self.open.values().filter(|open| open.peer == peer) {
            let Asked::Blocks(Want::Block(hash)) = open.asked else { continue };
            if let Some(search) = self.searches.get_mut(&hash) {
                search.next = now;
            }
        }
        self.open.retain(|_, open| open.peer != peer);
        self.sources.gone(peer);
    }

    /// When to look again, if nothing happens before.
    #[must_use]
    pub const fn wakes_at(&self) -> Option<Millis> {
        self.wake
    }

    /// Whether nothing is under way and nobody told of a block that we lack: then there is
    /// nothing to look at again.
    pub fn rest_if_quiet(&mut self) -> bool {
        let is_quiet = self.open.is_empty() && self.sources.is_quiet();
        if is_quiet {
            self.searches.clear();
            self.wake = None;
        }
        is_quiet
    }

    /// How many questions are under way.
    #[must_use]
    pub fn count(&self) -> usize {
        self.open.len()
    }

    /// Whom to ask now for what.
    pub fn due(&mut self, now: Millis, lacks: &Lacks) -> Vec<(PeerId, u64, Want)> {
        self.lose(now, lacks);
        let mut out = Vec::new();
        self.bodies(now, lacks, &mut out);
        self.chains(now, lacks, &mut out);
        let searches = self.searches.values().map(|search| search.next);
        let resting = self.sources.wakes_at(now);
        let ages = self.open.values().filter(|o| matches!(o.asked, Asked::Blocks(_)) && !o.is_here);
        let ages = ages.map(|open| Millis(open.since.0.saturating_add(quarter(lacks.slot_ms))));
        self.wake = searches.chain(resting).chain(ages).filter(|at| *at > now).min();
        out
    }

    /// Gives up questions of which the shell never said what became of them.
    fn lose(&mut self, now: Millis, lacks: &Lacks) {
        let is_lost = |open: &Open| open.since.0.saturating_add(LOST_MS) <= now.0 && !open.is_here;
        let lost: Vec<_> = self.open.extract_if(.., |_, open| is_lost(open)).collect();
        for (_, open) in lost {
            if let Asked::Blocks(want) = open.asked {
                self.end(open.peer, &want, Outcome::Silence, (now, lacks));
            }
        }
    }

    fn has_room(&self, is_chain: bool, (now, slot_ms): (Millis, u64)) -> bool {
        let is_young = |open: &&Open| open.is_here || now.0.saturating_sub(open.since.0) < slot_ms;
        let (mut bodies, mut chains) = (0_usize, 0_usize);
        for open in self.open.values().filter(is_young) {
            match open.asked {
                Asked::Blocks(Want::Block(_)) => bodies = bodies.saturating_add(1),
                Asked::Blocks(Want::Chain { .. }) => chains = chains.saturating_add(1),
                Asked::Status | Asked::Offer | Asked::Claim => {}
            }
        }
        bodies.saturating_add(chains) < YOUNG && (!is_chain || chains < YOUNG_CHAINS)
    }

    fn ask(
        &mut self,
        peer: PeerId,
        want: Want,
        now: Millis,
        out: &mut Vec<(PeerId, u64, Want)>,
    ) -> bool {
        let ask = self.begin(peer, Asked::Blocks(want), now);
        out.extend(ask.map(|ask| (peer, ask, want)));
        ask.is_some()
    }

    fn bodies(&mut self, now: Millis, lacks: &Lacks, out: &mut Vec<(PeerId, u64, Want)>) {
        self.searches.retain(|hash, _| lacks.bodies.iter().any(|body| body.hash == *hash));
        for body in &lacks.bodies {
            let hash = &body.hash;
            let new = Search { tried: Vec::new(), others: 0, rounds: 0, next: now };
            let mut search = self.searches.remove(hash).unwrap_or(new);
            let is_here = self.is_here(hash);
            while search.next <= now && !is_here && self.has_room(false, (now, lacks.slot_ms)) {
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
        body: &Body,
        search: &mut Search,
        (now, lacks): (Millis, &Lacks),
    ) -> Option<Step> {
        let (hash, quarter) = (&body.hash, self.patience(lacks.slot_ms));
        let untried = body.tellers.iter().filter(|peer| !search.tried.contains(peer));
        let mut untried = untried.filter(|peer| self.sources.is_ready(**peer, now));
        let place = |peer: &PeerId| self.since(*peer, Asked::Blocks(Want::Block(*hash)));
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
        body: &Body,
        search: &Search,
        (now, lacks): (Millis, &Lacks),
    ) -> Option<PeerId> {
        let asked = Asked::Blocks(Want::Block(body.hash));
        let is_free =
            |peer: &PeerId| !search.tried.contains(peer) && self.since(*peer, asked).is_none();
        let rank = |peer: &PeerId| (body.maker != Some(*peer), !lacks.kept.contains(peer));
        let ready = self.sources.ready(now).into_iter().filter(|(peer, _)| is_free(peer));
        let mut free: Vec<_> =
            ready.map(|(peer, failures)| (rank(&peer), failures, peer)).collect();
        free.sort_unstable();
        let (rank, least, _) = free.first().copied()?;
        free.retain(|(other, failures, _)| (*other, *failures) == (rank, least));
        let first = body.hash.0.first().copied().map_or(0, usize::from).checked_rem(free.len())?;
        free.get(first).map(|(.., peer)| *peer)
    }

    /// Since when the place of a peer that a question needs is taken.
    fn since(&self, peer: PeerId, asked: Asked) -> Option<Millis> {
        let mut open = self.open.values();
        open.find(|o| o.peer == peer && o.asked.shares_place(asked)).map(|open| open.since)
    }

    /// How long a body is waited for before another peer is asked: a quarter of a slot, or longer
    /// where all take longer, so that nobody is asked twice for being busy; at most a slot.
    fn patience(&self, slot_ms: u64) -> u64 {
        quarter(slot_ms).max(self.usual_ms.saturating_mul(2)).min(slot_ms.max(1))
    }

    /// Whether the answer to a question for a body is being looked at.
    fn is_here(&self, hash: &BlockHash) -> bool {
        let want = Asked::Blocks(Want::Block(*hash));
        self.open.values().any(|open| open.is_here && open.asked == want)
    }

    /// Whether an answer to a question for a body was handed on to be looked at.
    #[must_use]
    pub fn is_looked_at(&self, hash: &BlockHash) -> bool {
        let want = Asked::Blocks(Want::Block(*hash));
        self.open.values().any(|open| !open.held.is_empty() && open.asked == want)
    }

    fn chains(&mut self, now: Millis, lacks: &Lacks, out: &mut Vec<(PeerId, u64, Want)>) {
        let mut ready = self.sources.ready(now);
        ready.sort_by_key(|(peer, failures)| (*failures > 0, !lacks.kept.contains(peer)));
        for (peer, _) in ready {
            let Some((from, tip)) = self.sources.chain(peer, lacks.place) else { continue };
            if self.may_ask_from(from, now, lacks.slot_ms)
                && self.has_room(true, (now, lacks.slot_ms))
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
        let same = self.open.values().filter(
            |open| matches!(open.asked, Asked::Blocks(Want::Chain { from, .. }) if from == height),
        );
        let (mut young, mut last) = (0_usize, Millis::ZERO);
        for open in same {
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
