//! `--dir`: files as they are, nothing from outside of the directory, and never much of one in
//! memory.

use super::asker::{Answer, head};
use super::common::wirelab;
use super::{Asker, Server};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};
use wirelab_http::date;

const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

fn serve(directory: &Path) -> Server {
    Server::start(&["--dir", &directory.to_string_lossy()])
}

fn write(path: &Path, content: &[u8]) {
    fs::write(path, content).expect("it is written");
    let file = File::options().write(true).open(path).expect("it is there");
    file.set_modified(UNIX_EPOCH + Duration::from_secs(784_111_777)).expect("a time");
}

fn get(asker: &mut Asker, target: &str, fields: &[(&str, &str)]) -> Answer {
    asker.ask("GET", target, fields, "").unwrap_or_else(|| panic!("no answer to {target}"))
}

#[test]
fn files_and_what_is_told_of_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    fs::create_dir(path.join("sub")).expect("a directory");
    let large: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    for (name, content) in [
        ("index.html", &b"<p>root</p>"[..]),
        ("sub/index.html", b"<p>sub</p>"),
        ("a b.txt", "28°C\n".as_bytes()),
        ("empty", b""),
        ("large.bin", &large),
        ("add", b"never"),
    ] {
        write(&path.join(name), content);
    }
    let server = serve(path);
    let mut asker = server.asker();
    for (target, kind, content) in [
        ("/", "text/html; charset=utf-8", &b"<p>root</p>"[..]),
        ("/index.html?x=1", "text/html; charset=utf-8", b"<p>root</p>"),
        ("/sub/", "text/html; charset=utf-8", b"<p>sub</p>"),
        ("/a%20b.txt", "text/plain; charset=utf-8", "28°C\n".as_bytes()),
        ("/empty", "application/octet-stream", b""),
        ("/large.bin", "application/octet-stream", &large),
    ] {
        let answer = get(&mut asker, target, &[]);
        assert_eq!((answer.status, answer.field("Content-Type")), (200, kind), "{target}");
        assert_eq!(answer.field("Last-Modified"), DATE, "{target}");
        assert_eq!(answer.field("Accept-Ranges"), "none", "{target}");
        assert_eq!(answer.field("Content-Length"), content.len().to_string(), "{target}");
        assert!(answer.body == content, "{target}: other content");
        let head = asker.ask("HEAD", target, &[], "").expect("an answer");
        let (own, other) = (head.field("Content-Length"), answer.field("Content-Length"));
        assert_eq!((head.status, own), (200, other), "{target}");
    }
    let moved = get(&mut asker, "/sub?a=b", &[]);
    assert_eq!((moved.status, moved.field("Location")), (301, "/sub/?a=b"));
    // The routes of others come first, and so do their methods.
    assert_eq!(get(&mut asker, "/add?a=5&b=9", &[]).text(), "{\n  \"result\": 14\n}\n");
    let put = asker.ask("PUT", "/a%20b.txt", &[], "x").expect("an answer");
    assert_eq!((put.status, put.field("Allow")), (405, "GET, HEAD, OPTIONS"));
}

/// [9110-13.1.1-01] [9110-13.1.2-01] [9110-13.1.3-01] [9110-13.1.4-01]
#[test]
fn conditions_on_dates() {
    let directory = tempfile::tempdir().expect("a directory");
    write(&directory.path().join("a"), b"a");
    let server = serve(directory.path());
    let mut asker = server.asker();
    let (before, after) = ("Sun, 06 Nov 1994 08:49:36 GMT", "Sun Nov  6 08:49:38 1994");
    for (fields, status) in [
        (&[("If-Modified-Since", DATE)][..], 304),
        (&[("If-Modified-Since", after)], 304),
        (&[("If-Modified-Since", before)], 200),
        (&[("If-Modified-Since", "yesterday")], 200),
        (&[("If-Unmodified-Since", DATE)], 200),
        (&[("If-Unmodified-Since", before)], 412),
        (&[("If-Unmodified-Since", "Wed, 31 Dec 1969 23:59:59 GMT")], 412),
        (&[("If-Unmodified-Since", "Wed, 00 Mar 1994 08:49:37 GMT")], 200),
        (&[("If-Unmodified-Since", "yesterday")], 200),
        // Tags come before dates, and a file has none.
        (&[("If-Modified-Since", DATE), ("If-None-Match", "\"x\"")], 200),
        (&[("If-Modified-Since", before), ("If-None-Match", "*")], 304),
        (&[("If-Unmodified-Since", before), ("If-Match", "*")], 200),
        (&[("If-Match", "\"x\"")], 412),
        (&[("Range", "bytes=0-0")], 200),
    ] {
        let answer = get(&mut asker, "/a", fields);
        assert_eq!(answer.status, status, "{fields:?}");
        // [9110-8.3-01]
        assert_eq!(answer.field("Content-Type").is_empty(), status == 304, "{fields:?}");
        assert_eq!(answer.field("Last-Modified"), DATE, "{fields:?}");
    }
    // What is not there has no date.
    let absent = get(&mut asker, "/b", &[("If-Modified-Since", DATE)]);
    assert_eq!(absent.status, 404);
}

/// A directory with the name of an index is none, and nothing is moved to `//`.
#[test]
fn an_index_is_a_file() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::create_dir_all(directory.path().join("index.html/sub/index.html")).expect("directories");
    let server = serve(directory.path());
    let mut asker = server.asker();
    for target in ["/", "/index.html/sub/"] {
        assert_eq!(get(&mut asker, target, &[]).status, 404, "{target}");
    }
    let moved = get(&mut asker, "/index.html", &[]);
    assert_eq!((moved.status, moved.field("Location")), (301, "/index.html/"));
}

#[test]
fn nothing_leads_out() {
    let whole = tempfile::tempdir().expect("a directory");
    let inside = whole.path().join("inside");
    fs::create_dir_all(inside.join("sub")).expect("directories");
    fs::create_dir(whole.path().join("inside2")).expect("a directory");
    for name in ["secret", "inside2/secret", "inside/a", "inside/.hidden", "inside/sub/b"] {
        fs::write(whole.path().join(name), name).expect("it is written");
    }
    symlink(whole.path().join("secret"), inside.join("file-link")).expect("a link");
    symlink("../secret", inside.join("up-link")).expect("a link");
    symlink("..", inside.join("directory-link")).expect("a link");
    symlink("a", inside.join("inner-link")).expect("a link");
    nix::unistd::mkfifo(&inside.join("pipe"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let server = serve(&inside);
    let mut asker = server.asker();
    assert_eq!(get(&mut asker, "/sub/b", &[]).text(), "inside/sub/b");
    for target in [
        "/../secret",
        "/sub/../../secret",
        "/sub/../a",
        "/./a",
        "/..",
        "/%2e%2e/secret",
        "/%2E%2E%2Fsecret",
        "/..%2fsecret",
        "/sub%2fb",
        "/..%5csecret",
        "//secret",
        "/sub//b",
        "/../inside2/secret",
        "/a%00",
        "/a%00.txt",
        "/%00",
        "/a/",
        "/a/b",
        "/.hidden",
        "/file-link",
        "/up-link",
        "/inner-link",
        "/directory-link/secret",
        "/directory-link/inside/a",
        "/directory-link",
        "/pipe",
        "/",
        "/none",
        "http://a/../secret",
    ] {
        let answer = get(&mut asker, target, &[]);
        assert_eq!(answer.status, 404, "{target}: {answer:?}");
    }
    let long = format!("/{}", "n".repeat(300));
    assert_eq!(get(&mut asker, &long, &[]).status, 404);
    let deep = "/sub".repeat(2000);
    assert_eq!(get(&mut asker, &deep, &[]).status, 404);
}

/// A time that is still to come is none to be told: nobody could ask for what is newer.
#[test]
fn a_file_is_not_from_the_future() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = File::create(directory.path().join("a")).expect("a file");
    file.set_modified(UNIX_EPOCH + Duration::from_secs(16_725_225_600)).expect("a time");
    let server = serve(directory.path());
    let answer = get(&mut server.asker(), "/a", &[]);
    let time = |name: &str| date::read(answer.field(name).as_bytes(), 0).expect("a date");
    assert!(time("Last-Modified") <= time("Date"), "{answer:?}");
}

/// The server holds a few pieces, however long the file is, and whoever reads it.
#[test]
#[cfg(target_os = "linux")]
fn a_long_file_takes_little_memory() {
    const LONG: u64 = 256 << 20;
    let directory = tempfile::tempdir().expect("a directory");
    let file = File::create(directory.path().join("long")).expect("a file");
    file.set_len(LONG).expect("a hole");
    let server = serve(directory.path());
    let mut stream = server.asker().send("GET", "/long", &[], "").expect("a connection");
    let answer = head(&mut stream).expect("an answer");
    assert_eq!(answer.field("Content-Length"), LONG.to_string());
    let read = std::io::copy(&mut stream.by_ref().take(LONG), &mut std::io::sink());
    assert_eq!(read.expect("content"), LONG);
    let status = fs::read_to_string(format!("/proc/{}/status", server.process.id()));
    let status = status.expect("a process");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(peak < 128 * 1024, "{peak} KiB at the most");
}

/// A client must not take what there is for all.
#[test]
fn a_file_that_shrinks_breaks_the_connection() {
    const LONG: u64 = 256 << 20;
    let directory = tempfile::tempdir().expect("a directory");
    let file = File::create(directory.path().join("long")).expect("a file");
    file.set_len(LONG).expect("a hole");
    let server = serve(directory.path());
    let mut stream = server.asker().send("GET", "/long", &[], "").expect("a connection");
    head(&mut stream).expect("an answer");
    file.set_len(1).expect("it shrinks");
    let mut sink = std::io::sink();
    // The end, or a reset: in either case not all.
    let read = std::io::copy(&mut stream, &mut sink).unwrap_or_default();
    assert!(read < LONG);
    assert_eq!(get(&mut server.asker(), "/long", &[]).body, [0]);
}

#[test]
fn a_directory_that_is_none_is_an_error() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("file");
    fs::write(&file, "").expect("a file");
    for path in [file, directory.path().join("none")] {
        let path = path.to_string_lossy().into_owned();
        let mut command = wirelab(&["rest", "serve", "-p", "0", "--dir", &path]);
        let ended = command.output().expect("it runs");
        let says = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{says}");
        assert!(says.contains(&format!("--dir {path}: ")) && ended.stdout.is_empty(), "{says}");
    }
}
