//! The lab's `/add` on actix-http, without the framework above it: one worker.

use actix_http::header::{CONTENT_TYPE, HeaderValue};
use actix_http::{HttpService, Method, Request, Response, StatusCode, body::BoxBody};
use actix_server::Server;
use bytes::Bytes;
use futures_util::StreamExt as _;
use std::convert::Infallible;
use std::time::Duration;

/// How long a connection may stand: its own five seconds are less than the others'.
const PATIENCE: Duration = Duration::from_secs(75);

type Answer = Result<Response<BoxBody>, Infallible>;

fn response(status: u16, content: impl Into<Bytes>) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or_default();
    let mut response = Response::with_body(status, BoxBody::new(content.into()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

async fn answer(mut request: Request, bulk: Bytes) -> Answer {
    match (request.method(), request.path()) {
        (&Method::GET | &Method::HEAD, "/bulk") => response(200, bulk),
        (&Method::GET | &Method::HEAD, path) => {
            let (status, body) =
                lab_answer::answer(path, request.uri().query().unwrap_or_default());
            response(status, body)
        }
        (&Method::PUT, "/bulk") => {
            let (mut body, mut octets) = (request.take_payload(), 0);
            while let Some(piece) = body.next().await {
                let Ok(piece) = piece else { return response(400, Bytes::new()) };
                octets += piece.len();
            }
            response(200, lab_answer::counted(octets))
        }
        _ => response(405, Bytes::new()),
    }
}

async fn serve() -> std::io::Result<()> {
    let bulk = Bytes::from(lab_answer::bulk());
    let service = move || {
        let bulk = bulk.clone();
        HttpService::build()
            .keep_alive(PATIENCE)
            .client_request_timeout(PATIENCE)
            .h1(move |request| answer(request, bulk.clone()))
            .tcp()
    };
    Server::build().workers(1).listen("add", lab_answer::listen()?, service)?.run().await
}

fn main() -> std::io::Result<()> {
    actix_rt::System::new().block_on(serve())
}
