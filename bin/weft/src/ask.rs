//! Questions to a person: yes or no, and passwords. Nobody is asked where nobody may be:
//! with `--json`, with `--no-input`, or when stdin is no terminal.

use crate::args::Global;
use crate::input::Input;
use crate::output::{Exit, Failure, note};
use std::io::{BufRead as _, IsTerminal as _, stdin};
use std::path::Path;

/// Whether there is somebody to ask.
pub fn somebody(global: &Global) -> bool {
    !global.json && !global.no_input && stdin().is_terminal()
}

/// Warns, and goes on only when that is wanted: by `--yes`, or by a person's yes. A command
/// that only shows what it would send warns and goes on.
pub fn confirm(global: &Global, name: &str, warning: &str) -> Result<(), Failure> {
    note(&format!("warning: {warning}"));
    if global.yes || global.dry_run {
        return Ok(());
    }
    let no =
        |text: &str| Failure::new(Exit::NeedsInput, name, text).help("--yes goes on all the same");
    if !somebody(global) {
        return Err(no(warning));
    }
    note("go on? [y/N]");
    let mut answer = String::new();
    let read = stdin().lock().read_line(&mut answer);
    match answer.trim() {
        "y" | "Y" | "yes" if read.is_ok() => Ok(()),
        _ => Err(no("you did not say yes, and nothing was done")),
    }
}

/// A file whose first line is a password.
const PASSWORD: Input = Input {
    what: "a password file",
    most: 1 << 16,
    absent: "NoPasswordFile",
    too_large: "PasswordFileTooLarge",
    bad: "PasswordFileNotText",
};

/// The first line of a password file.
pub fn password_of(path: &Path) -> Result<String, Failure> {
    let text = PASSWORD.text(path)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// A password of a person at the terminal.
pub fn password(global: &Global, prompt: &str) -> Result<String, Failure> {
    if !somebody(global) {
        let text = "the wallet is encrypted and no password was given";
        return Err(
            Failure::new(Exit::NeedsInput, "NeedsPassword", text).help("give --password-file FILE")
        );
    }
    crate::prompt::hidden(prompt)
}

/// A password that is chosen now: asked for twice, since a slip would lock the keys away. Where
/// nobody can be asked, `flag` is the one that gives it.
pub fn new_password(global: &Global, flag: &str) -> Result<String, Failure> {
    if !somebody(global) {
        let text = "new keys need a password, and none was given";
        return Err(Failure::new(Exit::NeedsInput, "NeedsPassword", text)
            .help(format!("give {flag} FILE, or --unencrypted for keys that anybody may read")));
    }
    let first = password(global, "new password: ")?;
    same(first, &password(global, "the same again: ")?)
}

/// The password, when it was typed the same way twice.
fn same(first: String, second: &str) -> Result<String, Failure> {
    if first == second {
        return Ok(first);
    }
    let text = "the two passwords differ, and nothing was done";
    Err(Failure::new(Exit::NeedsInput, "PasswordsDiffer", text).help("run the command again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F9.
    #[test]
    fn a_password_that_was_typed_in_two_ways_is_not_taken() {
        assert_eq!(same("a b".to_owned(), "a b").unwrap(), "a b");
        let refused = same("a b".to_owned(), "a  b").unwrap_err();
        assert_eq!(refused.words.name, "PasswordsDiffer");
    }
}
