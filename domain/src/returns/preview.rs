//! What a return would give, before it is asked for.

use entity::money::Currency;
use entity::words::ReturnKind;

use super::access::{self, Hands};
use super::exchange;
use super::photo::Photo;
use super::request::{self, Draft, RequestReturn};
use super::units::Units;
use crate::kernel::{Ctx, Error, Result};

/// What it would come to, with tax, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReturnPreview {
    /// ISO 4217.
    pub currency: Currency,
    /// What was paid for the goods, before anything is kept.
    pub goods: i64,
    /// What would go back, after fees; for a claim the worth of the goods, because it is not decided yet what it gives.
    pub refund: i64,
    /// What is kept for taking it back.
    pub restocking_fee: i64,
    /// What is kept for sending it back.
    pub return_shipping_fee: i64,
    /// Discounts that the rest of the order does not earn any more: kept. Below zero: what was kept before goes back.
    pub claw_back: i64,
    /// Whether it is a claim, which is answered by people.
    pub is_claim: bool,
}

/// Looks at what a customer would ask for, as `request` would, except that pictures may come later. Writes nothing; a
/// bounded number of statements. Errors: as `request`.
pub async fn preview(ctx: &Ctx, input: &RequestReturn) -> Result<ReturnPreview> {
    let order = access::readable_order(ctx, input.order_id).await?.ok_or(Error::not_found("order"))?;
    request::check_ways(input)?;
    let mut lines = request::checked_lines(&input.lines)?;
    for line in &mut lines {
        line.photos.push(Photo::promised());
    }
    let draft = Draft {
        kind: input.kind,
        method: input.method,
        refund_to: input.refund_to,
        note: String::new(),
        lines,
        override_reason: None,
        approved_by: None,
        waive_fees: false,
        lodged: None,
        destination: None,
        session: None,
        kept: None,
    };
    let db = ctx.db();
    let (restocking_fee, return_shipping_fee) =
        request::terms(&db, &order, &Hands::Customer, &draft, ctx.now()).await?;
    let mut units = Units::new();
    for line in &input.lines {
        *units.entry(line.order_line_id).or_default() += line.quantity;
    }
    let fee = restocking_fee + return_shipping_fee;
    let worth = exchange::preview::worth(&db, &order, (&units, &[]), fee).await?;
    Ok(ReturnPreview {
        currency: order.currency,
        goods: worth.units.iter().map(|units| units.amount).sum(),
        refund: worth.amount,
        restocking_fee,
        return_shipping_fee,
        claw_back: worth.claw_back,
        is_claim: input.kind == ReturnKind::Claim,
    })
}
