//! What a command says: the result on stdout, everything else on stderr, one exit
//! code per kind of ending (the CLI contract, docs/cli.md).

use serde::Serialize;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

pub use crate::table::{short, table};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The operation failed on the chain or here.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// What was asked for does not exist.
    NotFound = 3,
    /// The node can't be reached.
    CannotConnect = 4,
    /// A confirmation or password is missing.
    NeedsInput = 5,
    /// No answer in time; the outcome is unknown.
    Timeout = 6,
    /// The node is not ready.
    NotReady = 7,
    /// A check that the command makes has failed.
    CheckFailed = 8,
}

impl Exit {
    const fn code(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "invalid_argument",
            Self::NotFound => "not_found",
            Self::CannotConnect => "cannot_connect",
            Self::NeedsInput => "needs_input",
            Self::Timeout => "timeout",
            Self::NotReady => "not_ready",
            Self::CheckFailed => "check_failed",
        }
    }
}

/// Why a command failed, in the words of the envelope.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Which exit code.
    pub exit: Exit,
    /// What is said.
    pub words: Box<Words>,
}

/// What a failure says.
#[derive(Debug, Clone)]
pub struct Words {
    /// The kind, one of a dozen.
    pub code: String,
    /// The error's own name.
    pub name: String,
    /// A sentence with the numbers.
    pub message: String,
    /// What to do next; may be empty.
    pub help: String,
    /// The numbers.
    pub context: Value,
    /// What a check has found, although it failed.
    pub data: Option<Value>,
}

impl Failure {
    /// A failure with a name and a sentence.
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over what is written")]
    pub fn new(exit: Exit, name: &str, message: impl ToString) -> Self {
        let words = Words {
            code: exit.code().to_owned(),
            name: name.to_owned(),
            message: message.to_string(),
            help: String::new(),
            context: json!({}),
            data: None,
        };
        Self { exit, words: Box::new(words) }
    }

    /// A failure of one of the kinds that the chain names, with the exit code that fits.
    pub fn of_kind(kind: &str, name: &str, message: impl ToString) -> Self {
        let exit = match kind {
            "not_found" => Exit::NotFound,
            "not_ready" => Exit::NotReady,
            _ => Exit::Failed,
        };
        let mut failure = Self::new(exit, name, message);
        kind.clone_into(&mut failure.words.code);
        failure
    }

    /// With the numbers, for programs.
    pub fn context(mut self, context: Value) -> Self {
        self.words.context = context;
        self
    }

    /// With what to do next.
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over what is written")]
    pub fn help(mut self, help: impl ToString) -> Self {
        self.words.help = help.to_string();
        self
    }

    /// With all that a failed check has found.
    pub fn data(mut self, data: &impl Serialize) -> Self {
        self.words.data = serde_json::to_value(data).ok();
        self
    }
}

/// What a command answers.
#[derive(Debug, Default)]
pub struct Answer {
    /// The network's name, where the command spoke to one.
    pub network: Option<String>,
    /// The height the answer is of, where it has one.
    pub height: Option<u64>,
    /// The exact result.
    pub data: Value,
    /// The result for people.
    pub text: String,
}

impl Answer {
    /// An answer of data and text.
    pub fn new(data: &impl Serialize, text: impl Into<String>) -> Result<Self, Failure> {
        let data =
            serde_json::to_value(data).map_err(|e| Failure::new(Exit::Failed, "Unprintable", e))?;
        Ok(Self { data, text: text.into(), ..Self::default() })
    }

    /// Only the value at a JSON pointer of the data, for people and scripts alike.
    pub fn pick(self, pointer: &str) -> Result<Self, Failure> {
        let missing = || {
            let text = format!("there is nothing at {pointer} in the answer");
            Failure::new(Exit::NotFound, "NothingThere", text).help("--json shows all of it")
        };
        let value = self.data.pointer(pointer).ok_or_else(missing)?;
        let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        Ok(Self { text, ..self })
    }

    /// The network and height it is of.
    pub fn at(mut self, network: Option<String>, height: Option<u64>) -> Self {
        self.network = network;
        self.height = height;
        self
    }
}

/// Prints the ending of a command and gives its exit code.
pub fn finish(result: Result<Answer, Failure>, as_json: bool) -> ExitCode {
    match result {
        Ok(answer) => {
            let text = if as_json { envelope(answer).to_string() } else { answer.text };
            said(say(text.trim_end()))
        }
        Err(failure) => {
            let told = if as_json {
                say(&error_envelope(&failure).to_string())
            } else {
                complain(&failure);
                Ok(())
            };
            // When it can't be written either, the exit code says what it can.
            if let Err(unwritable) = told {
                complain(&unwritable);
            }
            ExitCode::from(failure.exit as u8)
        }
    }
}

/// The exit code of something that was to be said.
pub fn said(written: Result<(), Failure>) -> ExitCode {
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&failure);
            ExitCode::from(failure.exit as u8)
        }
    }
}

/// Writes a result of a command that runs on: one document a line, or text for people.
pub fn tell(answer: Answer, as_json: bool) -> Result<(), Failure> {
    let text = if as_json { envelope(answer).to_string() } else { answer.text };
    say(text.trim_end())
}

/// Writes the result. A reader that closed the pipe early has read what it wanted; any other
/// reason is a failure, though what the command did is done.
pub fn say(text: &str) -> Result<(), Failure> {
    use std::io::{ErrorKind, Write as _};
    if text.is_empty() {
        return Ok(());
    }
    let (text, mut out) = (plain(text), std::io::stdout().lock());
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => {
            let text = format!("the answer can't be written: {error}");
            let help = "what the command did until then is done";
            Err(Failure::new(Exit::Failed, "AnswerUnwritable", text).help(help))
        }
    }
}

/// Says a failure in words.
pub fn complain(failure: &Failure) {
    let words = &failure.words;
    note(&format!("error[{}] {}: {}", words.code, words.name, words.message));
    if !words.help.is_empty() {
        note(&format!("  help: {}", words.help));
    }
}

fn envelope(answer: Answer) -> Value {
    let mut object = Map::new();
    object.insert("ok".to_owned(), json!(true));
    object.insert("v".to_owned(), json!(1));
    object.insert("network".to_owned(), json!(answer.network));
    object.insert("height".to_owned(), json!(answer.height));
    object.insert("data".to_owned(), answer.data);
    Value::Object(object)
}

fn error_envelope(failure: &Failure) -> Value {
    let words = &failure.words;
    json!({
        "ok": false,
        "v": 1,
        "data": words.data,
        "error": {
            "code": words.code,
            "name": words.name,
            "message": words.message,
            "help": words.help,
            "context": words.context,
        }
    })
}

/// Says something that is not the result. Where it can't be said nothing can be said of that
/// either, and the command goes on.
pub fn note(text: &str) {
    use std::io::Write as _;
    drop(writeln!(std::io::stderr().lock(), "{}", plain(text)));
}

/// Text that a terminal only shows: what a node or the chain says may hold characters that
/// would drive it.
fn plain(text: &str) -> Cow<'_, str> {
    let drives = |c: char| c.is_control() && c != '\n' && c != '\t';
    if text.contains(drives) {
        return Cow::Owned(text.replace(drives, "\u{fffd}"));
    }
    Cow::Borrowed(text)
}

/// Says something once, however often it comes up.
pub fn note_once(text: &str) {
    static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if !said.iter().any(|old| old == text) {
        said.push(text.to_owned());
        note(text);
    }
}
