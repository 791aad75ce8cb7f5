//! Changing a draft: what, for whom, for how much, and holding its stock.

use chrono::{DateTime, Utc};
use entity::address::Address;
use entity::id::{CartId, CustomerId, ShippingMethodId, VariantId};
use entity::text_list::TextList;
use entity::words::DeliveryMethod;
use entity::{cart, draft_order};
use serde_json::json;

use super::lock::{self, Which};
use super::{DraftOrder, LONGEST, LONGEST_HOLD, ahead, query};
use crate::access::approve_anywhere;
use crate::cart::by_hand::{self, SetByHand};
use crate::cart::contact::Contact;
use crate::cart::draft::{Draft, NewLine};
use crate::cart::{CartView, codes};
use crate::customer::address_format;
use crate::inventory;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx};
use crate::pricing::totals::MAX_LINES;

/// What changes of a draft; `None` leaves a part as it is.
#[derive(Clone, Debug)]
pub struct UpdateDraft {
    /// Which.
    pub cart_id: CartId,
    /// The version of the draft that staff saw.
    pub expected_version: Option<i32>,
    /// For whom.
    pub customer_id: Option<CustomerId>,
    /// All its lines, in order; what was given on lines goes with them.
    pub lines: Option<Vec<NewLine>>,
    /// Whom to reach.
    pub contact: Contact,
    /// Where to ship.
    pub shipping_address: Option<Address>,
    /// Whom to bill.
    pub billing_address: Option<Address>,
    /// Chosen shipping.
    pub shipping_method_id: Option<ShippingMethodId>,
    /// Promotion codes, all of them.
    pub codes: Option<Vec<String>>,
    /// When it is given up by itself.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Changes a draft. Stock that is held for it is held anew for what it has then. Errors: `FORBIDDEN` without
/// `orders.edit`, `NOT_FOUND`, `INVALID_TRANSITION` for one that was ordered or given up, `STALE_VERSION`,
/// `INVALID_DATE`, `INSUFFICIENT_STOCK` for what is held, and those of carts.
pub async fn update(ctx: &Ctx, input: UpdateDraft) -> Result<DraftOrder> {
    let scope = &lock::scope(ctx)?;
    let codes = &input.codes.as_deref().map(codes::read_all).transpose()?;
    let input = &input;
    let which = Which { cart_id: input.cart_id, expected_version: input.expected_version };
    ctx.write(|tx| async move {
        let tx = &tx;
        let (mut draft, cart) = lock::open(tx, scope, which, "UPDATE").await?;
        if let Some(customer) = input.customer_id {
            draft.customer_id = Some(lock::customer(tx, customer).await?);
        }
        if let Some(at) = input.expires_at {
            draft.expires_at = Some(ahead("input.expiresAt", at, tx.now(), LONGEST)?);
        }
        let view = Box::pin(change(tx, cart, input, codes.clone())).await?;
        hold_anew(tx, &mut draft, &view).await?;
        lock::tell(tx, "draft_order_changed", &draft, json!({}));
        lock::save(tx, draft).await
    })
    .await?;
    query::shown(ctx, input.cart_id).await
}

async fn change(tx: &Tx, cart: cart::Model, input: &UpdateDraft, codes: Option<Vec<String>>) -> Result<CartView> {
    let mut draft = Draft::for_desk(tx, cart).await?;
    let country = draft.country(tx).await?;
    input.contact.apply(&mut draft.cart, &country)?;
    if let Some(address) = &input.shipping_address {
        draft.cart.shipping_address = Some(address_format::check("input.shippingAddress", address.clone())?);
    }
    if let Some(address) = &input.billing_address {
        draft.cart.billing_address = Some(address_format::check("input.billingAddress", address.clone())?);
    }
    if input.shipping_method_id.is_some() {
        draft.cart.shipping_method_id = input.shipping_method_id;
    }
    if let Some(lines) = &input.lines {
        if lines.len() > MAX_LINES {
            return Err(Error::invalid_with(ErrorCode::TooMany, "input.lines", vec![("max", MAX_LINES.to_string())]));
        }
        draft.lines.clear();
        for (position, line) in lines.iter().enumerate() {
            draft.put(tx, line, &format!("input.lines.{position}"))?;
        }
    }
    if let Some(codes) = &codes {
        draft.cart.codes = TextList(codes.clone());
    }
    let view = draft.save(tx).await?;
    for (index, code) in codes.iter().flatten().enumerate() {
        codes::check(&view.priced, code, &format!("input.codes.{index}"))?;
    }
    Ok(view)
}

/// Gives another price, a share or an amount off by hand, or takes it back, as at a till. Beyond the channel's limit
/// somebody allows it who may do so everywhere. Errors: `FORBIDDEN` without `orders.edit` and `discounts.give`,
/// `NOT_FOUND`, `INVALID_TRANSITION`, `STALE_VERSION`, and those of [`by_hand::set_by_hand`].
pub async fn give_by_hand(
    ctx: &Ctx,
    (cart_id, expected_version): (CartId, Option<i32>),
    input: SetByHand,
) -> Result<DraftOrder> {
    let scope = &lock::scope(ctx)?;
    let discounts = &ctx.require(Permission::DiscountsGive)?;
    let checked = &by_hand::checked_input(&input)?;
    let approved_by = match &input.approval {
        Some(approval) => Some(approve_anywhere(ctx, Some(approval)).await?),
        None => None,
    };
    let input = &input;
    let which = Which { cart_id, expected_version };
    ctx.write(|tx| async move {
        let tx = &tx;
        let (draft, cart) = lock::open(tx, scope, which, "DISCOUNT").await?;
        let open = Draft::for_desk(tx, cart).await?;
        Box::pin(by_hand::give(tx, open, discounts, (input, checked, approved_by))).await?;
        lock::tell(tx, "draft_order_changed", &draft, json!({}));
        lock::save(tx, draft).await
    })
    .await?;
    query::shown(ctx, cart_id).await
}

/// Holds the stock of a draft until a moment, 30 days ahead at most; what it held before is given up. `None` gives it
/// up. Errors: `FORBIDDEN` without `orders.edit` and `stock.hold`, `NOT_FOUND`, `INVALID_TRANSITION`, `STALE_VERSION`,
/// `INVALID_DATE`, `CART_EMPTY`, `INSUFFICIENT_STOCK`.
pub async fn reserve(
    ctx: &Ctx,
    (cart_id, expected_version): (CartId, Option<i32>),
    until: Option<DateTime<Utc>>,
) -> Result<DraftOrder> {
    let scope = &lock::scope(ctx)?;
    ctx.require(Permission::StockHold)?;
    let which = Which { cart_id, expected_version };
    ctx.write(|tx| async move {
        let tx = &tx;
        let (mut draft, cart) = lock::open(tx, scope, which, "RESERVE").await?;
        draft.reserved_until = match until {
            Some(at) => Some(ahead("input.until", at, tx.now(), LONGEST_HOLD)?),
            None => None,
        };
        let open = Draft::for_desk(tx, cart).await?;
        if until.is_some() && open.lines.is_empty() {
            return Err(Error::invalid(ErrorCode::CartEmpty, "input.cartId"));
        }
        let view = open.save(tx).await?;
        inventory::hold::release_for_cart(tx, cart_id).await?;
        hold_anew(tx, &mut draft, &view).await?;
        lock::tell(tx, "draft_order_reserved", &draft, json!({ "until": draft.reserved_until }));
        lock::save(tx, draft).await
    })
    .await?;
    query::shown(ctx, cart_id).await
}

/// Holds exactly what a draft has, as long as it shall be held. Error: `INSUFFICIENT_STOCK`.
async fn hold_anew(tx: &Tx, draft: &mut draft_order::Model, view: &CartView) -> Result<()> {
    let Some(until) = draft.reserved_until else { return Ok(()) };
    if until <= tx.now() {
        draft.reserved_until = None;
        return Ok(());
    }
    let wanted: Vec<(VariantId, i64)> = view
        .priced
        .lines
        .iter()
        .filter(|line| line.line.delivery != DeliveryMethod::CarryOut)
        .map(|line| (line.variant.id, line.line.quantity))
        .collect();
    inventory::hold::place(tx, view.cart.id, view.cart.channel_id, &wanted, until).await
}
