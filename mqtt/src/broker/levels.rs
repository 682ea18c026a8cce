//! A trie of topic levels in one table: what the tree of subscriptions and that of retained
//! messages have in common.
//!
//! ```text
//!   root --sport--> 1 --tennis--> 2 --player1--> 4
//!                   1 --+-------> 3
//! ```
//! Nodes are numbered places in a table, so that nothing here recurses: a topic may have 32,768
//! levels. It knows level names. It does not know what hangs on a node, nor what `+` and `#` mean.

use slab::Slab;
use std::collections::HashMap;

use crate::topic::SEPARATOR;

/// A node's place; the root's is 0.
pub(super) type Node = u32;

/// The root.
pub(super) const ROOT: Node = 0;

/// Children that are looked for one by one; with more, a table is made. The table's hash is keyed
/// at random, so that clients cannot choose names that collide.
const FEW: usize = 8;

/// The children of a node by their level's name.
#[derive(Debug)]
enum Children {
    Few(Vec<(Box<str>, Node)>),
    Many(HashMap<Box<str>, Node>),
}

impl Children {
    fn get(&self, name: &str) -> Option<Node> {
        match self {
            Self::Few(list) => list.iter().find(|(n, _)| **n == *name).map(|(_, node)| *node),
            Self::Many(table) => table.get(name).copied(),
        }
    }

    fn insert(&mut self, name: &str, node: Node) {
        match self {
            Self::Few(list) if list.len() < FEW => list.push((name.into(), node)),
            Self::Few(list) => {
                let mut table: HashMap<_, _> = std::mem::take(list).into_iter().collect();
                table.insert(name.into(), node);
                *self = Self::Many(table);
            }
            Self::Many(table) => {
                table.insert(name.into(), node);
            }
        }
    }

    fn remove(&mut self, name: &str) {
        match self {
            Self::Few(list) => list.retain(|(n, _)| **n != *name),
            Self::Many(table) => {
                table.remove(name);
            }
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Few(list) => list.is_empty(),
            Self::Many(table) => table.is_empty(),
        }
    }

    /// By name, so that a walk has one order.
    fn sorted(&self) -> Vec<(&str, Node)> {
        let mut all: Vec<(&str, Node)> = match self {
            Self::Few(list) => list.iter().map(|(name, node)| (&**name, *node)).collect(),
            Self::Many(table) => table.iter().map(|(name, node)| (&**name, *node)).collect(),
        };
        all.sort_unstable();
        all
    }
}

#[derive(Debug)]
struct Level<T> {
    parent: Node,
    name: Box<str>,
    children: Children,
    value: T,
}

/// The trie; every node has a value, which is the default until something is put there.
#[derive(Debug)]
pub(super) struct Levels<T>(Slab<Level<T>>);

impl<T: Default> Default for Levels<T> {
    fn default() -> Self {
        let mut levels = Self(Slab::new());
        levels.add(ROOT, "");
        levels
    }
}

impl<T: Default> Levels<T> {
    fn add(&mut self, parent: Node, name: &str) -> Node {
        let children = Children::Few(Vec::new());
        let level = Level { parent, name: name.into(), children, value: T::default() };
        self.0.insert(level) as Node
    }

    /// The node of these levels, made if it is not there.
    pub fn make(&mut self, path: &str) -> Node {
        let mut node = ROOT;
        for name in path.split(SEPARATOR) {
            node = self.child(node, name).unwrap_or_else(|| {
                let child = self.add(node, name);
                self.0[node as usize].children.insert(name, child);
                child
            });
        }
        node
    }

    /// The node of these levels, if it is there.
    pub fn find(&self, path: &str) -> Option<Node> {
        path.split(SEPARATOR).try_fold(ROOT, |node, name| self.child(node, name))
    }

    /// One level down.
    pub fn child(&self, node: Node, name: &str) -> Option<Node> {
        self.0[node as usize].children.get(name)
    }

    /// All of the next level, sorted by name.
    pub fn children(&self, node: Node) -> Vec<(&str, Node)> {
        self.0[node as usize].children.sorted()
    }

    /// What hangs on a node.
    pub fn value(&self, node: Node) -> &T {
        &self.0[node as usize].value
    }

    /// The same, to be changed.
    pub fn value_mut(&mut self, node: Node) -> &mut T {
        &mut self.0[node as usize].value
    }

    /// Takes away a node on which nothing hangs any longer, and those above it that are left with
    /// neither a value nor a child.
    pub fn prune(&mut self, mut node: Node, is_empty: impl Fn(&T) -> bool) {
        while node != ROOT {
            let level = &self.0[node as usize];
            if !level.children.is_empty() || !is_empty(&level.value) {
                return;
            }
            let level = self.0.remove(node as usize);
            self.0[level.parent as usize].children.remove(&level.name);
            node = level.parent;
        }
    }

    /// How many nodes there are, the root included.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}
