//! The connections of the server: how many there may be, and how long each may take.
//!
//! 1. A connection beyond the limit is told so (503) and closed; nothing is read of it.
//! 2. A request whose header is not whole in time, or that does not come, ends its
//!    connection: a client that is half gone holds nothing.
//! 3. A connection that has lasted long enough is closed behind the request it is at;
//!    one that doesn't even end then, because nobody reads the answer, is cut.

use axum::{Extension, Router};
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How long to wait when the system gives no socket, for example for want of files.
const NO_SOCKET: Duration = Duration::from_millis(500);

const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\n\
Content-Length: 38\r\nConnection: close\r\n\r\ntoo many connections; try again later\n";

/// What clients may take of the server at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most connections.
    pub connections: usize,
    /// How long a request's header may take, and how long a connection may idle.
    pub header_time: Duration,
    /// How long a connection may last.
    pub connection_time: Duration,
    /// How long it may take to end then.
    pub ending_time: Duration,
    /// The most bytes of an answer, all calls of a batch together.
    pub answer_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            header_time: Duration::from_secs(20),
            connection_time: Duration::from_secs(600),
            ending_time: Duration::from_secs(60),
            answer_bytes: 32 << 20,
        }
    }
}

/// The address that a request comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client(pub(crate) IpAddr);

/// Takes connections until it is dropped, and they with it.
pub(crate) async fn serve(listener: TcpListener, app: Router, limits: Limits) {
    let free = Arc::new(Semaphore::new(limits.connections));
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, from)) => match Arc::clone(&free).try_acquire_owned() {
                    Ok(permit) => {
                        let app = app.clone().layer(Extension(Client(from.ip())));
                        drop(open.spawn(one(socket, app, limits.clone(), permit)));
                    }
                    Err(_) => refuse(&socket),
                },
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    sleep(NO_SOCKET).await;
                }
            },
            Some(_) = open.join_next() => {}
        }
    }
}

/// Says why and hangs up. The few bytes fit into a new socket's buffer; whoever does not
/// get them sees a closed connection, which says the same.
fn refuse(socket: &TcpStream) {
    match socket.try_write(REFUSAL) {
        Ok(_) => tracing::debug!("too many connections, one was refused"),
        Err(error) => tracing::debug!(%error, "a refused connection was gone already"),
    }
}

async fn one(socket: TcpStream, app: Router, limits: Limits, permit: OwnedSemaphorePermit) {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone before it began");
    }
    let mut http = Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.header_time);
    let service = TowerToHyperService::new(app);
    let mut connection = pin!(http.serve_connection(TokioIo::new(socket), service));
    if timeout(limits.connection_time, connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        if timeout(limits.ending_time, connection).await.is_err() {
            tracing::debug!("a connection that nobody read from was cut");
        }
    }
    drop(permit);
}
