//! What the benches of `weft bench` share: the network they are run on, and what a load that can't
//! be is.

use crate::args::Global;
use crate::cmd::testnet::binary;
use crate::output::{Exit, Failure};
use crate::remote::home;
use std::path::Path;
use weft_benches::chain::ChainError;
use weft_testnet::Choice;
use weft_testnet::up::Wish;

/// Bytes of an RPC request that the load may send.
const BODY_BYTES: usize = 8 << 20;

/// A network for a bench, in a directory or `bench` of the home.
pub fn wish(global: &Global, dir: Option<&Path>, choice: Choice) -> Result<Wish, Failure> {
    let dir = match dir {
        Some(dir) => dir.to_owned(),
        None => home(global)?.join("bench"),
    };
    Ok(Wish {
        dir: std::path::absolute(&dir).unwrap_or(dir),
        binary: binary()?,
        choice,
        wires: false,
        test_rules: false,
        metagraph: None,
        fair_launch: false,
        params: Vec::new(),
        usual_ports: false,
        rpc_body_bytes: BODY_BYTES,
    })
}

/// A load that is none is the command line's fault; all else is a check that failed.
pub fn no_result(error: &ChainError) -> Failure {
    match error {
        ChainError::Load(_) => Failure::new(Exit::Usage, "BadLoad", error),
        _ => Failure::new(Exit::CheckFailed, "CheckFailed", error),
    }
}
