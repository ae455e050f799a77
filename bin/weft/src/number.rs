//! Numbers as people write them.

/// A part between 0 and 1 in millionths, read without a float.
pub fn parts_per_million(text: &str) -> Option<u32> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 6 || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let whole: u32 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: u32 = format!("{part:0<6}").parse().ok()?;
    let ppm = whole.checked_mul(1_000_000)?.checked_add(part)?;
    (ppm <= 1_000_000).then_some(ppm)
}

/// `K1..K2`, K1 not above K2.
pub fn range(text: &str) -> Option<(u64, u64)> {
    let (from, to) = text.split_once("..")?;
    let (from, to) = (from.parse().ok()?, to.parse().ok()?);
    (from <= to).then_some((from, to))
}

/// Whole seconds, written `30` or `30s`.
pub fn seconds(text: &str) -> Option<u64> {
    text.strip_suffix('s').unwrap_or(text).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_exactly_or_not_at_all() {
        assert_eq!(parts_per_million("0.1"), Some(100_000));
        assert_eq!(parts_per_million("1"), Some(1_000_000));
        assert_eq!(parts_per_million(".000001"), Some(1));
        for bad in ["1.1", "-0.1", "0.1234567", "x", "0.x"] {
            assert_eq!(parts_per_million(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_range_runs_upwards() {
        assert_eq!(range("10..20"), Some((10, 20)));
        assert_eq!(range("20..10"), None);
        assert_eq!(range("20"), None);
    }

    #[test]
    fn seconds_may_carry_their_unit() {
        assert_eq!(seconds("30s"), Some(30));
        assert_eq!(seconds("30"), Some(30));
        assert_eq!(seconds("half"), None);
    }
}
