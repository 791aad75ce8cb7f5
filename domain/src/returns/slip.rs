//! The return slip: what goes into the parcel or is shown in the store, with the number as a QR code.

use entity::id::ReturnId;
use entity::returns;
use entity::status::{ReturnAction, StateMachine};
use entity::words::{ExchangeStatus, ReturnKind, ReturnMethod, ReturnStatus};
use sea_orm::ConnectionTrait;

use super::{access, exchange, mail, query};
use crate::kernel::language::Language;
use crate::kernel::{Ctx, Error, ErrorCode, Result};
use crate::messaging::order_context::order_context;
use crate::messaging::qr_table;

/// What the slip says, in the language of the order; every text ready to show.
#[derive(Debug, Clone)]
pub struct Slip {
    /// In which language.
    pub language: Language,
    /// Number of the return.
    pub number: String,
    /// The number as a QR code: an HTML table of our own making.
    pub qr: Option<String>,
    /// Number of the order.
    pub order_number: String,
    /// How far it is.
    pub status: ReturnStatus,
    /// Whether it is exchanged for other goods.
    pub is_exchange: bool,
    /// The return that took its place when it became an exchange.
    pub replaced_by: Option<returns::Model>,
    /// What comes back, and what for it in an exchange, one line each.
    pub lines: Vec<String>,
    /// How to go on, one line each.
    pub instructions: Vec<String>,
    /// Where to send it, one line each.
    pub to: Vec<String>,
    /// Until when it is expected.
    pub until: Option<String>,
    /// Why it was refused, or what a claim gives.
    pub reason: Option<String>,
    /// Whether the goods are to be sent or brought now; only then it says how, where to and until when.
    pub is_awaited: bool,
    /// Whether the customer can say that the goods are on their way.
    pub can_send: bool,
    /// Whether the customer can give it up.
    pub can_cancel: bool,
    /// Carrier and number of the parcel, as far as they were told.
    pub parcel: Option<String>,
}

/// Whether the customer is to send or bring the goods now. Of a claim that was answered and is still open they are to
/// come back, however it was asked for.
#[must_use]
pub fn is_awaited(row: &returns::Model) -> bool {
    row.status == ReturnStatus::Approved && (row.method != ReturnMethod::None || row.resolution.is_some())
}

/// Whether the customer can give it up: the goods are still with them, and neither money nor others went out for them.
async fn can_cancel(db: &impl ConnectionTrait, row: &returns::Model) -> Result<bool> {
    let is_early = matches!(row.status, ReturnStatus::Requested | ReturnStatus::Approved);
    if !is_early || row.resolution.is_some() {
        return Ok(false);
    }
    if row.kind != ReturnKind::Exchange {
        return Ok(true);
    }
    let found = exchange::query::of_returns(db, &[row.id]).await?;
    Ok(!found.iter().any(|new| new.status == ExchangeStatus::Placed))
}

/// The slip of a return that the actor may see; `None` for a secret that opens nothing, and for a return without an order.
pub async fn read(ctx: &Ctx, id: ReturnId, token: Option<&str>) -> Result<Option<Slip>> {
    read_in(ctx, id, token, None).await
}

/// The same in a language that the reader chose; the order's when `None`.
pub async fn read_in(ctx: &Ctx, id: ReturnId, token: Option<&str>, language: Option<Language>) -> Result<Option<Slip>> {
    let row = match access::visible(ctx, id, token).await {
        Ok(row) => row,
        Err(Error::Invalid { code: ErrorCode::InvalidCode, .. }) => None,
        Err(error) => return Err(error),
    };
    let Some((row, order)) = row.and_then(|row| row.order_id.map(|order| (row, order))) else { return Ok(None) };
    let db = ctx.db();
    let context = order_context(&db, order).await?;
    let language = language.unwrap_or_else(|| Language::of(&context.order.locale));
    let is_awaited = is_awaited(&row);
    // Before the approval the goods are kept, and later they are on their way: then nothing says how to send them.
    let name = match row.status {
        ReturnStatus::Declined => "return_declined",
        ReturnStatus::Approved if is_awaited => "return_approved",
        ReturnStatus::Requested
        | ReturnStatus::Approved
        | ReturnStatus::InTransit
        | ReturnStatus::PartlyReceived
        | ReturnStatus::Received
        | ReturnStatus::Inspected
        | ReturnStatus::Closed
        | ReturnStatus::Canceled => "return_requested",
    };
    let shown = mail::view((ctx, &db), name, &row, &context, language).await?;
    let replaced_by = match row.status {
        ReturnStatus::Canceled => query::replaced_by(&row, &query::of_orders(&db, &[order]).await?).cloned(),
        ReturnStatus::Requested
        | ReturnStatus::Approved
        | ReturnStatus::Declined
        | ReturnStatus::InTransit
        | ReturnStatus::PartlyReceived
        | ReturnStatus::Received
        | ReturnStatus::Inspected
        | ReturnStatus::Closed => None,
    };
    let can_cancel = can_cancel(&db, &row).await?;
    let answer = mail::reason("claim_resolved", &row, language);
    Ok(Some(Slip {
        language,
        qr: qr_table(&row.number),
        number: row.number,
        order_number: shown.number,
        status: row.status,
        is_exchange: row.kind == ReturnKind::Exchange,
        replaced_by,
        lines: shown.lines,
        instructions: shown.instructions,
        to: shown.to,
        until: shown.until,
        reason: answer.or(shown.reason),
        is_awaited,
        can_send: row.method == ReturnMethod::Carrier && row.status.next(ReturnAction::Send).is_some(),
        can_cancel,
        parcel: Some([row.carrier, row.tracking_number].into_iter().flatten().collect::<Vec<_>>().join(" "))
            .filter(|parcel| !parcel.is_empty()),
    }))
}
