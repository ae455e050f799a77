//! What the engine does with an effect of the core: one short function for each.

use crate::accounts::AccountsAt;
use crate::engine::Engine;
use crate::halt::Halt;
use crate::io::{Io, Judgement, Note, Topic};
use crate::peers::Pending;
use crate::questions::Question;
use crate::wire::{Kind, Request, VoterClaim, pack};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use weft_consensus::{Draft, Effect, Fault, Finding, PeerId, Skip, Status, Ticket, VoteRecord};
use weft_types::check::{Known, ShareError};
use weft_types::room::proofs;
use weft_types::share::items_bytes;
use weft_types::{
    Canonical, CheckedBlock, Evidence, Limits, Params, PublicKey, Share, SignedHeader, VoterSet,
};

/// What a draft leaves for transactions, as the ledger counts it (R19).
fn left_beside(draft: &Draft, params: &Params) -> Limits {
    let items = draft.proof.iter().map(|share| items_bytes(&share.share().items));
    let items = items.fold(0_usize, usize::saturating_add);
    let taken = proofs(params, u64::try_from(items).unwrap_or(u64::MAX));
    let taken = u32::try_from(taken).unwrap_or(u32::MAX);
    let mut limits = params.limits.clone();
    limits.block_bytes = limits.block_bytes.saturating_sub(taken);
    limits
}

impl<K: Known> Engine<K> {
    /// Carries out effects, and those that they lead to, in order.
    ///
    /// # Errors
    /// [`Halt`] when the node can't go on.
    pub(crate) fn apply(&mut self, effects: Vec<Effect>) -> Result<(), Halt> {
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            match effect {
                Effect::Append(block) => self.append(block),
                Effect::Record(record) => self.record(record),
                Effect::Announce(header) => self.announce(&header),
                Effect::SendShare(share) => self.send_share(&share),
                Effect::Propose(draft) => {
                    let more = self.propose(draft);
                    more.into_iter().rev().for_each(|effect| queue.push_front(effect));
                }
                Effect::Finalized { hash, .. } => self.finalized(hash)?,
                Effect::Head(hash) => self.new_head(hash),
                Effect::Finding { ticket, finding } => self.found(ticket, &finding),
                Effect::SendStatus(status) => self.send_status(status),
                Effect::Punish { peer, why } => self.punish(peer, why.to_string()),
                Effect::Evidence(evidence) => self.evidence(evidence),
                Effect::KeyTwice(seen) => self.note(Note::KeyTwice(seen)),
                Effect::Dismissed { hash, why } => self.note(Note::Dismissed { hash, why }),
                Effect::Wake(at) => self.wake = at,
            }
        }
        Ok(())
    }

    fn append(&mut self, block: Arc<CheckedBlock>) {
        self.out(Io::Append(Arc::clone(&block)));
        self.finals.remember(block);
    }

    /// The log is synced, then the vote record written (R7): what follows may leave.
    fn record(&mut self, record: VoteRecord) {
        self.out(Io::Sync);
        self.out(Io::Vote(record.clone()));
        self.voted(record);
    }

    fn announce(&mut self, header: &SignedHeader) {
        let data = pack(Kind::Header, &header.to_bytes());
        self.out(Io::Publish { topic: Topic::Headers, data });
    }

    fn send_share(&mut self, share: &Share) {
        self.note(Note::ShareSent);
        let data = pack(Kind::Share, &share.to_bytes());
        self.out(Io::Publish { topic: Topic::Shares, data });
    }

    /// Fills a draft from the pool.
    fn propose(&mut self, draft: Draft) -> Vec<Effect> {
        let executor = self.core.executor();
        let parent = executor.view(&draft.header.parent);
        let numbers = parent.map(|view| executor.ledger().numbers_of(&view));
        let limits = left_beside(&draft, numbers.unwrap_or(&self.params));
        let txs = {
            let accounts = AccountsAt::of(self.core.executor(), &draft.header.parent);
            self.pool.look().pick(&limits, &accounts)
        };
        self.core.seal(self.now, draft, txs)
    }

    fn evidence(&mut self, evidence: Evidence) {
        self.reports.add(evidence.clone());
        self.note(Note::Offence(evidence));
    }

    fn found(&mut self, ticket: Ticket, finding: &Finding) {
        let Some(Pending { message, from, bytes }) = self.peers.redeem(ticket) else { return };
        let judgement = match finding {
            Finding::Accept => Judgement::Accept,
            Finding::Ignore(why) => {
                self.note(Note::Ignored(why.to_string()));
                if matches!(why, Skip::UnknownRules { .. } | Skip::OtherVersion { .. }) {
                    self.unreadable(from, bytes);
                }
                Judgement::Ignore
            }
            // R21: by other numbers than ours it may be right.
            Finding::Reject(Fault::Share(ShareError::TooLarge { .. })) => {
                self.unreadable(from, bytes);
                Judgement::Ignore
            }
            Finding::Reject(why) => {
                self.note(Note::Rejected(why.to_string()));
                Judgement::Reject
            }
        };
        self.judge(message, judgement);
    }

    /// Tells a peer where we are, and asks where it is.
    pub(crate) fn greet(&mut self, peer: PeerId) {
        self.ask_status(peer, self.core().status());
    }

    /// Tells a peer which voter's node this is, if it is one's: it keeps a place for us then.
    pub(crate) fn claim(&mut self, peer: PeerId) {
        let Some(claim) = self.own_claim().filter(|claim| self.votes(&claim.voter)) else { return };
        let request = Request::Voter(claim.clone());
        self.ask(peer, Question::Claim, &request);
    }

    /// A peer says that it is the node of a voter. Who votes is looked at first, and one
    /// signature of each connection.
    pub(crate) fn claimed(&mut self, peer: PeerId, claim: &VoterClaim) {
        if !self.votes(&claim.voter) || !self.peers.claims(peer) {
            return;
        }
        let is_for = |name| claim.is_for(name, self.chain());
        if self.peers.name(peer).is_some_and(is_for) {
            self.peers.keeps(peer, claim.voter);
            self.out(Io::Keep { voter: claim.voter, peer });
        } else {
            let why = "it says to be the node of a voter that did not say so";
            self.punish(peer, why.to_owned());
        }
    }

    /// Whether a key votes in the state of the head.
    #[must_use]
    pub fn votes(&self, key: &PublicKey) -> bool {
        self.sets().any(|set| set.get(key).is_some())
    }

    /// The voter sets of the state of the head.
    fn sets(&self) -> impl Iterator<Item = &VoterSet> {
        let head = self.core().forks().tree().get(&self.core().head_hash());
        let sets = head.map(|head| &head.standing.sets);
        sets.into_iter().flat_map(|sets| [Some(&sets.current), sets.previous.as_ref()]).flatten()
    }

    /// When others vote than before, the shell hears who does; and the peers hear it when we do.
    pub(crate) fn tell_voters(&mut self) {
        let now: BTreeSet<_> = self.sets().flat_map(|set| &set.voters).map(|v| v.key).collect();
        if !self.peers.has_news(&now) {
            return;
        }
        self.out(Io::Voters(now.clone()));
        let votes_now = self.voter().filter(|key| now.contains(key));
        let before = self.peers.told_voters(now);
        if votes_now.is_some_and(|key| !before.contains(&key)) {
            self.peers.all().into_iter().for_each(|peer| self.claim(peer));
        }
    }

    fn send_status(&mut self, status: Status) {
        for peer in self.peers.all() {
            self.ask_status(peer, status);
            if self.peers.lacks_claim(peer, self.slot()) {
                self.claim(peer);
            }
        }
    }

    pub(crate) fn punish(&mut self, peer: PeerId, why: String) {
        self.out(Io::Punish { peer, why });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::check::{own_share, seal_block};
    use weft_types::key::derive_test_key;
    use weft_types::{
        Checkpoint, Commitment, Finality, Hash, Header, Height, Item, Netuid, Network, Round,
        RulesId, Slot, Vote, Work,
    };

    /// A6: what a block carries besides transactions is not picked again: it fits with what was
    /// left for these. A planted bug that this finds: limits that are passed on whole.
    #[test]
    fn r19_a_draft_leaves_for_transactions_what_header_shares_and_items_do_not_take() {
        let params = Params::preset(Network::Local);
        let at = Checkpoint { round: Round(1), hash: Hash::ZERO };
        let commitment = Commitment { netuid: Netuid(1), hash: Hash::ZERO, at: Height(1) };
        let share = |n: u16| {
            let key = derive_test_key("outbound", &n.to_string());
            let (voter, items) = (key.public(), Hash::ZERO);
            let signed = Vote { voter, source: at, target: at, items }.sign(&key, &Hash::ZERO);
            own_share(signed, vec![Item::Commit(commitment); 20])
        };
        let key = derive_test_key("outbound", "proposer");
        let header = Header {
            version: 1,
            signal: RulesId::NONE,
            slot: Slot(1),
            round: Round(1),
            height: Height(1),
            parent: Hash::ZERO,
            proposer: key.public(),
            txs_root: Hash::ZERO,
            proof_root: Hash::ZERO,
            state_root: Hash::ZERO,
            work: Work(0),
        };
        let proof: Vec<_> = (0..2 * params.max_voters).map(share).collect();
        let finality = Finality { justified: at, finalized: at };
        let draft =
            Draft { header: header.clone(), proof: proof.clone(), catch_up: None, finality };
        let left = left_beside(&draft, &params);
        let taken = params.limits.block_bytes - left.block_bytes;
        let sealed = seal_block(header, (&key, &Hash::ZERO), proof, None, vec![]);
        let sealed = u32::try_from(sealed.block().to_bytes().len()).unwrap();
        // As much more is kept as a catch-up proof takes.
        let spare = 2 * u32::from(params.max_voters) * 208 + 1_024;
        assert!(taken >= sealed && taken <= sealed + spare, "{taken} for {sealed}");
    }
}
