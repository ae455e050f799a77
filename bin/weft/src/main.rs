//! `weft`: the node, the local testnet, the wallet, the benches and the simulator in
//! one program.
//!
//! Here arguments are parsed and answers printed, nothing else: a command calls a room
//! and gives an answer or a failure, and [`output`] alone writes to stdout.

mod args;
mod ask;
mod cmd;
mod date;
mod input;
mod logging;
mod number;
mod output;
mod prompt;
mod remote;
mod runtime;
mod shell;
mod show;
mod signer;
mod svg;
mod table;
mod usage;

use args::{Cli, Command};
use output::{Answer, Exit, Failure, finish};
use runtime::runtime;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match args::read() {
        Ok(cli) => cli,
        Err(args::Unread::Said(error)) => return usage::finish(&error),
        Err(args::Unread::Refused { failure, as_json }) => return finish(Err(failure), as_json),
    };
    table::print_in_full(cli.global.full);
    let (as_json, pick) = (cli.global.json, cli.global.pick.clone());
    let result = run(cli);
    finish(
        match pick {
            Some(pointer) => result.and_then(|a| a.pick(&pointer)),
            None => result,
        },
        as_json,
    )
}

fn run(cli: Cli) -> Result<Answer, Failure> {
    let Cli { global, command } = cli;
    let global = &global;
    if global.dry_run && !command.may_send() {
        let text = "--dry-run shows what would be sent, and this command sends no transaction";
        let help = "nothing was done";
        return Err(Failure::new(Exit::Usage, "NoDryRun", text).help(help));
    }
    if let Some(sends) = command.sends()
        && let Some(id) = sends.sending.resume
    {
        return wait(cmd::resume::run(global, (id, &command), sends));
    }
    match command {
        Command::Node(args::NodeCommand::Join(args)) => cmd::join::run(global, &args),
        Command::Node(args::NodeCommand::Run(args)) => cmd::node::run_until_stopped(global, &args),
        Command::Node(command) => wait(cmd::node::run(global, &command)),
        Command::Testnet(command) => wait(cmd::testnet::run(global, &command)),
        Command::Wallet(command) => cmd::wallet::run(global, &command),
        Command::Transfer(args) => wait(cmd::send::transfer(global, &args)),
        Command::Stake(command) => wait(cmd::send::stake(global, &command)),
        Command::Register(args) => wait(cmd::neuron::register(global, &args)),
        Command::Serve(args) => wait(cmd::neuron::serve(global, &args)),
        Command::Permit(args) => wait(cmd::neuron::permit(global, &args)),
        Command::Voter(command) => wait(cmd::neuron::voter(global, &command)),
        Command::Batch(args) => wait(cmd::send::batch(global, &args)),
        Command::Weights(command) => wait(cmd::weights::run(global, &command)),
        Command::Reference(args) => cmd::reference::run(&args),
        Command::Subnet(command) => wait(cmd::subnet::run(global, &command)),
        Command::Query(command) => wait(cmd::query::run(global, &command)),
        Command::Emission(args) => cmd::emission::run(&args),
        Command::Genesis(command) => cmd::genesis::run(global, &command),
        Command::Yuma(command) => cmd::yuma::run(global, &command),
        Command::Bench(command) => cmd::bench::run(global, &command),
        Command::Sim(command) => cmd::sim::run(global, &command),
    }
}

/// Runs a command that talks to nodes.
fn wait<F>(command: F) -> Result<Answer, Failure>
where
    F: Future<Output = Result<Answer, Failure>>,
{
    runtime()?.block_on(command)
}
