//! `weft register`, `weft serve`, `weft permit` and `weft voter`: what a hotkey
//! does to take part.

use super::desk::{Desk, Purse, amount};
use crate::args::{Global, PermitArgs, RegisterArgs, ServeArgs, VoterCommand};
use crate::input::Input;
use crate::output::{Answer, Exit, Failure, note};
use crate::remote::node_home;
use crate::signer;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use weft_home::config::Home;
use weft_node::error::NodeError;
use weft_types::endpoint::EndpointError;
use weft_types::stamp::StampFor;
use weft_types::tx::Consent;
use weft_types::{Call, Evidence, Hash, Height, Netuid, Rao, SecretKey, WeightRow};

/// Registers the wallet's hotkey.
pub async fn register(global: &Global, args: &RegisterArgs) -> Result<Answer, Failure> {
    let desk = Desk::open(global).await?;
    let (coldkey, hotkey) = (signer::coldkey(global)?, signer::hotkey(global)?);
    let netuid = Netuid(args.netuid);
    if args.stamp {
        return by_stamp(&desk, (&coldkey, &hotkey), args).await;
    }
    let height = desk.final_height().await?;
    let said = Consent { coldkey: coldkey.public(), hotkey: hotkey.public(), netuid, height };
    let consent = desk.consent(&hotkey, &said);
    let burn = Burn::of(&desk, args).await?;
    desk.pay_with(&coldkey, &args.paying, |purse, fee| {
        let (hotkey, max_burn) = (said.hotkey, burn.most(purse, fee));
        Ok(Call::Register { netuid, hotkey, max_burn, consent, consent_height: height })
    })
    .await
}

/// What a registration may burn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Burn {
    /// What was named.
    Named(Rao),
    /// The price of the moment, or a little more.
    Price(Rao),
}

impl Burn {
    /// What was named, else by the price of the moment. Where there is none the call itself
    /// is refused, and says why.
    async fn of(desk: &Desk<'_>, args: &RegisterArgs) -> Result<Self, Failure> {
        if let Some(text) = &args.max_burn {
            return amount(text).map(Self::Named);
        }
        let params = json!({ "netuid": args.netuid, "at": "head" });
        let price = match desk.remote.call("subnet_registrationCost", &params).await {
            Ok(cost) => serde_json::from_value::<Option<Rao>>(cost["burn"].clone()),
            Err(e) if e.exit == Exit::NotFound => Ok(None),
            Err(e) => return Err(e),
        };
        let price = price.map_err(|e| Failure::new(Exit::Failed, "BadAnswer", e))?;
        Ok(Self::Price(price.unwrap_or_default()))
    }

    /// What the wallet can pay, at most the price and a fifth of it: others may register in
    /// the blocks until then. The price itself when that can't be paid, so that the refusal
    /// says what is missing.
    fn most(self, purse: &Purse, fee: Rao) -> Rao {
        match self {
            Self::Named(most) => most,
            Self::Price(price) => {
                let above = Rao(price.0.saturating_add(price.0 / 5));
                above.min(purse.after(fee)).max(price)
            }
        }
    }
}

/// Searches for a stamp that names the last final block, and for another when that has
/// become too old.
async fn by_stamp(
    desk: &Desk<'_>,
    (coldkey, hotkey): (&SecretKey, &SecretKey),
    args: &RegisterArgs,
) -> Result<Answer, Failure> {
    let netuid = Netuid(args.netuid);
    loop {
        let params = json!({ "netuid": netuid });
        let cost = desk.remote.call("subnet_registrationCost", &params).await?;
        let work = Work::of(&cost)?;
        let consent = Consent {
            coldkey: coldkey.public(),
            hotkey: hotkey.public(),
            netuid,
            height: work.height,
        };
        let subject = StampFor { chain: desk.charter.chain, consent, block: work.block };
        note(&format!(
            "stamp     searching at difficulty {}, for block {}",
            work.difficulty, work.height
        ));
        let Some(solution) = search(desk, subject, &work).await? else { continue };
        let call = Call::RegisterStamp {
            netuid,
            hotkey: hotkey.public(),
            consent: desk.consent(hotkey, &consent),
            height: work.height,
            solution,
        };
        return desk.give(coldkey, call, &args.paying.sending).await;
    }
}

/// What a stamp must be.
struct Work {
    difficulty: u64,
    height: Height,
    block: Hash,
    window: u64,
}

impl Work {
    fn of(cost: &Value) -> Result<Self, Failure> {
        let bad = || Failure::new(Exit::Failed, "BadAnswer", "the node does not say what to stamp");
        if cost["stamp_difficulty"].is_null() && cost["netuid"].is_u64() {
            let text = "the subnet takes no stamps; register by burning";
            return Err(Failure::new(Exit::Failed, "RegistrationDisabled", text));
        }
        Ok(Self {
            difficulty: cost["stamp_difficulty"]
                .as_str()
                .and_then(|d| d.parse().ok())
                .ok_or_else(bad)?,
            height: Height(cost["height"].as_u64().ok_or_else(bad)?),
            block: serde_json::from_value(cost["hash"].clone()).map_err(|_| bad())?,
            window: cost["stamp_window"].as_u64().ok_or_else(bad)?,
        })
    }
}

/// How many solutions a thread tries before it looks up.
const BATCH: u64 = 1 << 16;

/// Searches on every core until found, or until the named block will soon be too old.
async fn search(desk: &Desk<'_>, subject: StampFor, work: &Work) -> Result<Option<u64>, Failure> {
    let stop = AtomicBool::new(false);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let step = BATCH.saturating_mul(u64::try_from(cores).unwrap_or(1));
    let mut first = 0_u64;
    loop {
        let found = std::thread::scope(|scope| {
            let lanes: Vec<_> = (0..u64::try_from(cores).unwrap_or(1))
                .map(|lane| {
                    let (stop, from) = (&stop, first.saturating_add(lane.saturating_mul(BATCH)));
                    scope.spawn(move || {
                        let found = subject.search(work.difficulty, from, BATCH);
                        stop.fetch_or(found.is_some(), Ordering::Relaxed);
                        found
                    })
                })
                .collect();
            lanes.into_iter().filter_map(|lane| lane.join().ok().flatten()).min()
        });
        if found.is_some() {
            return Ok(found);
        }
        first = first.saturating_add(step);
        let is_time = first.is_multiple_of(step.saturating_mul(64));
        let margin = work.window.saturating_sub(4);
        if is_time && desk.final_height().await?.since(work.height) > margin {
            note("stamp     the block has become too old; beginning anew");
            return Ok(None);
        }
    }
}

/// Says where the neuron can be reached.
pub async fn serve(global: &Global, args: &ServeArgs) -> Result<Answer, Failure> {
    let endpoint = args
        .endpoint
        .parse()
        .map_err(|e: EndpointError| Failure::new(Exit::Usage, "BadEndpoint", e))?;
    let desk = Desk::open(global).await?;
    let at = desk.final_height().await?;
    let call = Call::ServeAxon { netuid: Netuid(args.netuid), endpoint, at };
    desk.give(&signer::hotkey(global)?, call, &args.sending).await
}

/// Asks for a validator permit, or asks no more.
pub async fn permit(global: &Global, args: &PermitArgs) -> Result<Answer, Failure> {
    let desk = Desk::open(global).await?;
    let at = desk.final_height().await?;
    let call = Call::SeekPermit { netuid: Netuid(args.netuid), seek: !args.off, at };
    desk.give(&signer::hotkey(global)?, call, &args.sending).await
}

/// Offers to vote, or takes the offer back.
pub async fn voter(global: &Global, command: &VoterCommand) -> Result<Answer, Failure> {
    if let VoterCommand::Key { node } = command {
        return voter_key(global, node.as_ref());
    }
    let desk = Desk::open(global).await?;
    match command {
        VoterCommand::Key { node } => voter_key(global, node.as_ref()),
        VoterCommand::Join { netuid, sending } => {
            let at = desk.final_height().await?;
            let call = Call::JoinVoters { netuid: Netuid(*netuid), at };
            let joined = desk.give(&signer::hotkey(global)?, call, sending).await;
            joined.map_err(offered)
        }
        VoterCommand::Row { netuid, set } => {
            let (uids, values) = super::weights::scores(set)?;
            let (netuid, view) = (Netuid(*netuid), Height::ZERO);
            let row = WeightRow { netuid, uids, values, version_key: 0, view };
            let data = desk.remote.call("voter_queueRow", &json!({ "row": row })).await?;
            let text = format!(
                "the node that was asked has the row for subnet {netuid}; its voter's shares carry it, \
                 from now on or once it votes"
            );
            Answer::new(&data, text)
        }
        VoterCommand::Report { file, sending } => {
            let call = Call::ReportEvidence { evidence: read_evidence(file)? };
            desk.give(&signer::hotkey(global)?, call, sending).await
        }
        VoterCommand::Leave { paying } => {
            let call = Call::LeaveVoters { hotkey: signer::hotkey_public(global)? };
            desk.pay(&signer::coldkey(global)?, call, paying).await
        }
    }
}

/// An offer that stands already, as that of a hotkey whose own node renews it: said as what
/// it is.
fn offered(failure: Failure) -> Failure {
    match failure.words.name.as_str() {
        "NotNewer" | "JoinedRecently" | "FreePending" => failure.help(
            "an offer of this hotkey stands already, and there is nothing to do: a node that votes with it renews it by itself; weft query candidates shows it",
        ),
        _ => failure,
    }
}

/// Gives the node of a home the wallet's hotkey to vote with.
fn voter_key(global: &Global, node: Option<&PathBuf>) -> Result<Answer, Failure> {
    let home = Home::new(match node {
        Some(node) => node.clone(),
        None => node_home(global)?,
    });
    let hotkey = signer::hotkey(global)?;
    home.put_voter_key(&hotkey).map_err(NodeError::Home)?;
    let text = format!(
        "the node of {0} votes with {1} from its next start on: weft node run --home {0}",
        home.path().display(),
        hotkey.public()
    );
    Answer::new(&json!({ "home": home.path(), "voter": hotkey.public() }), text)
}

/// A file of evidence.
const EVIDENCE: Input = Input {
    what: "evidence",
    most: 64 << 10,
    absent: "Unreadable",
    too_large: "EvidenceTooLarge",
    bad: "BadEvidence",
};

/// Two signed things from a file; what shows no offence is not sent.
pub fn read_evidence(path: &Path) -> Result<Evidence, Failure> {
    let help = "weft reference calls";
    let evidence: Evidence = EVIDENCE.json(path).map_err(|failure| failure.help(help))?;
    evidence.offence().map_err(|e| {
        let message = format!("{}: {e}", path.display());
        Failure::new(Exit::Usage, "BadEvidence", message).help(help)
    })?;
    Ok(evidence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_types::Nonce;

    /// F14.
    #[test]
    fn a_registration_may_burn_the_price_and_a_fifth_and_no_more_than_the_wallet_has() {
        let purse = |free| Purse { spendable: Rao(free), next: Nonce(0) };
        let price = Burn::Price(Rao(933_000_000));
        let fee = Rao(4_000);
        assert_eq!(price.most(&purse(999_000_000), fee), Rao(998_996_000));
        assert_eq!(price.most(&purse(5_000_000_000), fee), Rao(1_119_600_000));
        assert_eq!(price.most(&purse(1), fee), Rao(933_000_000));
        assert_eq!(Burn::Named(Rao(7)).most(&purse(1), fee), Rao(7));
    }

    /// F39.
    #[test]
    fn an_offer_that_stands_already_is_said_as_what_it_is() {
        let refused = |name| offered(Failure::of_kind("too_early", name, "no")).words.help;
        for name in ["NotNewer", "JoinedRecently", "FreePending"] {
            assert!(refused(name).contains("renews it by itself"), "{name}");
        }
        assert_eq!(refused("NeuronNoValidatorPermit"), "");
    }
}
