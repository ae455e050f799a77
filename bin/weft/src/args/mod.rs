//! The command line. Names and manners follow docs/cli.md.

mod chain;
mod cli;
mod global;
mod incentives;
mod market;
mod measure;
mod node;
mod paying;
mod read;
mod seed;
mod send;
mod sends;
mod sim;
mod wallet;

pub use global::{Unread, command, read};

pub use cli::{Cli, Command, Global};

pub use chain::{EmissionArgs, GenesisCommand, GenesisImport, GenesisNew};
pub use incentives::SimIncentives;
pub use market::{
    BatchArgs, PermitArgs, ReferenceArgs, RegisterArgs, ServeArgs, SubnetCommand, SubnetCreate,
    SubnetDescribe, Table, VoterCommand, WeightsCommand, WeightsReveal, WeightsSet, WeightsShow,
};
pub use measure::{
    BenchCommand, BenchConsensus, BenchEpochs, BenchFill, BenchFillOne, BenchLedger, BenchLoad,
    BenchYuma, YumaCommand,
};
pub use node::{
    FaultCommand, FaultPartition, LogArgs, NodeCommand, NodeInit, NodeJoin, NodeRun,
    TestnetCommand, TestnetUp, TestnetWires,
};
pub use paying::{Paying, Sending, Wait};
pub use read::QueryCommand;
pub use send::{StakeArgs, StakeCommand, TransferArgs};
pub use sends::Sends;
pub use sim::{SimCommand, SimHunt, SimLaunch, SimRun, SimScenario, SimTwins};
pub use wallet::{WalletCommand, WalletExport, WalletName, WalletPasswd, WalletSign, WalletVerify};
