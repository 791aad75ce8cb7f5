//! The blind count: pieces by value, before anybody says what should be there.

use entity::id::RegisterSessionId;
use entity::register_session::Model;
use entity::status::{RegisterSessionAction, StateMachine};
use serde_json::json;

use super::place::{MOST, Place, check};
use super::session;
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, version};

/// Most lines of a count.
const MAX_LINES: usize = 100;

/// So many coins or notes of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pieces {
    /// What one is worth, minor units.
    pub value: i64,
    /// How many.
    pub count: i64,
}

/// What was counted.
#[derive(Clone, Debug)]
pub struct CountDrawer {
    /// Which session.
    pub session_id: RegisterSessionId,
    /// Coins and notes.
    pub pieces: Vec<Pieces>,
    /// The version that was read; another one is refused.
    pub expected_version: Option<i32>,
}

/// Keeps what was counted in a drawer; it can be counted again until it is closed. A sale or cash that moves afterwards
/// voids the count. Errors: `FORBIDDEN` without `drawer.work` (`drawer.manage` for late sales), `NOT_FOUND`,
/// `INVALID_TRANSITION` when it is closed, `STALE_VERSION`, `INVALID_AMOUNT`, `INVALID_QUANTITY`, `TOO_MANY`.
pub async fn count_drawer(ctx: &Ctx, input: CountDrawer) -> Result<Model> {
    ctx.require(Permission::DrawerWork).or_else(|_| ctx.require(Permission::DrawerManage))?;
    let counted = total("input.pieces", &input.pieces)?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let row = session::lock(tx, input.session_id).await?;
        reach(tx, &row).await?;
        version::check(input.expected_version, row.version)?;
        if row.status.next(RegisterSessionAction::Close).is_none() {
            return Err(Error::transition("register_session", row.status, RegisterSessionAction::Close));
        }
        let payload = json!({ "register_id": row.register_id, "counted": counted });
        tx.event(NewEvent::new("register_session_counted", "register_session", row.id.uuid()).payload(payload));
        session::changed(tx, Model { counted: Some(counted), denominations: Some(json!(input.pieces)), ..row }).await
    })
    .await
}

/// Whether the actor may touch this drawer. Errors: `FORBIDDEN`, `NOT_FOUND` at another location.
pub(crate) async fn reach(tx: &crate::Tx, row: &Model) -> Result<Place> {
    let scope = check(tx.ctx(), row.is_rescue)?;
    let missing = |_| Error::not_found("register_session");
    Place::read(tx, &scope, row.register_id).await.map_err(missing)
}

/// What coins and notes come to, minor units. Errors: `TOO_MANY`, `INVALID_AMOUNT`, `INVALID_QUANTITY`.
pub fn total(path: &str, pieces: &[Pieces]) -> Result<i64> {
    if pieces.len() > MAX_LINES {
        return Err(Error::invalid_with(ErrorCode::TooMany, path, vec![("max", MAX_LINES.to_string())]));
    }
    let mut sum = 0_i64;
    for (index, piece) in pieces.iter().enumerate() {
        if !(1..=MOST).contains(&piece.value) {
            return Err(Error::invalid(ErrorCode::InvalidAmount, format!("{path}.{index}.value")));
        }
        let worth = piece.value.checked_mul(piece.count).filter(|_| piece.count >= 0);
        let next = worth.and_then(|worth| sum.checked_add(worth)).filter(|sum| *sum <= MOST);
        sum = next.ok_or_else(|| Error::invalid(ErrorCode::InvalidQuantity, format!("{path}.{index}.count")))?;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_add_up_and_never_overflow() {
        let pieces = |value, count| Pieces { value, count };
        assert_eq!(total("p", &[pieces(1_000, 3), pieces(100, 5), pieces(1, 0)]).ok(), Some(3_500));
        for wrong in [pieces(0, 1), pieces(-5, 1), pieces(5, -1), pieces(MOST, 2), pieces(i64::MAX, i64::MAX)] {
            assert!(total("p", &[wrong]).is_err(), "{wrong:?}");
        }
    }
}
