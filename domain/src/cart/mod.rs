//! Baskets that follow a customer over channels: lines, contact, addresses, delivery choices, codes for the till.
//!
//! What stands in the way of an order is data ([`problem`]), not an exception. A change is made in memory, priced as a
//! whole and then written (`draft`); pricing reads three or four statements (`facts`), [`view`] turns them into totals.
//! Deliberately absent: payments, the order itself (`fulfillment::complete_cart`) and stock, which is only promised
//! (`inventory::hold`) and checked at placement.

pub mod attach;
pub mod authorize;
mod basket;
pub mod by_hand;
pub mod checkout;
pub mod code;
pub mod codes;
pub mod complete;
pub mod contact;
pub mod counter;
pub mod create;
pub mod details;
mod discounts;
pub(crate) mod draft;
mod facts;
mod goods;
pub mod handover;
pub mod lines;
pub mod lock;
pub mod merge;
pub mod offers;
pub mod park;
pub mod problem;
pub mod query;
pub mod share;
mod status;
pub mod stock;
pub mod view;

pub use authorize::authorize;
pub use draft::{NewLine, Target};
pub use facts::Counter;
pub(crate) use facts::{Adjustments, Counterpart, FIRST_ZONE, Frame, Known, prefixed};
pub use merge::merge;
pub use view::{CartView, PricedCart};

use crate::{Ctx, Result};

/// A cart that the actor may use as the actor sees it: at a till with the till's prices. Three to five statements.
/// Errors: `CURRENCY_MISMATCH` at a till of another currency.
pub async fn look(ctx: &Ctx, cart: entity::cart::Model) -> Result<CartView> {
    let db = ctx.db();
    let counter = counter::of(&db, &ctx.actor).await?;
    let (priced, _) = view::price_whole(&db, &cart, ctx.now(), counter).await?;
    Ok(CartView { cart, priced })
}
