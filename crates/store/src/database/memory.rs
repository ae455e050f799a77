//! The database as a map: what the real ones must behave like.

use super::{Batch, Database, DatabaseError, Pair};
use std::collections::BTreeMap;

/// A database that forgets when it is dropped.
#[derive(Clone, Debug, Default)]
pub struct Memory(BTreeMap<Vec<u8>, Vec<u8>>);

impl Database for Memory {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, DatabaseError> {
        Ok(self.0.get(key).cloned())
    }

    fn range(&self, prefix: &[u8]) -> Result<Vec<Pair>, DatabaseError> {
        let from = self.0.range(prefix.to_vec()..);
        let with = from.take_while(|(key, _)| key.starts_with(prefix));
        Ok(with.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn write_batch(&mut self, batch: Batch) -> Result<(), DatabaseError> {
        for (key, value) in batch.0 {
            match value {
                Some(value) => drop(self.0.insert(key, value)),
                None => drop(self.0.remove(&key)),
            }
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), DatabaseError> {
        Ok(())
    }
}
