//! Topics as a tree: one node for each level, the next level's nodes below it.
//!
//! ```text
//!   sport/tennis/+     (root)          what is kept for `sport/tennis/+` is the value of the
//!   sport/#              └ sport       node `+`; a node without value and without children
//!   a                    │  ├ tennis   does not stay
//!                        │  │  └ +
//!                        │  └ #
//!                        └ a
//! ```
//!
//! A topic may have 65,536 levels, so nothing here calls itself: the nodes lie in one arena and
//! refer to each other by number. It knows `+` and `#` as names of their own place. It does not
//! know what they mean, nor what a value is.

use slab::Slab;
use std::collections::HashMap;
use std::iter;
use std::mem;
use std::num::NonZeroU32;

use crate::topic::{MULTI, SEPARATOR, SINGLE};

/// Children that are compared one by one; when there are more, a table is made.
const FEW: usize = 8;

/// A node's place in the arena, from 1, so that "none" takes no room. 2^32 of them would take
/// some 500 GB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(NonZeroU32);

/// The node above all first levels. It is always there.
pub(super) const ROOT: NodeId = NodeId(NonZeroU32::MIN);

impl NodeId {
    fn from_key(key: usize) -> Self {
        Self(NonZeroU32::MIN.saturating_add(key as u32))
    }

    fn key(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// One level of at least one topic.
#[derive(Debug)]
pub(super) struct Node<T> {
    /// What is kept for the topic that ends here.
    pub(super) value: T,
    /// The child `+`.
    pub(super) single: Option<NodeId>,
    /// The child `#`.
    pub(super) multi: Option<NodeId>,
    /// Does its name begin with `$`?
    pub(super) dollar: bool,
    parent: NodeId,
    children: Children,
    // The children's chain, in the order in which they came, and the node's links in its own.
    first: Option<NodeId>,
    last: Option<NodeId>,
    previous: Option<NodeId>,
    next: Option<NodeId>,
}

/// A node's children by name, but for `+` and `#`.
#[derive(Debug)]
enum Children {
    Few(Vec<(Box<str>, NodeId)>),
    /// Clients choose the names. The standard library's hash is keyed at random, so they cannot
    /// choose ones that collide; it costs some 20 ns.
    #[allow(clippy::box_collection)] // Every node is as large as this; few have many children.
    Many(Box<HashMap<Box<str>, NodeId>>),
}

impl Children {
    fn get(&self, name: &str) -> Option<NodeId> {
        match self {
            Self::Few(list) => list.iter().find(|(other, _)| **other == *name).map(|(_, at)| *at),
            Self::Many(table) => table.get(name).copied(),
        }
    }

    fn insert(&mut self, name: &str, at: NodeId) {
        match self {
            Self::Few(list) if list.len() < FEW => {
                // Most nodes have one child: take no room for more before they come.
                if list.is_empty() {
                    list.reserve_exact(1);
                }
                list.push((name.into(), at));
            }
            Self::Few(list) => {
                let mut table: HashMap<_, _> = mem::take(list).into_iter().collect();
                table.insert(name.into(), at);
                *self = Self::Many(Box::new(table));
            }
            Self::Many(table) => drop(table.insert(name.into(), at)),
        }
    }

    fn remove(&mut self, name: &str) {
        match self {
            Self::Few(list) => list.retain(|(other, _)| **other != *name),
            Self::Many(table) => drop(table.remove(name)),
        }
        // The room that many have needed is given back when all have left.
        if self.is_empty() {
            *self = Self::Few(Vec::new());
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Few(list) => list.is_empty(),
            Self::Many(table) => table.is_empty(),
        }
    }
}

/// The tree.
#[derive(Debug)]
pub(super) struct Levels<T>(Slab<Node<T>>);

impl<T: Default> Levels<T> {
    /// A tree of the root alone.
    pub(super) fn new() -> Self {
        let mut nodes = Slab::new();
        nodes.insert(Node::new(ROOT, ""));
        Self(nodes)
    }

    /// A node that is there.
    pub(super) fn node(&self, at: NodeId) -> &Node<T> {
        &self.0[at.key()]
    }

    fn node_mut(&mut self, at: NodeId) -> &mut Node<T> {
        &mut self.0[at.key()]
    }

    /// A node's value, to be changed.
    pub(super) fn value(&mut self, at: NodeId) -> &mut T {
        &mut self.node_mut(at).value
    }

    /// The child of this name.
    pub(super) fn child(&self, parent: NodeId, name: &str) -> Option<NodeId> {
        let node = self.node(parent);
        match name {
            SINGLE => node.single,
            MULTI => node.multi,
            _ => node.children.get(name),
        }
    }

    /// The node at which this topic ends.
    pub(super) fn find(&self, topic: &str) -> Option<NodeId> {
        topic.split(SEPARATOR).try_fold(ROOT, |at, name| self.child(at, name))
    }

    /// The node at which this topic ends; it and those above it are made if they are missing.
    pub(super) fn enter(&mut self, topic: &str) -> NodeId {
        topic
            .split(SEPARATOR)
            .fold(ROOT, |at, name| self.child(at, name).unwrap_or_else(|| self.add(at, name)))
    }

    /// Takes the node at which this topic ends out of the tree, if neither children nor a value
    /// need it, and then those above it likewise.
    pub(super) fn prune(&mut self, topic: &str, mut at: NodeId, vacant: impl Fn(&T) -> bool) {
        for name in topic.rsplit(SEPARATOR) {
            let node = self.node(at);
            if node.first.is_some() || !vacant(&node.value) {
                return;
            }
            let parent = node.parent;
            self.take(at, name);
            at = parent;
        }
    }

    /// A node's children, in the order in which they came.
    pub(super) fn children(&self, parent: NodeId) -> impl Iterator<Item = NodeId> {
        iter::successors(self.node(parent).first, |at| self.node(*at).next)
    }

    /// This node and all below it, each before its children.
    pub(super) fn subtree(&self, top: NodeId) -> impl Iterator<Item = NodeId> {
        iter::successors(Some(top), move |at| {
            self.node(*at).first.or_else(|| self.beside(*at, top))
        })
    }

    /// The next sibling of this node, or else of the nearest one above it and below `top`.
    fn beside(&self, mut at: NodeId, top: NodeId) -> Option<NodeId> {
        while at != top {
            let node = self.node(at);
            if node.next.is_some() {
                return node.next;
            }
            at = node.parent;
        }
        None
    }

    /// Makes the child of this name, the last of its siblings.
    fn add(&mut self, parent: NodeId, name: &str) -> NodeId {
        let mut node = Node::new(parent, name);
        node.previous = self.node(parent).last;
        let previous = node.previous;
        let child = NodeId::from_key(self.0.insert(node));
        match previous {
            Some(sibling) => self.node_mut(sibling).next = Some(child),
            None => self.node_mut(parent).first = Some(child),
        }
        let above = self.node_mut(parent);
        above.last = Some(child);
        match name {
            SINGLE => above.single = Some(child),
            MULTI => above.multi = Some(child),
            _ => above.children.insert(name, child),
        }
        child
    }

    /// Takes out a child that has no children.
    fn take(&mut self, child: NodeId, name: &str) {
        let Node { parent, previous, next, .. } = self.0.remove(child.key());
        match previous {
            Some(sibling) => self.node_mut(sibling).next = next,
            None => self.node_mut(parent).first = next,
        }
        match next {
            Some(sibling) => self.node_mut(sibling).previous = previous,
            None => self.node_mut(parent).last = previous,
        }
        let above = self.node_mut(parent);
        match name {
            SINGLE => above.single = None,
            MULTI => above.multi = None,
            _ => above.children.remove(name),
        }
    }

    /// Is there nothing but the root?
    #[cfg(test)]
    pub(super) fn is_bare(&self) -> bool {
        let root = self.node(ROOT);
        let alone = root.first.or(root.last).or(root.single).or(root.multi).is_none();
        alone && root.children.is_empty() && self.0.len() == 1
    }
}

impl<T: Default> Node<T> {
    fn new(parent: NodeId, name: &str) -> Self {
        Self {
            value: T::default(),
            single: None,
            multi: None,
            dollar: name.starts_with('$'),
            parent,
            children: Children::Few(Vec::new()),
            first: None,
            last: None,
            previous: None,
            next: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FEW, Levels, ROOT};

    fn with(topics: &[&str]) -> Levels<u32> {
        let mut levels = Levels::new();
        for (n, topic) in (1..).zip(topics) {
            let at = levels.enter(topic);
            *levels.value(at) = n;
        }
        levels
    }

    fn take(levels: &mut Levels<u32>, topic: &str) {
        let at = levels.find(topic).expect("the topic was entered");
        *levels.value(at) = 0;
        levels.prune(topic, at, |value| *value == 0);
    }

    fn values(levels: &Levels<u32>) -> Vec<u32> {
        let values = levels.subtree(ROOT).map(|at| levels.node(at).value);
        values.filter(|value| *value != 0).collect()
    }

    #[test]
    fn a_subtree_is_walked_in_the_order_of_arrival_each_node_before_its_children() {
        let levels = with(&["b/x", "a", "b", "b/+", "a/y/z", "b/x/#", "", "/"]);
        assert_eq!(values(&levels), [3, 1, 6, 4, 2, 5, 7, 8]);
        let b = levels.find("b").expect("b");
        assert_eq!(levels.subtree(b).map(|at| levels.node(at).value).sum::<u32>(), 3 + 1 + 6 + 4);
    }

    #[test]
    fn a_child_leaves_from_any_place_among_its_siblings() {
        let names = ["a", "+", "b", "#"];
        for gone in 0..names.len() {
            let mut levels = with(&names);
            take(&mut levels, names[gone]);
            assert_eq!(levels.find(names[gone]), None);
            let left: Vec<u32> = (1..=4).filter(|n| *n as usize != gone + 1).collect();
            assert_eq!(values(&levels), left);
            levels.enter("z");
            for name in names.iter().filter(|name| **name != names[gone]) {
                take(&mut levels, name);
            }
            take(&mut levels, "z");
            assert!(levels.is_bare(), "{levels:?}");
        }
    }

    #[test]
    fn children_are_found_however_many_there_are() {
        let names: Vec<String> = (0..4 * FEW).map(|n| format!("a/{n}")).collect();
        for many in [1, FEW, FEW + 1, 4 * FEW] {
            let names: Vec<&str> = names[..many].iter().map(String::as_str).collect();
            let mut levels = with(&names);
            assert_eq!(values(&levels), (1..=many as u32).collect::<Vec<_>>());
            for (n, name) in (1..).zip(&names) {
                assert_eq!(levels.find(name).map(|at| levels.node(at).value), Some(n));
                take(&mut levels, name);
                assert_eq!(levels.find(name), None);
            }
            assert!(levels.is_bare(), "{levels:?}");
        }
    }

    #[test]
    fn a_node_stays_as_long_as_a_value_or_a_child_needs_it() {
        let mut levels = with(&["a", "a/b/c", "a/b/d"]);
        take(&mut levels, "a/b/c");
        assert!(levels.find("a/b").is_some());
        take(&mut levels, "a");
        assert!(levels.find("a/b/d").is_some());
        take(&mut levels, "a/b/d");
        assert!(levels.is_bare(), "{levels:?}");
    }
}
