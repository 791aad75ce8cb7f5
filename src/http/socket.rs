//! Subscriptions: the `graphql-transport-ws` protocol over WebSocket (RFC 6455).

mod protocol;
mod session;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};

use super::graphql::{Api, Presented, Refusal, context};
use super::{State, origin, reply};

/// What the protocol is called in `Sec-WebSocket-Protocol`.
const PROTOCOL: &str = "graphql-transport-ws";
/// Most sockets of one process.
const MOST_SOCKETS: usize = 2_000;
/// Most bytes of one message.
const LARGEST_MESSAGE: usize = super::graphql::LARGEST_BODY;

static SOCKETS: AtomicUsize = AtomicUsize::new(0);

/// One open socket; it counts until it is dropped.
struct Seat;

impl Seat {
    fn take() -> Option<Self> {
        let before = SOCKETS.fetch_add(1, Ordering::AcqRel);
        let seat = Self;
        metrics::gauge!("hitotsu_sockets").increment(1.0);
        (before < MOST_SOCKETS).then_some(seat)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        SOCKETS.fetch_sub(1, Ordering::AcqRel);
        metrics::gauge!("hitotsu_sockets").decrement(1.0);
    }
}

/// Opens a socket.
pub(crate) async fn open(
    http: HttpRequest,
    body: web::Payload,
    state: web::Data<State>,
    api: web::Data<Api>,
) -> Result<HttpResponse, actix_web::Error> {
    // Browsers send sockets across origins without asking: the origin must be checked here.
    if !origin::accepts(&state, &http) {
        return Ok(Refusal::origin().response(&http));
    }
    if !speaks_our_protocol(&http) {
        let message = "Use the WebSocket subprotocol graphql-transport-ws.";
        return Ok(reply::problem(&http, StatusCode::BAD_REQUEST, "BAD_REQUEST", message));
    }
    let Some(seat) = Seat::take() else { return Ok(Refusal::busy().response(&http)) };
    let (mut response, socket, messages) = actix_ws::handle(&http, body)?;
    response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    let session = session::Session::new(
        Arc::clone(&state),
        **api,
        context(&http, &state),
        Presented::by_headers(http.headers()),
        socket,
    );
    let messages = messages.max_frame_size(LARGEST_MESSAGE).aggregate_continuations();
    actix_web::rt::spawn(async move {
        session.run(messages.max_continuation_size(LARGEST_MESSAGE)).await;
        drop(seat);
    });
    Ok(response)
}

fn speaks_our_protocol(http: &HttpRequest) -> bool {
    http.headers()
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|protocol| protocol.trim() == PROTOCOL)
}
