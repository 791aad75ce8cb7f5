//! Discounts by hand in a cart at the till: another price for a line, a share or an amount off a line or the whole.

use entity::cart_adjustment;
use entity::id::{CartAdjustmentId, CartLineId, StaffId};
use entity::money::Currency;
use entity::words::DiscountKind;
use serde_json::json;

use super::counter;
use super::draft::{Draft, Target};
use super::view::CartView;
use crate::access::{Approval, approve};
use crate::kernel::event::NewEvent;
use crate::promotion::ByHandValue;
use crate::promotion::by_hand::checked_reason;
use crate::{Ctx, Error, ErrorCode, Permission, Result, Scope, Tx};

/// What staff give.
#[derive(Clone, Debug)]
pub struct Given {
    /// How much.
    pub value: ByHandValue,
    /// Why.
    pub reason: String,
}

/// What to set; it replaces what was set before.
#[derive(Clone, Debug)]
pub struct SetByHand {
    /// The line; the whole cart when `None`, which has no price.
    pub line_id: Option<CartLineId>,
    /// A price, or something off.
    pub kind: DiscountKind,
    /// The currency of its amount; the cart's.
    pub currency: Option<Currency>,
    /// What is given; takes it back when `None`.
    pub given: Option<Given>,
    /// Somebody else who allows what goes beyond the channel's limit.
    pub approval: Option<Approval>,
}

/// Sets another price or something off by hand, or takes it back. Promotions apply to a price that staff set; what staff
/// take off comes last. Errors: `FORBIDDEN` without `discounts.give`, `NOT_FOUND`, `CART_CLOSED`, `STALE_VERSION`,
/// `REQUIRED` (reason), `INVALID_AMOUNT` (a price above the one that holds, too), `CURRENCY_MISMATCH`,
/// `APPROVAL_REQUIRED` beyond the limit of the channel and what [`approve`] says.
pub async fn set_by_hand(ctx: &Ctx, target: Target, input: SetByHand) -> Result<CartView> {
    let scope = ctx.require(Permission::DiscountsGive)?;
    let given = checked_input(&input)?;
    let counter = counter::of(&ctx.db(), &ctx.actor).await?;
    let approved_by = match (&input.approval, counter) {
        (Some(approval), Some(counter)) => Some(approve(ctx, Some(approval), counter.location_id).await?),
        (Some(_), None) => return Err(Error::invalid(ErrorCode::ApprovalRequired, "input.approval")),
        (None, _) => None,
    };
    let (target, scope, input) = (&target, &scope, &input);
    let given = &given;
    ctx.write(|tx| async move {
        let tx = &tx;
        let draft = Draft::open(tx, target).await?;
        give(tx, draft, scope, (input, given.as_ref(), approved_by)).await
    })
    .await
}

/// What is given, checked. Errors: `INVALID_AMOUNT`, `REQUIRED`.
pub(crate) fn checked_input(input: &SetByHand) -> Result<Option<Given>> {
    input.given.clone().map(|given| checked(given, path(input.kind))).transpose()
}

const fn path(kind: DiscountKind) -> &'static str {
    match kind {
        DiscountKind::PriceOverride => "price",
        DiscountKind::Manual | DiscountKind::Promotion => "discount",
    }
}

/// Sets what staff give in a cart that is being changed, or takes it back, and writes it. Errors: those of
/// [`set_by_hand`].
pub(crate) async fn give(
    tx: &Tx,
    mut draft: Draft,
    scope: &Scope,
    (input, given, approved_by): (&SetByHand, Option<&Given>, Option<StaffId>),
) -> Result<CartView> {
    let set = (input.line_id, input.kind);
    if let Some(id) = set.0 {
        draft.line_mut(id)?;
    }
    if input.currency.is_some_and(|currency| currency != draft.cart.currency) {
        return Err(Error::invalid(ErrorCode::CurrencyMismatch, path(input.kind)));
    }
    draft.adjustments.retain(|row| (row.cart_line_id, row.kind) != set);
    if let Some(given) = given {
        draft.adjustments.push(row(tx, &draft, set, given, approved_by));
    }
    let view = draft.save(tx).await?;
    let place = view.priced.counter;
    if !scope.allows_channel(view.priced.channel.id) || !place.is_none_or(|place| scope.allows_location(place)) {
        return Err(Error::Forbidden { permission: Permission::DiscountsGive.as_str() });
    }
    check_price(&view, set.0, given)?;
    if given.is_some() && view.priced.outcome.needs_approval {
        return Err(Error::invalid(ErrorCode::ApprovalRequired, "input.approval"));
    }
    tell(tx, &view, set, given, approved_by);
    Ok(view)
}

fn checked(given: Given, path: &str) -> Result<Given> {
    given.value.check(path)?;
    Ok(Given { reason: checked_reason("reason", &given.reason)?, value: given.value })
}

fn row(
    tx: &Tx,
    draft: &Draft,
    (cart_line_id, kind): (Option<CartLineId>, DiscountKind),
    given: &Given,
    approved_by: Option<StaffId>,
) -> cart_adjustment::Model {
    let (percent_ppm, amount) = given.value.columns();
    cart_adjustment::Model {
        id: CartAdjustmentId(tx.new_uuid()),
        cart_id: draft.cart.id,
        cart_line_id,
        kind,
        percent_ppm,
        amount,
        reason: given.reason.clone(),
        staff_id: tx.ctx().actor.staff_id(),
        approved_by,
        created_at: tx.now(),
    }
}

/// A price by hand makes things cheaper; what is dearer is another product.
fn check_price(view: &CartView, line_id: Option<CartLineId>, given: Option<&Given>) -> Result<()> {
    let Some(ByHandValue::Price(price)) = given.map(|given| given.value) else { return Ok(()) };
    let line = view.priced.lines.iter().find(|line| Some(line.line.id) == line_id);
    let cheaper = line.is_some_and(|line| price <= line.unit_price);
    if cheaper { Ok(()) } else { Err(Error::invalid(ErrorCode::InvalidAmount, "price")) }
}

fn tell(
    tx: &Tx,
    view: &CartView,
    (line_id, kind): (Option<CartLineId>, DiscountKind),
    given: Option<&Given>,
    approved_by: Option<StaffId>,
) {
    let (percent_ppm, amount) = given.map_or((None, None), |given| given.value.columns());
    let payload = json!({
        "cart_line_id": line_id, "kind": kind, "percent_ppm": percent_ppm, "amount": amount,
        "reason": given.map(|given| &given.reason), "approved_by": approved_by,
    });
    let event = NewEvent::new("cart_discount_set", "cart", view.cart.id.uuid());
    tx.event(event.customer(view.cart.customer_id).payload(payload));
}
