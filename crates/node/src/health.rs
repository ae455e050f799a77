//! Health in the log: each reason and note ([`weft_reads::health`]) when it comes and when it
//! has gone.

use crate::clock::now;
use std::collections::BTreeSet;
use weft_reads::Reads;

/// What was said before, by the names of what is said.
#[derive(Debug, Default)]
pub(crate) struct Said(BTreeSet<&'static str>);

impl Said {
    /// Says what is new and what is over.
    pub(crate) fn say(&mut self, reads: &Reads) {
        let all = reads.words(now());
        for (name, text) in &all {
            if self.0.insert(name) {
                tracing::warn!(what = name, "{text}");
            }
        }
        let gone = |name: &&'static str| !all.iter().any(|(now, _)| now == name);
        for name in self.0.extract_if(.., gone) {
            tracing::info!(what = name, "this is over");
        }
    }
}
