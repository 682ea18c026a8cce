//! The lab's `/add` on axum, as its guide shows a server, on tokio's current_thread runtime.

use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

async fn calculate(Path(operation): Path<String>, RawQuery(query): RawQuery) -> impl IntoResponse {
    let path = format!("/{operation}");
    let (status, body) = lab_answer::answer(&path, query.as_deref().unwrap_or_default());
    let status = StatusCode::from_u16(status).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json")], body)
}

async fn serve(listener: std::net::TcpListener) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?.tap_io(|stream| {
        // It only makes an answer later.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, Router::new().route("/{operation}", get(calculate))).await
}

fn main() -> std::io::Result<()> {
    let listener = lab_answer::listen()?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(listener))
}
