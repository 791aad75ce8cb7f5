//! The two GraphQL schemas over the domain: parse, call one command or query, shape the answer.
//!
//! Deliberately absent: rules (they live in the domain crate) and HTTP. Execution is boxed here, so that crates that
//! await it do not compile the resolver tree again.

// The merged roots nest deeply; nothing outside this crate needs the higher limit.
#![recursion_limit = "512"]

pub mod access;
pub mod budget;
pub mod connection;
pub mod context;
pub mod docs;
pub mod endpoint;
pub mod error;
pub mod feed;
pub mod guard;
pub mod incoming;
pub mod index;
#[cfg(test)]
mod lint;
pub mod loader;
pub mod metadata;
pub mod node;
pub mod persisted;
pub mod scalar;
pub mod shop;
pub mod staff;
pub mod storefront;
pub mod weigh;
pub mod word;

use std::sync::Arc;

use async_graphql::{Response, Schema, SchemaBuilder};
use chrono::{DateTime, Utc};
use domain::Ctx;
use futures::future::BoxFuture;
use futures::stream::BoxStream;

pub use endpoint::{Endpoint, Options, refused};
pub use feed::EventFeed;
pub use incoming::{Incoming, status};

/// The schema of storefronts and customers.
pub type ShopSchema = Endpoint<shop::ShopQuery, shop::ShopMutation, shop::ShopSubscription>;
/// The schema of tills, stores, warehouses, support, administration and apps.
pub type StaffSchema = Endpoint<staff::StaffQuery, staff::StaffMutation, staff::StaffSubscription>;

/// Builds the schema of storefronts and customers.
#[must_use]
pub fn shop_schema(options: Options) -> ShopSchema {
    let schema = Schema::build(shop::ShopQuery::default(), shop::ShopMutation::default(), shop::ShopSubscription);
    let schema = schema.data(Arc::clone(&options.storefront));
    Endpoint::new(described(schema).finish(), access::shop(), options)
}

/// Builds the schema of tills, stores, warehouses, support, administration and apps.
#[must_use]
pub fn staff_schema(options: Options) -> StaffSchema {
    let schema = Schema::build(staff::StaffQuery::default(), staff::StaffMutation::default(), staff::StaffSubscription);
    Endpoint::new(described(schema).finish(), access::staff(), options)
}

/// Describes the types that are not ours.
fn described<Q, M, S>(schema: SchemaBuilder<Q, M, S>) -> SchemaBuilder<Q, M, S> {
    schema.override_output_type_description::<DateTime<Utc>>(
        "An instant, as RFC 3339 in UTC such as `2026-11-21T00:00:00+00:00`.",
    )
}

/// Executes a request of a storefront or customer.
#[must_use]
pub fn execute_shop(schema: &ShopSchema, request: impl Into<Incoming>, ctx: Ctx) -> BoxFuture<'static, Response> {
    schema.execute(request.into(), ctx)
}

/// Executes a request of staff or an app.
#[must_use]
pub fn execute_staff(schema: &StaffSchema, request: impl Into<Incoming>, ctx: Ctx) -> BoxFuture<'static, Response> {
    schema.execute(request.into(), ctx)
}

/// Subscribes for a storefront or customer.
#[must_use]
pub fn subscribe_shop(schema: &ShopSchema, request: impl Into<Incoming>, ctx: Ctx) -> BoxStream<'static, Response> {
    schema.subscribe(request.into(), ctx)
}

/// Subscribes for staff or an app.
#[must_use]
pub fn subscribe_staff(schema: &StaffSchema, request: impl Into<Incoming>, ctx: Ctx) -> BoxStream<'static, Response> {
    schema.subscribe(request.into(), ctx)
}
