//! A partition of a running network, and what became of it.
//!
//! 1. Ask who votes: a group has a quorum when its nodes have over two thirds of the power
//!    (R10), in both sets while two count.
//! 2. Cut the wires, and look at every node until the time is over: how far its head and
//!    its last final block come.
//! 3. Heal, and look until all nodes that run have one head and one final block, above all
//!    that was final before.
//! 4. Compare the final blocks of all nodes at each height, those that were seen on the way
//!    as well, and ask how many offences were seen.
//!
//! A group without a quorum may make final what was under way, but no block that was not
//! there at the cut: such a block needs votes from beyond it.

use crate::error::NetError;
use crate::groups::Groups;
use crate::net::{Net, Node};
use crate::switch;
use crate::up::{self, NodeStatus};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use weft_rpc::client::{Client, ClientError};
use weft_types::SecretKey;
use weft_types::hash::array_from_hex;

/// The longest cut, and the longest wait for its healing.
pub const LONGEST: Duration = Duration::from_secs(3_600);

/// How often the nodes are looked at.
const LOOK: Duration = Duration::from_millis(50);

/// How much longer than asked a cut may stand before the wires heal it by themselves.
const GRACE: Duration = Duration::from_secs(5);

/// What the caller wants.
#[derive(Clone, Debug)]
pub struct Partition {
    /// Who hears whom.
    pub groups: Groups,
    /// For how long.
    pub lasts: Duration,
    /// How soon all must agree again.
    pub heal_within: Duration,
}

/// What became of a partition. Lists go by node; null is one that did not answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PartitionReport {
    /// Who heard whom.
    pub groups: String,
    /// Whether each group has a quorum.
    pub quorum: Vec<bool>,
    /// How long it was cut.
    pub cut_ms: u64,
    /// The heads at the cut.
    pub head_before: Vec<Option<u64>>,
    /// The highest final block at the cut.
    pub final_before: u64,
    /// The highest heads until it was healed.
    pub head_during: Vec<Option<u64>>,
    /// The highest final blocks until it was healed.
    pub final_during: Vec<Option<u64>>,
    /// The final block that all agree on, or the highest one when they don't.
    pub final_after: u64,
    /// How long after healing all agreed.
    pub heal_ms: Option<u64>,
    /// The head that all agreed on.
    pub agreed_head: Option<String>,
    /// Heights with more than one final block.
    pub forks: usize,
    /// The most offences that one node saw meanwhile.
    pub offences: u64,
    /// Nodes that ran in the end and did not say what they hold, or what they saw.
    pub silent: Vec<String>,
    /// Whether all is as it must be.
    pub ok: bool,
}

impl PartitionReport {
    /// What is not as it must be: its name, and a sentence.
    #[must_use]
    pub fn wrong(&self, cut: &Partition) -> Option<(&'static str, String)> {
        let under_way = self.head_before.iter().flatten().max();
        let too_far = |group: &[usize]| {
            let finals = group.iter().filter_map(|n| self.final_during.get(*n));
            finals.flatten().max() > under_way
        };
        let mut without = cut.groups.iter().zip(&self.quorum).filter(|(_, quorum)| !**quorum);
        if self.forks > 0 {
            return Some(("Forked", format!("{} heights have two final blocks", self.forks)));
        }
        if self.offences > 0 {
            return Some(("OffenceSeen", format!("{} offences were seen", self.offences)));
        }
        if let Some((group, _)) = without.find(|(group, _)| too_far(group)) {
            let text = format!("nodes {group:?} have no quorum, but made a new block final");
            return Some(("FinalWithoutQuorum", text));
        }
        let seconds = cut.heal_within.as_secs();
        let late = format!("the nodes did not agree within {seconds} s of healing");
        if self.heal_ms.is_none() {
            return Some(("NotHealed", late));
        }
        let text = format!("{} did not answer in the end", self.silent.join(", "));
        (!self.silent.is_empty()).then_some(("NodeSilent", text))
    }
}

/// Who looks at the nodes, and the final blocks seen so far.
struct Onlooker {
    net: Net,
    finals: BTreeMap<u64, BTreeSet<String>>,
}

impl Onlooker {
    /// How each node is; one that was started anew since has another process.
    async fn look(&mut self) -> Result<Vec<NodeStatus>, NetError> {
        self.net = Net::load(&self.net.dir)?;
        let nodes = up::status(&self.net).await.nodes;
        for node in &nodes {
            if let (Some(height), Some(hash)) = (node.final_height, &node.final_hash) {
                self.finals.entry(height).or_default().insert(hash.clone());
            }
        }
        Ok(nodes)
    }

    /// Asks every node for all its final blocks between the first and the last seen, and
    /// counts the heights with two.
    /// A node that says it has no such block, since it was started anew, counts for none.
    async fn forks(&mut self, silent: &mut BTreeSet<String>) -> usize {
        let ends = (self.finals.first_key_value(), self.finals.last_key_value());
        let (Some((first, _)), Some((last, _))) = ends else { return 0 };
        for height in *first..=*last {
            for node in self.net.nodes.iter().filter(|node| node.is_running()) {
                let block = match ask(node, "chain_getBlock", &json!({ "height": height })).await {
                    Ok(block) => block,
                    Err(NetError::Ask { source: ClientError::Application(_), .. }) => continue,
                    Err(_) => {
                        silent.insert(node.name.clone());
                        continue;
                    }
                };
                if let (Some(true), Some(hash)) = (block["final"].as_bool(), block["hash"].as_str())
                {
                    self.finals.entry(height).or_default().insert(hash.to_owned());
                }
            }
        }
        self.finals.values().filter(|hashes| hashes.len() > 1).count()
    }
}

/// Cuts a network, heals it, and says what became of it.
///
/// # Errors
/// [`NetError`]: it has no wires, they refuse, or nobody runs. What was cut is healed all
/// the same, by the wires themselves if need be.
pub async fn partition(net: &Net, cut: &Partition) -> Result<PartitionReport, NetError> {
    switch::ask(net, "state").await?;
    let quorum = quorums(net, &cut.groups).await?;
    let mut onlooker = Onlooker { net: net.clone(), finals: BTreeMap::new() };
    let offences_before: Vec<u64> = offences(net).await.into_iter().collect::<Result<_, _>>()?;
    let groups = cut.groups.to_string();
    let request = format!("cut {groups} {}", (cut.lasts + GRACE).as_millis());
    switch::ask(net, &request).await?;
    let start = Instant::now();
    let before = onlooker.look().await?;
    let mut report = PartitionReport {
        groups: groups.clone(),
        quorum,
        head_before: before.iter().map(|n| n.height).collect(),
        final_before: before.iter().filter_map(|n| n.final_height).max().unwrap_or(0),
        head_during: before.iter().map(|n| n.height).collect(),
        final_during: before.iter().map(|n| n.final_height).collect(),
        ..PartitionReport::default()
    };
    while start.elapsed() < cut.lasts {
        tokio::time::sleep(LOOK.min(cut.lasts.saturating_sub(start.elapsed()))).await;
        for (n, node) in onlooker.look().await?.iter().enumerate() {
            raise(&mut report.head_during, n, node.height);
            raise(&mut report.final_during, n, node.final_height);
        }
    }
    if switch::ask(net, "state").await? != groups {
        let reason = "somebody healed the network before its time".to_owned();
        return Err(NetError::WiresRefused { reason });
    }
    switch::ask(net, "heal").await?;
    report.cut_ms = millis(start);
    agree(&mut report, cut, &mut onlooker).await?;
    let mut silent = BTreeSet::new();
    report.forks = onlooker.forks(&mut silent).await;
    let offences = offences(&onlooker.net).await.into_iter().zip(offences_before);
    for (node, (now, was)) in onlooker.net.nodes.iter().zip(offences) {
        match now {
            // A node that was started anew counts from 0.
            Ok(now) => report.offences = report.offences.max(now.checked_sub(was).unwrap_or(now)),
            Err(_) => drop(silent.insert(node.name.clone())),
        }
    }
    report.silent = silent.into_iter().collect();
    report.ok = report.wrong(cut).is_none();
    Ok(report)
}

/// Looks until all agree, or time is over.
async fn agree(
    report: &mut PartitionReport,
    cut: &Partition,
    onlooker: &mut Onlooker,
) -> Result<(), NetError> {
    let healed = Instant::now();
    let above = report.final_during.iter().flatten().copied().max().unwrap_or(0);
    loop {
        let nodes = onlooker.look().await?;
        let took = millis(healed);
        report.final_after = nodes.iter().filter_map(|n| n.final_height).max().unwrap_or(0);
        if Duration::from_millis(took) > cut.heal_within {
            return Ok(());
        }
        report.agreed_head = agreed(&nodes, above);
        if report.agreed_head.is_some() {
            report.heal_ms = Some(took);
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The one head of all that run, when they have one final block above a height as well.
fn agreed(nodes: &[NodeStatus], above: u64) -> Option<String> {
    let mut running = nodes.iter().filter(|node| node.pid.is_some());
    let first = running.next().filter(|n| n.final_height.is_some_and(|height| height > above))?;
    let with_first =
        |n: &NodeStatus| (&n.head_hash, &n.final_hash) == (&first.head_hash, &first.final_hash);
    running.all(with_first).then(|| first.head_hash.clone())?
}

fn raise(list: &mut [Option<u64>], n: usize, to: Option<u64>) {
    if let Some(value) = list.get_mut(n) {
        *value = to.max(*value);
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn client(node: &Node) -> Result<Client, ClientError> {
    Client::new(&node.rpc, Duration::from_secs(2))
}

async fn ask(node: &Node, method: &str, params: &Value) -> Result<Value, NetError> {
    let answer = async { client(node)?.call(method, params).await }.await;
    answer.map_err(|source| NetError::Ask { name: node.name.clone(), source })
}

/// Whether each group has a quorum by the voters that the first running node knows. Nodes
/// that stand still count as well: they may be started meanwhile.
async fn quorums(net: &Net, groups: &Groups) -> Result<Vec<bool>, NetError> {
    let none = || NetError::NoneRuns { dir: net.dir.clone() };
    let first = net.nodes.iter().find(|node| node.is_running()).ok_or_else(none)?;
    let sets = ask(first, "voter_set", &json!({})).await?;
    let voters: Vec<_> = net.nodes.iter().map(voter).collect();
    let has = |group: &[usize]| {
        let keys: Vec<_> = group.iter().filter_map(|n| voters.get(*n)?.as_deref()).collect();
        let counted = [&sets["current"], &sets["previous"]].into_iter().filter_map(Value::as_array);
        counted
            .into_iter()
            .map(|set| is_quorum(set, &keys))
            .try_fold(true, |all, is| Some(all & is?))
    };
    let reason = "it names a voter without a power".to_owned();
    let odd = ClientError::NotRpc { url: first.rpc.clone(), reason };
    let all: Option<Vec<bool>> = groups.iter().map(has).collect();
    all.ok_or_else(|| NetError::Ask { name: first.name.clone(), source: odd })
}

/// The hotkey that votes on a node.
fn voter(node: &Node) -> Option<String> {
    let text = std::fs::read_to_string(node.home.join("voter.key")).ok()?;
    let seed = array_from_hex(text.trim()).ok()?;
    Some(SecretKey::from_seed(seed).public().to_string())
}

/// Whether voters have over two thirds of a set's power; none when a power is no number.
fn is_quorum(set: &[Value], keys: &[&str]) -> Option<bool> {
    let power = |voter: &Value| voter["power"].as_str()?.parse::<u128>().ok();
    let is_here = |voter: &&Value| voter["hotkey"].as_str().is_some_and(|k| keys.contains(&k));
    let all: u128 = set.iter().map(power).sum::<Option<_>>()?;
    let here: u128 = set.iter().filter(is_here).map(power).sum::<Option<_>>()?;
    Some(here.saturating_mul(3) > all.saturating_mul(2))
}

/// How many offences each node has seen since it started; one that does not run, none.
async fn offences(net: &Net) -> Vec<Result<u64, NetError>> {
    let mut all = Vec::new();
    for node in &net.nodes {
        let count = if node.is_running() { seen_by(node).await } else { Ok(0) };
        all.push(count.map_err(|source| NetError::Ask { name: node.name.clone(), source }));
    }
    all
}

async fn seen_by(node: &Node) -> Result<u64, ClientError> {
    let text = client(node)?.text("/metrics").await?;
    let count = text.lines().find_map(|line| {
        line.strip_prefix("weft_consensus_byzantine_evidence_total ")?.trim().parse().ok()
    });
    let reason = "its metrics do not count offences".to_owned();
    count.ok_or_else(|| ClientError::NotRpc { url: node.rpc.clone(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, head: &str, final_height: u64) -> NodeStatus {
        NodeStatus {
            name: name.to_owned(),
            pid: Some(1),
            head_hash: Some(head.to_owned()),
            final_height: Some(final_height),
            final_hash: Some(format!("final {final_height}")),
            ..NodeStatus::default()
        }
    }

    #[test]
    fn all_that_run_must_agree_on_something_new() {
        let dead = NodeStatus::default();
        let same = [node("a", "x", 7), dead, node("c", "x", 7)];
        assert_eq!(agreed(&same, 6).as_deref(), Some("x"));
        assert_eq!(agreed(&same, 7), None, "nothing new is final");
        assert_eq!(agreed(&[node("a", "x", 7), node("b", "y", 7)], 6), None);
        assert_eq!(agreed(&[node("a", "x", 7), node("b", "x", 8)], 6), None);
        assert_eq!(agreed(&[], 0), None);
    }

    #[test]
    fn a_quorum_is_over_two_thirds_of_the_power() {
        let voter = |key: &str| json!({ "hotkey": key, "power": "1000", "trust": 0 });
        let set: Vec<_> = ["a", "b", "c", "d"].map(voter).to_vec();
        assert_eq!(is_quorum(&set, &["a", "b", "c"]), Some(true));
        assert_eq!(is_quorum(&set, &["a", "b"]), Some(false));
        let two_thirds = is_quorum(set.get(..3).unwrap(), &["a", "b"]);
        assert_eq!(two_thirds, Some(false), "they are not enough");
        assert_eq!(is_quorum(&[json!({ "hotkey": "a", "power": 1000 })], &["a"]), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cut = Partition {
            groups: Groups::parse("0,1/2", 3).unwrap(),
            lasts: Duration::from_secs(1),
            heal_within: Duration::from_secs(10),
        };
        let good = PartitionReport {
            quorum: vec![false, false],
            head_before: vec![Some(5), Some(6), None],
            final_during: vec![Some(6), Some(4), Some(4)],
            heal_ms: Some(700),
            ..PartitionReport::default()
        };
        let name = |report: PartitionReport| report.wrong(&cut).map(|(name, _)| name);
        assert_eq!(name(good.clone()), None);
        let further = vec![Some(6), Some(7), Some(4)];
        let report = PartitionReport { final_during: further.clone(), ..good.clone() };
        assert_eq!(name(report), Some("FinalWithoutQuorum"));
        let quorum = vec![true, false];
        let report = PartitionReport { final_during: further, quorum, ..good.clone() };
        assert_eq!(name(report), None);
        assert_eq!(name(PartitionReport { forks: 1, ..good.clone() }), Some("Forked"));
        assert_eq!(name(PartitionReport { offences: 1, ..good.clone() }), Some("OffenceSeen"));
        assert_eq!(name(PartitionReport { heal_ms: None, ..good.clone() }), Some("NotHealed"));
        let silent = vec!["node1".to_owned()];
        assert_eq!(name(PartitionReport { silent, ..good }), Some("NodeSilent"));
    }
}
