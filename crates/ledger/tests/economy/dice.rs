//! Who plays: seeded dice that choose calls of every kind, good and bad.

use crate::chain::{Chain, PEOPLE, VOTERS, cold, hot};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use std::collections::BTreeMap;
use weft_ledger::query;
use weft_ledger::query::{market, voters};
use weft_types::call::ALL_STAKE;
use weft_types::hash::Domain;
use weft_types::signature::signed_bytes;
use weft_types::stamp::StampFor;
use weft_types::tx::Consent;
use weft_types::{
    BatchCall, Call, ChainTag, Checkpoint, Commitment, Evidence, Hash, Height, Identity, Item,
    Netuid, Nonce, Parameter, PublicKey, Rao, Reveal, Round, SecretKey, Signature, Tx, TxBody, Uid,
    Vote, WeightRow,
};

pub struct Player {
    dice: ChaCha20Rng,
    /// What was committed to, by hotkey and subnet, oldest first.
    kept: BTreeMap<(PublicKey, Netuid), Vec<Reveal>>,
}

/// Who acts: a person and one of its hotkeys.
struct Actor {
    cold: SecretKey,
    hot: SecretKey,
}

impl Player {
    pub fn new(seed: u64) -> Self {
        Self { dice: ChaCha20Rng::seed_from_u64(seed), kept: BTreeMap::new() }
    }

    fn below(&mut self, n: u64) -> u64 {
        self.dice.next_u64() % n.max(1)
    }

    fn small(&mut self, n: u16) -> u16 {
        u16::try_from(self.below(u64::from(n))).unwrap()
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn actor(&mut self) -> Actor {
        let (n, which) = (self.small(PEOPLE), u8::from(self.one_in(3)));
        Actor { cold: cold(n), hot: hot(n, which) }
    }

    /// The transactions and items of a block.
    pub fn block(&mut self, chain: &Chain) -> (Vec<Tx>, Vec<(PublicKey, Vec<Item>)>) {
        let mut nonces = BTreeMap::new();
        let count = 6 + self.below(24);
        let mut txs = Vec::new();
        for _ in 0..count {
            let actor = self.actor();
            let (signer, call) = self.call(chain, &actor);
            txs.push(self.tx(chain, &mut nonces, signer, call));
        }
        // Those who mean to vote keep their offers up, most of the time.
        if chain.height() % 5 == 1 && !self.one_in(12) {
            for n in 0..VOTERS {
                let call = Call::JoinVoters { netuid: Netuid(1), at: Height(chain.height()) };
                let secret = hot(n, 0);
                txs.push(self.tx(chain, &mut nonces, secret.public(), call));
            }
        }
        // Reports come last, and where one is caught another often is.
        let reports = if self.one_in(90) { 1 + self.below(3) } else { 0 };
        for _ in 0..reports {
            let (reporter, evidence) = (self.actor().cold.public(), self.evidence(chain));
            txs.push(self.tx(chain, &mut nonces, reporter, Call::ReportEvidence { evidence }));
        }
        (txs, self.items(chain))
    }

    /// Two votes of one who may have voted, for a round not long ago or as long as it may be
    /// reported, and longer, or of one that no block has come to; now and then one vote twice.
    fn evidence(&mut self, chain: &Chain) -> Evidence {
        let key = hot(self.small(VOTERS + 2), 0);
        let ago = if self.one_in(2) { 12 } else { 220 };
        let now = chain.header_round().0;
        let round = match self.below(8) {
            0 => Round(now + 1 + self.below(1 << 40)),
            _ => Round(now.saturating_sub(self.below(ago))),
        };
        let source = Checkpoint { round: Round::ZERO, hash: Hash::ZERO };
        let mut vote = || {
            let hash = Hash([u8::try_from(self.below(20)).unwrap(); 32]);
            let target = Checkpoint { round, hash };
            let vote = Vote { voter: key.public(), source, target, items: Hash::ZERO };
            Box::new(vote.sign(&key, &chain.genesis.chain_id()))
        };
        Evidence::Votes(vote(), vote())
    }

    fn items(&mut self, chain: &Chain) -> Vec<(PublicKey, Vec<Item>)> {
        let mut items = Vec::new();
        for n in 0..VOTERS {
            if self.one_in(3) {
                let key = hot(n, 0).public();
                let netuid = self.netuid();
                let mut row = self.row(chain, netuid);
                row.view = Height(chain.height());
                let mut list = vec![Item::Row(row)];
                if self.one_in(2) {
                    list.push(Item::Row(self.root_row(chain)));
                }
                if self.one_in(4) {
                    list.push(Item::Commit(self.commitment(chain, key, netuid)));
                }
                if let Some(reveal) = self.revealed(key, netuid) {
                    list.push(Item::Reveal(reveal));
                }
                items.push((key, list));
            }
        }
        items.sort_by_key(|(key, _)| *key);
        items
    }

    fn tx(
        &mut self,
        chain: &Chain,
        nonces: &mut BTreeMap<PublicKey, u64>,
        signer: PublicKey,
        call: Call,
    ) -> Tx {
        let free = call.is_free();
        let next = query::account(&chain.view(), &signer).nonce.0;
        let nonce = nonces.entry(signer).or_insert(next);
        let mut body = TxBody {
            chain: ChainTag::of(&chain.genesis.chain_id()),
            signer,
            nonce: Nonce(if free { 0 } else { *nonce }),
            fee: Rao(if free { 0 } else { 3_000 + self.below(4_000) }),
            valid_until: None,
            call,
        };
        if !free {
            *nonce += 1;
        }
        if self.dice.next_u64().is_multiple_of(40) {
            // One that no block may carry; what follows of the signer falls with it.
            body.nonce = Nonce(body.nonce.0 + 1);
        }
        // Signatures are checked before the rules see a transaction.
        Tx { body, signature: Signature([0; 64]) }
    }

    fn netuid(&mut self) -> Netuid {
        Netuid(1 + self.small(3))
    }

    fn recent(&mut self, chain: &Chain) -> Height {
        Height(chain.height().saturating_sub(self.below(3)))
    }

    fn amount(&mut self) -> Rao {
        let scale = [1, 400, 600, 2_500_000, 1_000_000_000, 7_000_000_000, 1 << 50];
        let scale = scale[usize::try_from(self.below(7)).unwrap()];
        Rao(self.below(scale) + 1)
    }

    /// What is asked back: some, or all.
    fn asked(&mut self) -> Rao {
        if self.one_in(12) { ALL_STAKE } else { self.amount() }
    }

    fn call(&mut self, chain: &Chain, actor: &Actor) -> (PublicKey, Call) {
        let (coldkey, hotkey) = (actor.cold.public(), actor.hot.public());
        let netuid = self.netuid();
        match self.below(24) {
            0 | 1 => {
                let (to, amount) = (self.actor().cold.public(), self.amount());
                (coldkey, Call::Transfer { to, amount, open: self.below(8) > 0 })
            }
            2 | 3 => (
                coldkey,
                Call::AddStake { hotkey: self.actor().hot.public(), amount: self.amount() },
            ),
            4 | 5 => (
                coldkey,
                Call::RemoveStake { hotkey: self.held(chain, coldkey), amount: self.asked() },
            ),
            6 => (coldkey, self.register(chain, actor, netuid)),
            7 | 8 => (coldkey, self.stamp(chain, actor, netuid)),
            9 => (hotkey, Call::SetWeights { row: self.row(chain, netuid) }),
            10 => {
                let endpoint = "/ip4/10.0.0.1/tcp/8091".parse().unwrap();
                (hotkey, Call::ServeAxon { netuid, endpoint, at: self.recent(chain) })
            }
            11 => {
                let seek = !self.one_in(4);
                (hotkey, Call::SeekPermit { netuid, seek, at: self.recent(chain) })
            }
            12 | 13 | 22 | 23 => {
                let commitment = self.commitment(chain, hotkey, netuid);
                (hotkey, Call::CommitWeights { commitment })
            }
            14 => match self.due(chain) {
                Some((hotkey, reveal)) => (hotkey, Call::RevealWeights { reveal }),
                None => (hotkey, Call::SetWeights { row: self.root_row(chain) }),
            },
            15 => (coldkey, Call::SetTake { hotkey, take: self.small(12_000) }),
            16 => (coldkey, self.create(chain, actor)),
            17 => self.owned(chain, netuid, |netuid| Call::StartSubnet { netuid }),
            18 => {
                let (parameter, value) = self.setting(chain);
                self.owned(chain, netuid, |netuid| Call::SetHyperparameter {
                    netuid,
                    parameter,
                    value,
                })
            }
            19 => {
                let name = "x".repeat(usize::try_from(self.below(70)).unwrap());
                let identity = Identity { name, ..Identity::default() };
                self.owned(chain, netuid, |netuid| Call::SetIdentity { netuid, identity })
            }
            20 if self.one_in(9) => {
                let list = voters::bootstrap(&chain.view(), &chain.genesis.params).candidates;
                let place = usize::try_from(self.below(4)).unwrap();
                let hotkey = list.get(place).map_or(hotkey, |(hotkey, _)| *hotkey);
                let owner = query::hotkey(&chain.view(), &hotkey).map(|pool| pool.coldkey);
                (owner.unwrap_or(coldkey), Call::LeaveVoters { hotkey })
            }
            20 if self.one_in(2) => {
                let voter = hot(self.small(VOTERS), 0).public();
                (voter, Call::JoinVoters { netuid: Netuid(1), at: self.recent(chain) })
            }
            20 => (hotkey, Call::JoinVoters { netuid, at: self.recent(chain) }),
            _ => {
                let calls = (0..=self.below(3)).map(|_| self.part(chain, actor)).collect();
                (coldkey, Call::Batch { calls })
            }
        }
    }

    /// A call that can be in a batch.
    fn part(&mut self, chain: &Chain, actor: &Actor) -> BatchCall {
        loop {
            let (signer, call) = self.call(chain, actor);
            let is_batch = matches!(call, Call::Batch { .. });
            if !call.is_free() && !is_batch && signer == actor.cold.public() {
                return BatchCall(call);
            }
        }
    }

    /// A hotkey that a coldkey has stake behind, if the dice find one.
    fn held(&mut self, chain: &Chain, coldkey: PublicKey) -> PublicKey {
        for _ in 0..6 {
            let hotkey = self.actor().hot.public();
            if query::stake(&chain.view(), &hotkey, &coldkey) > Rao::ZERO {
                return hotkey;
            }
        }
        self.actor().hot.public()
    }

    /// A call of the subnet's owner.
    fn owned(
        &mut self,
        chain: &Chain,
        netuid: Netuid,
        call: impl FnOnce(Netuid) -> Call,
    ) -> (PublicKey, Call) {
        let owner = query::subnet(&chain.view(), netuid).and_then(|net| net.owner);
        (owner.unwrap_or_else(|| self.actor().cold.public()), call(netuid))
    }

    fn setting(&mut self, chain: &Chain) -> (Parameter, u64) {
        let place = usize::try_from(self.below(32)).unwrap() % Parameter::ALL.len();
        let parameter = Parameter::ALL[place];
        let (low, high) = parameter.bounds(&chain.genesis.params.subnet_defaults);
        // Times stay short, or nothing would happen.
        let high = if parameter.about().unit == "blocks" { high.min(40).max(low) } else { high };
        (parameter, low + self.below((high - low).saturating_add(1)))
    }

    fn consent(
        chain: &Chain,
        actor: &Actor,
        netuid: Netuid,
        height: Height,
    ) -> (Consent, Signature) {
        let (coldkey, hotkey) = (actor.cold.public(), actor.hot.public());
        let said = Consent { coldkey, hotkey, netuid, height };
        let bytes = signed_bytes(Domain::Consent, &chain.genesis.chain_id(), &said);
        (said, actor.hot.sign(&bytes))
    }

    fn register(&mut self, chain: &Chain, actor: &Actor, netuid: Netuid) -> Call {
        let consent_height = self.recent(chain);
        let (_, consent) = Self::consent(chain, actor, netuid, consent_height);
        let (hotkey, max_burn) = (actor.hot.public(), Rao(self.below(2_000_000_000)));
        Call::Register { netuid, hotkey, max_burn, consent, consent_height }
    }

    fn stamp(&mut self, chain: &Chain, actor: &Actor, netuid: Netuid) -> Call {
        let height = Height(chain.height());
        let (said, consent) = Self::consent(chain, actor, netuid, height);
        let subject =
            StampFor { chain: chain.genesis.chain_id(), consent: said, block: chain.parent() };
        let cost = market::registration_cost(&chain.view(), &chain.genesis.params, netuid);
        let difficulty = cost.and_then(|c| c.stamp_difficulty).map_or(1, |d| d.0).min(4_096);
        let solution = subject.search(difficulty, self.below(9), 1 << 16).unwrap_or(0);
        Call::RegisterStamp { netuid, hotkey: actor.hot.public(), consent, height, solution }
    }

    fn create(&mut self, chain: &Chain, actor: &Actor) -> Call {
        let consent_height = self.recent(chain);
        let (_, consent) = Self::consent(chain, actor, Netuid::ZERO, consent_height);
        let max_lock = Rao(self.below(30_000_000_000));
        Call::RegisterSubnet { hotkey: actor.hot.public(), max_lock, consent, consent_height }
    }

    fn row(&mut self, chain: &Chain, netuid: Netuid) -> WeightRow {
        let uids: Vec<Uid> = (0..8).filter(|_| self.one_in(2)).map(Uid).collect();
        let values = uids.iter().map(|_| self.small(500)).collect();
        let view = Height(chain.height().saturating_sub(self.below(2)));
        WeightRow { netuid, uids, values, version_key: 0, view }
    }

    fn root_row(&mut self, chain: &Chain) -> WeightRow {
        let nets = query::subnets(&chain.view());
        let started = nets.iter().filter(|net| net.started);
        let uids: Vec<Uid> = started.map(|net| Uid(net.netuid.0)).collect();
        let values = uids.iter().map(|_| self.small(100)).collect();
        let view = Height(chain.height());
        WeightRow { netuid: Netuid::ZERO, uids, values, version_key: 0, view }
    }

    fn commitment(&mut self, chain: &Chain, hotkey: PublicKey, netuid: Netuid) -> Commitment {
        let row = self.row(chain, netuid);
        let mut salt = [0; 16];
        self.dice.fill_bytes(&mut salt);
        let reveal = Reveal { netuid, uids: row.uids, values: row.values, salt, version_key: 0 };
        let hash = reveal.commitment(&hotkey);
        let list = self.kept.entry((hotkey, netuid)).or_default();
        list.push(reveal);
        if list.len() > 4 {
            list.remove(0);
        }
        Commitment { netuid, hash, at: Height(chain.height()) }
    }

    /// Something that was committed to, which may be too early or too late.
    fn revealed(&mut self, hotkey: PublicKey, netuid: Netuid) -> Option<Reveal> {
        let count = self.kept.get(&(hotkey, netuid)).map_or(0, Vec::len);
        let place = usize::try_from(self.below(u64::try_from(count).unwrap())).unwrap();
        self.kept.get(&(hotkey, netuid))?.get(place).cloned()
    }

    /// A reveal whose epoch it is, if there is one.
    fn due(&mut self, chain: &Chain) -> Option<(PublicKey, Reveal)> {
        let params = &chain.genesis.params;
        for ((hotkey, netuid), list) in &self.kept {
            let Some(desk) = market::row_desk(&chain.view(), params, *netuid, hotkey) else {
                continue;
            };
            let ripe = desk.live.iter().filter(|commit| commit.reveal_epoch == desk.epoch);
            for commit in ripe {
                if let Some(reveal) = list.iter().find(|r| r.commitment(hotkey) == commit.hash) {
                    return Some((*hotkey, reveal.clone()));
                }
            }
        }
        None
    }
}
