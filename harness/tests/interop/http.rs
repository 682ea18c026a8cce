//! HTTP between ours and others: curl asks our server, our client asks Python's.

use super::common::process::{Finished, Process};
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, same, wirelab};
use std::fs;
use std::process::Command;

pub fn add(trials: &mut Trials) {
    trials.add("http::curl_asks_our_server", &[Need::Curl], curl_asks);
    trials.add("http::curl_keeps_its_connection", &[Need::Curl], curl_keeps);
    trials.add("http::curl_keeps_items", &[Need::Curl], items);
    trials.add("http::we_ask_pythons_server", &[Need::Python], we_ask);
    trials.add("http::what_cannot_be_asked_has_curls_exit_codes", &[], exit_codes);
    trials.add("http::a_server_ends_as_soon_as_it_listens", &[], ends);
    trials.add("http::the_labs_client_is_ours", &[], calc);
}

/// Our server, and its `HOST:PORT`.
pub fn server(arguments: &[&str]) -> Result<(Process, String), String> {
    let process =
        Process::start("serve", wirelab(&[&["rest", "serve", "-p", "0"], arguments].concat()))?;
    let line = process.first_line(PATIENCE)?;
    let addr = line.strip_prefix("listening on ").map(|addr| addr.trim().to_owned());
    Ok((process, addr.ok_or_else(|| format!("no address in {line:?}"))?))
}

/// Ends it as a user does, and looks how it ends.
pub fn ended(process: Process) -> Outcome {
    process.interrupt()?;
    same("the server's end", process.finish(PATIENCE)?.status.code(), Some(0))
}

/// curl, apart from what the machine's environment says about proxies.
pub fn curl(arguments: &[&str]) -> Result<Finished, String> {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "30", "--noproxy", "*"]);
    command.args(arguments);
    Process::start("curl", command)?.finish(PATIENCE)
}

/// Our client.
pub fn rest(arguments: &[&str]) -> Result<Finished, String> {
    Process::start("rest", wirelab(&[&["rest"], arguments].concat()))?.finish(PATIENCE)
}

/// The lab's answers, to the byte.
fn curl_asks() -> Outcome {
    let (process, addr) = server(&[])?;
    let url = |path: &str| format!("http://{addr}{path}");
    let big = "/mul?a=99999999999999999999&b=-99999999999999999999";
    for (path, status, body) in [
        ("/add?a=5&b=9", "200", "{\n  \"result\": 14\n}\n"),
        ("/mul?a=5&b=9", "200", "{\n  \"result\": 45\n}\n"),
        ("/add?a=-5&b=%2B9", "200", "{\n  \"result\": 4\n}\n"),
        (big, "200", "{\n  \"result\": -9999999999999999999800000000000000000001\n}\n"),
        ("/add?a=5", "400", "{\n  \"error\": \"Invalid input\"\n}\n"),
        ("/add?a=5&b=nine", "400", "{\n  \"error\": \"Invalid input\"\n}\n"),
        ("/add?a=5&b=1.5", "400", "{\n  \"error\": \"Invalid input\"\n}\n"),
    ] {
        let answer = curl(&["--write-out", "%{http_code}", &url(path)])?;
        same(path, answer.stdout, format!("{body}{status}"))?;
    }
    let head = curl(&["--head", &url("/add?a=5&b=9")])?.stdout;
    same("HEAD", head.contains("Content-Length: 19\r\n"), true)?;
    let options = curl(&["--request", "OPTIONS", "--include", &url("/add")])?.stdout;
    same("OPTIONS", options.contains("Allow: GET, HEAD, OPTIONS"), true)
        .map_err(|_| format!("no such Allow in {options}"))?;
    let refused = curl(&["--include", "--data", "a=5", &url("/add")])?.stdout;
    same("405", refused.starts_with("HTTP/1.1 405 ") && refused.contains("Allow: "), true)?;
    let absent = curl(&["--write-out", "%{http_code}", "--output", "/dev/null", &url("/none")])?;
    same("404", absent.stdout.as_str(), "404")?;
    let old = curl(&["--http1.0", &url("/add?a=1&b=2")])?.stdout;
    same("HTTP/1.0", old.as_str(), "{\n  \"result\": 3\n}\n")?;
    ended(process)
}

/// Two requests on one connection; on two, where the server closes as the lab's does.
fn curl_keeps() -> Outcome {
    for (arguments, connects) in [(&[][..], "10"), (&["--close"], "11")] {
        let (process, addr) = server(arguments)?;
        let url = format!("http://{addr}/add?a=1&b=1");
        let quiet = ["--write-out", "%{num_connects}", "--output", "/dev/null", &url];
        let twice = [&quiet[..], &["--next", "--silent", "--noproxy", "*"], &quiet].concat();
        same("connections", curl(&twice)?.stdout.as_str(), connects)?;
        ended(process)?;
    }
    Ok(())
}

/// [9110-9.3.3-01] [9110-9.3.4-01] [9110-9.3.4-02] [9110-9.3.4-03] [9110-9.3.4-04] [9110-9.3.5-01]
/// [9110-13.1.1-01] [9110-13.1.2-01] [9110-13.2.1-01] [9110-14.5-01] [9110-15.5.16-01]
fn items() -> Outcome {
    let (process, addr) = server(&["--loops", "2"])?;
    let ask = |method: &str, path: &str, fields: &[&str], body: &str| -> Result<String, String> {
        let url = format!("http://{addr}{path}");
        let mut arguments = vec!["--include", "--request", method, &url];
        for field in fields {
            arguments.extend(["--header", field]);
        }
        if !body.is_empty() {
            arguments.extend(["--data-binary", body]);
        }
        Ok(curl(&arguments)?.stdout)
    };
    let json = "Content-Type: application/json";
    let first = r#"{ "name": "ä", "n": 1.50 }"#;
    let made = ask("POST", "/items", &[json], first)?;
    for says in ["HTTP/1.1 201 Created\r\n", "Location: /items/1\r\n"] {
        same(says, made.contains(says), true).map_err(|_| made.clone())?;
    }
    let tag = |text: &str| -> Result<String, String> {
        let rest = text.split_once("ETag: ").ok_or_else(|| format!("no ETag in {text}"))?.1;
        Ok(rest.split("\r\n").next().unwrap_or_default().to_owned())
    };
    let first_tag = tag(&made)?;
    let status = |text: String| text.split(' ').nth(1).unwrap_or_default().to_owned();
    let read = ask("GET", "/items/1", &[], "")?;
    same("as it was sent", read.ends_with(&format!("\r\n\r\n{first}")), true)?;
    // Two who have read the same: the second one's update does not undo the first one's.
    let (old, old_none) = (format!("If-Match: {first_tag}"), format!("If-None-Match: {first_tag}"));
    let put = ask("PUT", "/items/1", &[json, &old], "{}")?;
    let second_tag = tag(&put)?;
    same("PUT", status(put).as_str(), "204")?;
    same("another tag", first_tag == second_tag, false)?;
    let weak = format!("If-Match: W/{second_tag}");
    let weak_none = format!("If-None-Match: \"7\", W/{second_tag}");
    for (method, path, fields, body, code) in [
        ("PUT", "/items/1", &[json, &old][..], "[]", "412"),
        ("PUT", "/items/1", &[json, &weak], "[]", "412"),
        ("GET", "/items/1", &[&weak_none], "", "304"),
        ("GET", "/items/1", &[&old_none], "", "200"),
        ("GET", "/items/1", &[&old], "", "412"),
        ("PUT", "/items/7", &[json, "If-Match: *"], "1", "412"),
        ("PUT", "/items/7", &[json, "If-None-Match: *"], "1", "201"),
        ("PUT", "/items/7", &[json, "If-None-Match: *"], "1", "412"),
        ("PUT", "/items/7", &[json], "2", "204"),
        ("PUT", "/items/7", &[json, "Content-Range: bytes 0-0/1"], "2", "400"),
        ("PUT", "/items/7", &[json], "{", "400"),
        ("PUT", "/items/7", &["Content-Type: text/plain"], "2", "415"),
        ("POST", "/items", &[], "a=b", "415"),
        ("PUT", "/items/x", &[json], "2", "404"),
        ("PUT", "/items/07", &[json], "2", "404"),
        ("PUT", "/items/9007199254740993", &[json], "2", "404"),
        ("PUT", "/items/9007199254740992", &[json], "2", "201"),
        ("DELETE", "/items/9007199254740992", &[], "", "204"),
        ("PUT", "/items/2", &[json], "3", "201"),
        ("DELETE", "/items/1", &[&old], "", "412"),
        ("DELETE", "/items/1", &[], "", "204"),
        ("DELETE", "/items/1", &[], "", "404"),
        ("GET", "/items/1", &[], "", "404"),
        ("PATCH", "/items/7", &[], "", "405"),
    ] {
        let answer = ask(method, path, fields, body)?;
        let what = format!("{method} {path} {fields:?}");
        same(&what, status(answer.clone()).as_str(), code)
            .map_err(|_| format!("{what}: {answer}"))?;
    }
    let all = ask("GET", "/items", &[], "")?;
    let list = "\r\n\r\n[{\"id\":2,\"item\":3},{\"id\":7,\"item\":2}]";
    same("all", all.ends_with(list), true).map_err(|_| all)?;
    // 1 was given once, and 2 is taken.
    let next = ask("POST", "/items", &[json], "null")?;
    same("the next id", next.contains("Location: /items/3\r\n"), true).map_err(|_| next)?;
    let long = format!("\"{}\"", "x".repeat(100_000));
    same("413", status(ask("POST", "/items", &[json], &long)?).as_str(), "413")?;
    ended(process)?;
    // A server that was started since does not take an old tag for its own.
    let (process, addr) = server(&[])?;
    let url = format!("http://{addr}/items");
    let made = curl(&["--include", "--header", json, "--data-binary", "1", &url])?.stdout;
    same("a tag of its own", tag(&made)? == first_tag, false)?;
    ended(process)
}

fn we_ask() -> Outcome {
    let directory = tempfile::tempdir()?;
    let content: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    fs::write(directory.path().join("big file"), &content)?;
    let program = "import http.server, functools, sys\n\
                   handler = functools.partial(http.server.SimpleHTTPRequestHandler, \
                   directory=sys.argv[1])\n\
                   server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)\n\
                   print(server.server_address[1], flush=True)\n\
                   server.serve_forever()\n";
    let mut command = Command::new("python3");
    command.args(["-c", program]).arg(directory.path());
    let process = Process::start("http.server", command)?;
    let port = process.first_line(PATIENCE)?;
    let url = format!(":{}/big file", port.trim());
    let copy = directory.path().join("copy");
    let asked = rest(&["get", &url, "-o", &copy.to_string_lossy()])?;
    same("get", asked.status.code(), Some(0)).map_err(|_| asked.stderr)?;
    same("the content", fs::read(&copy)? == content, true)?;
    let head = rest(&["head", &url])?.stdout;
    same("head", head.contains("Content-Length: 12000000"), true).map_err(|_| head)?;
    let absent = rest(&["get", "-f", &format!(":{}/none", port.trim())])?;
    same("-f", absent.status.code(), Some(22))?;
    let refused = rest(&["post", &url, "a=b"])?;
    same("501 is an answer", refused.status.code(), Some(0))?;
    // It answers without a look at the content, and breaks the connection under it.
    let large = format!("@{}", copy.display());
    let refused = rest(&["put", &url, "-i", "-d", &large])?;
    same("also in the middle", refused.stdout.starts_with("HTTP/1.0 501 "), true)
        .map_err(|_| refused.stderr)?;
    process.terminate(PATIENCE)?;
    Ok(())
}

fn exit_codes() -> Outcome {
    for (arguments, code) in [
        (&["get", "https://a/"][..], 3),
        (&["get", "http://no.such.host.invalid/"], 6),
        // Port 1 of the loopback: nobody listens there.
        (&["get", ":1/"], 7),
        (&["get", ":1/", "nonsense"], 2),
        (&["get", ":1/", "-m", "-3"], 2),
    ] {
        let ended = rest(arguments)?;
        same(&arguments.join(" "), ended.status.code(), Some(code)).map_err(|_| ended.stderr)?;
    }
    Ok(())
}

/// Who reads the address may end the server at once.
fn ends() -> Outcome {
    for _ in 0..50 {
        ended(server(&[])?.0)?;
    }
    Ok(())
}

fn calc() -> Outcome {
    let (process, addr) = server(&["--close"])?;
    for (arguments, text, code) in [
        (&["--op", "both", "-a", "5", "-b", "9"][..], "add(5,9) = 14\nmul(5,9) = 45\n", 0),
        (&["--op", "add", "-a", "-1", "-b", "9"], "add(-1,9) = 8\n", 0),
        (
            &["--op", "mul", "-a", "x", "-b", "9"],
            "mul error 400: {\n  \"error\": \"Invalid input\"\n}\n",
            1,
        ),
    ] {
        let base = format!("http://{addr}");
        let ended = rest(&[&["calc", "--base", &base], arguments].concat())?;
        same("calc", (ended.stdout.as_str(), ended.status.code()), (text, Some(code)))?;
    }
    let nobody = rest(&["calc", "--base", ":1", "--op", "add"])?;
    same("nobody", nobody.stdout.starts_with("add exception: "), true)?;
    ended(process)
}
