//! Answers about the node and its chain as a whole.

use crate::look::{Answer, Look};
use serde_json::{Value, json};
use weft_ledger::query;
use weft_rpc::{Health, Kind, RpcError};

impl Look<'_> {
    pub(crate) fn status(&self) -> Value {
        let (head, said, net) =
            (&self.seen.header, self.seen.said.as_ref(), self.reads.board.net());
        let Health { reasons, notes, .. } = self.health();
        json!({
            "name": self.reads.name,
            "peer": self.reads.peer,
            "time": self.now,
            "network": self.reads.chain.network,
            "chain_id": self.reads.chain.id,
            "height": head.height,
            "hash": self.seen.head.block(),
            "slot": head.slot,
            "round": head.round,
            "final_height": said.map(|said| said.height),
            "final_hash": said.map(|said| said.hash),
            "state_root": said.map(|said| said.state_root),
            "final_lag_slots": self.final_lag_slots(),
            "awaited": self.seen.awaited.map(|a| json!({ "height": a.height, "hash": a.hash })),
            "peers": net.peers.len(),
            "pool": self.reads.waiting.look().len(),
            "state": self.fullness(),
            "voter": self.seen.voter.as_ref().map(|voter| self.reads.chain.address(voter.key)),
            "rules": self.seen.rules,
            "stopped": self.stop_reason(),
            "ready": reasons.is_empty(),
            "reasons": reasons,
            "notes": notes,
            "version": env!("CARGO_PKG_VERSION"),
        })
    }

    /// What genesis says, and the numbers of the next block, which rules may have changed (R21).
    pub(crate) fn genesis(&self) -> Value {
        let (chain, head) = (&self.reads.chain, &self.seen.head);
        json!({
            "network": chain.network,
            "chain_id": chain.id,
            "name": chain.name,
            "genesis_time": chain.genesis_time,
            "params": head.ledger().numbers_of(&head.view()),
        })
    }

    pub(crate) fn supply(&self) -> Answer {
        self.read(|at| {
            let mut answer = json!(query::supply(&at.view));
            if self.parse::<Option<bool>>("audit")? == Some(true) {
                let board = &self.reads.board;
                let audit = at.state.audit(|| !board.is_hurried()).ok_or_else(broken_off)?;
                answer["conserved"] = json!(audit.is_ok());
                answer["fault"] = json!(audit.err().map(|e| e.to_string()));
            }
            Ok(answer)
        })
    }

    pub(crate) fn peer_list(&self) -> Value {
        let net = self.reads.board.net();
        let peer = |(name, addresses)| json!({ "name": name, "addresses": addresses });
        let peers: Vec<_> = net.peers.iter().map(peer).collect();
        json!({ "local": { "name": self.reads.peer, "addresses": net.own }, "peers": peers })
    }

    /// All figures, as they are at this moment.
    pub(crate) fn figures(&self) -> String {
        let all = &self.reads.metrics;
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        all.height.set(number(self.seen.header.height.0));
        all.final_height.set(self.seen.said.as_ref().map_or(0, |said| number(said.height.0)));
        all.peers.set(count(self.reads.board.net().peers.len()));
        all.pool.set(count(self.reads.waiting.look().len()));
        all.rules_version.set(i64::from(self.seen.rules.version));
        all.rules_unknown.set(i64::from(self.unknown_signals()));
        let full = self.fullness();
        all.state_values.set(number(full.values));
        all.state_capacity.set(number(full.capacity));
        all.loop_waited.set(number(self.reads.board.waited_us()));
        all.text()
    }

    pub(crate) fn voter_status(&self) -> Value {
        let voter = self.seen.voter.as_ref();
        let last_vote = voter.and_then(|voter| voter.last_vote.as_ref());
        json!({
            "voter": voter.map(|voter| self.reads.chain.address(voter.key)),
            "justified": self.seen.justified,
            "listens_until": voter.and_then(|voter| voter.listens_until),
            "not_offered": self.offer_note(),
            "key_runs_twice": voter.and_then(|voter| voter.foreign.as_ref()).map(ToString::to_string),
            "last_vote": last_vote.map(|r| json!({
                "target": r.last_target,
                "source": r.last_source,
                "proposed_slot": r.proposed,
            })),
        })
    }
}

/// An audit that kept too many final blocks waiting.
fn broken_off() -> RpcError {
    let text = "the audit took so long that the chain would have waited for it";
    RpcError::new(Kind::RateLimited, "AuditBrokenOff", text)
        .help("ask again when this machine has less to do, or audit a stopped node's copy")
}
