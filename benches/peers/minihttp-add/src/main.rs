//! The lab's `/add` on may_minihttp: coroutines, one worker, a head parser and little else.

use may_minihttp::{HttpServer, HttpService, Request, Response};
use std::io::{self, BufRead as _};
use std::sync::Arc;

/// Words of a coroutine's stack.
const STACK: usize = 0x4000;

#[derive(Clone)]
struct Lab {
    bulk: Arc<Vec<u8>>,
}

impl HttpService for Lab {
    fn call(
        &mut self,
        request: Request<'_, '_, '_>,
        response: &mut Response<'_>,
    ) -> io::Result<()> {
        response.header("Content-Type: application/json");
        let (path, query) = request.path().split_once('?').unwrap_or((request.path(), ""));
        match (request.method(), path) {
            ("GET", "/bulk") => response.body_mut().extend_from_slice(&self.bulk),
            ("GET", path) => {
                let (status, body) = lab_answer::answer(path, query);
                match status {
                    200 => {}
                    400 => drop(response.status_code(400, "Bad Request")),
                    _ => drop(response.status_code(404, "Not Found")),
                }
                response.body_vec(body.into_bytes());
            }
            ("PUT", "/bulk") => {
                let (mut body, mut octets) = (request.body(), 0);
                loop {
                    let piece = body.fill_buf()?.len();
                    if piece == 0 {
                        break;
                    }
                    octets += piece;
                    body.consume(piece);
                }
                response.body_vec(lab_answer::counted(octets).into_bytes());
            }
            _ => drop(response.status_code(405, "Method Not Allowed")),
        }
        Ok(())
    }
}

fn main() -> io::Result<()> {
    let address = lab_answer::address()?;
    // The runner ties the process to a core.
    may::config().set_workers(1).set_stack_size(STACK).set_worker_pin(false);
    let server = HttpServer(Lab { bulk: Arc::new(lab_answer::bulk()) }).start(address)?;
    println!("listening on {address}");
    server.join().map_err(|_| io::Error::other("the server's coroutine has panicked"))
}
