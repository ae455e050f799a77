//! From a body to an answer: JSON-RPC 2.0, section by section.

use crate::backend::{Backend, Written};
use crate::error::{Kind, RpcError};
use crate::method::Method;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

/// The most calls of a batch.
const BATCH: usize = 100;

/// Who is asked and by whom, and how long the client should wait by what it was answered.
pub(crate) struct Asked<'a, B> {
    backend: &'a B,
    from: IpAddr,
    retry_after_s: AtomicU64,
}

impl<'a, B> Asked<'a, B> {
    pub(crate) const fn of(backend: &'a B, from: IpAddr) -> Self {
        Self { backend, from, retry_after_s: AtomicU64::new(0) }
    }

    /// The longest wait that a call of the body was told.
    pub(crate) fn retry_after_s(&self) -> Option<u64> {
        Some(self.retry_after_s.load(Ordering::Relaxed)).filter(|seconds| *seconds > 0)
    }

    fn refused(&self, error: &RpcError) -> Value {
        self.retry_after_s.fetch_max(error.retry_after_s().unwrap_or(0), Ordering::Relaxed);
        error.to_json()
    }
}

/// A call as it came. Its id is kept as it was written, so that it goes back byte for byte:
/// read as a number, `1.0` or a number beyond what a float holds would come back changed.
#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow, default, deserialize_with = "as_written")]
    id: Option<&'a RawValue>,
    #[serde(default)]
    jsonrpc: Value,
    #[serde(default)]
    method: Value,
    #[serde(default)]
    params: Value,
}

/// What was given, `null` included.
fn as_written<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(from).map(Some)
}

/// The id of an answer to what has none that can be read.
const NO_ID: &str = "null";

/// Answers a body within so many bytes; nothing when it held notifications only.
pub(crate) async fn answer<B: Backend>(
    asked: &Asked<'_, B>,
    body: &[u8],
    bytes: usize,
) -> Option<String> {
    let unread = || Some(error(NO_ID, &json!({ "code": -32_700, "message": "Parse error" })));
    let Ok(text) = std::str::from_utf8(body) else { return unread() };
    let text = text.trim_start_matches('\u{feff}').trim();
    if !text.starts_with('[') {
        // What is no JSON is told from JSON that is no call.
        let Ok(call) = serde_json::from_str::<&RawValue>(text) else { return unread() };
        return one(asked, call.get()).await.map(|answer| answer.within(bytes, bytes));
    }
    let Ok(calls) = serde_json::from_str::<Vec<&RawValue>>(text) else { return unread() };
    match calls.len() {
        0 => Some(invalid()),
        many if many > BATCH => {
            let text = format!("a batch of {many} calls; {BATCH} are allowed");
            Some(error(NO_ID, &json!({ "code": -32_600, "message": text })))
        }
        _ => batch(asked, &calls, bytes).await,
    }
}

/// Answers calls one by one; those that there is no room left for are not run.
async fn batch<B: Backend>(
    asked: &Asked<'_, B>,
    calls: &[&RawValue],
    bytes: usize,
) -> Option<String> {
    let mut answers = String::new();
    for call in calls {
        let left = bytes.saturating_sub(answers.len());
        let answer = if left == 0 {
            match serde_json::from_str::<Call<'_>>(call.get()) {
                Ok(call) => call.id.map(|id| too_large(id.get(), bytes)),
                Err(_) => Some(invalid()),
            }
        } else {
            one(asked, call.get()).await.map(|answer| answer.within(left, bytes))
        };
        if let Some(answer) = answer {
            answers.push(if answers.is_empty() { '[' } else { ',' });
            answers.push_str(&answer);
        }
    }
    (!answers.is_empty()).then(|| answers + "]")
}

/// An answer and the id it is for, as it was written.
struct Answer<'a> {
    id: &'a str,
    text: String,
}

impl Answer<'_> {
    /// The answer's text when there is room for it, else an error that says how much there is.
    fn within(self, left: usize, bytes: usize) -> String {
        if self.text.len() <= left { self.text } else { too_large(self.id, bytes) }
    }
}

fn too_large(id: &str, bytes: usize) -> String {
    let text = format!("the answer would be over {bytes} bytes, all calls of a batch together");
    let refused = RpcError::new(Kind::LimitExceeded, "AnswerTooLarge", text)
        .help("ask for less at once")
        .context(json!({ "limit_bytes": bytes }));
    error(id, &refused.to_json())
}

fn error(id: &str, error: &Value) -> String {
    format!(r#"{{"jsonrpc":"2.0","error":{error},"id":{id}}}"#)
}

fn invalid() -> String {
    error(NO_ID, &json!({ "code": -32_600, "message": "Invalid Request" }))
}

/// Whether an id is a text, a number or null, as the specification has it.
fn is_id(written: &str) -> bool {
    written == NO_ID || written.starts_with(|c: char| c == '"' || c == '-' || c.is_ascii_digit())
}

async fn one<'a, B: Backend>(asked: &Asked<'_, B>, written: &'a str) -> Option<Answer<'a>> {
    let odd = Some(Answer { id: NO_ID, text: invalid() });
    let call = match serde_json::from_str::<Call<'a>>(written) {
        Ok(call) if written.starts_with('{') => call,
        _ => return odd,
    };
    let id = call.id.map(RawValue::get);
    let params_are_good = matches!(call.params, Value::Null | Value::Array(_) | Value::Object(_));
    let (Some("2.0"), Some(name)) = (call.jsonrpc.as_str(), call.method.as_str()) else {
        return odd;
    };
    if !params_are_good || !id.is_none_or(is_id) {
        return odd;
    }
    let result = match Method::parse(name) {
        None => Err(unknown(name)),
        Some(method) => run(asked, method, call.params).await.map_err(|e| asked.refused(&e)),
    };
    let id = id?;
    let text = match result {
        Ok(result) => {
            let result = result.as_str();
            format!(r#"{{"jsonrpc":"2.0","result":{result},"id":{id}}}"#)
        }
        Err(e) => error(id, &e),
    };
    Some(Answer { id, text })
}

fn unknown(name: &str) -> Value {
    let help = format!("did you mean {}? rpc.discover lists all", Method::nearest(name));
    json!({ "code": -32_601, "message": "Method not found", "data": {
        "name": "MethodNotFound", "kind": "not_found", "help": help, "context": { "method": name },
    } })
}

async fn run<B: Backend>(
    asked: &Asked<'_, B>,
    method: Method,
    params: Value,
) -> Result<Written, RpcError> {
    let params = method.named(params)?;
    match method {
        Method::Discover => Ok(Method::discover().into()),
        _ => asked.backend.call(asked.from, method, params).await,
    }
}
