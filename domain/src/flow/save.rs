//! Writing a flow: each save is a version; runs that began go on as they began.

use entity::id::{FlowId, FlowVersionId};
use entity::words::{FlowStatus, MessageClass};
use entity::{flow, flow_version, message_policy};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::{Value, json};

use super::definition::Definition;
use super::problem::{Problem, refused};
use super::{check, parse};
use crate::kernel::event::NewEvent;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, text, version};
use crate::messaging::policy::has_wording;

/// A flow as it should be.
#[derive(Debug, Clone)]
pub struct SaveFlow {
    /// Name that never changes: small letters, digits, `-` and `_`. Tells which flow it is.
    pub code: String,
    /// Name that people read; as it is when `None`.
    pub name: Option<String>,
    /// What it does.
    pub definition: Value,
    /// So many of a hundred get nothing, to compare with; as it is when `None`.
    pub hold_out_percent: Option<i32>,
    /// The version that was seen; another one is refused.
    pub expected_version: Option<i32>,
}

/// A definition that was read and can be followed, without what a database knows. Error: `INVALID_FLOW`.
pub(super) fn checked(path: &str, value: &Value) -> Result<Definition> {
    let definition = parse::read(path, value)?;
    check::shape(path, &definition)?;
    Ok(definition)
}

/// Makes a flow, which is off, or a new version of one. Errors: `UNAUTHENTICATED`, `FORBIDDEN`, `INVALID_FLOW` with the
/// place of what is wrong, `NOT_FOUND` for goods that it names, `STALE_VERSION`, `CONSENT_WORDING_MISSING` for a flow that
/// is on and would need it now, and those of texts.
pub async fn save(ctx: &Ctx, input: SaveFlow) -> Result<flow::Model> {
    // Flows are for all channels and places.
    ctx.require_everywhere(Permission::FlowsWrite)?;
    let path = "input.definition";
    let definition = checked(path, &input.definition)?;
    let class = check::class(&definition);
    let code = code(&input.code)?;
    let name = input.name.as_deref().map(|name| text::required_line("input.name", name, 100)).transpose()?;
    let (input, definition, code, name) = (&input, &definition, &code, &name);
    ctx.write(|tx| async move {
        check::known(&tx, path, definition).await?;
        let found = flow::Entity::find().filter(flow::Column::Code.eq(code.as_str())).lock_exclusive().one(&tx).await?;
        let is_new = found.is_none();
        let mut row = found.unwrap_or_else(|| fresh(&tx, code, class));
        if row.trigger_kind == "MESSAGE" {
            return Err(refused("input.code", Problem::BuiltIn));
        }
        version::check(input.expected_version, row.version)?;
        row.name = name.clone().unwrap_or(row.name);
        row.hold_out_percent = input.hold_out_percent.unwrap_or(row.hold_out_percent);
        check::hold_out(row.hold_out_percent, class)?;
        if row.status == FlowStatus::On {
            wording(&tx, class).await?;
        }
        row.class = class;
        row.trigger_kind = definition.trigger.kind().to_owned();
        row.current_number += 1;
        row.version += 1;
        row.updated_at = tx.now();
        let row = store(&tx, row, is_new).await?;
        let version = flow_version::Model {
            id: FlowVersionId(tx.new_uuid()),
            flow_id: row.id,
            number: row.current_number,
            definition: json!(definition),
            staff_id: tx.ctx().actor.staff_id(),
            created_at: tx.now(),
        };
        flow_version::Entity::insert(version.into_active_model().reset_all()).exec_without_returning(&tx).await?;
        let payload = json!({ "code": row.code, "number": row.current_number });
        tx.event(NewEvent::new("flow_saved", "flow", row.id.uuid()).payload(payload));
        Ok(row)
    })
    .await
}

fn code(code: &str) -> Result<String> {
    let code = text::required_line("input.code", code, 60)?;
    let fits =
        |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || "-_".contains(character);
    if code.chars().all(fits) { Ok(code) } else { Err(Error::invalid(ErrorCode::Invalid, "input.code")) }
}

fn fresh(tx: &Tx, code: &str, class: MessageClass) -> flow::Model {
    flow::Model {
        id: FlowId(tx.new_uuid()),
        code: code.to_owned(),
        name: code.to_owned(),
        class,
        trigger_kind: String::new(),
        status: FlowStatus::Off,
        is_built_in: false,
        current_number: 0,
        hold_out_percent: 0,
        version: 0,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

async fn store(tx: &Tx, row: flow::Model, is_new: bool) -> Result<flow::Model> {
    let active = row.clone().into_active_model().reset_all();
    if is_new {
        flow::Entity::insert(active).exec_without_returning(tx).await?;
        Ok(row)
    } else {
        Ok(active.update(tx).await?)
    }
}

/// What needs consent may only work when some channel says what people agree to. Error: `CONSENT_WORDING_MISSING`.
pub(super) async fn wording(tx: &Tx, class: MessageClass) -> Result<()> {
    if class == MessageClass::Transactional {
        return Ok(());
    }
    let policies = message_policy::Entity::find().all(tx).await?;
    if policies.iter().any(has_wording) { Ok(()) } else { Err(Error::invalid(ErrorCode::ConsentWordingMissing, "")) }
}
