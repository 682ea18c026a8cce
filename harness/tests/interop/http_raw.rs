//! Our REST server and clients that no library would be: requests one behind the other without
//! waiting, half-closed connections, nonsense behind sense.

use super::common::reference::Trials;
use super::common::{Outcome, PATIENCE, same};
use super::http::{ended, server};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Requests in one go.
const DEPTH: usize = 200;

pub fn add(trials: &mut Trials) {
    trials.add("http_raw::two_hundred_requests_at_once", &[], pipelined);
    trials.add("http_raw::heads_have_no_content", &[], heads);
    trials.add("http_raw::a_client_that_half_closes", &[], half_closed);
    trials.add("http_raw::nonsense_behind_good_requests", &[], nonsense);
}

/// A connection that does not wait for ever.
pub fn connect(addr: &str) -> Result<TcpStream> {
    let stream = TcpStream::connect(addr)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// The next head, without the empty line.
fn head(stream: &mut impl Read) -> Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        if let Err(error) = stream.read_exact(&mut octet) {
            return Err(format!("{error}, behind {:?}", String::from_utf8_lossy(&head)).into());
        }
        head.extend_from_slice(&octet);
    }
    Ok(String::from_utf8(head)?.trim_end().to_owned())
}

/// The next answer: its head, and its content by its length.
pub fn answer(stream: &mut impl Read) -> Result<(String, String)> {
    let head = head(stream)?;
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    let mut content = vec![0; length.map_or(Ok(0), str::parse)?];
    stream.read_exact(&mut content)?;
    Ok((head, String::from_utf8(content)?))
}

/// A sum to be asked for, and its answer's content.
fn sum(n: usize) -> (String, String) {
    let request = format!("GET /add?a={n}&b=1 HTTP/1.1\r\nHost: h\r\n\r\n");
    (request, format!("{{\n  \"result\": {}\n}}\n", n + 1))
}

/// So many sums, in order.
fn sums(stream: &mut impl Read, count: usize) -> Outcome {
    for n in 0..count {
        let (head, content) = answer(stream)?;
        same("status", head.starts_with("HTTP/1.1 200 OK\r\n"), true).map_err(|_| head)?;
        same("its own answer", content, sum(n).1)?;
    }
    Ok(())
}

/// What still comes, which must end.
fn rest(stream: &mut impl Read) -> Result<String> {
    let mut rest = String::new();
    stream.read_to_string(&mut rest)?;
    Ok(rest)
}

/// [9112-9.3.2-01] Answers come in the order of their requests, in whatever pieces these came.
fn pipelined() -> Outcome {
    let (process, addr) = server(&[])?;
    let all: String = (0..DEPTH).map(|n| sum(n).0).collect();
    for size in [all.len(), 1000, 61] {
        let mut stream = connect(&addr)?;
        stream.set_nodelay(true)?;
        for piece in all.as_bytes().chunks(size) {
            stream.write_all(piece)?;
        }
        sums(&mut stream, DEPTH)?;
    }
    // Behind a body, and with bodies; what is made by one is seen by the next.
    let mut stream = connect(&addr)?;
    let mut many = String::new();
    for n in 0..DEPTH {
        let head = "PUT /items/1 HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n";
        let body = if n % 2 == 0 {
            format!("Content-Length: 3\r\n\r\n{}", n + 100)
        } else {
            format!(
                "Transfer-Encoding: chunked\r\n\r\n2\r\n{:02}\r\n1\r\n{}\r\n0\r\n\r\n",
                10,
                n % 10
            )
        };
        let _ = write!(many, "{head}{body}GET /items/1 HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    stream.write_all(many.as_bytes())?;
    for n in 0..DEPTH {
        let (put, _) = answer(&mut stream)?;
        let code = if n == 0 { "HTTP/1.1 201 " } else { "HTTP/1.1 204 " };
        same("PUT", put.starts_with(code), true).map_err(|_| put)?;
        let seen = if n % 2 == 0 { n + 100 } else { 100 + n % 10 };
        same("GET", answer(&mut stream)?.1, seen.to_string())?;
    }
    ended(process)
}

/// [9110-9.3.2-01] What stands behind the head of an answer to HEAD is the next answer, although
/// the head speaks of content.
fn heads() -> Outcome {
    let (process, addr) = server(&[])?;
    let mut stream = connect(&addr)?;
    let paths = [("/add?a=5&b=9", "200"), ("/add?a=5", "400"), ("/none", "404"), ("/items", "200")];
    let ask = |(path, _): &(&str, &str)| format!("HEAD {path} HTTP/1.1\r\nHost: h\r\n\r\n");
    stream.write_all(paths.iter().map(ask).collect::<String>().as_bytes())?;
    for (path, status) in paths {
        let head = head(&mut stream)?;
        let length = !head.contains("Content-Length: 0") && head.contains("Content-Length: ");
        let fits = head.starts_with(&format!("HTTP/1.1 {status} ")) && length;
        same(path, fits, true).map_err(|_| head)?;
    }
    stream.write_all(sum(0).0.as_bytes())?;
    sums(&mut stream, 1)?;
    ended(process)
}

/// [9112-9.6-01] Who has said all that he has to say still hears the answers.
fn half_closed() -> Outcome {
    let (process, addr) = server(&[])?;
    for depth in [1, DEPTH] {
        let mut stream = connect(&addr)?;
        let all: String = (0..depth).map(|n| sum(n).0).collect();
        stream.write_all(all.as_bytes())?;
        stream.shutdown(Shutdown::Write)?;
        sums(&mut stream, depth)?;
        same("then the end", rest(&mut stream)?, String::new())?;
    }
    // Of half a request he hears that it is one.
    for half in [
        "GET /add?a=1&b=1 HTTP/1.1\r\nHo",
        "PUT /items/1 HTTP/1.1\r\nHost: h\r\n\
                 Content-Type: application/json\r\nContent-Length: 9\r\n\r\n\"12",
    ] {
        let mut stream = connect(&addr)?;
        stream.write_all(half.as_bytes())?;
        stream.shutdown(Shutdown::Write)?;
        let (head, _) = answer(&mut stream)?;
        let refused = head.starts_with("HTTP/1.1 400 ") && head.contains("Connection: close");
        same("half a request", refused, true).map_err(|_| head)?;
        same("then the end", rest(&mut stream)?, String::new())?;
    }
    ended(process)
}

/// [9112-9.3.2-01] What was good is answered, then comes the 400, then the end; and what stands
/// behind it is not looked at, however good it is.
fn nonsense() -> Outcome {
    let (process, addr) = server(&[])?;
    let good: String = (0..DEPTH).map(|n| sum(n).0).collect();
    let smuggled = "PUT /items/1 HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\
                    Content-Length: 1\r\n\r\n1";
    for bad in [
        "NONSENSE\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
        "POST /items HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n\
         0\r\n\r\n",
        "POST /items HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n2;\n[]\r\n0\r\n\r\n",
    ] {
        let mut stream = connect(&addr)?;
        stream.write_all(format!("{good}{bad}{smuggled}").as_bytes())?;
        sums(&mut stream, DEPTH)?;
        let (head, why) = answer(&mut stream)?;
        let refused = head.starts_with("HTTP/1.1 400 ") && head.contains("Connection: close");
        same(bad, refused, true).map_err(|_| format!("{bad:?}: {head}{why}"))?;
        same("then the end", rest(&mut stream)?, String::new())?;
    }
    let mut stream = connect(&addr)?;
    stream.write_all(b"GET /items HTTP/1.1\r\nHost: h\r\n\r\n")?;
    same("nothing was made", answer(&mut stream)?.1.as_str(), "[]")?;
    ended(process)
}
