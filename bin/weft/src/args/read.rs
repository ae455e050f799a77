//! Arguments of commands that read the chain.

use clap::Subcommand;

#[derive(Subcommand, Debug)]
pub enum QueryCommand {
    /// Free coins and nonce of an account, and the stake that is on its way back to it
    Account {
        /// Address, public key or wallet name
        key: String,
    },
    /// A block
    Block {
        /// Its height, its hash, or latest: the last final one
        block: String,
    },
    /// By which rules the chain runs, who signals others, and the change that is to come
    Version,
    /// The totals of all money
    Supply {
        /// Also sum the whole state and compare
        #[arg(long)]
        audit: bool,
    },
    /// What became of a transaction
    Tx {
        /// Its id
        id: String,
    },
    /// The hyperparameters of a subnet, with their bounds
    Hyperparameters {
        /// The subnet
        netuid: u16,
    },
    /// What creating a subnet locks now, and whom it would evict
    SubnetCost,
    /// Which subnet would be evicted next, and the order of all
    NextEviction,
    /// What registering in a subnet costs now, in rao and in hashes
    RegistrationCost {
        /// The subnet
        netuid: u16,
    },
    /// The root matrix and the shares that came of it
    Root,
    /// Who votes, since when, and when they may rotate next
    Voters,
    /// What a hotkey was punished for of late, and until when it is jailed
    Offences {
        /// Its address, public key or name in the wallet
        #[arg(value_name = "HOTKEY")] // The flag --hotkey means another thing.
        voter: String,
    },
    /// Who offers to vote, and what is left of the bootstrap
    Candidates,
}
