//! The lab's `/add` on hyper 1, tokio's current_thread runtime: `hyper-add [PORT [WORD]]`.
//!
//! With the word `pipeline-flush`, pipelined answers are flushed together; without it hyper is as
//! it comes.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

type Answer = Result<Response<Full<Bytes>>, hyper::Error>;

fn response(status: u16, content: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(Full::new(content.into()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

async fn answer(request: Request<Incoming>, bulk: Bytes) -> Answer {
    let uri = request.uri();
    match (request.method(), uri.path()) {
        (&Method::GET | &Method::HEAD, "/bulk") => response(200, bulk),
        (&Method::GET | &Method::HEAD, path) => {
            let (status, body) = lab_answer::answer(path, uri.query().unwrap_or_default());
            response(status, body)
        }
        (&Method::PUT, "/bulk") => {
            let (mut body, mut octets) = (request.into_body(), 0);
            while let Some(frame) = body.frame().await {
                octets += frame?.data_ref().map_or(0, Bytes::len);
            }
            response(200, lab_answer::counted(octets))
        }
        _ => response(405, ""),
    }
}

async fn serve(listener: std::net::TcpListener, pipeline_flush: bool) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let bulk = Bytes::from(lab_answer::bulk());
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let bulk = bulk.clone();
        tokio::spawn(async move {
            let mut server = http1::Builder::new();
            server.pipeline_flush(pipeline_flush);
            let service = service_fn(|request| answer(request, bulk.clone()));
            // A client that goes in the middle of a message is none of ours.
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn main() -> std::io::Result<()> {
    let pipeline_flush = std::env::args().nth(2).is_some_and(|word| word == "pipeline-flush");
    let listener = lab_answer::listen()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(serve(listener, pipeline_flush))
}
