//! A list that grows by a page at a time, so that what it holds is what it takes.
//!
//! A vector doubles: for a moment it is there twice, and then half of it may be empty. Of a
//! state that others fill, both would be paid by every node.

/// Entries of a page, as a power of two.
const BITS: u32 = 9;

const PAGE: usize = 1 << BITS;

/// A list in pages, all full but the last.
#[derive(Clone)]
pub(super) struct Paged<T> {
    pages: Vec<Vec<T>>,
}

impl<T> Paged<T> {
    pub(super) const fn new() -> Self {
        Self { pages: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        let full = self.pages.len().saturating_sub(1).saturating_mul(PAGE);
        full.saturating_add(self.pages.last().map_or(0, Vec::len))
    }

    pub(super) fn get(&self, at: usize) -> Option<&T> {
        self.pages.get(at >> BITS)?.get(at & (PAGE - 1))
    }

    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        self.pages.get_mut(at >> BITS)?.get_mut(at & (PAGE - 1))
    }

    pub(super) fn push(&mut self, value: T) {
        match self.pages.last_mut() {
            Some(page) if page.len() < PAGE => page.push(value),
            // The first grows as vectors do: most lists are short.
            None => self.pages.push(vec![value]),
            Some(_) => {
                let mut page = Vec::with_capacity(PAGE);
                page.push(value);
                self.pages.push(page);
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.pages.iter().flatten()
    }
}

impl<T: Clone> Paged<T> {
    /// Fills up to a length.
    pub(super) fn fill(&mut self, len: usize, filler: &T) {
        for _ in self.len()..len {
            self.push(filler.clone());
        }
    }

    /// Sets one place, filling up to it as needed.
    pub(super) fn set(&mut self, at: usize, value: T, filler: &T) {
        self.fill(at.saturating_add(1), filler);
        if let Some(old) = self.get_mut(at) {
            *old = value;
        }
    }
}

impl<T> FromIterator<T> for Paged<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut all = Self::new();
        values.into_iter().for_each(|value| all.push(value));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A4
    #[test]
    fn a_list_in_pages_is_the_same_list_and_has_room_for_less_than_a_page_more() {
        let mut all = Paged::new();
        for n in 0..3 * PAGE + 7 {
            assert_eq!((all.len(), all.get(n)), (n, None));
            all.push(n);
            assert_eq!(all.get(n), Some(&n));
        }
        let room: usize = all.pages.iter().map(Vec::capacity).sum();
        assert!(room < all.len() + PAGE, "{room} for {}", all.len());
        let same: Paged<usize> = (0..all.len()).collect();
        assert!(same.iter().eq(all.iter()));
        all.set(5 * PAGE, 1, &0);
        assert_eq!(
            (all.len(), all.get(5 * PAGE), all.get(5 * PAGE - 1)),
            (5 * PAGE + 1, Some(&1), Some(&0))
        );
        assert_eq!(all.get(PAGE), Some(&PAGE));
    }
}
