//! The bootstrap (R14): how a chain that nobody has coins on gets its first voters, and how
//! they hand over.
//!
//! Genesis names voters, not wealth. Until candidates with real stake are many enough, the
//! genesis voters have virtual stake in equal parts, which counts like stake in epochs, in
//! the root matrix and for the right to set weights, and earns nothing: what it would earn
//! is recycled. At the first rotation at which `bootstrap_candidates` or more together
//! hold `bootstrap_stake` it begins to fall, linearly, to nothing over `bootstrap_fade`
//! rotations; one way, never back.
//!
//! Not here: who they hand over to (`candidates`), and how the sets follow (`rotation`).

use super::books::Books;
use super::error::CallError;
use super::event::Event;
use super::forget;
use super::reads::{bootstrap, is_jailed, virtual_part};
use crate::state::value::Bootstrap;
use crate::state::{Key, Read, Value};
use weft_types::{Height, PublicKey, Rao};

/// At the heights where voters may rotate: sees whether those who are good enough to hand
/// over to are enough, or lets the virtual stake fall. R14.
pub fn turn(books: &mut Books<'_>, good: &[(PublicKey, Rao)]) -> Result<(), CallError> {
    let powers: Vec<Rao> = good.iter().map(|(_, power)| *power).collect();
    bootstrap(books).map_or(Ok(()), |record| fade(books, record, &powers))
}

/// R14: what the virtual stake gives each voter of genesis who is not jailed, while there is
/// any.
pub fn powers(state: &dyn Read, height: Height) -> Vec<(PublicKey, Rao)> {
    let Some(record) = bootstrap(state) else { return Vec::new() };
    let power = |key: &PublicKey| (*key, virtual_part(&record, key));
    let free = record.voters.iter().filter(|key| !is_jailed(state, key, height));
    free.map(power).filter(|(_, power)| *power > Rao::ZERO).collect()
}

/// R14: begins to fade, or fades further.
fn fade(books: &mut Books<'_>, mut record: Bootstrap, good: &[Rao]) -> Result<(), CallError> {
    let params = books.params;
    let sum = good.iter().try_fold(Rao::ZERO, |sum, power| sum.checked_add(*power));
    let sum = sum.ok_or(CallError::OutOfRange)?;
    match record.began {
        None => {
            let enough = good.len() >= usize::from(params.bootstrap_candidates);
            if !enough || sum < params.bootstrap_stake {
                return Ok(());
            }
            record.began = Some(books.height);
            record.peak = sum.max(params.bootstrap_stake);
            let candidates = u64::try_from(good.len()).unwrap_or(u64::MAX);
            books.say(Event::BootstrapEnded { peak: record.peak, candidates });
        }
        Some(_) if record.left == Rao::ZERO => return Ok(()),
        Some(_) => {}
    }
    let since = books.height.since(record.began.unwrap_or(books.height));
    let gone = since.checked_div(params.rotation_blocks).unwrap_or(0);
    record.left = remaining(record.peak, gone, params.bootstrap_fade);
    books.say(Event::BootstrapFaded { left: record.left });
    let (voters, is_over) = (record.voters.clone(), record.left == Rao::ZERO);
    books.put(Key::Bootstrap, Value::Bootstrap(record));
    if is_over {
        voters.iter().for_each(|hotkey| forget::if_empty(books, hotkey));
    }
    Ok(())
}

/// peak * (fade - gone) / fade, rounded down; nothing from `fade` on.
fn remaining(peak: Rao, gone: u64, fade: u64) -> Rao {
    let left = u128::from(fade.saturating_sub(gone));
    let wide = u128::from(peak.0).saturating_mul(left).checked_div(u128::from(fade));
    Rao(wide.and_then(|w| u64::try_from(w).ok()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_stake_falls_linearly_to_nothing() {
        let left = |gone| remaining(Rao(900), gone, 90).0;
        assert_eq!([0, 1, 45, 89, 90, 500].map(left), [900, 890, 450, 10, 0, 0]);
        assert_eq!(remaining(Rao(7), 0, 0), Rao(0));
    }
}
