//! The constants of the chain that a node runs, in one place.

use weft_types::{Address, ChainId, Genesis, Millis, Network, Params, PublicKey};

/// What never changes while a node runs.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Which chain.
    pub id: ChainId,
    /// Which kind of network.
    pub network: Network,
    /// Its name.
    pub name: String,
    /// When slot 0 began.
    pub genesis_time: Millis,
    /// Its numbers at genesis.
    pub params: Params,
}

impl Chain {
    /// The constants of a genesis.
    #[must_use]
    pub fn of(genesis: &Genesis) -> Self {
        Self {
            id: genesis.chain_id(),
            network: genesis.network,
            name: genesis.name.clone(),
            genesis_time: genesis.genesis_time,
            params: genesis.params.clone(),
        }
    }

    /// A key as this network writes it.
    #[must_use]
    pub fn address(&self, key: PublicKey) -> String {
        Address { network: self.network, key }.to_string()
    }
}
