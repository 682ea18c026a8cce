//! Retained messages by topic name, and which of them a filter matches (section 3.3.1.3).
//!
//! It knows names and filters. It does not know what a message is.

use super::levels::{Levels, Node, ROOT};
use crate::topic::{MULTI, SEPARATOR, SINGLE};

/// The last retained message of each topic.
#[derive(Debug)]
pub struct Retained<M> {
    levels: Levels<Option<(Box<str>, M)>>,
    len: usize,
}

impl<M> Default for Retained<M> {
    fn default() -> Self {
        Self { levels: Levels::default(), len: 0 }
    }
}

impl<M> Retained<M> {
    /// How many topics have one.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Has none?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Sets or replaces a topic's message, and returns the one before.
    pub fn set(&mut self, topic: &str, message: M) -> Option<M> {
        let node = self.levels.make(topic);
        let before = self.levels.value_mut(node).replace((topic.into(), message));
        self.len += usize::from(before.is_none());
        before.map(|(_, message)| message)
    }

    /// Takes a topic's message away.
    pub fn clear(&mut self, topic: &str) -> Option<M> {
        let node = self.levels.find(topic)?;
        let (_, message) = self.levels.value_mut(node).take()?;
        self.levels.prune(node, Option::is_none);
        self.len -= 1;
        Some(message)
    }

    /// A topic's message.
    pub fn get(&self, topic: &str) -> Option<&M> {
        let (_, message) = self.levels.value(self.levels.find(topic)?).as_ref()?;
        Some(message)
    }

    /// Visits each message whose topic name the filter matches, in the order of the names' levels.
    pub fn find(&self, filter: &str, mut visit: impl FnMut(&str, &M)) {
        let levels: Vec<&str> = filter.split(SEPARATOR).collect();
        // Nodes to be looked at, with how many of the filter's levels have been used up.
        let mut open: Vec<(Node, usize)> = vec![(ROOT, 0)];
        while let Some((node, used)) = open.pop() {
            let level = levels.get(used).copied();
            // # includes the level above it.
            if level.is_none_or(|level| level == MULTI)
                && let Some((topic, message)) = self.levels.value(node)
            {
                visit(topic, message);
            }
            match level {
                None => {}
                Some(wild @ (SINGLE | MULTI)) => {
                    // Under # everything below matches, so the # is never used up.
                    let used = if wild == MULTI { used } else { used + 1 };
                    let rest = |(name, child): (&str, Node)| {
                        // [MQTT-4.7.2-1]
                        let hidden = node == ROOT && name.starts_with('$');
                        (!hidden).then_some((child, used))
                    };
                    open.extend(self.levels.children(node).into_iter().rev().filter_map(rest));
                }
                Some(name) => {
                    open.extend(self.levels.child(node, name).map(|child| (child, used + 1)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Retained;
    use crate::topic::{check_filter, matches};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn config() -> ProptestConfig {
        ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() }
    }

    proptest! {
        #![proptest_config(config())]

        /// [MQTT-3.3.1-5], [MQTT-3.3.1-6], [MQTT-3.3.1-10] As a list of all topics would answer.
        #[test]
        fn it_answers_as_a_list_would(
            steps in prop::collection::vec(
                ("\\$?[ab]?(/[ab]?){0,3}", prop::option::of(0..9_u32)), 0..30),
            filters in prop::collection::vec("(\\$?[ab]?|\\+)(/([ab]?|\\+)){0,3}(/#)?|#", 1..6),
        ) {
            let (mut retained, mut list) = (Retained::default(), BTreeMap::new());
            for (topic, message) in steps.iter().filter(|(topic, _)| !topic.is_empty()) {
                if let Some(message) = message {
                    prop_assert_eq!(retained.set(topic, *message),
                        list.insert(topic.as_str(), *message));
                } else {
                    prop_assert_eq!(retained.clear(topic), list.remove(topic.as_str()));
                }
                prop_assert_eq!(retained.get(topic), list.get(topic.as_str()));
            }
            prop_assert_eq!(retained.len(), list.len());
            for filter in filters.iter().filter(|filter| check_filter(filter).is_ok()) {
                let mut found = Vec::new();
                retained.find(filter, |topic, message| found.push((topic.to_owned(), *message)));
                found.sort();
                let expected: Vec<(String, u32)> = list.iter()
                    .filter(|(topic, _)| matches(filter, topic))
                    .map(|(topic, message)| ((*topic).to_owned(), *message)).collect();
                prop_assert_eq!(found, expected, "{}", filter);
            }
            for topic in list.keys() {
                retained.clear(topic);
            }
            prop_assert_eq!(retained.levels.len(), 1, "only the root is left");
        }
    }
}
