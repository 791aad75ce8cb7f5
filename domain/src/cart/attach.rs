//! Staff take up a cart at a till: by its code, or by the customer who stands there.

use entity::cart;
use entity::id::{CartId, CustomerId};
use serde_json::json;

use super::draft::Draft;
use super::status::check_open;
use super::view::CartView;
use super::{authorize, query};
use crate::kernel::event::NewEvent;
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx, customer};

/// How a cart is found.
#[derive(Clone, Debug)]
pub enum CartLookup {
    /// By the code that the customer shows, typed or scanned.
    Code(String),
    /// The customer's cart that was changed last.
    Customer(CustomerId),
    /// By its id.
    Id(CartId),
}

/// Takes a cart up, and gives it to a customer when one is named. Prices are the till's from now on while it is looked
/// at there; the cart itself stays where it shops, so that it can go back. Needs `pos.sell`.
/// Errors: `INVALID_CODE` for a code that is wrong or too old, `NOT_FOUND`, `CART_CLOSED`, `INVALID` when the cart
/// belongs to another customer, `CURRENCY_MISMATCH` when the till sells in another currency.
pub async fn attach(ctx: &Ctx, lookup: CartLookup, customer_id: Option<CustomerId>) -> Result<CartView> {
    ctx.require(Permission::PosSell)?;
    let lookup = &lookup;
    ctx.write(|tx| async move {
        let tx = &tx;
        let found = find(tx, lookup).await?;
        let cart = authorize::lock_mine(tx, found.id).await?;
        check_open(&cart)?;
        let mut draft = Draft::of_locked(tx, cart).await?;
        if let Some(id) = customer_id {
            let customer = customer::query::by_id(tx, id).await?.ok_or(Error::not_found("customer"))?;
            if draft.cart.customer_id.is_some_and(|owner| owner != customer.id) {
                return Err(Error::invalid(ErrorCode::Invalid, "customerId"));
            }
            draft.cart.customer_id = Some(customer.id);
        }
        let event = NewEvent::new("cart_attached", "cart", draft.cart.id.uuid()).customer(draft.cart.customer_id);
        let register = tx.ctx().actor.till().map(|till| till.register_id);
        tx.event(event.payload(json!({ "register_id": register })));
        draft.save(tx).await
    })
    .await
}

async fn find(tx: &Tx, lookup: &CartLookup) -> Result<cart::Model> {
    match lookup {
        CartLookup::Code(code) => {
            let found = query::by_code(tx, code, tx.now()).await?;
            found.ok_or_else(|| Error::invalid(ErrorCode::InvalidCode, "code"))
        }
        CartLookup::Customer(id) => {
            let owner = customer::query::by_id(tx, *id).await?.ok_or(Error::not_found("customer"))?;
            query::open_of_customer(tx, owner.id, None).await?.ok_or(Error::not_found("cart"))
        }
        CartLookup::Id(id) => query::by_id(tx, *id).await?.ok_or(Error::not_found("cart")),
    }
}
