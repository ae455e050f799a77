//! `weft genesis import|show`.

use super::node::read_genesis;
use crate::args::{GenesisCommand, GenesisImport};
use crate::output::{Answer, Exit, Failure};
use serde_json::json;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use weft_testnet::Choice;
use weft_testnet::import::{ImportError, import};
use weft_types::hash::to_hex;
use weft_types::{Millis, Params, Rao};

/// Runs the command.
pub fn run(command: &GenesisCommand) -> Result<Answer, Failure> {
    match command {
        GenesisCommand::Import(args) => bring(args),
        GenesisCommand::Show { file } => show(file),
    }
}

fn bring(args: &GenesisImport) -> Result<Answer, Failure> {
    let network = args.preset.into();
    let now = crate::cmd::testnet::now().0.saturating_add(1_000);
    let choice = Choice {
        nodes: 1,
        slot_ms: Params::preset(network).slot_ms,
        seed: to_hex(&weft_node::entropy::seed()),
        genesis_time: Millis(args.genesis_time.unwrap_or(now)),
        network,
        senders: 0,
    };
    let (mut genesis, voter, imported) = import(&args.file, &choice)?;
    // The seed of the keys is a secret; the name of the chain is not.
    args.name.clone_into(&mut genesis.name);
    let chain_id = genesis.chain_id();
    let fault = |e: std::io::Error| {
        Failure::new(Exit::Failed, "Io", format!("{}: {e}", args.out.display()))
    };
    std::fs::create_dir_all(&args.out).map_err(fault)?;
    let path = args.out.join("genesis.json");
    let text = serde_json::to_string(&genesis)
        .map_err(|e| Failure::new(Exit::Failed, "Unprintable", e))?;
    std::fs::write(&path, text).map_err(fault)?;
    let key = args.out.join("voter.key");
    secret(&key, &to_hex(voter.seed())).map_err(fault)?;
    let text = format!(
        "{} accounts with {} TAO, {} stakes with {} TAO\ngenesis {}\nchain {chain_id}\nrun it with: weft node run --genesis {}",
        imported.accounts,
        imported.balance_sum.as_tao(),
        imported.stakes,
        imported.stake_sum.as_tao(),
        path.display(),
        path.display()
    );
    let data = json!({
        "accounts": imported.accounts,
        "stakes": imported.stakes,
        "balance_sum": imported.balance_sum,
        "stake_sum": imported.stake_sum,
        "chain_id": chain_id,
        "genesis": path,
        "voter": imported.voter,
        "voter_key": key,
    });
    Answer::new(&data, text)
}

/// Writes a secret that only its owner may read.
fn secret(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn show(file: &Path) -> Result<Answer, Failure> {
    let genesis = read_genesis(file)?;
    let sum = |amounts: &mut dyn Iterator<Item = Rao>| {
        amounts.fold(Rao::ZERO, |sum, amount| sum.checked_add(amount).unwrap_or(Rao::MAX))
    };
    let data = json!({
        "chain_id": genesis.chain_id(),
        "network": genesis.network,
        "name": genesis.name,
        "genesis_time": genesis.genesis_time,
        "voters": genesis.voters.len(),
        "accounts": genesis.accounts.len(),
        "stakes": genesis.stakes.len(),
        "subnets": genesis.subnets.len(),
        "balance_sum": sum(&mut genesis.accounts.iter().map(|a| a.free)),
        "stake_sum": sum(&mut genesis.stakes.iter().map(|s| s.stake)),
    });
    let text = super::query::pairs(&data);
    Answer::new(&data, text)
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        let (exit, name) = match &error {
            ImportError::Unreadable { .. } => (Exit::NotFound, "LedgerUnreadable"),
            ImportError::TooLarge { .. } => (Exit::Usage, "LedgerTooLarge"),
            ImportError::Key { .. } => (Exit::Usage, "BadKey"),
            ImportError::TwoOwners(_) => (Exit::Usage, "TwoOwners"),
            ImportError::Twice(_) => (Exit::Usage, "AccountTwice"),
            ImportError::Genesis(_) => (Exit::Usage, "BadGenesis"),
        };
        Self::new(exit, name, error)
    }
}
