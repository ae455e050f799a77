//! The program from outside: real processes, real files, real sockets.

mod cli;
mod metagraph;
mod support;
mod testnet;
