//! `weft genesis new|import|show`.

use super::given::read_genesis;
use crate::args::{GenesisCommand, GenesisImport, GenesisNew, Global};
use crate::output::{Answer, Exit, Failure};
use crate::signer;
use serde_json::json;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use weft_testnet::import::{ImportError, Launch, import};
use weft_types::genesis::GenesisError;
use weft_types::hash::to_hex;
use weft_types::{Genesis, Millis, Rao, SecretKey};

/// Runs the command.
pub fn run(global: &Global, command: &GenesisCommand) -> Result<Answer, Failure> {
    match command {
        GenesisCommand::New(args) => fair(global, args),
        GenesisCommand::Import(args) => bring(global, args),
        GenesisCommand::Show { file } => show(file),
    }
}

fn fair(global: &Global, args: &GenesisNew) -> Result<Answer, Failure> {
    let network = args.network_preset.into();
    let pair = |text: &String| match text.split_once(':') {
        Some((hotkey, coldkey)) => {
            let hotkey = signer::hotkey_of(global, hotkey, network)?;
            Ok((hotkey, signer::recipient(global, coldkey, network)?))
        }
        None => Err(Failure::new(Exit::Usage, "BadVoter", format!("{text} is no HOTKEY:COLDKEY"))),
    };
    let voters = args.voter.iter().map(pair).collect::<Result<Vec<_>, Failure>>()?;
    let time = args.genesis_time.unwrap_or(crate::cmd::testnet::now().0.saturating_add(60_000));
    let genesis = Genesis::fair(network, &args.name, Millis(time), &voters);
    genesis.check().map_err(|e| Failure::new(Exit::Usage, "BadGenesis", e))?;
    let text = serde_json::to_string_pretty(&genesis)
        .map_err(|e| Failure::new(Exit::Failed, "Unprintable", e))?;
    if args.out.exists() {
        let text = format!("{} is there already", args.out.display());
        return Err(
            Failure::of_kind("already_exists", "FileExists", text).help("choose another --out")
        );
    }
    fresh(&args.out, &text, 0o644).map_err(|e| fault(&args.out, &e))?;
    show(&args.out)
}

fn bring(global: &Global, args: &GenesisImport) -> Result<Answer, Failure> {
    let network = args.network_preset.into();
    let now = crate::cmd::testnet::now().0.saturating_add(1_000);
    let new = || SecretKey::from_seed(weft_node::entropy::seed());
    let (hotkey, coldkey) = (new(), new());
    let voter = args.voter.as_deref();
    let voter = voter.map(|text| signer::hotkey_of(global, text, network)).transpose()?;
    let launch = Launch {
        network,
        name: args.name.clone(),
        genesis_time: Millis(args.genesis_time.unwrap_or(now)),
        voter: voter.unwrap_or(hotkey.public()),
        coldkey: coldkey.public(),
    };
    let (genesis, imported) = import(&args.file, &launch)?;
    // Secrets of those keys that were made here and that the chain has taken.
    let hotkey = voter.is_none().then_some(hotkey);
    let coldkey = (imported.coldkey == coldkey.public()).then_some(coldkey);
    let files = Files::new(&args.out);
    files.write(&genesis, hotkey.as_ref(), coldkey.as_ref())?;
    let path = files.genesis.display();
    let text = format!(
        "{} accounts with {} TAO, {} stakes with {} TAO\ngenesis {path}\nchain {}\n\
         run it with: weft --home {} node run --genesis {path}",
        imported.accounts,
        imported.balance_sum.as_tao(),
        imported.stakes,
        imported.stake_sum.as_tao(),
        imported.chain_id,
        args.out.join("node").display(),
    );
    let mut data = json!(imported);
    data["genesis"] = json!(files.genesis);
    data["voter_key"] = json!(hotkey.map(|_| &files.voter));
    data["coldkey_key"] = json!(coldkey.map(|_| &files.coldkey));
    Answer::new(&data, text)
}

/// What an import writes.
struct Files {
    genesis: PathBuf,
    voter: PathBuf,
    coldkey: PathBuf,
}

impl Files {
    fn new(dir: &Path) -> Self {
        let file = |name| dir.join(name);
        Self {
            genesis: file("genesis.json"),
            voter: file("voter.key"),
            coldkey: file("coldkey.key"),
        }
    }

    /// Writes the keys, which only their owner may read, then the genesis. Nothing is
    /// written over: an old key may be all that owns a chain.
    fn write(
        &self,
        genesis: &Genesis,
        voter: Option<&SecretKey>,
        coldkey: Option<&SecretKey>,
    ) -> Result<(), Failure> {
        if let Some(path) = [&self.genesis, &self.voter, &self.coldkey].iter().find(|p| p.exists())
        {
            let text = format!("{} is there already", path.display());
            return Err(Failure::of_kind("already_exists", "FileExists", text)
                .help("choose another --out; what is there is never written over"));
        }
        let text = serde_json::to_string(genesis)
            .map_err(|e| Failure::new(Exit::Failed, "Unprintable", e))?;
        if let Some(dir) = self.genesis.parent() {
            std::fs::create_dir_all(dir).map_err(|e| fault(dir, &e))?;
        }
        for (path, key) in [(&self.voter, voter), (&self.coldkey, coldkey)] {
            if let Some(key) = key {
                fresh(path, &to_hex(key.seed()), 0o600).map_err(|e| fault(path, &e))?;
            }
        }
        fresh(&self.genesis, &text, 0o644).map_err(|e| fault(&self.genesis, &e))
    }
}

fn fault(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Failed, "Io", format!("{}: {error}", path.display()))
}

/// Writes a file that is not there yet.
fn fresh(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(path)?;
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
            ImportError::Malformed { .. } => (Exit::Usage, "LedgerMalformed"),
            ImportError::TooLarge { .. } => (Exit::Usage, "LedgerTooLarge"),
            ImportError::Key { error, .. } => (Exit::Usage, error.name()),
            ImportError::TwoOwners(_) => (Exit::Usage, "TwoOwners"),
            ImportError::Twice { .. } => (Exit::Usage, "KeyTwice"),
            ImportError::Genesis(GenesisError::TooManyCoins) => (Exit::Usage, "TooManyCoins"),
            ImportError::Genesis(_) => (Exit::Usage, "BadGenesis"),
        };
        Self::new(exit, name, error)
    }
}
