//! Asking to bring goods back: by the customer within the rules, or by staff, who may go beyond them with a reason that
//! somebody else confirms.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{
    LocationId, OrderId, OrderLineId, RegisterSessionId, ReturnId, ReturnLineId, ReturnPolicyId, StaffId,
};
use entity::status::ReturnAction;
use entity::words::{RefundDestination, ReturnKind, ReturnMethod, ReturnRefusal, ReturnStatus};
use entity::{order, return_line, return_reason, returns};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

use super::access::{self, Hands};
use super::facts::{self, Sold};
use super::photo::{self, Photo};
use super::policy::{self, Wish};
use super::step::Locked;
use super::{number, query, units};
use crate::access::Approval;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx, text};
use crate::pricing::allocation::cumulative_unit_refund;

/// Under this name keys of requests are kept.
pub(super) const OPERATION: &str = "returnRequest";
/// Most lines of a return.
pub(super) const MAX_LINES: usize = 100;
/// Longest note of a line, characters.
const LINE_NOTE: usize = 1_000;
/// For so long goods are expected after the approval.
pub(super) const EXPECTED: TimeDelta = TimeDelta::days(14);

/// Goods to bring back.
#[derive(Debug, Clone, serde::Serialize)]
pub struct RequestReturn {
    /// Of which order.
    pub order_id: OrderId,
    /// `RETURN`, or `CLAIM` when something was wrong.
    pub kind: ReturnKind,
    /// What, 1 to 100 lines.
    pub lines: Vec<RequestLine>,
    /// On which way; `NONE` only for a claim whose goods stay.
    pub method: ReturnMethod,
    /// Where the money shall go; never `EXCHANGE`.
    pub refund_to: RefundDestination,
    /// In the words of who asks.
    pub note: String,
    /// Where the goods shall lie in the end; staff only.
    pub destination_location_id: Option<LocationId>,
    /// Why staff go beyond the rules.
    pub override_reason: Option<String>,
    /// Who confirms that; at the destination.
    #[serde(skip)]
    pub approval: Option<Approval>,
    /// The client's key: the same key asks once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Units of a line.
#[derive(Debug, Clone, serde::Serialize)]
pub struct RequestLine {
    /// Of which line of the order.
    pub order_line_id: OrderLineId,
    /// Units; bundles whole.
    pub quantity: i64,
    /// Code of a reason.
    pub reason: Option<String>,
    /// In words.
    pub note: String,
    /// Whether they were used.
    pub used: bool,
    /// Pictures in base64, five at most, 1 MiB each.
    pub photos: Vec<String>,
}

/// A return after a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The return as it is now.
    pub row: returns::Model,
    /// Whether the same key did it before.
    pub replayed: bool,
}

/// Files a return: `REQUESTED` by the customer or the guest with the order's secret, `APPROVED` by staff.
///
/// Errors: `NOT_FOUND`, `REQUIRED` (also for store credit of an order without a customer), `TOO_MANY`,
/// `INVALID_QUANTITY` for more units than are with the customer,
/// `NOT_RETURNABLE` for customers beyond the rules, for staff `REQUIRED` at `input.overrideReason` and
/// `APPROVAL_REQUIRED`, `PHOTO_REQUIRED`, `INVALID_FILE`, `INVALID`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn request(ctx: &Ctx, input: RequestReturn) -> Result<Done> {
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let note = text::note("input.note", &input.note, text::NOTE)?;
    let lines = checked_lines(&input.lines)?;
    check_ways(&input)?;
    let override_reason = override_reason(input.override_reason.as_deref())?;
    let approved_by = approved_by(ctx, input.approval.as_ref(), input.destination_location_id).await?;
    let draft = &Draft {
        kind: input.kind,
        method: input.method,
        refund_to: input.refund_to,
        note,
        lines,
        override_reason,
        approved_by,
        waive_fees: false,
        lodged: None,
        destination: input.destination_location_id,
        session: None,
        kept: None,
    };
    let order_id = input.order_id;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = ReturnId(tx.new_uuid());
        if let Claim::Replayed(first) = idempotency::claim(tx, OPERATION, key, hash, id.uuid()).await? {
            return replayed(tx, ReturnId(first)).await;
        }
        let (order, hands) = access::lock_order(tx, order_id).await?;
        let mut filed = file(tx, id, order, &hands, draft.clone()).await?;
        if hands.is_staff() {
            approve(tx, &mut filed)?;
        }
        Ok(Done { row: filed.save(tx).await?, replayed: false })
    })
    .await
}

/// The return that a key made before.
pub(super) async fn replayed(tx: &Tx, id: ReturnId) -> Result<Done> {
    let row = query::by_id(tx, id).await?.ok_or(Error::not_found("return"))?;
    Ok(Done { row, replayed: true })
}

/// The goods may come.
pub(super) fn approve(tx: &Tx, locked: &mut Locked) -> Result<()> {
    locked.row.staff_id = tx.ctx().actor.staff_id();
    locked.row.decided_at = Some(tx.now());
    locked.row.expected_by = locked.row.expected_by.or(Some(tx.now() + EXPECTED));
    locked.go(tx, ReturnAction::Approve).map(|_| ())
}

pub(super) fn override_reason(reason: Option<&str>) -> Result<Option<String>> {
    let reason = reason.map(|it| text::line("input.overrideReason", it, text::LINE)).transpose()?;
    Ok(reason.filter(|reason| !reason.is_empty()))
}

/// Who confirms what goes beyond the rules; at the destination. Errors: `REQUIRED`, what [`crate::access::approve`] says.
pub(super) async fn approved_by(
    ctx: &Ctx,
    approval: Option<&Approval>,
    place: Option<LocationId>,
) -> Result<Option<StaffId>> {
    if approval.is_none() {
        return Ok(None);
    }
    let place = place.ok_or_else(|| Error::invalid(ErrorCode::Required, "input.destinationLocationId"))?;
    crate::access::approve(ctx, approval, place).await.map(Some)
}

pub(super) fn check_ways(input: &RequestReturn) -> Result<()> {
    let way = match (input.kind, input.method) {
        (ReturnKind::Return, ReturnMethod::Carrier | ReturnMethod::Store) | (ReturnKind::Claim, _) => true,
        (ReturnKind::Return, ReturnMethod::None) | (ReturnKind::Exchange, _) => false,
    };
    if !way {
        return Err(Error::invalid(ErrorCode::Invalid, "input.method"));
    }
    match input.refund_to {
        RefundDestination::Original | RefundDestination::StoreCredit => Ok(()),
        RefundDestination::Exchange => Err(Error::invalid(ErrorCode::Invalid, "input.refundTo")),
    }
}

/// Store credit is somebody's: of an order without a customer nobody could get it when the goods were looked at.
/// An exchange over a counter is done at once, and refuses itself when something is left to go there. Error: `REQUIRED`.
fn check_credit(order: &order::Model, draft: &Draft) -> Result<()> {
    if draft.kind == ReturnKind::Exchange && draft.lodged.is_some() {
        return Ok(());
    }
    match draft.refund_to {
        RefundDestination::StoreCredit if order.customer_id.is_none() => {
            Err(Error::invalid(ErrorCode::Required, "customerId"))
        }
        RefundDestination::Original | RefundDestination::StoreCredit | RefundDestination::Exchange => Ok(()),
    }
}

/// Units of a line with its pictures, looked at.
#[derive(Debug, Clone)]
pub(crate) struct DraftLine {
    pub(super) order_line_id: OrderLineId,
    pub(super) quantity: i64,
    pub(super) reason: Option<String>,
    pub(super) note: String,
    pub(super) used: bool,
    pub(super) photos: Vec<Photo>,
}

pub(super) fn checked_lines(lines: &[RequestLine]) -> Result<Vec<DraftLine>> {
    if lines.is_empty() {
        let values = vec![("problem", "units".to_owned())];
        return Err(Error::invalid_with(ErrorCode::Required, "input.lines", values));
    }
    if lines.len() > MAX_LINES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "input.lines", vec![("max", MAX_LINES.to_string())]));
    }
    let checked = |(index, line): (usize, &RequestLine)| {
        Ok(DraftLine {
            order_line_id: line.order_line_id,
            quantity: line.quantity,
            reason: line.reason.clone(),
            note: text::note(&format!("input.lines.{index}.note"), &line.note, LINE_NOTE)?,
            used: line.used,
            photos: photo::checked(&format!("input.lines.{index}.photos"), &line.photos)?,
        })
    };
    lines.iter().enumerate().map(checked).collect()
}

/// A return to write.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(super) kind: ReturnKind,
    pub(super) method: ReturnMethod,
    pub(super) refund_to: RefundDestination,
    pub(super) note: String,
    pub(super) lines: Vec<DraftLine>,
    pub(super) override_reason: Option<String>,
    pub(super) approved_by: Option<StaffId>,
    pub(super) waive_fees: bool,
    pub(super) lodged: Option<LocationId>,
    pub(super) destination: Option<LocationId>,
    pub(super) session: Option<RegisterSessionId>,
    /// What it was allowed on before; `None` for what is asked for now.
    pub(super) kept: Option<Kept>,
}

/// On what a return was allowed that stands again in another form: rules are not asked a second time, and no more is kept
/// than was said then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    pub(super) restocking_fee: i64,
    pub(super) return_shipping_fee: i64,
    pub(super) policy_id: Option<ReturnPolicyId>,
}

/// Writes a return of a locked order, `REQUESTED`, when rules and units allow it; its units are counted. The caller takes
/// the next steps and saves it. Errors as [`request`].
pub(super) async fn file(tx: &Tx, id: ReturnId, order: order::Model, hands: &Hands, draft: Draft) -> Result<Locked> {
    check_credit(&order, &draft)?;
    let sold = facts::read(tx, &order).await?;
    let reasons = query::reasons(tx).await?;
    let goods = judged(tx.now(), &sold, &reasons, hands, &draft)?;
    let (restocking, sending) = fees(&order, &goods, &draft)?;
    let policy_id = match &draft.kept {
        Some(kept) => kept.policy_id,
        None => goods.iter().find_map(|goods| Some(goods.sold.rule.as_ref()?.row.id)),
    };
    let row = returns::Model {
        id,
        number: number::next(tx).await?,
        restocking_fee: restocking,
        return_shipping_fee: sending,
        return_policy_id: policy_id,
        ..row(tx, &order, &draft)
    };
    returns::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    let lines: Vec<return_line::Model> = draft
        .lines
        .iter()
        .zip(&goods)
        .map(|(line, goods)| return_line::Model {
            id: ReturnLineId(tx.new_uuid()),
            return_id: id,
            order_line_id: Some(line.order_line_id),
            variant_id: goods.sold.line.variant_id,
            quantity: line.quantity,
            return_reason_id: goods.reason.map(|reason| reason.id),
            note: line.note.clone(),
            received: 0,
            inspected: 0,
            unit_price: None,
        })
        .collect();
    let rows = lines.iter().cloned().map(|line| line.into_active_model().reset_all());
    return_line::Entity::insert_many(rows).exec_without_returning(tx).await?;
    let ids = lines.iter().map(|line| line.id);
    let photos = ids.zip(draft.lines).flat_map(|(id, line)| line.photos.into_iter().map(move |photo| (id, photo)));
    photo::keep(tx, id, photos.collect()).await?;
    units::requested(tx, &row, &units::sum(&lines, |line| line.quantity)).await?;
    let filed = Locked { order: Some(order), row, lines };
    filed.tell(tx, "return_requested", &json!({ "to": ReturnStatus::Requested, "method": filed.row.method }));
    Ok(filed)
}

fn row(tx: &Tx, order: &order::Model, draft: &Draft) -> returns::Model {
    returns::Model {
        id: ReturnId(order.id.uuid()),
        number: String::new(),
        kind: draft.kind,
        status: ReturnStatus::Requested,
        channel_id: order.channel_id,
        order_id: Some(order.id),
        customer_id: order.customer_id,
        currency: order.currency,
        method: draft.method,
        lodged_location_id: draft.lodged,
        destination_location_id: draft.destination,
        return_policy_id: None,
        note: draft.note.clone(),
        staff_note: String::new(),
        decline_reason: None,
        override_reason: draft.override_reason.clone(),
        staff_id: tx.ctx().actor.staff_id(),
        approved_by: draft.approved_by,
        restocking_fee: 0,
        return_shipping_fee: 0,
        refund_to: draft.refund_to,
        carrier: None,
        tracking_number: None,
        resolution: None,
        requested_at: tx.now(),
        decided_at: None,
        expected_by: None,
        reminded_at: None,
        closed_at: None,
        register_session_id: draft.session,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

/// A line that may come back, and why it does.
struct Judged<'a> {
    sold: &'a Sold,
    reason: Option<&'a return_reason::Model>,
    quantity: i64,
}

/// Checks each line against units and rules.
fn judged<'a>(
    now: DateTime<Utc>,
    sold: &'a BTreeMap<OrderLineId, Sold>,
    reasons: &'a [return_reason::Model],
    hands: &Hands,
    draft: &Draft,
) -> Result<Vec<Judged<'a>>> {
    let mut asked: BTreeMap<OrderLineId, i64> = BTreeMap::new();
    let mut all = Vec::with_capacity(draft.lines.len());
    for (index, line) in draft.lines.iter().enumerate() {
        let at = |field: &str| format!("input.lines.{index}{field}");
        let found = sold.get(&line.order_line_id).ok_or(Error::not_found("orderLine"))?;
        let so_far = asked.entry(line.order_line_id).or_default();
        *so_far = so_far.saturating_add(line.quantity.max(0));
        let wish = Wish { method: Some(draft.method), used: line.used };
        check_rules(found.refusal(wish, now), hands, draft, &at(""))?;
        if line.quantity < 1 || *so_far > found.goods.free {
            let max = vec![("max", found.goods.free.max(0).to_string())];
            return Err(Error::invalid_with(ErrorCode::InvalidQuantity, at(".quantity"), max));
        }
        let any = draft.kept.is_some();
        let reason = reason_of(reasons, line.reason.as_deref(), (hands, any), &at(".reason"))?;
        let needs_photo = !any && !hands.is_staff() && reason.is_some_and(|reason| reason.needs_photo);
        if needs_photo && line.photos.is_empty() {
            return Err(Error::invalid(ErrorCode::PhotoRequired, at(".photos")));
        }
        all.push(Judged { sold: found, reason, quantity: line.quantity });
    }
    Ok(all)
}

/// Rules bind customers; staff go beyond them with a reason that somebody else confirms. What is wrong with goods may be
/// claimed whatever the rules say.
fn check_rules(refusal: Option<ReturnRefusal>, hands: &Hands, draft: &Draft, at: &str) -> Result<()> {
    let Some(refusal) = refusal else { return Ok(()) };
    let not_returnable =
        || Err(Error::invalid_with(ErrorCode::NotReturnable, at, vec![("reason", refusal.to_string())]));
    match refusal {
        ReturnRefusal::NotFulfilled | ReturnRefusal::AlreadyReturned => not_returnable(),
        ReturnRefusal::FinalSale
        | ReturnRefusal::WindowOver
        | ReturnRefusal::Used
        | ReturnRefusal::MethodNotOffered
            if draft.kept.is_some() =>
        {
            Ok(())
        }
        ReturnRefusal::FinalSale
        | ReturnRefusal::WindowOver
        | ReturnRefusal::Used
        | ReturnRefusal::MethodNotOffered => match (hands, draft.kind) {
            (_, ReturnKind::Claim) => Ok(()),
            (Hands::Customer, ReturnKind::Return | ReturnKind::Exchange) => not_returnable(),
            (Hands::Staff(_), ReturnKind::Return | ReturnKind::Exchange) if draft.override_reason.is_none() => {
                Err(Error::invalid(ErrorCode::Required, "input.overrideReason"))
            }
            (Hands::Staff(_), ReturnKind::Return | ReturnKind::Exchange) if draft.approved_by.is_none() => {
                Err(Error::invalid(ErrorCode::ApprovalRequired, "input.approval"))
            }
            (Hands::Staff(_), ReturnKind::Return | ReturnKind::Exchange) => Ok(()),
        },
    }
}

/// The reason of a code: one that may be named now, or `any`.
fn reason_of<'a>(
    reasons: &'a [return_reason::Model],
    code: Option<&str>,
    (hands, any): (&Hands, bool),
    at: &str,
) -> Result<Option<&'a return_reason::Model>> {
    let Some(code) = code else { return Ok(None) };
    let usable = |reason: &&return_reason::Model| {
        reason.code == code && (any || (reason.active && (hands.is_staff() || reason.customer_visible)))
    };
    reasons.iter().find(usable).map(Some).ok_or_else(|| Error::invalid(ErrorCode::Invalid, at))
}

/// What would be kept of a draft, restocking and sending, when rules and units allow it. Errors as [`request`].
pub(super) async fn terms(
    db: &impl ConnectionTrait,
    order: &order::Model,
    hands: &Hands,
    draft: &Draft,
    now: DateTime<Utc>,
) -> Result<(i64, i64)> {
    check_credit(order, draft)?;
    let sold = facts::read(db, order).await?;
    let reasons = query::reasons(db).await?;
    let goods = judged(now, &sold, &reasons, hands, draft)?;
    fees(order, &goods, draft)
}

/// What is kept for taking it back, and for sending it: the dearest line's, once. A claim costs nothing.
fn fees(order: &order::Model, goods: &[Judged<'_>], draft: &Draft) -> Result<(i64, i64)> {
    if let Some(kept) = draft.kept {
        return Ok((kept.restocking_fee, kept.return_shipping_fee));
    }
    if draft.waive_fees || draft.kind == ReturnKind::Claim {
        return Ok((0, 0));
    }
    let mut before: BTreeMap<OrderLineId, i64> = BTreeMap::new();
    let (mut restocking, mut sending) = (0, 0);
    for goods in goods {
        let line = &goods.sold.line;
        let already = before.entry(line.id).or_insert(line.canceled + line.fulfilled - goods.sold.goods.free);
        let worth = cumulative_unit_refund(line.total, line.quantity, *already, goods.quantity)?;
        *already += goods.quantity;
        let rule = goods.sold.rule.as_ref();
        restocking += policy::restocking_fee(rule, goods.reason, worth);
        let same = rule.filter(|rule| rule.row.currency == Some(order.currency));
        sending = policy::shipping_fee(same, goods.reason, draft.method).max(sending);
    }
    Ok((restocking, sending))
}
