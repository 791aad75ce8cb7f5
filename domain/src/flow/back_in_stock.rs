//! Who wants to know when something is there again: asking, looking, and giving it up.

use entity::id::{BackInStockId, ChannelId, VariantId};
use entity::words::ProductStatus;
use entity::{back_in_stock, product, variant};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};
use serde_json::json;

use crate::access::throttle::{self, Key};
use crate::channel as channels;
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx, email, language};
use crate::messaging::{PageLink, page_links};

/// Most things that one address waits for.
const MOST: u64 = 50;
/// Most units that one wants.
const MOST_UNITS: i64 = 99;

/// Who wants to know of what.
#[derive(Debug, Clone)]
pub struct Subscribe {
    /// What.
    pub variant_id: VariantId,
    /// Where.
    pub channel_id: ChannelId,
    /// Where to write to.
    pub email: String,
    /// In which language; the channel's when `None`.
    pub locale: Option<String>,
    /// How many are wanted; one when `None`, at most 99.
    pub quantity: Option<i64>,
}

/// Notes the wish to be told once. Asking again changes how many are wanted. Nobody learns whether an address waited
/// already.
///
/// Errors: `NOT_FOUND` for what is not sold or a channel that is closed, `INVALID_EMAIL`, `INVALID_LOCALE`,
/// `INVALID_QUANTITY`, `TOO_MANY` when the address waits for 50 things, `THROTTLED` for too many wishes from one network.
pub async fn subscribe(ctx: &Ctx, input: Subscribe) -> Result<back_in_stock::Model> {
    let email = email::normalize("input.email", &input.email)?;
    let quantity = input.quantity.unwrap_or(1);
    if !(1..=MOST_UNITS).contains(&quantity) {
        let values = vec![("max", MOST_UNITS.to_string())];
        return Err(Error::invalid_with(ErrorCode::InvalidQuantity, "input.quantity", values));
    }
    if input.locale.as_deref().is_some_and(|locale| !language::is_locale(locale)) {
        return Err(Error::invalid(ErrorCode::InvalidLocale, "input.locale"));
    }
    count(ctx).await?;
    let (input, email) = (&input, &email);
    ctx.write(|tx| async move {
        let channel = channels::query::by_id(&tx, input.channel_id).await?.filter(|channel| channel.active);
        let channel = channel.ok_or(Error::not_found("channel"))?;
        sold(&tx, input.variant_id).await?;
        let mine = || {
            back_in_stock::Entity::find()
                .filter(back_in_stock::Column::Email.eq(email.as_str()))
                .filter(back_in_stock::Column::NotifiedAt.is_null())
                .filter(back_in_stock::Column::CanceledAt.is_null())
        };
        let known = mine()
            .filter(back_in_stock::Column::VariantId.eq(input.variant_id))
            .filter(back_in_stock::Column::ChannelId.eq(input.channel_id))
            .one(&tx)
            .await?;
        if let Some(row) = known {
            let row = back_in_stock::Model { quantity, ..row };
            return Ok(row.into_active_model().reset_all().update(&tx).await?);
        }
        if mine().count(&tx).await? >= MOST {
            return Err(Error::invalid_with(ErrorCode::TooMany, "input", vec![("max", MOST.to_string())]));
        }
        let row = back_in_stock::Model {
            id: BackInStockId(tx.new_uuid()),
            variant_id: input.variant_id,
            channel_id: input.channel_id,
            customer_id: tx.ctx().actor.customer_id(),
            email: email.clone(),
            locale: input.locale.clone().unwrap_or(channel.default_locale),
            quantity,
            notified_at: None,
            canceled_at: None,
            created_at: tx.now(),
        };
        back_in_stock::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(&tx).await?;
        let payload = json!({ "variant_id": row.variant_id, "channel_id": row.channel_id });
        let event = NewEvent::new("back_in_stock_subscribed", "back_in_stock", row.id.uuid());
        tx.event(event.customer(row.customer_id).payload(payload));
        Ok(row)
    })
    .await
}

/// Counts a wish of whoever is signed in, and of the network it comes from: anybody may name anybody's address, and each
/// wish ends in a mail. Error: `THROTTLED`.
async fn count(ctx: &Ctx) -> Result<()> {
    let person = ctx.actor.customer_id().map(|_| Key::new(ctx, "back-in-stock", &ctx.actor.key(), throttle::ADDRESS));
    let keys: Vec<Key> = person.into_iter().chain(Key::network(ctx, "back-in-stock")).collect();
    // Only inside the process is there neither a person nor a network.
    if keys.is_empty() {
        return Ok(());
    }
    // Never taken back: what counts is how many come, not how many were wrong.
    let _counted = throttle::begin(ctx, keys).await?;
    Ok(())
}

async fn sold(tx: &Tx, id: VariantId) -> Result<()> {
    let found = variant::Entity::find_by_id(id)
        .inner_join(product::Entity)
        .filter(variant::Column::Active.eq(true))
        .filter(product::Column::Status.eq(ProductStatus::Active))
        .one(tx)
        .await?;
    found.map(|_| ()).ok_or(Error::not_found("variant"))
}

/// The wish behind the link of a message, for its page. Error: `NOT_FOUND` for a link that is wrong or too old.
pub async fn look(ctx: &Ctx, token: &str) -> Result<back_in_stock::Model> {
    let id = BackInStockId(page_links::open(ctx, PageLink::BackInStock, token)?);
    back_in_stock::Entity::find_by_id(id).one(&ctx.db()).await?.ok_or(Error::not_found("backInStock"))
}

/// Who gives it up.
#[derive(Debug, Clone)]
pub enum Cancel {
    /// Whoever holds the secret of the link in the message.
    Link(String),
    /// The signed-in customer, by id.
    Own(BackInStockId),
}

/// Gives the wish up; giving it up twice is no error. Errors: `NOT_FOUND` for a link that is wrong or too old and for the
/// wish of somebody else, `UNAUTHENTICATED`.
pub async fn cancel(ctx: &Ctx, by: Cancel) -> Result<back_in_stock::Model> {
    let (id, owner) = match by {
        Cancel::Link(token) => (BackInStockId(page_links::open(ctx, PageLink::BackInStock, &token)?), None),
        Cancel::Own(id) => (id, Some(ctx.actor.customer_id().ok_or(Error::Unauthenticated)?)),
    };
    ctx.write(|tx| async move {
        let found = back_in_stock::Entity::find_by_id(id).one(&tx).await?;
        let row = found.filter(|row| owner.is_none() || row.customer_id == owner);
        let mut row = row.ok_or(Error::not_found("backInStock"))?;
        if row.canceled_at.is_none() {
            row.canceled_at = Some(tx.now());
            row = row.into_active_model().reset_all().update(&tx).await?;
            let event = NewEvent::new("back_in_stock_canceled", "back_in_stock", row.id.uuid());
            tx.event(event.customer(row.customer_id));
        }
        Ok(row)
    })
    .await
}
