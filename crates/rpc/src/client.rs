//! A small client: one method call a request, connections kept open, errors by name.

use crate::error::Kind;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::header::CONTENT_TYPE;
use hyper::{Method as Verb, Request, Uri};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use serde::{Deserialize as _, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// The most bytes of an answer, unless the caller says less.
const ANSWER_BYTES: usize = 64 << 20;

/// How long a connection is kept for the next call; shorter than a server keeps it.
const IDLE: Duration = Duration::from_secs(10);

/// An error that the node gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Application {
    /// The JSON-RPC code.
    pub code: i64,
    /// One of twelve kinds.
    pub kind: String,
    /// Its stable name.
    pub name: String,
    /// A sentence with the numbers.
    pub message: String,
    /// What to do next; may be empty.
    pub help: String,
    /// The numbers.
    pub context: Value,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address is no URL.
    #[error("\"{url}\" is no URL of a node; write http://host:port, with a port from 1 to 65535")]
    Url {
        /// What was given.
        url: String,
    },
    /// Nobody listens: nothing was sent.
    #[error("can't reach the node at {url}: {reason}")]
    Connect {
        /// Where.
        url: String,
        /// Why not.
        reason: String,
    },
    /// The connection broke behind the request; whether the node did it is unknown.
    #[error("the connection to {url} broke before its answer came: {reason}")]
    Lost {
        /// Where.
        url: String,
        /// What broke it.
        reason: String,
    },
    /// No answer in time; whether the node did it is unknown.
    #[error("no answer from {url} within {seconds} s")]
    Timeout {
        /// Where.
        url: String,
        /// How long it was given.
        seconds: u64,
    },
    /// What came is no answer of ours.
    #[error("{url} does not answer as a node does: {reason}")]
    NotRpc {
        /// Where.
        url: String,
        /// What came.
        reason: String,
    },
    /// The node's server refused before any method was run, or gave up on it.
    #[error("{url} answered with HTTP status {status}: {text}")]
    Status {
        /// Where.
        url: String,
        /// The HTTP status: 408 when the request took too long, and whether it was carried
        /// out is unknown; 503 when the node has too much to do.
        status: u16,
        /// What stood beside it.
        text: String,
    },
    /// The node refused.
    #[error("{}: {}", .0.name, .0.message)]
    Application(Box<Application>),
}

impl ClientError {
    /// Whether the node surely did not do what it was asked: nothing reached it, or it said
    /// no. Otherwise it may have done it, and the answer was lost.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        match self {
            Self::Url { .. } | Self::Connect { .. } => true,
            // A fault of the node's own may have come after the deed.
            Self::Application(error) => error.kind != "internal",
            // The server's own refusals, before any method is run.
            Self::Status { status, .. } => matches!(status, 403 | 413 | 415),
            Self::Lost { .. } | Self::Timeout { .. } | Self::NotRpc { .. } => false,
        }
    }
}

/// A client of one node. Cheap to share; connections are pooled.
#[derive(Clone, Debug)]
pub struct Client {
    http: Http<HttpConnector, Full<Bytes>>,
    uri: Uri,
    url: String,
    timeout: Duration,
    answer_bytes: usize,
}

impl Client {
    /// A client for a URL. Nothing is connected yet.
    ///
    /// # Errors
    /// [`ClientError::Url`] when the URL is none.
    pub fn new(url: &str, timeout: Duration) -> Result<Self, ClientError> {
        let bad = || ClientError::Url { url: url.to_owned() };
        let uri: Uri = url.parse().map_err(|_| bad())?;
        let authority = uri.authority().ok_or_else(bad)?;
        // What stands for a port and is none must not end as the default one.
        let behind = authority.as_str().strip_prefix(authority.host()).unwrap_or("@");
        let port_is_good = behind.is_empty() || authority.port_u16().is_some_and(|port| port > 0);
        if uri.scheme_str() != Some("http") || !port_is_good {
            return Err(bad());
        }
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let http = Http::builder(TokioExecutor::new()).pool_idle_timeout(IDLE).build(connector);
        Ok(Self { http, uri, url: url.to_owned(), timeout, answer_bytes: ANSWER_BYTES })
    }

    /// The same client, which reads no answer of more bytes than this.
    #[must_use]
    pub fn answers(self, bytes: usize) -> Self {
        Self { answer_bytes: bytes, ..self }
    }

    /// The host in the URL: a name, or an address, one of IPv6 in brackets.
    #[must_use]
    pub fn host(&self) -> String {
        self.uri.host().unwrap_or_default().to_owned()
    }

    /// Calls a method.
    ///
    /// # Errors
    /// [`ClientError`]: no connection, no answer in time, or the node's own error.
    pub async fn call<P: Serialize, R: DeserializeOwned>(
        &self,
        method: &str,
        params: &P,
    ) -> Result<R, ClientError> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let post = self.post(request.to_string());
        let answer = tokio::time::timeout(self.timeout, post).await.map_err(|_| {
            ClientError::Timeout { url: self.url.clone(), seconds: self.timeout.as_secs() }
        })??;
        let answer: Value = serde_json::from_slice(&answer).map_err(|e| self.not_rpc(&e))?;
        let Value::Object(mut answer) = answer else {
            return Err(self.not_rpc(&"the answer is no JSON object"));
        };
        if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
            let error = application(error).map_err(|reason| self.not_rpc(&reason))?;
            return Err(ClientError::Application(Box::new(error)));
        }
        let Some(result) = answer.remove("result") else {
            return Err(self.not_rpc(&"the answer has neither a result nor an error"));
        };
        serde_json::from_value(result).map_err(|e| self.not_rpc(&e))
    }

    /// Reads what the node gives as text, such as `/metrics`.
    ///
    /// # Errors
    /// [`ClientError`]: no connection, no answer in time, or another status than success.
    pub async fn text(&self, path: &str) -> Result<String, ClientError> {
        let authority = self.uri.authority().map_or("", |a| a.as_str());
        let request = Request::get(format!("http://{authority}{path}")).body(Full::default());
        let answer = self.send(request.map_err(|e| self.not_rpc(&e))?);
        let answer = tokio::time::timeout(self.timeout, answer).await.map_err(|_| {
            ClientError::Timeout { url: self.url.clone(), seconds: self.timeout.as_secs() }
        })??;
        String::from_utf8(answer.into()).map_err(|e| self.not_rpc(&e))
    }

    async fn post(&self, body: String) -> Result<Bytes, ClientError> {
        let request = Request::builder()
            .method(Verb::POST)
            .uri(self.uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|e| self.not_rpc(&e))?;
        self.send(request).await
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Bytes, ClientError> {
        let response = self.http.request(request).await.map_err(|e| {
            let (url, reason) = (self.url.clone(), root(&e));
            if e.is_connect() {
                ClientError::Connect { url, reason }
            } else {
                ClientError::Lost { url, reason }
            }
        })?;
        let status = response.status();
        let body = Limited::new(response.into_body(), self.answer_bytes).collect().await;
        let body = body.map_err(|e| match e.downcast_ref::<LengthLimitError>() {
            Some(too_long) => self.not_rpc(too_long),
            None => ClientError::Lost { url: self.url.clone(), reason: root(&*e) },
        })?;
        let body = body.to_bytes();
        if status.is_success() {
            return Ok(body);
        }
        let text = String::from_utf8_lossy(&body).trim().to_owned();
        Err(ClientError::Status { url: self.url.clone(), status: status.as_u16(), text })
    }

    fn not_rpc(&self, reason: &impl ToString) -> ClientError {
        ClientError::NotRpc { url: self.url.clone(), reason: reason.to_string() }
    }
}

/// The first cause of an error.
fn root(error: &dyn std::error::Error) -> String {
    let mut at = error;
    while let Some(cause) = at.source() {
        at = cause;
    }
    at.to_string()
}

/// An error as JSON-RPC has it, with what a node of ours puts beside it. Code and message
/// must be there; `data` may be absent, and then it is another program's word; where it is
/// there it has a name and a kind, and help and context or neither. What is of another type
/// is no error that anything could be concluded from.
fn application(error: &Value) -> Result<Application, String> {
    let odd = |name: &str| format!("its error has no \"{name}\" as it should be");
    let text = |value: &Value, name: &str| match value {
        Value::String(text) => Ok(text.clone()),
        _ => Err(odd(name)),
    };
    let (code, message) = (error["code"].as_i64(), text(&error["message"], "message")?);
    let code = code.ok_or_else(|| odd("code"))?;
    let (kind, name, help, context) = match &error["data"] {
        Value::Object(data) => {
            let at = |name: &str| data.get(name).unwrap_or(&Value::Null);
            let kind: Kind = Kind::deserialize(at("kind")).map_err(|_| odd("kind"))?;
            let help = match at("help") {
                Value::Null => String::new(),
                help => text(help, "help")?,
            };
            let context = match at("context") {
                context @ (Value::Null | Value::Object(_)) => context.clone(),
                _ => return Err(odd("context")),
            };
            (kind, text(at("name"), "name")?, help, context)
        }
        Value::Null => (Kind::Internal, "RpcError".to_owned(), String::new(), Value::Null),
        _ => return Err(odd("data")),
    };
    Ok(Application { code, kind: kind.name().to_owned(), name, message, help, context })
}
