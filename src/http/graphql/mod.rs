//! GraphQL over HTTP, by our own handler: GET runs queries only, POST takes `application/json` alone, no multipart and no
//! batches (each of them would let a foreign page or a login guesser do what it must not).

mod accept;
mod context;
mod refusal;
mod request;
mod response;

use ::graphql::Incoming;
use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::Response;
use domain::Ctx;
use futures::future::BoxFuture;
use futures::stream::BoxStream;

pub(crate) use accept::Accept;
pub(crate) use context::{Presented, authenticate, context};
pub(crate) use refusal::Refusal;
pub(crate) use request::{Call, LARGEST_BODY};

use super::{State, graphiql, origin};

/// Which of the two APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    /// For storefronts and customers.
    Shop,
    /// For tills, stores, warehouses, support, administration and apps.
    Staff,
}

impl Api {
    /// Its name in metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Staff => "staff",
        }
    }

    fn execute(self, state: &State, incoming: Incoming, ctx: Ctx) -> BoxFuture<'static, Response> {
        match self {
            Self::Shop => ::graphql::execute_shop(&state.schemas.shop, incoming, ctx),
            Self::Staff => ::graphql::execute_staff(&state.schemas.staff, incoming, ctx),
        }
    }

    /// Answers for as long as the subscription lasts.
    pub(crate) fn subscribe(self, state: &State, incoming: Incoming, ctx: Ctx) -> BoxStream<'static, Response> {
        match self {
            Self::Shop => ::graphql::subscribe_shop(&state.schemas.shop, incoming, ctx),
            Self::Staff => ::graphql::subscribe_staff(&state.schemas.staff, incoming, ctx),
        }
    }
}

/// `POST`: queries and mutations.
pub(crate) async fn post(
    http: HttpRequest,
    body: web::Payload,
    state: web::Data<State>,
    api: web::Data<Api>,
) -> HttpResponse {
    match post_call(&http, body, &state).await {
        Ok((accept, call)) => answer(&http, &state, **api, accept, call).await,
        Err(refusal) => refusal.response(&http),
    }
}

async fn post_call(http: &HttpRequest, body: web::Payload, state: &State) -> Result<(Accept, Call), Refusal> {
    let accept = Accept::of(http.headers())?;
    if !origin::accepts(state, http) {
        return Err(Refusal::origin());
    }
    request::check_content_type(http.headers())?;
    let body = request::read_body(http.headers(), body, state.config.request_timeout).await?;
    Ok((accept, Call::from_json(&body)?))
}

/// `GET`: queries, and GraphiQL for browsers in development.
pub(crate) async fn get(http: HttpRequest, state: web::Data<State>, api: web::Data<Api>) -> HttpResponse {
    if http.query_string().is_empty() && state.config.is_development() && graphiql::is_wanted(&http) {
        return graphiql::page(**api);
    }
    let call = Accept::of(http.headers()).and_then(|accept| Ok((accept, Call::from_query(http.query_string())?)));
    match call {
        Ok((accept, call)) => answer(&http, &state, **api, accept, call).await,
        Err(refusal) => refusal.response(&http),
    }
}

/// Authenticates, executes and shapes the answer.
async fn answer(http: &HttpRequest, state: &web::Data<State>, api: Api, accept: Accept, call: Call) -> HttpResponse {
    // Bodies are read before this, so that slow senders take no place from others.
    let Some(_permit) = state.admit() else { return Refusal::busy().response(http) };
    let cacheable = if http.method() == Method::GET {
        match call.check_is_query(&state.schemas.options.documents) {
            Ok(only_catalogue) => only_catalogue && api == Api::Shop && is_anonymous(http),
            Err(refusal) => return refusal.response(http),
        }
    } else {
        false
    };
    let ctx = context(http, state);
    let response = match authenticate(&ctx, api, &Presented::by_headers(http.headers())).await {
        Ok(actor) => {
            let incoming = call.into_incoming(http.headers());
            api.execute(state, incoming, ctx.with_actor(actor)).await
        }
        Err(error) => ::graphql::refused(&ctx, &error),
    };
    let outcome = if response.errors.is_empty() { "ok" } else { "errors" };
    metrics::counter!("hitotsu_graphql_requests_total", "api" => api.name(), "outcome" => outcome).increment(1);
    let mut answer = response::shape(http.headers(), accept, &response, cacheable);
    if state.config.is_development() {
        let statements = header::HeaderValue::from(ctx.statements.get());
        answer.headers_mut().insert(header::HeaderName::from_static("x-sql-statements"), statements);
    }
    answer
}

/// Whether nothing in the request says who asks, so that the answer is the same for everybody.
fn is_anonymous(http: &HttpRequest) -> bool {
    let headers = http.headers();
    ["authorization", "x-cart-token", "x-order-token", "x-device-token"].iter().all(|name| !headers.contains_key(*name))
}
