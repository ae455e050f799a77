//! The program from outside: real processes, real files, real sockets.

mod cli;
mod hostile;
mod metagraph;
mod support;
mod testnet;
