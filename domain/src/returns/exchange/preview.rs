//! What an exchange would cost or give, without agreeing on it.

use entity::id::{OrderId, OrderLineId, VariantId};
use entity::money::Currency;
use entity::order;
use entity::words::{RefundDestination, ReturnKind, ReturnMethod};
use sea_orm::ConnectionTrait;

use super::super::access::{self, Hands};
use super::super::request::{self, Draft, RequestLine};
use super::super::step::Locked;
use super::super::units::{self, Units};
use super::goods::{self, NewGoods};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx};
use crate::order::refund::books::{Ask, Books, Plan};
use crate::order::refund::{Coming, Terms, claw_back};

/// What would come back, and what is wanted.
#[derive(Debug, Clone)]
pub struct PreviewExchange {
    /// Of which order.
    pub order_id: OrderId,
    /// What would come back.
    pub lines: Vec<RequestLine>,
    /// What is wanted.
    pub goods: Vec<NewGoods>,
    /// How the old goods would come.
    pub method: ReturnMethod,
}

/// What it would come to. Amounts are minor units, with tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// ISO 4217.
    pub currency: Currency,
    /// What the old goods give, by the books of their order, after fees and discounts that are kept.
    pub credit: i64,
    /// Discounts that the rest of the old order does not earn any more, the new goods counted in: kept of it. Below zero:
    /// discounts that were kept before and go back.
    pub claw_back: i64,
    /// What is kept of it for taking and sending them back.
    pub fee: i64,
    /// What the new goods cost.
    pub total: i64,
    /// The tax in it.
    pub tax_total: i64,
    /// What is to be paid more; below zero when something goes back.
    pub difference: i64,
    /// The new goods, in the order in which they were asked for.
    pub goods: Vec<PreviewGoods>,
}

/// New goods with what they cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewGoods {
    /// What.
    pub variant_id: VariantId,
    /// The product's title.
    pub title: String,
    /// The variant's; empty for a product without options.
    pub variant_title: String,
    /// Units.
    pub quantity: i64,
    /// Price of a unit.
    pub unit_price: i64,
    /// The tax.
    pub tax: i64,
    /// All units, with tax.
    pub total: i64,
}

/// Previews an exchange for whoever may return goods of the order; staff see it beyond the rules, too. Statements are
/// bounded whatever the number of lines. Errors: `NOT_FOUND`, and as `create`.
pub async fn preview(ctx: &Ctx, input: &PreviewExchange) -> Result<Preview> {
    let order = access::readable_order(ctx, input.order_id).await?.ok_or(Error::not_found("order"))?;
    if input.method == ReturnMethod::None {
        return Err(Error::invalid(ErrorCode::Invalid, "input.method"));
    }
    let hands = hands(ctx);
    let asked = goods::checked(ctx, &input.goods, (order.currency, hands.is_staff()))?;
    let draft = Draft {
        kind: ReturnKind::Exchange,
        method: input.method,
        refund_to: RefundDestination::Original,
        note: String::new(),
        lines: request::checked_lines(&input.lines)?,
        // Staff may look at what goes beyond the rules; they say why when they agree on it.
        override_reason: Some(String::new()),
        approved_by: ctx.actor.staff_id().or(Some(entity::id::StaffId(order.id.uuid()))),
        waive_fees: false,
        lodged: None,
        destination: None,
        session: None,
        kept: None,
    };
    let db = ctx.db();
    let (restocking, sending) = request::terms(&db, &order, &hands, &draft, ctx.now()).await?;
    let quote = goods::quote(ctx, &db, &order, &asked).await?;
    let mut units = Units::new();
    for line in &input.lines {
        *units.entry(line.order_line_id).or_default() += line.quantity;
    }
    let worth = worth(&db, &order, (&units, &quote.coming()), restocking + sending).await?;
    Ok(told(order.currency, &worth, restocking + sending, &quote))
}

/// What a quote comes to against what the old goods give, minor units.
pub(super) fn told(currency: Currency, worth: &Plan, fee: i64, quote: &goods::Quote) -> Preview {
    let credit = worth.amount;
    let totals = &quote.priced.totals;
    let goods = quote.priced.lines.iter().zip(&totals.lines).map(|(line, totals)| PreviewGoods {
        variant_id: line.variant.id,
        title: line.title.clone(),
        variant_title: line.variant_title.clone(),
        quantity: line.line.quantity,
        unit_price: line.unit_price,
        tax: totals.tax,
        total: totals.total,
    });
    Preview {
        currency,
        credit,
        claw_back: worth.claw_back,
        fee,
        total: totals.total,
        tax_total: totals.tax_total,
        difference: totals.total - credit,
        goods: goods.collect(),
    }
}

/// The way in which the actor asks.
fn hands(ctx: &Ctx) -> Hands {
    let is_staff = matches!(ctx.actor, crate::Actor::System | crate::Actor::Staff { .. } | crate::Actor::App { .. });
    match access::work_scope(ctx) {
        Ok(scope) if is_staff => Hands::Staff(scope),
        Ok(_) | Err(_) => Hands::Customer,
    }
}

/// What units would give after fees and discounts that are kept.
pub(in super::super) async fn worth(
    db: &impl ConnectionTrait,
    order: &order::Model,
    (units, coming): (&Units, &[Coming]),
    fee: i64,
) -> Result<Plan> {
    let mut books = Books::read(db, order.id).await?;
    let units: std::collections::BTreeMap<OrderLineId, i64> = units.clone();
    let claw_back = claw_back::of(db, order, &books, &units, Terms { keep: true, coming }).await?;
    books.give_back(order, &Ask { units, fee, claw_back, ..Ask::default() }, false)
}

/// What a return that was just filed would give, minor units.
pub(super) async fn credit(tx: &Tx, filed: &Locked, coming: &[Coming]) -> Result<i64> {
    let order = filed.order.as_ref().ok_or(Error::not_found("order"))?;
    let units = units::sum(&filed.lines, |line| line.quantity);
    let fee = filed.row.restocking_fee + filed.row.return_shipping_fee;
    Ok(worth(tx, order, (&units, coming), fee).await?.amount)
}
