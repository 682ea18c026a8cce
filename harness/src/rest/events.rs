//! `/events`: what happens to the items, as Server-Sent Events (WHATWG HTML, 9.2).
//!
//! ```text
//!   id: 18d3f-7                      to begin with: where this client stands
//!
//!   event: put                       an item is there or another one; its id is that of the
//!   id: 18d3f-8                      entity tag: ETag "18d3f-8"
//!   data: {"id":2,"item":{"n": 1}}
//!
//!   event: delete
//!   id: 18d3f-9
//!   data: {"id":2}
//!
//!   :                                nothing happens, but the connection stands
//! ```
//! The last events are kept in one ring for all; a listener is a place in it. Who comes back with
//! `Last-Event-ID` goes on from there. If what he missed is not kept, `event: gap` says so. Who is
//! so slow that the ring overtakes him is closed, and may come back: nobody's queue grows.
//!
//! It knows the ring and the loops' bells. What an item is and who changed it is not known.

use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wirelab_http::{Answer, Answered, Next, Request, Router, Source, Status};
use wirelab_reactor::mailbox::PostError;
use wirelab_reactor::{Now, Sender};

/// Events that are kept.
const EVENTS_MAX: usize = 1024;
/// Octets of all of them together; the newest is kept however long it is.
const EVENTS_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Clients that listen at once; one more is answered 503.
const LISTENERS_MAX: usize = 500;
/// How long nothing may be sent: then a comment is, and a client that is gone is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);

#[derive(Debug, Default)]
struct Ring {
    /// What tells this server's events from those of one before it.
    era: String,
    /// Version and text, oldest first.
    events: VecDeque<(u64, Bytes)>,
    bytes: usize,
    /// The version of the newest event that is not kept.
    forgotten: u64,
    /// The version of the newest event.
    newest: u64,
    listeners: usize,
    bells: Vec<Sender<()>>,
}

/// What happens, shared by all loops.
#[derive(Clone, Debug, Default)]
pub struct Feed(Arc<Mutex<Ring>>);

impl Feed {
    /// One in which nothing has happened since `version`.
    pub fn new(era: &str, version: u64) -> Self {
        let (era, forgotten, newest) = (era.to_owned(), version, version);
        Self(Arc::new(Mutex::new(Ring { era, forgotten, newest, ..Ring::default() })))
    }

    /// A loop whose listeners are to be woken: `bell` rings it.
    pub fn add_loop(&self, bell: Sender<()>) {
        self.lock().bells.push(bell);
    }

    /// Tells of an item; `json` is what was sent.
    pub fn put(&self, version: u64, id: u64, json: &str) {
        self.tell(version, "put", &format!("{{\"id\":{id},\"item\":{json}}}"));
    }

    /// Tells that there is none any more.
    pub fn delete(&self, version: u64, id: u64) {
        self.tell(version, "delete", &format!("{{\"id\":{id}}}"));
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, version: u64, event: &str, data: &str) {
        let mut ring = self.lock();
        let text = ring.event(version, event, data);
        ring.keep(version, text);
        if ring.listeners > 0 {
            // One that is full has been rung already, and one that is gone is forgotten.
            ring.bells.retain(|bell| !matches!(bell.try_post(()), Err(PostError::Gone(()))));
        }
    }

    /// Its route.
    pub fn routes(&self, router: &mut Router) {
        let feed = self.clone();
        router.get("/events", move |request, answer| feed.listen(request, answer));
    }

    fn listen(&self, request: &Request<'_>, answer: Answer<'_>) -> Answered {
        let mut ring = self.lock();
        if ring.listeners >= LISTENERS_MAX {
            return answer.text(Status::SERVICE_UNAVAILABLE, "as many listen as may at once\n");
        }
        ring.listeners += 1;
        let last = request.fields().text("last-event-id").filter(|last| !last.is_empty());
        let (seen, first) = ring.place(last);
        drop(ring);
        let beat_at = request.now() + HEARTBEAT;
        let listener = Listener { feed: self.clone(), seen, first: Some(first), beat_at };
        answer
            .ok()
            .field("Content-Type", "text/event-stream")
            .field("Cache-Control", "no-store")
            // nginx, which asks in HTTP/1.0, would else hold all of it back.
            .field("X-Accel-Buffering", "no")
            .stream(listener)
    }
}

impl Ring {
    /// An event's lines. Its data may be of several, which CR ends as well as LF.
    fn event(&self, version: u64, event: &str, data: &str) -> Bytes {
        let mut text = format!("event: {event}\nid: {}-{version}\n", self.era);
        for line in data.split(['\n', '\r']) {
            text.extend(["data: ", line, "\n"]);
        }
        text.push('\n');
        Bytes::from(text)
    }

    fn keep(&mut self, version: u64, text: Bytes) {
        self.newest = version;
        self.bytes += text.len();
        self.events.push_back((version, text));
        while self.events.len() > EVENTS_MAX
            || self.bytes > EVENTS_BYTES_MAX && self.events.len() > 1
        {
            let Some((version, text)) = self.events.pop_front() else { break };
            self.bytes -= text.len();
            self.forgotten = version;
        }
    }

    /// What a client has seen that says this is the last that it has, and what it is told first.
    fn place(&self, last: Option<&str>) -> (u64, Bytes) {
        let Some(last) = last else {
            return (self.newest, Bytes::from(format!("id: {}-{}\n\n", self.era, self.newest)));
        };
        let version = last.strip_prefix(&*self.era).and_then(|rest| rest.strip_prefix('-'));
        let digits = |version: &&str| version.bytes().all(|octet| octet.is_ascii_digit());
        let version = version.filter(digits).and_then(|version| version.parse().ok());
        let kept = self.forgotten..=self.newest;
        if let Some(version) = version.filter(|version| kept.contains(version)) {
            return (version, Bytes::from(format!("id: {last}\n\n")));
        }
        let say = "{\"say\":\"what happened meanwhile is not kept: read /items again\"}";
        (self.newest, self.event(self.newest, "gap", say))
    }

    /// What comes after this, if it is kept.
    fn after(&self, seen: u64) -> Option<(u64, Bytes)> {
        let at = self.events.partition_point(|(version, _)| *version <= seen);
        self.events.get(at).cloned()
    }
}

/// A client that listens: a place in the ring.
#[derive(Debug)]
struct Listener {
    feed: Feed,
    seen: u64,
    first: Option<Bytes>,
    beat_at: Now,
}

impl Source for Listener {
    fn next(&mut self, now: Now) -> Next {
        let (overtaken, next) = {
            let ring = self.feed.lock();
            (self.seen < ring.forgotten, ring.after(self.seen))
        };
        let piece = match (self.first.take(), next) {
            (Some(first), _) => first,
            // It reads more slowly than things happen.
            _ if overtaken => return Next::End,
            (None, Some((version, text))) => {
                self.seen = version;
                text
            }
            (None, None) if now >= self.beat_at => Bytes::from_static(b":\n\n"),
            (None, None) => return Next::Wait(Some(self.beat_at)),
        };
        self.beat_at = now + HEARTBEAT;
        Next::Piece(piece)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.feed.lock().listeners -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{EVENTS_BYTES_MAX, EVENTS_MAX, Feed, HEARTBEAT, Listener};
    use std::time::Duration;
    use wirelab_http::{Next, Source};

    fn listener(feed: &Feed, last: Option<&str>) -> Listener {
        let mut ring = feed.lock();
        ring.listeners += 1;
        let (seen, first) = ring.place(last);
        Listener { feed: feed.clone(), seen, first: Some(first), beat_at: HEARTBEAT }
    }

    fn piece(listener: &mut Listener, now: Duration) -> Option<String> {
        match listener.next(now) {
            Next::Piece(piece) => Some(String::from_utf8(piece.to_vec()).unwrap()),
            Next::Wait(_) => None,
            other => panic!("{other:?}"),
        }
    }

    fn heard(listener: &mut Listener) -> Vec<String> {
        std::iter::from_fn(|| piece(listener, Duration::ZERO)).collect()
    }

    #[test]
    fn each_change_is_told_once() {
        let feed = Feed::new("e", 7);
        let mut early = listener(&feed, None);
        assert_eq!(heard(&mut early), ["id: e-7\n\n"]);
        feed.put(8, 2, "{\n\"n\":\r\n1}");
        feed.delete(10, 2);
        let put = "event: put\nid: e-8\ndata: {\"id\":2,\"item\":{\ndata: \"n\":\ndata: \n\
                   data: 1}}\n\n";
        let delete = "event: delete\nid: e-10\ndata: {\"id\":2}\n\n";
        assert_eq!(heard(&mut early), [put, delete]);
        assert_eq!(heard(&mut early), [""; 0]);
        // Who comes later starts later, who comes back goes on.
        assert_eq!(heard(&mut listener(&feed, None)), ["id: e-10\n\n"]);
        for (last, events) in [("e-7", &[put, delete][..]), ("e-8", &[delete]), ("e-10", &[])] {
            let own = format!("id: {last}\n\n");
            let want: Vec<&str> = [&[&*own], events].concat();
            assert_eq!(heard(&mut listener(&feed, Some(last))), want);
        }
    }

    #[test]
    fn what_is_not_kept_is_a_gap() {
        let feed = Feed::new("e", 7);
        feed.put(8, 1, "1");
        for last in ["e-6", "e-9", "d-7", "e7", "7", "e-", "e-+7", "e-99999999999999999999"] {
            let heard = heard(&mut listener(&feed, Some(last)));
            assert!(heard[0].starts_with("event: gap\nid: e-8\ndata: {"), "{last}: {heard:?}");
            assert_eq!(heard.len(), 1);
        }
    }

    #[test]
    fn the_ring_has_limits_and_who_is_overtaken_is_closed() {
        let feed = Feed::new("e", 0);
        let mut slow = listener(&feed, None);
        assert_eq!(heard(&mut slow).len(), 1);
        for version in 1..=EVENTS_MAX as u64 {
            feed.put(version, 1, "1");
        }
        assert!(piece(&mut slow, Duration::ZERO).unwrap().contains("id: e-1\n"));
        feed.put(2000, 1, "1");
        assert!(piece(&mut slow, Duration::ZERO).unwrap().contains("id: e-2\n"));
        let long = "1".repeat(60_000);
        for version in 2001..2100 {
            feed.put(version, 1, &long);
            let ring = feed.lock();
            let bytes: usize = ring.events.iter().map(|(_, text)| text.len()).sum();
            assert_eq!(ring.bytes, bytes);
            assert!(bytes <= EVENTS_BYTES_MAX);
        }
        assert!(matches!(slow.next(Duration::ZERO), Next::End));
        feed.put(2100, 1, &"1".repeat(EVENTS_BYTES_MAX));
        let mut late = listener(&feed, Some("e-2099"));
        assert_eq!(heard(&mut late).len(), 2, "the newest is kept");
        assert_eq!(feed.lock().listeners, 2);
        drop((slow, late));
        assert_eq!(feed.lock().listeners, 0);
    }

    #[test]
    fn a_silence_is_broken_by_a_comment() {
        let feed = Feed::new("e", 0);
        let mut listener = listener(&feed, None);
        assert_eq!(heard(&mut listener), ["id: e-0\n\n"]);
        let mut now = HEARTBEAT - Duration::from_millis(1);
        assert!(matches!(listener.next(now), Next::Wait(Some(HEARTBEAT))));
        assert_eq!(piece(&mut listener, HEARTBEAT).unwrap(), ":\n\n");
        now = HEARTBEAT + Duration::from_secs(9);
        feed.put(1, 1, "1");
        assert!(piece(&mut listener, now).is_some());
        assert!(matches!(listener.next(now), Next::Wait(Some(at)) if at == now + HEARTBEAT));
    }
}
