//! The table of answers: by which function a method that reads is answered, and which answers are
//! kept for those that ask next.
//!
//! Not here: the answers, which stand in the files below and know nothing of this table.

use crate::look::{Answer, Look};
use crate::reference::reference;
use crate::shared::Question;
use serde_json::json;
use weft_ledger::query;
use weft_rpc::{Kind, Method, RpcError};
use weft_types::Uid;

/// What a method answers to a question.
pub(crate) fn answer(look: &Look<'_>, method: Method) -> Answer {
    match method {
        Method::ChainStatus => Ok(look.status()),
        Method::ChainGetGenesis => Ok(look.genesis()),
        Method::ChainVersion => look.version(),
        Method::ChainGetSupply => look.supply(),
        Method::AccountGet => look.account(),
        Method::AccountProof => look.proof(),
        Method::StakeGet => look.stake(),
        Method::StakeLeaving => look.leaving(),
        Method::TxGet => look.get_tx(),
        Method::SubnetList => look.read(|at| Ok(json!({ "subnets": query::subnets(&at.view) }))),
        Method::SubnetMetagraph => look.metagraph(),
        Method::SubnetWeights => look.weights(),
        Method::SubnetHyperparameters => look.hyperparameters(),
        Method::SubnetCost => look.subnet_cost(),
        Method::SubnetNextEviction => look.next_eviction(),
        Method::SubnetRegistrationCost => look.registration_cost(),
        Method::SubnetCommitments => look.commitments(),
        Method::RootGet => look.root_matrix(),
        Method::VoterSet => look.voter_set(),
        Method::VoterOffences => look.offences(),
        Method::VoterCandidates => look.candidates(),
        Method::ChainReference => Ok(reference()),
        Method::NetPeers => Ok(look.peer_list()),
        Method::VoterStatus => Ok(look.voter_status()),
        Method::ChainGenesis
        | Method::ChainGetBlock
        | Method::TxSubmit
        | Method::TxSubmitMany
        | Method::TxTry
        | Method::VoterQueueRow
        | Method::Discover => {
            Err(RpcError::new(Kind::Internal, "WrongDoor", "not a question to the engine"))
        }
    }
}

/// The question as one whose answer is kept, if it is: those about a whole market or all of them, whose
/// answers are large, and which everybody asks. They say nothing that is not of the state.
pub(crate) fn question(look: &Look<'_>, method: Method) -> Result<Option<Question>, RpcError> {
    let netuid = match method {
        Method::SubnetWeights if look.parse::<Option<Uid>>("uid")?.is_some() => return Ok(None),
        Method::SubnetMetagraph | Method::SubnetWeights => Some(look.parse("netuid")?),
        Method::SubnetList | Method::RootGet => None,
        Method::ChainStatus
        | Method::ChainGetGenesis
        | Method::ChainVersion
        | Method::ChainGetSupply
        | Method::AccountGet
        | Method::AccountProof
        | Method::StakeGet
        | Method::StakeLeaving
        | Method::TxGet
        | Method::SubnetHyperparameters
        | Method::SubnetCost
        | Method::SubnetNextEviction
        | Method::SubnetRegistrationCost
        | Method::SubnetCommitments
        | Method::VoterSet
        | Method::VoterOffences
        | Method::VoterCandidates
        | Method::ChainReference
        | Method::NetPeers
        | Method::VoterStatus
        | Method::ChainGenesis
        | Method::ChainGetBlock
        | Method::TxSubmit
        | Method::TxSubmitMany
        | Method::TxTry
        | Method::VoterQueueRow
        | Method::Discover => return Ok(None),
    };
    Ok(Some(Question { state: look.meant()?, method, netuid }))
}
