//! Who hears whom while a network is cut: groups of nodes, written `0,1/2,3`.

use crate::error::NetError;
use std::fmt;

/// Groups of nodes; each node is in one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups(Vec<Vec<usize>>);

impl Groups {
    /// Reads `0,1/2,3` or `node0,node1 / node2,node3`.
    ///
    /// # Errors
    /// [`NetError::Groups`] when there are fewer than two groups, or a node is missing, named
    /// twice or no number; [`NetError::NoNode`] when there is no such node.
    pub fn parse(text: &str, nodes: usize) -> Result<Self, NetError> {
        let bad = |reason: String| NetError::Groups { text: text.to_owned(), reason };
        let mut seen = vec![false; nodes];
        let mut groups = Vec::new();
        for group in text.split('/') {
            let mut members = Vec::new();
            for name in group.split(',').map(str::trim) {
                let digits = name.strip_prefix("node").unwrap_or(name);
                let number = digits.parse().map_err(|_| bad(format!("\"{name}\" is no node")))?;
                let seen = seen.get_mut(number).ok_or(NetError::NoNode { number, nodes })?;
                if std::mem::replace(seen, true) {
                    return Err(bad(format!("node {number} stands there twice")));
                }
                members.push(number);
            }
            groups.push(members);
        }
        if let Some(missing) = seen.iter().position(|seen| !seen) {
            return Err(bad(format!("node {missing} is in no group")));
        }
        if groups.len() < 2 {
            return Err(bad("one group is no partition".to_owned()));
        }
        Ok(Self(groups))
    }

    /// Whether these two nodes don't hear each other.
    #[must_use]
    pub fn separate(&self, one: usize, other: usize) -> bool {
        !self.0.iter().any(|group| group.contains(&one) && group.contains(&other))
    }

    /// The groups.
    pub fn iter(&self) -> impl Iterator<Item = &[usize]> {
        self.0.iter().map(Vec::as_slice)
    }
}

impl fmt::Display for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = |g: &Vec<usize>| g.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        f.write_str(&self.0.iter().map(group).collect::<Vec<_>>().join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_read_as_people_write_them() {
        for text in ["0,1/2,3", "node0,node1 / node2,node3", "0, 1/ 2,node3"] {
            let groups = Groups::parse(text, 4).unwrap();
            assert_eq!(groups.to_string(), "0,1/2,3");
            assert!(groups.separate(0, 2) && groups.separate(3, 1));
            assert!(!groups.separate(0, 1) && !groups.separate(2, 2));
        }
    }

    #[test]
    fn what_is_no_partition_of_all_nodes_says_why() {
        let cases = [
            ("0,1,2,3", "one group"),
            ("0,1/2", "node 3 is in no group"),
            ("0,1/1,2,3", "node 1 stands there twice"),
            ("0,1/2,3,4", "there is no node 4"),
            ("0,1//2,3", "\"\" is no node"),
            ("a/b", "\"a\" is no node"),
        ];
        for (text, want) in cases {
            let error = Groups::parse(text, 4).unwrap_err().to_string();
            assert!(error.contains(want), "{text}: {error}");
        }
    }
}
