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
use crate::kernel::text;
use crate::promotion::ByHandValue;
use crate::promotion::by_hand::checked_reason;
use crate::{Ctx, Error, ErrorCode, Permission, Result, Scope, Tx};

/// What staff give, and why.
#[derive(Clone, Debug)]
struct Given {
    value: ByHandValue,
    reason: String,
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
    /// How much is given; takes it back when `None`.
    pub value: Option<ByHandValue>,
    /// Why; may be empty when it is taken back.
    pub reason: String,
    /// Somebody else who allows what goes beyond the channel's limit.
    pub approval: Option<Approval>,
}

/// Sets another price or something off by hand, or takes it back. Promotions apply to a price that staff set; what staff
/// take off comes last. Errors: `FORBIDDEN` without `discounts.give`, `NOT_FOUND`, `CART_CLOSED`, `STALE_VERSION`,
/// `REQUIRED` (reason), `INVALID_AMOUNT` (a price above the one that holds, too), `CURRENCY_MISMATCH`,
/// `APPROVAL_REQUIRED` beyond the limit of the channel and what [`approve`] says.
pub async fn set_by_hand(ctx: &Ctx, target: Target, input: SetByHand) -> Result<CartView> {
    let scope = ctx.require(Permission::DiscountsGive)?;
    let set = checked_input(&input)?;
    let counter = counter::of(&ctx.db(), &ctx.actor).await?;
    let approved_by = match (&input.approval, counter) {
        (Some(approval), Some(counter)) => Some(approve(ctx, Some(approval), counter.location_id).await?),
        (Some(_), None) => return Err(Error::invalid(ErrorCode::ApprovalRequired, "input.approval")),
        (None, _) => None,
    };
    let (target, scope, input) = (&target, &scope, &input);
    let set = &set;
    ctx.write(|tx| async move {
        let tx = &tx;
        let draft = Draft::open(tx, target).await?;
        Box::pin(give(tx, draft, scope, (input, set, approved_by))).await
    })
    .await
}

/// What is set, checked.
#[derive(Debug)]
pub(crate) struct Checked {
    given: Option<Given>,
    why: String,
}

/// What is to be set, checked. Errors: `INVALID_AMOUNT`, `REQUIRED`, the errors of texts.
pub(crate) fn checked_input(input: &SetByHand) -> Result<Checked> {
    let given = input.value.map(|value| checked(value, &input.reason, path(input.kind))).transpose()?;
    Ok(Checked { given, why: text::line("reason", &input.reason, text::LINE)? })
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
    (input, checked, approved_by): (&SetByHand, &Checked, Option<StaffId>),
) -> Result<CartView> {
    let (set, given) = ((input.line_id, input.kind), checked.given.as_ref());
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
    if !scope.allows(view.priced.channel.id, view.priced.counter) {
        return Err(Error::Forbidden { permission: Permission::DiscountsGive.as_str() });
    }
    check_price(&view, set.0, given)?;
    if given.is_some() && view.priced.outcome.needs_approval {
        return Err(Error::invalid(ErrorCode::ApprovalRequired, "input.approval"));
    }
    tell(tx, &view, set, given.map(|given| given.value), (&checked.why, approved_by));
    Ok(view)
}

fn checked(value: ByHandValue, reason: &str, path: &str) -> Result<Given> {
    value.check(path)?;
    Ok(Given { reason: checked_reason("reason", reason)?, value })
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
    value: Option<ByHandValue>,
    (reason, approved_by): (&str, Option<StaffId>),
) {
    let (percent_ppm, amount) = value.map_or((None, None), |value| value.columns());
    let reason = (!reason.is_empty()).then_some(reason);
    let payload = json!({
        "cart_line_id": line_id, "kind": kind, "percent_ppm": percent_ppm, "amount": amount,
        "reason": reason, "approved_by": approved_by,
    });
    let event = NewEvent::new("cart_discount_set", "cart", view.cart.id.uuid());
    tx.event(event.customer(view.cart.customer_id).payload(payload));
}
