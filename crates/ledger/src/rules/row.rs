//! What is looked at in a weight row, whether of a subnet or of the root matrix.

use super::error::CallError;
use weft_types::{Height, WeightRow};

/// As many scores as uids.
pub fn paired(row: &WeightRow) -> Result<(), CallError> {
    let (uids, values) = (row.uids.len(), row.values.len());
    if uids == values { Ok(()) } else { Err(CallError::WeightVecNotEqualSize { uids, values }) }
}

/// Uids strictly ascending.
pub fn ascending(row: &WeightRow) -> Result<(), CallError> {
    match row.uids.windows(2).find(|pair| matches!(pair, [a, b] if a >= b)) {
        Some(pair) => {
            Err(CallError::DuplicateUids { uid: pair.last().copied().unwrap_or_default() })
        }
        None => Ok(()),
    }
}

/// Looked at before the block of this height, and no more than so many blocks before it.
pub fn fresh(row: &WeightRow, height: Height, most: u64) -> Result<(), CallError> {
    let view = row.view;
    if view >= height {
        return Err(CallError::RowFromTheFuture { view, height });
    }
    let oldest = Height(height.0.saturating_sub(most));
    if view < oldest { Err(CallError::RowTooOld { view, oldest }) } else { Ok(()) }
}

/// Scales values so that the largest is 65 535, rounding half up; zeros stay zero (B4).
pub fn upscale(values: &[u16]) -> Vec<u16> {
    let largest = u64::from(values.iter().copied().max().unwrap_or(0));
    let scaled = |value: &u16| {
        let wide = u64::from(*value).saturating_mul(u64::from(u16::MAX));
        let half = largest.checked_div(2).unwrap_or(0);
        let quotient = wide.saturating_add(half).checked_div(largest).unwrap_or(0);
        u16::try_from(quotient).unwrap_or(u16::MAX)
    };
    values.iter().map(scaled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_scaled_to_the_full_range_as_on_the_live_chain() {
        assert_eq!(upscale(&[0, 1, 65_534]), [0, 1, 65_535]);
        assert_eq!(upscale(&[1]), [65_535]);
        assert_eq!(upscale(&[0, 0]), [0, 0]);
        assert_eq!(upscale(&[]), [0_u16; 0]);
        assert_eq!(upscale(&[1, 2]), [32_768, 65_535]);
    }
}
