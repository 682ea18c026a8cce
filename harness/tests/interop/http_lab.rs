//! The REST exercise: the lab's server on Flask and its client on requests, and ours, in every
//! pairing; what ours answers is the lab's to the byte.

use super::common::process::{Finished, Process};
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, lab, same, wirelab};
use serde_json::Value;
use std::net::TcpListener;
use std::process::Command;

pub fn add(trials: &mut Trials) {
    let both = &[Need::Flask, Need::Requests];
    trials.add("http_lab::the_labs_own_programs_agree", both, || {
        let (server, base) = labs_server()?;
        labs_client_asks(&base)?;
        labs_server_saw(&server)?;
        others(&base)
    });
    trials.add("http_lab::our_client_asks_the_labs_server", &[Need::Flask], || {
        let (server, base) = labs_server()?;
        our_client_asks(&base)?;
        labs_server_saw(&server)
    });
    trials.add("http_lab::the_labs_client_asks_our_server", &[Need::Requests], || {
        for options in [&["--close"][..], &[]] {
            let (server, base) = our_server(options)?;
            labs_client_asks(&base)?;
            others(&base)?;
            ended(server)?;
        }
        Ok(())
    });
    trials.add("http_lab::our_answers_are_the_labs_to_the_byte", &[Need::Flask], sums);
    trials.add("http_lab::what_no_sum_answers_is_the_labs", &[Need::Flask], no_sums);
    trials.add("http_lab::a_server_that_says_nothing_is_an_exception", &[Need::Requests], silence);
}

fn python(program: &str, arguments: &[&str]) -> Result<Process, String> {
    let mut command = Command::new("python3");
    // Unbuffered, and past a proxy of the machine's.
    command.env("NO_PROXY", "*").arg("-u").arg(lab(&format!("rest/{program}"))).args(arguments);
    Process::start(program, command)
}

/// The lab's server, and its URL.
fn labs_server() -> Result<(Process, String), String> {
    let server = python("server.py", &["127.0.0.1", "0"])?;
    let said = server.wait_for_stderr("CTRL+C", PATIENCE)?;
    let base = said.lines().find_map(|line| line.split_once("Running on ").map(|(_, url)| url));
    let base = base.ok_or_else(|| format!("no URL in {said:?}"))?.trim().to_owned();
    Ok((server, base))
}

fn our_server(options: &[&str]) -> Result<(Process, String), String> {
    let arguments = [&["rest", "serve", "-p", "0"], options].concat();
    let server = Process::start("rest serve", wirelab(&arguments))?;
    let line = server.first_line(PATIENCE)?;
    let addr = line.strip_prefix("listening on ").map(str::trim);
    let base = format!("http://{}", addr.ok_or_else(|| format!("no address in {line:?}"))?);
    Ok((server, base))
}

fn ended(server: Process) -> Outcome {
    server.interrupt()?;
    same("the server's end", server.finish(PATIENCE)?.status.code(), Some(0))
}

fn rest(arguments: &[&str]) -> Result<Finished, String> {
    Process::start("rest", wirelab(&[&["rest"], arguments].concat()))?.finish(PATIENCE)
}

/// What a client is told to ask, and its screen.
const ASKED: [(&[&str], &str); 5] = [
    (&["--op", "both", "-a", "5", "-b", "9"], "add(5,9) = 14\nmul(5,9) = 45\n"),
    (&["--op", "add", "-a", "10", "-b", "5"], "add(10,5) = 15\n"),
    (&["--op", "mul", "-a=-12", "-b", "0"], "mul(-12,0) = 0\n"),
    (
        &["--op", "mul", "-a", "12345678901234567890", "-b=-98765432109876543210"],
        "mul(12345678901234567890,-98765432109876543210) = \
         -1219326311370217952237463801111263526900\n",
    ),
    (
        &["--op", "both", "-a", "lima", "-b", "9"],
        "add error 400: {\n  \"error\": \"Invalid input\"\n}\n\
         mul error 400: {\n  \"error\": \"Invalid input\"\n}\n",
    ),
];

fn labs_client_asks(base: &str) -> Outcome {
    for (arguments, screen) in ASKED {
        let client = python("client.py", &[&["--base", base], arguments].concat())?;
        let client = client.finish(PATIENCE)?;
        let seen = (client.stdout.as_str(), client.stderr.as_str(), client.status.code());
        same(&arguments.join(" "), seen, (screen, "", Some(0)))?;
    }
    Ok(())
}

/// Ours says with its end, too, that something went wrong.
fn our_client_asks(base: &str) -> Outcome {
    for (arguments, screen) in ASKED {
        let client = rest(&[&["calc", "--base", base], arguments].concat())?;
        let seen = (client.stdout.as_str(), client.stderr.as_str(), client.status.code());
        let code = i32::from(screen.contains("error"));
        same(&arguments.join(" "), seen, (screen, "", Some(code)))?;
    }
    Ok(())
}

/// One line for each request, written as its client wrote it.
fn labs_server_saw(server: &Process) -> Outcome {
    for line in [
        "\"GET /add?a=5&b=9 HTTP/1.1\" 200 -",
        "\"GET /mul?a=5&b=9 HTTP/1.1\" 200 -",
        "\"GET /mul?a=-12&b=0 HTTP/1.1\" 200 -",
        "\"GET /mul?a=lima&b=9 HTTP/1.1\" 400 -",
    ] {
        server.wait_for_stderr(line, PATIENCE)?;
    }
    Ok(())
}

/// The requests of requests that no sum answers, and what it found.
fn others(base: &str) -> Outcome {
    let client = python("others.py", &[base])?.finish(PATIENCE)?;
    let lines: Vec<(&str, Vec<&str>)> = client
        .stdout
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.splitn(4, ' ').collect();
            let (asked, allow) = line.split_at(words[..3].join(" ").len());
            (asked, methods(allow))
        })
        .collect();
    let allowed = ["GET", "HEAD", "OPTIONS"].to_vec();
    let want = vec![
        ("GET /add?a=x&b=1 400", vec![]),
        ("GET /div?a=1&b=1 404", vec![]),
        ("POST /add 405", allowed.clone()),
        ("HEAD /add?a=1&b=2 200", vec![]),
        ("OPTIONS /add 200", allowed),
    ];
    same("others.py", lines, want).map_err(|error| format!("{error:?}\n{}", client.stderr).into())
}

/// The methods in a value of Allow, sorted: Flask's order is another one each time.
fn methods(allow: &str) -> Vec<&str> {
    let mut methods: Vec<&str> =
        allow.split(',').map(str::trim).filter(|method| !method.is_empty()).collect();
    methods.sort_unstable();
    methods
}

/// A response as `--json` shows it.
struct Response(Value);

impl Response {
    fn to(method: &str, url: &str, items: &[&str]) -> Result<Self, String> {
        let finished = rest(&[&["--json", method, url], items].concat())?;
        let read = serde_json::from_str(&finished.stdout);
        read.map(Self).map_err(|error| format!("{method} {url}: {error}: {finished:?}"))
    }

    fn status(&self) -> &Value {
        &self.0["status"]
    }

    fn body(&self) -> &Value {
        &self.0["body"]
    }

    /// The value of a field; empty, if there is none.
    fn field(&self, name: &str) -> &str {
        let fields = self.0["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_it =
            |field: &&Value| field[0].as_str().is_some_and(|n| n.eq_ignore_ascii_case(name));
        fields.iter().find(is_it).and_then(|field| field[1].as_str()).unwrap_or_default()
    }

    /// What must be the same, whoever answers.
    fn essence(&self) -> (&Value, &Value, [&str; 3]) {
        let fields = ["Content-Type", "Content-Length", "Connection"].map(|name| self.field(name));
        (self.status(), self.body(), fields)
    }
}

/// Sums and what is none: what Python's `int` reads is a number, and nothing else is.
fn sums() -> Outcome {
    let (_labs, labs_base) = labs_server()?;
    let (server, base) = our_server(&["--close"])?;
    let long = "9".repeat(1000);
    let long = format!("/add?a={long}&b={long}");
    let too_long = format!("/add?a={}&b=1", "1".repeat(4301));
    for (target, status) in [
        ("/add?a=5&b=9", 200),
        ("/mul?a=5&b=9", 200),
        ("/add?a=-5&b=%2B9", 200),
        ("/mul?a=0&b=-0", 200),
        ("/add?a=007&b=1_000", 200),
        ("/add?a=+5&b=9%20", 200),
        ("/add?b=9&x=y&a=5&a=6", 200),
        ("/mul?a=9223372036854775807&b=2", 200),
        ("/add?a=-9223372036854775808&b=-1", 200),
        ("/mul?a=99999999999999999999&b=-99999999999999999999", 200),
        (&long, 200),
        (&too_long, 400),
        ("/add", 400),
        ("/mul?a=5", 400),
        ("/add?a=5&b=", 400),
        ("/add?a=5&b=nine", 400),
        ("/mul?a=5&b=1.5", 400),
        ("/add?a=5&b=1e3", 400),
        ("/add?a=0x10&b=1", 400),
        ("/add?a=1__0&b=1", 400),
        ("/add?a=--1&b=1", 400),
        ("/add?A=5&B=9", 400),
    ] {
        let ours = Response::to("get", &format!("{base}{target}"), &[])?;
        let labs = Response::to("get", &format!("{labs_base}{target}"), &[])?;
        same(target, ours.essence(), labs.essence())?;
        same(target, ours.status(), &Value::from(status))?;
    }
    ended(server)
}

/// [9110-9.3.2-01] [9110-9.3.7-01] [9110-15.5.6-01]
fn no_sums() -> Outcome {
    let (_labs, labs_base) = labs_server()?;
    let (server, base) = our_server(&["--close"])?;
    for (method, target, status, has_allow) in [
        ("get", "/div?a=1&b=1", 404, false),
        ("get", "/", 404, false),
        ("get", "/Add?a=1&b=1", 404, false),
        ("get", "/add/?a=1&b=1", 404, false),
        ("post", "/add", 405, true),
        ("put", "/mul?a=1&b=2", 405, true),
        ("delete", "/add?a=1&b=2", 405, true),
        ("post", "/div", 404, false),
        ("head", "/add?a=1&b=2", 200, false),
        ("head", "/add?a=1", 400, false),
        ("head", "/div", 404, false),
        ("options", "/add", 200, true),
        ("options", "/mul?a=x", 200, true),
        ("options", "/div", 404, false),
    ] {
        let what = format!("{method} {target}");
        let allowed = if has_allow { &["GET", "HEAD", "OPTIONS"][..] } else { &[] };
        let ours = Response::to(method, &format!("{base}{target}"), &[])?;
        let labs = Response::to(method, &format!("{labs_base}{target}"), &[])?;
        for response in [&ours, &labs] {
            let seen = (response.status(), response.field("Connection"));
            same(&what, seen, (&Value::from(status), "close"))?;
            same(&what, methods(response.field("Allow")), allowed.to_vec())?;
            if method == "head" {
                same(&what, response.body(), &Value::from(""))?;
            }
        }
        if matches!((method, status), ("head" | "options", 200) | ("head", 400)) {
            let length = |response: &Response| response.field("Content-Length").to_owned();
            same(&what, length(&ours), length(&labs))?;
        }
    }
    ended(server)
}

/// Both clients wait for three seconds, and say so.
fn silence() -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let base = format!("http://{}", listener.local_addr()?);
    let arguments = ["--op", "add", "--base", &base];
    let labs = python("client.py", &arguments)?;
    let ours = rest(&[&["calc"], &arguments[..]].concat())?;
    let labs = labs.finish(PATIENCE)?;
    for (client, code) in [(ours, 1), (labs, 0)] {
        let is_told = client.stdout.starts_with("add exception: ");
        same(&client.stdout, (is_told, client.status.code()), (true, Some(code)))?;
    }
    Ok(())
}
