//! Answering a claim: something was missing, wrong or damaged.
//!
//! The same goods again are a new order, which exchanges place; here money goes back, or nothing does.

use entity::id::{RegisterId, ReturnId};
use entity::money::Money;
use entity::status::ReturnAction;
use entity::words::{ClaimResolution, RefundDestination, ReturnKind, ReturnMethod, ReturnStatus};
use serde_json::json;

use super::access::{self, Hands};
use super::money::{self, Back};
use super::request::{self, Done, replayed};
use super::{step, units};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Result, text};

/// An answer to a claim.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ResolveClaim {
    /// Which.
    pub return_id: ReturnId,
    /// The version that was read.
    pub expected_version: Option<i32>,
    /// `REFUND` or `REFUSED`.
    pub resolution: ClaimResolution,
    /// Whether the goods shall come back.
    pub goods_back: bool,
    /// Where the money goes; as the claim says when `None`.
    pub refund_to: Option<RefundDestination>,
    /// What goes back of what was paid for shipping.
    pub shipping: Option<Money>,
    /// For the customer.
    pub note: Option<String>,
    /// The till whose drawer pays cash out.
    pub register_id: Option<RegisterId>,
    /// The client's key: the same key answers once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Answers a claim: its units are paid back in full at once; without goods to come it is closed. Errors: `FORBIDDEN`,
/// `NOT_FOUND`, `STALE_VERSION`, `INVALID_TRANSITION` for one that was answered, `INVALID` for another resolution or what
/// is no claim, what a refund says, `IDEMPOTENCY_KEY_REUSED`.
pub async fn resolve(ctx: &Ctx, input: ResolveClaim) -> Result<Done> {
    access::work_scope(ctx)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let note = &input.note.as_deref().map(|note| text::note("input.note", note, text::NOTE)).transpose()?;
    let refuses = match input.resolution {
        ClaimResolution::Refund => false,
        ClaimResolution::Refused => true,
        ClaimResolution::Replace | ClaimResolution::ReplaceAndRefund => {
            return Err(Error::invalid(ErrorCode::Invalid, "input.resolution"));
        }
    };
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
        if !refuses {
            let session = money::session(tx, input.register_id).await?;
            let units = units::sum(&locked.lines, |line| line.quantity);
            let shipping = money::minor(&locked, input.shipping)?;
            let back = Back { units, shipping, fee: 0, claw_back: false, note: note.clone(), session };
            money::give(tx, &locked, back).await?;
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
