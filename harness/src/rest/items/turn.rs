//! What a turn of the loop has changed: on the disk in one commit, before any answer of it leaves.
//!
//! ```text
//!   requests of a turn ──► changes, in memory ──► turn's end: one commit ──► events, answers
//!                                                      └─ fails: taken back, nobody is answered
//! ```
//! Another loop may have read what this one has changed, and must not tell it either before it is
//! on the disk: each loop notes the version that its answers rest on.
//!
//! It knows versions and the store. Requests and entity tags are not known.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use wirelab_http::Unkept;

use super::{Collection, Item, Items};

/// Octets that changes hold besides the items themselves; beyond that a commit does not wait.
const PENDING_BYTES_MAX: usize = 4 * 1024 * 1024;
/// And changes, however small: a turn can bring as many as there are clients times their requests.
const PENDING_MAX: usize = 4096;

/// The disk has not taken a change.
#[derive(Debug)]
pub(super) struct NotKept;

/// A change that is not on the disk yet.
#[derive(Debug)]
struct Change {
    version: u64,
    id: u64,
    /// To be put back if it never gets there.
    before: Option<Item>,
    /// What is to be told of when it is: the item's text.
    after: Option<Arc<str>>,
}

/// Changes since the last commit.
#[derive(Debug, Default)]
pub(super) struct Pending {
    changes: Vec<Change>,
    bytes: usize,
    /// All changes up to this version are on the disk.
    kept: u64,
    /// The disk has failed once: redb takes nothing more until the file is opened anew.
    failed: bool,
}

impl Pending {
    /// With a store that has all changes up to `version`.
    pub fn since(version: u64) -> Self {
        Self { kept: version, ..Self::default() }
    }
}

/// One loop's part in a collection.
#[derive(Clone, Debug)]
pub struct Turn {
    collection: Collection,
    /// The newest version that an answer of this turn rests on and that is not on the disk; or 0.
    rests_on: Rc<Cell<u64>>,
}

impl Turn {
    /// For a loop.
    pub(super) fn new(collection: Collection) -> Self {
        Self { collection, rests_on: Rc::default() }
    }

    /// Does what a request asks for.
    pub(super) fn act<R>(&self, act: impl FnOnce(&mut Items) -> R) -> R {
        let mut items = self.collection.lock();
        let result = act(&mut items);
        if !items.pending.changes.is_empty() {
            self.rests_on.set(items.numbers.version);
        }
        result
    }

    /// Must its answers wait for [`end`](Self::end)?
    pub fn holds(&self) -> bool {
        self.rests_on.get() > 0
    }

    /// Has all that was answered in this turn on the disk.
    ///
    /// # Errors
    /// When that cannot be; the changes are taken back.
    pub fn end(&self) -> Result<(), Unkept> {
        let rests_on = self.rests_on.take();
        if rests_on == 0 {
            return Ok(());
        }
        let mut items = self.collection.lock();
        // Another loop's turn may have ended first, and has committed for both.
        items.commit();
        if items.pending.kept < rests_on { Err(Unkept) } else { Ok(()) }
    }
}

impl Items {
    /// Puts an item in its place, or with `None` takes it out.
    pub(super) fn change(&mut self, id: u64, item: Option<Item>) -> Result<(), NotKept> {
        if self.pending.failed {
            return Err(NotKept);
        }
        self.numbers.version += 1;
        let version = self.numbers.version;
        let after = item.as_ref().map(|item| item.text.clone());
        let before = self.put(id, item);
        if self.store.is_none() {
            self.tell(version, id, after.as_deref());
            return Ok(());
        }
        let size = |text: Option<&Arc<str>>| text.map_or(0, |text| text.len());
        self.pending.bytes += size(after.as_ref()) + size(before.as_ref().map(|item| &item.text));
        self.pending.changes.push(Change { version, id, before, after });
        let Pending { changes, bytes, .. } = &self.pending;
        if *bytes > PENDING_BYTES_MAX || changes.len() >= PENDING_MAX {
            self.commit();
        }
        if self.pending.failed { Err(NotKept) } else { Ok(()) }
    }

    /// What was there before is returned.
    fn put(&mut self, id: u64, item: Option<Item>) -> Option<Item> {
        self.bytes += item.as_ref().map_or(0, |item| item.text.len());
        let before = match item {
            Some(item) => self.by_id.insert(id, item),
            None => self.by_id.remove(&id),
        };
        self.bytes -= before.as_ref().map_or(0, |item| item.text.len());
        before
    }

    fn tell(&self, version: u64, id: u64, text: Option<&str>) {
        match text {
            Some(text) => self.feed.put(version, id, text),
            None => self.feed.delete(version, id),
        }
    }

    /// Has all changes on the disk, or takes them back.
    pub(super) fn commit(&mut self) {
        let Some(store) = self.store.as_ref().filter(|_| !self.pending.changes.is_empty()) else {
            return;
        };
        let changes = std::mem::take(&mut self.pending.changes);
        self.pending.bytes = 0;
        let ids: BTreeSet<u64> = changes.iter().map(|change| change.id).collect();
        let rows = ids.into_iter().map(|id| (id, self.by_id.get(&id)));
        match store.commit(rows, self.numbers) {
            Ok(()) => {
                self.pending.kept = self.numbers.version;
                for Change { version, id, after, .. } in changes {
                    self.tell(version, id, after.as_deref());
                }
            }
            Err(why) => {
                self.pending.failed = true;
                log::error!("{why}; make that good and start the server again: it only reads now");
                for Change { id, before, .. } in changes.into_iter().rev() {
                    self.put(id, before);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Collection, Items, PENDING_BYTES_MAX, PENDING_MAX, Turn};
    use std::time::Duration;

    fn texts(items: &Items) -> Vec<(u64, String)> {
        items.by_id.iter().map(|(id, item)| (*id, item.text.to_string())).collect()
    }

    #[test]
    fn one_commit_is_for_all_of_a_turn_and_for_who_has_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("items.db");
        let collection = Collection::open(&file, Duration::ZERO).unwrap();
        let [writer, reader, idle] = [(); 3].map(|()| Turn::new(collection.clone()));
        idle.act(|items| assert!(items.by_id.is_empty()));
        assert!(!idle.holds(), "nothing is on the way to the disk");
        writer.act(|items| items.keep(1, "1").unwrap());
        writer.act(|items| items.keep(2, "2").unwrap());
        writer.act(|items| items.keep(1, "3").unwrap());
        reader.act(|items| assert_eq!(items.by_id.len(), 2));
        assert!(writer.holds() && reader.holds() && !idle.holds());
        // The reader's turn ends first: what it tells must be on the disk then.
        assert!(reader.end().is_ok() && !reader.holds());
        assert!(collection.lock().pending.changes.is_empty());
        assert!(writer.end().is_ok() && !writer.holds());
        writer.act(|items| items.change(2, None).unwrap());
        assert!(writer.end().is_ok());
        let all = texts(&collection.lock());
        assert_eq!(all, [(1, "3".to_owned())]);
        drop((collection, writer, reader, idle));
        let again = Collection::open(&file, Duration::ZERO).unwrap();
        assert_eq!(texts(&again.lock()), all);
        assert_eq!(again.lock().numbers.version, 4, "each change counts");
    }

    #[test]
    fn what_waits_for_the_disk_is_limited() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("items.db");
        let collection = Collection::open(&file, Duration::ZERO).unwrap();
        let turn = Turn::new(collection.clone());
        let waiting = || {
            let items = collection.lock();
            (items.pending.changes.len(), items.pending.bytes, items.pending.kept)
        };
        for _ in 1..PENDING_MAX {
            turn.act(|items| items.keep(1, "1").unwrap());
        }
        assert_eq!((waiting().0, waiting().2), (PENDING_MAX - 1, 0));
        turn.act(|items| items.keep(1, "1").unwrap());
        assert_eq!(waiting(), (0, 0, PENDING_MAX as u64), "so many small ones");
        let long = "1".repeat(PENDING_BYTES_MAX / 4);
        for id in 2..=5 {
            turn.act(|items| items.keep(id, &long).unwrap());
        }
        assert_eq!(waiting().1, PENDING_BYTES_MAX);
        turn.act(|items| items.keep(6, "1").unwrap());
        assert_eq!((waiting().0, waiting().1), (0, 0), "so many octets");
        assert!(turn.end().is_ok());
    }

    #[test]
    fn without_a_file_nothing_waits() {
        let turn = Turn::new(Collection::new(Duration::ZERO));
        turn.act(|items| items.keep(1, "1").unwrap());
        assert!(!turn.holds() && turn.end().is_ok());
    }
}
