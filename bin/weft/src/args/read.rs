//! Arguments of commands that read the chain.

use clap::Subcommand;

#[derive(Subcommand, Debug)]
pub enum SubnetCommand {
    /// All subnets
    List,
    /// The neurons of a subnet
    Metagraph {
        /// The subnet
        netuid: u16,
    },
}

#[derive(Subcommand, Debug)]
pub enum QueryCommand {
    /// Free coins, stake and nonce of an account
    Account {
        /// Address, public key or wallet name
        key: String,
    },
    /// A block
    Block {
        /// Its height, or its hash
        block: String,
    },
    /// The totals of all money
    Supply,
    /// What became of a transaction
    Tx {
        /// Its id
        id: String,
    },
}
