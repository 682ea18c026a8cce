//! The broker's store as a file of redb: what was committed survives the process and the machine.
//!
//! `tables` holds what is in the file, `reading` makes a snapshot of it; `redb_file` opens it, and
//! keeps one that is not whole from being touched. This one brings them together.
//!
//! It knows files. It does not know what the broker makes of them.

mod reading;
mod tables;

use redb::WriteTransaction;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use wirelab_mqtt::broker::Store;
use wirelab_mqtt::broker::store::{Change, Snapshot, StoreError};

use crate::redb_file::{Kind, RedbFile, wrong};
use tables::Tables;

/// How mosquitto's own persistence file begins.
const MOSQUITTO: &[u8] = b"\x00\xb5\x00mosquitto db";

/// A store in one file.
#[derive(Debug)]
pub struct RedbStore {
    file: RedbFile,
    snapshot: Option<Snapshot>,
}

impl RedbStore {
    /// Opens the file, or makes it. All of it is read and checked.
    ///
    /// # Errors
    /// When it is in use, damaged, or no store of ours; it is then left as it is.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if is_mosquittos(path) {
            let what =
                "it is mosquitto's, which only mosquitto reads; choose another persistence_file";
            return Err(StoreError(wrong(path, what)));
        }
        let tables = |transaction: &WriteTransaction| Tables::open(transaction).map(drop);
        let opened = RedbFile::open(path, Kind::Broker, tables, reading::snapshot);
        let (file, (snapshot, orphans)) = opened.map_err(StoreError)?;
        let mut store = Self { file, snapshot: Some(snapshot) };
        if !orphans.is_empty() {
            let delete = |message| Change::MessageDelete { message };
            store.commit(&orphans.into_iter().map(delete).collect::<Vec<_>>())?;
        }
        Ok(store)
    }
}

impl Store for RedbStore {
    fn load(&mut self) -> Result<Snapshot, StoreError> {
        if let Some(snapshot) = self.snapshot.take() {
            return Ok(snapshot);
        }
        let (snapshot, _) = self.file.read(reading::snapshot).map_err(StoreError)?;
        Ok(snapshot)
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        // What was loaded is no longer what is there.
        self.snapshot = None;
        let apply = |transaction: &WriteTransaction| {
            let mut tables = Tables::open(transaction)?;
            changes.iter().try_for_each(|change| tables.apply(change))
        };
        self.file.commit(apply).map_err(StoreError)
    }
}

fn is_mosquittos(path: &Path) -> bool {
    let mut beginning = Vec::new();
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
        && File::open(path)
            .and_then(|file| file.take(MOSQUITTO.len() as u64).read_to_end(&mut beginning))
            .is_ok()
        && beginning == MOSQUITTO
}

#[cfg(test)]
mod tests;
