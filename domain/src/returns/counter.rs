//! Goods that somebody brings to a counter: everything in one call, for orders of any channel and of no order at all.

use chrono::TimeDelta;
use entity::id::{
    CustomerId, LocationId, OrderId, OrderLineId, RegisterId, ReturnId, ReturnLineId, StaffId, VariantId,
};
use entity::money::Money;
use entity::status::ReturnAction;
use entity::words::{Disposition, RefundDestination, ReturnKind, ReturnMethod, ReturnStatus};
use entity::{channel, customer, price, register, return_line, returns};
use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::json;

use super::access;
use super::inspect::{self, Found, InspectItem};
use super::money;
use super::receive::arrive;
use super::request::{self, Done, Draft, RequestLine, approve, checked_lines, file, replayed};
use super::step::Locked;
use crate::access::Approval;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx, text};
use crate::{catalog, stored_value};

/// How far back a price without a receipt is looked for, and returns of a person are counted.
const BLIND_TIME: TimeDelta = TimeDelta::days(30);
/// Most units that a person brings back without a receipt in that time.
pub const BLIND_UNITS: i64 = 5;

/// Goods of an order, handed in and looked at.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ReturnAtCounter {
    /// The till: its drawer pays cash out; the one where staff are signed in when `None`.
    pub register_id: Option<RegisterId>,
    /// The location, without a till.
    pub location_id: Option<LocationId>,
    /// The order, of any channel and store.
    pub order_id: OrderId,
    /// What, and what was found.
    pub lines: Vec<CounterLine>,
    /// Serial numbers of units that came, or units of a lot.
    pub units: Vec<(VariantId, String, i64)>,
    /// Where the money goes.
    pub refund_to: RefundDestination,
    /// What goes back of what was paid for shipping.
    pub shipping: Option<Money>,
    /// Whether no fees are kept, nor discounts that the rest of the order does not earn any more.
    pub waive_fees: bool,
    /// For the refund.
    pub note: String,
    /// Where the goods shall lie in the end.
    pub destination_location_id: Option<LocationId>,
    /// Why it goes beyond the rules.
    pub override_reason: Option<String>,
    /// Who confirms that.
    #[serde(skip)]
    pub approval: Option<Approval>,
    /// The client's key: the same key takes back once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Units of a line with one reason and one fate.
#[derive(Debug, Clone, serde::Serialize)]
pub struct CounterLine {
    /// Of which line of the order; of a blind return none.
    pub order_line_id: Option<OrderLineId>,
    /// Of a blind return: what.
    pub variant_id: Option<VariantId>,
    /// Units; bundles whole.
    pub quantity: i64,
    /// Code of a reason.
    pub reason: Option<String>,
    /// Whether they were used.
    pub used: bool,
    /// What happens to them.
    pub disposition: Disposition,
    /// What was seen.
    pub note: String,
    /// A picture in base64.
    pub photo: Option<String>,
}

/// Takes goods back at a counter: filed, received, inspected, paid and closed in one transaction. When two counters take
/// the same unit, one does.
///
/// Errors: as `request`, `receive` and `inspect`; `REQUIRED` without till and location, `RETURNS_NOT_ACCEPTED`,
/// `INSUFFICIENT_CASH`.
pub async fn return_at_counter(ctx: &Ctx, input: ReturnAtCounter) -> Result<Done> {
    let scope = &access::work_scope(ctx)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let at = &Place::read(ctx, input.register_id, input.location_id).await?;
    let approved_by = approved(ctx, input.approval.as_ref(), at.location).await?;
    let draft = &draft(&input, ReturnKind::Return, at.location, approved_by)?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = ReturnId(tx.new_uuid());
        if let Claim::Replayed(first) = idempotency::claim(tx, "returnAtCounter", key, hash, id.uuid()).await? {
            return replayed(tx, ReturnId(first)).await;
        }
        access::place(tx, scope, at.location).await?;
        let (order, hands) = access::lock_order(tx, input.order_id).await?;
        let mut filed = file(tx, id, order, &hands, draft.clone()).await?;
        take(tx, &mut filed, at, input).await?;
        Ok(Done { row: filed.save(tx).await?, replayed: false })
    })
    .await
}

/// What is filed for goods on a counter. Errors: as `request`.
pub(super) fn draft(
    input: &ReturnAtCounter,
    kind: ReturnKind,
    at: LocationId,
    approved_by: Option<StaffId>,
) -> Result<Draft> {
    if input.refund_to == RefundDestination::Exchange {
        return Err(Error::invalid(ErrorCode::Invalid, "input.refundTo"));
    }
    Ok(Draft {
        kind,
        method: ReturnMethod::Store,
        refund_to: input.refund_to,
        note: text::note("input.note", &input.note, text::NOTE)?,
        lines: checked_lines(&asked(&input.lines)?)?,
        override_reason: request::override_reason(input.override_reason.as_deref())?,
        approved_by,
        waive_fees: input.waive_fees,
        lodged: Some(at),
        destination: input.destination_location_id,
        session: None,
        kept: None,
    })
}

/// The steps after filing: approve, receive, inspect, close.
async fn take(tx: &Tx, filed: &mut Locked, at: &Place, input: &ReturnAtCounter) -> Result<()> {
    handed_in(tx, filed, at.location).await?;
    let session = money::session(tx, at.register).await?;
    filed.row.register_session_id = session;
    looked_at(tx, filed, at.location, input, session).await
}

/// The goods lie on the counter.
pub(super) async fn handed_in(tx: &Tx, filed: &mut Locked, at: LocationId) -> Result<()> {
    approve(tx, filed)?;
    let came: Vec<_> = filed.lines.iter().map(|line| (line.id, line.quantity)).collect();
    arrive(tx, filed, at, &came).await
}

/// What was found, and the end of it.
pub(super) async fn looked_at(
    tx: &Tx,
    filed: &mut Locked,
    at: LocationId,
    input: &ReturnAtCounter,
    session: Option<entity::id::RegisterSessionId>,
) -> Result<()> {
    let found = Found {
        place: at,
        items: inspect::checked(&items(&filed.lines, &input.lines))?,
        numbers: inspect::numbers(&input.units),
        shipping: money::minor(filed, "input.shipping", input.shipping)?,
        waive_fees: input.waive_fees,
        note: Some(input.note.clone()).filter(|note| !note.is_empty()),
        session,
    };
    inspect::look(tx, filed, found).await?;
    filed.go(tx, ReturnAction::Close).map(|_| ())
}

/// Lines were written in the order in which they were told.
pub(super) fn items(lines: &[return_line::Model], told: &[CounterLine]) -> Vec<InspectItem> {
    let one = |(line, told): (&return_line::Model, &CounterLine)| InspectItem {
        return_line_id: line.id,
        quantity: line.quantity,
        disposition: told.disposition,
        note: told.note.clone(),
        photo: told.photo.clone(),
        refund: None,
    };
    lines.iter().zip(told).map(one).collect()
}

pub(super) fn asked(lines: &[CounterLine]) -> Result<Vec<RequestLine>> {
    let one = |(index, line): (usize, &CounterLine)| {
        if line.disposition == Disposition::Missing {
            return Err(Error::invalid(ErrorCode::Invalid, format!("input.lines.{index}.disposition")));
        }
        let id = line.order_line_id;
        let id = id.ok_or_else(|| Error::invalid(ErrorCode::Required, format!("input.lines.{index}.orderLineId")))?;
        Ok(RequestLine {
            order_line_id: id,
            quantity: line.quantity,
            reason: line.reason.clone(),
            note: line.note.clone(),
            used: line.used,
            photos: Vec::new(),
        })
    };
    lines.iter().enumerate().map(one).collect()
}

pub(super) async fn approved(ctx: &Ctx, approval: Option<&Approval>, place: LocationId) -> Result<Option<StaffId>> {
    match approval {
        Some(_) => crate::access::approve(ctx, approval, place).await.map(Some),
        None => Ok(None),
    }
}

/// The counter at which somebody stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    location: LocationId,
    register: Option<RegisterId>,
}

impl Place {
    /// Errors: `REQUIRED`, `NOT_FOUND`.
    async fn read(ctx: &Ctx, register: Option<RegisterId>, location: Option<LocationId>) -> Result<Self> {
        let register = register.or(ctx.actor.till().map(|till| till.register_id));
        match (register, location) {
            (Some(id), _) => {
                let till =
                    register::Entity::find_by_id(id).one(&ctx.db()).await?.ok_or(Error::not_found("register"))?;
                Ok(Self { location: till.location_id, register: Some(id) })
            }
            (None, Some(location)) => Ok(Self { location, register: None }),
            (None, None) => Err(Error::invalid(ErrorCode::Required, "input.registerId")),
        }
    }
}

/// Goods of which nobody knows the order.
#[derive(Debug, Clone, serde::Serialize)]
pub struct BlindReturn {
    /// The till; the one where staff are signed in when `None`.
    pub register_id: Option<RegisterId>,
    /// Who brings them, and gets the credit.
    pub customer_id: CustomerId,
    /// What, and what was found; by variant.
    pub lines: Vec<CounterLine>,
    /// Serial numbers of units that came, or units of a lot.
    pub units: Vec<(VariantId, String, i64)>,
    /// Why they are taken.
    pub reason: String,
    /// Who allows it.
    #[serde(skip)]
    pub approval: Option<Approval>,
    /// The client's key: the same key takes back once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Takes goods back without an order: each unit gives the lowest price of the last 30 days at the till's channel, as
/// store credit only, when somebody else allows it, and at most [`BLIND_UNITS`] units per person and 30 days.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `REQUIRED`, `APPROVAL_REQUIRED`, `RETURN_LIMIT_REACHED`, `NOT_FOR_SALE` for goods
/// without a price, `RETURNS_NOT_ACCEPTED`, `INVALID`, `INVALID_QUANTITY`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn blind_return(ctx: &Ctx, input: BlindReturn) -> Result<Done> {
    let scope = &access::work_scope(ctx)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let reason = &text::required_line("input.reason", &input.reason, text::LINE)?;
    let at = &Place::read(ctx, input.register_id, None).await?;
    let approved_by = crate::access::approve(ctx, input.approval.as_ref(), at.location).await?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = ReturnId(tx.new_uuid());
        if let Claim::Replayed(first) = idempotency::claim(tx, "returnBlind", key, hash, id.uuid()).await? {
            return replayed(tx, ReturnId(first)).await;
        }
        access::place(tx, scope, at.location).await?;
        let mut filed = file_blind(tx, id, at, input, (reason, approved_by)).await?;
        let event_id = filed.tell(tx, "return_requested", &json!({ "to": ReturnStatus::Requested, "blind": true }));
        approve(tx, &mut filed)?;
        let came: Vec<_> = filed.lines.iter().map(|line| (line.id, line.quantity)).collect();
        arrive(tx, &mut filed, at.location, &came).await?;
        let worth = filed.lines.iter().map(|line| line.unit_price.unwrap_or(0) * line.quantity).sum::<i64>();
        if worth > 0 {
            let channel = crate::channel::query::get(tx, filed.row.channel_id).await?;
            stored_value::credit(tx, input.customer_id, &channel, worth, reason, event_id).await?;
        }
        let found = Found {
            place: at.location,
            items: inspect::checked(&items(&filed.lines, &input.lines))?,
            numbers: inspect::numbers(&input.units),
            shipping: 0,
            waive_fees: true,
            note: None,
            session: None,
        };
        inspect::look(tx, &mut filed, found).await?;
        filed.go(tx, ReturnAction::Close)?;
        Ok(Done { row: filed.save(tx).await?, replayed: false })
    })
    .await
}

async fn file_blind(
    tx: &Tx,
    id: ReturnId,
    at: &Place,
    input: &BlindReturn,
    (reason, approved_by): (&str, StaffId),
) -> Result<Locked> {
    let register = at.register.ok_or_else(|| Error::invalid(ErrorCode::Required, "input.registerId"))?;
    let till = register::Entity::find_by_id(register).find_also_related(channel::Entity).one(tx).await?;
    let Some((_, Some(channel))) = till else { return Err(Error::not_found("register")) };
    let person = customer::Entity::find_by_id(input.customer_id).lock_exclusive().one(tx).await?;
    let person = person.filter(|person| person.merged_into_id.is_none()).ok_or(Error::not_found("customer"))?;
    check_limit(tx, person.id, &input.lines).await?;
    let priced = prices(tx, &channel, &input.lines).await?;
    let number = super::number::next(tx).await?;
    let row = returns::Model {
        id,
        number,
        lodged_location_id: Some(at.location),
        override_reason: Some(reason.to_owned()),
        approved_by: Some(approved_by),
        ..blind_row(tx, id, &channel, person.id)
    };
    returns::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    let lines: Vec<return_line::Model> = input
        .lines
        .iter()
        .zip(priced)
        .map(|(line, (variant_id, unit_price))| return_line::Model {
            id: ReturnLineId(tx.new_uuid()),
            return_id: id,
            order_line_id: None,
            variant_id,
            quantity: line.quantity,
            return_reason_id: None,
            note: line.note.clone(),
            received: 0,
            inspected: 0,
            unit_price: Some(unit_price),
        })
        .collect();
    let rows = lines.iter().cloned().map(|line| line.into_active_model().reset_all());
    return_line::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(Locked { order: None, row, lines })
}

fn blind_row(tx: &Tx, id: ReturnId, channel: &channel::Model, person: CustomerId) -> returns::Model {
    returns::Model {
        id,
        number: String::new(),
        kind: ReturnKind::Return,
        status: ReturnStatus::Requested,
        channel_id: channel.id,
        order_id: None,
        customer_id: Some(person),
        currency: channel.currency,
        method: ReturnMethod::Store,
        lodged_location_id: None,
        destination_location_id: None,
        return_policy_id: None,
        note: String::new(),
        staff_note: String::new(),
        decline_reason: None,
        override_reason: None,
        staff_id: tx.ctx().actor.staff_id(),
        approved_by: None,
        restocking_fee: 0,
        return_shipping_fee: 0,
        refund_to: RefundDestination::StoreCredit,
        carrier: None,
        tracking_number: None,
        resolution: None,
        requested_at: tx.now(),
        decided_at: None,
        expected_by: None,
        reminded_at: None,
        closed_at: None,
        register_session_id: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

/// The person is locked, so that two tills count together. Errors: `REQUIRED`, `INVALID_QUANTITY`, `INVALID`,
/// `RETURN_LIMIT_REACHED`.
async fn check_limit(tx: &Tx, person: CustomerId, lines: &[CounterLine]) -> Result<()> {
    if lines.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "input.lines"));
    }
    for (index, line) in lines.iter().enumerate() {
        text::note(&format!("input.lines.{index}.note"), &line.note, text::NOTE)?;
        if line.disposition == Disposition::Missing {
            return Err(Error::invalid(ErrorCode::Invalid, format!("input.lines.{index}.disposition")));
        }
        if !(1..=BLIND_UNITS).contains(&line.quantity) {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("input.lines.{index}.quantity")));
        }
    }
    let before = return_line::Entity::find()
        .find_also_related(returns::Entity)
        .filter(returns::Column::CustomerId.eq(person))
        .filter(returns::Column::OrderId.is_null())
        .filter(returns::Column::RequestedAt.gt(tx.now() - BLIND_TIME))
        .all(tx)
        .await?;
    let before: i64 = before.iter().map(|(line, _)| line.quantity).sum();
    let now: i64 = lines.iter().map(|line| line.quantity).sum();
    if before + now > BLIND_UNITS {
        return Err(Error::invalid(ErrorCode::ReturnLimitReached, "input.lines"));
    }
    Ok(())
}

/// The lowest price of each line's variant in the last 30 days at the channel, minor units. Errors: `REQUIRED`,
/// `NOT_FOUND`, `INVALID` for a bundle, `NOT_FOR_SALE`.
async fn prices(tx: &Tx, channel: &channel::Model, lines: &[CounterLine]) -> Result<Vec<(VariantId, i64)>> {
    let ids: Vec<VariantId> = lines.iter().filter_map(|line| line.variant_id).collect();
    let goods = catalog::query::variants_by_ids(tx, &ids).await?;
    let since = tx.now() - BLIND_TIME;
    let held = Condition::any().add(price::Column::ValidTo.is_null()).add(price::Column::ValidTo.gte(since));
    let prices = price::Entity::find()
        .filter(price::Column::VariantId.is_in(ids))
        .filter(price::Column::ChannelId.eq(channel.id))
        .filter(price::Column::ValidFrom.lte(tx.now()))
        .filter(held)
        .all(tx)
        .await?;
    let one = |(index, line): (usize, &CounterLine)| {
        let at = format!("input.lines.{index}.variantId");
        let id = line.variant_id.ok_or_else(|| Error::invalid(ErrorCode::Required, &at))?;
        let found = goods.iter().find(|variant| variant.id == id).ok_or(Error::not_found("variant"))?;
        if found.is_bundle {
            return Err(Error::invalid(ErrorCode::Invalid, at));
        }
        let amounts = prices.iter().filter(|price| price.variant_id == id).map(|price| price.amount);
        amounts.min().map(|amount| (id, amount)).ok_or_else(|| Error::invalid(ErrorCode::NotForSale, at))
    };
    lines.iter().enumerate().map(one).collect()
}
