//! `weft bench consensus|yuma|ledger|epochs`, and the load process.

use super::benched::{no_result, wish};
use crate::args::{
    BenchCommand, BenchConsensus, BenchEpochs, BenchLedger, BenchLoad, BenchYuma, Global,
};
use crate::cmd::testnet::now;
use crate::cmd::yuma::read;
use crate::number;
use crate::output::{Answer, Exit, Failure, note};
use crate::runtime::runtime;
use weft_benches::chain::Spread;
use weft_benches::consensus::{BenchError, BenchPlan, BenchReport, Transfers};
use weft_benches::epochs::{EpochsPlan, EpochsReport};
use weft_benches::ledger::{LedgerPlan, LedgerReport};
use weft_benches::offered::LoadPlan;
use weft_benches::reads::ReadReport;
use weft_testnet::Choice;
use weft_testnet::up::Wish;
use weft_types::{Millis, Network};
use weft_yuma::case;

/// Runs the command.
pub fn run(global: &Global, command: &BenchCommand) -> Result<Answer, Failure> {
    match command {
        BenchCommand::Consensus(args) => consensus(global, args),
        BenchCommand::Yuma(args) => yuma(args),
        BenchCommand::Ledger(args) => ledger(args),
        BenchCommand::Epochs(args) => epochs(args),
        BenchCommand::Fill(args) => super::fill::run(global, args),
        BenchCommand::FillOne(args) => super::fill::one(args),
        BenchCommand::Load(args) => load(args),
    }
}

fn failed(name: &str, error: impl ToString) -> Failure {
    Failure::new(Exit::Failed, name, error)
}

fn consensus(global: &Global, args: &BenchConsensus) -> Result<Answer, Failure> {
    let duration_s = number::seconds(&args.duration).filter(|s| *s > 0).ok_or_else(|| {
        let text = format!("--duration {} is not a whole number of seconds", args.duration);
        Failure::new(Exit::Usage, "BadDuration", text)
    })?;
    if args.rate == 0 || args.senders == 0 {
        return Err(Failure::new(Exit::Usage, "BadLoad", "--rate and --senders must be positive"));
    }
    let wish = wish(global, args.dir.as_deref(), choice(args))?;
    let wish = Wish { metagraph: args.metagraph.clone(), ..wish };
    let plan = BenchPlan { wish, rate: args.rate, duration_s, reads: args.reads };
    let report = runtime()?.block_on(weft_benches::consensus::run(&plan, &note));
    let report = report.map_err(no_report)?;
    let text = table(&report);
    let checks = &report.checks;
    let wrong: Vec<&str> = [
        (checks.state_roots_equal, "state roots differ"),
        (checks.conserved, "money is not conserved"),
        (checks.replay_equal, "a replay differs"),
        (checks.no_double_vote, "somebody voted twice"),
    ]
    .iter()
    .filter_map(|(holds, what)| (!holds).then_some(*what))
    .collect();
    if wrong.is_empty() {
        return Answer::new(&report, text);
    }
    let message = format!("the run is not valid: {}", wrong.join(", "));
    Err(Failure::new(Exit::CheckFailed, "CheckFailed", message).data(&report))
}

/// A wish that no network can be is the command line's fault, as it is of `weft testnet up`.
fn no_report(error: BenchError) -> Failure {
    match error {
        BenchError::Net(error) => Failure::from(error),
        other => failed("BenchFailed", other),
    }
}

fn choice(args: &BenchConsensus) -> Choice {
    Choice {
        nodes: args.nodes,
        slot_ms: args.slot_ms,
        seed: args.seed.clone(),
        genesis_time: Millis(now().0.saturating_add(1_500)),
        network: Network::Bench,
        senders: args.senders,
    }
}

/// The line of the reads.
fn reads(report: &ReadReport) -> String {
    let l = &report.latency_ms;
    let waited = report.loop_waited_us.map_or("?".to_owned(), |us| us.to_string());
    format!(
        "\nreads     {}/s of one node, {} of {} answered, p50 {} ms  p99 {} ms  max {} ms; its loop waited \
         {waited} us for readers at most{}",
        report.rate,
        report.answered,
        report.due,
        l.p50,
        l.p99,
        l.max,
        report.first_error.as_ref().map(|e| format!("; first error: {e}")).unwrap_or_default(),
    )
}

fn table(report: &BenchReport) -> String {
    let f = &report.finality_ms;
    let used: Vec<_> = report
        .usage
        .iter()
        .map(|u| format!("{} cpu {:.1} s rss {} MiB", u.name, u.cpu_s, u.rss_mib))
        .collect();
    format!(
        "config    {} nodes on {} cores ({}), slots of {} ms, {} senders, {} B transfers, seed {}\n\
         offered   {:.0} tx/s for {} s after {} s warm-up, fsync on, every signature verified\n\
         committed {:.0} tx/s at all nodes: {}\n\
         finality  p50 {} ms  p90 {} ms  p99 {} ms  max {} ms (from due to final everywhere)\n\
         blocks    {}{}\n\
         used      {}\n\
         checks    state roots equal {}, conserved {}, replay equal {}, no double vote {}",
        report.nodes,
        report.machine.cores,
        report.machine.cpu,
        report.slot_ms,
        report.senders,
        report.tx_bytes,
        report.seed,
        report.offered_tps,
        report.duration_s,
        report.warmup_s,
        report.committed_tps,
        transfers(&report.transfers),
        f.p50,
        f.p90,
        f.p99,
        f.max,
        report.block_ms.map_or_else(
            || "none of the measured part became final within it".to_owned(),
            |ms| format!("one in {ms:.0} ms")
        ),
        report.reads.as_ref().map(reads).unwrap_or_default(),
        used.join(", "),
        report.checks.state_roots_equal,
        report.checks.conserved,
        report.checks.replay_equal,
        report.checks.no_double_vote,
    )
}

/// What became of what was offered, and why the first of them was refused.
fn transfers(transfers: &Transfers) -> String {
    let Transfers { offered, committed, refused, first_refusal } = transfers;
    let why = first_refusal.as_ref().map_or_else(String::new, |why| format!(", the first: {why}"));
    format!("{committed} of {offered} transfers, {refused} refused{why}")
}

fn load(args: &BenchLoad) -> Result<Answer, Failure> {
    let text = std::fs::read_to_string(&args.plan).map_err(|e| failed("NoPlan", e))?;
    let plan: LoadPlan = serde_json::from_str(&text).map_err(|e| failed("BadPlan", e))?;
    let report =
        runtime()?.block_on(weft_benches::load::run(&plan)).map_err(|e| failed("LoadFailed", e))?;
    Answer::new(&report, format!("{} of {} committed", report.committed, report.offered))
}

fn yuma(args: &BenchYuma) -> Result<Answer, Failure> {
    let bad = |e: weft_yuma::SnapshotError| Failure::new(Exit::Usage, "BadSnapshot", e);
    let (snapshot, size, variant) = match &args.file {
        Some(file) => {
            let case = read(file)?;
            let snapshot =
                case::first_snapshot(&case).map_err(|e| Failure::new(Exit::Usage, "BadCase", e))?;
            let size = case::size(&case);
            (snapshot, size, case::variant(&case).to_owned())
        }
        None => {
            let variant = args
                .variant
                .parse::<weft_yuma::Variant>()
                .map_err(|e| Failure::new(Exit::Usage, "BadVariant", e))?;
            let snapshot = weft_yuma::synthetic(args.validators, args.uids, variant, args.seed);
            (snapshot.map_err(bad)?, (args.validators, args.uids), args.variant.clone())
        }
    };
    let mut report = weft_benches::yuma::run(&snapshot, size, &variant, args.runs).map_err(bad)?;
    report.seed = args.file.is_none().then_some(args.seed);
    let text = format!(
        "config    {} validators x {} uids, {}, {}, one thread of {}\n\
         epoch     median {:.1} µs over {} runs, min {:.1} µs, {:.1} ns a cell\noutcome   {}",
        report.validators,
        report.uids,
        report.variant,
        args.file
            .as_ref()
            .map_or_else(|| format!("seed {}", args.seed), |f| f.display().to_string()),
        report.machine.cpu,
        report.median_us,
        report.runs,
        report.min_us,
        report.ns_per_cell,
        report.outcome_hash,
    );
    Answer::new(&report, text)
}

fn spread(spread: Spread) -> String {
    format!("p50 {:.1} ms  p99 {:.1} ms  max {:.1} ms", spread.p50, spread.p99, spread.max)
}

fn ledger(args: &BenchLedger) -> Result<Answer, Failure> {
    let BenchLedger { accounts, blocks, txs, seed } = *args;
    let plan = LedgerPlan { accounts, blocks, txs, seed };
    let report = weft_benches::ledger::run(plan, &note).map_err(|e| no_result(&e))?;
    Answer::new(&report, ledger_table(&report))
}

fn ledger_table(report: &LedgerReport) -> String {
    let (plan, state) = (&report.plan, &report.state);
    format!(
        "config    {} accounts, {} blocks of {} transfers, seed {}, one thread of {}\n\
         transfers {:.0} a second, root included, signatures checked before\n\
         block     {}\n\
         execute   {}\n\
         finalize  {}\n\
         rules     {} (in a run of its own)\n\
         root      {} (in the same)\n\
         state     {:.2} s from genesis, {:.2} s from entries, audit {:.2} s\n\
         memory    state {} MiB, {} B an account; process {} MiB, at most {} MiB\n\
         checks    two runs equal, conserved, root {}",
        plan.accounts,
        plan.blocks,
        plan.txs,
        plan.seed,
        report.machine.cpu,
        report.transfers_per_s,
        spread(report.block_ms),
        spread(report.execute_ms),
        spread(report.finalize_ms),
        spread(report.rules_ms),
        spread(report.root_ms),
        state.genesis_ms / 1e3,
        state.restore_ms / 1e3,
        report.audit_ms / 1e3,
        state.rss_mib,
        state.bytes_per_account,
        state.process.rss_mib,
        state.process.peak_mib,
        report.state_root,
    )
}

fn epochs(args: &BenchEpochs) -> Result<Answer, Failure> {
    let BenchEpochs { subnets, uids, validators, cap, tempo, passes, seed } = *args;
    let plan = EpochsPlan { subnets, uids, validators, cap, tempo, passes, seed };
    let report = weft_benches::epochs::run(plan, &note).map_err(|e| no_result(&e))?;
    Answer::new(&report, epochs_table(&report))
}

fn epochs_table(report: &EpochsReport) -> String {
    let plan = &report.plan;
    let row = |b: &weft_benches::epochs::EpochBlocks| {
        format!("{} epochs  {} ({} blocks)", b.epochs, spread(b.block_ms), b.blocks)
    };
    let rows: Vec<_> = report.blocks.iter().map(row).collect();
    format!(
        "config    {} subnets x {} uids x {} validators, tempo {}, seed {}, one thread of {}\n\
         {}\n\
         memory    process {} MiB, at most {} MiB\n\
         checks    all due at once ran once each over {:?} blocks (by cap), two runs equal, conserved",
        plan.subnets,
        plan.uids,
        plan.validators,
        plan.tempo,
        plan.seed,
        report.machine.cpu,
        rows.join("\n"),
        report.process.rss_mib,
        report.process.peak_mib,
        report.spread_over,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F41: no line for people is JSON.
    #[test]
    fn what_became_of_the_transfers_is_said_in_words() {
        let first_refusal = Some("PoolFull: the pool is full".to_owned());
        let some = Transfers { offered: 9, committed: 7, refused: 2, first_refusal };
        let said = transfers(&some);
        assert_eq!(said, "7 of 9 transfers, 2 refused, the first: PoolFull: the pool is full");
        let none = Transfers { offered: 9, committed: 9, refused: 0, first_refusal: None };
        assert_eq!(transfers(&none), "9 of 9 transfers, 0 refused");
    }
}
