//! What the parser of the command line says: help, the version, and what is wrong with a line.
//! With `--json` on the line each of them is one document, as any answer.

use crate::args;
use crate::output::{Answer, Exit, Failure, finish as end, said, say};
use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
use serde_json::json;
use std::ffi::OsString;
use std::process::ExitCode;

/// Says it. Help and version are results; anything else is a usage error.
pub fn finish(error: &clap::Error) -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let as_json = words.iter().any(|word| word == "--json");
    let is_result = matches!(error.kind(), DisplayHelp | DisplayVersion);
    let text = error.render().to_string();
    match (as_json, error.kind()) {
        (true, DisplayVersion) => {
            let version = env!("CARGO_PKG_VERSION");
            end(Answer::new(&json!({ "name": "weft", "version": version }), ""), true)
        }
        (true, DisplayHelp) => end(Answer::new(&json!({ "help": text }), ""), true),
        (true, _) => end(Err(failure(&text, &words)), true),
        (false, _) if is_result => said(say(text.trim_end())),
        (false, _) => {
            crate::output::note(text.trim_end());
            ExitCode::from(Exit::Usage as u8)
        }
    }
}

/// The error's first sentence; its tips and the page of the command behind it are the help.
fn failure(text: &str, words: &[OsString]) -> Failure {
    let lines = || text.lines().map(str::trim);
    let said: Vec<&str> = lines().take_while(|line| !line.is_empty()).collect();
    let said = said.join(" ");
    let tips = lines().filter_map(|line| line.strip_prefix("tip: "));
    let page = format!("{} --help", path(words));
    let help: Vec<String> = tips.map(ToOwned::to_owned).chain([page]).collect();
    Failure::new(Exit::Usage, "Usage", said.trim_start_matches("error: ")).help(help.join("; "))
}

/// The command that the words name, as far as they name one.
fn path(words: &[OsString]) -> String {
    let mut command = args::command();
    let mut path = vec!["weft".to_owned()];
    let mut words = words.iter().map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        let flag = word.trim_start_matches('-');
        let is_flag = |arg: &&clap::Arg| {
            arg.get_long() == Some(flag)
                || arg.get_short().is_some_and(|short| flag == short.to_string())
        };
        if word.starts_with('-') {
            let flag = command.get_arguments().find(is_flag);
            if flag.is_some_and(|flag| flag.get_action().takes_values()) {
                words.next();
            }
        } else if let Some(found) = command.find_subcommand(word.as_ref()) {
            path.push(found.get_name().to_owned());
            command = found.clone();
        }
    }
    path.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    /// F24: what the parser guesses is kept, and the help is that of the command.
    #[test]
    fn a_usage_error_keeps_its_tips_and_names_the_page_of_its_command() {
        let line = words("--home weights weights set 1 --sat 1=1");
        let error = args::command()
            .try_get_matches_from([OsString::from("weft")].into_iter().chain(line.iter().cloned()));
        let failure = failure(&error.expect_err("--sat is no flag").render().to_string(), &line);
        assert!(failure.words.message.contains("--sat"), "{failure:?}");
        assert!(failure.words.help.contains("'--set'"), "{failure:?}");
        assert!(failure.words.help.ends_with("weft weights set --help"), "{failure:?}");
    }

    #[test]
    fn the_path_of_a_command_skips_flags_and_their_values() {
        assert_eq!(path(&words("-w stake stake add bob")), "weft stake add");
        assert_eq!(path(&words("--json query block x")), "weft query block");
        assert_eq!(path(&words("nothing")), "weft");
    }
}
