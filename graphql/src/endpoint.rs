//! What happens to a request, in order: find its document, guard it, parse it, weigh it, check access, take points, run
//! it within the time-out, translate errors, count what it did cost.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::parser::types::OperationType;
use async_graphql::{ObjectType, Request, Response, Schema, SubscriptionType, Value, indexmap::IndexMap};
use domain::{Ctx, Error, ErrorCode, Result};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};

use crate::access::Table;
use crate::budget::{self, Budgets, ThrottleStatus};
use crate::error;
use crate::feed::EventFeed;
use crate::guard::{self, Limits};
use crate::incoming::Incoming;
use crate::index::Index;
use crate::loader;
use crate::persisted::{Documents, Naming};
use crate::storefront::Storefront;
use crate::weigh::{self, Weight};

/// How the endpoints of a process behave. Clones share documents, budgets, the feed and what storefronts keep.
#[derive(Clone, Debug)]
pub struct Options {
    /// What a request may hold at most.
    pub limits: Limits,
    /// Points per client; `None` for no budget.
    pub budgets: Option<Arc<Budgets>>,
    /// Persisted and trusted documents.
    pub documents: Arc<Documents>,
    /// How long a request may run.
    pub timeout: Duration,
    /// What subscriptions listen to.
    pub feed: EventFeed,
    /// What the shop schema keeps between requests.
    pub storefront: Arc<Storefront>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            budgets: Some(Arc::new(Budgets::new(budget::Budget::default()))),
            documents: Arc::new(Documents::default()),
            timeout: Duration::from_secs(10),
            feed: EventFeed::default(),
            storefront: Arc::default(),
        }
    }
}

/// A schema with everything that stands before it.
pub struct Endpoint<Q, M, S> {
    schema: Schema<Q, M, S>,
    access: Arc<Table>,
    index: Arc<Index>,
    options: Options,
}

impl<Q, M, S> Clone for Endpoint<Q, M, S> {
    fn clone(&self) -> Self {
        Self {
            schema: self.schema.clone(),
            access: Arc::clone(&self.access),
            index: Arc::clone(&self.index),
            options: self.options.clone(),
        }
    }
}

impl<Q, M, S> std::fmt::Debug for Endpoint<Q, M, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("options", &self.options).finish_non_exhaustive()
    }
}

/// A request that may run.
struct Admitted {
    request: Request,
    weight: Weight,
    client: Option<String>,
    throttle: Option<ThrottleStatus>,
}

impl<Q, M, S> Endpoint<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    pub(crate) fn new(schema: Schema<Q, M, S>, access: Table, options: Options) -> Self {
        let index = Arc::new(Index::of(&schema.sdl()));
        Self { schema, access: Arc::new(access), index, options }
    }

    /// The schema in the definition language.
    #[must_use]
    pub fn sdl(&self) -> String {
        let options = async_graphql::SDLExportOptions::new().include_specified_by().use_space_ident();
        self.schema.sdl_with_options(options.prefer_single_line_descriptions())
    }

    /// What the schema says about its fields.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The rules of its root fields.
    #[must_use]
    pub fn access(&self) -> &Table {
        &self.access
    }

    pub(crate) fn execute(&self, incoming: Incoming, ctx: Ctx) -> BoxFuture<'static, Response> {
        let endpoint = self.clone();
        Box::pin(async move {
            match endpoint.admit(incoming, &ctx) {
                Ok(admitted) if admitted.weight.kind == OperationType::Subscription => {
                    refused(&ctx, &Error::invalid(ErrorCode::InvalidDocument, ""))
                }
                Ok(admitted) => endpoint.run(admitted, ctx).await,
                Err(response) => *response,
            }
        })
    }

    /// Answers for as long as the subscription lasts; a query or a mutation answers once. The stream ends by itself
    /// when the request is refused.
    pub(crate) fn subscribe(&self, incoming: Incoming, ctx: Ctx) -> BoxStream<'static, Response> {
        let endpoint = self.clone();
        match endpoint.admit(incoming, &ctx) {
            Err(response) => futures::stream::once(async { *response }).boxed(),
            Ok(admitted) if admitted.weight.kind == OperationType::Subscription => {
                // A subscription outlives what its loader remembers: it reads afresh for every answer.
                let rows = loader::new(ctx.clone());
                rows.enable_all_cache(false);
                let request = with_data(admitted.request, &ctx, &endpoint.options).data(rows);
                let answers = endpoint.schema.execute_stream(request);
                answers.map(move |response| error::translate(&ctx, response)).boxed()
            }
            Ok(admitted) => futures::stream::once(async move { endpoint.run(admitted, ctx).await }).boxed(),
        }
    }

    async fn run(&self, admitted: Admitted, ctx: Ctx) -> Response {
        let Admitted { request, weight, client, throttle } = admitted;
        let request = with_data(request, &ctx, &self.options);
        let execution = AssertUnwindSafe(self.schema.execute(request)).catch_unwind();
        let mut response = match tokio::time::timeout(self.options.timeout, execution).await {
            Ok(Ok(response)) => error::translate(&ctx, response),
            Ok(Err(_)) => refused(&ctx, &Error::Bug("a resolver panicked".to_owned())),
            Err(_) => refused(&ctx, &Error::Conflict("time")),
        };
        let actual = weigh::actual(&weight, &response.data);
        let left = weight.cost.saturating_sub(actual);
        let throttle = match (&self.options.budgets, &client) {
            (Some(budgets), Some(client)) => budgets.give_back(client, left).or(throttle),
            _ => throttle,
        };
        response.extensions.insert("cost".to_owned(), cost(&weight, actual, throttle));
        if !weight.deprecations.is_empty() {
            response.extensions.insert("deprecations".to_owned(), deprecations(&weight));
        }
        response
    }

    /// Everything before execution. The response of a refusal is boxed because it is large and rare.
    fn admit(&self, incoming: Incoming, ctx: &Ctx) -> Result<Admitted, Box<Response>> {
        let refuse = |error: Error| Box::new(refused(ctx, &error));
        let request = self.guarded(incoming, ctx).map_err(|problem| match problem {
            Problem::Rule(error) => refuse(error),
            Problem::Syntax(error) => Box::new(error::translate(ctx, Response::from_errors(vec![*error]))),
        })?;
        let Guarded { request, weight } = request;
        if let Some(hidden) = self.access.missing_here(&weight, ctx) {
            let message = format!("Unknown field \"{hidden}\" on type \"{}\".", crate::index::root_type(weight.kind));
            return Err(Box::new(refused_document(ctx, message)));
        }
        self.access.check(&self.index, &weight, ctx).map_err(refuse)?;
        let client = budget::client(ctx);
        let throttle = match (&self.options.budgets, &client) {
            (Some(budgets), Some(client)) => Some(budgets.take(client, weight.cost, Instant::now()).map_err(refuse)?),
            _ => None,
        };
        Ok(Admitted { request, weight, client, throttle })
    }

    fn guarded(&self, mut incoming: Incoming, ctx: &Ctx) -> Result<Guarded, Problem> {
        let limits = &self.options.limits;
        let hash = incoming.persisted_hash();
        let naming = Naming {
            query: Some(incoming.request.query.as_str()),
            document_id: incoming.document_id.as_deref(),
            persisted_hash: hash.as_deref(),
        };
        // The guard stands before the hash: hashing megabytes is work, too.
        guard::check_document(&incoming.request.query, limits)?;
        guard::check_variables(&incoming.request.variables, limits)?;
        let document = self.options.documents.find(naming)?;
        if incoming.request.query != *document {
            guard::check_document(&document, limits)?;
            incoming.request.query = document.to_string();
        } else if hash.is_some() {
            self.options.documents.remember(&document);
        }
        let mut request = incoming.request;
        if !ctx.services.settings.development {
            request = request.disable_introspection();
        }
        let name = request.operation_name.clone();
        let variables = request.variables.clone();
        let parsed = request.parsed_query().map_err(|error| Problem::Syntax(Box::new(error)))?;
        let weight = weigh::weigh(&self.index, parsed, name.as_deref(), &variables, limits)?;
        if incoming.read_only && weight.kind != OperationType::Query {
            return Err(Error::invalid(ErrorCode::InvalidDocument, "query").into());
        }
        Ok(Guarded { request, weight })
    }
}

/// A request that was parsed and measured.
struct Guarded {
    request: Request,
    weight: Weight,
}

/// Why a request did not get as far as its access rules.
enum Problem {
    Rule(Error),
    Syntax(Box<async_graphql::ServerError>),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Rule(error)
    }
}

fn with_data(request: Request, ctx: &Ctx, options: &Options) -> Request {
    request.data(loader::new(ctx.clone())).data(ctx.clone()).data(options.feed.clone())
}

/// An answer that says only why there is none.
#[must_use]
pub fn refused(ctx: &Ctx, error: &Error) -> Response {
    Response::from_errors(vec![error::server_error(ctx, error)])
}

fn refused_document(ctx: &Ctx, message: String) -> Response {
    error::translate(ctx, Response::from_errors(vec![async_graphql::ServerError::new(message, None)]))
}

fn cost(weight: &Weight, actual: u64, throttle: Option<ThrottleStatus>) -> Value {
    let mut fields = IndexMap::new();
    fields.insert(async_graphql::Name::new("requestedQueryCost"), Value::from(weight.cost));
    fields.insert(async_graphql::Name::new("actualQueryCost"), Value::from(actual));
    if let Some(throttle) = throttle {
        fields.insert(async_graphql::Name::new("throttleStatus"), throttle.value());
    }
    Value::Object(fields)
}

fn deprecations(weight: &Weight) -> Value {
    let entry = |(field, reason): &(String, String)| {
        Value::Object(IndexMap::from_iter([
            (async_graphql::Name::new("field"), Value::from(field.as_str())),
            (async_graphql::Name::new("reason"), Value::from(reason.as_str())),
        ]))
    };
    Value::List(weight.deprecations.iter().map(entry).collect())
}

#[cfg(test)]
mod tests;
