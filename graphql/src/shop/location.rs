//! Places that customers visit or collect at.

use async_graphql::{Context, Object};
use domain::Result;
use domain::channel::nearby::{NearbyFilter, nearby};

use super::channel;
use crate::connection::{known, page_request};
use crate::context::ctx_of;
use crate::node::location::{Location, LocationConnection};
use crate::node::map_point::MapPointInput;

/// Queries about places.
#[derive(Debug, Default)]
pub struct LocationQuery;

#[Object]
impl LocationQuery {
    /// The active locations that serve a channel: nearest first when `near` or `postalCode` says where, else in the
    /// order in which they serve.
    #[allow(clippy::too_many_arguments, reason = "one parameter per argument of the field")]
    async fn locations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The channel's code; else `X-Channel`, else the default web shop.")] channel: Option<String>,
        #[graphql(desc = "Sort by distance from here.")] near: Option<MapPointInput>,
        #[graphql(desc = "Sort by likeness of the postal code when no point is given.")] postal_code: Option<String>,
        #[graphql(desc = "Only those that are open now.", default)] open_now: bool,
        #[graphql(desc = "Only those where orders can be collected.", default)] pickup: bool,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<LocationConnection> {
        let request = page_request(first, after, last, before)?;
        let near = near.map(|near| near.point("near")).transpose()?;
        let open_at = open_now.then(|| ctx_of(ctx).now());
        let filter = NearbyFilter { near, postal_code, open_at, pickup_only: pickup };
        let channel = channel::required(ctx, channel).await?;
        let (page, total) = nearby(&ctx_of(ctx).db(), channel.id, &filter, &request).await?;
        Ok(LocationConnection::new(page.map(Location), known(total)))
    }
}

/// Customers change no locations.
pub type LocationMutation = async_graphql::EmptyMutation;
