//! The seeds that a line may name.

/// Seeds stand as numbers in JSON, where one above 2^53 would not come back as it was.
pub fn seed() -> clap::builder::RangedU64ValueParser<u64> {
    clap::value_parser!(u64).range(..=1 << 53)
}
