//! Agreeing on an exchange at a desk or online: what comes back, what is wanted, and when it goes out.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{ExchangeId, LocationId, OrderId, ReturnId};
use entity::money::Money;
use entity::returns;
use entity::words::{ExchangeMode, ExchangeStatus, RefundDestination, ReturnKind, ReturnMethod};
use sea_orm::EntityTrait;

use super::super::access::{self, Hands};
use super::super::request::{self, Draft, RequestLine, approve, file};
use super::super::step::Locked;
use super::goods::{self, Asked, NewGoods};
use super::open::{self, Opening};
use super::step::{self, First};
use super::{Exchanged, guard, preview, query};
use crate::access::Approval;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx, text};
use crate::order::authorization::RESERVED_FOR;
use crate::payment::tender::TenderInput;

/// For so long the old goods may be on their way when the new ones went out in advance.
const ADVANCE: TimeDelta = TimeDelta::days(14);
/// At most so long.
const ADVANCE_MOST: TimeDelta = TimeDelta::days(90);

/// An exchange to agree on.
#[derive(Debug, Clone, serde::Serialize)]
pub struct CreateExchange {
    /// Of which order.
    pub order_id: OrderId,
    /// What comes back, 1 to 100 lines.
    pub lines: Vec<RequestLine>,
    /// What is wanted, 1 to 100 lines.
    pub goods: Vec<NewGoods>,
    /// When the new goods go out; in advance only when staff agree.
    pub mode: ExchangeMode,
    /// How the old goods come: `CARRIER` or `STORE`.
    pub method: ReturnMethod,
    /// Where goes what the old goods give beyond the new ones: `ORIGINAL` or `STORE_CREDIT`.
    pub refund_to: RefundDestination,
    /// In the words of who asks.
    pub note: String,
    /// Where the old goods shall lie in the end; staff only.
    pub destination_location_id: Option<LocationId>,
    /// In advance: until when the old goods shall come; 14 days when `None`.
    pub due_at: Option<DateTime<Utc>>,
    /// In advance: what pays or secures the full value. Due by a link when empty; with a card over the network alone, the
    /// customer agrees by a link that it is reserved, and the goods wait for that.
    pub payments: Vec<TenderInput>,
    /// What the new goods cost beyond the old ones as it was shown; below zero when something goes back. Another
    /// difference is refused.
    pub expected_difference: Option<Money>,
    /// Why staff go beyond the rules.
    pub override_reason: Option<String>,
    /// Who confirms that; at the destination.
    #[serde(skip)]
    pub approval: Option<Approval>,
    /// The client's key: the same key agrees once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Agrees on an exchange. Asked for by a customer, its return waits for approval; agreed by staff, the goods may come.
/// New goods that wait are priced now and placed when the old ones were looked at; in advance they are placed at once, and
/// their full value is paid or reserved until the old ones come.
///
/// Errors: as a return's `request`; `REQUIRED`, `TOO_MANY`, `INVALID_QUANTITY`, `NOT_FOR_SALE`, `PICKUP_UNAVAILABLE`,
/// `CARRY_OUT_ONLY_AT_TILL`, `CONTACT_REQUIRED`, `SHIPPING_ADDRESS_REQUIRED`, `REFUND_MISMATCH` for another difference,
/// `INVALID_DATE`, `INVALID` for what only staff may say, and what placing an order says.
pub async fn create(ctx: &Ctx, input: CreateExchange) -> Result<Exchanged> {
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    check_words(&input)?;
    check_due(&input, ctx.now())?;
    let approved_by = request::approved_by(ctx, input.approval.as_ref(), input.destination_location_id).await?;
    let draft = &Draft {
        kind: ReturnKind::Exchange,
        method: input.method,
        refund_to: input.refund_to,
        note: text::note("input.note", &input.note, text::NOTE)?,
        lines: request::checked_lines(&input.lines)?,
        override_reason: request::override_reason(input.override_reason.as_deref())?,
        approved_by,
        waive_fees: false,
        lodged: None,
        destination: input.destination_location_id,
        session: None,
        kept: None,
    };
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = ExchangeId(tx.new_uuid());
        if let Claim::Replayed(first) = idempotency::claim(tx, "exchangeCreate", key, hash, id.uuid()).await? {
            return replayed(tx, ExchangeId(first)).await;
        }
        let (order, hands) = access::lock_order(tx, input.order_id).await?;
        check_hands(input, &hands)?;
        let asked = goods::checked(tx.ctx(), &input.goods, (order.currency, hands.is_staff()))?;
        let quote = goods::quote(tx.ctx(), tx, &order, &asked).await?;
        let mut filed = file(tx, ReturnId(tx.new_uuid()), order, &hands, draft.clone()).await?;
        if hands.is_staff() {
            approve(tx, &mut filed)?;
        }
        let credit = preview::credit(tx, &filed, &quote.coming()).await?;
        check_difference(input, &filed.row, quote.total() - credit)?;
        begin(tx, id, filed, (quote, &asked), (credit, input)).await
    })
    .await
}

/// The exchange that a key made before.
pub(super) async fn replayed(tx: &Tx, id: ExchangeId) -> Result<Exchanged> {
    let row = query::by_id(tx, id).await?.ok_or(Error::not_found("exchange"))?;
    let back = returns::Entity::find_by_id(row.return_id).one(tx).await?.ok_or(Error::not_found("return"))?;
    Ok(Exchanged { row, back, replayed: true })
}

fn check_words(input: &CreateExchange) -> Result<()> {
    if input.method == ReturnMethod::None {
        return Err(Error::invalid(ErrorCode::Invalid, "input.method"));
    }
    if input.refund_to == RefundDestination::Exchange {
        return Err(Error::invalid(ErrorCode::Invalid, "input.refundTo"));
    }
    if input.mode == ExchangeMode::AwaitingReturn && !input.payments.is_empty() {
        return Err(Error::invalid(ErrorCode::Invalid, "input.payments"));
    }
    Ok(())
}

/// Error: `INVALID_DATE` for a day that is over or too far, or beside goods that wait.
fn check_due(input: &CreateExchange, now: DateTime<Utc>) -> Result<()> {
    let fits = |at: DateTime<Utc>| input.mode == ExchangeMode::Advance && at > now && at <= now + ADVANCE_MOST;
    if input.due_at.is_none_or(fits) { Ok(()) } else { Err(Error::invalid(ErrorCode::InvalidDate, "input.dueAt")) }
}

fn check_hands(input: &CreateExchange, hands: &Hands) -> Result<()> {
    if input.mode == ExchangeMode::Advance && !hands.is_staff() {
        return Err(Error::invalid(ErrorCode::Invalid, "input.mode"));
    }
    Ok(())
}

/// Errors: `CURRENCY_MISMATCH`, `REFUND_MISMATCH`.
pub(super) fn check_difference(input: &CreateExchange, back: &returns::Model, difference: i64) -> Result<()> {
    differs("input.expectedDifference", input.expected_difference, Money::new(difference, back.currency))
}

/// Errors: `CURRENCY_MISMATCH`, `REFUND_MISMATCH` when another amount was shown.
pub(super) fn differs(path: &str, seen: Option<Money>, actual: Money) -> Result<()> {
    match seen {
        Some(seen) if seen.currency != actual.currency => Err(Error::invalid(ErrorCode::CurrencyMismatch, path)),
        Some(seen) if seen != actual => {
            let values = vec![("actual", actual.formatted("en")), ("problem", "difference".to_owned())];
            Err(Error::invalid_with(ErrorCode::RefundMismatch, path, values))
        }
        Some(_) | None => Ok(()),
    }
}

pub(super) async fn begin(
    tx: &Tx,
    id: ExchangeId,
    mut filed: Locked,
    (quote, asked): (goods::Quote, &[Asked]),
    (credit, input): (i64, &CreateExchange),
) -> Result<Exchanged> {
    let due_at = (input.mode == ExchangeMode::Advance).then(|| input.due_at.unwrap_or(tx.now() + ADVANCE));
    if let Some(due_at) = due_at {
        // The customer is told the day after which the new goods are charged; a card may not secure them for longer.
        let secured = if open::is_by_card(&input.payments) { tx.now() + RESERVED_FOR - guard::MARGIN } else { due_at };
        let until = due_at.min(secured);
        filed.row.expected_by = Some(filed.row.expected_by.map_or(until, |by| by.min(until)));
    }
    let (old, row) = (filed.order.clone().ok_or(Error::not_found("order"))?, filed.row.clone());
    let lines = step::lines(tx, id, &quote, asked);
    let back = filed.save(tx).await?;
    let first = |status, order_id| First { mode: input.mode, status, order_id, credit };
    let row = match input.mode {
        ExchangeMode::AwaitingReturn => step::begin(tx, id, &row, first(ExchangeStatus::AwaitingReturn, None)),
        ExchangeMode::Advance => {
            let (payments, number) = (input.payments.as_slice(), row.number.as_str());
            let opening = Opening { quote, old: &old, credit: 0, number, payments, reserves: true };
            let opened = Box::pin(open::open(tx, opening)).await?;
            let begun = step::begin(tx, id, &row, first(ExchangeStatus::Placed, Some(opened.placed.order.id)));
            entity::exchange::Model { guarantee_payment_id: opened.guarantee, due_at, ..begun }
        }
    };
    tx.insert_last(std::slice::from_ref(&row));
    tx.insert_last(&lines);
    Ok(Exchanged { row, back, replayed: false })
}
