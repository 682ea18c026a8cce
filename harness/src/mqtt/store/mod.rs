//! The broker's store as a file of redb: what was committed survives the process and the machine.
//!
//! `tables` holds what is in the file, `reading` makes a snapshot of it, `trial` keeps a file that
//! is not whole from being touched. This one opens and commits.
//!
//! It knows files. It does not know what the broker makes of them.

mod reading;
mod tables;
mod trial;

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, Durability, ReadableDatabase};
use std::any::Any;
use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use wirelab_mqtt::broker::Store;
use wirelab_mqtt::broker::store::{Change, Snapshot, StoreError};

use super::replace::sync_directory;
use reading::Problem;
use tables::{FORMAT, FORMAT_NAME, META, Tables};
use trial::Trial;

/// Memory for pages of the file, in bytes.
const CACHE: usize = 128 * 1024 * 1024;

/// How mosquitto's own persistence file begins.
const MOSQUITTO: &[u8] = b"\x00\xb5\x00mosquitto db";

/// What can be done about a file that cannot be used.
const ADVICE: &str = "it was not touched; bring a copy back, or move it away to begin with nothing";

/// A store in one file.
#[derive(Debug)]
pub struct RedbStore {
    file: PathBuf,
    database: Database,
    snapshot: Option<Snapshot>,
}

impl RedbStore {
    /// Opens the file, or makes it. All of it is read and checked.
    ///
    /// # Errors
    /// When it is in use, damaged, or no store of ours; it is then left as it is.
    pub fn open(file: &Path) -> Result<Self, StoreError> {
        if !file.exists() {
            create(file).map_err(|error| wrong(file, format!("it cannot be made: {error}")))?;
        }
        check_beginning(file)?;
        let cannot = |error: io::Error| wrong(file, format!("it cannot be opened: {error}"));
        let opened = OpenOptions::new().read(true).write(true).open(file).map_err(cannot)?;
        // Bytes that were changed behind redb's back can make it panic: an error like others.
        let tried = catch_unwind(AssertUnwindSafe(|| Self::try_open(file, opened)));
        tried.unwrap_or_else(|panic| {
            Err(wrong(file, format!("it is damaged: {}; {ADVICE}", message(&*panic))))
        })
    }

    fn try_open(file: &Path, opened: File) -> Result<Self, StoreError> {
        let cannot = |error: &dyn Display| wrong(file, format!("it cannot be opened: {error}"));
        let backend = FileBackend::new(opened).map_err(|error| cannot(&error))?;
        let trial = Trial::new(backend).map_err(|error| cannot(&error))?;
        let database = Builder::new()
            .set_cache_size(CACHE)
            .set_check_integrity_on_open(true)
            .create_with_backend(trial.clone())
            .map_err(|error| match error {
                DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
                    wrong(file, "another broker uses it; give this one a file of its own")
                }
                error => wrong(file, format!("it is damaged, or no store: {error}; {ADVICE}")),
            })?;
        let read = || reading::snapshot(&database.begin_read()?);
        let (snapshot, orphans) = read().map_err(|problem| explain(file, &problem))?;
        trial.settle().map_err(|error| cannot(&error))?;
        let mut store = Self { file: file.to_owned(), database, snapshot: Some(snapshot) };
        if !orphans.is_empty() {
            let delete = |message| Change::MessageDelete { message };
            store.commit(&orphans.into_iter().map(delete).collect::<Vec<_>>())?;
        }
        Ok(store)
    }

    fn write(&self, changes: &[Change]) -> Result<(), redb::Error> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        // One more wait for the disk, for this: what the newest commit's mark says is whole, so
        // damage is told from a commit that a crash has cut short, and never taken for one.
        transaction.set_two_phase_commit(true);
        let mut tables = Tables::open(&transaction)?;
        for change in changes {
            tables.apply(change)?;
        }
        drop(tables);
        transaction.commit()?;
        Ok(())
    }
}

impl Store for RedbStore {
    fn load(&mut self) -> Result<Snapshot, StoreError> {
        if let Some(snapshot) = self.snapshot.take() {
            return Ok(snapshot);
        }
        let read = || reading::snapshot(&self.database.begin_read()?);
        let (snapshot, _) = read().map_err(|problem| explain(&self.file, &problem))?;
        Ok(snapshot)
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        // What was loaded is no longer what is there.
        self.snapshot = None;
        self.write(changes)
            .map_err(|error| wrong(&self.file, format!("it cannot be written: {error}")))
    }
}

fn wrong(file: &Path, what: impl Display) -> StoreError {
    StoreError(format!("the store {}: {what}", file.display()))
}

fn explain(file: &Path, problem: &Problem) -> StoreError {
    match problem {
        Problem::Disk(error) => wrong(file, format!("it is damaged: {error}; {ADVICE}")),
        Problem::Sense(what) => wrong(file, format!("it is damaged: it holds {what}; {ADVICE}")),
        Problem::Format(other) => wrong(
            file,
            format!(
                "its format is {other}, and this program knows {FORMAT}; run the program that \
                 wrote it, or move it away to begin with nothing"
            ),
        ),
    }
}

/// Makes a new store under another name and then gives it its own: there is never half a store
/// that the next start would stumble over, and none that is there is replaced.
fn create(file: &Path) -> io::Result<()> {
    let mut new = file.to_owned().into_os_string();
    new.push(format!(".{}.new", std::process::id()));
    let new = PathBuf::from(new);
    // Left behind by a process of the same number that did not come to its end.
    let _ = fs::remove_file(&new);
    let made = fill_new(&new).and_then(|()| match fs::hard_link(&new, file) {
        // Somebody was faster: then that one is opened.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let _ = fs::remove_file(&new);
    made?;
    // The file's name must survive, too.
    sync_directory(file)
}

fn fill_new(new: &Path) -> io::Result<()> {
    let fill = || -> Result<(), redb::Error> {
        let database = Database::create(new)?;
        let transaction = database.begin_write()?;
        transaction.open_table(META)?.insert(FORMAT_NAME, FORMAT)?;
        drop(Tables::open(&transaction)?);
        transaction.commit()?;
        Ok(())
    };
    fill().map_err(|error| match error {
        redb::Error::Io(error) => error,
        other => io::Error::other(other),
    })?;
    File::open(new)?.sync_all()
}

/// Looks at what redb would take for a new file, or could not name.
fn check_beginning(file: &Path) -> Result<(), StoreError> {
    let cannot = |error: io::Error| wrong(file, format!("it cannot be read: {error}"));
    let mut beginning = Vec::new();
    let opened = File::open(file).map_err(cannot)?;
    if !opened.metadata().map_err(cannot)?.is_file() {
        return Err(wrong(file, "it is no file; name a file, or a directory for it"));
    }
    opened.take(64).read_to_end(&mut beginning).map_err(cannot)?;
    if beginning.is_empty() {
        // redb would begin anew in it, and nobody would hear of what was lost.
        return Err(wrong(file, format!("it is empty; {ADVICE}")));
    }
    if beginning.starts_with(MOSQUITTO) {
        let what = "it is mosquitto's, which only mosquitto reads; choose another persistence_file";
        return Err(wrong(file, what));
    }
    Ok(())
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("its bytes make no sense").lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
