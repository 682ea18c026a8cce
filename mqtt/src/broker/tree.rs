//! The subscription tree: which subscriptions match a topic name.
//!
//! ```text
//!   find sport/tennis       the frontier: all nodes that the levels so far lead to
//!
//!     (root) ── sport ──── tennis ── #       at the end, the frontier's own subscribers,
//!        │        ├─────── +                 and those of each `#` beside the way
//!        │        └─────── #
//!        ├───── + ──────── tennis
//!        └───── #
//! ```
//!
//! It goes one level further at each step, whatever else there is: the time grows with the
//! topic's depth and with what matches, not with the number of subscriptions. It knows
//! subscribers by number; what they are is the broker's.

use std::mem;

use super::levels::{Levels, NodeId, ROOT};
use crate::packet::QoS;
use crate::topic::SEPARATOR;

/// The broker's number of a session.
pub type Subscriber = u32;

/// All subscriptions of all sessions.
///
/// ```
/// use wirelab_mqtt::QoS;
/// use wirelab_mqtt::broker::Tree;
///
/// let mut tree = Tree::new();
/// tree.insert("sport/#", 7, QoS::AtMostOnce);
/// tree.insert("+/tennis", 7, QoS::ExactlyOnce);
/// let mut found = Vec::new();
/// tree.find("sport/tennis", &mut found);
/// assert_eq!(found, [(7, QoS::AtMostOnce), (7, QoS::ExactlyOnce)]);
/// ```
#[derive(Debug)]
pub struct Tree {
    /// At each node, those who subscribed to exactly this filter, in ascending order.
    levels: Levels<Vec<(Subscriber, QoS)>>,
    len: usize,
    // Both are kept from find to find, so that none allocates.
    frontier: Vec<NodeId>,
    further: Vec<NodeId>,
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

impl Tree {
    /// Without subscriptions.
    pub fn new() -> Self {
        let (frontier, further) = (Vec::new(), Vec::new());
        Self { levels: Levels::new(), len: 0, frontier, further }
    }

    /// Makes a subscription, or replaces the one of the same filter [MQTT-3.8.4-3]. The QoS
    /// that it had is returned. The filter is taken for valid.
    ///
    /// Of `n` subscribers to one filter, those with higher numbers are moved by one place.
    pub fn insert(&mut self, filter: &str, who: Subscriber, qos: QoS) -> Option<QoS> {
        let at = self.levels.enter(filter);
        let subscribers = self.levels.value(at);
        match subscribers.binary_search_by_key(&who, |(subscriber, _)| *subscriber) {
            Ok(place) => Some(mem::replace(&mut subscribers[place].1, qos)),
            Err(place) => {
                // Most filters have one subscriber: take no room for more before they come.
                if subscribers.is_empty() {
                    subscribers.reserve_exact(1);
                }
                subscribers.insert(place, (who, qos));
                self.len += 1;
                None
            }
        }
    }

    /// Takes a subscription back. The QoS that it had is returned; `None`: there was none of
    /// this filter, compared byte for byte [MQTT-3.10.4-1].
    pub fn remove(&mut self, filter: &str, who: Subscriber) -> Option<QoS> {
        let at = self.levels.find(filter)?;
        let subscribers = self.levels.value(at);
        let place = subscribers.binary_search_by_key(&who, |(subscriber, _)| *subscriber).ok()?;
        let (_, qos) = subscribers.remove(place);
        if subscribers.is_empty() {
            // The room that many have needed is given back, also if children keep the node.
            *subscribers = Vec::new();
            self.levels.prune(filter, at, Vec::is_empty);
        }
        self.len -= 1;
        Some(qos)
    }

    /// Appends one entry for each subscription that matches, in no order that means anything. A
    /// session with overlapping subscriptions stands there several times.
    pub fn find(&mut self, topic: &str, found: &mut Vec<(Subscriber, QoS)>) {
        let Self { levels, frontier, further, .. } = self;
        frontier.clear();
        frontier.push(ROOT);
        let mut wild = !topic.starts_with('$');
        for name in topic.split(SEPARATOR) {
            further.clear();
            for at in &*frontier {
                let node = levels.node(*at);
                // [MQTT-4.7.2-1] A wildcard in the first level does not match a name that
                // begins with $.
                if wild {
                    further.extend(node.single);
                    found.extend(node.multi.iter().flat_map(|rest| &levels.node(*rest).value));
                }
                further.extend(levels.child(*at, name));
            }
            mem::swap(frontier, further);
            wild = true;
        }
        for at in &*frontier {
            let node = levels.node(*at);
            found.extend(&node.value);
            // Nothing is left of the name, and # stands for that, too: `sport/#` matches `sport`.
            found.extend(node.multi.iter().flat_map(|rest| &levels.node(*rest).value));
        }
    }

    /// Subscriptions.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Are there no subscriptions?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::{Subscriber, Tree};
    use crate::packet::QoS;
    use crate::topic::{check_filter, check_name, matches};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const QOS: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];

    fn find(tree: &mut Tree, topic: &str) -> Vec<(Subscriber, QoS)> {
        let mut found = Vec::new();
        tree.find(topic, &mut found);
        found.sort_unstable();
        found
    }

    /// [MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT-4.7.2-1] The edges, one by one.
    #[test]
    fn a_filter_among_others_matches_what_it_matches_alone() {
        let filters = [
            "#", "/#", "+", "+/#", "/+", "+/+", "/", "a", "A", "a/", "a/#", "a/+", "a/+/#", "a//b",
            "a/+/b", "+/b", "$SYS/#", "$SYS/+", "+/$b", "$", "$/#", "//", "+//+", "+/a/#",
        ];
        let topics = [
            "a", "A", "/", "//", "///", "a/", "/a", "a/b", "a//b", "a/b/c", "a/x/b", "$SYS",
            "$SYS/", "$SYS/b", "$SYS/a/b", "a/$b", "$", "$/x", "b", "aa", " ",
        ];
        let mut tree = Tree::new();
        for (who, filter) in (0..).zip(filters) {
            tree.insert(filter, who, QoS::AtMostOnce);
        }
        for topic in topics {
            let expected: Vec<&str> =
                filters.into_iter().filter(|filter| matches(filter, topic)).collect();
            let found = find(&mut tree, topic);
            let found: Vec<&str> = found.iter().map(|(who, _)| filters[*who as usize]).collect();
            assert_eq!(found, expected, "{topic}");
        }
    }

    /// [MQTT-3.8.4-3] A second subscription to the same filter replaces the first.
    #[test]
    fn a_subscription_is_replaced_not_doubled() {
        let mut tree = Tree::new();
        assert_eq!(tree.insert("a/+", 1, QoS::AtMostOnce), None);
        assert_eq!(tree.insert("a/+", 1, QoS::ExactlyOnce), Some(QoS::AtMostOnce));
        assert_eq!(tree.len(), 1);
        assert_eq!(find(&mut tree, "a/b"), [(1, QoS::ExactlyOnce)]);
    }

    /// [MQTT-3.10.4-1] Byte for byte: what matches the same names is another filter all the same.
    #[test]
    fn only_the_same_filter_is_taken_back() {
        let mut tree = Tree::new();
        tree.insert("a/b", 1, QoS::AtLeastOnce);
        for other in ["a/+", "a/#", "a", "a/b/", "A/b", "#", "a/b/c"] {
            assert_eq!(tree.remove(other, 1), None, "{other}");
        }
        assert_eq!(tree.remove("a/b", 2), None);
        assert_eq!(tree.len(), 1);
        assert_eq!(tree.remove("a/b", 1), Some(QoS::AtLeastOnce));
        assert!(tree.is_empty() && tree.levels.is_bare());
    }

    /// Each byte of the longest topic is a level's end; a stack would not hold that.
    #[test]
    fn the_deepest_topic_is_as_good_as_any() {
        let names = "/".repeat(65_535);
        let wild = format!("{}+", "+/".repeat(32_767));
        let mut tree = Tree::new();
        tree.insert(&names, 1, QoS::AtMostOnce);
        tree.insert(&wild, 2, QoS::AtMostOnce);
        tree.insert(&format!("{}#", &names[1..]), 3, QoS::AtMostOnce);
        assert_eq!(find(&mut tree, &names), [(1, QoS::AtMostOnce), (3, QoS::AtMostOnce)]);
        assert_eq!(find(&mut tree, &names[..32_767]), [(2, QoS::AtMostOnce)]);
        assert!(tree.remove(&wild, 2).is_some());
        assert!(tree.remove(&names, 1).is_some());
        assert!(tree.remove(&format!("{}#", &names[1..]), 3).is_some());
        assert!(tree.levels.is_bare());
        tree.insert(&names, 1, QoS::AtMostOnce);
        drop(tree);
    }

    fn name() -> impl Strategy<Value = String> {
        let level = prop::sample::select(vec!["", "a", "b", "$s"]);
        vec(level, 1..6)
            .prop_map(|levels| levels.join("/"))
            .prop_filter("a name", |name| check_name(name).is_ok())
    }

    fn filter() -> impl Strategy<Value = String> {
        let level = prop::sample::select(vec!["", "a", "b", "$s", "+", "+"]);
        (vec(level, 0..6), any::<bool>())
            .prop_map(|(mut levels, rest)| {
                levels.extend(rest.then_some("#"));
                levels.join("/")
            })
            .prop_filter("a filter", |filter| check_filter(filter).is_ok())
    }

    type Step = (bool, String, Subscriber, QoS);

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let qos = prop::sample::select(QOS.to_vec());
        vec((prop::bool::weighted(0.7), filter(), 0..3u32, qos), 0..60)
    }

    /// Failing inputs are printed, not kept in a file.
    fn config() -> ProptestConfig {
        ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() }
    }

    proptest! {
        #![proptest_config(config())]

        /// [MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT-4.7.2-1], [MQTT-4.7.3-4]
        #[test]
        fn it_answers_as_a_plain_list_does(steps in steps(), names in vec(name(), 1..8)) {
            let mut tree = Tree::new();
            let mut list: BTreeMap<(String, Subscriber), QoS> = BTreeMap::new();
            for (subscribe, filter, who, qos) in steps {
                if subscribe {
                    let replaced = tree.insert(&filter, who, qos);
                    prop_assert_eq!(replaced, list.insert((filter, who), qos));
                } else {
                    let removed = tree.remove(&filter, who);
                    prop_assert_eq!(removed, list.remove(&(filter, who)));
                }
                prop_assert_eq!(tree.len(), list.len());
                for name in &names {
                    let mut expected: Vec<(Subscriber, QoS)> = list
                        .iter()
                        .filter(|((filter, _), _)| matches(filter, name))
                        .map(|((_, who), qos)| (*who, *qos))
                        .collect();
                    expected.sort_unstable();
                    prop_assert_eq!(find(&mut tree, name), expected, "{}", name);
                }
            }
            for ((filter, who), qos) in list {
                prop_assert_eq!(tree.remove(&filter, who), Some(qos));
            }
            prop_assert!(tree.is_empty() && tree.levels.is_bare());
        }
    }
}
