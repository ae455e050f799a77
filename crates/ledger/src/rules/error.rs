//! The one table of errors: why a call failed.

use weft_types::hyperparameters::{Setting, Unsound};
use weft_types::{
    Endpoint, EvidenceError, Height, Netuid, Parameter, PublicKey, Rao, Round, Slot, Uid, Wide,
};

/// What is said about an error: a row of the table of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AboutError {
    /// Its stable name.
    pub name: &'static str,
    /// When a call fails so.
    pub doc: &'static str,
    /// What is said, with its fields in braces; amounts are said in TAO (`:#`).
    pub text: &'static str,
    /// Its fields: name and meaning.
    pub fields: &'static [(&'static str, &'static str)],
}

/// The fields of an error.
pub struct Context<'a>(&'a CallError);

macro_rules! call_errors {
    ($(#[doc = $doc:literal] $name:ident $({ $($field:ident: $type:ty = $fdoc:literal),* $(,)? })? = $text:literal;)*) => {
        /// Why a call failed. The name is stable: receipts, RPC and commands use it.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        pub enum CallError {
            $(#[doc = $doc] #[error($text)] $name $({ $(#[doc = $fdoc] $field: $type),* })?,)*
        }

        impl CallError {
            /// The table.
            pub const TABLE: &'static [AboutError] = &[$(AboutError {
                name: stringify!($name),
                doc: $doc,
                text: $text,
                fields: &[$($((stringify!($field), $fdoc)),*)?],
            },)*];

            /// The numbers behind the text, by name, to be written as JSON.
            #[must_use]
            pub const fn context(&self) -> Context<'_> {
                Context(self)
            }

            /// The stable name.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name $({ $($field: _),* })? => stringify!($name),)* }
            }
        }

        impl serde::Serialize for Context<'_> {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                let mut out = s.serialize_map(None)?;
                match self.0 {
                    $(CallError::$name $({ $($field),* })? => {
                        $($(out.serialize_entry(stringify!($field), $field)?;)*)?
                    })*
                }
                out.end()
            }
        }
    };
}

call_errors! {
    /// The account has too few free coins.
    NotEnoughBalance {
        have: Rao = "What is there.",
        need: Rao = "What is needed.",
    } = "{have:#} TAO are free, {need:#} are needed; name less or add coins";
    /// The receiver has no account, and the call does not say to open one.
    AccountNotOpen {
        to: PublicKey = "Who receives.",
        deposit: Rao = "What opening the account costs now.",
    } = "{to} has no account; opening one costs {deposit:#} TAO on top: look at the address, and say open if it is right";
    /// The state holds all that it is meant to hold.
    StateFull {
        held: u64 = "How many values it holds.",
        capacity: u64 = "How many it is meant to hold.",
    } = "the state holds {held} of {capacity} values, and no account can be opened; send to one that is open";
    /// The amount is nothing.
    AmountZero = "the amount is 0; name 0.000000001 TAO or more";
    /// The amount is below the least stake.
    AmountTooLow {
        amount: Rao = "The amount.",
        least: Rao = "The least.",
    } = "{amount:#} TAO are too little to stake; add at least {least:#}";
    /// The hotkey is not known.
    HotKeyAccountNotExists { hotkey: PublicKey = "Which." } = "{hotkey} is no hotkey of this chain; register it first";
    /// A pool this small takes its operator's stake only.
    PoolTooSmall {
        value: Rao = "What is in it.",
        least: Rao = "The least.",
    } = "the pool holds {value:#} TAO, below {least:#} only its operator may stake; stake behind another hotkey";
    /// The deposit would give no share.
    StakeTooSmallForShare { amount: Rao = "The amount." } = "{amount:#} TAO would give no share of the pool; add more";
    /// A pool can't hold more shares.
    PoolFull = "the pool can't hold more shares; stake behind another hotkey";
    /// There is less stake than that.
    NotEnoughStake {
        have: Rao = "What is there.",
        need: Rao = "What was asked for.",
    } = "{have:#} TAO are staked, {need:#} were asked for; ask for less, or for all";
    /// A part of the stake is asked for such that it, or what stays, is below the least.
    PartTooSmall {
        amount: Rao = "What was asked for.",
        left: Rao = "What would stay.",
        least: Rao = "The least of each.",
    } = "{amount:#} TAO would go and {left:#} stay, and each must be {least:#} or more; ask for less, for more, or for all";
    /// The stake that was asked for does not pay the fee.
    FeeAboveAmount {
        amount: Rao = "What was asked for.",
        fee: Rao = "The fee, and the deposit where the signer has no account.",
    } = "{amount:#} TAO were asked for, {fee:#} TAO of fee and deposit are taken from them; ask for more";
    /// There is no such subnet.
    SubnetNotExists { netuid: Netuid = "Which." } = "there is no subnet {netuid}; list the subnets and choose one";
    /// The root matrix has voters, not neurons.
    RegistrationNotPermittedOnRootSubnet = "subnet 0 is the root matrix, which has no neurons; register in another subnet";
    /// Burn registration is closed.
    RegistrationDisabled { netuid: Netuid = "Where." } = "subnet {netuid} takes no registration by burning now; try another subnet";
    /// The hotkey is a neuron there already.
    HotKeyAlreadyRegisteredInSubNet {
        netuid: Netuid = "Where.",
        uid: Uid = "As whom.",
    } = "the hotkey is uid {uid} of subnet {netuid} already; register another";
    /// The hotkey belongs to somebody else.
    NonAssociatedColdKey { owner: PublicKey = "Whose it is." } = "the hotkey belongs to {owner}; register one of your own";
    /// The consent is not the hotkey's.
    BadConsent = "the hotkey did not sign for this coldkey, subnet, height and chain; sign again";
    /// The consent is too old or from the future.
    StaleConsent {
        named: Height = "What it names.",
        height: Height = "Now.",
    } = "the consent names height {named}; at height {height} it must be among the last 100; sign again";
    /// Enough for one block.
    TooManyRegistrationsThisBlock { limit: u16 = "How many a block may hold." } = "{limit} registrations a block are allowed in this subnet; try the next block";
    /// The price is above what the signer would pay.
    PriceTooHigh {
        price: Rao = "The price.",
        offered: Rao = "The most that was offered.",
    } = "registering costs {price:#} TAO, {offered:#} were offered; offer more or wait";
    /// Nobody can be replaced.
    NoNeuronIdAvailable { netuid: Netuid = "Where." } = "subnet {netuid} is full and nobody in it can be replaced now; try later";
    /// Only voters write rows of the root matrix.
    NotAVoter { hotkey: PublicKey = "Who is none." } = "{hotkey} is no voter now, and voters alone score subnets; offer it with join_voters";
    /// A subnet that does not earn takes no score.
    SubnetNotStarted { netuid: Netuid = "Which." } = "there is no started subnet {netuid}; score started subnets only";
    /// A row of the root matrix scores too few subnets.
    TooFewSubnetsScored {
        got: usize = "How many it scores.",
        started: usize = "How many have started.",
    } = "{got} of {started} started subnets are scored; score at least half of them";
    /// Uids and values are not pairs.
    WeightVecNotEqualSize {
        uids: usize = "How many uids.",
        values: usize = "How many values.",
    } = "{uids} uids and {values} values; each uid needs one value";
    /// More uids than neurons.
    UidsLengthExceedUidsInSubNet {
        uids: usize = "How many uids.",
        neurons: u16 = "How many neurons.",
    } = "{uids} uids for {neurons} neurons; name each at most once";
    /// The signer is no neuron there.
    HotKeyNotRegisteredInSubNet {
        hotkey: PublicKey = "Who.",
        netuid: Netuid = "Where.",
    } = "{hotkey} is no neuron of subnet {netuid}; register it there first";
    /// Too little stake.
    NotEnoughStakeToSetWeights {
        have: Rao = "What is behind the hotkey.",
        need: Rao = "The threshold.",
    } = "{have:#} TAO are behind the hotkey, {need:#} are needed to set weights; add stake";
    /// The validator's code is too old for this subnet.
    IncorrectWeightVersionKey {
        got: Wide = "What the row has.",
        least: Wide = "The least.",
    } = "the row has version {got}, this subnet asks for {least} at least; update the validator";
    /// Too soon after the last row.
    SettingWeightsTooFast {
        blocks_left: u64 = "Blocks to wait.",
        limit: u64 = "Blocks between two rows.",
    } = "one row every {limit} blocks; try again in {blocks_left} blocks";
    /// No validator permit.
    NeuronNoValidatorPermit {
        uid: Uid = "Who.",
        netuid: Netuid = "Where.",
    } = "uid {uid} has no validator permit in subnet {netuid}; permits follow stake at each epoch";
    /// A uid twice, or not ascending.
    DuplicateUids { uid: Uid = "The first out of order." } = "the uids are not strictly ascending at {uid}; sort them and drop doubles";
    /// A uid that is not there.
    UidVecContainInvalidOne {
        uid: Uid = "Which.",
        neurons: u16 = "How many neurons.",
    } = "there is no uid {uid}; the subnet has {neurons} neurons; read the metagraph again";
    /// Too few entries.
    WeightVecLengthIsLow {
        got: usize = "How many.",
        least: u16 = "The least.",
    } = "{got} weights, this subnet asks for {least} at least; score more uids";
    /// The row looks at a block that is not there yet.
    RowFromTheFuture {
        view: Height = "What it looked at.",
        height: Height = "Now.",
    } = "the row looked at height {view}, the block is at {height}; name the last final height";
    /// The row looks too far back.
    RowTooOld {
        view: Height = "What it looked at.",
        oldest: Height = "The oldest that is taken.",
    } = "the row looked at height {view}; older than {oldest} is refused; look again";
    /// The row is not newer than the one it would replace.
    RowNotNewer {
        view: Height = "What it looked at.",
        last: Height = "What the stored one looked at.",
    } = "the row looked at height {view}, what it replaces at {last}; look again";
    /// A share's row must have looked at the share's target.
    RowNotOfTarget {
        view: Height = "What it looked at.",
        target: Height = "The height of the share's target.",
    } = "the row looked at height {view}, its share votes for height {target}; name that";
    /// Plain rows are refused here.
    CommitRevealEnabled { netuid: Netuid = "Where." } = "subnet {netuid} takes committed rows only; commit and reveal";
    /// Nothing is committed here.
    CommitRevealDisabled { netuid: Netuid = "Where." } = "subnet {netuid} takes plain rows only; set weights";
    /// One commitment an epoch.
    CommittedThisEpoch { epoch: u64 = "Which epoch." } = "a commitment of epoch {epoch} is there already; commit in the next epoch";
    /// There is nothing to reveal.
    NoWeightsCommitFound = "the hotkey has no commitment here; commit first, reveal in its epoch";
    /// What is revealed is not what was committed to.
    InvalidRevealCommitHashNotMatch = "no commitment has this hash; reveal the same uids, values, salt and version key";
    /// The commitment's epoch has not come.
    RevealTooEarly {
        epoch: u64 = "This epoch.",
        due: u64 = "The commitment's.",
        blocks_left: u64 = "Blocks until it.",
    } = "this is epoch {epoch}, the commitment may be revealed in epoch {due}, in {blocks_left} blocks; wait";
    /// The commitment's epoch is over.
    ExpiredWeightCommit {
        epoch: u64 = "This epoch.",
        due: u64 = "The commitment's.",
    } = "this is epoch {epoch}, the commitment could be revealed in epoch {due}; commit anew";
    /// A free call must name a later height than the one before.
    NotNewer {
        named: Height = "What it names.",
        last: Height = "What the last one named.",
    } = "the call names height {named}, the one before named {last}; name a later one";
    /// Nobody could reach this endpoint.
    EndpointNotRoutable { endpoint: Endpoint = "Which." } = "{endpoint} can't be reached over the internet; serve a public address";
    /// Too soon after the last endpoint.
    ServingRateLimitExceeded {
        blocks_left: u64 = "Blocks to wait.",
        limit: u64 = "Blocks between two endpoints.",
    } = "one endpoint every {limit} blocks; try again in {blocks_left} blocks";
    /// It asks already, or does not.
    PermitAlreadySo { seek: bool = "Whether it asks." } = "whether the neuron asks for a permit is {seek} already; nothing was changed";
    /// Too soon after the last request.
    PermitSoughtRecently { blocks_left: u64 = "Blocks to wait." } = "the neuron changed its mind recently; try again in {blocks_left} blocks";
    /// The stamp names no recent block.
    StaleStamp {
        named: Height = "What it names.",
        height: Height = "Now.",
        window: u64 = "How many blocks back it may name.",
    } = "the stamp names height {named}; at height {height} it must be one of the {window} blocks before; work on a newer one";
    /// The stamp is no work of the difficulty.
    StampTooEasy { need: Wide = "The difficulty." } = "the stamp does not meet difficulty {need}; search on";
    /// The stamp registered somebody before.
    StampUsed = "the stamp was used; make another";
    /// There is no such take.
    DelegateTakeTooHigh {
        take: u16 = "What was asked for.",
        most: u16 = "The highest.",
    } = "a take of {take} of 65535 is above {most}; name less";
    /// The take is that already.
    TakeAlreadySo { take: u16 = "What it is." } = "the take is {take} of 65535 already; nothing was changed";
    /// Too soon to raise the take.
    DelegateTxRateLimitExceeded { blocks_left: u64 = "Blocks to wait." } = "the take was changed recently; it may be raised in {blocks_left} blocks";
    /// One subnet a block.
    SubnetCreatedThisBlock = "a subnet was created in this block; try the next one";
    /// The lock is above what the signer would give.
    LockTooHigh {
        price: Rao = "What is locked.",
        offered: Rao = "The most that was offered.",
    } = "creating a subnet locks {price:#} TAO, {offered:#} were offered; offer more or wait";
    /// Every slot is taken, and nobody in one can be evicted.
    SubnetLimitReached { limit: u16 = "How many slots there are." } = "all {limit} subnet slots are taken and every subnet is immune; nothing was charged, try later";
    /// Only its owner does that.
    NotSubnetOwner {
        netuid: Netuid = "Which subnet.",
        owner: Option<PublicKey> = "Whose it is.",
    } = "subnet {netuid} is not the signer's; its owner alone may do that";
    /// It earns already.
    SubnetAlreadyStarted { netuid: Netuid = "Which." } = "subnet {netuid} has started already; nothing was changed";
    /// A text is too long.
    IdentityTooLong {
        field: &'static str = "Which.",
        got: usize = "Its bytes.",
        limit: usize = "The most.",
    } = "the {field} has {got} bytes, {limit} are allowed; shorten it";
    /// Only genesis says this number.
    NotOwnerSettable { parameter: Parameter = "Which." } = "{parameter} is fixed by genesis; an owner can't set it";
    /// The number is out of its bounds.
    HyperparameterOutOfBounds {
        parameter: Parameter = "Which.",
        value: Setting = "The number.",
        low: Setting = "The least.",
        high: Setting = "The most.",
    } = "{parameter} can't be {value}; it goes from {low} to {high}";
    /// The numbers would not fit together.
    HyperparametersUnsound { reason: Unsound = "What is wrong." } = "the hyperparameters would not fit together: {reason}; set the other one first";
    /// More neurons than that are there.
    MaxUidsBelowNeurons {
        max: u16 = "The number.",
        neurons: u16 = "How many there are.",
    } = "max_uids can't be {max}: the subnet has {neurons} neurons; name at least that";
    /// No changes shortly before an epoch.
    AdminActionProhibitedDuringWeightsWindow {
        next: Height = "When the epoch is due.",
        window: u64 = "How long before it nothing changes.",
    } = "the epoch at height {next} is less than {window} blocks away; set it after";
    /// Too soon after the last change of this one.
    HyperparameterSetRecently {
        parameter: Parameter = "Which.",
        blocks_left: u64 = "Blocks to wait.",
    } = "{parameter} was set in the last two tempos; try again in {blocks_left} blocks";
    /// Who votes must have scored.
    NoRowYet { netuid: Netuid = "Where." } = "the hotkey has no row in subnet {netuid}; set weights there first";
    /// Too soon after the last offer.
    JoinedRecently { blocks_left: u64 = "Blocks to wait." } = "the offer was renewed recently; renew it in {blocks_left} blocks";
    /// Enough offer to vote, and all have more stake.
    CandidatesFull { limit: u16 = "How many may." } = "{limit} hotkeys with no less stake offer to vote; add stake or try later";
    /// There is no offer to take back.
    NotACandidate { hotkey: PublicKey = "Whose." } = "{hotkey} does not offer to vote; nothing was changed";
    /// Two things that an honest voter may sign both of, or that two signed.
    NoOffence { why: EvidenceError = "Why." } = "the evidence shows no offence: {why}";
    /// Only who has voting power can misuse it.
    HadNoPower { hotkey: PublicKey = "Who." } = "{hotkey} is in no voter set, and was in none within the unbonding time";
    /// Too long ago.
    OffenceTooOld {
        round: Round = "The oldest round that counts.",
        slot: Slot = "The oldest slot that counts.",
    } = "the offence is older than the unbonding time; votes count from round {round} on, headers from slot {slot} on";
    /// Nobody honest has come so far.
    OffenceTooEarly {
        got: u64 = "Its round or slot.",
        slot: Slot = "The slot of the last block.",
    } = "the offence is of round or slot {got}, above the last block's slot {slot}; report it when the chain is there";
    /// Each is punished once.
    OffenceKnown { hotkey: PublicKey = "Whose." } = "{hotkey} was punished for this offence; report another one";
    /// It has lost all for later ones.
    OffencesFull {
        hotkey: PublicKey = "Whose.",
        limit: usize = "How many are remembered within the unbonding time.",
    } = "{limit} later offences of {hotkey} were punished within the unbonding time and cost all it had; report a later one";
    /// Enough for one block.
    ExitsFull { limit: u32 = "How many may be in one." } = "the block holds {limit} requests to take stake back; send it again";
    /// Its pool was cut to nothing.
    PoolClosed = "the stake behind the hotkey was cut to nothing for offences, and it takes no more; choose another hotkey";
    /// A call of the batch can't be in one.
    NotInABatch { index: usize = "Its place." } = "call {index} of the batch is free or a batch; send it alone";
    /// A call of the batch failed.
    BatchFailed {
        index: usize = "Its place, from 0.",
        error: Box<CallError> = "Why.",
    } = "call {index} of the batch failed and nothing was done: {error}";
    /// A number left its range; nothing was changed.
    OutOfRange = "a number left its range, which no valid state can come to; report this";
}

impl serde::Serialize for CallError {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = s.serialize_struct("CallError", 2)?;
        out.serialize_field("name", self.name())?;
        out.serialize_field("message", &self.to_string())?;
        out.end()
    }
}
