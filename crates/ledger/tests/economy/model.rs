//! A plain model of the money: what each account, pool and total must be after a block,
//! worked out from the calls that ran, in a way of its own.
//!
//! It takes from the receipts which calls ran and what epochs paid; every amount else it
//! works out: fees, nonces, burn prices, locks, refunds, shares of pools, maturing stake,
//! what offences cost ([`answer`](super::answer)), emission and halvings.

use crate::answer::{Answers, Leaver};
use crate::chain::{Block, Chain};
use std::collections::{BTreeMap, BTreeSet};
use weft_ledger::rules::{Event, TxReceipt};
use weft_ledger::state::{Key, Value};
use weft_types::{Call, Canonical, Hyperparameters, Netuid, PublicKey, Rao, Tx, VoterSet};

/// Shares that belong to nobody.
const VIRTUAL: u128 = 1 << 32;

#[derive(Default, Clone)]
struct Pool {
    value: u64,
    shares: BTreeMap<PublicKey, u128>,
}

impl Pool {
    fn all(&self) -> u128 {
        self.shares.values().sum()
    }

    /// What a holding is worth: holding * (V + 1) / (S + 2^32), by long division.
    fn worth(&self, who: &PublicKey) -> u64 {
        let held = self.shares.get(who).copied().unwrap_or(0);
        let worth = ratio(held, u128::from(self.value) + 1, self.all() + VIRTUAL, false);
        u64::try_from(worth).unwrap().min(self.value)
    }

    fn put_in(&mut self, who: PublicKey, amount: u64) {
        let got =
            ratio(u128::from(amount), self.all() + VIRTUAL, u128::from(self.value) + 1, false);
        if got > 0 {
            *self.shares.entry(who).or_default() += got;
        }
        self.value += amount;
    }

    /// Takes out an amount, the largest number for all; answers how much.
    fn take_out(&mut self, who: PublicKey, amount: u64) -> u64 {
        let (all, held) = (self.worth(&who), self.shares[&who]);
        let whole = amount == all || amount == u64::MAX;
        let out = if whole { all } else { amount };
        let gone =
            ratio(u128::from(amount), self.all() + VIRTUAL, u128::from(self.value) + 1, true);
        let gone = if whole { held } else { gone.min(held) };
        self.value -= out;
        if held == gone {
            self.shares.remove(&who);
        } else {
            self.shares.insert(who, held - gone);
        }
        out
    }
}

/// a * b / 2^32, rounded down; what is asked here fits.
fn cut(a: u64, b: u64) -> u64 {
    u64::try_from((u128::from(a) * u128::from(b)) >> 32).unwrap()
}

/// a * b / c, bit by bit, rounded down or up; no wide integers needed.
pub fn ratio(a: u128, b: u128, c: u128, up: bool) -> u128 {
    let (mut quotient, mut rest) = (0_u128, 0_u128);
    for bit in (0..128).rev() {
        // quotient and rest of (the bits of a so far) * b over c, doubled and added to.
        quotient = quotient.checked_mul(2).unwrap();
        rest *= 2;
        if a >> bit & 1 == 1 {
            quotient += b / c;
            rest += b % c;
        }
        quotient += rest / c;
        rest %= c;
    }
    quotient + u128::from(up && rest > 0)
}

#[derive(Default)]
struct Market {
    owner: Option<PublicKey>,
    numbers: Option<Hyperparameters>,
    burn: u64,
    burn_at: u64,
    locked: u64,
}

/// base * N^2 / (N - n)^2 rounded up; numbers here are small.
fn deposit(chain: &Chain, held: u64) -> Option<u64> {
    let params = &chain.genesis.params;
    let (all, base) = (params.state_values, params.account_deposit.0);
    let left = all.checked_sub(held).filter(|left| *left > 0)?;
    Some((base * all * all).div_ceil(left * left))
}

/// The money as it should be.
pub struct Model {
    free: BTreeMap<PublicKey, u64>,
    nonces: BTreeMap<PublicKey, u64>,
    pools: BTreeMap<PublicKey, Pool>,
    owners: BTreeMap<PublicKey, PublicKey>,
    /// What is on its way out, and when it is there.
    exits: Vec<(u64, Leaver)>,
    /// The same without a time yet, and when it was asked for.
    leaving: Vec<(u64, Leaver)>,
    /// Who answers for what, and what is left of stake behind offenders.
    answers: Answers,
    /// Requests up to here have got their time.
    released: u64,
    /// When the voters rotated last.
    rotated: u64,
    /// Whose stake counts for voting, and the sets they are in.
    voting: BTreeSet<PublicKey>,
    sets: Vec<VoterSet>,
    markets: BTreeMap<Netuid, Market>,
    issued: u64,
    recycled: u64,
    halvings: u32,
    lock: Option<(u64, u64)>,
    /// The slot of the last block.
    slot: u64,
    /// What opening an account costs in this block; none when the state is full.
    deposit: Option<u64>,
    /// How many offenders were forgotten.
    pub forgotten: usize,
}

impl Model {
    /// The model of a first state.
    pub fn of(chain: &Chain) -> Self {
        let genesis = &chain.genesis;
        let mut model = Self {
            free: genesis.accounts.iter().map(|a| (a.key, a.free.0)).collect(),
            nonces: BTreeMap::new(),
            pools: BTreeMap::new(),
            owners: genesis.voters.iter().map(|v| (v.hotkey, v.coldkey)).collect(),
            exits: Vec::new(),
            leaving: Vec::new(),
            answers: Answers::of(genesis),
            released: 0,
            rotated: 0,
            voting: BTreeSet::new(),
            sets: Vec::new(),
            markets: BTreeMap::new(),
            issued: 0,
            recycled: 0,
            halvings: 0,
            lock: None,
            slot: 0,
            deposit: None,
            forgotten: 0,
        };
        for stake in &genesis.stakes {
            model.owners.insert(stake.hotkey, stake.coldkey);
            model.pools.entry(stake.hotkey).or_default().put_in(stake.coldkey, stake.stake.0);
        }
        for net in &genesis.subnets {
            let numbers = Some(net.hyperparameters.clone());
            let market =
                Market { owner: net.owner, numbers, burn: 1_000_000_000, ..Market::default() };
            model.markets.insert(net.netuid, market);
        }
        model.issued = model.free.values().sum::<u64>()
            + model.pools.values().map(|pool| pool.value).sum::<u64>();
        model
    }

    /// Follows a block, then compares.
    pub fn block(&mut self, chain: &Chain, block: &Block, at: &impl Fn() -> String) {
        let height = block.header.height.0;
        self.deposit = deposit(chain, block.held);
        let sets = [Some(&block.voters.current), block.voters.previous.as_ref()];
        self.sets = sets.into_iter().flatten().cloned().collect();
        self.voting = self.sets.iter().flat_map(|set| &set.voters).map(|v| v.key).collect();
        self.mature(height);
        let before = self.issued;
        let mut fees = 0;
        for (tx, receipt) in block.txs.iter().zip(&block.receipts.txs) {
            fees += self.tx(chain, (tx, receipt), height, at);
        }
        let proposer = self.owners.get(&block.header.proposer).copied();
        if fees > 0 {
            self.credit(proposer.unwrap_or(block.header.proposer), fees);
        }
        let voted = self.emit(before, block, at);
        for epoch in &block.receipts.epochs {
            let parts = [epoch.owner, epoch.miners, epoch.validators, epoch.recycled, epoch.kept];
            let sum: u64 = parts.iter().map(|part| part.0).sum();
            assert_eq!(epoch.pending.0, sum, "an epoch lost dust at {}", at());
            self.recycle(epoch.recycled.0);
        }
        if voted > 0 || !block.receipts.epochs.is_empty() {
            self.follow_payouts(chain, (block, voted), at);
        }
        self.rotate(chain, block, height);
        // Which hotkeys are forgotten is told by the soundness of the state; who comes again
        // begins anew.
        self.owners.retain(|hotkey, _| chain.get(&Key::Hotkey(*hotkey)).is_some());
        let known = |hotkey: &PublicKey| chain.get(&Key::Offender(*hotkey)).is_some();
        let leavers = self.exits.iter().chain(&self.leaving).map(|(_, leaver)| leaver);
        self.forgotten += self.answers.forgotten(known, leavers);
        self.slot = block.header.slot.0;
        self.compare(chain, at);
    }

    /// When the sets change, stake that left voters gets its time.
    fn rotate(&mut self, chain: &Chain, block: &Block, height: u64) {
        let (before, now) = (&block.voters, chain.at().voters);
        let params = &chain.genesis.params;
        if let Some(gone) = &before.previous
            && now.previous != before.previous
        {
            let round = block.header.round.0;
            self.answers.let_go(gone, (height, round));
            let (first, from) = (self.released + 1, height + params.unbonding_blocks + 1);
            let each = (self.rotated + 1 - first).div_ceil(params.rotation_blocks);
            for (asked, mut leaver) in std::mem::take(&mut self.leaving) {
                if asked <= self.rotated {
                    leaver.counted_until = round;
                    self.exits.push((from + (asked - first) / each, leaver));
                } else {
                    self.leaving.push((asked, leaver));
                }
            }
            self.released = self.rotated;
        }
        if now.current != before.current {
            self.rotated = height;
        }
    }

    fn recycle(&mut self, amount: u64) {
        self.issued -= amount;
        self.recycled += amount;
    }

    /// Free coins for an account; where there is none they open it, and too few are recycled.
    fn credit(&mut self, who: PublicKey, amount: u64) {
        if let Some(free) = self.free.get_mut(&who) {
            *free += amount;
            return;
        }
        match self.deposit.and_then(|deposit| amount.checked_sub(deposit)) {
            Some(rest) if rest > 0 => {
                self.recycle(amount - rest);
                self.free.insert(who, rest);
            }
            _ => self.recycle(amount),
        }
    }

    /// What it costs to write something into an account.
    fn opening(&self, who: &PublicKey) -> u64 {
        if self.free.contains_key(who) { 0 } else { self.deposit.unwrap() }
    }

    fn mature(&mut self, height: u64) {
        let due: Vec<_> = self.exits.extract_if(.., |(at, _)| *at == height).collect();
        for (_, leaver) in due {
            let left = self.answers.left(&leaver);
            self.credit(leaver.who, left);
            self.recycle(leaver.amount - left);
            self.answers.gone(&leaver);
        }
    }

    /// A hotkey lost a part of its stake for an offence, rounded up: as much as the receipt
    /// says.
    fn slashed(&mut self, hotkey: PublicKey, (part, of): (u64, u64), lost: u64) {
        let pool = self.pools.entry(hotkey).or_default();
        let want = (u128::from(pool.value) * u128::from(part)).div_ceil(of.into());
        assert_eq!(u128::from(lost), want, "what {hotkey} lost, {part} of {of}");
        pool.value -= lost;
        self.answers.cut(hotkey, (part, of));
    }

    /// By issuance at the end of the block before, or what earlier blocks had. Answers what
    /// voters and proposer had of it.
    fn emit(&mut self, before: u64, block: &Block, at: &impl Fn() -> String) -> u64 {
        let cap = 21_000_000_000_000_000_u64;
        while u128::from(cap - before) * (2_u128 << self.halvings) <= u128::from(cap) {
            self.halvings += 1;
        }
        let whole = 1_000_000_000_u64 >> self.halvings;
        for event in &block.receipts.events {
            if let Event::EmissionHalved { halvings, emission } = event {
                assert_eq!((u32::from(*halvings), emission.0), (self.halvings, whole), "{}", at());
            }
        }
        let voted = self.voter_pay(whole / 64, block);
        let want = whole - 2 * (whole / 64) + voted;
        assert_eq!(block.receipts.emission.0, want, "the emission at {}", at());
        self.issued += want;
        voted
    }

    /// What `pay` for voting comes to, and as much for the proposer.
    fn voter_pay(&self, pay: u64, block: &Block) -> u64 {
        let set = &block.voters.current;
        let all: u64 = set.voters.iter().map(|v| v.power.0).sum();
        let real = |key: &PublicKey| {
            let power = set.voters.iter().find(|v| v.key == *key).map_or(0, |v| v.power.0);
            match &block.bootstrap {
                Some(record) if record.began.is_none() => 0,
                Some(record) if record.voters.contains(key) => {
                    power.saturating_sub(record.left.0 / record.voters.len() as u64)
                }
                _ => power,
            }
        };
        let part = |power: u64| {
            u64::try_from(u128::from(pay) * u128::from(power) / u128::from(all)).unwrap()
        };
        let known = |key: &&PublicKey| self.owners.contains_key(key);
        let open = |key: &&PublicKey| !self.is_closed(key);
        let carried = || block.carried.iter().filter(known);
        let voters: u64 = carried().filter(open).map(real).map(part).sum();
        let proposer = part(carried().map(real).sum());
        voters + if self.is_closed(&block.header.proposer) { 0 } else { proposer }
    }

    /// A transaction that was in a block; answers what the proposer has of its fee.
    fn tx(
        &mut self,
        chain: &Chain,
        (tx, receipt): (&Tx, &TxReceipt),
        height: u64,
        at: &impl Fn() -> String,
    ) -> u64 {
        let (signer, fee) = (tx.body.signer, tx.body.fee.0);
        assert_eq!(receipt.fee.0, fee, "the fee at {}", at());
        if !tx.body.call.is_free() {
            let nonce = self.nonces.entry(signer).or_default();
            assert_eq!(tx.body.nonce.0, *nonce, "the nonce at {}", at());
            *nonce += 1;
            if !matches!(tx.body.call, Call::RemoveStake { .. }) {
                self.spend(signer, fee);
            }
        }
        match (&tx.body.call, &receipt.result) {
            (Call::RemoveStake { hotkey, amount }, result) => {
                let deposit = self.opening(&signer);
                self.free.entry(signer).or_default();
                self.recycle(deposit);
                let have = self.pools[hotkey].worth(&signer);
                // Refused, it takes what it costs; all, if less than the least would stay.
                let stays = have - (fee + deposit) >= chain.genesis.params.min_stake.0;
                let taken = match result {
                    Ok(()) => amount.0,
                    Err(_) if stays => fee + deposit,
                    Err(_) => have,
                };
                self.unstake(chain, (signer, *hotkey), (taken, fee + deposit), height);
            }
            (call, Ok(())) => {
                let mut events = receipt.events.iter();
                self.call((chain, height), (signer, call), &mut events, at);
            }
            (_, Err(_)) => {}
        }
        // Of the least fee a quarter, cut, is the proposer's, and all that was above it; not
        // of stake, which would be free at once.
        let params = &chain.genesis.params;
        let size = tx.to_bytes().len() as u64;
        let calls = if let Call::Batch { calls } = &tx.body.call { calls.len() } else { 1 };
        let least = params.base_fee.0 * calls as u64 + params.byte_fee.0 * size;
        let least = least.min(fee);
        let is_stake = matches!(tx.body.call, Call::RemoveStake { .. });
        let earned = if is_stake { least / 4 } else { fee - least + least / 4 };
        self.recycle(fee - earned);
        earned
    }

    /// Only who has an account can.
    fn spend(&mut self, who: PublicKey, amount: u64) {
        let free = self.free.get_mut(&who).unwrap();
        *free = free.checked_sub(amount).unwrap();
    }

    fn unstake(
        &mut self,
        chain: &Chain,
        (who, hotkey): (PublicKey, PublicKey),
        (amount, fee): (u64, u64),
        height: u64,
    ) -> u64 {
        let params = &chain.genesis.params;
        let pool = self.pools.get_mut(&hotkey).unwrap();
        let (all, least) = (pool.worth(&who), params.min_stake.0);
        if amount != fee {
            let is_all = amount == all || amount == u64::MAX;
            assert!(is_all || (amount >= least && all - amount >= least), "{amount} of {all}");
        }
        let out = pool.take_out(who, amount);
        // What is left when the last one has gone is nobody's.
        let nobodys = if pool.shares.is_empty() { std::mem::take(&mut pool.value) } else { 0 };
        self.recycle(nobodys);
        let votes = self.voting.contains(&hotkey);
        let amount = out.saturating_sub(fee);
        let leaver = self.answers.leaver((who, hotkey), amount);
        if out > fee && votes {
            self.leaving.push((height, leaver));
        } else if out > fee {
            // R15: of a set let go within the window, or of genesis before any rotation.
            let since = chain.genesis.params.unbonding_blocks;
            let is_late = self.answers.last_let_go(&hotkey).is_some_and(|f| height - f <= since);
            let is_first = self.rotated == 0 && self.answers.is_of_genesis(&hotkey);
            let wait = if is_late || is_first { since + 1 } else { params.exit_blocks };
            self.exits.push((height + wait, leaver));
        }
        out
    }

    fn call<'a>(
        &mut self,
        (chain, height): (&Chain, u64),
        (signer, call): (PublicKey, &Call),
        events: &mut impl Iterator<Item = &'a Event>,
        at: &impl Fn() -> String,
    ) {
        match call {
            Call::Transfer { to, amount, open } => {
                let deposit = self.opening(to);
                assert!(*open || deposit == 0, "an account was opened unasked at {}", at());
                self.spend(signer, amount.0 + deposit);
                self.recycle(deposit);
                *self.free.entry(*to).or_default() += amount.0;
            }
            Call::AddStake { hotkey, amount } => {
                self.spend(signer, amount.0);
                self.pools.entry(*hotkey).or_default().put_in(signer, amount.0);
                events.next();
            }
            Call::RemoveStake { hotkey, amount } => {
                // Of what is worth nothing nothing is told.
                if self.unstake(chain, (signer, *hotkey), (amount.0, 0), height) > 0 {
                    events.next();
                }
            }
            Call::Register { netuid, hotkey, .. } => {
                let price = self.burn_price(*netuid, height);
                self.spend(signer, price);
                self.recycle(price);
                self.owners.entry(*hotkey).or_insert(signer);
                let said = events.next();
                assert!(
                    matches!(said, Some(Event::NeuronRegistered { burned, .. }) if burned.0 == price),
                    "{said:?} for {price} at {}",
                    at()
                );
            }
            Call::RegisterStamp { hotkey, .. } => {
                self.owners.entry(*hotkey).or_insert(signer);
                events.next();
            }
            Call::RegisterSubnet { hotkey, .. } => {
                self.buy((chain, height), (signer, *hotkey), events, at);
            }
            Call::SetHyperparameter { netuid, parameter, value } => {
                let market = self.markets.get_mut(netuid).unwrap();
                let numbers = market.numbers.take().unwrap();
                market.numbers = numbers.with(*parameter, *value);
                events.next();
            }
            Call::ReportEvidence { evidence } => {
                let sets = self.sets.clone();
                let now = (height, self.slot);
                let cuts = self.answers.report((&chain.genesis, evidence), (&sets, now));
                for event in events {
                    self.punished(&cuts, event, at);
                }
            }
            Call::Batch { calls } => {
                for call in calls {
                    self.call((chain, height), (signer, &call.0), events, at);
                }
            }
            _ => {
                events.next();
            }
        }
    }

    /// What a report's receipt says it cost, and whom: all but the reporter's part is
    /// recycled.
    fn punished(
        &mut self,
        cuts: &BTreeMap<PublicKey, (u64, u64)>,
        event: &Event,
        at: &impl Fn() -> String,
    ) {
        match event {
            Event::VoterSlashed { hotkey, lost, reporter, reward, .. } => {
                self.slashed(*hotkey, cuts[hotkey], lost.0);
                assert!(reward.0 <= lost.0 / 20, "{reward} of {lost} at {}", at());
                self.recycle(lost.0 - reward.0);
                self.credit(*reporter, reward.0);
            }
            Event::SlashRaised { hotkey, lost } => {
                self.slashed(*hotkey, cuts[hotkey], lost.0);
                self.recycle(lost.0);
            }
            other => panic!("{other:?} in a report at {}", at()),
        }
    }

    /// Whether a pool lost everything: it takes no more.
    fn is_closed(&self, hotkey: &PublicKey) -> bool {
        self.pools.get(hotkey).is_some_and(|pool| pool.value == 0 && !pool.shares.is_empty())
    }

    /// The price falls by the half-life since the last registration.
    fn burn_price(&mut self, netuid: Netuid, height: u64) -> u64 {
        let market = self.markets.get_mut(&netuid).unwrap();
        let numbers = market.numbers.as_ref().unwrap();
        let clamp = |x: u64| x.min(numbers.max_burn.0).max(numbers.min_burn.0);
        let (age, half_life) = (height - market.burn_at, numbers.burn_half_life);
        let mut price = market.burn >> (age / half_life).min(63);
        // The largest q in 2^-32 whose half_life-th power, each product cut, is a half at most.
        let power = |q: u64, n: u64| {
            let (mut result, mut square, mut n) = (1_u64 << 32, q, n);
            while n > 0 {
                if n % 2 == 1 {
                    result = cut(result, square);
                }
                square = cut(square, square);
                n /= 2;
            }
            result
        };
        let rest = age % half_life;
        if rest > 0 {
            let good = |q: &u64| power(*q, half_life) <= 1 << 31;
            let q = (0..33).rev().fold(0_u64, |q, bit| {
                let next = q + (1 << bit);
                if next <= 1 << 32 && good(&next) { next } else { q }
            });
            price = cut(price, power(q, rest));
        }
        let price = clamp(price);
        market.burn = clamp(price * numbers.burn_increase_percent / 100);
        market.burn_at = height;
        price
    }

    /// A subnet is bought, and perhaps another evicted for it.
    fn buy<'a>(
        &mut self,
        (chain, height): (&Chain, u64),
        (signer, hotkey): (PublicKey, PublicKey),
        events: &mut impl Iterator<Item = &'a Event>,
        at: &impl Fn() -> String,
    ) {
        let params = &chain.genesis.params;
        let least = params.lock_minimum.0;
        let cost = self.lock.map_or(least, |(last, when)| {
            (2 * last).saturating_sub(last / params.lock_interval * (height - when)).max(least)
        });
        let mut said = events.next();
        if let Some(Event::SubnetEvicted { netuid, owner, refund, recycled }) = said {
            let gone = self.markets.remove(netuid).unwrap();
            assert_eq!(
                (gone.owner, gone.locked - gone.locked / 4),
                (*owner, refund.0),
                "at {}",
                at()
            );
            self.recycle(recycled.0);
            if let Some(owner) = owner {
                self.credit(*owner, refund.0);
            }
            said = events.next();
        }
        let Some(Event::SubnetCreated { netuid, lock, .. }) = said else {
            panic!("{said:?} is no creation at {}", at())
        };
        assert_eq!(lock.0, cost, "the lock at {}", at());
        events.next();
        self.spend(signer, cost);
        self.lock = Some((cost, height));
        self.owners.entry(hotkey).or_insert(signer);
        let market = Market {
            owner: Some(signer),
            numbers: Some(params.subnet_defaults.clone()),
            burn: 1_000_000_000,
            burn_at: height,
            locked: cost,
        };
        self.markets.insert(*netuid, market);
    }

    /// After epochs the pools are read anew: what was added is what the receipts say, and
    /// nobody's stake fell.
    fn follow_payouts(
        &mut self,
        chain: &Chain,
        (block, voted): (&Block, u64),
        at: &impl Fn() -> String,
    ) {
        let epochs: u64 =
            block.receipts.epochs.iter().map(|e| e.owner.0 + e.miners.0 + e.validators.0).sum();
        let paid = epochs + voted;
        let before: u64 = self.pools.values().map(|pool| pool.value).sum();
        let old = std::mem::take(&mut self.pools);
        for (key, value) in chain.entries() {
            match (key, value) {
                (Key::Hotkey(hotkey), Value::Hotkey(pool)) => {
                    self.pools.entry(*hotkey).or_default().value = pool.value.0;
                }
                (Key::Position(hotkey, coldkey), Value::Position(shares)) => {
                    self.pools.entry(*hotkey).or_default().shares.insert(*coldkey, *shares);
                }
                _ => {}
            }
        }
        let after: u64 = self.pools.values().map(|pool| pool.value).sum();
        assert_eq!(after, before + paid, "the epochs paid {paid} at {}", at());
        for (hotkey, pool) in old {
            for coldkey in pool.shares.keys() {
                let (was, is) = (pool.worth(coldkey), self.pools[&hotkey].worth(coldkey));
                assert!(is >= was, "stake fell from {was} to {is} at {}", at());
            }
        }
    }

    fn compare(&self, chain: &Chain, at: &impl Fn() -> String) {
        let mut free: BTreeMap<PublicKey, u64> = BTreeMap::new();
        let mut exits = 0;
        for (key, value) in chain.entries() {
            match (key, value) {
                (Key::Account(who), Value::Account(account)) => {
                    free.insert(*who, account.free.0);
                    let nonce = self.nonces.get(who).copied().unwrap_or(0);
                    assert_eq!(account.nonce.0, nonce, "the nonce of {who} at {}", at());
                }
                (Key::Hotkey(hotkey), Value::Hotkey(pool)) => {
                    let want = self.pools.get(hotkey).map_or(0, |pool| pool.value);
                    assert_eq!(pool.value.0, want, "the pool of {hotkey} at {}", at());
                    assert_eq!(Some(&pool.coldkey), self.owners.get(hotkey), "at {}", at());
                }
                (Key::Position(hotkey, coldkey), Value::Position(shares)) => {
                    let want = self.pools[hotkey].shares.get(coldkey);
                    assert_eq!(Some(shares), want, "a position at {}", at());
                }
                (Key::Exits(_) | Key::Leaving(_), Value::Exits(list)) => exits += list.len(),
                _ => {}
            }
        }
        assert_eq!(free, self.free, "free coins at {}", at());
        assert_eq!(
            exits,
            self.exits.len() + self.leaving.len(),
            "stake on its way out at {}",
            at()
        );
        let supply = chain.supply();
        assert_eq!(supply.issued, Rao(self.issued), "issued at {}", at());
        assert_eq!(supply.recycled, Rao(self.recycled), "recycled at {}", at());
        assert_eq!(u32::from(supply.halving), self.halvings, "halvings at {}", at());
    }
}
