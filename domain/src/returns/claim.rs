//! Answering a claim: something was missing, wrong or damaged.
//!
//! Money goes back, the goods go out again as an order that costs nothing, both, or nothing does.

use entity::id::{RegisterId, ReturnId};
use entity::money::Money;
use entity::status::ReturnAction;
use entity::words::{ClaimResolution, RefundDestination, RefundReason, ReturnKind, ReturnMethod, ReturnStatus};
use serde_json::json;

use super::access::{self, Hands};
use super::exchange::{NewGoods, replace};
use super::money::{self, Back};
use super::request::{self, Done, replayed};
use super::step::{self, Locked};
use super::units;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx, text};
use crate::order::refund::{Extra, NewRefund, issue_with};

/// An answer to a claim.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ResolveClaim {
    /// Which.
    pub return_id: ReturnId,
    /// The version that was read.
    pub expected_version: Option<i32>,
    /// What it gives.
    pub resolution: ClaimResolution,
    /// Whether the goods shall come back.
    pub goods_back: bool,
    /// Where the money goes; as the claim says when `None`.
    pub refund_to: Option<RefundDestination>,
    /// What goes back of what was paid for shipping.
    pub shipping: Option<Money>,
    /// Money beside a replacement, for `REPLACE_AND_REFUND`.
    pub amount: Option<Money>,
    /// What goes out instead; the goods of the claim by parcel when empty.
    pub goods: Vec<NewGoods>,
    /// For the customer.
    pub note: Option<String>,
    /// The till whose drawer pays cash out.
    pub register_id: Option<RegisterId>,
    /// The client's key: the same key answers once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Answers a claim: its units are paid back in full at once, or replaced by an order that costs nothing, with money beside
/// it or without; when no goods shall come it is closed.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `INVALID_TRANSITION` for one that was answered, `INVALID` for what is
/// no claim and for goods or an amount that the resolution does not give, `REQUIRED` for `REPLACE_AND_REFUND` without
/// money, `INSUFFICIENT_STOCK`, what a refund says, `IDEMPOTENCY_KEY_REUSED`.
pub async fn resolve(ctx: &Ctx, input: ResolveClaim) -> Result<Done> {
    access::work_scope(ctx)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let note = &input.note.as_deref().map(|note| text::note("input.note", note, text::NOTE)).transpose()?;
    let refuses = input.resolution == ClaimResolution::Refused;
    check(&input)?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = input.return_id;
        if let Claim::Replayed(_) = idempotency::claim(tx, "claimResolve", key, hash, id.uuid()).await? {
            return replayed(tx, id).await;
        }
        let (mut locked, hands) = step::lock(tx, id, None, input.expected_version).await?;
        let Hands::Staff(_) = hands else { return Err(Error::not_found("return")) };
        if locked.row.kind != ReturnKind::Claim {
            return Err(Error::invalid(ErrorCode::Invalid, "input.returnId"));
        }
        if locked.row.status == ReturnStatus::Requested {
            request::approve(tx, &mut locked)?;
        }
        if locked.row.status != ReturnStatus::Approved || locked.row.resolution.is_some() {
            return Err(Error::transition("return", locked.row.status, ReturnAction::Close));
        }
        if let Some(to) = input.refund_to.filter(|to| *to != RefundDestination::Exchange) {
            locked.row.refund_to = to;
        }
        pay(tx, &locked, input, note.clone()).await?;
        if replaces(input.resolution) {
            replace::replace(tx, &locked, &input.goods).await?;
        }
        locked.row.resolution = Some(input.resolution);
        locked.row.staff_note = note.clone().unwrap_or_default();
        locked.tell(tx, "claim_resolved", &json!({ "resolution": input.resolution, "goods_back": input.goods_back }));
        if refuses || !input.goods_back {
            locked.row.method = ReturnMethod::None;
            locked.go(tx, ReturnAction::Close)?;
        }
        Ok(Done { row: locked.save(tx).await?, replayed: false })
    })
    .await
}

const fn replaces(resolution: ClaimResolution) -> bool {
    match resolution {
        ClaimResolution::Replace | ClaimResolution::ReplaceAndRefund => true,
        ClaimResolution::Refund | ClaimResolution::Refused => false,
    }
}

/// Goods go with a replacement, an amount with one that gives money, too. Errors: `INVALID`, `REQUIRED`.
fn check(input: &ResolveClaim) -> Result<()> {
    if !replaces(input.resolution) && !input.goods.is_empty() {
        return Err(Error::invalid(ErrorCode::Invalid, "input.goods"));
    }
    let gives = input.resolution == ClaimResolution::ReplaceAndRefund;
    if !gives && input.amount.is_some() {
        return Err(Error::invalid(ErrorCode::Invalid, "input.amount"));
    }
    if gives && input.amount.is_none() && input.shipping.is_none() {
        return Err(Error::invalid(ErrorCode::Required, "input.amount"));
    }
    if input.resolution == ClaimResolution::Replace && input.shipping.is_some() {
        return Err(Error::invalid(ErrorCode::Invalid, "input.shipping"));
    }
    Ok(())
}

/// Sends the money that the answer gives. What is replaced stays paid: its units can still come back.
async fn pay(tx: &Tx, locked: &Locked, input: &ResolveClaim, note: Option<String>) -> Result<()> {
    let session = money::session(tx, input.register_id).await?;
    let shipping = money::minor(locked, "input.shipping", input.shipping)?;
    match input.resolution {
        ClaimResolution::Replace | ClaimResolution::Refused => Ok(()),
        ClaimResolution::Refund => {
            let units = units::sum(&locked.lines, |line| line.quantity);
            money::give(tx, locked, Back { units, shipping, fee: 0, claw_back: false, note, session }).await.map(|_| ())
        }
        ClaimResolution::ReplaceAndRefund => {
            let order = locked.order.as_ref().ok_or(Error::not_found("order"))?;
            let goodwill = money::minor(locked, "input.amount", input.amount)?;
            let new = NewRefund {
                units: Vec::new(),
                shipping,
                fee: 0,
                reason: RefundReason::Claim,
                note,
                return_id: Some(locked.row.id),
                destination: locked.row.refund_to,
                session,
            };
            let refund = issue_with(tx, order, new, Extra { goodwill, ..Extra::default() }).await?;
            if refund.amount == 0 {
                return Err(Error::invalid(ErrorCode::InvalidAmount, "input.amount"));
            }
            Ok(())
        }
    }
}
