//! Which requests are for this machine. A page in a browser may point a name of its own at a
//! loopback address; it can't choose what the browser then says in `Host`, so a name that is
//! not ours is refused.
//!
//! A name is ours in any case of its letters and with the dot of the root behind it. HTTP/1.0
//! knows no `Host`, and no browser speaks it, so there none is needed; HTTP/1.1 needs exactly
//! one.

use axum::extract::Request;
use axum::http::{StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The names of this machine's loopback.
const OURS: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Refuses a request with more than one host, or with none where one is needed.
pub(crate) async fn one_host(request: Request, next: Next) -> Response {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    let least = usize::from(request.version() > Version::HTTP_10);
    if (least..=1).contains(&hosts) {
        return next.run(request).await;
    }
    let text = format!("{hosts} Host headers; a request has one\n");
    (StatusCode::BAD_REQUEST, text).into_response()
}

/// Refuses requests for a host that is not this machine's loopback.
pub(crate) async fn known_host(request: Request, next: Next) -> Response {
    let said = request.headers().get(header::HOST);
    let said = said.map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
    let asked = request.uri().authority().map(ToString::to_string);
    let stranger = said.into_iter().chain(asked).find(|host| !is_ours(host));
    match stranger {
        None => next.run(request).await,
        Some(host) => {
            let text = format!("host \"{host}\" is not served here\n");
            (StatusCode::FORBIDDEN, text).into_response()
        }
    }
}

fn is_ours(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_ours_in_any_spelling_and_others_are_not() {
        for host in
            ["Localhost", "localhost.", "LOCALHOST:9944", "127.0.0.1.", "[::1]:80", "127.0.0.1:"]
        {
            assert!(is_ours(host), "{host}");
        }
        for host in
            ["", "evil.example", "localhost..", "localhost.evil.example", "127.0.0.1:80:80x"]
        {
            assert!(!is_ours(host), "{host}");
        }
    }
}
