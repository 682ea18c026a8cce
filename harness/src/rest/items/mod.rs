//! `/items`: a collection as REST means it. Each item is the JSON that was sent, octet for octet,
//! with an entity tag that changes whenever it does.
//!
//! ```text
//!   GET    /items        200, all: [{"id":1,"item":…}]
//!   POST   /items        201, Location, ETag
//!   GET    /items/{id}   200, ETag; 304 to who has it (If-None-Match)
//!   PUT    /items/{id}   201 or 204, ETag; 412 to who had an older one (If-Match)
//!   DELETE /items/{id}   204; 412 likewise
//! ```
//! Who sends `If-Match` with what he has read never overwrites what he has not seen, also not what
//! a server has that was started since.
//!
//! Items are in memory; with a `store` they are also on the disk: what is answered has been
//! committed, and what could not be committed has not happened. One commit is for all that a `turn`
//! of the loop has changed, so that many clients wait for the disk together.
//!
//! It knows JSON and entity tags. Connections are not known.

mod content;
mod store;
mod turn;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wirelab_http::{Answer, Answered, Method, Request, Router, Status};

use super::conditions::{self, State};
use super::events::Feed;
use store::{Numbers, Store};
pub use turn::Turn;
use turn::{NotKept, Pending};

/// Items that are kept at most; then 507.
const ITEMS_MAX: usize = 10_000;
/// Octets of one item; then 413.
pub const ITEM_MAX: u64 = 64 * 1024;
/// Octets of all items together; then 507. A list is built whole.
const ITEMS_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The largest id: what every reader of JSON takes for a whole number.
pub const ID_MAX: u64 = 1 << 53;

/// Stands in every answer that a cache might keep: it is to ask here, by the tag, before it uses
/// that again. Without this a proxy would take an item for fresh as long as it sees fit.
const FRESH: (&str, &str) = ("Cache-Control", "no-cache");

/// One item as it was sent.
#[derive(Debug)]
struct Item {
    text: Arc<str>,
    /// Its entity tag: no two states of an item have the same.
    tag: String,
}

impl Item {
    /// What conditions are held against. Nobody keeps when it was modified.
    fn state(&self) -> State<'_> {
        State { tag: Some(&self.tag), modified: None }
    }
}

#[derive(Debug, Default)]
struct Items {
    by_id: BTreeMap<u64, Item>,
    /// Octets of all of them.
    bytes: usize,
    numbers: Numbers,
    /// What tells this server's tags from those of one before it: also of one whose file was a
    /// copy of this one's.
    era: String,
    store: Option<Store>,
    /// Who wants to hear of changes.
    feed: Feed,
    /// What the store has not yet.
    pending: Pending,
}

/// The collection, shared by all loops.
#[derive(Clone, Debug)]
pub struct Collection(Arc<Mutex<Items>>);

impl Collection {
    /// An empty one. `era` is to be another for each start of the server: the time will do.
    pub fn new(era: Duration) -> Self {
        let era = format!("{:x}", era.as_nanos());
        let feed = Feed::new(&era, 0);
        Self(Arc::new(Mutex::new(Items { era, feed, ..Items::default() })))
    }

    /// What is in the file, and to be kept there.
    ///
    /// # Errors
    /// When the file cannot be used; it is then left as it is.
    pub fn open(path: &Path, era: Duration) -> Result<Self, String> {
        let (store, (by_id, numbers)) = Store::open(path)?;
        let collection = Self::new(era);
        let mut items = collection.lock();
        items.bytes = by_id.values().map(|item| item.text.len()).sum();
        items.feed = Feed::new(&items.era, numbers.version);
        items.pending = Pending::since(numbers.version);
        (items.by_id, items.numbers, items.store) = (by_id, numbers, Some(store));
        drop(items);
        Ok(collection)
    }

    /// What happens to it.
    pub fn feed(&self) -> Feed {
        self.lock().feed.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Items> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its routes, for one loop: which must end its turns as [`Turn`] says.
    pub fn routes(&self, router: &mut Router) -> Turn {
        let whole = Turn::new(self.clone());
        let turn = whole.clone();
        router.get("/items", move |_, answer| turn.act(|items| items.list(answer)));
        let turn = whole.clone();
        router.on_limited(Method::Post, "/items", ITEM_MAX, move |request, answer| {
            turn.act(|items| items.create(request, answer))
        });
        let turn = whole.clone();
        router.get("/items/{id}", move |request, answer| {
            turn.act(|items| items.show(request, answer))
        });
        let turn = whole.clone();
        router.on_limited(Method::Put, "/items/{id}", ITEM_MAX, move |request, answer| {
            turn.act(|items| items.replace(request, answer))
        });
        let turn = whole.clone();
        router.delete("/items/{id}", move |request, answer| {
            turn.act(|items| items.remove(request, answer))
        });
        whole
    }
}

impl Items {
    fn list(&self, answer: Answer<'_>) -> Answered {
        let mut text = String::from("[");
        for (n, (id, item)) in self.by_id.iter().enumerate() {
            let comma = if n > 0 { "," } else { "" };
            // Writing to a string does not fail.
            let _ = write!(text, "{comma}{{\"id\":{id},\"item\":{}}}", item.text);
        }
        text.push(']');
        answer
            .ok()
            .field(FRESH.0, FRESH.1)
            .field("Content-Type", "application/json")
            .body(text.as_bytes())
    }

    /// [9110-9.3.3-01] A condition speaks of an item, and this one is yet to be: none counts.
    fn create(&mut self, request: &Request<'_>, answer: Answer<'_>) -> Answered {
        let text = match content::json(request) {
            Ok(text) => text,
            Err(refusal) => return refusal.answered(answer),
        };
        let Some(id) = self.free_id().filter(|_| self.has_room(None, text)) else {
            return full(answer);
        };
        self.numbers.last_id = id;
        let tag = match self.keep(id, text) {
            Ok(tag) => tag,
            Err(NotKept) => return not_kept(answer),
        };
        answer
            .status(Status::CREATED)
            .field("Location", format!("/items/{id}"))
            .field("ETag", tag)
            .field("Content-Type", "application/json")
            .body(text.as_bytes())
    }

    fn show(&self, request: &Request<'_>, answer: Answer<'_>) -> Answered {
        let Some(item) = id(request).and_then(|id| self.by_id.get(&id)) else {
            return absent(answer);
        };
        match conditions::failed(request, Some(item.state())) {
            Some(Status::NOT_MODIFIED) => answer
                .status(Status::NOT_MODIFIED)
                .field(FRESH.0, FRESH.1)
                .field("ETag", &item.tag)
                .body(b""),
            Some(status) => answer.text(status, "it is another one by now\n"),
            None => answer
                .ok()
                .field(FRESH.0, FRESH.1)
                .field("ETag", &item.tag)
                .field("Content-Type", "application/json")
                .body(item.text.as_bytes()),
        }
    }

    /// [9110-9.3.4-01] [9110-9.3.4-02] 201 for a new one, 204 for one that was there.
    fn replace(&mut self, request: &Request<'_>, answer: Answer<'_>) -> Answered {
        // [9110-14.5-01] A part of it would be taken for the whole.
        if request.fields().get("content-range").is_some() {
            return answer.text(Status::BAD_REQUEST, "parts of an item are not taken\n");
        }
        let Some(id) = id(request) else {
            return answer.text(Status::NOT_FOUND, "an item's id is a number from 1\n");
        };
        let text = match content::json(request) {
            Ok(text) => text,
            Err(refusal) => return refusal.answered(answer),
        };
        let before = self.by_id.get(&id);
        if let Some(status) = conditions::failed(request, before.map(Item::state)) {
            return answer.text(status, "it is another one by now: read it again\n");
        }
        let is_new = before.is_none();
        if !self.has_room(before, text) {
            return full(answer);
        }
        // [9110-9.3.4-04] It is kept as it came, so its tag may be told.
        let tag = match self.keep(id, text) {
            Ok(tag) => tag,
            Err(NotKept) => return not_kept(answer),
        };
        let status = if is_new { Status::CREATED } else { Status::NO_CONTENT };
        answer.status(status).field("ETag", tag).body(b"")
    }

    /// [9110-9.3.5-01]
    fn remove(&mut self, request: &Request<'_>, answer: Answer<'_>) -> Answered {
        let there = id(request).and_then(|id| Some((id, self.by_id.get(&id)?)));
        let Some((id, item)) = there else { return absent(answer) };
        if let Some(status) = conditions::failed(request, Some(item.state())) {
            return answer.text(status, "it is another one by now: read it again\n");
        }
        match self.change(id, None) {
            Ok(()) => answer.empty(Status::NO_CONTENT),
            Err(NotKept) => not_kept(answer),
        }
    }

    /// Returns the item's new tag.
    fn keep(&mut self, id: u64, text: &str) -> Result<String, NotKept> {
        let tag = format!("\"{}-{}\"", self.era, self.numbers.version + 1);
        self.change(id, Some(Item { text: text.into(), tag: tag.clone() }))?;
        Ok(tag)
    }

    /// The next id that nobody has taken by a PUT; none is given twice.
    fn free_id(&self) -> Option<u64> {
        (self.numbers.last_id + 1..=ID_MAX).find(|id| !self.by_id.contains_key(id))
    }

    /// Is there room for this, in place of that?
    fn has_room(&self, before: Option<&Item>, text: &str) -> bool {
        let items = self.by_id.len() + usize::from(before.is_none());
        let bytes = self.bytes - before.map_or(0, |item| item.text.len()) + text.len();
        items <= ITEMS_MAX && bytes <= ITEMS_BYTES_MAX
    }
}

fn absent(answer: Answer<'_>) -> Answered {
    answer
        .status(Status::NOT_FOUND)
        .field(FRESH.0, FRESH.1)
        .field("Content-Type", "text/plain; charset=utf-8")
        .body(b"there is no such item\n")
}

fn full(answer: Answer<'_>) -> Answered {
    answer.text(Status::INSUFFICIENT_STORAGE, "there is no room for it\n")
}

fn not_kept(answer: Answer<'_>) -> Answered {
    answer.text(Status::SERVICE_UNAVAILABLE, "the disk has not taken it\n")
}

/// The id in the path: digits, as they are written in `Location`.
fn id(request: &Request<'_>) -> Option<u64> {
    let text = request.param("id")?;
    let id = text.parse::<u64>().ok().filter(|id| (1..=ID_MAX).contains(id))?;
    // Not +1, and not 01: each item has one name.
    (id.to_string() == text).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::{Collection, ID_MAX, ITEM_MAX, ITEMS_BYTES_MAX, ITEMS_MAX, Items};
    use std::time::Duration;

    #[test]
    fn a_collection_has_limits() {
        let mut items = Items::default();
        for id in 1..=ITEMS_MAX as u64 {
            assert!(items.has_room(None, "1"));
            items.keep(id, "1").unwrap();
        }
        assert!(!items.has_room(None, "1"), "so many, and no more");
        assert!(items.has_room(items.by_id.get(&1), "22"), "another one in its place");

        let mut items = Items::default();
        let large = "1".repeat(ITEM_MAX as usize);
        let most = ITEMS_BYTES_MAX / large.len();
        for id in 1..=most as u64 {
            assert!(items.has_room(None, &large));
            items.keep(id, &large).unwrap();
        }
        assert!(!items.has_room(None, "1"), "so many octets, and no more");
        assert!(items.has_room(items.by_id.get(&1), &large), "as many in its place");
        items.keep(1, "1").unwrap();
        assert!(items.has_room(None, "1"), "what is replaced makes room");
    }

    #[test]
    fn ids_are_given_as_long_as_there_are_any() {
        let mut items = Items::default();
        items.numbers.last_id = ID_MAX - 2;
        items.keep(ID_MAX - 1, "1").unwrap();
        assert_eq!(items.free_id(), Some(ID_MAX));
        items.numbers.last_id = ID_MAX;
        assert_eq!(items.free_id(), None);
    }

    /// Each state has a tag of its own, and each server's are its own.
    #[test]
    fn tags_are_not_used_twice() {
        let (mut one, mut other) = (Items::default(), Items::default());
        (one.era, other.era) = ("a".to_owned(), "b".to_owned());
        let tags = [one.keep(1, "1"), one.keep(1, "1"), one.keep(2, "1"), other.keep(1, "1")];
        let tags = tags.map(Result::unwrap);
        let mut different = tags.to_vec();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), tags.len(), "{tags:?}");
    }

    #[test]
    fn a_restart_changes_nothing_and_repeats_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("items.db");
        // A clock that stands still must not matter.
        let start = || Collection::open(&file, Duration::ZERO).unwrap();
        let (mut tags, mut last) = (Vec::new(), Vec::new());
        for round in 0..3 {
            let collection = start();
            let mut items = collection.lock();
            let found: Vec<_> = items.by_id.values().map(|item| item.tag.clone()).collect();
            assert_eq!(found, last, "round {round}: what was there has kept its tag");
            let id = items.free_id().unwrap();
            assert_eq!(id, 2 * round + 1, "an id that nobody had");
            items.numbers.last_id = id + 1;
            tags.push(items.keep(id, "[1, 2]").unwrap());
            tags.push(items.keep(id, "2").unwrap());
            tags.push(items.keep(id + 1, "3").unwrap());
            items.change(id + 1, None).unwrap();
            items.commit();
            last = items.by_id.values().map(|item| item.tag.clone()).collect();
            assert_eq!(items.bytes, items.by_id.len());
        }
        assert_eq!(last.len(), 3);
        let all = tags.len();
        tags.sort();
        tags.dedup();
        assert_eq!(tags.len(), all, "no tag was given twice");
    }
}
