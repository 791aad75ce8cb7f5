//! What a scanner at the till read: goods, a customer's card, or a cart to take over.

use std::collections::BTreeSet;

use entity::id::ChannelId;
use entity::words::{IdentifierKind, StockUnitStatus};
use entity::{customer, register, stock_unit, variant};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use crate::kernel::{Ctx, Permission, Result, Scope, text};
use crate::{cart as carts, catalog, customer as customers};

/// What a code stands for.
#[derive(Clone, Debug)]
pub enum Scanned {
    /// Goods, by barcode or SKU.
    Variant(Box<variant::Model>),
    /// A unit or lot with a number that lies in stock, with its goods.
    Unit(Box<stock_unit::Model>),
    /// A cart that a customer shared.
    Cart(Box<carts::CartView>),
    /// A customer, by loyalty card.
    Customer(Box<customer::Model>),
}

/// What a code stands for; `None` when nothing is known by it. Goods are tried first: they are what is scanned most.
/// Errors: `FORBIDDEN` without `pos.sell`, `INVALID_TEXT`, `TEXT_TOO_LONG`.
pub async fn scan(ctx: &Ctx, code: &str) -> Result<Option<Scanned>> {
    let scope = ctx.require(Permission::PosSell)?;
    let code = text::required_line("code", code, 100)?;
    let db = ctx.db();
    if catalog::barcode::check(&code).is_ok()
        && let Some(variant) = catalog::query::variant_by_barcode(&db, &code).await?
    {
        return Ok(Some(Scanned::Variant(Box::new(variant))));
    }
    if let Some(variant) = catalog::query::variant_by_sku(&db, &code).await? {
        return Ok(Some(Scanned::Variant(Box::new(variant))));
    }
    if let Some(unit) = numbered(ctx, &scope, &code).await? {
        return Ok(Some(Scanned::Unit(Box::new(unit))));
    }
    if let Some(cart) = carts::query::by_code(&db, &code, ctx.now()).await? {
        return Ok(Some(Scanned::Cart(Box::new(carts::look(ctx, cart).await?))));
    }
    let Ok(card) = customers::identifier::normalize_card_at("code", &code) else { return Ok(None) };
    let found = customers::query::by_identifier(&db, IdentifierKind::LoyaltyCard, &card).await?;
    Ok(found.map(|customer| Scanned::Customer(Box::new(customer))))
}

/// A serial or lot number of what lies at the till, or without a till where the actor sells.
async fn numbered(ctx: &Ctx, scope: &Scope, code: &str) -> Result<Option<stock_unit::Model>> {
    let db = ctx.db();
    let till = match ctx.actor.till() {
        Some(till) => register::Entity::find_by_id(till.register_id).one(&db).await?,
        None => None,
    };
    let at = stock_unit::Column::LocationId;
    let within = match till {
        Some(till) => Condition::all().add(at.eq(till.location_id)),
        None => scope.rows(|channels| at.in_subquery(counters_of(channels)), |places| at.is_in(places)),
    };
    let found = stock_unit::Entity::find()
        .filter(stock_unit::Column::Code.eq(code))
        .filter(stock_unit::Column::Status.eq(StockUnitStatus::InStock))
        .filter(stock_unit::Column::Quantity.gt(0))
        .filter(within)
        .order_by_asc(stock_unit::Column::Id);
    Ok(found.one(&db).await?)
}

/// Where channels have tills.
fn counters_of(channels: BTreeSet<ChannelId>) -> SelectStatement {
    Query::select()
        .column(register::Column::LocationId)
        .from(register::Entity)
        .and_where(register::Column::ChannelId.is_in(channels))
        .to_owned()
}
