//! Changing whom a cart is for: contact, addresses, the way of shipping.

use chrono::NaiveDate;
use entity::address::Address;
use entity::id::ShippingMethodId;

use super::contact::Contact;
use super::draft::{Draft, Target};
use super::problem;
use super::view::CartView;
use crate::customer::address_format;
use crate::pricing::delivery_time;
use crate::{Ctx, Error, ErrorCode, Result};

/// Addresses to set; `None` leaves one as it is.
#[derive(Clone, Debug, Default)]
pub struct SetAddress {
    /// Where to ship.
    pub shipping: Option<Address>,
    /// Whom to bill.
    pub billing: Option<Address>,
}

/// Sets the addresses. Errors: `NOT_FOUND`, `CART_CLOSED`, `STALE_VERSION`, `INVALID_COUNTRY`, `INVALID_POSTAL_CODE`,
/// `ADDRESS_INCOMPLETE`, `INVALID_TEXT`, `TEXT_TOO_LONG`.
pub async fn set_address(ctx: &Ctx, target: Target, input: SetAddress) -> Result<CartView> {
    let check = |path: &str, given: Option<Address>| given.map(|given| address_format::check(path, given)).transpose();
    let shipping = &check("shippingAddress", input.shipping)?;
    let billing = &check("billingAddress", input.billing)?;
    let target = &target;
    ctx.write(|tx| async move {
        let mut draft = Draft::open(&tx, target).await?;
        for (column, given) in
            [(&mut draft.cart.shipping_address, shipping), (&mut draft.cart.billing_address, billing)]
        {
            if given.is_some() {
                column.clone_from(given);
            }
        }
        draft.save(&tx).await
    })
    .await
}

/// Sets whom to reach. Errors: `NOT_FOUND`, `CART_CLOSED`, `STALE_VERSION`, `INVALID_EMAIL`, `INVALID_PHONE`,
/// `INVALID_TEXT`, `TEXT_TOO_LONG`.
pub async fn set_contact(ctx: &Ctx, target: Target, contact: Contact) -> Result<CartView> {
    let (target, contact) = (&target, &contact);
    ctx.write(|tx| async move {
        let mut draft = Draft::open(&tx, target).await?;
        let country = draft.country(&tx).await?;
        contact.apply(&mut draft.cart, &country)?;
        draft.save(&tx).await
    })
    .await
}

/// When the customer wants the parcel; `None` asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct DeliveryTime {
    /// The day.
    pub on: Option<NaiveDate>,
    /// The time of day, one of the method's.
    pub slot: Option<String>,
}

/// Asks for a delivery day and time of the chosen way to ship, or takes the wish back. Errors: `NOT_FOUND`,
/// `SHIPPING_METHOD_REQUIRED` without a method, `DELIVERY_TIME_UNAVAILABLE` when it does not offer them, `CART_CLOSED`,
/// `STALE_VERSION`.
pub async fn set_delivery_time(ctx: &Ctx, target: Target, wish: DeliveryTime) -> Result<CartView> {
    let (target, wish) = (&target, &wish);
    let is_wish = wish.on.is_some() || wish.slot.is_some();
    ctx.write(|tx| async move {
        let mut draft = Draft::open(&tx, target).await?;
        draft.cart.delivery_on = wish.on;
        draft.cart.delivery_slot.clone_from(&wish.slot);
        let view = draft.save(&tx).await?;
        // The error takes back what was written.
        match &view.priced.shipping {
            Some(shipping) => {
                let slot = wish.slot.as_deref();
                delivery_time::check(Some(&shipping.method), wish.on, slot, view.priced.today)?;
            }
            None if is_wish => return Err(Error::invalid(ErrorCode::ShippingMethodRequired, "cartId")),
            None => {}
        }
        Ok(view)
    })
    .await
}

/// Chooses a way to ship; `None` takes the choice back. Errors: `NOT_FOUND` for the cart and for a method of another
/// channel, `SHIPPING_METHOD_UNAVAILABLE` when it does not take this cart, `CART_CLOSED`, `STALE_VERSION`.
pub async fn set_shipping_method(ctx: &Ctx, target: Target, method: Option<ShippingMethodId>) -> Result<CartView> {
    let target = &target;
    ctx.write(|tx| async move {
        let mut draft = Draft::open(&tx, target).await?;
        draft.cart.shipping_method_id = method;
        let view = draft.save(&tx).await?;
        let refused = |found: &problem::Problem| found.code == ErrorCode::ShippingMethodUnavailable;
        // The error takes back what was written.
        if view.priced.problems.iter().any(refused) {
            return Err(Error::invalid(ErrorCode::ShippingMethodUnavailable, "shippingMethodId"));
        }
        Ok(view)
    })
    .await
}
