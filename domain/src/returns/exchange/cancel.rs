//! Giving an exchange up before its new goods are placed: what came, or comes, gives money like any return.

use entity::exchange;
use entity::id::{ExchangeId, RegisterId, RegisterSessionId};
use entity::returns;
use entity::status::ExchangeAction;
use entity::words::ExchangeStatus;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::super::access;
use super::super::money;
use super::Exchanged;
use super::create::replayed;
use super::credit::{self, Give};
use super::settle;
use super::step::{self, Both};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, Result, Tx};

/// An exchange to give up.
#[derive(Debug, Clone, serde::Serialize)]
pub struct CancelExchange {
    /// Which.
    pub exchange_id: ExchangeId,
    /// The version that was read.
    #[serde(skip)]
    pub expected_version: Option<i32>,
    /// The till whose drawer pays cash out.
    pub register_id: Option<RegisterId>,
    /// The client's key: the same key gives up once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Gives up new goods that were not placed yet. When the old goods were looked at, their money goes back now. Errors:
/// `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `INVALID_TRANSITION` for new goods that were placed,
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn cancel(ctx: &Ctx, input: CancelExchange) -> Result<Exchanged> {
    access::work_scope(ctx)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = input.exchange_id;
        if let Claim::Replayed(_) = idempotency::claim(tx, "exchangeCancel", key, hash, id.uuid()).await? {
            return replayed(tx, id).await;
        }
        let both = step::lock(tx, id, input.expected_version).await?;
        let session = money::session(tx, input.register_id).await?;
        Box::pin(end(tx, both, session)).await
    })
    .await
}

/// Ends it; units that were looked at give their money now. Error: `INVALID_TRANSITION`.
pub(super) async fn end(tx: &Tx, mut both: Both, session: Option<RegisterSessionId>) -> Result<Exchanged> {
    both.row.credit = 0;
    both.go(tx, ExchangeAction::Cancel)?;
    let units = credit::units(tx, &both.back).await?;
    if !units.is_empty() {
        let claw_back = credit::keeps_discounts(tx, &both.back).await?;
        let give = Give { units, shipping: 0, most: 0, session, claw_back, coming: Vec::new() };
        credit::give(tx, &both.back, give).await?;
    }
    settle::end(tx, both).await
}

/// The return of an exchange was declined or given up: new goods that wait for it are not wanted. The return is locked.
/// Error: `INVALID_TRANSITION` for new goods that were placed in advance.
pub(in super::super) async fn give_up(tx: &Tx, back: &returns::Model) -> Result<()> {
    let found = exchange::Entity::find().filter(exchange::Column::ReturnId.eq(back.id)).lock_exclusive();
    let Some(mut row) = found.one(tx).await? else { return Ok(()) };
    match row.status {
        ExchangeStatus::AwaitingReturn => {
            row.credit = 0;
            step::go(tx, &mut row, back, ExchangeAction::Cancel)?;
            step::save(tx, row);
            Ok(())
        }
        ExchangeStatus::Placed => Err(Error::transition("exchange", row.status, ExchangeAction::Cancel)),
        ExchangeStatus::Completed | ExchangeStatus::Defaulted | ExchangeStatus::Canceled => Ok(()),
    }
}
