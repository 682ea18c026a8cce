//! `--data FILE`: the collection as a file of redb. A change is on the disk when it is answered.
//!
//! ```text
//!   items     id   -> entity tag, text
//!   numbers   name -> the largest id that POST has given; the count of all changes
//! ```
//! Each item keeps its tag, so that one read before a restart means the same after it.
//!
//! It knows rows. It does not know requests, nor what is a condition.

use redb::{ReadTransaction, ReadableTable, TableDefinition, WriteTransaction};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::{ID_MAX, Item};
use crate::redb_file::{Kind, Problem, RedbFile, senseless};

const ITEMS: TableDefinition<'_, u64, (&str, &str)> = TableDefinition::new("items");
const NUMBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("numbers");
const LAST_ID: &str = "last id";
const VERSION: &str = "version";

/// The numbers that are never given twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    /// The largest id that POST has given.
    pub last_id: u64,
    /// Counts all changes.
    pub version: u64,
}

/// All items of a file, and its numbers.
pub(super) type Content = (BTreeMap<u64, Item>, Numbers);

/// A collection's file.
#[derive(Debug)]
pub(super) struct Store(RedbFile);

impl Store {
    /// Opens the file, or makes it; all of it is read and checked.
    ///
    /// # Errors
    /// When it is in use, damaged, or no collection's; it is then left as it is.
    pub fn open(path: &Path) -> Result<(Self, Content), String> {
        let tables = |transaction: &WriteTransaction| {
            transaction.open_table(ITEMS)?;
            transaction.open_table(NUMBERS)?;
            Ok(())
        };
        let (file, content) = RedbFile::open(path, Kind::Items, tables, content)?;
        Ok((Self(file), content))
    }

    /// Keeps each row's item, or with `None` takes it out; the numbers go with them, all or
    /// nothing.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn commit<'a>(
        &self,
        rows: impl IntoIterator<Item = (u64, Option<&'a Item>)>,
        numbers: Numbers,
    ) -> Result<(), String> {
        self.0.commit(|transaction| {
            let mut items = transaction.open_table(ITEMS)?;
            for (id, item) in rows {
                match item {
                    Some(item) => drop(items.insert(id, (&*item.tag, &*item.text))?),
                    None => drop(items.remove(id)?),
                }
            }
            let mut table = transaction.open_table(NUMBERS)?;
            table.insert(LAST_ID, numbers.last_id)?;
            table.insert(VERSION, numbers.version)?;
            Ok(())
        })
    }
}

fn content(transaction: &ReadTransaction) -> Result<Content, Problem> {
    let (mut items, mut tags) = (BTreeMap::new(), HashSet::new());
    for row in transaction.open_table(ITEMS)?.iter()? {
        let (id, value) = row?;
        let (id, (tag, text)) = (id.value(), value.value());
        if !(1..=ID_MAX).contains(&id) {
            return senseless(format!("an item whose id is {id}"));
        }
        // It will stand in a field, between quotes.
        let inner = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
        let good = |octet: u8| octet.is_ascii_graphic() && octet != b'"';
        if !inner.is_some_and(|inner| inner.bytes().all(good)) {
            return senseless(format!("item {id} with the entity tag {tag:?}"));
        }
        if !tags.insert(tag.to_owned()) {
            return senseless(format!("item {id} with the entity tag of another"));
        }
        if serde_json::from_str::<Value>(text).is_err() {
            return senseless(format!("item {id}, which is not JSON"));
        }
        items.insert(id, Item { text: text.into(), tag: tag.to_owned() });
    }
    let table = transaction.open_table(NUMBERS)?;
    let number = |name| -> Result<u64, Problem> { Ok(table.get(name)?.map_or(0, |n| n.value())) };
    Ok((items, Numbers { last_id: number(LAST_ID)?, version: number(VERSION)? }))
}

#[cfg(test)]
mod tests {
    use super::{ITEMS, Item, Numbers, Store};
    use crate::redb_file::{Kind, META};
    use redb::Database;
    use std::fs;
    use std::path::{Path, PathBuf};

    fn directory() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("items.db");
        (directory, file)
    }

    fn item(n: u64) -> Item {
        Item { text: format!("{{\"n\": {n}}}").into(), tag: format!("\"e-{n}\"") }
    }

    /// Three items, the second replaced, the third gone.
    fn filled(file: &Path) -> Store {
        let store = Store::open(file).unwrap().0;
        let numbers = |version: u64| Numbers { last_id: version.min(3), version };
        for n in 1..=3 {
            store.commit([(n, Some(&item(n)))], numbers(n)).unwrap();
        }
        store.commit([(2, Some(&item(4))), (3, None)], numbers(5)).unwrap();
        store
    }

    fn refused(file: &Path) -> String {
        let before = fs::read(file).unwrap();
        let error = Store::open(file).expect_err("no error");
        assert!(error.starts_with(&format!("the store {}: ", file.display())), "{error}");
        assert!(fs::read(file).unwrap() == before, "{error}: the file was touched");
        error
    }

    #[test]
    fn what_is_committed_is_found_again() {
        let (_directory, file) = directory();
        drop(filled(&file));
        let (items, numbers) = Store::open(&file).unwrap().1;
        assert_eq!(numbers, Numbers { last_id: 3, version: 5 });
        let found: Vec<_> = items.iter().map(|(id, i)| (*id, &*i.tag, &*i.text)).collect();
        assert_eq!(found, [(1, "\"e-1\"", "{\"n\": 1}"), (2, "\"e-4\"", "{\"n\": 4}")]);
    }

    #[test]
    fn a_file_that_cannot_be_used_is_left_as_it_is() {
        let (_directory, file) = directory();
        let store = filled(&file);
        let error = refused(&file);
        let want = "another REST server uses it; give this one a file of its own";
        assert!(error.ends_with(want), "{error}");
        drop(store);
        let mut bytes = fs::read(&file).unwrap();
        for (bytes, want) in [(&b"{}"[..], "damaged, or no store"), (b"", "it is empty")] {
            fs::write(&file, bytes).unwrap();
            assert!(refused(&file).contains(want));
        }
        let at = bytes.len() / 2;
        bytes.truncate(at);
        fs::write(&file, bytes).unwrap();
        assert!(refused(&file).contains("it was not touched; bring a copy back"));
    }

    /// Rows that redb finds whole and that no server wrote.
    #[test]
    fn rows_that_make_no_sense_are_an_error() {
        for (id, tag, text, want) in [
            (0, "\"e-9\"", "1", "an item whose id is 0"),
            (u64::MAX, "\"e-9\"", "1", "an item whose id is"),
            (7, "e-9", "1", "item 7 with the entity tag \"e-9\""),
            (7, "\"a\r\nb\"", "1", "item 7 with the entity tag"),
            (7, "\"e-1\"", "1", "item 7 with the entity tag of another"),
            (7, "\"e-9\"", "{", "item 7, which is not JSON"),
        ] {
            let (_directory, file) = directory();
            drop(filled(&file));
            let database = Database::open(&file).unwrap();
            let transaction = database.begin_write().unwrap();
            transaction.open_table(ITEMS).unwrap().insert(id, (tag, text)).unwrap();
            transaction.commit().unwrap();
            drop(database);
            let error = refused(&file);
            assert!(error.contains(want), "{want}: {error}");
        }
    }

    #[test]
    fn a_file_of_another_kind_or_version_is_told() {
        for (marks, want) in [
            (&[(Kind::Broker.mark(), 1)][..], "it is a broker's; name another file"),
            (&[(Kind::Items.mark(), 2)], "its format is 2, and this program knows 1"),
            (&[], "no version of its format"),
        ] {
            let (_directory, file) = directory();
            let database = Database::create(&file).unwrap();
            let transaction = database.begin_write().unwrap();
            {
                let mut meta = transaction.open_table(META).unwrap();
                for (name, version) in marks {
                    meta.insert(name, version).unwrap();
                }
            }
            transaction.commit().unwrap();
            drop(database);
            let error = refused(&file);
            assert!(error.contains(want), "{want}: {error}");
        }
    }
}
