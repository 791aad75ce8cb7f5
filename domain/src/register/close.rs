//! Closing a drawer: what was counted, what should be there, why they differ, and the Z report.

use entity::id::{RegisterId, RegisterSessionId};
use entity::register;
use entity::register_session::Model;
use entity::status::{RegisterSessionAction, StateMachine};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::report::{self, Ending, Report};
use crate::drawer::{self, Pieces};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, text, version};

/// A drawer to close.
#[derive(Clone, Debug, serde::Serialize)]
pub struct CloseSession {
    /// Which session.
    pub session_id: RegisterSessionId,
    /// What was counted; left out when it was counted before.
    pub pieces: Option<Vec<Pieces>>,
    /// Why more or less is there than should be.
    pub difference_reason: Option<String>,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Closes a drawer and stores its Z report, with the till's next Z number. Errors: `FORBIDDEN` without `drawer.work`
/// (`drawer.manage` for late sales), `NOT_FOUND`, `INVALID_TRANSITION` when it is closed, `STALE_VERSION`, `REQUIRED`
/// at `input.pieces` when nothing was counted and at `input.differenceReason` when the count differs,
/// `IDEMPOTENCY_KEY_REUSED`. Returns whether the key was used before, too.
pub async fn close(ctx: &Ctx, input: CloseSession) -> Result<(Model, bool)> {
    ctx.require(Permission::DrawerWork).or_else(|_| ctx.require(Permission::DrawerManage))?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let reason = input.difference_reason.as_deref().map(|it| text::line("input.differenceReason", it, text::LINE));
    let reason = &reason.transpose()?.filter(|reason| !reason.is_empty());
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let row = drawer::lock(tx, input.session_id).await?;
        let place = drawer::reach(tx, &row).await?;
        let claim = idempotency::claim(tx, "registerSessionClose", key, hash, row.id.uuid()).await?;
        if let Claim::Replayed(_) = claim {
            return Ok((row, true));
        }
        version::check(input.expected_version, row.version)?;
        let closed = ended(tx, row, input, reason.clone())?;
        let z_number = next_z(tx, closed.register_id).await?;
        let closed = Model { z_number: Some(z_number), ..closed };
        let report = report::build(tx, &closed, &place, Ending::Closed).await?;
        let document = serde_json::to_value(&report).map_err(|error| Error::Bug(error.to_string()))?;
        tell(tx, &closed);
        Ok((drawer::changed(tx, Model { z_report: Some(document), ..closed }).await?, false))
    })
    .await
}

/// The session as it ends. Errors: `INVALID_TRANSITION`, `REQUIRED`.
fn ended(tx: &Tx, row: Model, input: &CloseSession, reason: Option<String>) -> Result<Model> {
    let close = RegisterSessionAction::Close;
    let status = row.status.next(close).ok_or_else(|| Error::transition("register_session", row.status, close))?;
    let (counted, denominations) = match &input.pieces {
        Some(pieces) => (Some(drawer::total("input.pieces", pieces)?), Some(json!(pieces))),
        None => (row.counted, row.denominations.clone()),
    };
    let counted = counted.ok_or_else(|| Error::invalid(ErrorCode::Required, "input.pieces"))?;
    let difference = counted - row.cash;
    if difference != 0 && reason.is_none() {
        return Err(Error::invalid(ErrorCode::Required, "input.differenceReason"));
    }
    Ok(Model {
        status,
        closed_by: tx.ctx().actor.staff_id(),
        closed_at: Some(tx.now()),
        expected: Some(row.cash),
        counted: Some(counted),
        difference: Some(difference),
        difference_reason: reason.filter(|_| difference != 0),
        denominations,
        ..row
    })
}

/// The till's next Z number, taken under its row lock in the transaction that closes, so that there are no gaps.
async fn next_z(tx: &Tx, id: RegisterId) -> Result<i64> {
    let changed = register::Entity::update_many()
        .col_expr(register::Column::LastZNumber, Expr::col(register::Column::LastZNumber).add(1))
        .filter(register::Column::Id.eq(id))
        .exec_with_returning(tx)
        .await?;
    changed.first().map(|register| register.last_z_number).ok_or(Error::not_found("register"))
}

fn tell(tx: &Tx, row: &Model) {
    let payload = json!({
        "register_id": row.register_id,
        "number": row.number,
        "z_number": row.z_number,
        "expected": row.expected,
        "counted": row.counted,
        "difference": row.difference,
        "reason": row.difference_reason,
    });
    tx.event(NewEvent::new("register_session_closed", "register_session", row.id.uuid()).payload(payload));
}

/// What a session comes to until now. Errors: `FORBIDDEN` without `drawer.manage` (who counts must not know it),
/// `NOT_FOUND`.
pub async fn x_report(ctx: &Ctx, id: RegisterSessionId) -> Result<Report> {
    let scope = ctx.require(Permission::DrawerManage)?;
    let db = ctx.db();
    let missing = || Error::not_found("register_session");
    let row = drawer::query::by_id(&db, id).await?.ok_or_else(missing)?;
    let place = drawer::Place::read(&db, &scope, row.register_id).await.map_err(|_| missing())?;
    report::build(&db, &row, &place, Ending::Now(ctx.now())).await
}

/// The Z report of a closed session, as it was stored; `None` while it is open. Errors: `FORBIDDEN` without
/// `drawer.work` or `drawer.manage`, `NOT_FOUND`.
pub async fn z_report(ctx: &Ctx, id: RegisterSessionId) -> Result<Option<Report>> {
    let row = drawer::query::find(ctx, id).await?.ok_or(Error::not_found("register_session"))?;
    report::parse(&row)
}
