//! What the engine did, in the log and the figures.

use crate::node::Node;
use crate::rules;
use weft_engine::io::Note;

impl Node {
    /// Logs and counts a note.
    pub(crate) fn note(&self, note: Note) {
        match note {
            Note::Head { header, hash } => {
                let said = self.engine.finals().said();
                tracing::info!(
                    height = header.height.0,
                    slot = header.slot.0,
                    round = header.round.0,
                    r#final = said.map(|said| said.height.0),
                    peers = self.network.count(),
                    pool = self.engine.pool().len(),
                    hash = %hash,
                    "head"
                );
            }
            Note::Dismissed { hash, why } => {
                self.reads.metrics.refused.inc();
                tracing::info!(%hash, %why, "refused");
            }
            Note::Ignored(why) => tracing::trace!(%why, "message ignored"),
            Note::Rejected(why) => tracing::info!(%why, "message rejected"),
            Note::TxsRefused(count) => drop(self.reads.metrics.txs_refused.inc_by(count)),
            Note::Unreadable { bytes, .. } => drop(self.reads.metrics.unreadable.inc_by(bytes)),
            Note::ShareSent => drop(self.reads.metrics.shares_sent.inc()),
            Note::Offence(evidence) => {
                self.reads.metrics.evidence.inc();
                tracing::warn!(?evidence, "an offence was seen");
            }
            Note::ReportSent(offender) => {
                tracing::warn!(%offender, "a report of an offence is sent")
            }
            Note::NotReported { offender, why } => {
                tracing::info!(%offender, %why, "an offence is not reported");
            }
            Note::KeyTwice(seen) => {
                tracing::error!(%seen, "our key signed this and our vote file does not hold it: the key runs elsewhere too, nothing more is signed here");
            }
            Note::Rules { rules, dropped } => rules::say_change(rules, dropped),
            Note::TrustReached(awaited) => {
                tracing::info!(height = %awaited.height, hash = %awaited.hash, "the trusted checkpoint is reached");
            }
            Note::TrustTooOld(awaited, age) => {
                tracing::warn!(height = %awaited.height, hash = %awaited.hash, age, "the trusted checkpoint is reached, but too old to say anything; stop and name a newer one");
            }
            Note::AnswerDropped(peer) => {
                tracing::debug!(peer = peer.0, "the checker is behind, an answer was dropped");
            }
            Note::NoAnswer(peer, why) => {
                tracing::debug!(peer = peer.0, %why, "what a peer sent is no answer");
            }
            Note::OverBudget(peer) => {
                tracing::debug!(peer = peer.0, "a peer asks for more blocks than it may have now");
            }
        }
    }
}
