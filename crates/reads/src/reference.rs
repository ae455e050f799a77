//! The tables of calls, errors, events and hyperparameters as one document: what docs,
//! RPC and commands show. Each is declared once, where the rules are.

use serde_json::{Value, json};
use weft_ledger::rules::{CallError, Event, error::AboutError, event::AboutEvent};
use weft_types::call::AboutCall;
use weft_types::{Call, Hyperparameters, Network, Parameter, Wide};

/// Calls, errors, events and hyperparameters.
#[must_use]
pub fn reference() -> Value {
    let text = |lines: &[&str]| lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    let call = |c: &AboutCall| {
        let field = |(name, kind, doc): &(&str, &str, &[&str])| json!({ "name": name, "type": kind, "meaning": text(doc) });
        let fields: Vec<Value> = c.fields.iter().map(field).collect();
        json!({ "name": c.name, "free": c.free, "meaning": text(c.doc), "fields": fields })
    };
    let fields = |list: &[(&str, &str)]| {
        let field = |(name, doc): &(&str, &str)| json!({ "name": name, "meaning": doc.trim() });
        list.iter().map(field).collect::<Vec<Value>>()
    };
    // How a field is formatted is no part of what is said.
    let said = |text: &str| text.replace(":#}", "}");
    let error = |e: &AboutError| json!({ "name": e.name, "meaning": e.doc.trim(), "text": said(e.text), "fields": fields(e.fields) });
    let event = |e: &AboutEvent| json!({ "name": e.name, "meaning": e.doc.trim(), "fields": fields(e.fields) });
    let parameter = |p: &Parameter| {
        let about = p.about();
        let default = |network| Wide(Hyperparameters::preset(network).get(*p));
        json!({
            "name": about.name,
            "meaning": about.meaning(),
            "unit": about.unit,
            "setter": about.setter,
            "low": Wide(about.low),
            "high": Wide(about.high),
            "defaults": {
                "main": default(Network::Main),
                "local": default(Network::Local),
                "bench": default(Network::Bench),
            },
        })
    };
    json!({
        "calls": Call::TABLE.iter().map(call).collect::<Vec<_>>(),
        "errors": CallError::TABLE.iter().map(error).collect::<Vec<_>>(),
        "events": Event::TABLE.iter().map(event).collect::<Vec<_>>(),
        "hyperparameters": Parameter::ALL.iter().map(parameter).collect::<Vec<_>>(),
    })
}
