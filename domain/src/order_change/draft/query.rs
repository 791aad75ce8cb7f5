//! Reads of drafts.

use std::collections::HashMap;

use entity::draft_order::{Column, Entity, Model};
use entity::id::{CartId, ChannelId, CustomerId};
use entity::words::CartStatus;
use entity::{cart, order};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Select};

use super::{DraftOrder, lock};
use crate::cart as carts;
use crate::cart::{CartView, view};
use crate::kernel::paging::{self, Cursor, Page, PageRequest};
use crate::kernel::{Ctx, Error, Result, Scope, text};

/// How a draft stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DraftState {
    /// It can be changed and ordered.
    Open,
    /// It became an order.
    Ordered,
    /// It was given up.
    Discarded,
}

/// Which drafts are wanted; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct DraftFilter {
    /// Of this channel.
    pub channel_id: Option<ChannelId>,
    /// For this customer.
    pub customer_id: Option<CustomerId>,
    /// In this state.
    pub state: Option<DraftState>,
    /// With this number.
    pub number: Option<String>,
}

/// How a draft stands.
#[must_use]
pub const fn state(draft: &Model, cart: &cart::Model) -> DraftState {
    match (draft.discarded_at, cart.status) {
        (Some(_), _) => DraftState::Discarded,
        (None, CartStatus::Completed | CartStatus::Merged) => DraftState::Ordered,
        (None, CartStatus::Active | CartStatus::Parked) => DraftState::Open,
    }
}

/// One draft as it stands now, priced for its customer. Errors: `FORBIDDEN` without `orders.edit`, `NOT_FOUND`.
pub async fn shown(ctx: &Ctx, id: CartId) -> Result<DraftOrder> {
    let scope = lock::scope(ctx)?;
    let db = &ctx.db();
    let found = Entity::find_by_id(id).find_also_related(cart::Entity).one(db).await?;
    let found = found.and_then(|(draft, cart)| Some((draft, cart?)));
    let found = found.filter(|(_, cart)| scope.covers_channel(Some(cart.channel_id)));
    let (draft, cart) = found.ok_or(Error::not_found("draftOrder"))?;
    let order = match cart.status {
        CartStatus::Completed => order::Entity::find().filter(order::Column::CartId.eq(id)).one(db).await?,
        CartStatus::Active | CartStatus::Parked | CartStatus::Merged => None,
    };
    // Priced as it will be ordered.
    let cart = cart::Model { customer_id: draft.customer_id, ..cart };
    let (priced, _) = view::price_whole(db, &cart, ctx.now(), None).await?;
    Ok(DraftOrder { draft, view: CartView { cart, priced }, order })
}

/// A draft in a list.
#[derive(Clone, Debug)]
pub struct ListedDraft {
    /// The draft.
    pub draft: Model,
    /// Its cart.
    pub cart: cart::Model,
}

/// A page of drafts, newest first. Errors: `FORBIDDEN` without `orders.edit`, `INVALID_TEXT`.
pub async fn page(ctx: &Ctx, filter: &DraftFilter, request: &PageRequest) -> Result<Page<ListedDraft>> {
    let scope = lock::scope(ctx)?;
    let db = &ctx.db();
    let query = paging::newest_first(within(&scope, filter)?, Column::CartId, request);
    let found = query.all(db).await?;
    let ids: Vec<CartId> = found.iter().map(|draft| draft.cart_id).collect();
    let carts = if ids.is_empty() { Vec::new() } else { carts::query::by_ids(db, &ids).await? };
    let mut carts: HashMap<CartId, cart::Model> = carts.into_iter().map(|cart| (cart.id, cart)).collect();
    let listed = found.into_iter().filter_map(|draft| Some(ListedDraft { cart: carts.remove(&draft.cart_id)?, draft }));
    Ok(Page::from_rows(request, listed.collect(), |listed: &ListedDraft| Cursor::of(listed.draft.cart_id.uuid())))
}

/// How many [`page`] has in all.
pub async fn count(ctx: &Ctx, filter: &DraftFilter) -> Result<u64> {
    Ok(within(&lock::scope(ctx)?, filter)?.count(&ctx.db()).await?)
}

fn within(scope: &Scope, filter: &DraftFilter) -> Result<Select<Entity>> {
    use carts::query::OPEN;
    let mut query = Entity::find().inner_join(cart::Entity);
    // A draft lies at no store: it takes a grant for its channel.
    if let Some(channels) = scope.whole_channels() {
        query = query.filter(cart::Column::ChannelId.is_in(channels));
    }
    if let Some(channel) = filter.channel_id {
        query = query.filter(cart::Column::ChannelId.eq(channel));
    }
    if let Some(customer) = filter.customer_id {
        query = query.filter(Column::CustomerId.eq(customer));
    }
    if let Some(number) = &filter.number {
        query = query.filter(Column::Number.eq(text::line("filter.number", number, 100)?.to_uppercase()));
    }
    Ok(match filter.state {
        None => query,
        Some(DraftState::Open) => query.filter(Column::DiscardedAt.is_null()).filter(cart::Column::Status.is_in(OPEN)),
        Some(DraftState::Ordered) => {
            query.filter(Column::DiscardedAt.is_null()).filter(cart::Column::Status.is_not_in(OPEN))
        }
        Some(DraftState::Discarded) => query.filter(Column::DiscardedAt.is_not_null()),
    })
}
