//! `weft transfer`, `weft stake add|remove|take` and `weft batch`.

use super::batch;
use super::desk::{Desk, Purse, amount};
use crate::args::{BatchArgs, Global, StakeArgs, StakeCommand, TransferArgs};
use crate::output::{Answer, Exit, Failure};
use crate::signer;
use weft_types::call::ALL_STAKE;
use weft_types::{Call, Rao};

/// Sends free coins.
pub async fn transfer(global: &Global, args: &TransferArgs) -> Result<Answer, Failure> {
    let desk = Desk::open(global).await?;
    let to = signer::payee(global, &args.to, desk.charter.network)?;
    let sum = Sum::read(&args.amount)?;
    let key = signer::coldkey(global)?;
    desk.pay_with(&key, &args.paying, |purse, fee| {
        Ok(Call::Transfer { to, amount: sum.of(purse, fee)?, open: false })
    })
    .await
}

/// How much a person wants to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sum {
    All,
    Of(Rao),
}

impl Sum {
    fn read(text: &str) -> Result<Self, Failure> {
        if text == "all" { Ok(Self::All) } else { amount(text).map(Self::Of) }
    }

    /// The amount; of all what is free, and not spoken for, after the fee.
    fn of(self, purse: &Purse, fee: Rao) -> Result<Rao, Failure> {
        match self {
            Self::Of(sum) => Ok(sum),
            Self::All if purse.after(fee) > Rao::ZERO => Ok(purse.after(fee)),
            Self::All => {
                let text = format!(
                    "{} TAO are free and not spoken for, and the fee is {} TAO",
                    purse.spendable.as_tao(),
                    fee.as_tao()
                );
                Err(Failure::of_kind("insufficient_balance", "NothingLeft", text)
                    .help("wait for what is pending, or add coins"))
            }
        }
    }
}

/// Adds or removes stake, or sets a take.
pub async fn stake(global: &Global, command: &StakeCommand) -> Result<Answer, Failure> {
    let desk = Desk::open(global).await?;
    match command {
        StakeCommand::Add(args) => {
            let hotkey = signer::backed(global, &args.to, desk.charter.network)?;
            let sum = Sum::read(&args.amount)?;
            let key = signer::coldkey(global)?;
            let added = desk.pay_with(&key, &args.paying, |purse, fee| {
                Ok(Call::AddStake { hotkey, amount: sum.of(purse, fee)? })
            });
            added.await.map_err(nobodys)
        }
        StakeCommand::Remove(args) => remove(&desk, args).await,
        StakeCommand::Take(args) => {
            let hotkey = signer::hotkey_public(global)?;
            let call = Call::SetTake { hotkey, take: take(&args.percent)? };
            desk.pay(&signer::coldkey(global)?, call, &args.paying).await
        }
    }
}

/// Stake goes behind hotkeys that the chain knows: how one gets there.
fn nobodys(failure: Failure) -> Failure {
    match failure.words.name.as_str() {
        "HotKeyAccountNotExists" => failure.help(
            "who holds it registers it in a subnet: weft register NETUID -w WALLET -k HOTKEY; or stake behind a hotkey of weft subnet metagraph NETUID --full; weft subnet list shows the subnets",
        ),
        _ => failure,
    }
}

/// Takes stake back: an amount, or all there is when the call runs.
async fn remove(desk: &Desk<'_>, args: &StakeArgs) -> Result<Answer, Failure> {
    let hotkey = signer::hotkey_of(desk.global, &args.to, desk.charter.network)?;
    let sum = Sum::read(&args.amount)?;
    let key = signer::coldkey(desk.global)?;
    let amount = match sum {
        Sum::Of(sum) => sum,
        Sum::All => ALL_STAKE,
    };
    desk.pay(&key, Call::RemoveStake { hotkey, amount }, &args.paying).await
}

/// A percentage with up to seven decimals as parts of 65 535, rounded down.
pub fn take(percent: &str) -> Result<u16, Failure> {
    let bad = || {
        let message = format!("\"{percent}\" is no percentage; write a number from 0 to 100");
        Failure::new(Exit::Usage, "BadPercent", message)
    };
    // A percent is read like an amount: exactly, with nine decimals.
    let scaled = Rao::parse(percent.trim_end_matches('%')).map_err(|_| bad())?;
    let part = u128::from(scaled.0) * u128::from(u16::MAX) / 100_000_000_000;
    u16::try_from(part).map_err(|_| bad())
}

/// Sends several calls as one.
pub async fn batch(global: &Global, args: &BatchArgs) -> Result<Answer, Failure> {
    let text = batch::text(&args.file)?;
    let desk = Desk::open(global).await?;
    let calls = batch::read(global, (&args.file, &text), desk.charter.network)?;
    desk.pay(&signer::coldkey(global)?, Call::Batch { calls }, &args.paying).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::Nonce;

    #[test]
    fn a_take_is_read_exactly() {
        assert_eq!(take("18").unwrap(), 11_796);
        assert_eq!(take("0%").unwrap(), 0);
        assert_eq!(take("100").unwrap(), 65_535);
        assert!(take("101").is_err() && take("a lot").is_err() && take("-1").is_err());
    }

    /// F16.
    #[test]
    fn all_is_what_is_free_and_not_spoken_for_after_the_fee() {
        let purse = Purse { spendable: Rao(1_000), next: Nonce(0) };
        assert_eq!(Sum::read("all").unwrap().of(&purse, Rao(10)).unwrap(), Rao(990));
        let none = Sum::All.of(&purse, Rao(1_000)).unwrap_err();
        assert_eq!(none.words.name, "NothingLeft");
        assert_eq!(Sum::read("0.5").unwrap(), Sum::Of(Rao(500_000_000)));
        assert!(Sum::read("ALL OF IT").is_err());
    }
}
