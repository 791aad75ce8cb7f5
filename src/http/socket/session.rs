//! One socket: its client says who it is, then runs operations until one of the two goes.

use std::sync::Arc;
use std::time::Duration;

use actix_ws::{AggregatedMessage, AggregatedMessageStream};
use async_graphql::Response;
use domain::Ctx;
use futures::stream::{BoxStream, SelectAll, StreamExt as _};
use graphql::Incoming;
use graphql::guard::Limits;
use serde_json::{Map, Value};
use tokio::time::{Instant, interval_at, sleep_until};
use tokio_util::sync::CancellationToken;

use super::protocol::{self, ClientMessage, Close};
use crate::http::State;
use crate::http::graphql::{Api, Presented, authenticate};

/// How long a client may take to say who it is.
const INIT_PATIENCE: Duration = Duration::from_secs(5);
/// How often the client is asked for a sign of life; a socket silent for two such spans is closed.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Most operations at once on one socket.
const MOST_OPERATIONS: usize = 20;
/// Longest id of an operation.
const LONGEST_ID: usize = 128;

/// An answer of one operation; `None` when it has ended.
type Answers = BoxStream<'static, (String, Option<Response>)>;

pub(super) struct Session {
    state: Arc<State>,
    api: Api,
    ctx: Ctx,
    presented: Presented,
    socket: actix_ws::Session,
    is_known: bool,
    operations: Vec<(String, CancellationToken)>,
}

impl Session {
    pub(super) fn new(state: Arc<State>, api: Api, ctx: Ctx, presented: Presented, socket: actix_ws::Session) -> Self {
        Self { state, api, ctx, presented, socket, is_known: false, operations: Vec::new() }
    }

    /// Talks until the socket is closed by either side.
    pub(super) async fn run(mut self, mut messages: AggregatedMessageStream) {
        let mut answers: SelectAll<Answers> = SelectAll::new();
        let init_until = Instant::now() + INIT_PATIENCE;
        let mut heard_at = Instant::now();
        let mut beat = interval_at(heard_at + KEEP_ALIVE, KEEP_ALIVE);
        let stop = self.state.stop.clone();
        let close = loop {
            let step = tokio::select! {
                () = stop.cancelled() => Err(Close::GoingAway),
                () = sleep_until(init_until), if !self.is_known => Err(Close::InitTimeout),
                _ = beat.tick() => {
                    if heard_at.elapsed() > KEEP_ALIVE * 2 { Err(Close::NotAlive) } else { self.send(protocol::ping()).await }
                }
                Some((id, response)) = answers.next(), if !answers.is_empty() => self.answer(id, response).await,
                message = messages.next() => match message {
                    Some(Ok(message)) => {
                        heard_at = Instant::now();
                        self.hear(message, &mut answers).await
                    }
                    // Broken frames and clients that left: nobody is there to be told.
                    Some(Err(_)) | None => Ok(false),
                },
            };
            match step {
                Ok(true) => {}
                Ok(false) => break None,
                Err(close) => break Some(close),
            }
        };
        for (_, operation) in &self.operations {
            operation.cancel();
        }
        let _ = self.socket.close(close.map(Close::reason)).await;
    }

    /// Whether the socket still takes messages.
    async fn send(&mut self, text: String) -> Result<bool, Close> {
        Ok(self.socket.text(text).await.is_ok())
    }

    async fn hear(&mut self, message: AggregatedMessage, answers: &mut SelectAll<Answers>) -> Result<bool, Close> {
        match message {
            AggregatedMessage::Text(text) => self.obey(&text, answers).await,
            AggregatedMessage::Ping(bytes) => Ok(self.socket.pong(&bytes).await.is_ok()),
            AggregatedMessage::Pong(_) => Ok(true),
            AggregatedMessage::Binary(_) => Err(Close::BadRequest),
            AggregatedMessage::Close(_) => Ok(false),
        }
    }

    async fn obey(&mut self, text: &str, answers: &mut SelectAll<Answers>) -> Result<bool, Close> {
        // Nesting is bounded before the text is read.
        let room = Limits { variable_nesting: Limits::default().variable_nesting + 2, ..Limits::default() };
        graphql::guard::check_json(text.as_bytes(), &room).map_err(|_| Close::BadRequest)?;
        match serde_json::from_str(text).map_err(|_| Close::BadRequest)? {
            ClientMessage::ConnectionInit { payload } => self.init(payload.unwrap_or_default()).await,
            ClientMessage::Ping => self.send(protocol::pong()).await,
            ClientMessage::Pong => Ok(true),
            ClientMessage::Subscribe { id, payload } => self.subscribe(id, &payload, answers),
            ClientMessage::Complete { id } => {
                self.end(&id);
                Ok(true)
            }
        }
    }

    /// The payload may carry what browsers cannot send as headers: `Authorization`, `X-Cart-Token` and so on.
    async fn init(&mut self, payload: Map<String, Value>) -> Result<bool, Close> {
        if self.is_known {
            return Err(Close::TooManyInits);
        }
        for (name, value) in payload {
            let Value::String(value) = value else { continue };
            match name.to_ascii_lowercase().as_str() {
                "authorization" => self.presented.authorization = Some(value),
                "x-device-token" => self.presented.device = Some(value),
                "x-cart-token" => self.presented.cart = Some(value),
                "x-order-token" => self.presented.order = Some(value),
                _ => {}
            }
        }
        self.ctx.actor = self.actor().await?;
        self.is_known = true;
        self.send(protocol::ack()).await
    }

    async fn actor(&self) -> Result<domain::Actor, Close> {
        let known = authenticate(&self.ctx, self.api, &self.presented).await;
        known.map_err(|error| if error.is_internal() { Close::GoingAway } else { Close::Forbidden })
    }

    fn subscribe(&mut self, id: String, payload: &Value, answers: &mut SelectAll<Answers>) -> Result<bool, Close> {
        if !self.is_known {
            return Err(Close::Unauthorized);
        }
        if id.is_empty() || id.len() > LONGEST_ID {
            return Err(Close::BadRequest);
        }
        if self.operations.iter().any(|(known, _)| *known == id) {
            return Err(Close::SubscriberExists);
        }
        if self.operations.len() >= MOST_OPERATIONS {
            return Err(Close::TooManyOperations);
        }
        let incoming = Incoming::from_json(payload.to_string().as_bytes(), &Limits::default());
        let incoming = incoming.map_err(|_| Close::BadRequest)?;
        let ended = CancellationToken::new();
        self.operations.push((id.clone(), ended.clone()));
        let last = (id.clone(), None);
        let responses = self.api.subscribe(&self.state, incoming, self.ctx.clone());
        let responses = responses.take_until(ended.cancelled_owned()).map(move |response| (id.clone(), Some(response)));
        answers.push(responses.chain(futures::stream::once(async move { last })).boxed());
        Ok(true)
    }

    fn end(&mut self, id: &str) {
        self.operations.retain(|(known, operation)| {
            if known == id {
                operation.cancel();
            }
            known != id
        });
    }

    async fn answer(&mut self, id: String, response: Option<Response>) -> Result<bool, Close> {
        // An operation that the client ended says nothing more.
        if !self.operations.iter().any(|(known, _)| *known == id) {
            return Ok(true);
        }
        let Some(response) = response else {
            self.end(&id);
            return self.send(protocol::complete(&id)).await;
        };
        let (message, failed) = protocol::next(&id, &response);
        if failed {
            self.end(&id);
        }
        self.send(message).await
    }
}
