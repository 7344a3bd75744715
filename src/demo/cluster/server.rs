//! One member's HTTP server.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{EXPORTER, Shared, lock};

/// What agents answer.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// What the exporter answers.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// How long a connection may linger after its server has stopped.
const LINGER: Duration = Duration::from_secs(1);

/// Answers scrapes of one member.
#[derive(Debug, Clone)]
pub(super) struct Answerer {
    simulation: Shared,
    member: usize,
}

impl Answerer {
    pub(super) const fn new(simulation: Shared, member: usize) -> Self {
        Self { simulation, member }
    }
}

async fn metrics(State(answerer): State<Answerer>) -> Response {
    let content_type = if answerer.member == EXPORTER { TEXT } else { OPENMETRICS };
    match lock(&answerer.simulation).expose(answerer.member) {
        Some(body) => ([(header::CONTENT_TYPE, content_type)], body).into_response(),
        // A connection can outlive the process that it led to by the moment in which its server notices.
        None => (StatusCode::SERVICE_UNAVAILABLE, [(header::CONNECTION, "close")]).into_response(),
    }
}

/// Serves `/metrics` until `stop`, then closes the socket and its idle connections.
pub(super) async fn serve(listener: TcpListener, answerer: Answerer, stop: CancellationToken) {
    let router = Router::new().route("/metrics", get(metrics)).with_state(answerer);
    let server = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
    tokio::select! {
        // Serving does not fail: errors of single connections end those connections.
        _ = server => {}
        () = async { stop.cancelled().await; tokio::time::sleep(LINGER).await } => {}
    }
}
