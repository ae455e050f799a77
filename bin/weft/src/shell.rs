//! Words as a shell takes them, in the commands that answers name.

use std::path::Path;

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A path as a shell takes it.
pub fn quoted_path(path: &Path) -> String {
    quoted(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_a_shell_would_take_apart_is_quoted_and_no_other() {
        for plain in ["/tmp/a-b_c.json", "127.0.0.1:9944", "a@b", "1,2", "50%", "a+b"] {
            assert_eq!(quoted(plain), plain);
        }
        for (word, said) in [
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", "'it'\\''s'"),
            ("~/x", "'~/x'"),
            ("$HOME", "'$HOME'"),
            ("a;b", "'a;b'"),
            ("\u{e9}", "'\u{e9}'"),
        ] {
            assert_eq!(quoted(word), said);
        }
        assert_eq!(quoted_path(Path::new("/my nodes/1")), "'/my nodes/1'");
    }
}
