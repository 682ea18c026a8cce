//! The lab's `/add` on hyper 1, tokio's current_thread runtime, pipelined answers flushed together.

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use tokio::net::TcpListener;

async fn add(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let uri = request.uri();
    let (status, body) = match *request.method() {
        Method::GET | Method::HEAD => {
            lab_answer::answer(uri.path(), uri.query().unwrap_or_default())
        }
        _ => (405, String::new()),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

async fn serve(listener: std::net::TcpListener) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let mut server = http1::Builder::new();
            server.pipeline_flush(true);
            // A client that goes in the middle of a message is none of ours.
            let _ = server.serve_connection(TokioIo::new(stream), service_fn(add)).await;
        });
    }
}

fn main() -> std::io::Result<()> {
    let listener = lab_answer::listen()?;
    tokio::runtime::Builder::new_current_thread().enable_io().build()?.block_on(serve(listener))
}
