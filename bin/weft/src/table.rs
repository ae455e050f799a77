//! Columns of text, and keys cut to what a person compares.

use std::sync::OnceLock;

static FULL: OnceLock<bool> = OnceLock::new();

/// Whether keys and hashes are printed in full in this process; said once, at the start.
pub fn print_in_full(full: bool) {
    // Only the first word counts, and there is only one.
    FULL.get_or_init(|| full);
}

/// Lines up columns; the first row is the head. Columns of numbers stand with their points
/// under each other.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut rows = rows.to_vec();
    for column in 0..columns {
        if let Some((_, body)) = rows.split_first_mut() {
            under_each_other(body.iter_mut().filter_map(|row| row.get_mut(column)).collect());
        }
    }
    lines(&rows)
}

/// Lines up columns of words.
pub fn lines(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| {
        rows.iter().filter_map(|r| r.get(c)).map(|s| s.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Pads numbers so that their points, or last digits, stand under each other.
fn under_each_other(cells: Vec<&mut String>) {
    if !cells.iter().any(|cell| whole_part(cell).is_some()) {
        return;
    }
    if !cells.iter().all(|cell| is_blank(cell) || whole_part(cell).is_some()) {
        return;
    }
    let most = cells.iter().filter_map(|cell| whole_part(cell)).max().unwrap_or(0);
    for cell in cells {
        let own = whole_part(cell).unwrap_or_else(|| cell.chars().count());
        cell.insert_str(0, &" ".repeat(most.saturating_sub(own)));
    }
}

fn is_blank(cell: &str) -> bool {
    matches!(cell, "" | "-")
}

/// How long the part of a number before its point is; none of what is no number.
fn whole_part(cell: &str) -> Option<usize> {
    let plain = cell.trim_end_matches([' ', '%']);
    let digits = plain.strip_prefix('-').unwrap_or(plain);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_number = are_digits(whole) && are_digits(part);
    is_number.then(|| whole.len() + plain.len() - digits.len())
}

/// A hash or an address cut to what a person compares, unless all was asked for in full. Of
/// an address the head and the end stay: all begin alike. Any other text stays as it is.
pub fn short(text: &str) -> String {
    if FULL.get().copied().unwrap_or(false) {
        return text.to_owned();
    }
    cut(text)
}

/// The shortest that is cut: an address, a hash and a peer's name are longer, words are not.
const KEY_CHARS: usize = 40;

fn cut(text: &str) -> String {
    const HEAD: usize = 8;
    const TAIL: usize = 6;
    let plain = text.strip_prefix("0x").unwrap_or(text);
    // A sentence and a path say what they say at any length.
    if plain.len() < KEY_CHARS || !plain.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return text.to_owned();
    }
    let is_hex = plain.bytes().all(|b| b.is_ascii_hexdigit());
    match (plain.get(..HEAD), plain.get(plain.len() - TAIL..)) {
        (Some(head), _) if is_hex => format!("{head}…"),
        (Some(head), Some(tail)) => format!("{head}…{tail}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(list: &[&[&str]]) -> Vec<Vec<String>> {
        list.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    }

    /// F41: decimals stand under each other, words to the left.
    #[test]
    fn numbers_stand_with_their_points_under_each_other() {
        let text = table(&rows(&[
            &["uid", "stake", "part", "who"],
            &["7", "1.5", "10.00 %", "ann"],
            &["128", "1000", "-", "12 and more"],
        ]));
        assert_eq!(
            text,
            "uid  stake   part     who\n  7     1.5  10.00 %  ann\n128  1000     -       12 and more"
        );
    }

    #[test]
    fn a_column_with_a_word_in_it_is_no_column_of_numbers() {
        let text = table(&rows(&[&["a"], &["1"], &["none"]]));
        assert_eq!(text, "a\n1\nnone");
    }

    #[test]
    fn a_key_is_cut_to_what_tells_it_from_others() {
        assert_eq!(cut(&format!("0x{}", "ab".repeat(32))), "abababab…");
        assert_eq!(cut("lweft1qqqsyqcyq5rqwzqfpg9scrgwpugp4x7ae2"), "lweft1qq…4x7ae2");
        for whole in
            ["short", "a sentence that is longer than any key is", "ConvictionOfSomebodyElse"]
        {
            assert_eq!(cut(whole), whole);
        }
        let path = format!("/{}", "a".repeat(60));
        assert_eq!(cut(&path), path);
    }
}
