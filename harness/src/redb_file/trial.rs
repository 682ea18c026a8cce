//! A file that nothing is written to until its content has proved to be whole.
//!
//! ```text
//!   on trial    redb reads ──► pages written meanwhile, else the file
//!               redb writes ─► kept in memory, in order
//!   settled     all that was kept is written, in order; from then on straight to the file
//! ```
//! redb marks a file as soon as it opens it, and repairs one that a crash has left. A file that is
//! damaged beyond that, or not redb's at all, must stay as it is for whoever can help.
//!
//! It knows bytes and offsets. It does not know what they mean.

use redb::backends::FileBackend;
use redb::{BackendError, StorageBackend};
use std::collections::HashMap;
use std::io;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const PAGE: u64 = 4096;

/// One thing that redb wanted done.
#[derive(Debug)]
enum Wish {
    Write(u64, Box<[u8]>),
    Length(u64),
    Sync,
}

/// What was wished for while on trial.
#[derive(Debug, Default)]
struct Pending {
    wishes: Vec<Wish>,
    /// Pages that differ from the file's, whole.
    pages: HashMap<u64, Box<[u8]>>,
    length: u64,
}

#[derive(Debug)]
struct Shared {
    file: FileBackend,
    settled: AtomicBool,
    pending: Mutex<Pending>,
}

/// The file; its clones are the same one.
#[derive(Clone, Debug)]
pub struct Trial(Arc<Shared>);

impl Trial {
    /// Begins the trial.
    ///
    /// # Errors
    /// When the file cannot be looked at.
    pub fn new(file: FileBackend) -> io::Result<Self> {
        let pending = Pending { length: file.len()?, ..Pending::default() };
        let settled = AtomicBool::new(false);
        Ok(Self(Arc::new(Shared { file, settled, pending: Mutex::new(pending) })))
    }

    /// The content is whole: does all that was wished for.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn settle(&self) -> io::Result<()> {
        let mut pending = self.pending();
        for wish in std::mem::take(&mut *pending).wishes {
            match wish {
                Wish::Write(offset, data) => self.0.file.write(offset, &data)?,
                Wish::Length(length) => self.0.file.set_len(length)?,
                Wish::Sync => self.0.file.sync_data()?,
            }
        }
        self.0.settled.store(true, Ordering::Release);
        Ok(())
    }

    fn is_settled(&self) -> bool {
        self.0.settled.load(Ordering::Acquire)
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.0.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    /// Reads through the pages to the file below. What the file has not is zero.
    fn read(&self, file: &FileBackend, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let end = offset + out.len() as u64;
        if end > self.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        out.fill(0);
        let in_file = file.len()?.clamp(offset, end) - offset;
        file.read(offset, &mut out[..in_file as usize])?;
        for (number, from, to) in pages(offset, out.len()) {
            if let Some(page) = self.pages.get(&number) {
                let at = (number * PAGE + from as u64 - offset) as usize;
                out[at..at + to - from].copy_from_slice(&page[from..to]);
            }
        }
        Ok(())
    }

    fn write(&mut self, file: &FileBackend, offset: u64, data: &[u8]) -> io::Result<()> {
        for (number, from, to) in pages(offset, data.len()) {
            if !self.pages.contains_key(&number) {
                let mut page = vec![0; PAGE as usize].into_boxed_slice();
                let start = number * PAGE;
                let there = self.length.clamp(start, start + PAGE) - start;
                self.read(file, start, &mut page[..there as usize])?;
                self.pages.insert(number, page);
            }
            if let Some(page) = self.pages.get_mut(&number) {
                let at = (number * PAGE + from as u64 - offset) as usize;
                page[from..to].copy_from_slice(&data[at..at + to - from]);
            }
        }
        self.length = self.length.max(offset + data.len() as u64);
        self.wishes.push(Wish::Write(offset, data.into()));
        Ok(())
    }
}

/// The pages of a range: number, and from where to where within it.
fn pages(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let end = offset + len as u64;
    (offset / PAGE..end.div_ceil(PAGE)).map(move |number| {
        let start = number * PAGE;
        let from = offset.clamp(start, start + PAGE) - start;
        let to = end.clamp(start, start + PAGE) - start;
        (number, from as usize, to as usize)
    })
}

impl StorageBackend for Trial {
    fn len(&self) -> io::Result<u64> {
        if self.is_settled() { self.0.file.len() } else { Ok(self.pending().length) }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if self.is_settled() {
            return self.0.file.read(offset, out);
        }
        self.pending().read(&self.0.file, offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        if self.is_settled() {
            return self.0.file.set_len(len);
        }
        let mut pending = self.pending();
        if len < pending.length {
            // What is cut off is zero when it comes back: for the pages, and for the page that
            // is cut, all of which this trial has to remember.
            let length = pending.length;
            let zeros = vec![0; (length - len) as usize];
            pending.write(&self.0.file, len, &zeros)?;
            pending.wishes.pop();
        }
        pending.length = len;
        pending.wishes.push(Wish::Length(len));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        if self.is_settled() {
            return self.0.file.sync_data();
        }
        self.pending().wishes.push(Wish::Sync);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        if self.is_settled() {
            return self.0.file.write(offset, data);
        }
        self.pending().write(&self.0.file, offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.0.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.0.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.file.query_lock_range(start, end)
    }
}

#[cfg(test)]
mod tests {
    use super::Trial;
    use proptest::prelude::*;
    use redb::StorageBackend;
    use redb::backends::FileBackend;
    use std::fs::{self, File};

    #[derive(Clone, Debug)]
    enum Step {
        Write(usize, usize),
        Length(usize),
        Read(usize, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        let (at, len) = (0..12_000_usize, 0..9_000_usize);
        prop_oneof![
            3 => (at.clone(), len.clone()).prop_map(|(at, len)| Step::Write(at, len)),
            1 => (0..20_000_usize).prop_map(Step::Length),
            3 => (at, len).prop_map(|(at, len)| Step::Read(at, len)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// The trial reads as if it wrote, the file stays; settled, the file is what was read.
        #[test]
        fn a_trial_reads_what_it_will_have_written(
            begin in proptest::collection::vec(any::<u8>(), 1..10_000),
            steps in proptest::collection::vec(step(), 0..24),
        ) {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("file");
            fs::write(&path, &begin).unwrap();
            let file = File::options().read(true).write(true).open(&path).unwrap();
            let trial = Trial::new(FileBackend::new(file).unwrap()).unwrap();
            let mut model = begin.clone();
            for (n, step) in (1..).zip(steps) {
                match step {
                    // redb makes room before it writes.
                    Step::Write(at, len) if at + len <= model.len() => {
                        model[at..at + len].fill(n);
                        trial.write(at as u64, &vec![n; len]).unwrap();
                    }
                    Step::Write(..) => {}
                    Step::Length(len) => {
                        model.resize(len, 0);
                        trial.set_len(len as u64).unwrap();
                    }
                    Step::Read(at, len) => {
                        let mut out = vec![7; len];
                        let read = trial.read(at as u64, &mut out);
                        prop_assert_eq!(read.is_ok(), at + len <= model.len());
                        if read.is_ok() {
                            prop_assert_eq!(&out[..], &model[at..at + len]);
                        }
                    }
                }
                prop_assert_eq!(trial.len().unwrap(), model.len() as u64);
                trial.sync_data().unwrap();
            }
            prop_assert_eq!(fs::read(&path).unwrap(), begin);
            trial.settle().unwrap();
            prop_assert_eq!(fs::read(&path).unwrap(), model);
        }
    }
}
