//! The two GraphQL schemas over the domain: parse, call one command or query, shape the answer.
//!
//! Deliberately absent: rules (they live in the domain crate) and HTTP. Execution is boxed here, so that crates that
//! await it do not compile the resolver tree again.

// The merged roots nest deeply; nothing outside this crate needs the higher limit.
#![recursion_limit = "512"]

pub mod access;
pub mod connection;
pub mod context;
pub mod error;
pub mod loader;
pub mod metadata;
pub mod node;
pub mod scalar;
pub mod shop;
pub mod staff;
pub mod word;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::{EmptySubscription, ObjectType, Request, Response, Schema, SubscriptionType};
use domain::{Ctx, Error};
use futures::FutureExt;
use futures::future::BoxFuture;

use access::Table;

/// A schema with the table of who may call what.
pub struct Endpoint<Q, M, S> {
    schema: Schema<Q, M, S>,
    access: Arc<Table>,
}

impl<Q, M, S> Clone for Endpoint<Q, M, S> {
    fn clone(&self) -> Self {
        Self { schema: self.schema.clone(), access: Arc::clone(&self.access) }
    }
}

impl<Q, M, S> std::fmt::Debug for Endpoint<Q, M, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").finish_non_exhaustive()
    }
}

/// The schema of storefronts and customers.
pub type ShopSchema = Endpoint<shop::ShopQuery, shop::ShopMutation, EmptySubscription>;
/// The schema of tills, stores, warehouses, support, administration and apps.
pub type StaffSchema = Endpoint<staff::StaffQuery, staff::StaffMutation, EmptySubscription>;

/// Builds the schema of storefronts and customers.
#[must_use]
pub fn shop_schema() -> ShopSchema {
    Endpoint::new(shop::ShopQuery::default(), shop::ShopMutation::default(), EmptySubscription, access::shop())
}

/// Builds the schema of tills, stores, warehouses, support, administration and apps.
#[must_use]
pub fn staff_schema() -> StaffSchema {
    Endpoint::new(staff::StaffQuery::default(), staff::StaffMutation::default(), EmptySubscription, access::staff())
}

/// Executes a request of a storefront or customer.
#[must_use]
pub fn execute_shop(schema: &ShopSchema, request: Request, ctx: Ctx) -> BoxFuture<'static, Response> {
    schema.execute(request, ctx)
}

/// Executes a request of staff or an app.
#[must_use]
pub fn execute_staff(schema: &StaffSchema, request: Request, ctx: Ctx) -> BoxFuture<'static, Response> {
    schema.execute(request, ctx)
}

impl<Q, M, S> Endpoint<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    fn new(query: Q, mutation: M, subscription: S, access: Table) -> Self {
        Self { schema: Schema::build(query, mutation, subscription).finish(), access: Arc::new(access) }
    }

    /// The schema in the definition language.
    #[must_use]
    pub fn sdl(&self) -> String {
        self.schema.sdl()
    }

    fn execute(&self, mut request: Request, ctx: Ctx) -> BoxFuture<'static, Response> {
        let endpoint = self.clone();
        Box::pin(async move {
            let operation_name = request.operation_name.clone();
            let checked = request
                .parsed_query()
                .map_err(|error| error.clone())
                .and_then(|document| {
                    endpoint
                        .access
                        .check(document, operation_name.as_deref(), &ctx)
                        .map_err(|error| error::server_error(&ctx, &error))
                });
            if let Err(error) = checked {
                return error::translate(&ctx, Response::from_errors(vec![error]));
            }
            let request = request.data(loader::new(ctx.clone())).data(ctx.clone());
            let answer = AssertUnwindSafe(endpoint.schema.execute(request)).catch_unwind().await;
            let response = answer.unwrap_or_else(|_| {
                let error = Error::Bug("a resolver panicked".to_owned());
                Response::from_errors(vec![error::server_error(&ctx, &error)])
            });
            error::translate(&ctx, response)
        })
    }
}
