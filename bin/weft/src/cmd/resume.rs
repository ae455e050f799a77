//! `--resume ID`: the very bytes of an earlier transaction once more.

use super::kept::Kept;
use super::submit::{Desk, amount};
use crate::args::{Command, Global, Sending, StakeArgs, StakeCommand};
use crate::output::{Answer, Exit, Failure};
use crate::signer;
use weft_types::{Call, Network, PublicKey, Rao, TxId};

/// Sends a kept transaction again and waits for it, if it is what the command says.
pub async fn run(
    global: &Global,
    (id, command): (TxId, &Command),
    (sending, calls): (&Sending, &[&str]),
) -> Result<Answer, Failure> {
    let desk = Desk::open(global).await?;
    let tx = Kept::of(global, &desk.chain.chain)?.read(&id)?;
    let call = &tx.body.call;
    if !calls.contains(&call.name()) || !says(global, command, (call, desk.chain.network))? {
        let text = format!("{id} is a {}, and not what this command says", call.name());
        return Err(Failure::new(Exit::Usage, "OtherTransaction", text)
            .help("give the same command as before, with --resume ID behind it"));
    }
    desk.again(tx, sending).await
}

/// Whether a command says to whom and how much as the call does, as far as it names them.
fn says(
    global: &Global,
    command: &Command,
    (call, network): (&Call, Network),
) -> Result<bool, Failure> {
    let behind = |args: &StakeArgs, key: &PublicKey, sum: Rao| -> Result<bool, Failure> {
        Ok(signer::hotkey_of(global, &args.to, network)? == *key && meant(&args.amount, sum)?)
    };
    match (command, call) {
        (Command::Transfer(args), Call::Transfer { to, amount: sum, .. }) => {
            let same = signer::recipient(global, &args.to, network)? == *to;
            Ok(same && meant(&args.amount, *sum)?)
        }
        (Command::Stake(StakeCommand::Add(args)), Call::AddStake { hotkey, amount: sum }) => {
            behind(args, hotkey, *sum)
        }
        (Command::Stake(StakeCommand::Remove(args)), Call::RemoveStake { hotkey, amount: sum }) => {
            behind(args, hotkey, *sum)
        }
        _ => Ok(true),
    }
}

fn meant(text: &str, sum: Rao) -> Result<bool, Failure> {
    Ok(text == "all" || amount(text)? == sum)
}
