//! Subscriptions: a tree of prefixes, and at each the pipes that want what begins with it.
//!
//! ```text
//!   WAKTU to 1; WAR to 1, 2; all to 3          message "WARM"
//!
//!            ""  {3}                             3
//!             |
//!            WA  {}
//!           /  \
//!        KTU    R                                WA, R: 1, 2
//!        {1}   {1, 2}
//! ```
//! Looking a message up takes as many steps as its beginning has octets at most, however many
//! subscriptions there are. Edges hold more than one octet, and a node is only where edges part or
//! somebody has subscribed. When nodes are split or joined, the lower one keeps its place: what is
//! remembered of it stays true.
//!
//! It knows octets and pipes' names.

use slab::Slab;
use std::collections::HashMap;

use crate::engine::PipeId;

/// The place of a node.
type Node = usize;

#[derive(Debug, Default)]
struct Branch {
    parent: Node,
    /// The octets between the parent and here; empty only at the root.
    edge: Box<[u8]>,
    /// By the first octet of their edge, in order.
    children: Vec<(u8, Node)>,
    pipes: Vec<PipeId>,
}

/// What one pipe has subscribed to.
#[derive(Debug, Default)]
struct Own {
    /// Where, and how many times there.
    places: HashMap<Node, usize>,
    /// Octets of its different prefixes.
    bytes: usize,
}

/// All subscriptions of a publisher.
#[derive(Debug)]
pub struct Subscriptions {
    nodes: Slab<Branch>,
    root: Node,
    by_pipe: HashMap<PipeId, Own>,
    /// In which look-up each pipe was found last: one that matches twice is found once.
    found: Vec<u64>,
    look_up: u64,
    len: usize,
}

impl Default for Subscriptions {
    fn default() -> Self {
        let mut nodes = Slab::new();
        let root = nodes.insert(Branch::default());
        let by_pipe = HashMap::new();
        Self { nodes, root, by_pipe, found: Vec::new(), look_up: 0, len: 0 }
    }
}

impl Subscriptions {
    /// A pipe wants what begins so, once more [ZMTP-3.0-pubsub-06] [ZMTP-3.0-pubsub-07]
    /// [ZMTP-3.1-sub-05].
    pub fn add(&mut self, pipe: PipeId, prefix: &[u8]) {
        let node = self.make(prefix);
        let own = self.by_pipe.entry(pipe).or_default();
        let times = own.places.entry(node).or_default();
        *times += 1;
        if *times == 1 {
            own.bytes += prefix.len();
            self.nodes[node].pipes.push(pipe);
            self.len += 1;
        }
        if self.found.len() <= pipe {
            self.found.resize(pipe + 1, 0);
        }
    }

    /// Once less. `false`: there was none.
    pub fn remove(&mut self, pipe: PipeId, prefix: &[u8]) -> bool {
        let Some(node) = self.find(prefix) else { return false };
        let Some(own) = self.by_pipe.get_mut(&pipe) else { return false };
        let Some(times) = own.places.get_mut(&node) else { return false };
        *times -= 1;
        if *times == 0 {
            own.places.remove(&node);
            own.bytes -= prefix.len();
            self.leave(pipe, node);
        }
        true
    }

    /// The pipe wants nothing any more.
    pub fn remove_all(&mut self, pipe: PipeId) {
        let own = self.by_pipe.remove(&pipe).unwrap_or_default();
        for (node, _) in own.places {
            self.leave(pipe, node);
        }
    }

    /// How many different prefixes this pipe wants, and how many octets they have.
    pub fn of(&self, pipe: PipeId) -> (usize, usize) {
        self.by_pipe.get(&pipe).map_or((0, 0), |own| (own.places.len(), own.bytes))
    }

    /// How many there are: pipes times their different prefixes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The pipes that want what begins so, each once [ZMTP-3.0-pubsub-04] [ZMTP-3.0-pubsub-05]
    /// [ZMTP-3.1-sub-01] [ZMTP-3.1-sub-04].
    pub fn matching(&mut self, topic: &[u8], pipes: &mut Vec<PipeId>) {
        self.look_up += 1;
        let (found, look_up) = (&mut self.found, self.look_up);
        walk(&self.nodes, self.root, topic, |branch| {
            for &pipe in &branch.pipes {
                if std::mem::replace(&mut found[pipe], look_up) != look_up {
                    pipes.push(pipe);
                }
            }
            false
        });
    }

    /// Does anybody?
    pub fn is_matched(&self, topic: &[u8]) -> bool {
        walk(&self.nodes, self.root, topic, |branch| !branch.pipes.is_empty())
    }

    /// The node of exactly this prefix.
    fn find(&self, prefix: &[u8]) -> Option<Node> {
        let (mut node, mut rest) = (self.root, prefix);
        while let Some(&first) = rest.first() {
            node = self.nodes[node].child(first)?;
            rest = rest.strip_prefix(&*self.nodes[node].edge)?;
        }
        Some(node)
    }

    /// The same, made if it is not there.
    fn make(&mut self, prefix: &[u8]) -> Node {
        let (mut node, mut rest) = (self.root, prefix);
        while let Some(&first) = rest.first() {
            let Some(child) = self.nodes[node].child(first) else {
                return self.grow(node, rest);
            };
            let edge = &self.nodes[child].edge;
            let common = edge.iter().zip(rest).take_while(|(a, b)| a == b).count();
            node = if common < edge.len() { self.split(child, common) } else { child };
            rest = &rest[common..];
        }
        node
    }

    /// A new leaf.
    fn grow(&mut self, parent: Node, edge: &[u8]) -> Node {
        let branch = Branch { parent, edge: edge.into(), ..Branch::default() };
        let leaf = self.nodes.insert(branch);
        self.nodes[parent].set_child(edge[0], leaf);
        leaf
    }

    /// A new node in the middle of the edge above `lower`.
    fn split(&mut self, lower: Node, at: usize) -> Node {
        let parent = self.nodes[lower].parent;
        let edge = std::mem::take(&mut self.nodes[lower].edge);
        let (upper_edge, lower_edge) = edge.split_at(at);
        let branch = Branch {
            parent,
            edge: upper_edge.into(),
            children: vec![(lower_edge[0], lower)],
            pipes: Vec::new(),
        };
        let upper = self.nodes.insert(branch);
        self.nodes[lower].edge = lower_edge.into();
        self.nodes[lower].parent = upper;
        self.nodes[parent].set_child(upper_edge[0], upper);
        upper
    }

    fn leave(&mut self, pipe: PipeId, node: Node) {
        let pipes = &mut self.nodes[node].pipes;
        if let Some(at) = pipes.iter().position(|&other| other == pipe) {
            pipes.swap_remove(at);
            self.len -= 1;
        }
        self.prune(node);
    }

    /// Takes away what nobody needs: leaves without a pipe, and nodes that only lengthen an edge.
    fn prune(&mut self, mut node: Node) {
        while node != self.root && self.nodes[node].pipes.is_empty() {
            let branch = &self.nodes[node];
            match branch.children[..] {
                [] => {
                    let branch = self.nodes.remove(node);
                    self.nodes[branch.parent].drop_child(branch.edge[0]);
                    node = branch.parent;
                }
                [(_, lower)] => {
                    let branch = self.nodes.remove(node);
                    let edge = [&branch.edge[..], &self.nodes[lower].edge].concat();
                    self.nodes[branch.parent].set_child(edge[0], lower);
                    self.nodes[lower].edge = edge.into();
                    self.nodes[lower].parent = branch.parent;
                    return;
                }
                _ => return,
            }
        }
    }
}

/// Goes down along `topic`, from the root, as long as `visit` does not say that it is enough.
fn walk(
    nodes: &Slab<Branch>,
    root: Node,
    topic: &[u8],
    mut visit: impl FnMut(&Branch) -> bool,
) -> bool {
    let (mut branch, mut rest) = (&nodes[root], topic);
    loop {
        if visit(branch) {
            return true;
        }
        let Some(child) = rest.first().and_then(|&first| branch.child(first)) else {
            return false;
        };
        branch = &nodes[child];
        let Some(after) = rest.strip_prefix(&*branch.edge) else { return false };
        rest = after;
    }
}

impl Branch {
    fn child(&self, first: u8) -> Option<Node> {
        let at = self.children.binary_search_by_key(&first, |&(octet, _)| octet).ok()?;
        Some(self.children[at].1)
    }

    fn set_child(&mut self, first: u8, child: Node) {
        match self.children.binary_search_by_key(&first, |&(octet, _)| octet) {
            Ok(at) => self.children[at].1 = child,
            Err(at) => self.children.insert(at, (first, child)),
        }
    }

    fn drop_child(&mut self, first: u8) {
        self.children.retain(|&(octet, _)| octet != first);
    }
}

#[cfg(test)]
mod tests {
    use super::Subscriptions;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn matching(subscriptions: &mut Subscriptions, topic: &[u8]) -> Vec<usize> {
        let mut pipes = Vec::new();
        subscriptions.matching(topic, &mut pipes);
        pipes.sort_unstable();
        assert_eq!(subscriptions.is_matched(topic), !pipes.is_empty());
        pipes
    }

    #[test]
    fn prefixes_match_what_begins_with_them() {
        let mut subscriptions = Subscriptions::default();
        for (pipe, prefix) in [(1, "WAKTU"), (1, "WAR"), (2, "WAR"), (3, "")] {
            subscriptions.add(pipe, prefix.as_bytes());
        }
        for (topic, pipes) in [
            ("WARM", &[1, 2, 3][..]),
            ("WAKTU 12", &[1, 3]),
            ("WAKT", &[3]),
            ("", &[3]),
            ("X", &[3]),
        ] {
            assert_eq!(matching(&mut subscriptions, topic.as_bytes()), pipes, "{topic}");
        }
    }

    proptest! {
        // A failing case is printed, not written to a file.
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        /// Whatever is added and removed, it is as if all were compared one by one.
        #[test]
        fn it_is_a_list_of_counted_prefixes(
            steps in prop::collection::vec((0..4_u8, 0..3_usize, "[ab]{0,4}"), 0..60),
            topics in prop::collection::vec("[ab]{0,6}", 1..8),
        ) {
            let mut subscriptions = Subscriptions::default();
            let mut list = BTreeMap::<(usize, String), usize>::new();
            for (step, pipe, prefix) in steps {
                let key = (pipe, prefix.clone());
                match step {
                    0 | 1 => {
                        subscriptions.add(pipe, prefix.as_bytes());
                        *list.entry(key).or_default() += 1;
                    }
                    2 => {
                        let had = list.contains_key(&key);
                        prop_assert_eq!(subscriptions.remove(pipe, prefix.as_bytes()), had);
                        if had {
                            *list.get_mut(&key).unwrap() -= 1;
                            list.retain(|_, times| *times > 0);
                        }
                    }
                    _ => {
                        subscriptions.remove_all(pipe);
                        list.retain(|(other, _), _| *other != pipe);
                    }
                }
                prop_assert_eq!(subscriptions.len(), list.len());
                for pipe in 0..3 {
                    let own: Vec<_> = list.keys().filter(|(other, _)| *other == pipe).collect();
                    let bytes = own.iter().map(|(_, prefix)| prefix.len()).sum();
                    prop_assert_eq!(subscriptions.of(pipe), (own.len(), bytes));
                }
                for topic in &topics {
                    let mut wanted: Vec<_> = list.keys()
                        .filter(|(_, prefix)| topic.starts_with(prefix))
                        .map(|&(pipe, _)| pipe).collect();
                    wanted.sort_unstable();
                    wanted.dedup();
                    prop_assert_eq!(matching(&mut subscriptions, topic.as_bytes()), wanted);
                }
            }
            for pipe in 0..3 {
                subscriptions.remove_all(pipe);
            }
            prop_assert_eq!(subscriptions.nodes.len(), 1, "only the root is left");
        }
    }
}
