//! Which transactions a command may send, and how: what `--resume` and `--dry-run` ask.

use super::send::{Sending, StakeCommand};
use super::{Command, SubnetCommand, VoterCommand, WeightsCommand};

impl Command {
    /// How the command sends its transaction, and which calls that may hold; nothing for a
    /// command that sends none.
    pub const fn sends(&self) -> Option<(&Sending, &'static [&'static str])> {
        Some(match self {
            Self::Transfer(a) => (&a.paying.sending, &["transfer"]),
            Self::Stake(StakeCommand::Add(a)) => (&a.paying.sending, &["add_stake"]),
            Self::Stake(StakeCommand::Remove(a)) => (&a.paying.sending, &["remove_stake"]),
            Self::Stake(StakeCommand::Take(a)) => (&a.paying.sending, &["set_take"]),
            Self::Register(a) => (&a.paying.sending, &["register", "register_stamp"]),
            Self::Serve(a) => (&a.sending, &["serve_axon"]),
            Self::Permit(a) => (&a.sending, &["seek_permit"]),
            Self::Batch(a) => (&a.paying.sending, &["batch"]),
            Self::Voter(command) => return of_voter(command),
            Self::Weights(command) => return of_weights(command),
            Self::Subnet(command) => return of_subnet(command),
            _ => return None,
        })
    }
}

const fn of_voter(command: &VoterCommand) -> Option<(&Sending, &'static [&'static str])> {
    Some(match command {
        VoterCommand::Join { sending, .. } => (sending, &["join_voters"]),
        VoterCommand::Report { sending, .. } => (sending, &["report_evidence"]),
        VoterCommand::Leave { paying } => (&paying.sending, &["leave_voters"]),
        VoterCommand::Row { .. } | VoterCommand::Key { .. } => return None,
    })
}

const fn of_weights(command: &WeightsCommand) -> Option<(&Sending, &'static [&'static str])> {
    Some(match command {
        WeightsCommand::Set(a) => (&a.sending, &["set_weights"]),
        WeightsCommand::Commit(a) => (&a.sending, &["commit_weights"]),
        WeightsCommand::Reveal(a) => (&a.sending, &["reveal_weights"]),
        WeightsCommand::Show(_) => return None,
    })
}

const fn of_subnet(command: &SubnetCommand) -> Option<(&Sending, &'static [&'static str])> {
    Some(match command {
        SubnetCommand::Create(a) => (&a.paying.sending, &["register_subnet"]),
        SubnetCommand::Start(a) => (&a.paying.sending, &["start_subnet"]),
        SubnetCommand::Set(a) => (&a.paying.sending, &["set_hyperparameter"]),
        SubnetCommand::Describe(a) => (&a.paying.sending, &["set_identity"]),
        SubnetCommand::List | SubnetCommand::Metagraph { .. } => return None,
    })
}
