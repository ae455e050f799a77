//! One value of each type, the same every time.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use weft_types::block::{proof_root, txs_root};
use weft_types::genesis::{
    GenesisAccount, GenesisNeuron, GenesisStake, GenesisSubnet, GenesisVoter,
};
use weft_types::key::derive_test_key;
use weft_types::share::items_digest;
use weft_types::*;

pub const CHAIN: ChainId = Hash([0xc1; 32]);

pub fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(7)
}

pub fn key(n: u8) -> SecretKey {
    derive_test_key("sample", &n.to_string())
}

pub fn params() -> Params {
    Params::preset(Network::Local)
}

pub fn row() -> WeightRow {
    WeightRow {
        netuid: Netuid(1),
        uids: vec![Uid(0), Uid(3), Uid(260)],
        values: vec![1, 40_000, 65_535],
        version_key: 9,
        view: Height(41),
    }
}

pub fn body(n: u8, nonce: u64, fee: u64, call: Call) -> TxBody {
    TxBody {
        chain: ChainTag::of(&CHAIN),
        signer: key(n).public(),
        nonce: Nonce(nonce),
        fee: Rao(fee),
        valid_until: None,
        call,
    }
}

pub fn transfer(n: u8, nonce: u64) -> Tx {
    let call = Call::Transfer { to: key(200).public(), amount: Rao(5_000_000_000), open: false };
    body(n, nonce, 9_000, call).sign(&key(n), &CHAIN)
}

pub fn set_weights(n: u8) -> Tx {
    body(n, 0, 0, Call::SetWeights { row: row() }).sign(&key(n), &CHAIN)
}

/// One of each call.
pub fn txs() -> Vec<Tx> {
    let hotkey = key(9).public();
    let consent = key(9).sign(b"consent");
    let calls = [
        Call::Register {
            netuid: Netuid(1),
            hotkey,
            max_burn: Rao(7),
            consent,
            consent_height: Height(40),
        },
        Call::AddStake { hotkey, amount: Rao(8) },
        Call::RemoveStake { hotkey, amount: Rao(9) },
        Call::SetTake { hotkey, take: 77 },
        Call::RegisterSubnet { hotkey, max_lock: Rao(11), consent, consent_height: Height(41) },
        Call::StartSubnet { netuid: Netuid(2) },
        Call::SetHyperparameter { netuid: Netuid(2), parameter: Parameter::Kappa, value: 40_000 },
        Call::SetIdentity {
            netuid: Netuid(2),
            identity: Identity {
                name: "a".to_owned(),
                url: "b".to_owned(),
                description: "c".to_owned(),
            },
        },
        Call::LeaveVoters { hotkey },
        Call::Batch {
            calls: vec![
                BatchCall(Call::AddStake { hotkey, amount: Rao(12) }),
                BatchCall(Call::RemoveStake { hotkey, amount: Rao(13) }),
            ],
        },
    ];
    let paying = (1..).zip(calls).map(|(nonce, call)| {
        let valid_until = Some(Height(50));
        TxBody { valid_until, ..body(1, nonce, 9_000, call) }.sign(&key(1), &CHAIN)
    });
    let free = free_calls().into_iter().map(|call| body(2, 0, 0, call).sign(&key(2), &CHAIN));
    [transfer(1, 0)].into_iter().chain(paying).chain([set_weights(2)]).chain(free).collect()
}

/// The free calls but `set_weights`.
fn free_calls() -> Vec<Call> {
    let (netuid, at) = (Netuid(1), Height(42));
    let endpoint = "/ip4/1.2.3.4/tcp/8091#4".parse().unwrap();
    let reveal = Reveal {
        netuid,
        uids: vec![Uid(0), Uid(3)],
        values: vec![5, 65_535],
        salt: [6; 16],
        version_key: 0,
    };
    let hash = reveal.commitment(&key(2).public());
    vec![
        Call::RegisterStamp {
            netuid,
            hotkey: key(9).public(),
            consent: key(9).sign(b"stamp"),
            height: at,
            solution: 99,
        },
        Call::ServeAxon { netuid, endpoint, at },
        Call::CommitWeights { commitment: Commitment { netuid, hash, at } },
        Call::RevealWeights { reveal },
        Call::SeekPermit { netuid, seek: true, at },
        Call::JoinVoters { netuid, at },
    ]
}

pub fn checkpoint(n: u8) -> Checkpoint {
    Checkpoint { round: Round(u64::from(n)), hash: Hash([n; 32]) }
}

/// The keys of three voters, ascending by their public key.
pub fn voters() -> Vec<SecretKey> {
    let mut keys: Vec<_> = (50..53).map(key).collect();
    keys.sort_by_key(SecretKey::public);
    keys
}

pub fn share(voter: &SecretKey, target: Checkpoint, items: Vec<Item>) -> Share {
    let digest = items_digest(&items);
    let vote = Vote { voter: voter.public(), source: checkpoint(3), target, items: digest };
    Share { signed: vote.sign(voter, &CHAIN), items }
}

pub fn proof() -> Vec<Share> {
    let items = || vec![Item::Row(row())];
    voters().iter().map(|v| share(v, checkpoint(5), items())).collect()
}

pub fn catch_up() -> CatchUp {
    let target = checkpoint(4);
    let votes = voters().iter().map(|v| share(v, target, vec![]).signed).collect();
    CatchUp { target, votes }
}

pub fn header(proof: &[Share], catch_up: Option<&CatchUp>, txs: &[Tx]) -> Header {
    let seals: Vec<Hash> = txs
        .iter()
        .map(|tx| {
            let bytes = [&tx.body.id().0[..], &tx.signature.0].concat();
            Hash::of(Domain::TxSeal, &bytes)
        })
        .collect();
    Header {
        version: 1,
        signal: weft_types::RulesId::NONE,
        slot: Slot(43),
        round: Round(6),
        height: Height(42),
        parent: Hash([5; 32]),
        proposer: key(60).public(),
        txs_root: txs_root(&seals),
        proof_root: proof_root(proof, catch_up),
        state_root: Hash([0x57; 32]),
        work: Work(1 << 80),
    }
}

/// A block whose header fits these parts.
pub fn block_of(proof: Vec<Share>, catch_up: Option<CatchUp>, txs: Vec<Tx>) -> Block {
    let header = header(&proof, catch_up.as_ref(), &txs);
    Block { signed: header.sign(&key(60), &CHAIN), proof, catch_up, txs }
}

pub fn block() -> Block {
    block_of(proof(), Some(catch_up()), txs())
}

pub fn genesis() -> Genesis {
    let params = params();
    let sorted = |from: u8| {
        let mut keys: Vec<_> = (from..from + 3).map(|n| key(n).public()).collect();
        keys.sort_unstable();
        keys
    };
    let coldkey = key(1).public();
    let hotkeys = sorted(50);
    Genesis {
        network: Network::Local,
        name: "sample".to_owned(),
        genesis_time: Millis(1_700_000_000_000),
        rules: weft_types::rules::GenesisRules::default(),
        voters: hotkeys
            .iter()
            .map(|&hotkey| GenesisVoter { hotkey, coldkey, power: Power(100) })
            .collect(),
        accounts: sorted(1).into_iter().map(|key| GenesisAccount { key, free: Rao(7) }).collect(),
        stakes: hotkeys
            .iter()
            .map(|&hotkey| GenesisStake { hotkey, coldkey, stake: Rao(5) })
            .collect(),
        subnets: vec![GenesisSubnet {
            netuid: Netuid(1),
            owner: Some(coldkey),
            hyperparameters: params.subnet_defaults.clone(),
            neurons: hotkeys
                .iter()
                .map(|&hotkey| GenesisNeuron { hotkey, validator_permit: true })
                .collect(),
        }],
        params,
    }
}
