//! What travels between nodes: gossip payloads are canonical values as they are;
//! direct requests and answers are the two types here.
//!
//! Peers are told apart from nobody by what they send: an encoding that is not
//! canonical is the sender's fault (R20).

use bincode::{Decode, Encode};
use weft_types::codec::{Canonical, CodecError};
use weft_types::{Block, BlockHash, Height};
