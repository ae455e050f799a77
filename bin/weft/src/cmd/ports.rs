//! What to do when a port that a node wants is another program's.

use crate::output::Failure;
use crate::shell::quoted_path;
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::net::TcpListener;
use weft_home::config::{Config, Home};
use weft_node::error::NodeError;
use weft_testnet::{free_ports, up};

/// An address of a configuration whose port is taken.
struct Taken {
    /// Its name in the configuration, and without dashes that of the option.
    key: &'static str,
    /// The address as it stands there.
    address: String,
    port: u16,
    /// The same address with a port that is free.
    instead: String,
}

/// A node's error as a failure; where a port is taken, with the key, the option, and a line to
/// try.
pub fn advised(error: NodeError, home: &Home) -> Failure {
    let is_taken = up::is_port_taken(&error.to_string());
    let failure = Failure::from(error);
    let taken = home.config().ok().filter(|_| is_taken).map(|config| taken(&config));
    match taken {
        Some(taken) if !taken.is_empty() => advice(failure, home, &taken),
        _ => failure,
    }
}

fn advice(failure: Failure, home: &Home, taken: &[Taken]) -> Failure {
    let home = quoted_path(home.path());
    let mut parts = Vec::new();
    let mut swaps = Vec::new();
    let mut context: Vec<Value> = Vec::new();
    for Taken { key, address, port, instead } in taken {
        parts.push(format!("port {port} of {key} ({address}) is another program's"));
        swaps.push(format!("s|\"{address}\"|\"{instead}\"|"));
        let option = format!("--{key}");
        context.push(json!({
            "key": key, "option": option, "address": address, "port": port, "instead": instead,
        }));
    }
    let keys: Vec<_> = taken.iter().map(|t| t.key).collect();
    let options: Vec<_> = taken.iter().map(|t| format!("--{} {}", t.key, t.instead)).collect();
    failure
        .help(format!(
            "{}: name another in {home}/config.toml ({}); try: sed -i.bak '{}' {home}/config.toml && \
             weft node run --home {home}; a new home takes it from weft node init {}",
            parts.join(", "),
            keys.join(", "),
            swaps.join("; "),
            options.join(" "),
        ))
        .context(json!({ "taken": context }))
}

/// What of a configuration is taken, each with a free port in its place.
fn taken(config: &Config) -> Vec<Taken> {
    let addresses = config.listen.iter().map(|address| ("listen", address));
    let addresses = [("rpc", &config.rpc)].into_iter().chain(addresses);
    let found: Vec<_> = addresses
        .filter_map(|(key, address)| {
            let place = place(address)?;
            let is_taken =
                matches!(TcpListener::bind(&place), Err(e) if e.kind() == ErrorKind::AddrInUse);
            is_taken.then_some((key, address))
        })
        .collect();
    let free = free_ports(&vec![0; found.len()]).unwrap_or_default();
    let one = |((key, address), free): ((&'static str, &String), u16)| {
        let at = address.rfind([':', '/'])?.checked_add(1)?;
        let (before, port) = address.split_at_checked(at)?;
        let (port, instead) = (port.parse().ok()?, format!("{before}{free}"));
        Some(Taken { key, address: address.clone(), port, instead })
    };
    found.into_iter().zip(free).filter_map(one).collect()
}

/// Host and port of an address of a configuration: `host:port`, or `/ip4/HOST/tcp/PORT`.
fn place(address: &str) -> Option<String> {
    let parts: Vec<_> = address.split('/').collect();
    match parts.as_slice() {
        [plain] => Some((*plain).to_owned()),
        ["", "ip4", host, "tcp", port] => Some(format!("{host}:{port}")),
        ["", "ip6", host, "tcp", port] => Some(format!("[{host}]:{port}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_named_by_its_key_with_a_free_port_in_its_place() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = held.local_addr().unwrap().port();
        let rpc = format!("127.0.0.1:{port}");
        let listen = vec!["/ip4/127.0.0.1/tcp/0".to_owned(), format!("/ip4/127.0.0.1/tcp/{port}")];
        let found = taken(&Config { rpc, listen, ..Config::default() });
        let keys: Vec<_> = found.iter().map(|t| (t.key, t.port)).collect();
        assert_eq!(keys, [("rpc", port), ("listen", port)]);
        assert!(found[0].instead.starts_with("127.0.0.1:"), "{}", found[0].instead);
        assert!(found[1].instead.starts_with("/ip4/127.0.0.1/tcp/"), "{}", found[1].instead);
        assert_ne!(found[0].instead.rsplit(':').next(), found[1].instead.rsplit('/').next());
        assert_eq!(place("/ip6/::1/tcp/7").unwrap(), "[::1]:7");
    }
}
