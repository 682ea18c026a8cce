//! Who gets the messages of a topic: the tree's answer, kept until it may have changed.
//!
//! ```text
//!   topic --> Route { epoch 17, targets: (session 3, QoS 1), (session 9, QoS 0) }
//! ```
//! The broker counts epochs: every subscription that is made or taken back and every change of
//! the access rules begins a new one, and routes of earlier epochs are found anew.
//!
//! It knows topics and sessions' places. It does not know the tree.

use std::collections::HashMap;
use std::rc::Rc;

use super::sessions::Key;
use crate::limits::ROUTES_MAX;
use crate::packet::QoS;

/// Where the messages of one topic go.
#[derive(Debug)]
pub(super) struct Route {
    pub topic: Rc<str>,
    pub epoch: u64,
    /// In ascending order of sessions.
    pub targets: Vec<(Key, QoS)>,
}

/// The routes that are known.
#[derive(Debug, Default)]
pub(super) struct Routes(HashMap<Rc<str>, Rc<Route>>);

impl Routes {
    /// The topic's route, if it was found in this epoch.
    pub fn get(&self, topic: &str, epoch: u64) -> Option<Rc<Route>> {
        self.0.get(topic).filter(|route| route.epoch == epoch).cloned()
    }

    /// Remembers where a topic's messages go.
    pub fn put(&mut self, topic: &str, epoch: u64, targets: Vec<(Key, QoS)>) -> Rc<Route> {
        if self.0.len() >= ROUTES_MAX {
            self.0.clear();
        }
        let topic: Rc<str> = match self.0.get_key_value(topic) {
            Some((topic, _)) => topic.clone(),
            None => topic.into(),
        };
        let route = Rc::new(Route { topic: topic.clone(), epoch, targets });
        self.0.insert(topic, route.clone());
        route
    }
}

/// Makes one target of several subscriptions of one session.
pub(super) fn merge(found: &mut Vec<(Key, QoS)>) {
    // [MQTT-3.3.5-1] One delivery, at the highest QoS of the subscriptions that match.
    found.sort_unstable_by_key(|&(session, qos)| (session, std::cmp::Reverse(qos)));
    found.dedup_by_key(|&mut (session, _)| session);
}
