//! `/bulk`, for which the lab has no route: 1 MiB to be got, and whatever is put is counted.
//!
//! It knows the http crate's surface. The peers' own is in `peers/lab-answer`.

use bytes::Bytes;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use wirelab_http::{Answer, Answered, HttpError, Method, Request, Router, Server, Settings, Sink};
use wirelab_reactor::{EventLoop, MioNet, Settings as LoopSettings};

/// Octets of what is got.
const SIZE: usize = 1024 * 1024;

/// What is got. The period is a prime, so that a shift shows.
pub fn content() -> Vec<u8> {
    (0..SIZE).map(|n| (n % 251) as u8).collect()
}

/// Serves at `addr` until the process ends; `listening` is told where.
///
/// # Errors
/// When it cannot be listened there, or the loop fails.
pub fn serve(addr: SocketAddr, listening: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let mut event_loop = EventLoop::new(MioNet::new()?, LoopSettings::default());
    let (_, addr) = event_loop.listen(addr)?;
    listening(addr);
    let server = Server::new(router(), Settings::default());
    event_loop.run(&mut server.with_clock(Box::new(|_| unix())))
}

fn router() -> Router {
    let content = Bytes::from(content());
    let mut router = Router::new();
    router.get("/bulk", move |_, answer| json(answer).shared(content.clone()));
    router.on_pieces(Method::Put, "/bulk", |_| Ok(Box::new(Count(0))));
    router
}

fn json(answer: Answer<'_>) -> wirelab_http::answer::Answering<'_> {
    answer.ok().field("Content-Type", "application/json")
}

/// Counts what comes, and answers how much it was.
#[derive(Debug)]
struct Count(usize);

impl Sink for Count {
    fn on_piece(&mut self, piece: Bytes) -> Result<(), HttpError> {
        self.0 += piece.len();
        Ok(())
    }

    fn on_end(self: Box<Self>, _request: &Request<'_>, answer: Answer<'_>) -> Answered {
        json(answer).body(format!("{}\n", self.0).as_bytes())
    }
}

fn unix() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
