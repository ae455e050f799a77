//! Why a call failed, and why a block is invalid.

use weft_types::{Height, Netuid, Nonce, PublicKey, Rao, TxId, Uid};

macro_rules! call_errors {
    ($($(#[$doc:meta])* $name:ident $({ $($(#[$fdoc:meta])* $field:ident: $type:ty),* $(,)? })? = $text:literal;)*) => {
        /// Why a call failed. The name is stable: receipts, RPC and commands use it.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        pub enum CallError {
            $($(#[$doc])* #[error($text)] $name $({ $($(#[$fdoc])* $field: $type),* })?,)*
        }

        impl CallError {
            /// The stable name.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name $({ $($field: _),* })? => stringify!($name),)* }
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
    /// Rows of the root matrix are not open yet.
    RootRowsNotOpen = "the root matrix takes no rows yet; score the uids of a subnet";
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
