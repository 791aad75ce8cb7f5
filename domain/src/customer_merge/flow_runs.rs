//! What is sent once to each customer is sent once to the two who become one.

use std::collections::HashMap;

use entity::id::{CustomerId, FlowId, FlowRunId};
use entity::words::{FlowRunStatus, MessageStatus};
use entity::{flow_run, message};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, LockType};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::kernel::{Result, Tx};

/// Why a run ends.
const MERGED: &str = "MERGED";

/// Where a flow has a run for each of the two about the same (a birthday of one year), the later of them ends, unless the
/// other gives nothing because it was stopped or held out. Runs that the record that stays has no counterpart of become its
/// own, so that nothing begins for it again. Four statements at most.
pub(super) async fn merge(tx: &Tx, from: CustomerId, into: CustomerId) -> Result<()> {
    use flow_run::Column;
    let (old, new) = (from.to_string(), into.to_string());
    let rows: Vec<(FlowRunId, FlowId, String, FlowRunStatus)> = flow_run::Entity::find()
        .select_only()
        .columns([Column::Id, Column::FlowId, Column::SubjectKey, Column::Status])
        .filter(Column::CustomerId.is_in([from, into]))
        .filter(Column::SubjectKey.starts_with(old.as_str()).or(Column::SubjectKey.starts_with(new.as_str())))
        .order_by_asc(Column::Id)
        .lock(LockType::Update)
        .into_tuple()
        .all(tx)
        .await?;
    let kept: HashMap<(FlowId, &str), (FlowRunId, FlowRunStatus)> = rows
        .iter()
        .filter_map(|(id, flow, key, status)| Some(((*flow, key.strip_prefix(&new)?), (*id, *status))))
        .collect();
    let (mut ending, mut moving) = (Vec::new(), Vec::new());
    for (id, flow, key, status) in &rows {
        let Some(about) = key.strip_prefix(&old) else { continue };
        match (*status, kept.get(&(*flow, about)).copied()) {
            (_, None) => moving.push(*id),
            (FlowRunStatus::Waiting, Some((_, FlowRunStatus::Waiting | FlowRunStatus::Done))) => ending.push(*id),
            // The person has got it already.
            (FlowRunStatus::Done, Some((other, FlowRunStatus::Waiting))) => ending.push(other),
            // What gives nothing is no reason to end what waits: else the person got neither.
            (_, Some(_)) => {}
        }
    }
    end(tx, ending).await?;
    if !moving.is_empty() {
        let renamed = Func::cust(Alias::new("REPLACE")).args([
            Expr::col(Column::SubjectKey),
            Expr::value(old.as_str()),
            Expr::value(new.as_str()),
        ]);
        flow_run::Entity::update_many()
            .col_expr(Column::SubjectKey, renamed.into())
            .filter(Column::Id.is_in(moving))
            .exec(tx)
            .await?;
    }
    Ok(())
}

async fn end(tx: &Tx, runs: Vec<FlowRunId>) -> Result<()> {
    use flow_run::Column;
    if runs.is_empty() {
        return Ok(());
    }
    flow_run::Entity::update_many()
        .col_expr(Column::Status, Expr::value(FlowRunStatus::Stopped))
        .col_expr(Column::Reason, Expr::value(MERGED))
        .col_expr(Column::WakeAt, Expr::value(Option::<chrono::DateTime<chrono::Utc>>::None))
        .col_expr(Column::WaitsFor, Expr::value(Option::<String>::None))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(tx.now()))
        .filter(Column::Id.is_in(runs.iter().copied()))
        .exec(tx)
        .await?;
    message::Entity::update_many()
        .col_expr(message::Column::Status, Expr::value(MessageStatus::Suppressed))
        .col_expr(message::Column::Reason, Expr::value(MERGED))
        .filter(message::Column::FlowRunId.is_in(runs))
        .filter(message::Column::Status.eq(MessageStatus::Queued))
        .exec(tx)
        .await?;
    Ok(())
}
