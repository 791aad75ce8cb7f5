//! Units of goods that people were told of and may still come for, and who of those that wait cannot be told.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::back_in_stock::{Column, Entity, Model};
use entity::id::{BackInStockId, ChannelId, CustomerId, VariantId};
use entity::words::{MessageChannel, OrderStatus};
use entity::{order, order_line};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};

use crate::kernel::Result;
use crate::kernel::secret::Secrets;
use crate::messaging::suppression;

/// Who was told has so long to come; their units are not promised to the next meanwhile.
const CLAIM: TimeDelta = TimeDelta::hours(48);
/// Wishes of one statement.
const AT_ONCE: usize = 500;

/// Units that people were told of and may still come for. Not those of who bought since: what they took is gone from stock
/// and would count twice. Nor those of an address that gets nothing: nobody read the message.
pub(super) async fn units(
    db: &impl ConnectionTrait,
    secrets: &Secrets,
    channel: ChannelId,
    ids: &[VariantId],
    now: DateTime<Utc>,
) -> Result<BTreeMap<VariantId, i64>> {
    let rows = Entity::find()
        .filter(Column::ChannelId.eq(channel))
        .filter(Column::VariantId.is_in(ids.iter().copied()))
        .filter(Column::NotifiedAt.gt(now - CLAIM))
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    let dead = dead(db, secrets, &rows).await?;
    let mut units: BTreeMap<VariantId, i64> = BTreeMap::new();
    for some in rows.chunks(AT_ONCE) {
        let purchases = purchases(db, some, now).await?;
        for row in some.iter().filter(|row| !dead.contains(&row.id)) {
            if !purchases.iter().any(|purchase| purchase.settles(row)) {
                let sum = units.entry(row.variant_id).or_default();
                *sum = sum.saturating_add(row.quantity);
            }
        }
    }
    Ok(units)
}

/// The wishes of addresses that get no message at all. A statement for each five hundred.
pub(super) async fn dead(
    db: &impl ConnectionTrait,
    secrets: &Secrets,
    rows: &[Model],
) -> Result<BTreeSet<BackInStockId>> {
    let mut dead = BTreeSet::new();
    for some in rows.chunks(AT_ONCE) {
        let addresses: Vec<&str> = some.iter().map(|row| row.email.as_str()).collect();
        let stopped = suppression::stopped(db, secrets, MessageChannel::Email, &addresses).await?;
        dead.extend(some.iter().filter(|row| stopped.contains(row.email.as_str())).map(|row| row.id));
    }
    Ok(dead)
}

/// Something that was bought, at a till, too.
#[derive(Debug, FromQueryResult)]
struct Purchase {
    variant_id: VariantId,
    customer_id: Option<CustomerId>,
    email: Option<String>,
    placed_at: Option<DateTime<Utc>>,
}

impl Purchase {
    /// Whether somebody who was told came for it.
    fn settles(&self, wish: &Model) -> bool {
        let is_theirs = (wish.customer_id.is_some() && self.customer_id == wish.customer_id)
            || self.email.as_deref().is_some_and(|email| email.trim().eq_ignore_ascii_case(&wish.email));
        let is_since = self.placed_at.zip(wish.notified_at).is_some_and(|(placed, told)| placed >= told);
        is_theirs && is_since && self.variant_id == wish.variant_id
    }
}

/// What the people behind these wishes bought of the same goods within the time of a claim, and did not give up.
async fn purchases(db: &impl ConnectionTrait, wishes: &[Model], now: DateTime<Utc>) -> Result<Vec<Purchase>> {
    let variants: BTreeSet<VariantId> = wishes.iter().map(|wish| wish.variant_id).collect();
    let people: BTreeSet<CustomerId> = wishes.iter().filter_map(|wish| wish.customer_id).collect();
    let addresses: BTreeSet<&str> = wishes.iter().map(|wish| wish.email.as_str()).collect();
    let theirs =
        Condition::any().add(order::Column::CustomerId.is_in(people)).add(order::Column::Email.is_in(addresses));
    let kept = Expr::col((order_line::Entity, order_line::Column::Quantity))
        .gt(Expr::col((order_line::Entity, order_line::Column::Canceled)));
    let bought = order_line::Entity::find()
        .select_only()
        .column(order_line::Column::VariantId)
        .column_as(Expr::col((order::Entity, order::Column::CustomerId)), "customer_id")
        .column_as(Expr::col((order::Entity, order::Column::Email)), "email")
        .column_as(Expr::col((order::Entity, order::Column::PlacedAt)), "placed_at")
        .inner_join(order::Entity)
        .filter(order_line::Column::VariantId.is_in(variants))
        .filter(kept)
        .filter(order::Column::Status.ne(OrderStatus::Canceled))
        .filter(order::Column::PlacedAt.gt(now - CLAIM))
        .filter(theirs)
        .into_model::<Purchase>()
        .all(db);
    Ok(bought.await?)
}
