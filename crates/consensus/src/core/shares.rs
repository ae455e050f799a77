//! A share from gossip: its checks in the order of R20, cheap first.

use super::Core;
use crate::clock::Moment;
use crate::counters::Counters;
use crate::effect::{Effect, Finding};
use crate::error::{Fault, Skip};
use crate::input::{PeerId, Ticket};
use crate::shares::counts;
use crate::tally::is_voter;
use weft_types::check::{Known, check_share};
use weft_types::executor::Executor;
use weft_types::{Evidence, Round, Share, SignedVote};

impl<E: Executor, K: Known> Core<E, K> {
    pub(super) fn on_share(
        &mut self,
        moment: Moment,
        (from, ticket): (PeerId, Ticket),
        share: Share,
        out: &mut Vec<Effect>,
    ) {
        let finding = match self.skip_share(moment, &share.signed) {
            Err(skip) => Finding::Ignore(skip),
            Ok(is_loose) => self.keep_share(from, share, is_loose, out),
        };
        out.push(Effect::Finding { ticket, finding });
    }

    /// What can be said before the signature is looked at; answers whether the target
    /// is unknown.
    fn skip_share(&self, moment: Moment, signed: &SignedVote) -> Result<bool, Skip> {
        let vote = &signed.vote;
        self.forks.shares().has_room(signed)?;
        let target = self.forks.tree().get(&vote.target.hash);
        let sets = [Some(self.head_node()), target];
        if !sets.iter().flatten().any(|n| is_voter(&n.standing.sets, &vote.voter)) {
            return Err(Skip::NotAVoter { voter: vote.voter });
        }
        let low = self.forks.tree().base().header().round;
        let high = Round(moment.slot.0.saturating_add(1));
        let round = vote.target.round;
        if round < low || round > high {
            return Err(Skip::OutsideWindow { round, low, high });
        }
        let Some(target) = target else { return Ok(true) };
        counts(vote, &target.standing).map_err(Skip::Share)?;
        Ok(false)
    }

    fn keep_share(
        &mut self,
        from: PeerId,
        share: Share,
        is_loose: bool,
        out: &mut Vec<Effect>,
    ) -> Finding {
        let target = share.vote().target.hash;
        let share = match check_share(share, &self.limits, &self.chain, &self.known) {
            Ok(share) => share,
            Err(why) => return Finding::Reject(Fault::Share(why)),
        };
        let vote = *share.share().vote();
        self.mind(|voter| voter.foreign_vote(&vote), out);
        let shares = self.forks.shares_mut();
        let evidence = if is_loose { shares.add_loose(from, share) } else { shares.add(share) };
        self.report(evidence, out);
        self.forks.review(&target);
        Counters::bump(&mut self.counters.shares);
        Finding::Accept
    }

    pub(super) fn report(
        &mut self,
        evidence: impl IntoIterator<Item = Evidence>,
        out: &mut Vec<Effect>,
    ) {
        for evidence in evidence {
            Counters::bump(&mut self.counters.offences);
            self.mind(|voter| voter.foreign_offence(&evidence), out);
            out.push(Effect::Evidence(evidence));
        }
    }
}
