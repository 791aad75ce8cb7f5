//! Switching flows on and off, and pausing them.

use entity::flow;
use entity::words::FlowStatus;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::json;

use super::builtin::PROTECTED;
use super::save::wording;
use super::stop;
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, Permission, Result, version};

/// Which flow should be how.
#[derive(Debug, Clone)]
pub struct SwitchFlow {
    /// Its code.
    pub code: String,
    /// On, off or paused.
    pub status: FlowStatus,
    /// The version that was seen; another one is refused.
    pub expected_version: Option<i32>,
}

/// Switches a flow. Off: what waits ends, and what was queued does not go. Paused: nothing begins, what waits stays.
///
/// Errors: `UNAUTHENTICATED`, `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `CONSENT_WORDING_MISSING` for switching on what
/// needs consent, `INVALID_TRANSITION` for what opens accounts and for pausing a message that has no steps.
pub async fn switch(ctx: &Ctx, input: SwitchFlow) -> Result<flow::Model> {
    ctx.require_everywhere(Permission::FlowsWrite)?;
    let input = &input;
    ctx.write(|tx| async move {
        let found = flow::Entity::find().filter(flow::Column::Code.eq(input.code.as_str())).lock_exclusive();
        let mut row = found.one(&tx).await?.ok_or(Error::not_found("flow"))?;
        version::check(input.expected_version, row.version)?;
        if row.status == input.status {
            return Ok(row);
        }
        let is_message = row.trigger_kind == "MESSAGE";
        let refused = match input.status {
            FlowStatus::On => false,
            FlowStatus::Off => PROTECTED.contains(&row.code.as_str()),
            FlowStatus::Paused => is_message,
        };
        if refused {
            return Err(refusal(&row, input.status));
        }
        match input.status {
            FlowStatus::On => wording(&tx, row.class).await?,
            FlowStatus::Off if is_message => {}
            FlowStatus::Off => stop::stop_flow(&tx, row.id).await?,
            FlowStatus::Paused => {}
        }
        row.status = input.status;
        row.version += 1;
        row.updated_at = tx.now();
        let row = row.into_active_model().reset_all().update(&tx).await?;
        let payload = json!({ "code": row.code, "status": row.status });
        tx.event(NewEvent::new("flow_switched", "flow", row.id.uuid()).payload(payload));
        Ok(row)
    })
    .await
}

fn refusal(row: &flow::Model, wanted: FlowStatus) -> Error {
    let allowed = [FlowStatus::On, FlowStatus::Off].into_iter().filter(|status| {
        *status != row.status && !(*status == FlowStatus::Off && PROTECTED.contains(&row.code.as_str()))
    });
    Error::InvalidTransition {
        machine: "flow",
        from: row.status.to_string(),
        action: wanted.to_string(),
        allowed: allowed.map(|status| status.to_string()).collect(),
    }
}
