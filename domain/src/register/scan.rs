//! What a scanner at the till read: goods, a customer's card, or a cart to take over.

use entity::words::IdentifierKind;
use entity::{customer, variant};

use crate::kernel::{Ctx, Permission, Result, text};
use crate::{cart as carts, catalog, customer as customers};

/// What a code stands for.
#[derive(Clone, Debug)]
pub enum Scanned {
    /// Goods, by barcode or SKU.
    Variant(Box<variant::Model>),
    /// A cart that a customer shared.
    Cart(Box<carts::CartView>),
    /// A customer, by loyalty card.
    Customer(Box<customer::Model>),
}

/// What a code stands for; `None` when nothing is known by it. Goods are tried first: they are what is scanned most.
/// Errors: `FORBIDDEN` without `pos.sell`, `INVALID_TEXT`, `TEXT_TOO_LONG`.
pub async fn scan(ctx: &Ctx, code: &str) -> Result<Option<Scanned>> {
    ctx.require(Permission::PosSell)?;
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
    if let Some(cart) = carts::query::by_code(&db, &code, ctx.now()).await? {
        return Ok(Some(Scanned::Cart(Box::new(carts::look(ctx, cart).await?))));
    }
    let Ok(card) = customers::identifier::normalize_card_at("code", &code) else { return Ok(None) };
    let found = customers::query::by_identifier(&db, IdentifierKind::LoyaltyCard, &card).await?;
    Ok(found.map(|customer| Scanned::Customer(Box::new(customer))))
}
