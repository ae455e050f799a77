//! `weft testnet fault partition|heal`, and the process behind it.

use crate::args::{FaultCommand, FaultPartition, Global, TestnetWires};
use crate::number;
use crate::output::{Answer, Exit, Failure, note};
use crate::remote::testnet_dir;
use serde_json::json;
use std::time::Duration;
use weft_testnet::Net;
use weft_testnet::fault::{self, Partition, PartitionReport};
use weft_testnet::groups::Groups;
use weft_testnet::switch;

/// Runs the command.
pub async fn run(global: &Global, command: &FaultCommand) -> Result<Answer, Failure> {
    match command {
        FaultCommand::Partition(args) => partition(global, args).await,
        FaultCommand::Heal(at) => {
            let net = Net::load(&testnet_dir(global, at.dir.as_ref())?)?;
            let was = switch::ask(&net, "state").await?;
            switch::ask(&net, "heal").await?;
            Answer::new(&json!({ "was": was }), format!("the network is whole; it was: {was}"))
        }
    }
}

/// Carries the connections of a testnet until it is stopped.
pub async fn wires(args: &TestnetWires) -> Result<Answer, Failure> {
    if args.detach {
        let text = |e| format!("whoever started the wires has not let them run: {e}");
        let failed = |e| Failure::new(Exit::Failed, "NotLetRun", text(e));
        weft_testnet::process::detach().map_err(failed)?;
    }
    switch::run(&args.dir).await?;
    Answer::new(&json!({ "stopped": true }), "")
}

fn duration(flag: &str, text: &str) -> Result<Duration, Failure> {
    let lasts = number::seconds(text).map(Duration::from_secs);
    lasts.filter(|d| !d.is_zero() && *d <= fault::LONGEST).ok_or_else(|| {
        let text = format!("{flag} {text} is no whole number of seconds up to an hour");
        Failure::new(Exit::Usage, "BadDuration", text)
    })
}

async fn partition(global: &Global, args: &FaultPartition) -> Result<Answer, Failure> {
    let net = Net::load(&testnet_dir(global, args.dir.dir.as_ref())?)?;
    let cut = Partition {
        groups: Groups::parse(&args.groups.join(" "), net.nodes.len())?,
        lasts: duration("--for", &args.lasts)?,
        heal_within: duration("--heal-within", &args.heal_within)?,
    };
    note(&format!("cutting   {} for {} s", cut.groups, cut.lasts.as_secs()));
    let report = fault::partition(&net, &cut).await?;
    let text = told(&report);
    match report.wrong(&cut) {
        None => {
            Ok(Answer::new(&report, text)?.at(Some("local".to_owned()), Some(report.final_after)))
        }
        Some((name, what)) => {
            note(&text);
            Err(Failure::new(Exit::CheckFailed, name, what).data(&report))
        }
    }
}

fn told(report: &PartitionReport) -> String {
    let quorum = match report.quorum.iter().position(|has| *has) {
        None => "no group has a quorum".to_owned(),
        Some(first) => format!("group {} has a quorum", first + 1),
    };
    let list = |all: &[Option<u64>]| {
        let number = |n: &Option<u64>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
        all.iter().map(number).collect::<Vec<_>>().join(" ")
    };
    let at = |ms: u64| format!("  t+{:<7}", format!("{:.1} s", seconds(ms)));
    let healed = report.heal_ms.map_or_else(
        || format!("{:>11}the nodes do not agree", ""),
        |ms| {
            let (when, height) = (at(report.cut_ms.saturating_add(ms)), report.final_after);
            format!(
                "{when} one head, block {height} final everywhere; recovery {:.1} s",
                seconds(ms)
            )
        },
    );
    format!(
        "partition {} for {:.1} s: {quorum}\n\
         {} last final block {}, heads {}\n\
         {} healed; until then final {}, heads {}\n\
         {healed}\n\
         {} forks, {} offences",
        report.groups,
        seconds(report.cut_ms),
        at(0),
        report.final_before,
        list(&report.head_before),
        at(report.cut_ms),
        list(&report.final_during),
        list(&report.head_during),
        report.forks,
        report.offences,
    )
}

fn seconds(ms: u64) -> f32 {
    Duration::from_millis(ms).as_secs_f32()
}
