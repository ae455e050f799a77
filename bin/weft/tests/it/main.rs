//! The program from outside: real processes, real files, real sockets.

mod bench;
mod cli;
mod emission;
mod fair;
mod hostile;
mod imported;
mod incentives;
mod join;
mod launch;
mod metagraph;
mod money;
mod node;
mod partition;
mod rotation;
mod rules;
mod sim;
mod slashing;
mod streams;
mod stub;
mod support;
mod testnet;
mod trusted;
mod veiled;
mod voting;
mod wires;
