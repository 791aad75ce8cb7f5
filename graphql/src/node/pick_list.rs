//! Pick lists.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::{Error, Result, fulfillment as work};
use entity::id::PickListId;
use entity::status::{PickListAction, StateMachine};
use entity::words::{PickListKind, PickListStatus};
use entity::{pick_list, pick_list_line};

use super::location::{Location, location_of};
use super::variant::Variant;
use crate::connection;
use crate::loader::{self, Rows};
use crate::scalar::id;
use crate::word::{Word, words};

/// What one person fetches in one walk.
#[derive(Clone, Debug)]
pub struct PickList(pub pick_list::Model);

connection!(PickListConnection, PickListEdge, PickList, "pick lists");

/// Units to fetch for one line of work.
#[derive(Clone, Debug)]
pub struct PickListLine(pub pick_list_line::Model);

/// What one person fetches in one walk.
#[Object]
impl PickList {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Where.
    async fn location_id(&self) -> ID {
        id(self.0.location_id)
    }

    /// The place.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location> {
        location_of(ctx, self.0.location_id).await
    }

    /// For one order or several.
    async fn kind(&self) -> Word<PickListKind> {
        Word(self.0.kind)
    }

    /// Lifecycle.
    async fn status(&self) -> Word<PickListStatus> {
        Word(self.0.status)
    }

    /// What may be done to it now.
    async fn supported_actions(&self) -> Vec<Word<PickListAction>> {
        words(self.0.status.supported_actions())
    }

    /// Who picks.
    async fn staff_id(&self) -> Option<ID> {
        self.0.staff_id.map(id)
    }

    /// What to fetch, the way a picker walks.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<PickListLine>> {
        let rows = loader::load(ctx, PickLinesOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(PickListLine).collect())
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it ended.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// Units to fetch for one line of work.
#[Object]
impl PickListLine {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The line of work.
    async fn fulfillment_order_line_id(&self) -> ID {
        id(self.0.fulfillment_order_line_id)
    }

    /// Id of what to fetch.
    async fn variant_id(&self) -> ID {
        id(self.0.variant_id)
    }

    /// What to fetch.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Option<Variant>> {
        loader::load(ctx, self.0.variant_id).await
    }

    /// Where it lay when the list was made; empty when unknown.
    async fn storage_area_code(&self) -> &str {
        &self.0.storage_area_code
    }

    /// Its place in the walk, from 1.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// Units to fetch.
    async fn quantity(&self) -> i64 {
        self.0.quantity
    }

    /// Units fetched.
    async fn picked(&self) -> i64 {
        self.0.picked
    }

    /// Units that were not there, or are no longer to be fetched.
    async fn short(&self) -> i64 {
        self.0.short
    }
}

/// The lines of a pick list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PickLinesOf(pub PickListId);

impl Loader<PickLinesOf> for Rows {
    type Value = Vec<pick_list_line::Model>;
    type Error = Error;

    async fn load(&self, keys: &[PickLinesOf]) -> Result<HashMap<PickLinesOf, Self::Value>> {
        let ids: Vec<PickListId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<PickLinesOf, Self::Value> = HashMap::new();
        for row in work::pick_list::lines(&self.ctx.db(), &ids).await? {
            found.entry(PickLinesOf(row.pick_list_id)).or_default().push(row);
        }
        Ok(found)
    }
}
