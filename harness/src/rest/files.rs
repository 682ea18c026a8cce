//! `rest serve --dir`: the files of a directory, under every path that is nobody else's.
//!
//! ```text
//!   GET /a/b.txt    the file, in pieces; 304 to who has it (If-Modified-Since)
//!   GET /a          301 to /a/, so that what a page names beside itself is found
//!   GET /a/         /a/index.html
//! ```
//! A path leads from the directory down, name by name, and never out: a name that begins with a
//! dot, links, and whatever is no file are as if they were not there. Ranges are not served, and
//! `Accept-Ranges` says so. The loop waits for the disk while a piece is read.
//!
//! It knows files. It does not know what they are for.

use bytes::Bytes;
use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;
use wirelab_http::{Answer, Answered, Next, Request, Router, Source, Status, date, target};
use wirelab_reactor::Now;

use super::conditions::{self, State, unix};

/// Octets that are read and sent at once.
const PIECE: usize = 64 * 1024;
/// What stands for a directory.
const INDEX: &[u8] = b"index.html";

/// What a name's end says of the content. Text is taken to be UTF-8.
const TYPES: [(&str, &str); 26] = [
    ("html", "text/html; charset=utf-8"),
    ("htm", "text/html; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("txt", "text/plain; charset=utf-8"),
    ("md", "text/markdown; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("xml", "application/xml"),
    ("pdf", "application/pdf"),
    ("wasm", "application/wasm"),
    ("zip", "application/zip"),
    ("gz", "application/gzip"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("ico", "image/vnd.microsoft.icon"),
    ("woff2", "font/woff2"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("pcap", "application/vnd.tcpdump.pcap"),
];
const OTHER: &str = "application/octet-stream";

/// A directory that is served; its clones are the same.
#[derive(Clone, Debug)]
pub struct Directory(Arc<File>);

impl Directory {
    /// Opens it. What is moved to its path later is another one.
    ///
    /// # Errors
    /// When there is none, or it may not be read.
    pub fn open(path: &Path) -> Result<Self, String> {
        let wrong = |error: io::Error| {
            format!("--dir {}: {error}; name a directory that can be read", path.display())
        };
        let file = File::open(path).map_err(wrong)?;
        if !file.metadata().map_err(wrong)?.is_dir() {
            return Err(wrong(io::ErrorKind::NotADirectory.into()));
        }
        Ok(Self(Arc::new(file)))
    }

    /// Its route, behind all others.
    pub fn routes(&self, router: &mut Router) {
        let directory = self.clone();
        router.get("/{path...}", move |request, answer| directory.answer(request, answer));
    }

    fn answer(&self, request: &Request<'_>, answer: Answer<'_>) -> Answered {
        let found = names(request.path()).ok_or(Errno::ENOENT).and_then(|names| {
            let file = self.walk(&names)?;
            let metadata = file.metadata().map_err(|error| errno(&error))?;
            Ok((file, metadata, names))
        });
        match found {
            // One that is named as a file is named, its path with a slash behind it, is none.
            Ok((_, metadata, _)) if metadata.is_dir() && !request.path().ends_with(b"/") => {
                to_directory(request, answer)
            }
            Ok((file, metadata, names)) if metadata.is_file() => {
                send(request, answer, file, &metadata, kind(&names))
            }
            Ok(_) => refused(answer, Errno::ENOENT),
            Err(errno) => refused(answer, errno),
        }
    }

    /// Step by step, so that no step leads out, whatever somebody changes there meanwhile.
    fn walk(&self, names: &[Cow<'_, [u8]>]) -> Result<Arc<File>, Errno> {
        // What is no file must not be waited for: a pipe would have to have another end.
        let usual = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let mut at = self.0.clone();
        for (n, name) in (1..).zip(names) {
            let parent = if n < names.len() { OFlag::O_DIRECTORY } else { OFlag::empty() };
            let opened = openat(&*at, OsStr::from_bytes(name), usual | parent, Mode::empty())?;
            at = Arc::new(File::from(opened));
        }
        Ok(at)
    }
}

/// The names that a path is made of, decoded once; `None`: nothing can have it. An encoded slash
/// is part of its name, and no file's has one.
fn names(path: &[u8]) -> Option<Vec<Cow<'_, [u8]>>> {
    let mut names: Vec<_> =
        path.strip_prefix(b"/")?.split(|octet| *octet == b'/').map(target::decode).collect();
    let last = names.last_mut()?;
    if last.is_empty() {
        *last = Cow::Borrowed(INDEX);
    }
    let good = |name: &[u8]| {
        !name.is_empty() && name[0] != b'.' && !name.contains(&b'/') && !name.contains(&0)
    };
    names.iter().all(|name| good(name)).then_some(names)
}

fn kind(names: &[Cow<'_, [u8]>]) -> &'static str {
    let name = names.last().map(|name| &**name).unwrap_or_default();
    let end = name.iter().rposition(|octet| *octet == b'.').map_or(&b""[..], |at| &name[at + 1..]);
    let found = TYPES.iter().find(|(own, _)| end.eq_ignore_ascii_case(own.as_bytes()));
    found.map_or(OTHER, |(_, kind)| kind)
}

fn send(
    request: &Request<'_>,
    answer: Answer<'_>,
    file: Arc<File>,
    metadata: &Metadata,
    kind: &str,
) -> Answered {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    // The second that is not over may bring another change, and one that is yet to come would hide
    // all of them: the next to ask with this date gets the file again.
    let modified = modified.map(|since| since.as_secs().min(unix().saturating_sub(1)));
    let state = State { tag: None, modified };
    let status = conditions::failed(request, Some(state));
    let mut answering = answer.status(status.unwrap_or(Status::OK));
    if let Some(modified) = modified {
        answering = answering.field("Last-Modified", date::write(modified));
    }
    match status {
        Some(Status::PRECONDITION_FAILED) => answering
            .field("Content-Type", "text/plain; charset=utf-8")
            .body(b"it is another one by now\n"),
        Some(_) => answering.body(b""),
        None => {
            let left = metadata.len();
            answering
                .field("Content-Type", kind)
                .field("Accept-Ranges", "none")
                .stream_exact(left, Content { file, left })
        }
    }
}

/// To the path with a slash behind it, the query as it was.
fn to_directory(request: &Request<'_>, answer: Answer<'_>) -> Answered {
    let mut place = [request.path(), b"/"].concat();
    if let Some(query) = request.target().query {
        place.push(b'?');
        place.extend_from_slice(query);
    }
    answer.status(Status::MOVED_PERMANENTLY).field("Location", place).body(b"")
}

fn refused(answer: Answer<'_>, errno: Errno) -> Answered {
    match errno {
        // No such name, too long a name, a link, a pipe or socket.
        Errno::ENOENT | Errno::ENOTDIR | Errno::ENAMETOOLONG | Errno::ELOOP | Errno::ENXIO => {
            answer.text(Status::NOT_FOUND, "404: nothing has this path\n")
        }
        Errno::EACCES | Errno::EPERM => {
            answer.text(Status::FORBIDDEN, "403: the server may not read this\n")
        }
        Errno::EMFILE | Errno::ENFILE => {
            answer.text(Status::SERVICE_UNAVAILABLE, "503: as many files are open as may be\n")
        }
        errno => {
            log::error!("a file cannot be served: {errno}");
            answer.text(Status::INTERNAL_SERVER_ERROR, "500: it cannot be read\n")
        }
    }
}

fn errno(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}

/// A file's content, as far as was announced. One that has become shorter breaks the connection.
#[derive(Debug)]
struct Content {
    file: Arc<File>,
    left: u64,
}

impl Source for Content {
    fn next(&mut self, _now: Now) -> Next {
        let mut piece = vec![0; self.left.min(PIECE as u64) as usize];
        match (&*self.file).read(&mut piece) {
            Ok(0) => Next::End,
            Ok(len) => {
                self.left -= len as u64;
                piece.truncate(len);
                Next::Piece(Bytes::from(piece))
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Next::Piece(Bytes::new()),
            Err(error) => {
                log::error!("a file cannot be read to its end: {error}");
                Next::Abort
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{OTHER, kind, names};

    #[test]
    fn a_path_is_names() {
        let found = |path: &'static str| {
            let names = names(path.as_bytes())?;
            Some(names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect())
        };
        let some = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(found("/"), some(&["index.html"]));
        assert_eq!(found("/a"), some(&["a"]));
        assert_eq!(found("/a/"), some(&["a", "index.html"]));
        assert_eq!(found("/a%20b/c%2525"), some(&["a b", "c%25"]), "decoded once");
        let none: [&'static str; 17] = [
            "",
            "*",
            "a",
            "//",
            "//a",
            "/a//b",
            "/..",
            "/../a",
            "/a/../b",
            "/%2e%2e/a",
            "/.%2E/a",
            "/.git",
            "/a%2fb",
            "/%2e%2e%2fa",
            "/a/%2F",
            "/a%00b",
            "/a/.%00",
        ];
        for path in none {
            assert_eq!(found(path), None::<Vec<String>>, "{path}");
        }
    }

    #[test]
    fn a_name_says_what_it_holds() {
        for (path, want) in [
            ("/a.HTML", "text/html; charset=utf-8"),
            ("/a/", "text/html; charset=utf-8"),
            ("/a.tar.gz", "application/gzip"),
            ("/a.js", "text/javascript; charset=utf-8"),
            ("/html", OTHER),
            ("/a.", OTHER),
            ("/a.xyz", OTHER),
        ] {
            assert_eq!(kind(&names(path.as_bytes()).unwrap()), want, "{path}");
        }
    }
}
