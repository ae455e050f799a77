//! The node's figures, in the names of docs/rpc.md.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Counters and gauges; each is registered once, here.
pub struct Metrics {
    registry: Registry,
    /// Blocks executed and logged.
    pub blocks: Counter,
    /// Shares signed.
    pub shares_sent: Counter,
    /// Peers that were punished.
    pub punished: Counter,
    /// Blocks and messages refused.
    pub refused: Counter,
    /// Offences seen.
    pub evidence: Counter,
    /// Commands that gossip's full queue lost.
    pub commands_lost: Counter,
    /// Transactions refused by pool or check.
    pub txs_refused: Counter,
    /// Blocks of the log that could not be read for a peer.
    pub unread: Counter,
    /// Bytes of messages in a format, kind or version that is not known here.
    pub unreadable: Counter,
    /// The version of the rules of the next block.
    pub rules_version: Gauge,
    /// The part of the power that signals rules that are not known here.
    pub rules_unknown: Gauge,
    /// Height of the head.
    pub height: Gauge,
    /// Height of the last final block.
    pub final_height: Gauge,
    /// Connected peers.
    pub peers: Gauge,
    /// Transactions that wait.
    pub pool: Gauge,
    /// Values that the head's state holds.
    pub state_values: Gauge,
    /// Values that it is meant to hold.
    pub state_capacity: Gauge,
    /// The longest that the loop waited for readers.
    pub loop_waited: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut all = Self {
            registry: Registry::with_prefix("weft"),
            blocks: Counter::default(),
            shares_sent: Counter::default(),
            punished: Counter::default(),
            refused: Counter::default(),
            evidence: Counter::default(),
            commands_lost: Counter::default(),
            txs_refused: Counter::default(),
            unread: Counter::default(),
            unreadable: Counter::default(),
            rules_version: Gauge::default(),
            rules_unknown: Gauge::default(),
            height: Gauge::default(),
            final_height: Gauge::default(),
            peers: Gauge::default(),
            pool: Gauge::default(),
            state_values: Gauge::default(),
            state_capacity: Gauge::default(),
            loop_waited: Gauge::default(),
        };
        let counters = [
            ("consensus_blocks", "Blocks executed and logged", &all.blocks),
            ("consensus_shares_sent", "Shares signed", &all.shares_sent),
            ("consensus_refused", "Blocks and messages refused", &all.refused),
            ("consensus_byzantine_evidence", "Offences seen", &all.evidence),
            ("p2p_banned", "Peers that were punished", &all.punished),
            ("p2p_commands_lost", "Commands lost at a full queue", &all.commands_lost),
            ("mempool_rejected", "Transactions refused", &all.txs_refused),
            (
                "p2p_unreadable_bytes",
                "Bytes of unknown formats, kinds or versions",
                &all.unreadable,
            ),
            ("store_unread", "Blocks that could not be read for a peer", &all.unread),
        ];
        for (name, help, counter) in counters {
            all.registry.register(name, help, counter.clone());
        }
        let gauges = [
            ("consensus_height", "Height of the head", &all.height),
            ("consensus_finalized_height", "Height of the last final block", &all.final_height),
            ("rules_version", "Version of the rules of the next block", &all.rules_version),
            (
                "rules_unknown_signal_ppm",
                "Power that signals rules unknown here, in millionths",
                &all.rules_unknown,
            ),
            ("p2p_peers", "Connected peers", &all.peers),
            ("mempool_txs", "Transactions that wait", &all.pool),
            ("state_values", "Values that the state holds", &all.state_values),
            ("state_capacity", "Values that the state is meant to hold", &all.state_capacity),
            (
                "rpc_loop_waited_us_max",
                "Longest wait of the loop for readers since the start, in microseconds",
                &all.loop_waited,
            ),
        ];
        for (name, help, gauge) in gauges {
            all.registry.register(name, help, gauge.clone());
        }
        all
    }
}

impl Metrics {
    /// All figures as text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(_) => String::new(),
        }
    }
}
