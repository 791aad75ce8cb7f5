//! Putting the built-in flows in place where they are missing, and bringing those that nobody edited up to this version of
//! the product. What merchants changed stays.
//!
//! Which revision of a built-in flow a shop has is in the id of the version of it that starts new runs: the product's own
//! have ids that are made from the flow's code and the revision, those that merchants save have ids of their own.

use std::collections::HashMap;

use entity::id::{FlowId, FlowVersionId};
use entity::words::{FlowStatus, MessageClass};
use entity::{flow, flow_version};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::builtin::{self, BuiltIn};
use super::check;
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Result, Tx};

/// Makes the built-in flows that are missing and gives those that nobody edited their new definition: one statement when
/// there is nothing to do. Whether a flow is on, its name and its hold-out stay; runs that began go on as they began.
pub async fn plant(ctx: &Ctx) -> Result<()> {
    let all = builtin::all()?;
    let known = known(&ctx.db(), &all).await?;
    let missing: &Vec<&BuiltIn> = &all.iter().filter(|one| !known.contains_key(one.code)).collect();
    let old = |one: &&BuiltIn| known.get(one.code).is_some_and(|current| is_older(one, *current));
    let old: &Vec<&BuiltIn> = &all.iter().filter(old).collect();
    if missing.is_empty() && old.is_empty() {
        return Ok(());
    }
    ctx.write(|tx| async move {
        make(&tx, missing).await?;
        for one in old {
            renew(&tx, one).await?;
        }
        Ok(())
    })
    .await
}

/// The versions of built-in flows that start new runs, by the codes of the flows.
async fn known(db: &impl ConnectionTrait, all: &[BuiltIn]) -> Result<HashMap<String, FlowVersionId>> {
    let rows: Vec<(String, FlowVersionId)> = flow_version::Entity::find()
        .select_only()
        .column_as(Expr::col((flow::Entity, flow::Column::Code)), "code")
        .column(flow_version::Column::Id)
        .inner_join(flow::Entity)
        .filter(flow::Column::Code.is_in(all.iter().map(|one| one.code)))
        .filter(
            Expr::col((flow_version::Entity, flow_version::Column::Number))
                .equals((flow::Entity, flow::Column::CurrentNumber)),
        )
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

async fn make(tx: &Tx, missing: &[&BuiltIn]) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let flows = missing.iter().map(|one| flow_of(tx, one).into_active_model().reset_all());
    let once = OnConflict::new().do_nothing().to_owned();
    flow::Entity::insert_many(flows).on_conflict(once.clone()).exec_without_returning(tx).await?;
    let versions =
        missing.iter().map(|one| version_of(tx, one, (flow_id(one.code), 1)).into_active_model().reset_all());
    flow_version::Entity::insert_many(versions).on_conflict(once).exec_without_returning(tx).await?;
    Ok(())
}

/// Gives a flow its new definition, unless somebody edited it, or a newer process was here, since it was looked at.
async fn renew(tx: &Tx, one: &BuiltIn) -> Result<()> {
    let found = flow::Entity::find().filter(flow::Column::Code.eq(one.code)).lock_exclusive().one(tx).await?;
    let Some(row) = found else { return Ok(()) };
    let current = flow_version::Entity::find()
        .filter(flow_version::Column::FlowId.eq(row.id))
        .filter(flow_version::Column::Number.eq(row.current_number))
        .one(tx)
        .await?;
    if !current.is_some_and(|version| is_older(one, version.id)) {
        return Ok(());
    }
    let row = flow::Model {
        class: check::class(&one.definition),
        trigger_kind: one.definition.trigger.kind().to_owned(),
        current_number: row.current_number + 1,
        version: row.version + 1,
        updated_at: tx.now(),
        ..row
    };
    let version = version_of(tx, one, (row.id, row.current_number));
    flow_version::Entity::insert(version.into_active_model().reset_all()).exec_without_returning(tx).await?;
    let row = row.into_active_model().reset_all().update(tx).await?;
    let payload = json!({ "code": row.code, "number": row.current_number, "by_product": true });
    tx.event(NewEvent::new("flow_saved", "flow", row.id.uuid()).payload(payload));
    Ok(())
}

/// Whether a version is an earlier revision of a built-in flow. A later one is left alone: while versions of the product
/// are exchanged, an old process may start last.
fn is_older(one: &BuiltIn, current: FlowVersionId) -> bool {
    (1..one.revision).any(|revision| version_id(one.code, revision) == current)
}

fn flow_of(tx: &Tx, one: &BuiltIn) -> flow::Model {
    let class = check::class(&one.definition);
    flow::Model {
        id: flow_id(one.code),
        code: one.code.to_owned(),
        name: one.name.to_owned(),
        class,
        trigger_kind: one.definition.trigger.kind().to_owned(),
        status: if class == MessageClass::Transactional { FlowStatus::On } else { FlowStatus::Off },
        is_built_in: true,
        current_number: 1,
        hold_out_percent: 0,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

fn version_of(tx: &Tx, one: &BuiltIn, (flow_id, number): (FlowId, i32)) -> flow_version::Model {
    flow_version::Model {
        id: version_id(one.code, one.revision),
        flow_id,
        number,
        definition: json!(one.definition),
        staff_id: None,
        created_at: tx.now(),
    }
}

fn flow_id(code: &str) -> FlowId {
    FlowId(id(&format!("flow:{code}")))
}

/// The first revision has the name that it had before there were others.
fn version_id(code: &str, revision: u32) -> FlowVersionId {
    FlowVersionId(match revision {
        1 => id(&format!("flow_version:{code}")),
        later => id(&format!("flow_version:{code}:{later}")),
    })
}

/// The same in every process, so that two that plant at once make one: a UUIDv7 of 2025-01-01T00:00:00Z whose rest is
/// the name.
fn id(name: &str) -> Uuid {
    let digest = Sha256::digest(name.as_bytes());
    let rest = digest.iter().take(8).fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
    Uuid::from_u128(0x0194_1f29_7c00_7000_8000_0000_0000_0000 | (rest >> 2))
}
