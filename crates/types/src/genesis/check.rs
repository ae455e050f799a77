//! Whether a chain can start from a genesis.

use super::{Genesis, GenesisError, GenesisSubnet};
use crate::params::{self, Params};
use crate::room;
use crate::rules::{Rules, may_test};
use crate::units::{Netuid, Power, Rao, SUPPLY_CAP, Uid};

impl Genesis {
    /// Checks what every later room takes for granted.
    ///
    /// # Errors
    /// [`GenesisError`] names the first thing that is wrong.
    pub fn check(&self) -> Result<(), GenesisError> {
        ascending("voters", self.voters.iter().map(|v| v.hotkey))?;
        ascending("accounts", self.accounts.iter().map(|a| a.key))?;
        ascending("stakes", self.stakes.iter().map(|s| s.hotkey))?;
        ascending("subnets", self.subnets.iter().map(|s| s.netuid))?;
        if self.voters.is_empty() || self.voters.iter().any(|v| v.power == Power::ZERO) {
            return Err(GenesisError::NoVoters);
        }
        let powers = self.voters.iter().map(|v| u128::from(v.power.0));
        if powers.fold(0_u128, u128::saturating_add) > u128::from(SUPPLY_CAP.0) {
            return Err(GenesisError::TooMuchPower);
        }
        for (name, value) in [
            ("slot_ms", self.params.slot_ms),
            ("rotation_blocks", self.params.rotation_blocks),
            ("max_epochs_per_block", u64::from(self.params.max_epochs_per_block)),
            ("root_tempo", self.params.root_tempo),
            ("lock_interval", self.params.lock_interval),
            ("state_values", self.params.state_values),
            ("max_voters", u64::from(self.params.max_voters)),
        ] {
            if value == 0 {
                return Err(GenesisError::Zero(name));
            }
        }
        let coins = self.accounts.iter().map(|a| a.free).chain(self.stakes.iter().map(|s| s.stake));
        let total = coins.map(|c| u128::from(c.0)).fold(0_u128, u128::saturating_add);
        if total > u128::from(SUPPLY_CAP.0) {
            return Err(GenesisError::TooManyCoins);
        }
        let unsound = |error| GenesisError::Hyperparameters { netuid: Netuid::ZERO, error };
        self.params.subnet_defaults.check().map_err(unsound)?;
        self.check_rules()?;
        self.check_voters()?;
        self.check_times()?;
        self.check_room()?;
        self.subnets.iter().try_for_each(|s| self.check_subnet(s))
    }

    fn check_rules(&self) -> Result<(), GenesisError> {
        let (version, id) = (self.rules.version, self.rules.id);
        if let Some(test) = self.rules.test.first().filter(|_| !may_test(self.network)) {
            return Err(GenesisError::TestRules(*test));
        }
        if version == 0 || Rules::on(&self.rules).next().is_none_or(|rules| rules.id() != id) {
            return Err(GenesisError::UnknownRules { version, id });
        }
        if self.params.change_rotations == 0 || self.params.rotation_blocks < 2 {
            return Err(GenesisError::HastyChange);
        }
        Ok(())
    }

    fn check_voters(&self) -> Result<(), GenesisError> {
        let mut powers = self.voters.iter().map(|v| v.power);
        let first = powers.next();
        // R14: equal virtual power.
        if self.params.bootstrap_stake > Rao::ZERO && powers.any(|power| Some(power) != first) {
            return Err(GenesisError::UnequalPower);
        }
        let max = self.params.max_voters;
        let counts = [
            ("voters of genesis", self.voters.len()),
            ("min_voters", usize::from(self.params.min_voters)),
        ];
        if let Some((what, got)) = counts.into_iter().find(|(_, got)| *got > usize::from(max)) {
            return Err(GenesisError::TooManyVoters { what, got, max });
        }
        for voter in &self.voters {
            let stake = self.stakes.binary_search_by(|s| s.hotkey.cmp(&voter.hotkey));
            let owner = stake.ok().and_then(|at| self.stakes.get(at)).map(|s| s.coldkey);
            if owner.is_some_and(|owner| owner != voter.coldkey) {
                return Err(GenesisError::TwoOwners { hotkey: voter.hotkey });
            }
        }
        Ok(())
    }

    /// R16: a node that slept less than stake is held for can't be told another past.
    fn check_times(&self) -> Result<(), GenesisError> {
        let Params { rotation_blocks, unbonding_blocks, max_voters, .. } = self.params;
        let few = |name, got: u64, (each, of, what): (u64, u64, &str)| {
            let least = each.saturating_mul(of);
            let times = format!("{each} times {what} ({of}); raise it, or lower {what}");
            if got < least {
                Err(GenesisError::TooFewBlocks { name, got, least, times })
            } else {
                Ok(())
            }
        };
        let voters = (params::ROTATION, u64::from(max_voters), "max_voters");
        few("rotation_blocks", rotation_blocks, voters)?;
        let rotations = (params::UNBONDING, rotation_blocks, "rotation_blocks");
        few("unbonding_blocks", unbonding_blocks, rotations)
    }

    /// R19: what a block always keeps fits into it, in bytes and in calls.
    fn check_room(&self) -> Result<(), GenesisError> {
        let limits = &self.params.limits;
        let (need, got) = (room::least_block(&self.params), limits.block_bytes);
        if need > u64::from(got) {
            let max_voters = self.params.max_voters;
            return Err(GenesisError::BlockTooSmall { max_voters, need, got });
        }
        let (calls, bytes) = room::least_free();
        for (name, got, least) in
            [("free_bytes", limits.free_bytes, bytes), ("block_calls", limits.block_calls, calls)]
        {
            if got < least {
                return Err(GenesisError::NoRoom { name, got, least });
            }
        }
        Ok(())
    }

    fn check_subnet(&self, subnet: &GenesisSubnet) -> Result<(), GenesisError> {
        let (netuid, neurons) = (subnet.netuid, subnet.neurons.len());
        let max = subnet.hyperparameters.max_uids;
        if netuid == Netuid::ZERO || neurons > usize::from(max) {
            return Err(GenesisError::SubnetSize { netuid, neurons, max });
        }
        let unsound = |error| GenesisError::Hyperparameters { netuid, error };
        subnet.hyperparameters.check().map_err(unsound)?;
        for (uid, neuron) in (0..=u16::MAX).zip(&subnet.neurons) {
            let hotkey = neuron.hotkey;
            let is_voter = self.voters.binary_search_by(|v| v.hotkey.cmp(&hotkey)).is_ok();
            if !is_voter && self.stakes.binary_search_by(|s| s.hotkey.cmp(&hotkey)).is_err() {
                return Err(GenesisError::UnknownHotkey { netuid, uid: Uid(uid), hotkey });
            }
        }
        let mut keys: Vec<_> = subnet.neurons.iter().map(|n| n.hotkey).collect();
        keys.sort_unstable();
        ascending("neurons", keys.into_iter())
    }
}

fn ascending<T: Ord>(
    name: &'static str,
    mut list: impl Iterator<Item = T>,
) -> Result<(), GenesisError> {
    let Some(mut last) = list.next() else { return Ok(()) };
    for next in list {
        if next <= last {
            return Err(GenesisError::Unsorted(name));
        }
        last = next;
    }
    Ok(())
}
