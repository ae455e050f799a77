//! The HTTP server: limits and manners around the dispatch of calls. Connections have
//! limits of their own ([`Limits`]).
//!
//! Bound to loopback unless asked otherwise; only requests for known hosts (a page in a
//! browser can't rebind a name to us), only JSON bodies up to a limit, no CORS headers.

use crate::backend::{Backend, Health};
use crate::connections::{self, Client, Limits};
use crate::dispatch::{self, Asked};
use crate::host;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tower_http::timeout::TimeoutLayer;

/// How long a request may take, its body included.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Requests that are worked on at once.
const AT_ONCE: usize = 512;

/// Where and how to listen.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Where.
    pub address: SocketAddr,
    /// Whether other than loopback addresses are meant.
    pub public: bool,
    /// The most bytes of a request.
    pub body_bytes: usize,
    /// What clients may take at once.
    pub limits: Limits,
}

/// Why the server can't run.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is open to others and that was not asked for.
    #[error("{0} is not a loopback address; say so in the configuration if that is meant")]
    NotLoopback(SocketAddr),
    /// The address is taken or can't be used.
    #[error("can't listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A running server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Binds and serves.
    ///
    /// # Errors
    /// [`ServerError`] when the address is not allowed or taken.
    pub async fn start<B: Backend>(config: ServerConfig, backend: B) -> Result<Self, ServerError> {
        let address = config.address;
        if !address.ip().is_loopback() && !config.public {
            return Err(ServerError::NotLoopback(address));
        }
        let listen = |source| ServerError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let app = app(&config, backend);
        let task = tokio::spawn(connections::serve(listener, app, config.limits));
        Ok(Self { address, task })
    }
}

struct Shared<B> {
    backend: B,
    gate: Semaphore,
    answer_bytes: usize,
}

fn app<B: Backend>(config: &ServerConfig, backend: B) -> Router {
    let (gate, answer_bytes) = (Semaphore::new(AT_ONCE), config.limits.answer_bytes);
    let shared = Arc::new(Shared { backend, gate, answer_bytes });
    let router = Router::new()
        .route("/", post(rpc::<B>))
        .route("/health", get(ready::<B>))
        .route("/health/ready", get(ready::<B>))
        .route("/health/live", get(live::<B>))
        .route("/metrics", get(metrics::<B>))
        .with_state(shared)
        .layer(DefaultBodyLimit::max(config.body_bytes))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, TIMEOUT));
    let router = if config.public { router } else { router.layer(from_fn(host::known_host)) };
    router.layer(from_fn(host::one_host))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|h| h.to_str().ok()).unwrap_or("");
    kind.split(';').next().is_some_and(|k| k.trim().eq_ignore_ascii_case("application/json"))
}

async fn rpc<B: Backend>(
    State(shared): State<Arc<Shared<B>>>,
    Extension(Client(from)): Extension<Client>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_json(&headers) {
        let text = "send JSON with content-type: application/json\n";
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, text).into_response();
    }
    let Ok(_permit) = shared.gate.try_acquire() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many requests at once\n").into_response();
    };
    let asked = Asked::of(&shared.backend, from);
    let answer = dispatch::answer(&asked, &body, shared.answer_bytes).await;
    let mut response = match answer {
        Some(answer) => ([(header::CONTENT_TYPE, "application/json")], answer).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    };
    if let Some(seconds) = asked.retry_after_s() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

async fn ready<B: Backend>(State(shared): State<Arc<Shared<B>>>) -> Response {
    let Health { reasons, notes, .. } = shared.backend.health().await;
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({ "ready": reasons.is_empty(), "reasons": reasons, "notes": notes });
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// Lives when the node does anything at all.
async fn live<B: Backend>(State(shared): State<Arc<Shared<B>>>) -> Response {
    if !shared.backend.lives() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the node does nothing\n").into_response();
    }
    (StatusCode::OK, "alive\n").into_response()
}

async fn metrics<B: Backend>(State(shared): State<Arc<Shared<B>>>) -> Response {
    let text = shared.backend.metrics().await;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
