//! The rules of stored value: the loyalty program of a channel, and which products are gift cards.

use entity::id::{ChannelId, LoyaltyProgramId, ProductId};
use entity::money::{Currency, Money};
use entity::{channel, gift_card_product, loyalty_program, product, tax_rate, variant};
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, version};

/// Most points of one number of a program.
const MAX_POINTS: i64 = 1_000_000_000;
/// Longest time in days: a hundred years.
const MAX_DAYS: i32 = 36_500;

/// The loyalty program of a channel.
#[derive(Clone, Copy, Debug)]
pub struct UpsertProgram {
    /// The channel.
    pub channel_id: ChannelId,
    /// For so much money,
    pub earn_amount: Money,
    /// so many points are given.
    pub earn_points: i64,
    /// So many points
    pub redeem_points: i64,
    /// are worth so much.
    pub redeem_amount: Money,
    /// The least that is taken at once.
    pub minimum_points: i64,
    /// Days after the goods left or arrived until points can be used.
    pub pending_days: i32,
    /// Days from then until points run out; never when `None`.
    pub expire_days: Option<i32>,
    /// Whether it holds.
    pub active: bool,
    /// The version that the client knew.
    pub expected_version: Option<i32>,
}

/// Sets the loyalty program of a channel. Points that were given stay as they are. Errors: `FORBIDDEN` without
/// `stored-value.write`, `NOT_FOUND`, `CURRENCY_MISMATCH`, `INVALID_AMOUNT`, `INVALID`, `STALE_VERSION`.
pub async fn upsert_program(ctx: &Ctx, input: UpsertProgram) -> Result<loyalty_program::Model> {
    let scope = ctx.require(Permission::StoredValueWrite)?;
    if !scope.covers_channel(Some(input.channel_id)) {
        return Err(Error::not_found("channel"));
    }
    check(&input)?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let channel = channel::Entity::find_by_id(input.channel_id).lock(LockType::NoKeyUpdate).one(tx).await?;
        let channel = channel.ok_or(Error::not_found("channel"))?;
        if [input.earn_amount, input.redeem_amount].iter().any(|money| money.currency != channel.currency) {
            return Err(Error::invalid(ErrorCode::CurrencyMismatch, "input.earnAmount"));
        }
        let before = of_channel(tx, channel.id).await?;
        version::check(input.expected_version, before.as_ref().map_or(0, |program| program.version))?;
        let row = loyalty_program::Model {
            id: before.as_ref().map_or_else(|| LoyaltyProgramId(tx.new_uuid()), |program| program.id),
            channel_id: channel.id,
            earn_amount: input.earn_amount.minor,
            earn_points: input.earn_points,
            redeem_points: input.redeem_points,
            redeem_amount: input.redeem_amount.minor,
            minimum_points: input.minimum_points,
            pending_days: input.pending_days,
            expire_days: input.expire_days,
            active: input.active,
            version: before.as_ref().map_or(0, |program| program.version) + 1,
            created_at: before.as_ref().map_or(tx.now(), |program| program.created_at),
            updated_at: tx.now(),
        };
        let active = row.clone().into_active_model().reset_all();
        match before {
            Some(_) => loyalty_program::Entity::update(active).exec(tx).await.map(|_| ())?,
            None => loyalty_program::Entity::insert(active).exec_without_returning(tx).await.map(|_| ())?,
        }
        let event = NewEvent::new("loyalty_program_saved", "loyalty_program", row.id.uuid());
        tx.event(event.payload(json!({ "channel_id": channel.id, "active": row.active })));
        Ok(row)
    })
    .await
}

fn check(input: &UpsertProgram) -> Result<()> {
    let money = input.earn_amount.minor > 0 && input.redeem_amount.minor >= 0;
    let points = (0..=MAX_POINTS).contains(&input.earn_points)
        && (1..=MAX_POINTS).contains(&input.redeem_points)
        && (0..=MAX_POINTS).contains(&input.minimum_points);
    if !money || !points {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "input"));
    }
    let days = 0..=MAX_DAYS;
    let lasts = input.expire_days.is_none_or(|expire| (1..=MAX_DAYS).contains(&expire));
    if !days.contains(&input.pending_days) || !lasts {
        return Err(Error::invalid(ErrorCode::Invalid, "input.pendingDays"));
    }
    Ok(())
}

/// The program of a channel, active or not.
pub async fn of_channel(db: &impl ConnectionTrait, id: ChannelId) -> Result<Option<loyalty_program::Model>> {
    Ok(loyalty_program::Entity::find().filter(loyalty_program::Column::ChannelId.eq(id)).one(db).await?)
}

/// Every program of the channels that the actor may read, with the currency of its money. Error: `FORBIDDEN` without `stored-value.write`.
pub async fn list(ctx: &Ctx) -> Result<Vec<(loyalty_program::Model, Currency)>> {
    let scope = ctx.require(Permission::StoredValueWrite)?;
    let all = loyalty_program::Entity::find()
        .find_also_related(channel::Entity)
        .order_by_asc(loyalty_program::Column::Id)
        .all(&ctx.db())
        .await?;
    let mine = all.into_iter().filter(|(program, _)| scope.covers_channel(Some(program.channel_id)));
    Ok(mine.filter_map(|(program, channel)| Some((program, channel?.currency))).collect())
}

/// Makes a product a gift card whose price is its value, or no gift card any more. Its tax class must have no tax: the
/// tax is due when the card pays. Cards that were sold stay. Errors: `FORBIDDEN` without `stored-value.write` everywhere,
/// `NOT_FOUND`, `INVALID` for a product that is taxed, sent or counted, or days that make no sense.
pub async fn set_product(
    ctx: &Ctx,
    id: ProductId,
    is_gift_card: bool,
    valid_days: Option<i32>,
) -> Result<product::Model> {
    ctx.require(Permission::StoredValueWrite)?;
    if valid_days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
        return Err(Error::invalid(ErrorCode::Invalid, "input.validDays"));
    }
    ctx.write(|tx| async move {
        let tx = &tx;
        let found = product::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?;
        let product = found.ok_or(Error::not_found("product"))?;
        if is_gift_card {
            check_product(tx, &product).await?;
            let row = gift_card_product::Model { product_id: id, valid_days, created_at: tx.now() };
            let changed = OnConflict::column(gift_card_product::Column::ProductId)
                .update_column(gift_card_product::Column::ValidDays)
                .to_owned();
            let insert = gift_card_product::Entity::insert(row.into_active_model().reset_all()).on_conflict(changed);
            insert.exec_without_returning(tx).await?;
        } else {
            gift_card_product::Entity::delete_by_id(id).exec(tx).await?;
        }
        let event = NewEvent::new("gift_card_product_set", "product", id.uuid());
        tx.event(event.payload(json!({ "is_gift_card": is_gift_card, "valid_days": valid_days })));
        Ok(product)
    })
    .await
}

async fn check_product(db: &impl ConnectionTrait, product: &product::Model) -> Result<()> {
    let variants = variant::Entity::find().filter(variant::Column::ProductId.eq(product.id)).all(db).await?;
    let classes = variants.iter().map(|variant| variant.tax_class_id.unwrap_or(product.tax_class_id));
    let taxed = tax_rate::Entity::find()
        .filter(tax_rate::Column::TaxClassId.is_in(classes))
        .filter(tax_rate::Column::RatePpm.gt(0))
        .one(db)
        .await?;
    let goods = variants.iter().any(|variant| variant.tracked || variant.requires_shipping || variant.is_bundle);
    if taxed.is_some() || goods {
        return Err(Error::invalid(ErrorCode::Invalid, "input.productId"));
    }
    Ok(())
}
