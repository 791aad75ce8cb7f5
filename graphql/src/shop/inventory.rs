//! What can be had where and when.

use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::Result;
use domain::channel::nearby::NearbyFilter;
use domain::inventory::pickup::PickupOffer;
use domain::inventory::storefront::{Offer, offers};

use super::channel;
use crate::context::ctx_of;
use crate::node::location::Location;
use crate::node::map_point::MapPointInput;
use crate::node::stock::PublishedAvailability;
use crate::scalar::{id, parse_ids};

/// Queries about what can be had.
#[derive(Debug, Default)]
pub struct InventoryQuery;

#[Object]
impl InventoryQuery {
    /// What can be shipped, and what can be collected where and when, of up to 100 variants, in the order asked.
    /// Variants that are not on sale are left out.
    async fn availability(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Ids of the variants, at most 100.")] variant_ids: Vec<ID>,
        #[graphql(desc = "The channel's code; else `X-Channel`, else the default web shop.")] channel: Option<String>,
        #[graphql(desc = "Sort stores by distance from here.")] near: Option<MapPointInput>,
        #[graphql(desc = "Sort stores by likeness of the postal code when no point is given.")] postal_code: Option<
            String,
        >,
    ) -> Result<Vec<VariantAvailability>> {
        let variants = parse_ids(&variant_ids, "variantIds")?;
        let near = near.map(|near| near.point("near")).transpose()?;
        let filter = NearbyFilter { near, postal_code, ..NearbyFilter::default() };
        let channel = channel::required(ctx, channel).await?;
        let found = offers(&ctx_of(ctx).db(), channel.id, &variants, &filter, ctx_of(ctx).now()).await?;
        Ok(found.into_iter().map(VariantAvailability).collect())
    }
}

/// What can be had of one variant.
#[derive(Clone, Debug)]
pub struct VariantAvailability(pub Offer);

/// What can be had of one variant.
#[Object]
impl VariantAvailability {
    /// Id of the variant.
    async fn variant_id(&self) -> ID {
        id(self.0.online.variant_id)
    }

    /// What can be shipped.
    async fn online(&self) -> PublishedAvailability {
        PublishedAvailability::from(&self.0.online)
    }

    /// What each pickup store offers, nearest first.
    async fn pickup(&self) -> Vec<PickupAvailability> {
        self.0.pickup.iter().cloned().map(PickupAvailability).collect()
    }
}

/// What one store offers of one variant.
#[derive(Clone, Debug)]
pub struct PickupAvailability(pub PickupOffer);

/// What one store offers of one variant.
#[Object]
impl PickupAvailability {
    /// The store.
    async fn location(&self) -> Location {
        Location(entity::location::Model::clone(&self.0.location))
    }

    /// Whether at least one unit can be collected here, now or later.
    async fn available(&self) -> bool {
        self.0.ready_for(1).is_some()
    }

    /// Units that lie in the store and are free; null when stock is not counted.
    async fn in_store(&self) -> Option<i64> {
        self.0.local
    }

    /// When a unit that lies in the store is ready if it is ordered now; null when there is none.
    async fn ready_at(&self) -> Option<DateTime<Utc>> {
        self.0.ready_at
    }

    /// More units that can be brought from other locations.
    async fn transferable(&self) -> i64 {
        self.0.transferable
    }

    /// When a unit that must be brought is ready if it is ordered now; null when there is none.
    async fn transfer_ready_at(&self) -> Option<DateTime<Utc>> {
        self.0.transfer_ready_at
    }
}

/// Customers change no stock.
pub type InventoryMutation = async_graphql::EmptyMutation;
