//! The timer tree: who is to be called when. It knows ids and moments, and no clock.

use std::collections::{BTreeMap, HashMap};

use crate::{ConnId, ListenerId, Now, Timer};

/// A timer of a service, or one of the loop's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// The service asked for it.
    User(Timer),
    /// A connect, or the wait after a close, has taken too long.
    Deadline(ConnId),
    /// `accept` may be tried again.
    Accept(ListenerId),
    /// A graceful stop has taken too long.
    Stop,
}

/// A timer's place in the tree; the ticket keeps timers of the same moment in order.
type Place = (Now, u64);

/// All timers of a loop.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    tree: BTreeMap<Place, Key>,
    /// Where each timer that is no connection's stands; a connection's stand in its own list.
    places: HashMap<Key, Place>,
    next_ticket: u64,
}

/// The timers of one connection, so that they die with it: kind and place. Short, hence a list.
#[derive(Debug, Default)]
pub(crate) struct ConnTimers(Vec<(Kind, Place)>);

/// Which of a connection's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The loop's own: connect or linger.
    Deadline,
    /// The service's.
    User(u8),
}

impl Kind {
    fn key(self, conn: ConnId) -> Key {
        match self {
            Self::Deadline => Key::Deadline(conn),
            Self::User(kind) => Key::User(Timer::Conn(conn, kind)),
        }
    }
}

impl Timers {
    /// The moment of the earliest timer.
    pub fn next(&self) -> Option<Now> {
        self.tree.first_key_value().map(|(&(at, _), _)| at)
    }

    /// A mark: timers set after it are not taken by [`pop_due`](Self::pop_due) before it.
    pub fn mark(&self) -> u64 {
        self.next_ticket
    }

    /// Takes the earliest timer that is due at `now` and was set before `mark`.
    ///
    /// A timer of a connection must be [forgotten](ConnTimers::forget) by its connection then.
    pub fn pop_due(&mut self, now: Now, mark: u64) -> Option<Key> {
        let place = self
            .tree
            .iter()
            .take_while(|((at, _), _)| *at <= now)
            .find(|((_, ticket), _)| *ticket < mark)
            .map(|(&place, _)| place)?;
        let key = self.tree.remove(&place)?;
        self.places.remove(&key);
        Some(key)
    }

    /// Sets or moves a timer that is no connection's.
    pub fn set(&mut self, key: Key, at: Now) {
        self.cancel(key);
        let place = self.insert(key, at);
        self.places.insert(key, place);
    }

    /// Cancels a timer that is no connection's.
    pub fn cancel(&mut self, key: Key) {
        if let Some(place) = self.places.remove(&key) {
            self.tree.remove(&place);
        }
    }

    /// Sets or moves a connection's timer.
    pub fn set_conn(&mut self, own: &mut ConnTimers, conn: ConnId, kind: Kind, at: Now) {
        self.cancel_conn(own, kind);
        // Most connections have one timer, and there are many connections.
        own.0.reserve_exact(1);
        own.0.push((kind, self.insert(kind.key(conn), at)));
    }

    /// Cancels a connection's timer.
    pub fn cancel_conn(&mut self, own: &mut ConnTimers, kind: Kind) {
        if let Some(place) = own.forget(kind) {
            self.tree.remove(&place);
        }
    }

    /// Cancels all of a connection's timers.
    pub fn cancel_all(&mut self, own: &mut ConnTimers) {
        for (_, place) in own.0.drain(..) {
            self.tree.remove(&place);
        }
    }

    fn insert(&mut self, key: Key, at: Now) -> Place {
        let place = (at, self.next_ticket);
        self.next_ticket += 1;
        self.tree.insert(place, key);
        place
    }
}

impl ConnTimers {
    /// The timer has fired, or is moved: it no longer stands in the tree.
    pub fn forget(&mut self, kind: Kind) -> Option<Place> {
        let index = self.0.iter().position(|(k, _)| *k == kind)?;
        Some(self.0.swap_remove(index).1)
    }
}

#[cfg(test)]
mod tests {
    use super::{ConnTimers, Key, Kind, Timers};
    use crate::{ConnId, Timer};
    use std::time::Duration;

    fn service(n: u64) -> Key {
        Key::User(Timer::Service(n))
    }

    fn fired(timers: &mut Timers, at: u64) -> Vec<Key> {
        let mark = timers.mark();
        std::iter::from_fn(|| timers.pop_due(Duration::from_millis(at), mark)).collect()
    }

    #[test]
    fn timers_fire_by_time_and_then_in_the_order_they_were_set() {
        let mut timers = Timers::default();
        for (n, at) in [(1, 20), (2, 10), (3, 10), (4, 30)] {
            timers.set(service(n), Duration::from_millis(at));
        }
        timers.set(service(1), Duration::from_millis(10));
        assert_eq!(fired(&mut timers, 9), []);
        assert_eq!(fired(&mut timers, 10), [service(2), service(3), service(1)]);
        timers.cancel(service(4));
        assert_eq!(fired(&mut timers, 99), []);
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn a_timer_set_while_timers_fire_waits_for_the_next_turn() {
        let mut timers = Timers::default();
        timers.set(service(1), Duration::ZERO);
        let mark = timers.mark();
        assert_eq!(timers.pop_due(Duration::ZERO, mark), Some(service(1)));
        timers.set(service(1), Duration::ZERO);
        assert_eq!(timers.pop_due(Duration::ZERO, mark), None);
        assert_eq!(fired(&mut timers, 0), [service(1)]);
    }

    #[test]
    fn a_connections_timers_die_with_it() {
        let conn = ConnId { slot: 0, generation: 1 };
        let (mut timers, mut own) = (Timers::default(), ConnTimers::default());
        timers.set_conn(&mut own, conn, Kind::User(3), Duration::from_millis(5));
        timers.set_conn(&mut own, conn, Kind::Deadline, Duration::from_millis(6));
        timers.set_conn(&mut own, conn, Kind::User(3), Duration::from_millis(7));
        assert_eq!(fired(&mut timers, 6), [Key::Deadline(conn)]);
        own.forget(Kind::Deadline);
        timers.cancel_all(&mut own);
        assert_eq!(timers.next(), None);
    }
}
