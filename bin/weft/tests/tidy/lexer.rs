//! Just enough of Rust's surface to read code without its comments and strings.
//!
//! [`mask`] blanks what is not code and keeps every line where it was, so that a
//! byte offset or a line number means the same in the text and in its mask. The
//! other functions look for words, brackets and test items in such a mask.

/// The text with comments, strings and character literals turned into spaces.
pub fn mask(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    while out.len() < bytes.len() {
        let end = skip_end(bytes, out.len());
        match end {
            Some(end) => {
                let blank =
                    bytes[out.len()..end].iter().map(|b| if *b == b'\n' { b'\n' } else { b' ' });
                out.extend(blank);
            }
            None => out.push(bytes[out.len()]),
        }
    }
    // Only whole comments and literals were blanked, so the rest is still UTF-8.
    String::from_utf8_lossy(&out).into_owned()
}

/// Where the comment or literal that starts at `at` ends, when one does.
fn skip_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        return Some(at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()));
    }
    if rest.starts_with(b"/*") {
        return Some(at + block_comment(rest));
    }
    let in_word = at > 0 && is_word(bytes[at - 1]);
    match rest[0] {
        b'"' => Some(at + quoted(rest, b'"')),
        b'\'' => char_literal(rest).map(|len| at + len),
        b'r' | b'b' | b'c' if !in_word => prefixed(rest).map(|len| at + len),
        _ => None,
    }
}

/// The length of a block comment, which may hold others.
fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut i) = (0_usize, 0_usize);
    while i < rest.len() {
        if rest[i..].starts_with(b"/*") {
            depth += 1;
            i += 2;
        } else if rest[i..].starts_with(b"*/") {
            depth -= 1;
            i += 2;
            if depth == 0 {
                return i;
            }
        } else {
            i += 1;
        }
    }
    rest.len()
}

/// The length of a literal between two quotes, with backslash escapes.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut i = 1;
    while i < rest.len() {
        match rest[i] {
            b'\\' => i += 2,
            b if b == quote => return i + 1,
            _ => i += 1,
        }
    }
    rest.len()
}

/// The length of a character literal, or nothing when the quote opens a lifetime.
fn char_literal(rest: &[u8]) -> Option<usize> {
    if rest.get(1) == Some(&b'\\') {
        return Some(quoted(rest, b'\''));
    }
    let text = String::from_utf8_lossy(&rest[1..rest.len().min(5)]).into_owned();
    let first = text.chars().next()?;
    (rest.get(1 + first.len_utf8()) == Some(&b'\'')).then(|| 2 + first.len_utf8())
}

/// The length of `r".."`, `r#".."#`, `b".."`, `br".."`, `c".."` or `b'.'`.
fn prefixed(rest: &[u8]) -> Option<usize> {
    let letters = rest.iter().take_while(|b| matches!(b, b'r' | b'b' | b'c')).count();
    let after = &rest[letters..];
    if letters > 2 {
        return None;
    }
    if !rest[..letters].contains(&b'r') {
        return match after.first() {
            Some(b'"') => Some(letters + quoted(after, b'"')),
            Some(b'\'') => char_literal(after).map(|len| letters + len),
            _ => None,
        };
    }
    let hashes = after.iter().take_while(|b| **b == b'#').count();
    if after.get(hashes) != Some(&b'"') {
        return None;
    }
    let close: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let body = &after[hashes + 1..];
    let len = body.windows(close.len()).position(|w| w == close).unwrap_or(body.len());
    Some((letters + hashes + 1 + len + close.len()).min(rest.len()))
}

/// Whether a byte can stand inside an identifier.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Every place where `word` stands with no identifier character beside it.
pub fn word_places(text: &str, word: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let free = |at: usize| {
        let before = at == 0 || !is_word(bytes[at - 1]) || !is_word(word.as_bytes()[0]);
        let end = at + word.len();
        let last = word.as_bytes()[word.len() - 1];
        before && (end >= bytes.len() || !is_word(bytes[end]) || !is_word(last))
    };
    text.match_indices(word).map(|(at, _)| at).filter(|at| free(*at)).collect()
}

/// The line, counted from 1, of a byte offset.
pub fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at].iter().filter(|b| **b == b'\n').count()
}

/// The offset just behind the bracket that closes the one at `open`.
pub fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (i, b) in code.bytes().enumerate().skip(open) {
        match b {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return i + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

/// Where an item that starts at `from` ends: behind its body, or behind its `;`.
/// The second value is where its body opens.
pub fn item_end(code: &str, from: usize) -> (usize, Option<usize>) {
    let bytes = code.as_bytes();
    let mut i = from;
    while i < bytes.len() {
        match bytes[i] {
            b'{' => return (closing(code, i), Some(i)),
            b';' => return (i + 1, None),
            b'(' | b'[' => i = closing(code, i),
            _ => i += 1,
        }
    }
    (code.len(), None)
}

/// The byte ranges of items under `#[cfg(test)]`, and the names of the modules
/// among them that live in a file of their own.
pub fn test_items(code: &str) -> (Vec<(usize, usize)>, Vec<String>) {
    let (mut ranges, mut modules) = (Vec::new(), Vec::new());
    for (start, _) in code.match_indices("#[cfg(") {
        let inner = code[start + "#[cfg(".len()..].trim_start();
        if !(inner.starts_with("test)") || inner.starts_with("all(test")) {
            continue;
        }
        let mut item = closing(code, start + 1);
        while code[item..].trim_start().starts_with("#[") {
            item += code[item..].find('[').unwrap_or(0);
            item = closing(code, item);
        }
        let (end, body) = item_end(code, item);
        ranges.push((start, end));
        let words: Vec<&str> = code[item..end].trim_end_matches(';').split_whitespace().collect();
        if let (None, Some(at)) = (body, words.iter().position(|w| *w == "mod")) {
            modules.extend(words.get(at + 1).map(|w| (*w).to_owned()));
        }
    }
    (ranges, modules)
}

/// A planted text must come out with the code alone.
#[test]
fn the_mask_keeps_code_and_lines_and_nothing_else() {
    let text = "let a = \"b // {\\\"\"; // c {\nlet d = 'e'; /* f\n/* g */ h */ fn i<'j>(k: &'j u8) {}\nlet l = br#\"m\"n\"#; let o = '\\''; let p = b'}';";
    let code = mask(text);
    assert_eq!(code.len(), text.len(), "offsets stay");
    assert_eq!(code.lines().count(), text.lines().count(), "lines stay");
    for gone in ["b //", "c {", "'e'", "f\n", "g", "h", "m\"n", "b'}'"] {
        assert!(!code.contains(gone), "{gone:?} is still in {code:?}");
    }
    for kept in ["let a =", "let d =", "fn i<'j>(k: &'j u8) {}", "let l =", "let o =", "let p ="] {
        assert!(code.contains(kept), "{kept:?} is not in {code:?}");
    }
}

/// Only what is under test is cut, to its last bracket.
#[test]
fn test_items_are_found_with_their_ends() {
    let code = "fn a() {}\n#[cfg(test)]\n#[path = 0]\nmod b { fn c() { {} } }\nfn d() {}\n\
                #[cfg(test)] mod e;\n#[cfg(not(test))] fn f() {}\n#[cfg(test)] fn g() { 1 } fn h() {}";
    let (ranges, modules) = test_items(code);
    let cut: Vec<&str> = ranges.iter().map(|(a, b)| &code[*a..*b]).collect();
    assert_eq!(modules, ["e"]);
    assert_eq!(cut.len(), 3);
    assert!(cut[0].ends_with("fn c() { {} } }"), "{cut:?}");
    assert!(cut[2].ends_with("fn g() { 1 }"), "{cut:?}");
}

/// A word is not a part of a longer one.
#[test]
fn a_word_stands_alone() {
    assert_eq!(word_places("R1 R10 xR1 (R1)", "R1"), [0, 12]);
    assert_eq!(word_places("a.await b.awaited", ".await"), [1]);
}
