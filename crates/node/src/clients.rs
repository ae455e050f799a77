//! Clients that wait for the engine's answer, and how it is told to them.

use crate::event::Reply;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use weft_engine::io::{ClientId, Told};
use weft_reads::submit;
use weft_rpc::{Kind, RpcError};

/// Who waits. Each client of the server waits for one answer, and the server has a bound.
#[derive(Default)]
pub(crate) struct Clients {
    next: ClientId,
    waiting: BTreeMap<ClientId, Reply>,
}

impl Clients {
    /// A number for a client that waits.
    pub(crate) fn take(&mut self, reply: Reply) -> ClientId {
        self.next += 1;
        self.waiting.insert(self.next, reply);
        self.next
    }

    fn send(&mut self, client: ClientId, answer: Result<Value, RpcError>) {
        if let Some(reply) = self.waiting.remove(&client) {
            // A client that went away does not want its answer.
            drop(reply.send(answer));
        }
    }

    /// Tells a client that nothing was taken.
    pub(crate) fn refuse(&mut self, client: ClientId, why: RpcError) {
        self.send(client, Err(why));
    }

    /// Tells a client what the engine says.
    pub(crate) fn tell(&mut self, client: ClientId, told: Told) {
        let answer = match told {
            Told::Submitted(results) => submit::answer(results),
            Told::Row { netuid, rows } => {
                Ok(json!({ "queued": true, "netuid": netuid, "rows": rows }))
            }
            Told::RowRefused(why) => Err(submit::refused(&why)),
            Told::Unread(why) => Err(submit::unread(&why)),
            Told::NoVoter => {
                let text = "this node does not vote; send the row as a set_weights transaction";
                Err(RpcError::new(Kind::NotAuthorized, "NotAVoter", text))
            }
        };
        self.send(client, answer);
    }
}
