//! Rows as the case format writes them: flat lists `[uid, value, uid, value, …]`.

use crate::snapshot::Row;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serializer};

pub fn serialize<S: Serializer>(rows: &[Row], s: S) -> Result<S::Ok, S::Error> {
    let mut list = s.serialize_seq(Some(rows.len()))?;
    for row in rows {
        let flat: Vec<u16> = row.iter().flat_map(|(uid, x)| [*uid, *x]).collect();
        list.serialize_element(&flat)?;
    }
    list.end()
}

pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Row>, D::Error> {
    let flat = Vec::<Vec<u16>>::deserialize(d)?;
    let pairs = |row: Vec<u16>| {
        let (pairs, rest) = row.as_chunks::<2>();
        if rest.is_empty() {
            return Ok(pairs.iter().map(|[uid, x]| (*uid, *x)).collect());
        }
        let text = format!("a row of {} numbers; uids and values go in pairs", row.len());
        Err(serde::de::Error::custom(text))
    };
    flat.into_iter().map(pairs).collect()
}
