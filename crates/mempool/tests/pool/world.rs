//! Signers, transactions and a state to try the pool with.

use std::collections::{BTreeMap, BTreeSet};
use weft_mempool::{Account, Accounts, Inserted, Pool, PoolError};
use weft_types::check::{Known, check_txs, seal_block};
use weft_types::{
    Call, ChainId, ChainTag, CheckedBlock, CheckedTx, Hash, Header, Height, Limits, Netuid,
    Network, Nonce, Params, PublicKey, Rao, Round, SecretKey, Signature, Slot, Tx, TxBody, Uid,
    WeightRow, Work,
};

pub const CHAIN: ChainId = Hash([7; 32]);

/// The pool does not look at signatures: these have none worth the name.
struct Trusting;

impl Known for Trusting {
    fn knows(&self, _: &Hash) -> bool {
        true
    }
}

pub fn signer(n: u8) -> PublicKey {
    PublicKey([n; 32])
}

pub fn checked(body: TxBody) -> CheckedTx {
    let tx = Tx { body, signature: Signature([0; 64]) };
    let params = Params::preset(Network::Local);
    let mut rng = rand_like::Never;
    check_txs(vec![tx], (&params, &CHAIN), &Trusting, &mut rng).remove(0).unwrap()
}

/// A generator that is never asked: nothing here is verified.
mod rand_like {
    use rand_core::{TryCryptoRng, TryRng};
    use std::convert::Infallible;

    pub struct Never;

    impl TryRng for Never {
        type Error = Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            Ok(0)
        }
        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            Ok(0)
        }
        fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
            into.fill(0);
            Ok(())
        }
    }

    impl TryCryptoRng for Never {}
}

pub fn body(n: u8, nonce: u64, fee: u64, call: Call) -> TxBody {
    let chain = ChainTag::of(&CHAIN);
    let (nonce, fee) = (Nonce(nonce), Rao(fee));
    TxBody { chain, signer: signer(n), nonce, fee, valid_until: None, call }
}

/// A transfer of 1 000 rao.
pub fn transfer(n: u8, nonce: u64, fee: u64) -> CheckedTx {
    sending(n, nonce, fee, 1_000)
}

pub fn sending(n: u8, nonce: u64, fee: u64, amount: u64) -> CheckedTx {
    let call = Call::Transfer { to: signer(255), amount: Rao(amount), open: true };
    checked(body(n, nonce, fee, call))
}

pub fn unstake(n: u8, nonce: u64, fee: u64) -> CheckedTx {
    let call = Call::RemoveStake { hotkey: signer(9), amount: Rao(5) };
    checked(body(n, nonce, fee, call))
}

pub fn until(n: u8, nonce: u64, last: u64) -> CheckedTx {
    let call = Call::Transfer { to: signer(255), amount: Rao(1), open: true };
    checked(TxBody { valid_until: Some(Height(last)), ..body(n, nonce, 9_000, call) })
}

/// A weight row; `salt` tells two of them apart.
pub fn weights(n: u8, netuid: u16, salt: u16) -> CheckedTx {
    let row = WeightRow {
        netuid: Netuid(netuid),
        uids: vec![Uid(1)],
        values: vec![salt],
        version_key: 0,
        view: Height(0),
    };
    checked(body(n, 0, 0, Call::SetWeights { row }))
}

/// An offer to vote that names a height.
pub fn offer(n: u8, at: u64) -> CheckedTx {
    checked(body(n, 0, 0, Call::JoinVoters { netuid: Netuid(1), at: Height(at) }))
}

/// A state: everyone has a million coins at nonce 0 unless it says otherwise.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub accounts: BTreeMap<PublicKey, Account>,
    /// Who may not make free calls or unstake.
    pub forbidden: BTreeSet<PublicKey>,
    /// Whose transactions the rules of the next block refuse.
    pub against: BTreeSet<PublicKey>,
    /// Who has no account, and what opening one costs.
    pub unopened: BTreeSet<PublicKey>,
    pub deposit: Option<Rao>,
}

impl State {
    /// Runs what was picked as a block would.
    pub fn run(&mut self, txs: &[CheckedTx]) {
        for tx in txs {
            let body = &tx.tx().body;
            if body.call.is_free() {
                self.forbidden.insert(body.signer);
                continue;
            }
            let mut account = self.account(&body.signer);
            assert_eq!(account.nonce, body.nonce, "a block would be invalid");
            account.nonce = body.nonce.next().unwrap();
            account.free = account.free.checked_sub(body.fee).expect("a block would be invalid");
            if let Call::Transfer { amount, .. } = body.call {
                account.free = account.free.checked_sub(amount).unwrap_or(account.free);
            }
            self.accounts.insert(body.signer, account);
        }
    }

    pub fn with(mut self, n: u8, free: u64, nonce: u64) -> Self {
        self.accounts.insert(signer(n), Account { free: Rao(free), nonce: Nonce(nonce) });
        self
    }
}

impl Accounts for State {
    fn account(&self, key: &PublicKey) -> Account {
        let rich = Account { free: Rao(1_000_000_000_000_000), nonce: Nonce(0) };
        self.accounts.get(key).copied().unwrap_or(rich)
    }

    fn allows(&self, body: &TxBody) -> bool {
        !self.forbidden.contains(&body.signer)
    }

    fn is_good(&self, body: &TxBody) -> bool {
        !self.against.contains(&body.signer)
    }

    fn opening(&self, key: &PublicKey) -> Option<Rao> {
        let is_new = self.unopened.contains(key);
        if is_new { self.deposit } else { Some(Rao::ZERO) }
    }
}

pub fn limits(calls: u32) -> Limits {
    Limits {
        block_bytes: 4 << 20,
        block_calls: calls,
        free_bytes: 512 << 10,
        share_bytes: 4_096,
        batch_calls: 64,
    }
}

pub fn fill(pool: &mut Pool, txs: impl IntoIterator<Item = CheckedTx>) {
    for tx in txs {
        assert_eq!(insert(pool, tx), Ok(Inserted::Added));
    }
}

pub fn insert(pool: &mut Pool, tx: CheckedTx) -> Result<Inserted, PoolError> {
    pool.insert(tx, &State::default())
}

/// Signer and nonce of each.
pub fn names(txs: &[CheckedTx]) -> Vec<(u8, u64)> {
    txs.iter().map(|t| (t.tx().body.signer.0[0], t.tx().body.nonce.0)).collect()
}

pub fn block(txs: Vec<CheckedTx>) -> CheckedBlock {
    let header = Header {
        version: 1,
        signal: weft_types::RulesId::NONE,
        slot: Slot(1),
        round: Round(1),
        height: Height(1),
        parent: CHAIN,
        proposer: PublicKey::default(),
        txs_root: Hash::ZERO,
        proof_root: Hash::ZERO,
        state_root: Hash::ZERO,
        work: Work(0),
    };
    seal_block(header, (&SecretKey::from_seed([1; 32]), &CHAIN), vec![], None, txs)
}
