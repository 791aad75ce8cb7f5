//! Other goods instead of the money of a return that was asked for: the return is given up and stands again as the first
//! half of an exchange, in one transaction, so that nobody loses what was asked for or allowed: its rules are not asked a
//! second time, and no more is kept than was said then.

use entity::id::{ExchangeId, ReturnId};
use entity::money::Money;
use entity::status::ReturnAction;
use entity::words::{ExchangeMode, RefundDestination, ReturnKind, ReturnMethod, ReturnStatus};
use entity::{order, return_reason, returns};

use super::super::access::{self, Hands};
use super::super::request::{Draft, DraftLine, Kept, approve, file};
use super::super::step::{self as returned, Locked};
use super::super::{decide, photo, query, units};
use super::Exchanged;
use super::create::{self, CreateExchange, replayed};
use super::goods::{self, NewGoods};
use super::preview::{self, Preview};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx};
use crate::order as orders;

/// Goods that are wanted instead of the money of a return.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Instead {
    /// The return: `REQUESTED` or `APPROVED`, and nothing of it came yet.
    pub return_id: ReturnId,
    /// What is wanted, 1 to 100 lines.
    pub goods: Vec<NewGoods>,
    /// What the new goods cost beyond the old ones as it was shown; below zero when something goes back. Another
    /// difference is refused.
    pub expected_difference: Option<Money>,
    /// The client's key: the same key agrees once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// What it would come to. Writes nothing; a bounded number of statements. Errors: `NOT_FOUND`, and as [`instead`].
pub async fn preview(ctx: &Ctx, input: &Instead) -> Result<Preview> {
    let row = access::visible(ctx, input.return_id, None).await?.ok_or(Error::not_found("return"))?;
    check(&row)?;
    let id = row.order_id.ok_or(Error::not_found("order"))?;
    let order = access::readable_order(ctx, id).await?.ok_or(Error::not_found("order"))?;
    let db = ctx.db();
    let asked = goods::checked(ctx, &input.goods, (order.currency, false))?;
    let quote = goods::quote(ctx, &db, &order, &asked).await?;
    Box::pin(goods::check_stock(ctx, &db, &order, &quote)).await?;
    let lines = query::lines(&db, &[row.id]).await?;
    let fee = row.restocking_fee + row.return_shipping_fee;
    let units = units::sum(&lines, |line| line.quantity);
    let worth = preview::worth(&db, &order, (&units, &quote.coming()), fee).await?;
    Ok(preview::told(order.currency, &worth, fee, &quote))
}

/// Agrees on it, by the customer whose return it is or who holds the order's secret. An approved return stays approved, on
/// what it was approved, whatever the rules say by now. The new goods are sent when the old ones came and were looked at.
///
/// Errors: `NOT_FOUND`, `INVALID_TRANSITION` when it is too late or no plain return, `REFUND_MISMATCH` for another
/// difference, `NOT_FOR_SALE`, `INSUFFICIENT_STOCK` for what could not be ordered now, `PICKUP_UNAVAILABLE`,
/// `CONTACT_REQUIRED`, `SHIPPING_ADDRESS_REQUIRED`, `INVALID_QUANTITY`, `REQUIRED`, `TOO_MANY`.
pub async fn instead(ctx: &Ctx, input: Instead) -> Result<Exchanged> {
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = ExchangeId(tx.new_uuid());
        if let Claim::Replayed(first) = idempotency::claim(tx, "exchangeInstead", key, hash, id.uuid()).await? {
            return replayed(tx, ExchangeId(first)).await;
        }
        let (old, _) = returned::lock(tx, input.return_id, None, None).await?;
        check(&old.row)?;
        let was = old.row.clone();
        let (draft, order) = Box::pin(given_up(tx, old)).await?;
        let asked = goods::checked(tx.ctx(), &input.goods, (order.currency, false))?;
        let quote = goods::quote(tx.ctx(), tx, &order, &asked).await?;
        Box::pin(goods::check_stock(tx.ctx(), tx, &order, &quote)).await?;
        let terms = terms(input, &order, &draft);
        let mut filed = file(tx, ReturnId(tx.new_uuid()), order, &Hands::Customer, draft).await?;
        if was.status == ReturnStatus::Approved {
            filed.row.expected_by = was.expected_by.filter(|by| *by > tx.now());
            approve(tx, &mut filed)?;
            filed.row.staff_id = was.staff_id;
        }
        let credit = preview::credit(tx, &filed, &quote.coming()).await?;
        create::check_difference(&terms, &filed.row, quote.total() - credit)?;
        Box::pin(create::begin(tx, id, filed, (quote, &asked), (credit, &terms))).await
    })
    .await
}

/// Error: `INVALID_TRANSITION` for what is no plain return of an order, or too far.
fn check(row: &returns::Model) -> Result<()> {
    let is_early = matches!(row.status, ReturnStatus::Requested | ReturnStatus::Approved);
    if is_early && row.kind == ReturnKind::Return && row.order_id.is_some() {
        return Ok(());
    }
    Err(Error::transition("return", row.status, ReturnAction::Cancel))
}

/// Gives the return up; what it asked for, and its order as it is now.
async fn given_up(tx: &Tx, mut old: Locked) -> Result<(Draft, order::Model)> {
    let order_id = old.row.order_id.ok_or(Error::not_found("order"))?;
    let reasons = query::reasons(tx).await?;
    let mut photos = photo::of_return(tx, old.row.id).await?;
    let mut lines = Vec::with_capacity(old.lines.len());
    for line in &old.lines {
        lines.push(DraftLine {
            order_line_id: line.order_line_id.ok_or_else(|| Error::invalid(ErrorCode::Invalid, "input.returnId"))?,
            quantity: line.quantity,
            reason: line.return_reason_id.and_then(|id| code(&reasons, id)),
            note: line.note.clone(),
            used: false,
            photos: photos.remove(&line.id).unwrap_or_default(),
        });
    }
    // Returns that were asked for by guests before may say store credit, which only a customer can get.
    let customer_id = old.order.as_ref().and_then(|order| order.customer_id);
    let refund_to = match old.row.refund_to {
        RefundDestination::StoreCredit if customer_id.is_none() => RefundDestination::Original,
        RefundDestination::Original | RefundDestination::StoreCredit | RefundDestination::Exchange => old.row.refund_to,
    };
    let draft = Draft {
        kind: ReturnKind::Exchange,
        method: old.row.method,
        refund_to,
        note: old.row.note.clone(),
        lines,
        override_reason: old.row.override_reason.clone(),
        approved_by: old.row.approved_by,
        waive_fees: false,
        lodged: None,
        destination: old.row.destination_location_id,
        session: None,
        kept: Some(Kept {
            restocking_fee: old.row.restocking_fee,
            return_shipping_fee: old.row.return_shipping_fee,
            policy_id: old.row.return_policy_id,
        }),
    };
    old.go(tx, ReturnAction::Cancel)?;
    decide::let_go(tx, &old).await?;
    old.save(tx).await?;
    Ok((draft, orders::lock_one(tx, order_id).await?))
}

/// Code of a reason, also of one that nobody may name any more.
fn code(reasons: &[return_reason::Model], id: entity::id::ReturnReasonId) -> Option<String> {
    reasons.iter().find(|reason| reason.id == id).map(|reason| reason.code.clone())
}

/// The same as an exchange that was asked for from the beginning.
fn terms(input: &Instead, order: &order::Model, draft: &Draft) -> CreateExchange {
    CreateExchange {
        order_id: order.id,
        lines: Vec::new(),
        goods: input.goods.clone(),
        mode: ExchangeMode::AwaitingReturn,
        method: match draft.method {
            ReturnMethod::None => ReturnMethod::Carrier,
            ReturnMethod::Carrier | ReturnMethod::Store => draft.method,
        },
        refund_to: match draft.refund_to {
            RefundDestination::Exchange => RefundDestination::Original,
            RefundDestination::Original | RefundDestination::StoreCredit => draft.refund_to,
        },
        note: String::new(),
        destination_location_id: draft.destination,
        due_at: None,
        payments: Vec::new(),
        expected_difference: input.expected_difference,
        override_reason: None,
        approval: None,
        idempotency_key: String::new(),
    }
}
