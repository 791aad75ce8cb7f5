//! Goods back and new goods in one call at a till: an exchange, or a return and a purchase in one basket. What comes back
//! pays, and the difference is money, either way.

use entity::id::{ExchangeId, ExchangeLineId, OrderId, ReturnId, StaffId};
use entity::money::Money;
use entity::status::{ExchangeAction, ReturnAction};
use entity::words::{ExchangeMode, ExchangeStatus, ReturnKind};
use entity::{exchange_line, refund, returns};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::super::access;
use super::super::counter::{self, ReturnAtCounter};
use super::super::request::{Draft, file};
use super::super::step::Locked;
use super::super::{money, units};
use super::Exchanged;
use super::create::{differs, replayed};
use super::credit::{self, Give};
use super::step::{self, First};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Scope, Tx};
use crate::register::ring_up::{self, Rung};
use crate::register::sell::{self, Ready, Sell, Sold};
use crate::stored_value::guess;

/// Goods back and new goods. The keys of both halves are ignored.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ExchangeAtCounter {
    /// What comes back, and what was found; `refund_to` is where goes what the new goods do not take.
    pub back: ReturnAtCounter,
    /// What is taken along, or a cart with whatever it says; its payments pay what the old goods do not.
    pub sale: Sell,
    /// What the new goods cost beyond the old ones as the customer was told; below zero when something goes back. Another
    /// difference is refused.
    pub expected_difference: Option<Money>,
    /// The client's key: the same key exchanges once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// An exchange with what it gave out.
#[derive(Debug)]
pub struct CounterExchange {
    /// The exchange.
    pub exchanged: Exchanged,
    /// The new order with its receipt.
    pub sold: Sold,
    /// The refund of the old order, with its credit note.
    pub refund: Option<refund::Model>,
}

/// Takes goods back and sells others in one transaction. Whoever comes second to a unit, at whichever counter, gets a
/// refusal, and nothing of theirs is done.
///
/// Errors: as `return_at_counter` and as `sell`; `FORBIDDEN` without `returns.work` and `pos.sell`, `CURRENCY_MISMATCH` for
/// an order of another currency than the till's, `REFUND_MISMATCH` for another difference.
pub async fn exchange_at_counter(ctx: &Ctx, input: ExchangeAtCounter) -> Result<CounterExchange> {
    let work = access::work_scope(ctx)?;
    let sells = ctx.require(Permission::PosSell)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let ready = &sell::ready(ctx, input.sale.clone()).await?;
    let till =
        crate::access::query::register(&ctx.db(), ready.register_id).await?.ok_or(Error::not_found("register"))?;
    let approved_by: Option<StaffId> = counter::approved(ctx, input.back.approval.as_ref(), till.location_id).await?;
    let draft = &counter::draft(&input.back, ReturnKind::Exchange, till.location_id, approved_by)?;
    let counter = &Counter { work, sells, ready, draft };
    let input = &input;
    let guess = guess::begin(ctx, ready.codes()).await?;
    let exchanging = ctx.write(|tx| async move {
        let tx = &tx;
        let id = ExchangeId(tx.new_uuid());
        match idempotency::claim(tx, "exchangeAtCounter", key, hash, id.uuid()).await? {
            Claim::Replayed(first) => before(tx, ExchangeId(first)).await,
            Claim::Fresh => Box::pin(exchange(tx, id, counter, input)).await,
        }
    });
    let exchanged = exchanging.await;
    guess.settle(ctx, exchanged).await
}

/// What was looked at before the transaction.
struct Counter<'a> {
    work: Scope,
    sells: Scope,
    ready: &'a Ready,
    draft: &'a Draft,
}

async fn before(tx: &Tx, id: ExchangeId) -> Result<CounterExchange> {
    let exchanged = replayed(tx, id).await?;
    let order_id = exchanged.row.order_id.ok_or(Error::not_found("order"))?;
    let sold = sell::replayed(tx, order_id).await?;
    let refund = refund::Entity::find().filter(refund::Column::ReturnId.eq(exchanged.back.id)).one(tx).await?;
    Ok(CounterExchange { exchanged, sold, refund })
}

async fn exchange(
    tx: &Tx,
    id: ExchangeId,
    counter: &Counter<'_>,
    input: &ExchangeAtCounter,
) -> Result<CounterExchange> {
    let till = ring_up::till(tx, &counter.sells, counter.ready.register_id).await?;
    let place = access::place(tx, &counter.work, till.location.id).await?.id;
    let (order, hands) = access::lock_order(tx, input.back.order_id).await?;
    if order.currency != till.channel.currency {
        return Err(Error::invalid(ErrorCode::CurrencyMismatch, "input.orderId"));
    }
    let buyer = counter.ready.input.customer_id.or(order.customer_id);
    let mut filed = file(tx, ReturnId(tx.new_uuid()), order, &hands, counter.draft.clone()).await?;
    counter_side(tx, &mut filed, place).await?;
    let sale = Sell { customer_id: buyer, ..counter.ready.input.clone() };
    let ready = Ready { input: sale, ..counter.ready.clone() };
    let rung = ring_up::price(tx, till, OrderId(tx.new_uuid()), &ready, None).await?;
    let session = rung.session_id();
    filed.row.register_session_id = session;
    let total = rung.total();
    let lines = lines(tx, id, &rung);
    let give = Give {
        units: units::sum(&filed.lines, |line| line.quantity),
        shipping: money::minor(&filed, "input.goodsBack.shipping", input.back.shipping)?,
        most: total.minor,
        session,
        claw_back: !input.back.waive_fees,
        coming: credit::coming(&lines),
    };
    let (refund, credit) = credit::give(tx, &filed, give).await?;
    let difference = Money::new(total.minor - refund.amount, total.currency);
    differs("input.expectedDifference", input.expected_difference, difference)?;
    super::super::counter::looked_at(tx, &mut filed, place, &input.back, session).await?;
    let paid = credit::tender(credit, &filed.row.number).into_iter().collect();
    let sold = Box::pin(ring_up::finish(tx, rung, None, paid)).await?;
    let exchanged = write(tx, id, filed, (&sold, credit), &lines).await?;
    Ok(CounterExchange { exchanged, sold, refund: Some(refund) })
}

/// The goods lie on the counter.
async fn counter_side(tx: &Tx, filed: &mut Locked, place: entity::id::LocationId) -> Result<()> {
    filed.check(ReturnAction::Approve)?;
    counter::handed_in(tx, filed, place).await
}

fn lines(tx: &Tx, id: ExchangeId, rung: &Rung) -> Vec<exchange_line::Model> {
    let rows = rung.lines().iter().map(|line| exchange_line::Model {
        id: ExchangeLineId(tx.new_uuid()),
        exchange_id: id,
        variant_id: line.variant.id,
        quantity: line.line.quantity,
        unit_price: line.unit_price,
        delivery: line.line.delivery,
        location_id: line.line.pickup_location_id,
    });
    rows.collect()
}

/// Both halves are done.
async fn write(
    tx: &Tx,
    id: ExchangeId,
    filed: Locked,
    (sold, credit): (&Sold, i64),
    lines: &[exchange_line::Model],
) -> Result<Exchanged> {
    let back: returns::Model = filed.save(tx).await?;
    let first = First {
        mode: ExchangeMode::AwaitingReturn,
        status: ExchangeStatus::AwaitingReturn,
        order_id: Some(sold.order.id),
        credit,
    };
    let mut row = step::begin(tx, id, &back, first);
    step::go(tx, &mut row, &back, ExchangeAction::Place)?;
    step::go(tx, &mut row, &back, ExchangeAction::Complete)?;
    tx.insert_last(std::slice::from_ref(&row));
    tx.insert_last(lines);
    Ok(Exchanged { row, back, replayed: false })
}
