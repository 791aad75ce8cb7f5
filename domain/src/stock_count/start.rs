//! A person begins to count.

use entity::id::{StockCountId, StockCountSessionId, StorageAreaId};
use entity::status::StockCountAction;
use entity::stock_count_session::{Column, Entity, Model};
use entity::words::StockCountStatus;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::{lock, select};
use crate::kernel::event::NewEvent;
use crate::{Ctx, Permission, Result};

/// A session to begin.
#[derive(Debug, Clone, Copy)]
pub struct StartSession {
    /// The count.
    pub count_id: StockCountId,
    /// The area that is counted; `None` anywhere at the location.
    pub storage_area_id: Option<StorageAreaId>,
}

/// Begins a session of the one who asks in an area. Whoever counts there already gets the session that is open.
/// Errors: `FORBIDDEN`, `NOT_FOUND` for the count or an area of another location, `INVALID_TRANSITION`.
pub async fn start(ctx: &Ctx, input: StartSession) -> Result<Model> {
    let scope = &ctx.require(Permission::CountsWork)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut count = lock::lock(tx, scope, input.count_id).await?;
        lock::check(&count, StockCountAction::Start)?;
        if let Some(area) = input.storage_area_id {
            select::check_area(tx, &count, area).await?;
        }
        let staff_id = tx.ctx().actor.staff_id();
        let open = Entity::find()
            .filter(Column::StockCountId.eq(count.id))
            .filter(Column::Round.eq(count.round))
            .filter(Column::ClosedAt.is_null())
            .all(tx)
            .await?;
        let mine = |session: &Model| session.staff_id == staff_id && session.storage_area_id == input.storage_area_id;
        if let Some(session) = open.into_iter().find(mine) {
            return Ok(session);
        }
        if count.status == StockCountStatus::Open {
            count = lock::transition(tx, count, StockCountAction::Start).await?;
        }
        let session = Model {
            id: StockCountSessionId(tx.new_uuid()),
            stock_count_id: count.id,
            storage_area_id: input.storage_area_id,
            staff_id,
            round: count.round,
            started_at: tx.now(),
            closed_at: None,
        };
        Entity::insert(session.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
        let payload =
            json!({ "session_id": session.id, "storage_area_id": session.storage_area_id, "round": count.round });
        tx.event(NewEvent::new("stock_count_session_started", "stock_count", count.id.uuid()).payload(payload));
        Ok(session)
    })
    .await
}
