//! `wirelab rest get` and its kind ask nginx: heads, redirects, answers in chunks, large ones both
//! ways, and such as do not come to their end.

use super::common::process::{Finished, Process};
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, same, wirelab};
use super::http::{ended, rest, server};
use super::nginx::Nginx;
use nix::sys::signal::Signal;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Octets of what is large.
const LARGE: usize = 100 << 20;

pub fn add(trials: &mut Trials) {
    let nginx = &[Need::Nginx];
    trials.add("http_nginx::heads_and_conditions", nginx, heads);
    trials.add("http_nginx::redirects", nginx, redirects);
    trials.add("http_nginx::answers_in_chunks", &[Need::Nginx, Need::Python], chunks);
    trials.add("http_nginx::a_large_answer_into_a_file", nginx, download);
    trials.add("http_nginx::answers_that_do_not_end_well", nginx, unfinished);
    trials.add("http_nginx::uploads_taken_and_refused", nginx, uploads);
    trials.add("http_nginx::stands_before_our_server", nginx, before);
}

/// Our client, which must end with `code`.
fn ask(code: i32, arguments: &[&str]) -> Result<Finished, Box<dyn std::error::Error>> {
    let asked = rest(arguments)?;
    if asked.status.code() == Some(code) {
        return Ok(asked);
    }
    let (status, said) = (asked.status, asked.stderr);
    Err(format!("{}: {status} instead of {code}: {said}", arguments.join(" ")).into())
}

/// No two of its pages are the same, so that none can be missing or in another's place.
fn large() -> Vec<u8> {
    let mut large = vec![0x5a; LARGE];
    for (n, page) in large.chunks_mut(4096).enumerate() {
        page[..8].copy_from_slice(&n.to_be_bytes());
    }
    large
}

fn heads() -> Outcome {
    let nginx = Nginx::start()?;
    fs::write(nginx.file("text"), "0123456789")?;
    let url = nginx.url("/text");
    let head = ask(0, &["head", &url])?.stdout;
    for line in ["HTTP/1.1 200 OK\r\n", "Server: nginx/", "Content-Length: 10\r\n"] {
        same(line, head.contains(line), true).map_err(|_| head.clone())?;
    }
    same("nothing behind it", head.ends_with("\r\n\r\n"), true)?;
    let tag = head.split_once("ETag: ").and_then(|(_, rest)| rest.split_once("\r\n"));
    let tag = format!("If-None-Match: {}", tag.ok_or("no tag")?.0);
    let none = nginx.url("/none");
    for (arguments, code, start, end) in [
        (&["get", &url, "-i"][..], 0, "HTTP/1.1 200 ", "\r\n\r\n0123456789"),
        (&["get", &url, "-i", "-H", &tag], 0, "HTTP/1.1 304 ", "\r\n\r\n"),
        (&["get", &url, "-i", "-H", "Range: bytes=2-4"], 0, "HTTP/1.1 206 ", "\r\n\r\n234"),
        (&["get", &url, "-i", "-H", "Range: bytes=20-"], 0, "HTTP/1.1 416 ", "</html>\r\n"),
        (&["get", &none, "-i"], 0, "HTTP/1.1 404 ", "</html>\r\n"),
        (&["head", &none], 0, "HTTP/1.1 404 ", "\r\n\r\n"),
        (&["get", &none, "-f", "-i"], 22, "", ""),
        (&["options", &url, "-i"], 0, "HTTP/1.1 405 ", "</html>\r\n"),
        (&["delete", &url, "-i"], 0, "HTTP/1.1 405 ", "</html>\r\n"),
        (&["get", &url, "-i", "-H", "Host: "], 0, "HTTP/1.1 400 ", "</html>\r\n"),
    ] {
        let said = ask(code, arguments)?.stdout;
        let fits = said.starts_with(start) && said.ends_with(end);
        same("what it says", fits, true).map_err(|_| format!("{arguments:?}: {said}"))?;
    }
    Ok(())
}

/// [9110-15.4-02] [9110-15.4.8-01] Followed when asked for, as far as fifty; the method stays
/// where it must.
fn redirects() -> Outcome {
    let nginx = Nginx::start()?;
    let far = |steps: usize| nginx.url(&format!("/far/{}", "x".repeat(steps)));
    let (moved, circle, nowhere) =
        (nginx.url("/moved"), nginx.url("/circle"), nginx.url("/nowhere"));
    let stays = ask(0, &["get", &moved, "-i"])?.stdout;
    same("301", stays.starts_with("HTTP/1.1 301 "), true).map_err(|_| stays)?;
    // All on one connection: the content of a redirect is read past.
    let followed = ask(0, &["get", &moved, "-L"])?.stdout;
    same("the second request", followed.ends_with(" 2\n"), true).map_err(|_| followed)?;
    same("fifty", ask(0, &["get", &far(50), "-L"])?.stdout.as_str(), "there\n")?;
    ask(47, &["get", &far(51), "-L"])?;
    ask(47, &["get", &circle, "-L"])?;
    // [9110-10.2.2-01] What this client does not speak is not tried.
    ask(3, &["get", &nowhere, "-L"])?;
    let form = "application/x-www-form-urlencoded";
    for (path, said) in [
        ("/see", "GET  \n".to_owned()),
        ("/found", "GET  \n".to_owned()),
        ("/keep", format!("POST {form} 3\n")),
    ] {
        let asked = ask(0, &["post", &nginx.url(path), "-d", "a=b", "-L"])?;
        same(path, asked.stdout, said)?;
    }
    Ok(())
}

/// An answer whose length nginx does not know comes in chunks.
fn chunks() -> Outcome {
    let nginx = Nginx::start()?;
    let lines: Vec<String> = (0..200_000).map(|n| n.to_string()).collect();
    let text = lines.join("\n");
    fs::write(nginx.file("text"), &text)?;
    fs::write(nginx.file("included"), format!("{text}<!--#echo var=\"request_method\" -->\n"))?;
    let url = nginx.url("/ssi/included");
    let answered = ask(0, &["get", &url, "-i"])?.stdout;
    let (head, content) = answered.split_once("\r\n\r\n").ok_or("no head")?;
    same("chunked", head.contains("\r\nTransfer-Encoding: chunked"), true).map_err(|_| head)?;
    same("the content", content == format!("{text}GET\n"), true)?;
    let head = ask(0, &["head", &url])?.stdout;
    same("no length", head.contains("Content-Length"), false).map_err(|_| head)?;
    // Coded because it was asked for, and left as it comes.
    let (url, copy) = (nginx.url("/gzip/text"), nginx.beside("copy.gz"));
    let coded = "Accept-Encoding: gzip";
    let copy_name = copy.to_string_lossy();
    let said = ask(0, &["get", &url, "-v", "-H", coded, "-o", &copy_name])?.stderr;
    for line in ["< Content-Encoding: gzip", "< Transfer-Encoding: chunked"] {
        same(line, said.contains(line), true).map_err(|_| said.clone())?;
    }
    let mut command = Command::new("python3");
    let unpack = "import gzip, sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())";
    command.args(["-c", unpack]).arg(&copy);
    let unpacked = Process::start("gzip", command)?.finish(PATIENCE)?;
    same("unpacked", unpacked.stdout == text, true).map_err(|_| unpacked.stderr)?;
    Ok(())
}

fn download() -> Outcome {
    let nginx = Nginx::start()?;
    let content = large();
    fs::write(nginx.file("large"), &content)?;
    let copy = nginx.beside("copy");
    let url = nginx.url("/large");
    ask(0, &["get", &url, "-o", &copy.to_string_lossy()])?;
    same("the content", fs::read(&copy)? == content, true)
}

/// [9112-8-01] [9112-8-03] What is cut short is no answer; it has curl's exit codes.
fn unfinished() -> Outcome {
    let nginx = Nginx::start()?;
    fs::write(nginx.file("large"), vec![b'x'; 8 << 20])?;
    ask(52, &["get", &nginx.url("/nothing")])?;
    let url = nginx.url("/slow/large");
    ask(28, &["get", &url, "-m", "0.3"])?;
    // In the middle of the content nginx is ended.
    let copy = nginx.beside("copy");
    let arguments = ["rest", "get", &url, "-o", &copy.to_string_lossy()];
    let asking = Process::start("rest", wirelab(&arguments))?;
    wait_for_size(&copy)?;
    nginx.process.signal(Signal::SIGKILL)?;
    let ended = asking.finish(PATIENCE)?;
    same("cut short", ended.status.code(), Some(18)).map_err(|_| ended.stderr.clone())?;
    let says = ended.stderr.contains("cut short: fewer octets than Content-Length");
    same("and says so", says, true).map_err(|_| ended.stderr)?;
    let size = fs::metadata(&copy)?.len();
    same("what has come", size > 0 && size < 8 << 20, true)?;
    ask(7, &["get", &url])?;
    Ok(())
}

fn wait_for_size(file: &Path) -> Outcome {
    let deadline = Instant::now() + PATIENCE;
    while fs::metadata(file).map_or(0, |file| file.len()) == 0 {
        if Instant::now() > deadline {
            return Err(format!("nothing comes into {}", file.display()).into());
        }
        std::thread::yield_now();
    }
    Ok(())
}

/// [9112-9.5-05] A refusal is heard while the content is still being sent.
fn uploads() -> Outcome {
    let nginx = Nginx::start()?;
    let (content, source) = (large(), nginx.beside("source"));
    fs::write(&source, &content[..50 << 20])?;
    let data = format!("@{}", source.display());
    let kept = nginx.url("/kept/deep/large");
    let put = ask(0, &["put", &kept, "-i", "-d", &data])?.stdout;
    same("201", put.starts_with("HTTP/1.1 201 "), true).map_err(|_| put)?;
    same("kept", fs::read(nginx.file("kept/deep/large"))? == content[..50 << 20], true)?;
    ask(0, &["delete", &kept, "-f"])?;
    same("gone", nginx.file("kept/deep/large").exists(), false)?;
    fs::write(nginx.file("text"), "0123456789")?;
    for (method, path, status) in [
        ("put", "/small/large", "HTTP/1.1 413 "),
        ("post", "/text", "HTTP/1.1 405 "),
        ("put", "/text", "HTTP/1.1 405 "),
    ] {
        let url = nginx.url(path);
        let refused = ask(0, &[method, &url, "-i", "-d", &data])?.stdout;
        same(path, refused.starts_with(status), true).map_err(|_| refused)?;
        ask(22, &[method, &url, "-f", "-d", &data])?;
    }
    Ok(())
}

/// Our server behind nginx, as servers mostly stand: asked in HTTP/1.0 and in HTTP/1.1, on a new
/// connection and on one that is kept.
fn before() -> Outcome {
    let (process, addr) = server(&[])?;
    let nginx = Nginx::before(&addr)?;
    for version in ["/1.0", "/1.1", "/1.1"] {
        let url = |path: &str| nginx.url(&format!("{version}{path}"));
        let sum = ask(0, &["get", &url("/add"), "a==5", "b==9"])?.stdout;
        same(version, sum.as_str(), "{\n  \"result\": 14\n}\n")?;
        let (item, json) = (url("/items/1"), "Content-Type: application/json");
        let text = format!("\"{}\"", "ä".repeat(30_000));
        let made =
            ask(0, &["put", &item, "-i", "-H", json, "-H", "If-None-Match: *", "-d", &text])?;
        same("PUT", made.stdout.starts_with("HTTP/1.1 201 "), true).map_err(|_| made.stdout)?;
        same("GET", ask(0, &["get", &item])?.stdout == text, true)?;
        let head = ask(0, &["head", &item])?.stdout;
        let length = format!("Content-Length: {}\r\n", text.len());
        same("HEAD", head.contains(&length), true).map_err(|_| head)?;
        same("DELETE", ask(0, &["delete", &item, "-f"])?.stdout.as_str(), "")?;
        let long = format!("\"{}\"", "x".repeat(100_000));
        let refused = ask(0, &["put", &item, "-i", "-H", json, "-d", &long])?.stdout;
        same("413", refused.starts_with("HTTP/1.1 413 "), true).map_err(|_| refused)?;
    }
    ended(process)
}
