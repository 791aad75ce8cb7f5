//! The messages of `graphql-transport-ws`, and the codes with which it closes.

use actix_ws::{CloseCode, CloseReason};
use async_graphql::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ClientMessage {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    Ping,
    Pong,
    Subscribe {
        id: String,
        payload: Value,
    },
    Complete {
        id: String,
    },
}

/// What the server says; `None` stands for a message that needs no payload.
pub(super) fn ack() -> String {
    json!({ "type": "connection_ack" }).to_string()
}

pub(super) fn ping() -> String {
    json!({ "type": "ping" }).to_string()
}

pub(super) fn pong() -> String {
    json!({ "type": "pong" }).to_string()
}

pub(super) fn complete(id: &str) -> String {
    json!({ "id": id, "type": "complete" }).to_string()
}

/// A result; or `error`, which ends the operation, when it failed before it was executed.
pub(super) fn next(id: &str, response: &Response) -> (String, bool) {
    let failed = response.data == async_graphql::Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty());
    let message = if failed {
        json!({ "id": id, "type": "error", "payload": response.errors })
    } else {
        json!({ "id": id, "type": "next", "payload": response })
    };
    (message.to_string(), failed)
}

/// Why a socket is closed, as the protocol numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Close {
    BadRequest,
    Unauthorized,
    Forbidden,
    InitTimeout,
    SubscriberExists,
    TooManyInits,
    TooManyOperations,
    NotAlive,
    GoingAway,
}

impl Close {
    pub(super) fn reason(self) -> CloseReason {
        let (code, text) = match self {
            Self::BadRequest => (CloseCode::Other(4400), "Invalid message"),
            Self::Unauthorized => (CloseCode::Other(4401), "Unauthorized"),
            Self::Forbidden => (CloseCode::Other(4403), "Forbidden"),
            Self::InitTimeout => (CloseCode::Other(4408), "Connection initialisation timeout"),
            Self::SubscriberExists => (CloseCode::Other(4409), "Subscriber already exists"),
            Self::TooManyInits => (CloseCode::Other(4429), "Too many initialisation requests"),
            Self::TooManyOperations => (CloseCode::Policy, "Too many operations on one socket"),
            Self::NotAlive => (CloseCode::Policy, "No sign of life"),
            Self::GoingAway => (CloseCode::Away, "The server stops"),
        };
        CloseReason { code, description: Some(text.to_owned()) }
    }
}
