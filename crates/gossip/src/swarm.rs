//! The libp2p stack: which protocols run, and the settings each needs.
//!
//! The settings that are not obvious, and why:
//!
//! - The gossip frame limit is well above the message limit, because libp2p-gossipsub
//!   0.50 measures its whole read buffer, with up to 8 KiB of the next frame in it.
//! - At most 500 message names go into one control message, because a peer refuses
//!   control messages of more than 16 KiB and the library's own maximum is 5 000 names.
//! - Scores punish what is invalid and nothing else. Quiet, slow or overloaded peers
//!   are honest; a peer that lags is not thrown out of the mesh for it.
//! - Identify runs every 20 s on every connection and so finds the dead ones, which
//!   plain TCP would keep for a quarter of an hour. It tells where we listen, so that
//!   peers can be told of each other; of what a peer says only the ports are used.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use libp2p::allow_block_list::{self, BlockedPeers};
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::gossipsub::{
    self, IdentityTransform, MaxCountSubscriptionFilter, MessageAuthenticity, PeerScoreParams,
    PeerScoreThresholds, TopicScoreParams, ValidationMode, Version, WhitelistSubscriptionFilter,
};
use libp2p::identity::{Keypair, PublicKey};
use libp2p::request_response::{self, ProtocolSupport};
use libp2p::swarm::NetworkBehaviour;
use libp2p::{Swarm, SwarmBuilder, identify, noise, tcp, yamux};

use crate::frame::Frames;
use crate::names::{ChainNames, MessageName, TOPICS};
use crate::{GossipError, Limits};

/// Below this score a peer is not heard any more, and the room sends it away.
pub(crate) const GRAYLIST: f64 = -80.0;

/// The gossip protocol with our filter: our topics and no others.
pub(crate) type Gossip = gossipsub::Behaviour<IdentityTransform, Filter>;
type Filter = MaxCountSubscriptionFilter<WhitelistSubscriptionFilter>;

/// All protocols of a node.
#[derive(NetworkBehaviour)]
pub(crate) struct Stack {
    /// First, so that nothing is set up for a connection that is refused.
    pub(crate) limits: connection_limits::Behaviour,
    /// Peers that are kept away.
    pub(crate) blocked: allow_block_list::Behaviour<BlockedPeers>,
    pub(crate) identify: identify::Behaviour,
    pub(crate) gossip: Gossip,
    pub(crate) ask: request_response::Behaviour<Frames>,
}

/// Puts the stack together; nothing is bound or dialled yet.
pub(crate) fn build(
    key: Keypair,
    names: &ChainNames,
    limits: &Limits,
) -> Result<Swarm<Stack>, GossipError> {
    let stack = Stack {
        limits: connection_limits::Behaviour::new(connections(limits)),
        blocked: allow_block_list::Behaviour::default(),
        identify: identify::Behaviour::new(identity(key.public(), names)),
        gossip: gossip(names, limits)?,
        ask: ask(names, limits),
    };
    let swarm = SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)
        .map_err(|why| GossipError::Setup { part: "transport", why: why.to_string() })?
        .with_behaviour(|_| stack)
        .map_err(|why| GossipError::Setup { part: "protocols", why: why.to_string() })?
        .with_swarm_config(|swarm| swarm.with_idle_connection_timeout(IDLE))
        .with_connection_timeout(limits.handshake())
        .build();
    Ok(swarm)
}

/// Longer than the time between two identify rounds, so a live connection never idles.
const IDLE: Duration = Duration::from_secs(3_600);

fn connections(limits: &Limits) -> ConnectionLimits {
    ConnectionLimits::default()
        .with_max_pending_incoming(Some(16))
        .with_max_pending_outgoing(Some(32))
        .with_max_established_incoming(u32::try_from(limits.inbound_peers).ok())
        .with_max_established_outgoing(Some(16))
        .with_max_established_per_peer(Some(2))
}

fn identity(key: PublicKey, names: &ChainNames) -> identify::Config {
    identify::Config::new(names.version.clone(), key)
        .with_agent_version(concat!("weft/", env!("CARGO_PKG_VERSION")).to_owned())
        .with_interval(Duration::from_secs(20))
        .with_cache_size(0)
}

fn ask(names: &ChainNames, limits: &Limits) -> request_response::Behaviour<Frames> {
    let frames =
        Frames { request_bytes: limits.request_bytes, response_bytes: limits.response_bytes };
    let streams = 2 * (limits.inbound_per_peer + limits.outbound_per_peer);
    let config = request_response::Config::default()
        .with_request_timeout(limits.request_timeout())
        .with_max_concurrent_streams(streams);
    let protocols = [(names.ask.clone(), ProtocolSupport::Full)];
    request_response::Behaviour::with_codec(frames, protocols, config)
}

fn gossip(names: &ChainNames, limits: &Limits) -> Result<Gossip, GossipError> {
    let refused = |why: String| GossipError::Setup { part: "gossip", why };
    let hashes: HashSet<_> = names.hashes().iter().cloned().collect();
    let filter = MaxCountSubscriptionFilter {
        filter: WhitelistSubscriptionFilter(hashes),
        max_subscribed_topics: TOPICS,
        max_subscriptions_per_request: 2 * TOPICS,
    };
    let config = mesh(names, limits).map_err(|why| refused(why.to_string()))?;
    let mut gossip =
        Gossip::new_with_subscription_filter(MessageAuthenticity::Anonymous, config, filter)
            .map_err(|why| refused(why.to_owned()))?;
    gossip.with_peer_score(scores(names, limits), thresholds()).map_err(refused)?;
    for topic in names.topics() {
        gossip.subscribe(topic).map_err(|why| refused(why.to_string()))?;
    }
    Ok(gossip)
}

/// Time between two rounds of mesh upkeep.
const HEARTBEAT: Duration = Duration::from_millis(700);
/// Room for framing and for the read-ahead of the library's decoder.
const FRAMING_BYTES: usize = 16 * 1_024;
/// Rounds for which a message may still be asked for by name.
const HISTORY_GOSSIP: usize = 3;

fn mesh(
    names: &ChainNames,
    limits: &Limits,
) -> Result<gossipsub::Config, gossipsub::ConfigBuilderError> {
    gossipsub::ConfigBuilder::default()
        .protocol_id(names.gossip.clone(), Version::V1_1)
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(|message| MessageName::of(&message.topic, &message.data).id())
        .max_transmit_size(limits.message_bytes + FRAMING_BYTES)
        .max_control_messages_sent(500)
        .max_publish_messages(500)
        .heartbeat_interval(HEARTBEAT)
        .heartbeat_initial_delay(Duration::from_millis(100))
        .history_length(history(limits.verdict()))
        .history_gossip(HISTORY_GOSSIP)
        .duplicate_cache_time(Duration::from_secs(120))
        // A peer is grafted as soon as it subscribes while there are fewer than
        // `mesh_n_low`: up to seven nodes are a full mesh without any heartbeat.
        .mesh_n(8)
        .mesh_n_low(6)
        .mesh_n_high(12)
        .mesh_outbound_min(2)
        .flood_publish(true)
        .prune_backoff(Duration::from_secs(10))
        .unsubscribe_backoff(Duration::from_secs(1))
        .connection_handler_queue_len(limits.queue_messages)
        .publish_queue_duration(Duration::from_secs(5))
        .forward_queue_duration(Duration::from_secs(5))
        .build()
}

/// Rounds for which a message is kept: longer than its verdict may take.
fn history(verdict: Duration) -> usize {
    let rounds = verdict.as_millis().div_ceil(HEARTBEAT.as_millis());
    let rounds = usize::try_from(rounds).expect("a verdict takes a minute at most");
    HISTORY_GOSSIP.max(rounds + 2)
}

/// One rejected message ends gossip with its sender, three graylist it.
fn scores(names: &ChainNames, limits: &Limits) -> PeerScoreParams {
    let topics: HashMap<_, _> =
        names.hashes().iter().map(|hash| (hash.clone(), topic_score())).collect();
    let loopback = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
    PeerScoreParams {
        topics,
        topic_score_cap: 5.0,
        ip_colocation_factor_threshold: 8.0,
        ip_colocation_factor_whitelist: HashSet::from(loopback),
        behaviour_penalty_weight: -0.5,
        behaviour_penalty_threshold: 10.0,
        // A score does not recover while its peer is away; forgotten before the ban
        // ends, it does not send the peer away again at once.
        retain_score: limits.ban() / 2,
        slow_peer_weight: 0.0,
        ..PeerScoreParams::default()
    }
}

fn thresholds() -> PeerScoreThresholds {
    PeerScoreThresholds {
        gossip_threshold: -10.0,
        publish_threshold: -50.0,
        graylist_threshold: GRAYLIST,
        accept_px_threshold: 10.0,
        opportunistic_graft_threshold: 0.0,
    }
}

fn topic_score() -> TopicScoreParams {
    TopicScoreParams {
        topic_weight: 1.0,
        time_in_mesh_weight: 0.01,
        time_in_mesh_quantum: Duration::from_secs(1),
        time_in_mesh_cap: 100.0,
        first_message_deliveries_weight: 0.1,
        first_message_deliveries_decay: 0.9,
        first_message_deliveries_cap: 10.0,
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        invalid_message_deliveries_weight: -20.0,
        // Down to a tenth in about five minutes of good behaviour.
        invalid_message_deliveries_decay: 0.992,
        ..TopicScoreParams::default()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{HEARTBEAT, build, history, topic_score};
    use crate::names::{ChainNames, keypair};
    use crate::{GossipError, Limits};

    #[tokio::test]
    async fn the_stack_can_be_built_from_the_defaults() -> Result<(), GossipError> {
        let names = ChainNames::new(&[1; 32])?;
        build(keypair(&[2; 32])?, &names, &Limits::default()).map(drop)
    }

    #[test]
    fn a_message_is_kept_longer_than_its_verdict_may_take() {
        for verdict_ms in [1, 700, 701, 5_000, 60_000] {
            let verdict = Duration::from_millis(verdict_ms);
            let kept = HEARTBEAT * u32::try_from(history(verdict) - 1).unwrap();
            assert!(kept > verdict);
        }
    }

    #[test]
    fn good_deeds_never_outweigh_three_invalid_messages() {
        let topic = topic_score();
        let best = topic.time_in_mesh_weight * topic.time_in_mesh_cap
            + topic.first_message_deliveries_weight * topic.first_message_deliveries_cap;
        let three = 9.0 * topic.invalid_message_deliveries_weight;
        assert!(3.0 * best + three < super::GRAYLIST);
        assert!(topic.validate().is_ok());
    }
}
