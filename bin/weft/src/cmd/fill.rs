//! `weft bench fill`: each kind in a process of its own, then one table.

use super::benched::{no_result, wish};
use super::testnet::{binary, now};
use crate::args::{BenchFill, BenchFillOne, Global};
use crate::output::{Answer, Exit, Failure, note};
use serde::Serialize;
use std::process::Command;
use weft_benches::chain::ChainError;
use weft_benches::fill::{self, FillPlan, FillReport, Filler};
use weft_benches::fill_node::{self, NodePlan, NodeReport};
use weft_benches::host::{Host, Resident};
use weft_testnet::Choice;
use weft_types::{Millis, Network, Params, Rao};

/// Bytes of a gigabyte.
const GB: u64 = 1_000_000_000;

/// What filling took, of all kinds.
#[derive(Serialize)]
struct Filled {
    /// Values of each.
    entries: u32,
    /// Everything random follows from it.
    seed: u64,
    /// Where it ran.
    machine: Host,
    /// Coins were summed up, and none was made or lost.
    conserved: bool,
    /// By kind.
    kinds: Vec<Kind>,
}

/// What one kind took.
#[derive(Serialize)]
struct Kind {
    kind: Filler,
    /// As they stand in a state that was read from a disk.
    rest: FillReport,
    /// As they stand where they were made; none where no call fills a state with them alone.
    running: Option<FillReport>,
    /// As they stand in a node that was filled while it ran, and in the same one started again.
    node: Option<NodeReport>,
    /// What a gigabyte of memory holds.
    per_gb: u64,
    /// What a gigabyte of accounts costs in rao when the state is empty, half and nine tenths
    /// full, at the price there; none for what pays no deposit.
    gb_of_accounts: Option<[Rao; 3]>,
}

/// One part, in this process.
pub fn one(args: &BenchFillOne) -> Result<Answer, Failure> {
    let plan: FillPlan =
        serde_json::from_str(&args.plan).map_err(|e| Failure::new(Exit::Usage, "BadPlan", e))?;
    let report = fill::run(plan).map_err(|e| no_result(&e))?;
    Answer::new(&report, format!("{} B each", report.memory_bytes))
}

/// All parts, and the table.
pub fn run(global: &Global, args: &BenchFill) -> Result<Answer, Failure> {
    let kinds = kinds(&args.kinds)?;
    let mut filled = Filled {
        entries: args.entries,
        seed: args.seed,
        machine: Host::here(),
        conserved: true,
        kinds: Vec::new(),
    };
    if args.entries == 0 {
        return Err(no_result(&ChainError::Load("--entries must be positive")));
    }
    for kind in kinds {
        note(&format!("filling with {}", kind.name()));
        let plan = FillPlan { kind, entries: args.entries, running: false, seed: args.seed };
        let rest = part(plan)?;
        let made = matches!(kind, Filler::Account | Filler::Position);
        let running = if made { Some(part(FillPlan { running: true, ..plan })?) } else { None };
        let node = if made && args.node { Some(node(global, args, kind)?) } else { None };
        let per_gb = GB / rest.memory_bytes.max(1);
        let gb_of_accounts = (kind == Filler::Account).then(|| [0, 5, 9].map(|t| price(per_gb, t)));
        filled.kinds.push(Kind { kind, rest, running, node, per_gb, gb_of_accounts });
    }
    let text = table(&filled);
    Answer::new(&filled, text)
}

fn kinds(names: &[String]) -> Result<Vec<Filler>, Failure> {
    if names.is_empty() {
        return Ok(Filler::ALL.to_vec());
    }
    let all = || Filler::ALL.map(Filler::name).join(", ");
    let kind = |name: &String| {
        let text = || format!("\"{name}\" is no kind of value; there are {}", all());
        Filler::parse(name).ok_or_else(|| Failure::new(Exit::Usage, "BadKind", text()))
    };
    names.iter().map(kind).collect()
}

/// So many accounts at the price of the main preset when so many tenths are full.
fn price(accounts: u64, tenths: u64) -> Rao {
    let params = Params::preset(Network::Main);
    let held = params.state_values / 10 * tenths;
    let price = weft_ledger::query::deposit(&params, held).unwrap_or(Rao::MAX);
    Rao(price.0.saturating_mul(accounts))
}

/// Fills a node of its own through its RPC, and starts it again.
fn node(global: &Global, args: &BenchFill, kind: Filler) -> Result<NodeReport, Failure> {
    let choice = Choice {
        nodes: 1,
        slot_ms: Params::preset(Network::Bench).slot_ms,
        seed: format!("fill-{}", args.seed),
        genesis_time: Millis(now().0.saturating_add(1_500)),
        network: Network::Bench,
        senders: fill_node::senders(kind, args.entries),
    };
    let wish = wish(global, args.dir.as_deref(), choice)?;
    let plan = NodePlan { wish, kind, entries: args.entries, seed: args.seed };
    let run = fill_node::run(&plan, &note);
    crate::runtime::runtime()?
        .block_on(run)
        .map_err(|e| Failure::new(Exit::Failed, "BenchFailed", e))
}

/// Runs a part in a process of its own.
fn part(plan: FillPlan) -> Result<FillReport, Failure> {
    let failed = |e: String| Failure::new(Exit::Failed, "BenchFailed", e);
    let text = serde_json::to_string(&plan).map_err(|e| failed(e.to_string()))?;
    let mut child = Command::new(binary()?);
    child.args(["bench", "fill-one", "--json", "--plan", &text]);
    let output = child_output(&mut child)?;
    let answer: serde_json::Value =
        serde_json::from_slice(&output).map_err(|e| failed(e.to_string()))?;
    serde_json::from_value(answer["data"].clone()).map_err(|e| failed(e.to_string()))
}

fn child_output(child: &mut Command) -> Result<Vec<u8>, Failure> {
    let output = child.output().map_err(|e| Failure::new(Exit::Failed, "BenchFailed", e))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Failure::new(Exit::CheckFailed, "CheckFailed", text))
}

/// A filled node beside a restarted one.
fn line(kind: Filler, node: &NodeReport) -> String {
    let mib = |kib: u64| format!("{}.{} MiB", kib / 1_024, kib % 1_024 * 10 / 1_024);
    let said = |r: &Resident| format!("{} ({} of files)", mib(r.rss_kib), mib(r.file_kib));
    format!(
        "\nnode      {}, {} in a batch: before {}, filled {}, restarted {}: {:+} %; load {}",
        kind.name(),
        node.batch,
        said(&node.before),
        said(&node.after),
        said(&node.restarted),
        node.more_percent,
        node.load,
    )
}

fn table(filled: &Filled) -> String {
    let mut text = format!(
        "config    {} values of each kind, seed {}, one thread of {}\n\
         kind            on disk  in memory  running   before   after   a GB holds  paid",
        filled.entries, filled.seed, filled.machine.cpu
    );
    for kind in &filled.kinds {
        let running = kind.running.as_ref();
        let bytes = |bytes: u64| format!("{bytes} B");
        let paid =
            running.and_then(|r| Some(format!("{} + {}", r.deposits?.as_tao(), r.fees?.as_tao())));
        text.push_str(&format!(
            "\n{:<15} {:>7}  {:>9}  {:>7}  {:>3} MiB  {:>3} MiB  {:>10}  {}",
            kind.kind.name(),
            bytes(kind.rest.disk_bytes),
            bytes(kind.rest.memory_bytes),
            running.map_or_else(|| "-".to_owned(), |r| bytes(r.memory_bytes)),
            kind.rest.rss_before_mib,
            kind.rest.rss_after_mib,
            kind.per_gb,
            paid.map_or_else(|| "-".to_owned(), |paid| format!("{paid} TAO (deposits + fees)")),
        ));
    }
    for kind in &filled.kinds {
        text.push_str(&kind.node.as_ref().map(|node| line(kind.kind, node)).unwrap_or_default());
    }
    let accounts = filled.kinds.iter().find_map(|kind| kind.gb_of_accounts);
    if let Some(prices) = accounts {
        let [empty, half, nearly] = prices.map(|rao| rao.as_tao());
        text.push_str(&format!(
            "\na GB of accounts costs {empty} TAO when the state is empty, {half} when it is half, \
             {nearly} when it is nine tenths full"
        ));
    }
    text.push_str("\nchecks    every value is there, and no coin was made or lost");
    text
}
