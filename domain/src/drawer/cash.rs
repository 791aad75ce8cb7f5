//! The one writer of cash: what should be in a drawer, and the movements that say why.

use entity::cash_movement;
use entity::id::{CashMovementId, EventId, OrderId, PaymentId, StaffId};
use entity::register_session::{self, Column, Entity};
use entity::status::RegisterSessionAction;
use entity::words::{CashMovementKind, RegisterSessionStatus};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::kernel::{Error, ErrorCode, Result, Tx};

/// Cash that moves in or out of a drawer.
#[derive(Clone, Debug)]
pub struct CashMove {
    /// Why.
    pub kind: CashMovementKind,
    /// Minor units of the till's currency; negative when it leaves the drawer.
    pub amount: i64,
    /// The sale, or the order for which money is given back.
    pub order_id: Option<OrderId>,
    /// The tender.
    pub payment_id: Option<PaymentId>,
    /// In words.
    pub reason: Option<String>,
    /// The event it belongs to.
    pub event_id: EventId,
}

/// Books cash in a session that the caller holds locked (see [`super::current`]). One statement; the movement is written
/// last. A count that was taken before is void. Errors: `INSUFFICIENT_CASH` when less is in the drawer than leaves,
/// `INVALID_TRANSITION` for a session that is closed.
pub async fn record(tx: &Tx, session: &register_session::Model, cash: CashMove) -> Result<()> {
    record_all(tx, session, vec![cash], None).await
}

/// Like [`record`], several at once and in one statement, with who allowed them.
pub(crate) async fn record_all(
    tx: &Tx,
    session: &register_session::Model,
    moves: Vec<CashMove>,
    approved_by: Option<StaffId>,
) -> Result<()> {
    if moves.is_empty() {
        return Ok(());
    }
    let out_of_range = || Error::invalid(ErrorCode::InvalidAmount, "amount");
    let sum = moves.iter().try_fold(0_i64, |sum, cash| sum.checked_add(cash.amount)).ok_or_else(out_of_range)?;
    let changed = Entity::update_many()
        .col_expr(Column::Cash, Expr::col(Column::Cash).add(sum))
        .col_expr(Column::Counted, Expr::cust("NULL"))
        .col_expr(Column::Denominations, Expr::cust("NULL"))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(session.id))
        .filter(Column::Status.eq(RegisterSessionStatus::Open))
        // Conditional, so that the last note is paid out once, whatever the caller read before.
        .filter(Expr::col(Column::Cash).add(sum).gte(0))
        .exec(tx)
        .await?;
    if changed.rows_affected == 0 {
        return Err(refused(session));
    }
    let rows: Vec<cash_movement::Model> = moves
        .into_iter()
        .map(|cash| cash_movement::Model {
            id: CashMovementId(tx.new_uuid()),
            register_session_id: session.id,
            kind: cash.kind,
            amount: cash.amount,
            reason: cash.reason,
            order_id: cash.order_id,
            payment_id: cash.payment_id,
            staff_id: tx.ctx().actor.staff_id(),
            approved_by,
            event_id: cash.event_id,
            occurred_at: tx.now(),
        })
        .collect();
    tx.insert_last(&rows);
    Ok(())
}

fn refused(session: &register_session::Model) -> Error {
    match session.status {
        RegisterSessionStatus::Open => Error::invalid(ErrorCode::InsufficientCash, ""),
        RegisterSessionStatus::Closed => {
            Error::transition("register_session", session.status, RegisterSessionAction::Close)
        }
    }
}
