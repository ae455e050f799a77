//! Which commands send a transaction, and how: what `--resume` and `--dry-run` ask.

use super::cli::Command;
use super::market::{SubnetCommand, VoterCommand, WeightsCommand};
use super::paying::{Paying, Sending};
use super::send::StakeCommand;

/// How a command sends its transaction.
#[derive(Clone, Copy, Debug)]
pub struct Sends<'a> {
    /// How long it waits, and whether it resumes.
    pub sending: &'a Sending,
    /// Fee and nonce, of a command that pays.
    pub paying: Option<&'a Paying>,
}

const fn pays(paying: &Paying) -> Option<Sends<'_>> {
    Some(Sends { sending: &paying.sending, paying: Some(paying) })
}

const fn free(sending: &Sending) -> Option<Sends<'_>> {
    Some(Sends { sending, paying: None })
}

impl Command {
    /// How the command sends its transaction; nothing for a command that sends none.
    pub const fn sends(&self) -> Option<Sends<'_>> {
        match self {
            Self::Transfer(a) => pays(&a.paying),
            Self::Stake(StakeCommand::Add(a) | StakeCommand::Remove(a)) => pays(&a.paying),
            Self::Stake(StakeCommand::Take(a)) => pays(&a.paying),
            Self::Register(a) => pays(&a.paying),
            Self::Serve(a) => free(&a.sending),
            Self::Permit(a) => free(&a.sending),
            Self::Batch(a) => pays(&a.paying),
            Self::Voter(command) => match command {
                VoterCommand::Join { sending, .. } | VoterCommand::Report { sending, .. } => {
                    free(sending)
                }
                VoterCommand::Leave { paying } => pays(paying),
                VoterCommand::Row { .. } | VoterCommand::Key { .. } => None,
            },
            Self::Weights(command) => match command {
                WeightsCommand::Set(a) | WeightsCommand::Commit(a) => free(&a.sending),
                WeightsCommand::Reveal(a) => free(&a.sending),
                WeightsCommand::Show(_) => None,
            },
            Self::Subnet(command) => match command {
                SubnetCommand::Create(a) => pays(&a.paying),
                SubnetCommand::Start(a) => pays(&a.paying),
                SubnetCommand::Set(a) => pays(&a.paying),
                SubnetCommand::Describe(a) => pays(&a.paying),
                SubnetCommand::List | SubnetCommand::Metagraph { .. } => None,
            },
            _ => None,
        }
    }
}
