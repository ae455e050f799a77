//! Typed reading of a state, for the rules and for queries.

use crate::state::value::{
    Account, Axon, Bootstrap, Candidate, Caught, Chain, Commits, Exit, Hotkey, Lock, Neuron,
    Offender, Release, Root, RootRow, Rotation, RulesRecord, Served, Stamps, Subnet, Supply,
};
use crate::state::{Key, Read, Value};
use weft_types::{BlockHash, Height, Identity, Netuid, Parameter, PublicKey, Rao, Uid};

/// A sparse row: (uid, value), uids ascending.
pub type Entries = Vec<(Uid, u16)>;

/// An account; one that does not exist is empty.
pub fn account(state: &dyn Read, key: &PublicKey) -> Account {
    match state.get(&Key::Account(*key)) {
        Some(Value::Account(account)) => account,
        _ => Account::default(),
    }
}

/// A hotkey.
pub fn hotkey(state: &dyn Read, key: &PublicKey) -> Option<Hotkey> {
    match state.get(&Key::Hotkey(*key))? {
        Value::Hotkey(hotkey) => Some(hotkey),
        _ => None,
    }
}

/// The shares of a coldkey in a hotkey's pool.
pub fn position(state: &dyn Read, hotkey: &PublicKey, coldkey: &PublicKey) -> u128 {
    match state.get(&Key::Position(*hotkey, *coldkey)) {
        Some(Value::Position(shares)) => shares,
        _ => 0,
    }
}

/// A subnet.
pub fn subnet(state: &dyn Read, netuid: Netuid) -> Option<Subnet> {
    match state.get(&Key::Subnet(netuid))? {
        Value::Subnet(subnet) => Some(*subnet),
        _ => None,
    }
}

/// Which subnets exist, ascending.
pub fn subnets(state: &dyn Read) -> Vec<Netuid> {
    match state.get(&Key::Subnets) {
        Some(Value::Subnets(list)) => list,
        _ => Vec::new(),
    }
}

/// A neuron.
pub fn neuron(state: &dyn Read, netuid: Netuid, uid: Uid) -> Option<Neuron> {
    match state.get(&Key::Neuron(netuid, uid))? {
        Value::Neuron(neuron) => Some(neuron),
        _ => None,
    }
}

/// The uid of a hotkey.
pub fn seat(state: &dyn Read, netuid: Netuid, hotkey: &PublicKey) -> Option<Uid> {
    match state.get(&Key::Seat(netuid, *hotkey))? {
        Value::Seat(uid) => Some(uid),
        _ => None,
    }
}

/// A validator's row as stored; none when it never wrote one.
pub fn row(state: &dyn Read, netuid: Netuid, uid: Uid) -> Option<Entries> {
    match state.get(&Key::Row(netuid, uid))? {
        Value::Row(row) => Some(row),
        _ => None,
    }
}

/// A validator's bonds as stored.
pub fn bonds(state: &dyn Read, netuid: Netuid, uid: Uid) -> Option<Entries> {
    match state.get(&Key::Bonds(netuid, uid))? {
        Value::Bonds(row) => Some(row),
        _ => None,
    }
}

/// The totals of all money.
pub fn supply(state: &dyn Read) -> Option<Supply> {
    match state.get(&Key::Supply)? {
        Value::Supply(supply) => Some(supply),
        _ => None,
    }
}

/// Where in the chain a state is.
pub fn chain(state: &dyn Read) -> Option<Chain> {
    match state.get(&Key::Chain)? {
        Value::Chain(chain) => Some(*chain),
        _ => None,
    }
}

/// A neuron's endpoint.
pub fn axon(state: &dyn Read, netuid: Netuid, uid: Uid) -> Option<Axon> {
    match state.get(&Key::Axon(netuid, uid))? {
        Value::Axon(axon) => Some(axon),
        _ => None,
    }
}

/// A validator's commitments; none before the first.
pub fn commits(state: &dyn Read, netuid: Netuid, uid: Uid) -> Commits {
    match state.get(&Key::Commits(netuid, uid)) {
        Some(Value::Commits(commits)) => commits,
        _ => Commits::default(),
    }
}

/// The stamp door of a subnet.
pub fn stamps(state: &dyn Read, netuid: Netuid) -> Stamps {
    match state.get(&Key::Stamps(netuid)) {
        Some(Value::Stamps(stamps)) => stamps,
        _ => Stamps::default(),
    }
}

/// What a subnet says of itself.
pub fn identity(state: &dyn Read, netuid: Netuid) -> Identity {
    match state.get(&Key::Identity(netuid)) {
        Some(Value::Identity(identity)) => identity,
        _ => Identity::default(),
    }
}

/// When each hyperparameter of a subnet was last set.
pub fn settings(state: &dyn Read, netuid: Netuid) -> Vec<(Parameter, Height)> {
    match state.get(&Key::Settings(netuid)) {
        Some(Value::Settings(list)) => list,
        _ => Vec::new(),
    }
}

/// The outcome of the last root epoch.
pub fn root(state: &dyn Read) -> Root {
    match state.get(&Key::Root) {
        Some(Value::Root(root)) => root,
        _ => Root::default(),
    }
}

/// A voter's row of the root matrix.
pub fn root_row(state: &dyn Read, hotkey: &PublicKey) -> Option<RootRow> {
    match state.get(&Key::RootRow(*hotkey))? {
        Value::RootRow(row) => Some(row),
        _ => None,
    }
}

/// What the last subnet's lock was; none before the first.
pub fn lock(state: &dyn Read) -> Option<Lock> {
    match state.get(&Key::Lock)? {
        Value::Lock(lock) => Some(lock),
        _ => None,
    }
}

/// The hashes of the last blocks, heights ascending.
pub fn recent(state: &dyn Read) -> Vec<(Height, BlockHash)> {
    match state.get(&Key::Recent) {
        Some(Value::Recent(list)) => list,
        _ => Vec::new(),
    }
}

/// The virtual stake of the genesis voters; none where there never was any.
pub fn bootstrap(state: &dyn Read) -> Option<Bootstrap> {
    match state.get(&Key::Bootstrap)? {
        Value::Bootstrap(bootstrap) => Some(bootstrap),
        _ => None,
    }
}

/// Who offers to vote, ascending.
pub fn candidates(state: &dyn Read) -> Vec<Candidate> {
    match state.get(&Key::Candidates) {
        Some(Value::Candidates(list)) => list,
        _ => Vec::new(),
    }
}

/// Stake that was asked back from behind a voter at a height and is not free yet.
pub fn leaving(state: &dyn Read, requested: Height) -> Vec<Exit> {
    match state.get(&Key::Leaving(requested)) {
        Some(Value::Exits(list)) => list,
        _ => Vec::new(),
    }
}

/// In which blocks such stake is free.
pub fn releases(state: &dyn Read) -> Vec<Release> {
    match state.get(&Key::Releases) {
        Some(Value::Releases(list)) => list,
        _ => Vec::new(),
    }
}

/// Since when the voters are what they are.
pub fn rotation(state: &dyn Read) -> Rotation {
    match state.get(&Key::Rotation) {
        Some(Value::Rotation(record)) => record,
        _ => Rotation::default(),
    }
}

/// Whether an account is open.
pub fn has_account(state: &dyn Read, key: &PublicKey) -> bool {
    state.get(&Key::Account(*key)).is_some()
}

/// The stake that is free at a height, in the order of the requests.
pub fn exits(state: &dyn Read, matures: Height) -> Vec<Exit> {
    match state.get(&Key::Exits(matures)) {
        Some(Value::Exits(list)) => list,
        _ => Vec::new(),
    }
}

/// The uid that is the owner's: of the neurons whose hotkey it owns the oldest, of equals
/// the lowest uid. It keeps its permit, may score itself, and is never replaced (B4, B5).
pub fn owner_uid(state: &dyn Read, netuid: Netuid, subnet: &Subnet) -> Option<Uid> {
    let owner = subnet.owner?;
    let age = |uid| {
        let neuron = neuron(state, netuid, uid)?;
        let owned = hotkey(state, &neuron.hotkey)?.coldkey == owner;
        owned.then_some((neuron.registered_at, uid))
    };
    (0..subnet.neurons).map(Uid).filter_map(age).min().map(|(_, uid)| uid)
}

/// What a hotkey offended against.
pub fn offender(state: &dyn Read, hotkey: &PublicKey) -> Offender {
    match state.get(&Key::Offender(*hotkey)) {
        Some(Value::Offender(record)) => record,
        _ => Offender::default(),
    }
}

/// Who was caught of late, hotkeys ascending.
pub fn caught(state: &dyn Read) -> Vec<Caught> {
    match state.get(&Key::Caught) {
        Some(Value::Caught(list)) => list,
        _ => Vec::new(),
    }
}

/// The power that a hotkey had in voter sets that were let go of late.
pub fn served(state: &dyn Read, hotkey: &PublicKey) -> Served {
    match state.get(&Key::Served(*hotkey)) {
        Some(Value::Served(record)) => record,
        _ => Served::default(),
    }
}

/// Who was in the set that was let go at a height, hotkeys ascending.
pub fn let_go(state: &dyn Read, height: Height) -> Vec<PublicKey> {
    hotkeys(state, &Key::LetGo(height))
}

/// Whose offences are remembered, hotkeys ascending.
pub fn offenders(state: &dyn Read) -> Vec<PublicKey> {
    hotkeys(state, &Key::Offenders)
}

fn hotkeys(state: &dyn Read, key: &Key) -> Vec<PublicKey> {
    match state.get(key) {
        Some(Value::Hotkeys(list)) => list,
        _ => Vec::new(),
    }
}

/// By which rules the chain runs; every genesis writes it.
pub fn rules(state: &dyn Read) -> RulesRecord {
    match state.get(&Key::Rules) {
        Some(Value::Rules(record)) => record,
        _ => RulesRecord::default(),
    }
}

/// The virtual stake behind a hotkey; zero for all but the voters of genesis.
pub fn virtual_stake(state: &dyn Read, hotkey: &PublicKey) -> Rao {
    bootstrap(state).map_or(Rao::ZERO, |record| virtual_part(&record, hotkey))
}

/// A hotkey's part of the virtual stake, rounded down.
pub fn virtual_part(record: &Bootstrap, hotkey: &PublicKey) -> Rao {
    let count = u64::try_from(record.voters.len()).unwrap_or(u64::MAX);
    match record.voters.binary_search(hotkey) {
        Ok(_) => Rao(record.left.0.checked_div(count).unwrap_or(0)),
        Err(_) => Rao::ZERO,
    }
}

/// Whether a hotkey may not be taken into a set at this height.
pub fn is_jailed(state: &dyn Read, key: &PublicKey, height: Height) -> bool {
    offender(state, key).jailed_until > height
}

/// The subnets that earn, ascending.
pub fn earning(state: &dyn Read) -> Vec<(Netuid, Subnet)> {
    let with = |netuid| Some((netuid, subnet(state, netuid)?));
    subnets(state).into_iter().filter_map(with).filter(|(_, net)| net.started).collect()
}
