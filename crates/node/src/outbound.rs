//! What the engine does with an effect: one short function for each.

use crate::engine::{Engine, now};
use crate::error::NodeError;
use crate::peers::Pending;
use crate::submit::AccountsAt;
use crate::wire::{Claim, Kind, Request, pack};
use std::collections::BTreeSet;
use std::sync::Arc;
use weft_consensus::{
    Draft, Effect, Fault, Foreign, PeerId, Refusal, Skip, Status, Ticket, Verdict as Judgement,
    VoteRecord, Want,
};
use weft_gossip::{Command, MessageName, PeerName, Topic, Verdict};
use weft_types::check::ShareError;
use weft_types::room::proofs;
use weft_types::share::items_bytes;
use weft_types::{
    BlockHash, Canonical, CheckedBlock, Evidence, Limits, Params, PublicKey, SecretKey, Share,
    SignedHeader, VoterSet,
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

impl Engine {
    /// Writes an executed block to the log; it is synced before anything leaves.
    pub(crate) fn append(&mut self, block: Arc<CheckedBlock>) -> Result<(), NodeError> {
        self.metrics.blocks.inc();
        self.store.append(&block)?;
        self.finals.remember(block);
        Ok(())
    }

    /// Syncs the log, then the vote record (R7): what follows may leave.
    pub(crate) fn record(&mut self, record: &VoteRecord) -> Result<(), NodeError> {
        self.store.sync()?;
        self.store.write_vote(&record.to_bytes())?;
        self.last_vote = Some(record.clone());
        Ok(())
    }

    pub(crate) fn announce(&mut self, header: &SignedHeader) {
        self.publish(Topic::Headers, pack(Kind::Header, &header.to_bytes()));
    }

    pub(crate) fn send_share(&mut self, share: &Share) {
        self.metrics.shares_sent.inc();
        self.publish(Topic::Shares, pack(Kind::Share, &share.to_bytes()));
    }

    /// Fills a draft from the pool.
    pub(crate) fn propose(&mut self, draft: Draft) -> Vec<Effect> {
        let parent = self.core.executor().view(&draft.header.parent);
        let params = parent.map_or(&self.chain.params, |view| self.numbers(&view));
        let limits = left_beside(&draft, params);
        let txs = {
            let accounts = AccountsAt::of(self.core.executor(), &draft.header.parent);
            self.pool.pick(&limits, &accounts)
        };
        self.core.seal(now(), draft, txs)
    }

    pub(crate) fn evidence(&mut self, evidence: Evidence) {
        self.metrics.evidence.inc();
        tracing::warn!(?evidence, "an offence was seen");
        self.reports.add(evidence);
    }

    /// Our key runs elsewhere too; the core signs nothing more.
    pub(crate) fn key_twice(seen: &Foreign) {
        tracing::error!(%seen, "our key signed this and our vote file does not hold it: the key runs elsewhere too, nothing more is signed here");
    }

    pub(crate) fn refused(&mut self, hash: &BlockHash, why: &Refusal) {
        self.metrics.refused.inc();
        tracing::info!(%hash, %why, "refused");
    }

    pub(crate) fn publish(&mut self, topic: Topic, data: Vec<u8>) {
        self.command(Command::Publish { topic, data });
    }

    /// Hands a command to gossip; when its queue is full the command is lost, as any
    /// message on a network may be, and counted.
    pub(crate) fn command(&mut self, command: Command) {
        if self.gossip.commands.try_send(command).is_err() {
            self.metrics.commands_lost.inc();
        }
    }

    pub(crate) fn judge(&mut self, message: MessageName, verdict: Verdict) {
        self.command(Command::Verdict { message, verdict });
    }

    pub(crate) fn verdict(&mut self, ticket: Ticket, verdict: &Judgement) {
        let Some(Pending { message, from, bytes }) = self.peers.redeem(ticket) else { return };
        let verdict = match verdict {
            Judgement::Accept => Verdict::Accept,
            Judgement::Ignore(why) => {
                tracing::trace!(%why, "message ignored");
                if matches!(why, Skip::UnknownRules { .. } | Skip::OtherVersion { .. }) {
                    self.unreadable(from, bytes);
                }
                Verdict::Ignore
            }
            // R21: by other numbers than ours it may be right.
            Judgement::Reject(Fault::Share(ShareError::TooLarge { .. })) => {
                self.unreadable(from, bytes);
                Verdict::Ignore
            }
            Judgement::Reject(why) => {
                tracing::info!(%why, "message rejected");
                Verdict::Reject
            }
        };
        self.judge(message, verdict);
    }

    pub(crate) fn fetch(&mut self, peer: PeerId, want: Want) {
        let data = pack(Kind::Request, &Request::Blocks(want).to_bytes());
        let id = self.relay.ask(Some(want));
        self.ask(peer, id, data);
    }

    fn ask(&mut self, peer: PeerId, id: u64, data: Vec<u8>) {
        if let Some(peer) = self.peers.name(peer) {
            self.command(Command::Request { peer, id, data });
        }
    }

    /// Tells a peer where we are, and asks where it is.
    pub(crate) fn greet(&mut self, peer: PeerId) {
        let data = pack(Kind::Request, &Request::Status(self.core.status()).to_bytes());
        let id = self.relay.ask(None);
        self.ask(peer, id, data);
    }

    /// Tells a peer which voter's node this is, if it is one's: it keeps a place for us then.
    pub(crate) fn claim(&mut self, peer: PeerId) {
        let Some(key) = self.reports.key().filter(|key| self.votes(&key.public())) else { return };
        let claim = Claim::of(key, &self.gossip.local.to_string(), &self.chain.id);
        let data = pack(Kind::Request, &Request::Voter(claim).to_bytes());
        let id = self.relay.ask(None);
        self.ask(peer, id, data);
    }

    /// A peer says that it is the node of a voter. Who votes is looked at first, and one
    /// signature of each connection.
    pub(crate) fn claimed(&mut self, (peer, name): (PeerId, &PeerName), claim: &Claim) {
        if !self.votes(&claim.voter) || !self.peers.claims(peer) {
            return;
        }
        if claim.is_for(&name.to_string(), &self.chain.id) {
            self.command(Command::Keep { voter: claim.voter.0, peer: *name });
        } else {
            self.punish(peer, "it says to be the node of a voter that did not say so");
        }
    }

    /// Whether a key votes in the state of the head.
    pub(crate) fn votes(&self, key: &PublicKey) -> bool {
        self.sets().any(|set| set.get(key).is_some())
    }

    /// The voter sets of the state of the head.
    fn sets(&self) -> impl Iterator<Item = &VoterSet> {
        let head = self.core.forks().tree().get(&self.core.head_hash());
        let sets = head.map(|head| &head.standing.sets);
        sets.into_iter().flat_map(|sets| [Some(&sets.current), sets.previous.as_ref()]).flatten()
    }

    /// When others vote than before, gossip hears who does; and the peers hear it when we do.
    pub(crate) fn tell_voters(&mut self) {
        let now: BTreeSet<_> = self.sets().flat_map(|set| &set.voters).map(|v| v.key).collect();
        if !self.peers.has_news(&now) {
            return;
        }
        let voters = now.iter().map(|key| key.0).collect();
        if self.gossip.commands.try_send(Command::Voters { voters }).is_err() {
            return; // Its queue is full; at the next look it hears it.
        }
        let ours = self.reports.key().map(SecretKey::public);
        let votes_now = ours.filter(|key| now.contains(key));
        let before = self.peers.told_voters(now);
        if votes_now.is_some_and(|key| !before.contains(&key)) {
            let peers: Vec<_> = self.peers.all().map(|(id, _)| *id).collect();
            peers.into_iter().for_each(|peer| self.claim(peer));
        }
    }

    pub(crate) fn send_status(&mut self, status: Status) {
        let peers: Vec<_> = self.peers.all().map(|(id, _)| *id).collect();
        let data = pack(Kind::Request, &Request::Status(status).to_bytes());
        for peer in peers {
            let id = self.relay.ask(None);
            self.ask(peer, id, data.clone());
        }
    }

    pub(crate) fn respond(&mut self, ticket: u64, data: Option<Vec<u8>>) {
        self.command(Command::Respond { ticket, data });
    }

    pub(crate) fn punish(&mut self, peer: PeerId, why: &str) {
        self.metrics.punished.inc();
        tracing::warn!(peer = peer.0, %why, "peer punished");
        if let Some(peer) = self.peers.name(peer) {
            self.command(Command::Punish { peer, reason: why.to_owned() });
        }
    }
}
