//! Arguments of `weft node` and `weft testnet`.

use clap::{Args, Subcommand};
use std::path::PathBuf;
use weft_node::trust::Trust;
use weft_types::ChainId;

#[derive(Subcommand, Debug)]
pub enum NodeCommand {
    /// Write a home directory: configuration, genesis, keys, empty store
    Init(NodeInit),
    /// Follow a chain that runs elsewhere: take its genesis and peers from a node of it, check
    /// them, make a home, and run until stopped; what is in the home already goes on
    Join(NodeJoin),
    /// Run until stopped
    Run(NodeRun),
    /// Ask the node of this home how it is
    Status,
    /// Run a stopped node's whole log again and compare every state root
    Replay,
    /// Let a voter whose vote file was lost sign again at once; only when it surely
    /// signed nothing that others hold
    OverrideVotes,
}

#[derive(Args, Debug)]
pub struct NodeInit {
    /// Genesis file; without it a chain of one voter is made. To follow a chain that runs: weft
    /// node join
    #[arg(long, value_name = "FILE")]
    pub genesis: Option<PathBuf>,
    /// File with the voter's seed in hex; without it the node only follows
    #[arg(long, value_name = "FILE")]
    pub voter_key: Option<PathBuf>,
    /// Name in logs and tables
    #[arg(long, default_value = "node")]
    pub name: String,
    /// Where to listen for peers
    #[arg(long, default_value = "/ip4/127.0.0.1/tcp/19900", value_name = "MULTIADDR")]
    pub listen: String,
    /// A peer to stay connected with, which needs --genesis; may be given many times
    #[arg(long = "peer", value_name = "MULTIADDR")]
    pub peers: Vec<String>,
    /// Where the RPC listens
    #[arg(long, default_value = "127.0.0.1:19944", value_name = "HOST:PORT")]
    pub rpc: String,
    /// JSON list of weight rows that the voter's shares carry once a tempo
    #[arg(long, value_name = "FILE")]
    pub row_file: Option<PathBuf>,
    /// A block you trust, HEIGHT:HASH: nothing is believed before it is final here
    #[arg(long, value_name = "HEIGHT:HASH")]
    pub trusted_checkpoint: Option<Trust>,
    /// The most bytes of an RPC request
    #[arg(long, default_value_t = 1 << 20)]
    pub rpc_body_bytes: usize,
}

#[derive(Args, Debug)]
pub struct NodeJoin {
    /// Where the RPC of a node of the chain is: http://HOST:PORT
    pub url: String,
    /// The chain that is meant, by its id; another is refused
    #[arg(long, value_name = "CHAIN_ID")]
    pub chain: Option<ChainId>,
    /// A block you trust, HEIGHT:HASH, when the chain is older than stake answers for its votes;
    /// or own, to trust its genesis or what is in the home
    #[arg(long, value_name = "HEIGHT:HASH")]
    pub trusted_checkpoint: Option<Trust>,
    /// File with the voter's seed in hex; without it the node only follows
    #[arg(long, value_name = "FILE")]
    pub voter_key: Option<PathBuf>,
    /// Name of a new home in logs and tables; node
    #[arg(long)]
    pub name: Option<String>,
    /// Where a new home listens for peers; port 19900 of loopback, or a free one
    #[arg(long, value_name = "MULTIADDR")]
    pub listen: Option<String>,
    /// Where the RPC of a new home listens; port 19944 of loopback, or a free one
    #[arg(long, value_name = "HOST:PORT")]
    pub rpc: Option<String>,
    /// End when the node is at the head, instead of going on
    #[arg(long)]
    pub until_synced: bool,
    #[command(flatten)]
    pub log: LogArgs,
}

/// What of a node's log goes where.
#[derive(Args, Debug)]
pub struct LogArgs {
    /// What is logged, e.g. debug or "info,weft_node=debug"
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
    /// A file for the log instead of stderr; SIGHUP opens it anew
    #[arg(long, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// Log lines as JSON
    #[arg(long)]
    pub log_json: bool,
}

#[derive(Args, Debug)]
pub struct NodeRun {
    /// Make the home of this genesis file when there is none yet
    #[arg(long, value_name = "FILE")]
    pub genesis: Option<PathBuf>,
    /// With --genesis: the voter's seed in hex; voter.key beside the genesis when not given
    #[arg(long, value_name = "FILE", requires = "genesis")]
    pub voter_key: Option<PathBuf>,
    /// With --genesis: where to listen for peers; port 19900 of loopback
    #[arg(long, value_name = "MULTIADDR", requires = "genesis")]
    pub listen: Option<String>,
    /// With --genesis: where the RPC listens; port 19944 of loopback
    #[arg(long, value_name = "HOST:PORT", requires = "genesis")]
    pub rpc: Option<String>,
    /// For this start: a block you trust, HEIGHT:HASH; or own, to trust what is in the home
    #[arg(long, value_name = "HEIGHT:HASH")]
    pub trusted_checkpoint: Option<Trust>,
    /// Vote at once, without listening for a rotation whether the key runs elsewhere
    #[arg(long)]
    pub no_wait: bool,
    /// Wait for a word on stdin, then leave the caller's session, as a daemon does
    #[arg(long, hide = true)]
    pub detach: bool,
    #[command(flatten)]
    pub log: LogArgs,
}

#[derive(Subcommand, Debug)]
pub enum TestnetCommand {
    /// Start a network; returns when its first block is final
    Up(TestnetUp),
    /// How its nodes are
    Status(TestnetDir),
    /// Stop all its processes
    Down(TestnetDir),
    /// Kill one node as a crash would
    Kill(TestnetNode),
    /// Start a stopped node again
    Restart(TestnetNode),
    /// Break something on purpose, and see what becomes of it
    #[command(subcommand)]
    Fault(FaultCommand),
    /// The process that carries the connections of a testnet with wires
    #[command(hide = true)]
    Wires(TestnetWires),
}

#[derive(Subcommand, Debug)]
pub enum FaultCommand {
    /// Cut the network into groups that don't hear each other, heal it, and see whether all
    /// agree again
    Partition(FaultPartition),
    /// Heal at once what was cut
    Heal(TestnetDir),
}

#[derive(Args, Debug)]
pub struct FaultPartition {
    /// Groups of all nodes, as in 0,1/2,3
    #[arg(required = true, value_name = "GROUPS")]
    pub groups: Vec<String>,
    /// How long it is cut
    #[arg(long = "for", default_value = "10s", value_name = "SECONDS")]
    pub lasts: String,
    /// How soon after healing all nodes must agree
    #[arg(long, default_value = "10s", value_name = "SECONDS")]
    pub heal_within: String,
    #[command(flatten)]
    pub dir: TestnetDir,
}

#[derive(Args, Debug)]
pub struct TestnetWires {
    /// Directory of the network
    pub dir: PathBuf,
    /// Wait for a word on stdin, then leave the caller's session, as a daemon does
    #[arg(long)]
    pub detach: bool,
}

#[derive(Args, Debug)]
pub struct TestnetDir {
    /// Directory of the network
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct TestnetUp {
    #[command(flatten)]
    pub dir: TestnetDir,
    /// How many nodes
    #[arg(short = 'n', long = "nodes", default_value_t = 4)]
    pub nodes: usize,
    /// Length of a slot
    #[arg(long, default_value_t = 500, value_name = "MS")]
    pub slot_ms: u64,
    /// A real subnet's stake and rows
    #[arg(long, value_name = "FILE")]
    pub metagraph: Option<PathBuf>,
    /// Start from zero coins: the voters have virtual stake, everybody else registers by stamp
    #[arg(long, conflicts_with_all = ["metagraph", "senders"])]
    pub fair_launch: bool,
    /// Let connections between nodes go through wires that `testnet fault` can cut
    #[arg(long)]
    pub wires: bool,
    /// A number of the chain that differs from the preset, as in exit_blocks=5 or
    /// subnet_defaults.tempo=10; may be given many times
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub params: Vec<String>,
    /// A chain that can change to the second version of test networks; its nodes begin as an
    /// older program would, until known_rules is taken out of their config.toml
    #[arg(long)]
    pub test_rules: bool,
    /// Text that all keys are derived from
    #[arg(long, default_value = "weft")]
    pub seed: String,
    /// Use the bench preset, with this many funded senders
    #[arg(long, hide = true)]
    pub senders: Option<usize>,
}

#[derive(Args, Debug)]
pub struct TestnetNode {
    /// Number of the node, from 0
    pub node: usize,
    #[command(flatten)]
    pub dir: TestnetDir,
}
