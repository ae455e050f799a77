//! Texts of files that people write.

/// A text without the byte order mark that some editors put before it.
#[must_use]
pub fn unmarked(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_text() {
        assert_eq!(unmarked("\u{feff}{}"), "{}");
        assert_eq!(unmarked("a\u{feff}"), "a\u{feff}");
    }
}
