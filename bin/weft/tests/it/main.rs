//! The program from outside: real processes, real files, real sockets.

mod bench;
mod cli;
#[cfg(target_os = "linux")]
mod clock;
mod emission;
mod fair;
mod hostile;
mod imported;
mod incentives;
mod join;
mod launch;
mod leaving;
mod logs;
mod metagraph;
mod money;
mod newcomers;
mod node;
mod partition;
mod proofs;
mod resumed;
mod rotation;
mod rows;
mod rules;
mod shown;
mod sim;
mod slashing;
mod strangers;
mod streams;
mod stub;
mod support;
mod testnet;
mod trusted;
mod veiled;
mod voting;
mod wires;
