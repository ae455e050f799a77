//! The constants of the chain that a node runs, in one place.

use weft_types::{
    Address, Call, ChainId, ChainTag, Genesis, Network, Nonce, Params, PublicKey, Rao, TxBody,
};

/// What never changes while a node runs.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Which chain.
    pub id: ChainId,
    /// Which kind of network.
    pub network: Network,
    /// Its name.
    pub name: String,
    /// Its numbers.
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
            params: genesis.params.clone(),
        }
    }

    /// What a hotkey signs for a free call.
    #[must_use]
    pub fn free_call(&self, signer: PublicKey, call: Call) -> TxBody {
        TxBody {
            chain: ChainTag::of(&self.id),
            signer,
            nonce: Nonce::ZERO,
            fee: Rao::ZERO,
            valid_until: None,
            call,
        }
    }

    /// A key as this network writes it.
    #[must_use]
    pub fn address(&self, key: PublicKey) -> String {
        Address { network: self.network, key }.to_string()
    }
}
