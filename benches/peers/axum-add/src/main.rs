//! The lab's `/add` on axum, as its guide shows a server, on tokio's current_thread runtime.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Result};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use http_body_util::BodyExt as _;
use tokio::net::TcpListener;

const JSON: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];

async fn calculate(Path(operation): Path<String>, RawQuery(query): RawQuery) -> impl IntoResponse {
    let path = format!("/{operation}");
    let (status, body) = lab_answer::answer(&path, query.as_deref().unwrap_or_default());
    (StatusCode::from_u16(status).unwrap_or_default(), JSON, body)
}

async fn give(State(bulk): State<Bytes>) -> impl IntoResponse {
    (JSON, bulk)
}

async fn count(mut body: Body) -> Result<impl IntoResponse> {
    let mut octets = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| StatusCode::BAD_REQUEST)?;
        octets += frame.data_ref().map_or(0, Bytes::len);
    }
    Ok((JSON, lab_answer::counted(octets)))
}

async fn serve(listener: std::net::TcpListener) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?.tap_io(|stream| {
        // It only makes an answer later.
        let _ = stream.set_nodelay(true);
    });
    let router = Router::new()
        .route("/{operation}", get(calculate))
        .route("/bulk", get(give).put(count))
        .with_state(Bytes::from(lab_answer::bulk()));
    axum::serve(listener, router).await
}

fn main() -> std::io::Result<()> {
    let listener = lab_answer::listen()?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(listener))
}
