//! What a local network will be: its genesis, its nodes, and the rows that its
//! validators write.
//!
//! Three kinds: a small subnet of our own, a launch from zero coins, and a real subnet
//! read from a metagraph file (stake and weight rows as they were, keys derived from the
//! seed, since the real keys are not ours).

use crate::metagraph::Metagraph;
use weft_types::genesis::{
    GenesisAccount, GenesisNeuron, GenesisStake, GenesisSubnet, GenesisVoter,
};
use weft_types::key::derive_test_key;
use weft_types::{
    Genesis, Height, Millis, Netuid, Network, Params, Power, PublicKey, Rao, SecretKey, Uid,
    WeightRow,
};

/// The subnet that every local network has.
pub const NETUID: Netuid = Netuid(1);

/// Blocks between two epochs of a network without a metagraph.
pub const TEMPO: u64 = 20;

/// What the caller may choose.
#[derive(Clone, Debug)]
pub struct Choice {
    /// How many nodes, each with a voter.
    pub nodes: usize,
    /// Length of a slot.
    pub slot_ms: u64,
    /// From which text all keys are derived.
    pub seed: String,
    /// When slot 0 begins.
    pub genesis_time: Millis,
    /// Which preset the numbers come from.
    pub network: Network,
    /// Accounts `load-0` and on for a load generator, with coins.
    pub senders: usize,
}

/// A node of the plan.
#[derive(Clone, Debug)]
pub struct NodePlan {
    /// `node0` and on.
    pub name: String,
    /// Its voting hotkey.
    pub voter: SecretKey,
    /// The coldkey that owns it.
    pub coldkey: PublicKey,
    /// The rows that its shares carry.
    pub rows: Vec<WeightRow>,
}

/// A row that a validator without a node sends as a transaction.
#[derive(Clone, Debug)]
pub struct LateRow {
    /// Its uid.
    pub uid: Uid,
    /// Its hotkey, which signs.
    pub hotkey: SecretKey,
    /// The row; its view is set when it is sent.
    pub row: WeightRow,
    /// Whether the chain must take it; else the chain must refuse it by name.
    pub permitted: bool,
}

/// Everything a network starts from.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The chain.
    pub genesis: Genesis,
    /// Its nodes.
    pub nodes: Vec<NodePlan>,
    /// Rows for transactions.
    pub late: Vec<LateRow>,
    /// Funded wallets to play with: name and coldkey.
    pub wallets: Vec<(String, SecretKey)>,
}

/// The wallets that every local network funds.
const WALLETS: [&str; 3] = ["alice", "bob", "carol"];
const WALLET_TAO: u64 = 100_000;
const VOTER_TAO: u64 = 10_000;

/// What an account of a load generator has where there are not too many.
const SENDER_TAO: u64 = 100;

/// What all of them have at most together: half of all coins.
const SENDERS_TAO: u64 = 10_500_000;

/// What each of so many accounts of a load generator has, in TAO.
fn sender_tao(senders: usize) -> u64 {
    let share = SENDERS_TAO.checked_div(u64::try_from(senders).unwrap_or(u64::MAX));
    share.map_or(SENDER_TAO, |share| share.min(SENDER_TAO))
}
const MINERS: usize = 6;

impl Plan {
    /// A small subnet: the voters validate, six miners are scored.
    #[must_use]
    pub fn small(choice: &Choice) -> Self {
        let mut draft = Draft::new(choice);
        for voter in 0..choice.nodes {
            draft.neuron(&format!("voter-{voter}"), tao(VOTER_TAO), true);
        }
        for miner in 0..MINERS {
            draft.neuron(&format!("miner-{miner}"), Rao::ZERO, false);
        }
        let nodes = (0..choice.nodes)
            .map(|n| draft.node(n, &format!("voter-{n}"), vec![small_row(n, choice.nodes)]))
            .collect();
        let tempo = if choice.network == Network::Bench { 40 } else { TEMPO };
        draft.finish(choice, tempo, nodes, Vec::new())
    }

    /// A launch from zero: nobody has a coin. The voters have a uid with permit in subnet 1
    /// and virtual stake until others take over; everybody else registers by stamp.
    #[must_use]
    pub fn fair(choice: &Choice) -> Self {
        let mut draft = Draft::new(choice);
        draft.params.bootstrap_stake = Params::preset(choice.network).bootstrap_stake;
        for voter in 0..choice.nodes {
            let hotkey = derive_test_key(&choice.seed, &hot(&format!("voter-{voter}"))).public();
            draft.neurons.push(GenesisNeuron { hotkey, validator_permit: true });
        }
        let nodes = (0..choice.nodes).map(|n| draft.node(n, &format!("voter-{n}"), Vec::new()));
        let nodes = nodes.collect();
        let mut plan = draft.finish(choice, TEMPO, nodes, Vec::new());
        plan.genesis.accounts.clear();
        plan
    }

    /// The subnet of a metagraph file: the validators with most stake get a node each,
    /// the others send their rows as transactions.
    #[must_use]
    pub fn real(choice: &Choice, metagraph: &Metagraph) -> Self {
        let mut draft = Draft::new(choice);
        draft.params.stake_threshold = tao(1_000);
        let permitted = metagraph.permitted(draft.params.stake_threshold);
        let mut voters = permitted.clone();
        voters.sort_by_key(|uid| (std::cmp::Reverse(metagraph.stake(*uid)), *uid));
        voters.truncate(choice.nodes);
        voters.sort_unstable();
        for (uid, stake) in (0..).map(Uid).zip(&metagraph.stakes) {
            draft.neuron(&uid_label(uid), *stake, permitted.contains(&uid));
        }
        let node = |(n, uid): (usize, &Uid)| {
            let row = metagraph.row(*uid, NETUID).unwrap_or_else(empty_row);
            draft.node(n, &uid_label(*uid), vec![row])
        };
        let nodes = voters.iter().enumerate().map(node).collect();
        let late = metagraph
            .scored()
            .filter(|uid| !voters.contains(uid))
            .filter_map(|uid| {
                let hotkey = derive_test_key(&choice.seed, &hot(&uid_label(uid)));
                let row = metagraph.row(uid, NETUID)?;
                Some(LateRow { uid, hotkey, row, permitted: permitted.contains(&uid) })
            })
            .collect();
        draft.finish(choice, 60, nodes, late)
    }
}

fn uid_label(uid: Uid) -> String {
    format!("uid-{uid}")
}

fn hot(label: &str) -> String {
    format!("{label}/hotkey")
}

fn cold(label: &str) -> String {
    format!("{label}/coldkey")
}

fn tao(tao: u64) -> Rao {
    Rao(tao.saturating_mul(weft_types::units::RAO_PER_TAO))
}

fn empty_row() -> WeightRow {
    WeightRow {
        netuid: NETUID,
        uids: Vec::new(),
        values: Vec::new(),
        version_key: 0,
        view: Height::ZERO,
    }
}

/// Voter n scores every miner, each voter a little differently.
fn small_row(voter: usize, voters: usize) -> WeightRow {
    let score = |miner: usize| 10_000 + 5_000 * miner + 500 * ((voter + miner) % 3);
    let number = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    WeightRow {
        uids: (0..MINERS).map(|m| Uid(number(voters + m))).collect(),
        values: (0..MINERS).map(|m| number(score(m))).collect(),
        ..empty_row()
    }
}

/// A plan under way.
struct Draft {
    seed: String,
    params: Params,
    stakes: Vec<GenesisStake>,
    neurons: Vec<GenesisNeuron>,
}

impl Draft {
    fn new(choice: &Choice) -> Self {
        let mut params = Params::preset(choice.network);
        params.slot_ms = choice.slot_ms;
        let nodes = u16::try_from(choice.nodes).unwrap_or(u16::MAX);
        params.max_voters = params.max_voters.max(nodes);
        // Its voters have stake from the first block on: there is nothing to bootstrap.
        params.bootstrap_stake = Rao::ZERO;
        Self { seed: choice.seed.clone(), params, stakes: Vec::new(), neurons: Vec::new() }
    }

    fn neuron(&mut self, label: &str, stake: Rao, validator_permit: bool) {
        let hotkey = derive_test_key(&self.seed, &hot(label)).public();
        let coldkey = derive_test_key(&self.seed, &cold(label)).public();
        self.stakes.push(GenesisStake { hotkey, coldkey, stake });
        self.neurons.push(GenesisNeuron { hotkey, validator_permit });
    }

    fn node(&self, n: usize, label: &str, rows: Vec<WeightRow>) -> NodePlan {
        let voter = derive_test_key(&self.seed, &hot(label));
        let coldkey = derive_test_key(&self.seed, &cold(label)).public();
        NodePlan { name: format!("node{n}"), voter, coldkey, rows }
    }

    fn finish(
        mut self,
        choice: &Choice,
        tempo: u64,
        nodes: Vec<NodePlan>,
        late: Vec<LateRow>,
    ) -> Plan {
        let wallets: Vec<_> = WALLETS
            .iter()
            .map(|name| ((*name).to_owned(), derive_test_key(&self.seed, &cold(name))))
            .collect();
        let load = (0..choice.senders).map(|n| sender(&self.seed, n).public());
        let each = sender_tao(choice.senders);
        let mut accounts: Vec<_> = wallets
            .iter()
            .map(|(_, key)| GenesisAccount { key: key.public(), free: tao(WALLET_TAO) })
            .chain(load.map(|key| GenesisAccount { key, free: tao(each) }))
            .collect();
        accounts.sort_by_key(|a| a.key);
        self.stakes.sort_by_key(|s| s.hotkey);
        let mut voters: Vec<_> = nodes
            .iter()
            .map(|node| {
                let (hotkey, coldkey) = (node.voter.public(), node.coldkey);
                GenesisVoter { hotkey, coldkey, power: Power(tao(1).0) }
            })
            .collect();
        voters.sort_by_key(|v| v.hotkey);
        let mut hyperparameters = self.params.subnet_defaults.clone();
        hyperparameters.tempo = tempo;
        self.params.subnet_defaults.tempo = tempo;
        self.params.root_tempo = tempo;
        hyperparameters.commit_reveal = false;
        let neurons = self.neurons;
        let subnet = GenesisSubnet { netuid: NETUID, owner: None, hyperparameters, neurons };
        let genesis = Genesis {
            network: choice.network,
            name: choice.seed.clone(),
            genesis_time: choice.genesis_time,
            rules: weft_types::rules::GenesisRules::default(),
            params: self.params,
            voters,
            accounts,
            stakes: self.stakes,
            subnets: vec![subnet],
        };
        Plan { genesis, nodes, late, wallets }
    }
}

/// The n-th account of the load generator.
#[must_use]
pub fn sender(seed: &str, n: usize) -> SecretKey {
    derive_test_key(seed, &format!("load-{n}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_of_a_load_have_a_hundred_tao_or_share_half_of_all_coins() {
        let table = [(0, 100), (1, 100), (105_000, 100), (210_000, 50), (1_000_000, 10)];
        for (senders, each) in table {
            assert_eq!(sender_tao(senders), each, "{senders}");
            assert!(each * u64::try_from(senders).unwrap() <= SENDERS_TAO, "{senders}");
        }
    }
}
