//! The flags that stand before every command: what the environment says in their place, and
//! which command has no use for which. Such a flag is not shown in the command's help; where
//! whoever gives it expects something that will not happen, it is refused. A preference of the
//! caller, such as `--yes`, harms nobody.

use super::cli::{Cli, Global};
use crate::output::{Exit, Failure};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};
use std::ffi::OsString;

/// Why there is no command to run.
pub enum Unread {
    /// The parser has something to say: help, the version, or what is wrong.
    Said(clap::Error),
    /// The line or the environment can't be meant so.
    Refused {
        /// Why.
        failure: Failure,
        /// Whether it is to be said in JSON.
        as_json: bool,
    },
}

/// Flags that a command which never speaks to a node or signs has no use for.
const ALONE: &[&str] =
    &["network", "timeout", "wallet", "hotkey", "password_file", "dry_run", "yes", "no_input"];
/// The same of a command that touches no home either.
const NOWHERE: &[&str] = &[
    "home",
    "network",
    "timeout",
    "wallet",
    "hotkey",
    "password_file",
    "dry_run",
    "yes",
    "no_input",
];
/// Flags that one which signs nothing has no use for.
const UNSIGNED: &[&str] = &["wallet", "hotkey", "password_file", "dry_run", "yes", "no_input"];

/// The same of one that lives in a home and asks no node of its caller's choice, though it may
/// wait for one.
const ALONE_BUT_SLOW: &[&str] =
    &["network", "wallet", "hotkey", "password_file", "dry_run", "yes", "no_input"];

/// The flags that each noun has no use for; a command that stands here itself goes before its
/// noun.
const USELESS: &[(&str, &[&str])] = &[
    ("sim", NOWHERE),
    ("yuma", NOWHERE),
    ("emission", NOWHERE),
    ("reference", NOWHERE),
    ("genesis", ALONE),
    ("bench", ALONE),
    ("query", UNSIGNED),
    ("node status", UNSIGNED),
    ("node", ALONE_BUT_SLOW),
    ("testnet", &["network", "wallet", "hotkey", "password_file", "dry_run"]),
    ("wallet", &["dry_run"]),
];

/// Those of them that are refused rather than passed over.
const REFUSED: &[&str] = &["network", "wallet", "hotkey", "password_file"];

/// What the environment may say in place of a flag.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("home", "WEFT_HOME"),
    ("network", "WEFT_NETWORK"),
    ("wallet", "WEFT_WALLET"),
    ("hotkey", "WEFT_HOTKEY"),
    ("password_file", "WEFT_PASSWORD_FILE"),
];

/// The flags that a command has no use for: by its own row, else by that of its noun.
fn useless(command: &str) -> &'static [&'static str] {
    let row = |wanted: &str| USELESS.iter().find(|(name, _)| *name == wanted);
    let noun = command.split(' ').next().unwrap_or(command);
    row(command).or_else(|| row(noun)).map_or(&[], |(_, flags)| flags)
}

/// The command line's grammar.
pub fn command() -> clap::Command {
    let mut root = Cli::command();
    // Flags of all commands are handed down to each; then they can be hidden in some.
    root.build();
    let nouns: Vec<String> = root.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for noun in nouns {
        root = root.mut_subcommand(&noun, |command| hide(command, &noun));
    }
    root
}

fn hide(command: clap::Command, path: &str) -> clap::Command {
    let flags = useless(path);
    let names: Vec<String> =
        command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let hidden = command.mut_args(|arg| {
        let is_useless = arg.is_global_set() && flags.contains(&arg.get_id().as_str());
        if is_useless { arg.hide(true) } else { arg }
    });
    names.into_iter().fold(hidden, |command, name| {
        let path = format!("{path} {name}");
        command.mut_subcommand(name, |sub| hide(sub, &path))
    })
}

/// The command line of this process.
pub fn read() -> Result<Cli, Unread> {
    let matches = command().try_get_matches().map_err(Unread::Said)?;
    let mut cli = Cli::from_arg_matches(&matches).map_err(Unread::Said)?;
    let as_json = cli.global.json;
    let checked = sensible(&matches).and_then(|()| {
        let given = |flag: &str| matches.value_source(flag) == Some(ValueSource::CommandLine);
        surroundings(&mut cli.global, given, |name| std::env::var_os(name))
    });
    checked.map_err(|failure| Unread::Refused { failure, as_json })?;
    Ok(cli)
}

/// Refuses a flag that the command has no use for and that somebody may count on.
fn sensible(matches: &ArgMatches) -> Result<(), Failure> {
    let Some((noun, below)) = matches.subcommand() else { return Ok(()) };
    let command = match below.subcommand() {
        Some((name, _)) => format!("{noun} {name}"),
        None => noun.to_owned(),
    };
    let given = |flag: &&&str| matches.value_source(flag) == Some(ValueSource::CommandLine);
    let is_refused = |flag: &&&str| REFUSED.contains(*flag);
    match useless(&command).iter().filter(is_refused).find(given) {
        None => Ok(()),
        Some(flag) => {
            let text = format!("weft {command} has no use for --{}", flag.replace('_', "-"));
            let help = format!("leave it out; weft {command} --help lists what it takes");
            Err(Failure::new(Exit::Usage, "UselessFlag", text).help(help))
        }
    }
}

/// Takes from the environment what the line does not say. An empty variable says nothing.
fn surroundings(
    global: &mut Global,
    given: impl Fn(&str) -> bool,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<(), Failure> {
    for (flag, name) in ENVIRONMENT {
        let Some(value) = variable(name).filter(|value| !value.is_empty() && !given(flag)) else {
            continue;
        };
        if *flag == "home" {
            global.home = Some(value.into());
            continue;
        }
        if *flag == "password_file" {
            global.password_file = Some(value.into());
            continue;
        }
        let value = value.into_string().map_err(|value| {
            let text = format!("{name} is no text: {}", value.to_string_lossy());
            Failure::new(Exit::Usage, "BadEnvironment", text).help(format!("set or unset {name}"))
        })?;
        match *flag {
            "network" => global.network = value,
            "wallet" => global.wallet = Some(value),
            _ => global.hotkey = Some(value),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> (Cli, ArgMatches) {
        let matches = command().try_get_matches_from(line.split(' ')).expect("a good line");
        (Cli::from_arg_matches(&matches).expect("a good line"), matches)
    }

    fn help(line: &str) -> String {
        let error = command().try_get_matches_from(line.split(' ')).expect_err("help");
        error.render().to_string()
    }

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }

    /// F40: the first thing that is said is what the program is, and a command's own flags
    /// stand apart from those of all.
    #[test]
    fn help_says_what_the_program_is_and_groups_the_flags_of_all_commands() {
        let root = help("weft --help");
        assert!(root.starts_with("A chain whose proof of work is the weight matrix"), "{root}");
        for heading in ["Where:", "Signing:", "Printing:", "First steps:"] {
            assert!(root.contains(heading), "{root}");
        }
        let hunt = help("weft sim hunt --help");
        assert!(hunt.contains("--seeds") && hunt.contains("--json"), "{hunt}");
        for useless in ["--wallet", "--password-file", "--network", "--dry-run", "Signing:"] {
            assert!(!hunt.contains(useless), "{useless}: {hunt}");
        }
        assert!(help("weft transfer --help").contains("--wallet"));
    }

    /// F40: what means nothing is not taken either.
    #[test]
    fn a_flag_without_a_use_is_refused_by_its_name() {
        for line in [
            "weft sim profiles -w ann",
            "weft -w ann sim profiles",
            "weft query supply -k x",
            "weft node join http://x --network http://y",
            "weft node run --network http://y",
        ] {
            let failure = sensible(&parse(line).1).expect_err(line);
            assert_eq!((failure.exit, failure.words.name.as_str()), (Exit::Usage, "UselessFlag"));
        }
        for line in [
            "weft sim profiles --yes --home H",
            "weft query supply --network http://x",
            "weft node status --network http://x",
        ] {
            assert!(sensible(&parse(line).1).is_ok(), "{line}");
        }
        for (line, has) in [("weft node join --help", false), ("weft node status --help", true)] {
            let said = help(line);
            assert_eq!(said.contains("--network"), has, "{said}");
            assert!(!said.contains("--no-input") && !said.contains("--yes"), "{said}");
        }
    }

    /// F29, F40: the environment stands in for what the line leaves out, and an empty variable
    /// for nothing; usage errors don't show what stands in.
    #[test]
    fn the_line_wins_over_the_environment_and_an_empty_variable_says_nothing() {
        let read = |line: &str, value: &'static str| {
            let (mut cli, matches) = parse(line);
            let given = |flag: &str| matches.value_source(flag) == Some(ValueSource::CommandLine);
            surroundings(&mut cli.global, given, |_| Some(value.into())).expect("a good text");
            let Global { home, network, wallet, .. } = cli.global;
            (home.map(|home| home.display().to_string()), network, wallet)
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(read("weft query supply", "x"), (text("x"), "x".to_owned(), text("x")));
        assert_eq!(read("weft query supply", ""), (None, "local".to_owned(), None));
        let line = "weft query supply --home h --network n";
        assert_eq!(read(line, "x"), (text("h"), "n".to_owned(), text("x")));
    }
}
