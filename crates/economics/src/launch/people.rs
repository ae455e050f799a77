//! Who takes part in a launch, and what each of them does.

use super::chain::{Chain, NETUID, seats};
use super::plan::{HASHES, Launch, Side};
use std::collections::BTreeMap;
use weft_dice::Dice;
use weft_ledger::query;
use weft_ledger::query::market;
use weft_ledger::rules::Receipts;
use weft_types::key::derive_test_key;
use weft_types::stamp::StampFor;
use weft_types::tx::Consent;
use weft_types::{Call, Genesis, Height, Millis, Network, PublicKey, SecretKey, Tx, Uid};

/// A hotkey and what its owner wants.
pub(super) struct Player {
    pub(super) hot: SecretKey,
    pub(super) coldkey: PublicKey,
    pub(super) side: Side,
    validates: bool,
    /// What its work is worth, up to 1 000; those who do not mine have none.
    quality: u64,
    cores: u64,
    pub(super) uid: Option<Uid>,
    asked: bool,
    wrote: bool,
    /// A stamp that was found, and the height until which it is good.
    stamp: Option<(Tx, Height)>,
}

/// All of them.
pub(super) struct People {
    pub(super) list: Vec<Player>,
    places: BTreeMap<PublicKey, usize>,
    pub(super) registrations: u64,
}

impl People {
    /// The people of a plan. Who of the honest validates, and how good each miner is,
    /// follows the seed.
    pub(super) fn new(plan: &Launch, dice: &mut Dice) -> Self {
        let seed = format!("launch {}", plan.seed);
        let mut list = Vec::new();
        let groups = [
            (Side::Genesis, plan.voters),
            (Side::Honest, plan.honest),
            (Side::Attacker, plan.attackers),
        ];
        for (side, count) in groups {
            for n in 0..count {
                let key = |kind: &str| derive_test_key(&seed, &format!("{side:?}/{n}/{kind}"));
                let mines = side != Side::Genesis;
                list.push(Player {
                    hot: key("hot"),
                    coldkey: key("cold").public(),
                    side,
                    validates: side != Side::Honest,
                    quality: if mines { dice.between(200, 1_000) } else { 0 },
                    cores: if side == Side::Attacker { plan.attacker_cores } else { 1 },
                    uid: (side == Side::Genesis).then_some(Uid(n)),
                    asked: side == Side::Genesis,
                    wrote: false,
                    stamp: None,
                });
            }
        }
        let mut people = Self { list, places: BTreeMap::new(), registrations: 0 };
        people.choose_validators(plan, dice);
        let places = people.list.iter().enumerate().map(|(at, p)| (p.hot.public(), at));
        people.places = places.collect();
        people
    }

    /// Exactly the asked part of the honest miners validates.
    fn choose_validators(&mut self, plan: &Launch, dice: &mut Dice) {
        let mut honest: Vec<&mut Player> =
            self.list.iter_mut().filter(|p| p.side == Side::Honest).collect();
        let wanted = u64::from(plan.honest) * u64::from(plan.validating_ppm) / 1_000_000;
        for _ in 0..wanted {
            let at = dice.place(honest.len());
            honest.swap_remove(at).validates = true;
        }
    }

    /// The chain they meet on: the main preset with easier stamps and plain rows.
    pub(super) fn genesis(&self) -> Genesis {
        let voters: Vec<_> = self.of(Side::Genesis).map(|p| (p.hot.public(), p.coldkey)).collect();
        let mut genesis = Genesis::fair(Network::Main, "launch", Millis(0), &voters);
        for net in &mut genesis.subnets {
            let numbers = &mut net.hyperparameters;
            numbers.commit_reveal = false;
            numbers.min_stamp_difficulty = numbers.min_stamp_difficulty.div_euclid(HASHES).max(1);
        }
        genesis
    }

    /// Those of one side.
    pub(super) fn of(&self, side: Side) -> impl Iterator<Item = &Player> {
        self.list.iter().filter(move |p| p.side == side)
    }

    pub(super) fn player(&self, hotkey: &PublicKey) -> Option<&Player> {
        self.places.get(hotkey).and_then(|at| self.list.get(*at))
    }

    /// What everybody sends for the next block.
    pub(super) fn act(&mut self, chain: &Chain, dice: &mut Dice) -> Vec<Tx> {
        let mut txs = self.stamps(chain, dice);
        let tempo = chain.params().subnet_defaults.tempo;
        for at in 0..self.list.len() {
            let turn = (chain.height.0 + at as u64 * 11) % tempo;
            let is_turn = turn == 0 && chain.height.0 > 1;
            if is_turn && self.list.get(at).is_some_and(|p| p.validates && p.uid.is_some()) {
                self.validate(at, chain, dice, &mut txs);
            }
        }
        txs
    }

    /// Every core of everybody without a uid makes one hash of the scaled difficulty.
    fn stamps(&mut self, chain: &Chain, dice: &mut Dice) -> Vec<Tx> {
        if self.list.iter().all(|p| p.uid.is_some()) {
            return Vec::new();
        }
        let cost = market::registration_cost(&chain.state(), chain.params(), NETUID);
        let Some(difficulty) = cost.and_then(|cost| cost.stamp_difficulty).map(|d| d.0) else {
            return Vec::new();
        };
        let now = chain.height;
        let mut txs = Vec::new();
        for player in self.list.iter_mut().filter(|p| p.uid.is_none()) {
            if player.stamp.as_ref().is_some_and(|(_, until)| *until < now) {
                player.stamp = None;
            }
            if player.stamp.is_none() && dice.below(difficulty) < player.cores {
                let tx = player.search(chain, difficulty, dice);
                let until = Height(now.0 + chain.params().stamp_window - 1);
                player.stamp = Some((tx, until));
            }
            txs.extend(player.stamp.as_ref().map(|(tx, _)| tx.clone()));
        }
        txs
    }

    /// One validator's turn, once a tempo.
    fn validate(&mut self, at: usize, chain: &Chain, dice: &mut Dice, txs: &mut Vec<Tx>) {
        let entries = self.entries(at, dice);
        let now = chain.height;
        let Some(player) = self.list.get_mut(at) else { return };
        let Some(uid) = player.uid else { return };
        let hotkey = player.hot.public();
        if !player.asked {
            let call = Call::SeekPermit { netuid: NETUID, seek: true, at: now };
            txs.push(chain.free(hotkey, call));
            player.asked = true;
            return;
        }
        let has_permit = query::neuron(&chain.state(), NETUID, uid).is_some_and(|n| n.permit);
        if !has_permit || entries.is_empty() {
            return;
        }
        txs.push(chain.row(hotkey, entries));
        // An offer needs a row in the state, and is renewed about four times a rotation.
        let quarter = chain.params().rotation_blocks.div_euclid(4);
        let tempo = chain.params().subnet_defaults.tempo;
        if player.wrote && now.0 % quarter < tempo {
            txs.push(chain.free(hotkey, Call::JoinVoters { netuid: NETUID, at: now }));
        }
        player.wrote = true;
    }

    /// The scores that a validator gives: an honest one by quality, seen with an error of
    /// up to a twentieth; the attacker all to its own.
    fn entries(&self, at: usize, dice: &mut Dice) -> Vec<(Uid, u16)> {
        let Some(judge) = self.list.get(at) else { return Vec::new() };
        let mut entries = Vec::new();
        for player in &self.list {
            let Some(uid) = player.uid else { continue };
            let score = match (judge.side, player.side) {
                (_, Side::Genesis) => 0,
                (Side::Attacker, Side::Attacker) => 1_000,
                (Side::Attacker, _) => 0,
                _ => player.quality * dice.between(95, 105) / 100,
            };
            if score > 0 && player.uid != judge.uid {
                entries.push((uid, u16::try_from(score).unwrap_or(u16::MAX)));
            }
        }
        entries.sort_unstable();
        entries
    }

    /// Who got a uid, and who lost one.
    pub(super) fn learn(&mut self, receipts: &Receipts) {
        for (key, uid) in seats(receipts) {
            self.registrations += u64::from(uid.is_some());
            if let Some(player) = self.places.get(key).and_then(|at| self.list.get_mut(*at)) {
                player.uid = uid;
                (player.asked, player.wrote, player.stamp) = (false, false, None);
            }
        }
    }
}

impl Player {
    /// Searches for a real stamp.
    fn search(&self, chain: &Chain, difficulty: u64, dice: &mut Dice) -> Tx {
        let (said, consent) = chain.consent(&self.hot, self.coldkey);
        let subject = StampFor { chain: chain.id, consent: said, block: chain.head };
        let first = dice.below(1 << 40);
        let solution = subject.search(difficulty, first, 1 << 40).unwrap_or(first);
        let Consent { hotkey, netuid, height, .. } = said;
        chain.free(self.coldkey, Call::RegisterStamp { netuid, hotkey, consent, height, solution })
    }
}
