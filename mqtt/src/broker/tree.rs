//! The subscription tree: which subscriptions match a topic name, without asking each.
//!
//! ```text
//!   a/+/c  (session 1)        root --a--> . --+--> . --c--> [1]
//!   a/#    (session 2)                    . --#--> [2]
//! ```
//! A name is followed level by level: for each node that was reached, to the child of that name
//! and to the child `+`; whatever hangs on a `#` on the way matches, too. What this costs grows
//! with the levels of the name, not with the number of filters.
//!
//! It knows subscribers by number. It does not know sessions.

use super::levels::{Levels, Node, ROOT};
use crate::packet::QoS;
use crate::topic::{MULTI, SEPARATOR, SINGLE};

/// Who has subscribed: a session's place.
pub type Subscriber = u32;

/// Subscriptions by filter.
#[derive(Debug, Default)]
pub struct Tree {
    levels: Levels<Vec<(Subscriber, QoS)>>,
    len: usize,
    /// The nodes reached at one level, and at the next; kept for their capacity alone.
    reached: Vec<Node>,
    next: Vec<Node>,
}

impl Tree {
    /// How many subscriptions there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Makes a subscription, or replaces it: then the QoS that it had is returned
    /// [MQTT-3.8.4-3].
    pub fn insert(&mut self, filter: &str, who: Subscriber, qos: QoS) -> Option<QoS> {
        let node = self.levels.make(filter);
        let subscribers = self.levels.value_mut(node);
        match subscribers.binary_search_by_key(&who, |(who, _)| *who) {
            Ok(at) => Some(std::mem::replace(&mut subscribers[at].1, qos)),
            Err(at) => {
                subscribers.insert(at, (who, qos));
                self.len += 1;
                None
            }
        }
    }

    /// Takes back the subscription to exactly this filter [MQTT-3.10.4-1].
    pub fn remove(&mut self, filter: &str, who: Subscriber) -> Option<QoS> {
        let node = self.levels.find(filter)?;
        let subscribers = self.levels.value_mut(node);
        let at = subscribers.binary_search_by_key(&who, |(who, _)| *who).ok()?;
        let (_, qos) = subscribers.remove(at);
        if subscribers.is_empty() {
            *subscribers = Vec::new();
            self.levels.prune(node, Vec::is_empty);
        }
        self.len -= 1;
        Some(qos)
    }

    /// Appends an entry for each subscription that matches, in no particular order.
    pub fn find(&mut self, topic: &str, found: &mut Vec<(Subscriber, QoS)>) {
        let (mut reached, mut next) =
            (std::mem::take(&mut self.reached), std::mem::take(&mut self.next));
        reached.clear();
        reached.push(ROOT);
        // [MQTT-4.7.2-1] A name that begins with $ is not matched by a wildcard at the first level.
        let mut wild = !topic.starts_with('$');
        for name in topic.split(SEPARATOR) {
            next.clear();
            for &node in &reached {
                if wild {
                    if let Some(rest) = self.levels.child(node, MULTI) {
                        found.extend_from_slice(self.levels.value(rest));
                    }
                    next.extend(self.levels.child(node, SINGLE));
                }
                next.extend(self.levels.child(node, name));
            }
            wild = true;
            std::mem::swap(&mut reached, &mut next);
            if reached.is_empty() {
                break;
            }
        }
        for &node in &reached {
            found.extend_from_slice(self.levels.value(node));
            // `sport/#` matches `sport`, too: # includes the parent level.
            if let Some(rest) = self.levels.child(node, MULTI) {
                found.extend_from_slice(self.levels.value(rest));
            }
        }
        (self.reached, self.next) = (reached, next);
    }
}

#[cfg(test)]
mod tests {
    use super::Tree;
    use crate::packet::QoS;
    use crate::topic::{check_filter, matches};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn found(tree: &mut Tree, topic: &str) -> Vec<u32> {
        let mut found = Vec::new();
        tree.find(topic, &mut found);
        let mut who: Vec<u32> = found.into_iter().map(|(who, _)| who).collect();
        who.sort_unstable();
        who
    }

    /// [MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT-4.7.2-1]
    #[test]
    fn wildcards_reach_what_they_should() {
        let mut tree = Tree::default();
        let filters = ["#", "+", "a/#", "a/+", "a", "+/#", "$SYS/#", "a/+/c", "/+", "a//"];
        for (who, filter) in (0..).zip(filters) {
            assert_eq!(tree.insert(filter, who, QoS::AtMostOnce), None);
        }
        assert_eq!(found(&mut tree, "a"), [0, 1, 2, 4, 5]);
        assert_eq!(found(&mut tree, "a/b"), [0, 2, 3, 5]);
        assert_eq!(found(&mut tree, "a/b/c"), [0, 2, 5, 7]);
        assert_eq!(found(&mut tree, "$SYS/x"), [6]);
        assert_eq!(found(&mut tree, "$SYS"), [6]);
        assert_eq!(found(&mut tree, "/x"), [0, 5, 8]);
        assert_eq!(found(&mut tree, "a//"), [0, 2, 5, 9]);
    }

    /// A topic has as many levels as its 65,535 bytes allow, and is gone again without recursion.
    #[test]
    fn the_deepest_topic_is_one_like_another() {
        let topic = "/".repeat(65_535);
        let mut tree = Tree::default();
        tree.insert(&topic, 1, QoS::AtMostOnce);
        tree.insert("#", 2, QoS::AtMostOnce);
        assert_eq!(found(&mut tree, &topic), [1, 2]);
        assert!(tree.remove(&topic, 1).is_some());
        assert_eq!(tree.levels.len(), 2, "the root and #");
    }

    fn config() -> ProptestConfig {
        ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() }
    }

    proptest! {
        #![proptest_config(config())]

        /// [MQTT-3.10.4-1] The tree answers as a list of all filters would, and an empty one holds
        /// nothing.
        #[test]
        fn it_answers_as_a_list_would(
            steps in prop::collection::vec(
                ("(\\$?[ab]?|\\+)(/([ab]?|\\+)){0,3}(/#)?|#", 0..3_u32, any::<bool>()), 0..30),
            topics in prop::collection::vec("\\$?[ab]?(/[ab]?){0,4}", 1..6),
        ) {
            let (mut tree, mut list) = (Tree::default(), BTreeMap::new());
            for (filter, who, insert) in &steps {
                if check_filter(filter).is_err() {
                    continue;
                }
                if *insert {
                    let qos = QoS::AtLeastOnce;
                    prop_assert_eq!(tree.insert(filter, *who, qos),
                        list.insert((filter, *who), qos));
                } else {
                    prop_assert_eq!(tree.remove(filter, *who), list.remove(&(filter, *who)));
                }
            }
            prop_assert_eq!(tree.len(), list.len());
            for topic in topics.iter().filter(|topic| !topic.is_empty()) {
                let mut expected: Vec<u32> = list.keys()
                    .filter(|(filter, _)| matches(filter, topic)).map(|(_, who)| *who).collect();
                expected.sort_unstable();
                prop_assert_eq!(found(&mut tree, topic), expected, "{}", topic);
            }
            for (filter, who) in list.keys() {
                tree.remove(filter, *who);
            }
            prop_assert_eq!(tree.levels.len(), 1, "only the root is left");
        }
    }
}
