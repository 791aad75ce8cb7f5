//! Prices of variants per channel: one current row each, and the history before it.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{ChannelId, EventId, PriceId, VariantId};
use entity::money::Money;
use entity::{channel, price, variant};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::json;

use crate::catalog::revision;
use crate::kernel::event::NewEvent;
use crate::{Error, ErrorCode, Result, Tx};

/// Highest price in minor units: 9,999 pieces of it still add up far below what 64 bits hold.
pub const MAX_AMOUNT: i64 = 999_999_999_999;
/// Rows of one statement; both databases limit the values of a statement.
const ROWS: usize = 1_000;

/// What a variant shall cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewPrice {
    /// The variant.
    pub variant_id: VariantId,
    /// Price, in the channel's currency; with or without tax as the channel says.
    pub price: Money,
    /// Former or list price that is shown struck through.
    pub compare_at: Option<Money>,
}

impl NewPrice {
    /// Whether it is another price than the one that holds.
    #[must_use]
    pub fn differs(&self, old: &price::Model) -> bool {
        old.amount != self.price.minor
            || old.compare_at != self.compare_at.map(|money| money.minor)
            || old.currency != self.price.currency
    }
}

/// The price that holds now, by variant; variants that are not sold in the channel have no entry.
pub async fn current(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    variants: &[VariantId],
) -> Result<HashMap<VariantId, price::Model>> {
    let mut prices = HashMap::with_capacity(variants.len());
    for some in variants.chunks(ROWS) {
        let rows = price::Entity::find()
            .filter(price::Column::VariantId.is_in(some.iter().copied()))
            .filter(price::Column::ChannelId.eq(channel_id))
            .filter(price::Column::ValidTo.is_null())
            .all(db)
            .await?;
        prices.extend(rows.into_iter().map(|row| (row.variant_id, row)));
    }
    Ok(prices)
}

/// All prices a variant had in a channel, newest first.
pub async fn history(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    variant_id: VariantId,
) -> Result<Vec<price::Model>> {
    Ok(price::Entity::find()
        .filter(price::Column::VariantId.eq(variant_id))
        .filter(price::Column::ChannelId.eq(channel_id))
        .order_by_desc(price::Column::ValidFrom)
        .order_by_desc(price::Column::Id)
        .all(db)
        .await?)
}

/// The lowest amount (minor units) that held at any moment of the last `days` days, by variant: what a return without
/// a receipt is worth, and what a reduction must be compared with (Directive 98/6/EC, article 6a).
pub async fn lowest_in_last_days(
    db: &impl ConnectionTrait,
    channel_id: ChannelId,
    variants: &[VariantId],
    days: i64,
    now: DateTime<Utc>,
) -> Result<HashMap<VariantId, i64>> {
    let since = TimeDelta::try_days(days).and_then(|span| now.checked_sub_signed(span)).unwrap_or(now);
    let mut lowest = HashMap::with_capacity(variants.len());
    for some in variants.chunks(ROWS) {
        let held = Condition::any().add(price::Column::ValidTo.is_null()).add(price::Column::ValidTo.gt(since));
        let rows: Vec<(VariantId, i64)> = price::Entity::find()
            .filter(price::Column::VariantId.is_in(some.iter().copied()))
            .filter(price::Column::ChannelId.eq(channel_id))
            .filter(held)
            .select_only()
            .column(price::Column::VariantId)
            .column_as(price::Column::Amount.min(), "amount")
            .group_by(price::Column::VariantId)
            .into_tuple()
            .all(db)
            .await?;
        lowest.extend(rows);
    }
    Ok(lowest)
}

/// Sets prices in a channel: closes the current row and opens a new one, with one `price_set` event each. What costs
/// the same already is left alone. Returns the variants whose price changed.
///
/// Errors: `CURRENCY_MISMATCH`, `INVALID_AMOUNT`, `NOT_FOUND` for an unknown variant, `INVALID` for one named twice.
pub async fn set(tx: &Tx, channel: &channel::Model, prices: &[NewPrice]) -> Result<Vec<VariantId>> {
    let mut seen = HashSet::with_capacity(prices.len());
    for new in prices {
        check(channel, new)?;
        if !seen.insert(new.variant_id) {
            return Err(Error::invalid(ErrorCode::Invalid, "variantId"));
        }
    }
    let variants: Vec<VariantId> = prices.iter().map(|new| new.variant_id).collect();
    lock_variants(tx, &variants).await?;
    let mut old = current(tx, channel.id, &variants).await?;
    let changes: Vec<(NewPrice, Option<price::Model>)> = prices
        .iter()
        .map(|new| (*new, old.remove(&new.variant_id)))
        .filter(|(new, old)| old.as_ref().is_none_or(|old| new.differs(old)))
        .collect();
    let closed: Vec<PriceId> = changes.iter().filter_map(|(_, old)| old.as_ref().map(|row| row.id)).collect();
    close(tx, &closed).await?;
    let rows: Vec<price::Model> = changes.iter().map(|(new, old)| row(tx, channel, new, old.as_ref())).collect();
    for some in rows.chunks(ROWS) {
        let models = some.iter().cloned().map(|row| row.into_active_model().reset_all());
        price::Entity::insert_many(models).exec_without_returning(tx).await?;
    }
    if !rows.is_empty() {
        revision::bump(tx).await?;
    }
    Ok(changes.into_iter().map(|(new, _)| new.variant_id).collect())
}

fn check(channel: &channel::Model, new: &NewPrice) -> Result<()> {
    for (path, money) in [("price", Some(new.price)), ("compareAt", new.compare_at)] {
        let Some(money) = money else { continue };
        if money.currency != channel.currency {
            return Err(Error::invalid(ErrorCode::CurrencyMismatch, path));
        }
        if !(0..=MAX_AMOUNT).contains(&money.minor) {
            return Err(Error::invalid(ErrorCode::InvalidAmount, path));
        }
    }
    Ok(())
}

/// Two setters of one variant's price wait for each other, in id order; carts that point to it do not wait.
async fn lock_variants(tx: &Tx, variants: &[VariantId]) -> Result<()> {
    let mut sorted = variants.to_vec();
    sorted.sort_unstable();
    for some in sorted.chunks(ROWS) {
        let found: Vec<VariantId> = variant::Entity::find()
            .filter(variant::Column::Id.is_in(some.iter().copied()))
            .select_only()
            .column(variant::Column::Id)
            .order_by_asc(variant::Column::Id)
            .lock(LockType::NoKeyUpdate)
            .into_tuple()
            .all(tx)
            .await?;
        if found.len() != some.len() {
            return Err(Error::not_found("variant"));
        }
    }
    Ok(())
}

async fn close(tx: &Tx, rows: &[PriceId]) -> Result<()> {
    for some in rows.chunks(ROWS) {
        // A clock that went back must not end a price before it began.
        let end = Expr::case(price::Column::ValidFrom.gt(tx.now()), price::Column::ValidFrom.into_expr())
            .finally(Expr::val(tx.now()));
        let closed = price::Entity::update_many()
            .col_expr(price::Column::ValidTo, end.into())
            .filter(price::Column::Id.is_in(some.iter().copied()))
            .filter(price::Column::ValidTo.is_null())
            .exec(tx)
            .await?;
        if usize::try_from(closed.rows_affected).ok() != Some(some.len()) {
            return Err(Error::Bug("a locked price changed".to_owned()));
        }
    }
    Ok(())
}

fn row(tx: &Tx, channel: &channel::Model, new: &NewPrice, old: Option<&price::Model>) -> price::Model {
    let compare_at = new.compare_at.map(|money| money.minor);
    let payload = json!({
        "channel_id": channel.id,
        "currency": channel.currency,
        "amount": new.price.minor,
        "compare_at": compare_at,
        "previous_amount": old.map(|old| old.amount),
    });
    let event_id: EventId = tx.event(NewEvent::new("price_set", "variant", new.variant_id.uuid()).payload(payload));
    price::Model {
        id: PriceId(tx.new_uuid()),
        variant_id: new.variant_id,
        channel_id: channel.id,
        currency: channel.currency,
        amount: new.price.minor,
        compare_at,
        valid_from: old.map_or(tx.now(), |old| std::cmp::Ord::max(old.valid_from, tx.now())),
        valid_to: None,
        event_id,
    }
}
