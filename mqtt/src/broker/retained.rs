//! The retained messages: the last one of each topic name, found by filters.
//!
//! ```text
//!   find sport/+/#       (root) ── sport ─┬─ tennis ─┬─ player1      sport: one level by name
//!                                         │          └─ player2      +:     all children
//!                                         └─ chess                   #:     all that is below
//! ```
//!
//! The subscription tree turned round: there filters are kept and a name is looked up, here names
//! are kept and a filter is. What a message is, and that an empty one is never kept, is the
//! broker's.

use std::mem;
use std::rc::Rc;

use super::levels::{Levels, NodeId, ROOT};
use crate::topic::{self, MULTI, SEPARATOR, SINGLE};

/// The retained messages, each an `M`.
///
/// ```
/// use wirelab_mqtt::broker::Retained;
///
/// let mut retained = Retained::new();
/// retained.set("sport/tennis".into(), "6:4");
/// retained.set("sport/chess".into(), "remis");
/// retained.find("sport/+", |topic, message| println!("{topic}: {message}"));
/// ```
#[derive(Debug)]
pub struct Retained<M> {
    levels: Levels<Option<(Rc<str>, M)>>,
    len: usize,
    topic_levels: usize,
}

impl<M> Default for Retained<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M> Retained<M> {
    /// Without messages.
    pub fn new() -> Self {
        Self { levels: Levels::new(), len: 0, topic_levels: 0 }
    }

    /// Keeps a message in place of the topic's earlier one, which is returned [MQTT-3.3.1-5]. The
    /// name is taken for valid.
    pub fn set(&mut self, topic: Rc<str>, message: M) -> Option<M> {
        let at = self.levels.enter(&topic);
        let count = topic::levels(&topic);
        let before = self.levels.value(at).replace((topic, message));
        if before.is_none() {
            self.len += 1;
            self.topic_levels += count;
        }
        before.map(|(_, message)| message)
    }

    /// Gives the topic's message up, and returns it [MQTT-3.3.1-10].
    pub fn clear(&mut self, topic: &str) -> Option<M> {
        let at = self.levels.find(topic)?;
        let (_, message) = self.levels.value(at).take()?;
        self.levels.prune(topic, at, Option::is_none);
        self.len -= 1;
        self.topic_levels -= topic::levels(topic);
        Some(message)
    }

    /// Levels of all topic names together, which is what the trie's memory grows with.
    pub fn topic_levels(&self) -> usize {
        self.topic_levels
    }

    /// The topic's message.
    pub fn get(&self, topic: &str) -> Option<&M> {
        let (_, message) = self.levels.node(self.levels.find(topic)?).value.as_ref()?;
        Some(message)
    }

    /// Visits the message of every topic that matches [MQTT-3.3.1-6], those of one level in the
    /// order in which their names first came. The filter is taken for valid.
    pub fn find(&self, filter: &str, mut visit: impl FnMut(&Rc<str>, &M)) {
        let mut frontier = vec![ROOT];
        let mut further = Vec::new();
        for level in filter.split(SEPARATOR) {
            further.clear();
            for at in &frontier {
                match level {
                    SINGLE => further.extend(self.below(*at)),
                    // The parent, too: `sport/#` matches `sport`. The root is no topic.
                    MULTI if *at == ROOT => further.extend(self.below(ROOT)),
                    MULTI => further.push(*at),
                    name => further.extend(self.levels.child(*at, name)),
                }
            }
            mem::swap(&mut frontier, &mut further);
        }
        let all_below = filter.ends_with(MULTI);
        for top in frontier {
            let depth = if all_below { usize::MAX } else { 1 };
            for at in self.levels.subtree(top).take(depth) {
                if let Some((topic, message)) = &self.levels.node(at).value {
                    visit(topic, message);
                }
            }
        }
    }

    /// The children that a wildcard stands for.
    fn below(&self, parent: NodeId) -> impl Iterator<Item = NodeId> {
        // [MQTT-4.7.2-1] In the first level, not those that begin with $.
        let hides = move |at: &NodeId| parent == ROOT && self.levels.node(*at).dollar;
        self.levels.children(parent).filter(move |at| !hides(at))
    }

    /// All of them, also those of `$` topics.
    pub fn iter(&self) -> impl Iterator<Item = (&Rc<str>, &M)> {
        self.levels.subtree(ROOT).filter_map(|at| {
            let (topic, message) = self.levels.node(at).value.as_ref()?;
            Some((topic, message))
        })
    }

    /// Messages.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Are there no messages?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::Retained;
    use crate::topic::{check_filter, check_name, matches};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn find(retained: &Retained<u32>, filter: &str) -> Vec<(String, u32)> {
        let mut found = Vec::new();
        retained.find(filter, |topic, message| found.push((topic.to_string(), *message)));
        found
    }

    fn topics(retained: &Retained<u32>, filter: &str) -> Vec<String> {
        find(retained, filter).into_iter().map(|(topic, _)| topic).collect()
    }

    /// [MQTT-3.3.1-6], [MQTT-4.7.2-1] Each level's names in the order in which they first came.
    #[test]
    fn a_filter_visits_what_it_matches_in_a_stable_order() {
        let mut retained = Retained::new();
        let names = ["b/x", "a", "$SYS/x", "b", "a/y/z", "/", "b/w", "b/x/1", "$"];
        for (n, name) in (0..).zip(names) {
            retained.set(name.into(), n);
        }
        retained.set("b/x".into(), 10);
        assert_eq!(topics(&retained, "#"), ["b", "b/x", "b/x/1", "b/w", "a", "a/y/z", "/"]);
        assert_eq!(topics(&retained, "+"), ["b", "a"]);
        assert_eq!(topics(&retained, "+/+"), ["b/x", "b/w", "/"]);
        assert_eq!(topics(&retained, "b/#"), ["b", "b/x", "b/x/1", "b/w"]);
        assert_eq!(topics(&retained, "+/x/#"), ["b/x", "b/x/1"]);
        assert_eq!(topics(&retained, "$SYS/#"), ["$SYS/x"]);
        assert_eq!(topics(&retained, "$"), ["$"]);
        assert_eq!(find(&retained, "b/x"), [("b/x".to_owned(), 10)]);
        let all: Vec<&str> = retained.iter().map(|(topic, _)| &**topic).collect();
        assert_eq!(all.len(), names.len());
        assert!(all.contains(&"$SYS/x") && all.contains(&"$"), "{all:?}");
    }

    /// Each byte of the longest topic is a level's end; a stack would not hold that.
    #[test]
    fn the_deepest_topic_is_as_good_as_any() {
        let name = "/".repeat(65_535);
        let mut retained = Retained::new();
        retained.set(name.as_str().into(), 1);
        assert_eq!(topics(&retained, "#"), [name.as_str()]);
        assert_eq!(topics(&retained, &format!("{}#", "+/".repeat(32_767))), [name.as_str()]);
        assert_eq!(topics(&retained, &name), [name.as_str()]);
        assert_eq!(retained.clear(&name), Some(1));
        assert!(retained.levels.is_bare());
        retained.set(name.into(), 1);
        drop(retained);
    }

    fn topic(wild: bool) -> impl Strategy<Value = String> {
        let names = ["", "a", "b", "$s", "+", "+"];
        let level = prop::sample::select(names[..if wild { 6 } else { 4 }].to_vec());
        (vec(level, 0..6), any::<bool>())
            .prop_map(move |(mut levels, rest)| {
                levels.extend((wild && rest).then_some("#"));
                levels.join("/")
            })
            .prop_filter("a topic", move |topic| {
                if wild { check_filter(topic).is_ok() } else { check_name(topic).is_ok() }
            })
    }

    /// Failing inputs are printed, not kept in a file.
    fn config() -> ProptestConfig {
        ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() }
    }

    proptest! {
        #![proptest_config(config())]

        /// [MQTT-3.3.1-5], [MQTT-3.3.1-6], [MQTT-3.3.1-10], [MQTT-4.7.2-1]
        #[test]
        fn it_answers_as_a_plain_map_does(
            steps in vec((prop::bool::weighted(0.7), topic(false), any::<u32>()), 0..60),
            filters in vec(topic(true), 1..8),
        ) {
            let mut retained = Retained::new();
            let mut map: BTreeMap<String, u32> = BTreeMap::new();
            for (set, topic, message) in steps {
                if set {
                    let before = retained.set(topic.as_str().into(), message);
                    prop_assert_eq!(before, map.insert(topic.clone(), message));
                } else {
                    prop_assert_eq!(retained.clear(&topic), map.remove(&topic));
                }
                prop_assert_eq!(retained.get(&topic), map.get(&topic));
                prop_assert_eq!((retained.len(), retained.is_empty()), (map.len(), map.is_empty()));
                for filter in &filters {
                    let mut found = find(&retained, filter);
                    found.sort_unstable();
                    let matching = map.iter().filter(|(topic, _)| matches(filter, topic));
                    let expected: Vec<(String, u32)> =
                        matching.map(|(topic, message)| (topic.clone(), *message)).collect();
                    prop_assert_eq!(found, expected, "{}", filter);
                }
            }
            let mut all: Vec<_> = retained.iter().map(|(t, m)| (t.to_string(), *m)).collect();
            all.sort_unstable();
            prop_assert_eq!(all, map.clone().into_iter().collect::<Vec<_>>());
            for (topic, message) in map {
                prop_assert_eq!(retained.clear(&topic), Some(message));
            }
            prop_assert!(retained.is_empty() && retained.levels.is_bare());
        }
    }
}
