//! The markets: what a subnet costs, who goes next, what registering costs, how the
//! emission is shared, and who may vote.

use crate::rules::{PriceRule, lock_cost, next_eviction, reads, slots, stamp_difficulty};
use crate::state::Read;
use serde::Serialize;
use std::collections::BTreeMap;
use weft_types::{
    Endpoint, Hash, Height, Hyperparameters, Identity, Netuid, Parameter, Params, PublicKey, Rao,
    Uid, Wide,
};

/// The hyperparameters of a subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HyperparametersSheet {
    /// Which subnet.
    pub netuid: Netuid,
    /// Their values.
    pub hyperparameters: Hyperparameters,
    /// When an owner last set each; those never set are absent.
    pub set_at: BTreeMap<Parameter, Height>,
}

/// What creating a subnet costs in the next block, and whom it would evict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SubnetCost {
    /// What is locked.
    pub cost: Rao,
    /// It never falls below this.
    pub minimum: Rao,
    /// What the last creation locked; none before the first.
    pub last_lock: Option<Rao>,
    /// When that was.
    pub last_at: Option<Height>,
    /// How many slots there are.
    pub slots: u16,
    /// How many are taken.
    pub taken: u16,
    /// Who would go, when all are taken.
    pub evicts: Option<Netuid>,
    /// Whether a creation is possible at all.
    pub possible: bool,
}

/// A subnet in the order in which they go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Which.
    pub netuid: Netuid,
    /// The moving average of its share, 2^32 = all.
    pub share_average: u64,
    /// When it was created.
    pub registered_at: Height,
    /// From when on it can be evicted.
    pub immune_until: Height,
    /// Whether it can be evicted in the next block.
    pub evictable: bool,
}

/// Who would be evicted next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NextEviction {
    /// The subnet that a creation in the next block would evict if no slot were free.
    pub netuid: Option<Netuid>,
    /// Whether a slot is free, so that a creation evicts nobody.
    pub slot_free: bool,
    /// All subnets, the next to go first, those that can't go now last.
    pub order: Vec<Standing>,
}

/// What registering in a subnet costs in the next block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegistrationCost {
    /// Where.
    pub netuid: Netuid,
    /// The burn price; none when that door is closed.
    pub burn: Option<Rao>,
    /// The stamp difficulty in hashes, for a stamp that names this state's block; none
    /// when that door is closed.
    pub stamp_difficulty: Option<Wide>,
    /// The height of this state's block.
    pub height: Height,
    /// For how many blocks a stamp may name it.
    pub stamp_window: u64,
    /// Registrations that one block may hold.
    pub per_block: u16,
    /// How many neurons the subnet has.
    pub neurons: u16,
    /// How many it may have; a full one replaces somebody.
    pub max_uids: u16,
}

/// A subnet's part of the emission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PortionSheet {
    /// Whose.
    pub netuid: Netuid,
    /// Its weight; only the ratios count.
    pub weight: Wide,
}

/// A voter's row of the root matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RootRowSheet {
    /// Whose.
    pub hotkey: PublicKey,
    /// The height it looked at.
    pub view: Height,
    /// (netuid, score).
    pub scores: Vec<(Netuid, u16)>,
    /// The stake behind it, virtual stake counted.
    pub stake: Rao,
}

/// The root matrix and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RootSheet {
    /// When the last root epoch ran.
    pub last_epoch: Height,
    /// When the next is due.
    pub next_epoch: Height,
    /// The shares; empty while all started subnets share equally.
    pub shares: Vec<PortionSheet>,
    /// The rows of today's voters.
    pub rows: Vec<RootRowSheet>,
}

/// What a neuron says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NeuronSays {
    /// Whether it asks for a validator permit.
    pub seeks: bool,
    /// Where it can be reached.
    pub endpoint: Option<Endpoint>,
    /// Its live commitments: the epoch in which each may be revealed.
    pub reveals_in: Vec<u64>,
}

/// The hyperparameters of a subnet; none when there is no such subnet.
pub fn hyperparameters(state: &impl Read, netuid: Netuid) -> Option<HyperparametersSheet> {
    let hyperparameters = reads::subnet(state, netuid)?.hyperparameters;
    let set_at = reads::settings(state, netuid).into_iter().collect();
    Some(HyperparametersSheet { netuid, hyperparameters, set_at })
}

fn next_height(state: &impl Read) -> Height {
    let height = reads::chain(state).map_or(Height::ZERO, |chain| chain.height);
    height.next().unwrap_or(height)
}

/// What creating a subnet costs.
pub fn subnet_cost(state: &impl Read, params: &Params) -> SubnetCost {
    let height = next_height(state);
    let (slots, last) = (slots(params, height), reads::lock(state));
    let taken = u16::try_from(reads::subnets(state).len()).unwrap_or(u16::MAX);
    let evicts = if taken < slots { None } else { next_eviction(state, params, height) };
    SubnetCost {
        cost: lock_cost(state, params, height),
        minimum: params.lock_minimum,
        last_lock: last.map(|lock| lock.last),
        last_at: last.map(|lock| lock.at),
        slots,
        taken,
        evicts,
        possible: taken < slots || evicts.is_some(),
    }
}

/// Who goes next.
pub fn eviction(state: &impl Read, params: &Params) -> NextEviction {
    let height = next_height(state);
    let first = reads::bootstrap(state).is_some_and(|record| record.left > Rao::ZERO);
    let standing = |netuid: Netuid| {
        let net = reads::subnet(state, netuid)?;
        let immune_until = Height(net.registered_at.0.saturating_add(params.subnet_immunity));
        let guarded = first && netuid == Netuid(1);
        let evictable = immune_until <= height && !guarded;
        let (share_average, registered_at) = (net.share_average, net.registered_at);
        Some(Standing { netuid, share_average, registered_at, immune_until, evictable })
    };
    let mut order: Vec<Standing> = reads::subnets(state).into_iter().filter_map(standing).collect();
    order.sort_by_key(|s| (!s.evictable, s.share_average, s.registered_at, s.netuid));
    NextEviction {
        netuid: next_eviction(state, params, height),
        slot_free: order.len() < usize::from(slots(params, height)),
        order,
    }
}

/// What registering in a subnet costs; none when there is no such subnet.
pub fn registration_cost(
    state: &impl Read,
    params: &Params,
    netuid: Netuid,
) -> Option<RegistrationCost> {
    let net = reads::subnet(state, netuid)?;
    let numbers = &net.hyperparameters;
    let height = reads::chain(state)?.height;
    let burn = PriceRule::burn(numbers).decayed(net.burn.0, net.burn_at, next_height(state));
    let stamp = stamp_difficulty(state, netuid, &net, height);
    Some(RegistrationCost {
        netuid,
        burn: numbers.burn_registration.then_some(Rao(burn)),
        stamp_difficulty: numbers.stamp_registration.then_some(Wide(stamp)),
        height,
        stamp_window: params.stamp_window,
        per_block: numbers.max_registrations_per_block,
        neurons: net.neurons,
        max_uids: numbers.max_uids,
    })
}

/// The root matrix.
pub fn root(state: &impl Read, params: &Params) -> RootSheet {
    let root = reads::root(state);
    let voters = reads::chain(state).map(|chain| chain.voters.current.voters).unwrap_or_default();
    let row = |hotkey: PublicKey| {
        let row = reads::root_row(state, &hotkey)?;
        let real = reads::hotkey(state, &hotkey).map_or(Rao::ZERO, |pool| pool.value);
        let stake = real.checked_add(reads::virtual_stake(state, &hotkey)).unwrap_or(real);
        let scores = row.entries.into_iter().map(|(uid, x)| (Netuid(uid.0), x)).collect();
        Some(RootRowSheet { hotkey, view: row.view, scores, stake })
    };
    let share = |s: &crate::state::value::Portion| PortionSheet {
        netuid: s.netuid,
        weight: Wide(s.weight),
    };
    RootSheet {
        last_epoch: root.last_epoch,
        next_epoch: Height(root.last_epoch.0.saturating_add(params.root_tempo)),
        shares: root.shares.iter().map(share).collect(),
        rows: voters.iter().filter_map(|voter| row(voter.key)).collect(),
    }
}

/// What a subnet says of itself.
pub fn identity(state: &impl Read, netuid: Netuid) -> Identity {
    reads::identity(state, netuid)
}

/// What a neuron says of itself; none when there is none.
pub fn neuron_says(state: &impl Read, netuid: Netuid, uid: Uid) -> Option<NeuronSays> {
    let neuron = reads::neuron(state, netuid, uid)?;
    let endpoint = reads::axon(state, netuid, uid).map(|axon| axon.endpoint);
    let live = reads::commits(state, netuid, uid).live;
    let reveals_in = live.iter().map(|commit| commit.reveal_epoch).collect();
    Some(NeuronSays { seeks: neuron.seeks, endpoint, reveals_in })
}

/// A commitment that can still be revealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LiveCommit {
    /// The hash.
    pub hash: Hash,
    /// The epoch in which it was made.
    pub epoch: u64,
    /// The one epoch in which it may be revealed.
    pub reveal_epoch: u64,
}

/// What a validator must know to give its row to a subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowDesk {
    /// Blocks between two epochs.
    pub tempo: u64,
    /// Whether rows are committed and revealed.
    pub commit_reveal: bool,
    /// Of which epoch a call of the next block is: how many have run, and in the block of
    /// an epoch already the next.
    pub epoch: u64,
    /// The validator's own commitments.
    pub live: Vec<LiveCommit>,
}

/// What a validator must know to give its row to a subnet, or to the root matrix; none
/// when there is no such subnet.
pub fn row_desk(
    state: &impl Read,
    params: &Params,
    netuid: Netuid,
    hotkey: &PublicKey,
) -> Option<RowDesk> {
    if netuid == Netuid::ZERO {
        let tempo = params.root_tempo;
        return Some(RowDesk { tempo, commit_reveal: false, epoch: 0, live: Vec::new() });
    }
    let net = reads::subnet(state, netuid)?;
    let parent = reads::chain(state)?;
    let is_due = crate::rules::due(state, params, &parent).contains(&netuid);
    let uid = reads::seat(state, netuid, hotkey);
    let commits = uid.map(|uid| reads::commits(state, netuid, uid)).unwrap_or_default();
    let live = |c: &crate::state::value::Commit| LiveCommit {
        hash: c.hash,
        epoch: c.epoch,
        reveal_epoch: c.reveal_epoch,
    };
    Some(RowDesk {
        tempo: net.hyperparameters.tempo,
        commit_reveal: net.hyperparameters.commit_reveal,
        epoch: net.epochs.saturating_add(u64::from(is_due)),
        live: commits.live.iter().map(live).collect(),
    })
}
