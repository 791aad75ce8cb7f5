//! Putting the built-in flows in place where they are missing. What merchants changed stays.

use entity::id::{FlowId, FlowVersionId};
use entity::words::{FlowStatus, MessageClass};
use entity::{flow, flow_version};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::builtin::{self, BuiltIn};
use super::check;
use crate::kernel::{Ctx, Result, Tx};

/// Makes the built-in flows that are missing: one statement when none is.
pub async fn plant(ctx: &Ctx) -> Result<()> {
    let all = &builtin::all()?;
    let known: Vec<String> = flow::Entity::find()
        .select_only()
        .column(flow::Column::Code)
        .filter(flow::Column::Code.is_in(all.iter().map(|one| one.code)))
        .into_tuple()
        .all(&ctx.db())
        .await?;
    let known = &known;
    if all.iter().all(|one| known.iter().any(|code| code == one.code)) {
        return Ok(());
    }
    ctx.write(|tx| async move {
        let missing: Vec<&BuiltIn> = all.iter().filter(|one| !known.iter().any(|code| code == one.code)).collect();
        let flows = missing.iter().map(|one| flow_of(&tx, one).into_active_model().reset_all());
        let once = OnConflict::new().do_nothing().to_owned();
        flow::Entity::insert_many(flows).on_conflict(once.clone()).exec_without_returning(&tx).await?;
        let versions = missing.iter().map(|one| version_of(&tx, one).into_active_model().reset_all());
        flow_version::Entity::insert_many(versions).on_conflict(once).exec_without_returning(&tx).await?;
        Ok(())
    })
    .await
}

fn flow_of(tx: &Tx, one: &BuiltIn) -> flow::Model {
    let class = check::class(&one.definition);
    flow::Model {
        id: FlowId(id("flow", one.code)),
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

fn version_of(tx: &Tx, one: &BuiltIn) -> flow_version::Model {
    flow_version::Model {
        id: FlowVersionId(id("flow_version", one.code)),
        flow_id: FlowId(id("flow", one.code)),
        number: 1,
        definition: json!(one.definition),
        staff_id: None,
        created_at: tx.now(),
    }
}

/// The same in every process, so that two that plant at once make one: a UUIDv7 of 2025-01-01T00:00:00Z whose rest is
/// the name.
fn id(kind: &str, code: &str) -> Uuid {
    let digest = Sha256::digest(format!("{kind}:{code}").as_bytes());
    let rest = digest.iter().take(8).fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
    Uuid::from_u128(0x0194_1f29_7c00_7000_8000_0000_0000_0000 | (rest >> 2))
}
