//! A page in a headless Chromium asks a server of the http crate: fetch with conditions, streams,
//! uploads, an EventSource that comes back, and answers that end in all ways. The page is
//! `http_page.html`; what it has found stands in its DOM, which Chromium prints.

use super::common::process::Process;
use super::common::reference::{Need, Trials};
use super::common::{Outcome, PATIENCE, same};
use bytes::Bytes;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;
use wirelab_http::{
    Answer, Answered, HttpError, Method, Next, Request, Router, Server, Settings, Sink, Source,
    Status,
};
use wirelab_reactor::{Now, Settings as LoopSettings, many};

/// What the page is to find. The server has answered one 304, was asked again for events behind
/// the second, and has seen the answer without end left.
const FOUND: &str = "POST: 201 /items/1
GET: 200 {\"n\":1} true
PUT: 204 true
PUT with the old tag: 412
GET twice: 200 200 {\"n\":2}
HEAD: 200 7 0
PATCH: 405 GET, HEAD, PUT, DELETE, OPTIONS
DELETE: 204
GET: 404
events: 1=made|1 2=changed|1 3=gone|1
opened: 2
pieces: 1000000 9
upload: 200 35000000
endless: 200 true
broken: 200 not whole
server: unchanged 1, events behind [0, 2], left 1";

pub fn add(trials: &mut Trials) {
    trials.add("http_chromium::a_page_asks", &[Need::Chromium], page);
}

fn page() -> Outcome {
    let settings = LoopSettings::default();
    let server = many::start(([127, 0, 0, 1], 0).into(), 1, &settings, |_| {
        Server::new(routes(), Settings::default())
    })?;
    let directory = tempfile::tempdir()?;
    let mut command = Command::new("chromium");
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"]);
    command.args(["--no-first-run", "--disable-background-networking", "--disable-sync"]);
    command.args(["--disable-component-update", "--no-proxy-server", "--dump-dom"]);
    command.arg(format!("--user-data-dir={}", directory.path().display()));
    command.arg(format!("http://{}/", server.addr()));
    let printed = Process::start("chromium", command)?.finish(2 * PATIENCE)?;
    for stopper in server.stoppers() {
        stopper.stop_now()?;
    }
    server.join()?;
    let found = printed.stdout.split_once("<pre id=\"found\">");
    let found = found.and_then(|(_, rest)| rest.split_once("</pre>"));
    let (found, _) = found.ok_or_else(|| format!("no page: {printed:?}"))?;
    same("what the page has found", found, FOUND)
}

/// What the routes share; they live in one loop's thread.
#[derive(Debug, Default)]
struct State {
    items: BTreeMap<u64, (u64, String)>,
    changes: Vec<String>,
    version: u64,
    done: bool,
    breaks: bool,
    /// 304s.
    unchanged: usize,
    /// Behind which events a client has asked to go on.
    behind: Vec<usize>,
    /// Answers without end that were left.
    left: usize,
}

type Shared = Rc<RefCell<State>>;

fn routes() -> Router {
    let mut router = Router::new();
    let state = Shared::default();
    router.get("/", |_, answer| {
        let html = answer.ok().field("Content-Type", "text/html; charset=utf-8");
        html.body(include_bytes!("http_page.html"))
    });
    items(&mut router, &state);
    let shared = Rc::clone(&state);
    router.get("/events", move |request, answer| {
        let behind = request.fields().text("last-event-id").unwrap_or("0");
        let next = behind.parse().unwrap_or(0);
        shared.borrow_mut().behind.push(next);
        let fields = answer.ok().field("Content-Type", "text/event-stream");
        let state = Rc::clone(&shared);
        fields.field("Cache-Control", "no-store").stream(Events { state, next, left: 2 })
    });
    let (shared, ends) = (Rc::clone(&state), Rc::clone(&state));
    router.get("/gate", move |_, answer| answer.ok().stream(Gate(Rc::clone(&shared))));
    router.post("/done", move |_, answer| {
        ends.borrow_mut().done = true;
        answer.empty(Status::NO_CONTENT)
    });
    streams(&mut router, &state);
    router.get("/seen", move |_, answer| {
        let State { unchanged, behind, left, .. } = &*state.borrow();
        let seen = format!("unchanged {unchanged}, events behind {behind:?}, left {left}");
        answer.text(Status::OK, &seen)
    });
    router
}

/// Is this condition there, and does it not name the tag?
fn fails(request: &Request<'_>, tag: u64) -> bool {
    let condition = request.fields().text("if-match");
    condition.is_some_and(|condition| condition != format!("\"{tag}\""))
}

fn items(router: &mut Router, state: &Shared) {
    let shared = Rc::clone(state);
    router.post("/items", move |request, answer| {
        let State { items, changes, version, .. } = &mut *shared.borrow_mut();
        let (id, text) = (items.len() as u64 + 1, request.body_text().unwrap_or_default());
        *version += 1;
        items.insert(id, (*version, text.to_owned()));
        changes.push(format!("made\ndata: {id}"));
        let location = format!("/items/{id}");
        let answer = answer.status(Status::CREATED).field("Location", location);
        answer.field("ETag", format!("\"{version}\"")).body(b"")
    });
    for method in [Method::Get, Method::Put, Method::Delete] {
        let shared = Rc::clone(state);
        router.on(method, "/items/{id}", move |request, answer| {
            item(&mut shared.borrow_mut(), method, request, answer)
        });
    }
}

fn item(state: &mut State, method: Method, request: &Request<'_>, answer: Answer<'_>) -> Answered {
    let id = request.param("id").and_then(|id| id.parse::<u64>().ok()).unwrap_or(0);
    let Some((tag, text)) = state.items.get_mut(&id) else {
        return answer.text(Status::NOT_FOUND, "gone\n");
    };
    if fails(request, *tag) {
        return answer.empty(Status::PRECONDITION_FAILED);
    }
    match method {
        Method::Get => {
            let known = request.fields().text("if-none-match") == Some(&format!("\"{tag}\""));
            state.unchanged += usize::from(known);
            let status = if known { Status::NOT_MODIFIED } else { Status::OK };
            answer.status(status).field("ETag", format!("\"{tag}\"")).body(text.as_bytes())
        }
        Method::Put => {
            state.version += 1;
            *tag = state.version;
            request.body_text().unwrap_or_default().clone_into(text);
            state.changes.push(format!("changed\ndata: {id}"));
            let answer = answer.status(Status::NO_CONTENT);
            answer.field("ETag", format!("\"{tag}\"")).body(b"")
        }
        _ => {
            state.items.remove(&id);
            state.changes.push(format!("gone\ndata: {id}"));
            answer.empty(Status::NO_CONTENT)
        }
    }
}

fn streams(router: &mut Router, state: &Shared) {
    router.get("/pieces", |_, answer| answer.ok().stream(Pieces(1000)));
    let (shared, breaks) = (Rc::clone(state), Rc::clone(state));
    router.get("/broken", move |_, answer| answer.ok().stream(Broken(Rc::clone(&shared), 1)));
    router.post("/break", move |_, answer| {
        breaks.borrow_mut().breaks = true;
        answer.empty(Status::NO_CONTENT)
    });
    router.on_pieces(Method::Post, "/sum", |_| Ok(Box::<Sum>::default()));
    let shared = Rc::clone(state);
    router.get("/endless", move |_, answer| answer.ok().stream(Endless(Rc::clone(&shared))));
}

/// How long a source waits before it looks again.
const LOOK: Duration = Duration::from_millis(5);

/// What has changed behind an event, two events to a connection.
#[derive(Debug)]
struct Events {
    state: Shared,
    next: usize,
    left: usize,
}

impl Source for Events {
    fn next(&mut self, now: Now) -> Next {
        if self.left == 0 {
            return Next::End;
        }
        let state = self.state.borrow();
        let Some(change) = state.changes.get(self.next) else {
            return Next::Wait(Some(now + LOOK));
        };
        self.next += 1;
        self.left -= 1;
        let id = self.next;
        let text = format!("retry: 1\nid: {id}\nevent: change\ndata: {change}\n\n");
        Next::Piece(text.into())
    }
}

/// Nothing, until the page is done.
#[derive(Debug)]
struct Gate(Shared);

impl Source for Gate {
    fn next(&mut self, now: Now) -> Next {
        if self.0.borrow().done { Next::End } else { Next::Wait(Some(now + LOOK)) }
    }
}

/// So many times a thousand octets.
#[derive(Debug)]
struct Pieces(usize);

impl Source for Pieces {
    fn next(&mut self, _now: Now) -> Next {
        if self.0 == 0 {
            return Next::End;
        }
        self.0 -= 1;
        Next::Piece(Bytes::from_static(&[9; 1000]))
    }
}

/// So many pieces; then, when the page has seen the head, it breaks off.
#[derive(Debug)]
struct Broken(Shared, usize);

impl Source for Broken {
    fn next(&mut self, now: Now) -> Next {
        if self.1 > 0 {
            self.1 -= 1;
            return Next::Piece(Bytes::from_static(b"not all"));
        }
        if self.0.borrow().breaks { Next::Abort } else { Next::Wait(Some(now + LOOK)) }
    }
}

/// Octets without end; its own end is noted.
#[derive(Debug)]
struct Endless(Shared);

impl Source for Endless {
    fn next(&mut self, _now: Now) -> Next {
        Next::Piece(Bytes::from_static(&[1; 10_000]))
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        self.0.borrow_mut().left += 1;
    }
}

/// Adds up all octets of a body.
#[derive(Debug, Default)]
struct Sum(u64);

impl Sink for Sum {
    fn on_piece(&mut self, piece: Bytes) -> Result<(), HttpError> {
        self.0 += piece.iter().map(|octet| u64::from(*octet)).sum::<u64>();
        Ok(())
    }

    fn on_end(self: Box<Self>, _request: &Request<'_>, answer: Answer<'_>) -> Answered {
        answer.text(Status::OK, &self.0.to_string())
    }
}
