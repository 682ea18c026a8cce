//! A file of redb that is one of ours: opened, made and checked in one place for all that keep
//! something on disk.
//!
//! ```text
//!   open ──► not there? made under another name, then linked ──► on trial: redb opens it,
//!            its mark is looked at, all of it is read ──► settled: from here on it is written
//! ```
//! `trial` keeps a file that is not whole from being touched. What is in the tables is not known
//! here: whoever opens a file brings what reads it.

mod trial;

use redb::backends::FileBackend;
use redb::{
    Builder, Database, DatabaseError, Durability, ReadTransaction, ReadableDatabase,
    TableDefinition, WriteTransaction,
};
use std::any::Any;
use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::replace::sync_directory;
use trial::Trial;

/// The mark of every file: its kind's name -> the version of its tables.
pub const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");

/// Memory for pages of the file, in bytes.
const CACHE: usize = 128 * 1024 * 1024;

/// What can be done about a file that cannot be used.
const ADVICE: &str = "it was not touched; bring a copy back, or move it away to begin with nothing";

/// What a file holds. All kinds stand here, so that one is told from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What a broker keeps: sessions, messages.
    Broker,
    /// The items of `rest serve`.
    Items,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Broker, Self::Items];

    /// Its name in `meta`.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Broker => "format",
            Self::Items => "items",
        }
    }

    /// The version of its tables that this program knows.
    const fn version(self) -> u64 {
        match self {
            Self::Broker | Self::Items => 1,
        }
    }

    const fn owner(self) -> &'static str {
        match self {
            Self::Broker => "broker",
            Self::Items => "REST server",
        }
    }
}

/// Why what is in a file cannot be read.
pub enum Problem {
    /// redb says so.
    Disk(redb::Error),
    /// A row says what cannot be.
    Sense(String),
    /// Another version of this program wrote it.
    Format(u64),
    /// It is a file of ours, for something else.
    Kind(Kind),
}

impl<E: Into<redb::Error>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self::Disk(error.into())
    }
}

/// A row that says what cannot be.
pub fn senseless<T>(what: impl Into<String>) -> Result<T, Problem> {
    Err(Problem::Sense(what.into()))
}

/// An open file, this process's alone.
#[derive(Debug)]
pub struct RedbFile {
    path: PathBuf,
    kind: Kind,
    database: Database,
}

impl RedbFile {
    /// Opens the file, or makes it with `tables`, which opens each table once. All of it is
    /// checked, and `read`, before anything is written to it.
    ///
    /// # Errors
    /// When it is in use, damaged, or none of this kind; it is then left as it is.
    pub fn open<T>(
        path: &Path,
        kind: Kind,
        tables: fn(&WriteTransaction) -> Result<(), redb::Error>,
        read: impl FnOnce(&ReadTransaction) -> Result<T, Problem>,
    ) -> Result<(Self, T), String> {
        if !path.exists() {
            create(path, kind, tables)
                .map_err(|error| wrong(path, format!("it cannot be made: {error}")))?;
        }
        check_beginning(path)?;
        let cannot = |error: io::Error| wrong(path, format!("it cannot be opened: {error}"));
        let opened = OpenOptions::new().read(true).write(true).open(path).map_err(cannot)?;
        // Bytes that were changed behind redb's back can make it panic: an error like others.
        let tried = catch_unwind(AssertUnwindSafe(|| Self::try_open(path, kind, opened, read)));
        tried.unwrap_or_else(|panic| {
            Err(wrong(path, format!("it is damaged: {}; {ADVICE}", message(&*panic))))
        })
    }

    fn try_open<T>(
        path: &Path,
        kind: Kind,
        opened: File,
        read: impl FnOnce(&ReadTransaction) -> Result<T, Problem>,
    ) -> Result<(Self, T), String> {
        let cannot = |error: &dyn Display| wrong(path, format!("it cannot be opened: {error}"));
        let backend = FileBackend::new(opened).map_err(|error| cannot(&error))?;
        let trial = Trial::new(backend).map_err(|error| cannot(&error))?;
        let database = Builder::new()
            .set_cache_size(CACHE)
            .set_check_integrity_on_open(true)
            .create_with_backend(trial.clone())
            .map_err(|error| match error {
                DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
                    let owner = kind.owner();
                    wrong(path, format!("another {owner} uses it; give this one a file of its own"))
                }
                error => wrong(path, format!("it is damaged, or no store: {error}; {ADVICE}")),
            })?;
        let file = Self { path: path.to_owned(), kind, database };
        let content = file.read(|transaction| {
            check_mark(transaction, kind)?;
            read(transaction)
        })?;
        trial.settle().map_err(|error| cannot(&error))?;
        Ok((file, content))
    }

    /// Reads what was committed.
    ///
    /// # Errors
    /// When there is no sense in it.
    pub fn read<T>(
        &self,
        read: impl FnOnce(&ReadTransaction) -> Result<T, Problem>,
    ) -> Result<T, String> {
        let read = || read(&self.database.begin_read()?);
        read().map_err(|problem| explain(&self.path, self.kind, &problem))
    }

    /// Does all of `change`, or nothing. When this returns it is on the disk.
    ///
    /// # Errors
    /// When it cannot be written. Whether it will be there after a restart is then not known.
    pub fn commit(
        &self,
        change: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), String> {
        let commit = || -> Result<(), redb::Error> {
            let mut transaction = self.database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            // One more wait for the disk, for this: what the newest commit's mark says is whole,
            // so damage is told from a commit that a crash has cut short, and never taken for one.
            transaction.set_two_phase_commit(true);
            change(&transaction)?;
            transaction.commit()?;
            Ok(())
        };
        commit().map_err(|error| wrong(&self.path, format!("it cannot be written: {error}")))
    }
}

/// An error that names the file.
pub fn wrong(path: &Path, what: impl Display) -> String {
    format!("the store {}: {what}", path.display())
}

fn explain(path: &Path, kind: Kind, problem: &Problem) -> String {
    match problem {
        Problem::Disk(error) => wrong(path, format!("it is damaged: {error}; {ADVICE}")),
        Problem::Sense(what) => wrong(path, format!("it is damaged: it holds {what}; {ADVICE}")),
        Problem::Format(other) => wrong(
            path,
            format!(
                "its format is {other}, and this program knows {}; run the program that wrote \
                 it, or move it away to begin with nothing",
                kind.version()
            ),
        ),
        Problem::Kind(other) => {
            wrong(path, format!("it is a {}'s; name another file", other.owner()))
        }
    }
}

/// Makes a new file under another name and then gives it its own: there is never half a file
/// that the next start would stumble over, and none that is there is replaced.
fn create(
    path: &Path,
    kind: Kind,
    tables: fn(&WriteTransaction) -> Result<(), redb::Error>,
) -> io::Result<()> {
    let mut new = path.to_owned().into_os_string();
    new.push(format!(".{}.new", std::process::id()));
    let new = PathBuf::from(new);
    // Left behind by a process of the same number that did not come to its end.
    let _ = fs::remove_file(&new);
    let made = fill_new(&new, kind, tables).and_then(|()| match fs::hard_link(&new, path) {
        // Somebody was faster: then that one is opened.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let _ = fs::remove_file(&new);
    made?;
    // The file's name must survive, too.
    sync_directory(path)
}

fn fill_new(
    new: &Path,
    kind: Kind,
    tables: fn(&WriteTransaction) -> Result<(), redb::Error>,
) -> io::Result<()> {
    let fill = || -> Result<(), redb::Error> {
        let database = Database::create(new)?;
        let transaction = database.begin_write()?;
        transaction.open_table(META)?.insert(kind.mark(), kind.version())?;
        tables(&transaction)?;
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
fn check_beginning(path: &Path) -> Result<(), String> {
    let cannot = |error: io::Error| wrong(path, format!("it cannot be read: {error}"));
    // Of what is no file, not even the opening is safe: a pipe would wait for its other end.
    if !fs::metadata(path).map_err(cannot)?.is_file() {
        return Err(wrong(path, "it is no file; name a file, or a directory for it"));
    }
    let mut beginning = Vec::new();
    File::open(path).map_err(cannot)?.take(1).read_to_end(&mut beginning).map_err(cannot)?;
    if beginning.is_empty() {
        // redb would begin anew in it, and nobody would hear of what was lost.
        return Err(wrong(path, format!("it is empty; {ADVICE}")));
    }
    Ok(())
}

fn check_mark(transaction: &ReadTransaction, kind: Kind) -> Result<(), Problem> {
    let table = transaction.open_table(META)?;
    let version = |kind: Kind| -> Result<Option<u64>, Problem> {
        Ok(redb::ReadableTable::get(&table, kind.mark())?.map(|version| version.value()))
    };
    match version(kind)? {
        Some(version) if version == kind.version() => return Ok(()),
        Some(other) => return Err(Problem::Format(other)),
        None => {}
    }
    for other in Kind::ALL {
        if version(other)?.is_some() {
            return Err(Problem::Kind(other));
        }
    }
    senseless("no version of its format")
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("its bytes make no sense").lines().next().unwrap_or_default().to_owned()
}
