//! Why a call failed, and why a block is invalid.

use weft_types::hyperparameters::Unsound;
use weft_types::{Endpoint, Height, Netuid, Nonce, Parameter, PublicKey, Rao, TxId, Uid};

/// A row of the table of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ErrorInfo {
    /// Its stable name.
    pub name: &'static str,
    /// When a call fails so.
    pub doc: &'static str,
    /// What is said, with its fields in braces.
    pub text: &'static str,
    /// Its fields: name and meaning.
    pub fields: &'static [(&'static str, &'static str)],
}

/// The fields of an error.
pub struct Context<'a>(&'a CallError);

macro_rules! call_errors {
    ($(#[doc = $doc:literal] $name:ident $({ $(#[doc = $fdoc:literal] $field:ident: $type:ty),* $(,)? })? = $text:literal;)*) => {
        /// Why a call failed. The name is stable: receipts, RPC and commands use it.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        pub enum CallError {
            $(#[doc = $doc] #[error($text)] $name $({ $(#[doc = $fdoc] $field: $type),* })?,)*
        }

        impl CallError {
            /// The table.
            pub const TABLE: &'static [ErrorInfo] = &[$(ErrorInfo {
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
        /// What is there.
        have: Rao,
        /// What is needed.
        need: Rao,
    } = "{have} rao are free, {need} are needed; name less or add coins";
    /// The amount would open an account with less than it must have.
    BelowExistentialDeposit {
        /// The amount.
        amount: Rao,
        /// The least.
        least: Rao,
    } = "{amount} rao don't open an account, {least} do; send more";
    /// The amount is nothing.
    AmountZero = "the amount is 0 rao; name at least 1";
    /// The amount is below the least stake.
    AmountTooLow {
        /// The amount.
        amount: Rao,
        /// The least.
        least: Rao,
    } = "{amount} rao are too little to stake; add at least {least}";
    /// The hotkey is not known.
    HotKeyAccountNotExists {
        /// Which.
        hotkey: PublicKey,
    } = "{hotkey} is no hotkey of this chain; register it first";
    /// A pool this small takes its operator's stake only.
    PoolTooSmall {
        /// What is in it.
        value: Rao,
        /// The least.
        least: Rao,
    } = "the pool holds {value} rao, below {least} only its operator may stake; stake behind another hotkey";
    /// The deposit would give no share.
    StakeTooSmallForShare {
        /// The amount.
        amount: Rao,
    } = "{amount} rao would give no share of the pool; add more";
    /// A pool can't hold more shares.
    PoolFull = "the pool can't hold more shares; stake behind another hotkey";
    /// There is less stake than that.
    NotEnoughStake {
        /// What is there.
        have: Rao,
        /// What was asked for.
        need: Rao,
    } = "{have} rao are staked, {need} were asked for; the fee was taken from them, ask for less";
    /// The stake that was asked for does not pay the fee.
    FeeAboveAmount {
        /// What was asked for.
        amount: Rao,
        /// The fee.
        fee: Rao,
    } = "{amount} rao were asked for, the fee of {fee} rao is taken from them; ask for more";
    /// There is no such subnet.
    SubnetNotExists {
        /// Which.
        netuid: Netuid,
    } = "there is no subnet {netuid}; list the subnets and choose one";
    /// The root matrix has voters, not neurons.
    RegistrationNotPermittedOnRootSubnet = "subnet 0 is the root matrix, which has no neurons; register in another subnet";
    /// Burn registration is closed.
    RegistrationDisabled {
        /// Where.
        netuid: Netuid,
    } = "subnet {netuid} takes no registration by burning now; try another subnet";
    /// The hotkey is a neuron there already.
    HotKeyAlreadyRegisteredInSubNet {
        /// Where.
        netuid: Netuid,
        /// As whom.
        uid: Uid,
    } = "the hotkey is uid {uid} of subnet {netuid} already; register another";
    /// The hotkey belongs to somebody else.
    NonAssociatedColdKey {
        /// Whose it is.
        owner: PublicKey,
    } = "the hotkey belongs to {owner}; register one of your own";
    /// The consent is not the hotkey's.
    BadConsent = "the hotkey did not sign for this coldkey, subnet, height and chain; sign again";
    /// The consent is too old or from the future.
    StaleConsent {
        /// What it names.
        named: Height,
        /// Now.
        height: Height,
    } = "the consent names height {named}; at height {height} it must be among the last 100; sign again";
    /// Enough for one block.
    TooManyRegistrationsThisBlock {
        /// How many a block may hold.
        limit: u16,
    } = "{limit} registrations a block are allowed in this subnet; try the next block";
    /// The price is above what the signer would pay.
    PriceTooHigh {
        /// The price.
        price: Rao,
        /// The most that was offered.
        offered: Rao,
    } = "registering costs {price} rao, {offered} were offered; offer more or wait";
    /// Nobody can be replaced.
    NoNeuronIdAvailable {
        /// Where.
        netuid: Netuid,
    } = "subnet {netuid} is full and nobody in it can be replaced now; try later";
    /// Only voters write rows of the root matrix.
    NotAVoter {
        /// Who is none.
        hotkey: PublicKey,
    } = "{hotkey} is no voter now, and voters alone score subnets; offer it with join_voters";
    /// A subnet that does not earn takes no score.
    SubnetNotStarted {
        /// Which.
        netuid: Netuid,
    } = "there is no started subnet {netuid}; score started subnets only";
    /// A row of the root matrix scores too few subnets.
    TooFewSubnetsScored {
        /// How many it scores.
        got: usize,
        /// How many have started.
        started: usize,
    } = "{got} of {started} started subnets are scored; score at least half of them";
    /// Uids and values are not pairs.
    WeightVecNotEqualSize {
        /// How many uids.
        uids: usize,
        /// How many values.
        values: usize,
    } = "{uids} uids and {values} values; each uid needs one value";
    /// More uids than neurons.
    UidsLengthExceedUidsInSubNet {
        /// How many uids.
        uids: usize,
        /// How many neurons.
        neurons: u16,
    } = "{uids} uids for {neurons} neurons; name each at most once";
    /// The signer is no neuron there.
    HotKeyNotRegisteredInSubNet {
        /// Who.
        hotkey: PublicKey,
        /// Where.
        netuid: Netuid,
    } = "{hotkey} is no neuron of subnet {netuid}; register it there first";
    /// Too little stake.
    NotEnoughStakeToSetWeights {
        /// What is behind the hotkey.
        have: Rao,
        /// The threshold.
        need: Rao,
    } = "{have} rao are behind the hotkey, {need} are needed to set weights; add stake";
    /// The validator's code is too old for this subnet.
    IncorrectWeightVersionKey {
        /// What the row has.
        got: u64,
        /// The least.
        least: u64,
    } = "the row has version {got}, this subnet asks for {least} at least; update the validator";
    /// Too soon after the last row.
    SettingWeightsTooFast {
        /// Blocks to wait.
        blocks_left: u64,
        /// Blocks between two rows.
        limit: u64,
    } = "one row every {limit} blocks; try again in {blocks_left} blocks";
    /// No validator permit.
    NeuronNoValidatorPermit {
        /// Who.
        uid: Uid,
        /// Where.
        netuid: Netuid,
    } = "uid {uid} has no validator permit in subnet {netuid}; permits follow stake at each epoch";
    /// A uid twice, or not ascending.
    DuplicateUids {
        /// The first out of order.
        uid: Uid,
    } = "the uids are not strictly ascending at {uid}; sort them and drop doubles";
    /// A uid that is not there.
    UidVecContainInvalidOne {
        /// Which.
        uid: Uid,
        /// How many neurons.
        neurons: u16,
    } = "there is no uid {uid}; the subnet has {neurons} neurons; read the metagraph again";
    /// Too few entries.
    WeightVecLengthIsLow {
        /// How many.
        got: usize,
        /// The least.
        least: u16,
    } = "{got} weights, this subnet asks for {least} at least; score more uids";
    /// The row looks at a block that is not there yet.
    RowFromTheFuture {
        /// What it looked at.
        view: Height,
        /// Now.
        height: Height,
    } = "the row looked at height {view}, the block is at {height}; name the last final height";
    /// The row looks too far back.
    RowTooOld {
        /// What it looked at.
        view: Height,
        /// The oldest that is taken.
        oldest: Height,
    } = "the row looked at height {view}; older than {oldest} is refused; look again";
    /// The row is not newer than the one it would replace.
    RowNotNewer {
        /// What it looked at.
        view: Height,
        /// What the stored one looked at.
        last: Height,
    } = "the row looked at height {view}, what it replaces at {last}; look again";
    /// A share's row must have looked at the share's target.
    RowNotOfTarget {
        /// What it looked at.
        view: Height,
        /// The height of the share's target.
        target: Height,
    } = "the row looked at height {view}, its share votes for height {target}; name that";
    /// Plain rows are refused here.
    CommitRevealEnabled {
        /// Where.
        netuid: Netuid,
    } = "subnet {netuid} takes committed rows only; commit and reveal";
    /// Nothing is committed here.
    CommitRevealDisabled {
        /// Where.
        netuid: Netuid,
    } = "subnet {netuid} takes plain rows only; set weights";
    /// One commitment an epoch.
    CommittedThisEpoch {
        /// Which epoch.
        epoch: u64,
    } = "a commitment of epoch {epoch} is there already; commit in the next epoch";
    /// There is nothing to reveal.
    NoWeightsCommitFound = "the hotkey has no commitment here; commit first, reveal in its epoch";
    /// What is revealed is not what was committed to.
    InvalidRevealCommitHashNotMatch = "no commitment has this hash; reveal the same uids, values, salt and version key";
    /// The commitment's epoch has not come.
    RevealTooEarly {
        /// This epoch.
        epoch: u64,
        /// The commitment's.
        due: u64,
    } = "this is epoch {epoch}, the commitment may be revealed in epoch {due}; wait";
    /// The commitment's epoch is over.
    ExpiredWeightCommit {
        /// This epoch.
        epoch: u64,
        /// The commitment's.
        due: u64,
    } = "this is epoch {epoch}, the commitment could be revealed in epoch {due}; commit anew";
    /// A free call must name a later height than the one before.
    NotNewer {
        /// What it names.
        named: Height,
        /// What the last one named.
        last: Height,
    } = "the call names height {named}, the one before named {last}; name a later one";
    /// Nobody could reach this endpoint.
    EndpointNotRoutable {
        /// Which.
        endpoint: Endpoint,
    } = "{endpoint} can't be reached over the internet; serve a public address";
    /// Too soon after the last endpoint.
    ServingRateLimitExceeded {
        /// Blocks to wait.
        blocks_left: u64,
        /// Blocks between two endpoints.
        limit: u64,
    } = "one endpoint every {limit} blocks; try again in {blocks_left} blocks";
    /// It asks already, or does not.
    PermitAlreadySo {
        /// Whether it asks.
        seek: bool,
    } = "whether the neuron asks for a permit is {seek} already; nothing was changed";
    /// Too soon after the last request.
    PermitSoughtRecently {
        /// Blocks to wait.
        blocks_left: u64,
    } = "the neuron changed its mind recently; try again in {blocks_left} blocks";
    /// The stamp names no recent block.
    StaleStamp {
        /// What it names.
        named: Height,
        /// Now.
        height: Height,
        /// How many blocks back it may name.
        window: u64,
    } = "the stamp names height {named}; at height {height} it must be one of the {window} blocks before; work on a newer one";
    /// The stamp is no work of the difficulty.
    StampTooEasy {
        /// The difficulty.
        need: u64,
    } = "the stamp does not meet difficulty {need}; search on";
    /// The stamp registered somebody before.
    StampUsed = "the stamp was used; make another";
    /// There is no such take.
    DelegateTakeTooHigh {
        /// What was asked for.
        take: u16,
        /// The highest.
        most: u16,
    } = "a take of {take} of 65535 is above {most}; name less";
    /// The take is that already.
    TakeAlreadySo {
        /// What it is.
        take: u16,
    } = "the take is {take} of 65535 already; nothing was changed";
    /// Too soon to raise the take.
    DelegateTxRateLimitExceeded {
        /// Blocks to wait.
        blocks_left: u64,
    } = "the take was changed recently; it may be raised in {blocks_left} blocks";
    /// One subnet a block.
    SubnetCreatedThisBlock = "a subnet was created in this block; try the next one";
    /// The lock is above what the signer would give.
    LockTooHigh {
        /// What is locked.
        price: Rao,
        /// The most that was offered.
        offered: Rao,
    } = "creating a subnet locks {price} rao, {offered} were offered; offer more or wait";
    /// Every slot is taken, and nobody in one can be evicted.
    SubnetLimitReached {
        /// How many slots there are.
        limit: u16,
    } = "all {limit} subnet slots are taken and every subnet is immune; nothing was charged, try later";
    /// Only its owner does that.
    NotSubnetOwner {
        /// Which subnet.
        netuid: Netuid,
        /// Whose it is.
        owner: Option<PublicKey>,
    } = "subnet {netuid} is not the signer's; its owner alone may do that";
    /// It earns already.
    SubnetAlreadyStarted {
        /// Which.
        netuid: Netuid,
    } = "subnet {netuid} has started already; nothing was changed";
    /// A text is too long.
    IdentityTooLong {
        /// Which.
        field: &'static str,
        /// Its bytes.
        got: usize,
        /// The most.
        limit: usize,
    } = "the {field} has {got} bytes, {limit} are allowed; shorten it";
    /// Only genesis says this number.
    NotOwnerSettable {
        /// Which.
        parameter: Parameter,
    } = "{parameter} is fixed by genesis; an owner can't set it";
    /// The number is out of its bounds.
    HyperparameterOutOfBounds {
        /// Which.
        parameter: Parameter,
        /// The number.
        value: u64,
        /// The least.
        low: u64,
        /// The most.
        high: u64,
    } = "{parameter} can't be {value}; it goes from {low} to {high}";
    /// The numbers would not fit together.
    HyperparametersUnsound {
        /// What is wrong.
        reason: Unsound,
    } = "the hyperparameters would not fit together: {reason}; set the other one first";
    /// More neurons than that are there.
    MaxUidsBelowNeurons {
        /// The number.
        max: u16,
        /// How many there are.
        neurons: u16,
    } = "max_uids can't be {max}: the subnet has {neurons} neurons; name at least that";
    /// No changes shortly before an epoch.
    AdminActionProhibitedDuringWeightsWindow {
        /// When the epoch is due.
        next: Height,
        /// How long before it nothing changes.
        window: u64,
    } = "the epoch at height {next} is less than {window} blocks away; set it after";
    /// Too soon after the last change of this one.
    HyperparameterSetRecently {
        /// Which.
        parameter: Parameter,
        /// Blocks to wait.
        blocks_left: u64,
    } = "{parameter} was set in the last two tempos; try again in {blocks_left} blocks";
    /// Who votes must have scored.
    NoRowYet {
        /// Where.
        netuid: Netuid,
    } = "the hotkey has no row in subnet {netuid}; set weights there first";
    /// Too soon after the last offer.
    JoinedRecently {
        /// Blocks to wait.
        blocks_left: u64,
    } = "the offer was renewed recently; renew it in {blocks_left} blocks";
    /// Enough offer to vote, and all have more stake.
    CandidatesFull {
        /// How many may.
        limit: u16,
    } = "{limit} hotkeys with no less stake offer to vote; add stake or try later";
    /// There is no offer to take back.
    NotACandidate {
        /// Whose.
        hotkey: PublicKey,
    } = "{hotkey} does not offer to vote; nothing was changed";
    /// A call of the batch can't be in one.
    NotInABatch {
        /// Its place.
        index: usize,
    } = "call {index} of the batch is free or a batch; send it alone";
    /// A call of the batch failed.
    BatchFailed {
        /// Its place, from 0.
        index: usize,
        /// Why.
        error: Box<CallError>,
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

/// Why a block is invalid by the rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The parent's state is not whole.
    #[error("the parent's state has no record of {0}; this is a fault of the program")]
    StateIncomplete(&'static str),
    /// It is no child of the state it runs on.
    #[error("the block has height {got}, a child of this state has {want}")]
    WrongHeight {
        /// The header's.
        got: Height,
        /// One above the state's.
        want: Height,
    },
    /// A nonce with a gap or used before.
    #[error("transaction {id} has nonce {got}, the account's next is {want}")]
    WrongNonce {
        /// Which transaction.
        id: TxId,
        /// Its nonce.
        got: Nonce,
        /// The next one.
        want: Nonce,
    },
    /// The signer can't pay the fee.
    #[error("transaction {id} pays {need} rao of fee, its signer has {have}")]
    CannotPay {
        /// Which transaction.
        id: TxId,
        /// What the signer has.
        have: Rao,
        /// The fee.
        need: Rao,
    },
    /// Too late.
    #[error("transaction {id} was valid until height {until}, the block is at {height}")]
    Expired {
        /// Which transaction.
        id: TxId,
        /// Its last height.
        until: Height,
        /// The block's.
        height: Height,
    },
    /// A free call that fails.
    #[error("free transaction {id} fails: {error}")]
    FreeCallFails {
        /// Which transaction.
        id: TxId,
        /// Why.
        error: CallError,
    },
    /// A total left its range: nothing a valid state can come to.
    #[error("a total left its range; this is a fault of the program")]
    Overflow,
}
