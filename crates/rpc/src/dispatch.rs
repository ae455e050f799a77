//! From a body to an answer: JSON-RPC 2.0, section by section.

use crate::error::{Kind, RpcError};
use crate::method::Method;
use crate::server::Backend;
use serde_json::{Value, json};

/// The most calls of a batch.
const BATCH: usize = 100;

/// Answers a body within so many bytes; nothing when it held notifications only.
pub(crate) async fn answer<B: Backend>(backend: &B, body: &[u8], bytes: usize) -> Option<String> {
    let Ok(request) = serde_json::from_slice::<Value>(body) else {
        return Some(error(&Value::Null, -32_700, "Parse error").to_string());
    };
    match request {
        Value::Array(calls) if calls.is_empty() => Some(invalid().to_string()),
        Value::Array(calls) if calls.len() > BATCH => {
            let text = format!("a batch of {} calls; {BATCH} are allowed", calls.len());
            Some(error(&Value::Null, -32_600, &text).to_string())
        }
        Value::Array(calls) => batch(backend, calls, bytes).await,
        call => one(backend, call).await.map(|answer| within(&answer, bytes, bytes)),
    }
}

/// Answers calls one by one; those that there is no room left for are not run.
async fn batch<B: Backend>(backend: &B, calls: Vec<Value>, bytes: usize) -> Option<String> {
    let mut answers = String::new();
    for call in calls {
        let left = bytes.saturating_sub(answers.len());
        let id = call.get("id").cloned();
        let answer = match (left, id) {
            (0, Some(id)) => Some(too_large(&id, bytes)),
            (0, None) if call.is_object() => None,
            _ => one(backend, call).await.map(|answer| within(&answer, left, bytes)),
        };
        if let Some(answer) = answer {
            answers.push(if answers.is_empty() { '[' } else { ',' });
            answers.push_str(&answer);
        }
    }
    (!answers.is_empty()).then(|| answers + "]")
}

/// The answer's text when there is room for it, else an error that says how much there is.
fn within(answer: &Value, left: usize, bytes: usize) -> String {
    let text = answer.to_string();
    if text.len() <= left { text } else { too_large(&answer["id"], bytes) }
}

fn too_large(id: &Value, bytes: usize) -> String {
    let text = format!("the answer would be over {bytes} bytes, all calls of a batch together");
    let error = RpcError::new(Kind::LimitExceeded, "AnswerTooLarge", text)
        .help("ask for less at once")
        .context(json!({ "limit_bytes": bytes }));
    json!({ "jsonrpc": "2.0", "error": error.to_json(), "id": id }).to_string()
}

fn error(id: &Value, code: i64, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "error": { "code": code, "message": message }, "id": id })
}

fn invalid() -> Value {
    error(&Value::Null, -32_600, "Invalid Request")
}

async fn one<B: Backend>(backend: &B, call: Value) -> Option<Value> {
    let Value::Object(mut call) = call else { return Some(invalid()) };
    let id = call.remove("id");
    let params = call.remove("params").unwrap_or_default();
    let version = call.get("jsonrpc").and_then(Value::as_str);
    let name = call.get("method").and_then(Value::as_str);
    let id_is_good = matches!(id, None | Some(Value::Null | Value::String(_) | Value::Number(_)));
    let params_are_good = matches!(params, Value::Null | Value::Array(_) | Value::Object(_));
    let (Some("2.0"), Some(name), true, true) = (version, name, id_is_good, params_are_good) else {
        return Some(invalid());
    };
    let Some(method) = Method::parse(name) else {
        let id = id?;
        let help = format!("did you mean {}? rpc.discover lists all", Method::nearest(name));
        let mut answer = error(&id, -32_601, "Method not found");
        answer["error"]["data"] = json!({ "name": "MethodNotFound", "kind": "not_found", "help": help, "context": { "method": name } });
        return Some(answer);
    };
    let result = match method {
        Method::Discover => Ok(Method::discover()),
        _ => run(backend, method, params).await,
    };
    let id = id?;
    Some(match result {
        Ok(result) => json!({ "jsonrpc": "2.0", "result": result, "id": id }),
        Err(e) => json!({ "jsonrpc": "2.0", "error": e.to_json(), "id": id }),
    })
}

async fn run<B: Backend>(backend: &B, method: Method, params: Value) -> Result<Value, RpcError> {
    let params = method.named(params);
    let known = |name: &String| method.params().iter().any(|p| p.name == name);
    if let Some(stray) = params.as_object().and_then(|o| o.keys().find(|k| !known(k))) {
        let text = format!("{} has no parameter \"{stray}\"", method.name());
        return Err(RpcError::new(Kind::InvalidArgument, "UnknownParameter", text));
    }
    let given = |p: &&crate::method::Param| params.get(p.name).is_none_or(Value::is_null);
    if let Some(missing) = method.params().iter().filter(|p| p.required).find(given) {
        let text = format!("{} needs \"{}\": {}", method.name(), missing.name, missing.doc);
        return Err(RpcError::new(Kind::InvalidArgument, "MissingParameter", text));
    }
    backend.call(method, params).await
}
