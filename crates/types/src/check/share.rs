//! The checks of a share: signature, size and digest.

use super::{CheckedBlock, CheckedShare, Known, ShareError, claim};
use crate::hash::ChainId;
use crate::params::Limits;
use crate::share::{Item, Share, SignedVote, items_bytes, items_digest};
use crate::signature::verify;

fn items_fit(share: &Share, limits: &Limits) -> Result<(), ShareError> {
    let (got, limit) = (items_bytes(&share.items), limits.share_bytes);
    if u32::try_from(got).map_or(true, |got| got > limit) {
        return Err(ShareError::TooLarge { got, limit });
    }
    Ok(())
}

/// Size and digest of a share's items.
pub(super) fn digest_fits(share: &Share, limits: &Limits) -> Result<(), ShareError> {
    items_fit(share, limits)?;
    let vote = share.vote();
    let got = items_digest(&share.items);
    if got != vote.items {
        return Err(ShareError::BadDigest { voter: vote.voter, want: vote.items, got });
    }
    Ok(())
}

/// Checks one share in the order of R20: size, signature unless it is known, digest.
///
/// # Errors
/// [`ShareError`]; only `BadDigest` and `TooLarge` are surely the sender's fault.
pub fn check_share(
    share: Share,
    limits: &Limits,
    chain: &ChainId,
    known: &impl Known,
) -> Result<CheckedShare, ShareError> {
    items_fit(&share, limits)?;
    let vote = share.vote();
    let seal = share.signed.seal();
    if !known.knows(&seal) {
        let message = vote.signed_bytes(chain);
        if !verify(&claim(vote.voter, share.signed.signature, &message)) {
            return Err(ShareError::BadSignature { voter: vote.voter });
        }
    }
    digest_fits(&share, limits)?;
    Ok(CheckedShare { share, seal })
}

/// A share we have just signed ourselves.
#[must_use]
pub fn own_share(signed: SignedVote, items: Vec<Item>) -> CheckedShare {
    CheckedShare { seal: signed.seal(), share: Share { signed, items } }
}

/// The shares of a block that was checked: checked themselves.
#[must_use]
pub fn shares_of(block: &CheckedBlock) -> Vec<CheckedShare> {
    let of = |share: &Share| CheckedShare { seal: share.signed.seal(), share: share.clone() };
    block.block.proof.iter().map(of).collect()
}
