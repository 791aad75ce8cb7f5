//! Opening a drawer with its change money.

use entity::id::{RegisterId, RegisterSessionId};
use entity::money::Money;
use entity::register_session::Model;
use entity::words::{CashMovementKind, RegisterSessionStatus};
use serde_json::json;

use super::cash::{CashMove, record_all};
use super::place::{Place, register_of};
use super::session;
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// A drawer to open.
#[derive(Clone, Debug, serde::Serialize)]
pub struct OpenSession {
    /// The till; needed when the staff member is not signed in on a paired one.
    pub register_id: Option<RegisterId>,
    /// The change money that was put in.
    pub float: Money,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Opens the drawer of a till. Errors: `FORBIDDEN` without `drawer.work`, `NOT_FOUND`, `REGISTER_SESSION_OPEN`,
/// `CURRENCY_MISMATCH`, `INVALID_AMOUNT`, `IDEMPOTENCY_KEY_REUSED`. Returns whether the key was used before, too.
pub async fn open(ctx: &Ctx, input: OpenSession) -> Result<(Model, bool)> {
    let scope = &ctx.require(Permission::DrawerWork)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let register_id = register_of(ctx, input.register_id)?;
    let float = input.float;
    ctx.write(|tx| async move {
        let tx = &tx;
        let place = Place::read(tx, scope, register_id).await?;
        let id = RegisterSessionId(tx.new_uuid());
        if let Claim::Replayed(id) = idempotency::claim(tx, "registerSessionOpen", key, hash, id.uuid()).await? {
            return Ok((session::lock(tx, RegisterSessionId(id)).await?, true));
        }
        let float = place.amount("input.float", float)?;
        if !place.register.active {
            return Err(Error::not_found("register"));
        }
        if session::current(tx, register_id).await?.is_some() {
            return Err(Error::invalid(ErrorCode::RegisterSessionOpen, "input.registerId"));
        }
        // Whoever opened it at the same moment was first: look again.
        let opened = session::insert(tx, row(tx, id, register_id, float)).await?.ok_or(Error::Conflict("drawer"))?;
        Ok((put_in(tx, opened).await?, false))
    })
    .await
}

fn row(tx: &Tx, id: RegisterSessionId, register_id: RegisterId, float: i64) -> Model {
    Model { opening_float: float, opened_by: tx.ctx().actor.staff_id(), ..empty(tx, id, register_id) }
}

/// A session that is just opened, without change money.
pub(super) fn empty(tx: &Tx, id: RegisterSessionId, register_id: RegisterId) -> Model {
    Model {
        id,
        register_id,
        number: 0,
        status: RegisterSessionStatus::Open,
        is_rescue: false,
        opened_by: None,
        opened_at: tx.now(),
        opening_float: 0,
        cash: 0,
        closed_by: None,
        closed_at: None,
        expected: None,
        counted: None,
        difference: None,
        difference_reason: None,
        denominations: None,
        z_number: None,
        z_report: None,
        version: 1,
    }
}

/// Tells that it was opened, and books its change money.
pub(super) async fn put_in(tx: &Tx, session: Model) -> Result<Model> {
    let payload = json!({
        "register_id": session.register_id,
        "number": session.number,
        "opening_float": session.opening_float,
        "is_rescue": session.is_rescue,
    });
    let event_id =
        tx.event(NewEvent::new("register_session_opened", "register_session", session.id.uuid()).payload(payload));
    if session.opening_float == 0 {
        return Ok(session);
    }
    let float = CashMove {
        kind: CashMovementKind::Float,
        amount: session.opening_float,
        order_id: None,
        payment_id: None,
        reason: None,
        event_id,
    };
    record_all(tx, &session, vec![float], None).await?;
    Ok(Model { cash: session.opening_float, version: session.version + 1, ..session })
}
