//! Flags that say how a home is made, given where there is one already. What it has stands in
//! its config.toml; a flag that says the same says nothing new, and one that says otherwise is
//! refused rather than passed over.

use super::given::read_seed;
use crate::args::{NodeJoin, NodeRun};
use crate::output::{Exit, Failure};
use std::path::PathBuf;
use weft_home::config::Home;
use weft_node::error::NodeError;

/// What a line says of the home of a node.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings<'a> {
    name: Option<&'a String>,
    listen: Option<&'a String>,
    rpc: Option<&'a String>,
    voter_key: Option<&'a PathBuf>,
}

impl<'a> Settings<'a> {
    /// What `weft node join` says.
    pub const fn of_join(args: &'a NodeJoin) -> Self {
        Self {
            name: args.name.as_ref(),
            listen: args.listen.as_ref(),
            rpc: args.rpc.as_ref(),
            voter_key: args.voter_key.as_ref(),
        }
    }

    /// What `weft node run --genesis` says.
    pub const fn of_run(args: &'a NodeRun) -> Self {
        Self {
            name: None,
            listen: args.listen.as_ref(),
            rpc: args.rpc.as_ref(),
            voter_key: args.voter_key.as_ref(),
        }
    }
}

/// Refuses what is not so in a home that is there.
pub fn settled(home: &Home, said: &Settings<'_>) -> Result<(), Failure> {
    let config = home.config().map_err(NodeError::Home)?;
    let listens = config.listen.join(" ");
    let texts = [
        ("--name", said.name, &config.name),
        ("--listen", said.listen, &listens),
        ("--rpc", said.rpc, &config.rpc),
    ];
    for (flag, said, has) in texts {
        if let Some(said) = said.filter(|said| *said != has) {
            return Err(other(home, flag, &format!("{said}, and the home has {has}")));
        }
    }
    if let Some(path) = said.voter_key {
        let has = home.voter_key().map_err(NodeError::Home)?.map(|key| key.public());
        let said = read_seed(path)?.public();
        if has != Some(said) {
            let has = has.map_or_else(|| "no key to vote with".to_owned(), |key| key.to_string());
            return Err(other(home, "--voter-key", &format!("{said}, and the home has {has}")));
        }
    }
    Ok(())
}

fn other(home: &Home, flag: &str, what: &str) -> Failure {
    let path = home.path().display();
    let help = if flag == "--voter-key" {
        format!("leave it out; weft voter key --node {path} -w NAME gives a node its key")
    } else {
        format!("leave it out, or change {path}/config.toml")
    };
    let text = format!("{path} is there already, and {flag} is of a new home: it says {what}");
    Failure::new(Exit::Usage, "HomeIsSettled", text).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_home::config::Config;
    use weft_types::SecretKey;

    #[test]
    fn a_flag_of_a_new_home_may_say_what_an_old_one_has_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::new(dir.path().join("node"));
        let voter = SecretKey::from_seed([7; 32]);
        let config = Config { rpc: "127.0.0.1:4".to_owned(), ..Config::default() };
        let genesis = crate::cmd::node::alone().0;
        weft_node::start::init(&home, &config, &genesis, &[7; 32], Some(&voter)).unwrap();
        let key = |name: &str, seed: u8| {
            let path = dir.path().join(name);
            std::fs::write(&path, weft_types::hash::to_hex(&[seed; 32])).unwrap();
            path
        };
        let (same, other) = (key("same", 7), key("other", 8));
        let (rpc, listen) = ("127.0.0.1:4".to_owned(), config.listen[0].clone());
        let odd = "elsewhere".to_owned();
        let all = |name, listen, rpc, voter_key| Settings { name, listen, rpc, voter_key };
        settled(&home, &Settings::default()).unwrap();
        let has = all(Some(&config.name), Some(&listen), Some(&rpc), Some(&same));
        settled(&home, &has).unwrap();
        for (said, flag) in [
            (all(Some(&odd), None, None, None), "--name"),
            (all(None, Some(&odd), None, None), "--listen"),
            (all(None, None, Some(&odd), None), "--rpc"),
            (all(None, None, None, Some(&other)), "--voter-key"),
        ] {
            let refused = settled(&home, &said).unwrap_err();
            assert_eq!((refused.exit, refused.words.name.as_str()), (Exit::Usage, "HomeIsSettled"));
            assert!(refused.words.message.contains(flag), "{}", refused.words.message);
        }
    }
}
