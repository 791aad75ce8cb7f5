//! Writing a transfer: what shall go from where to where.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::id::{LocationId, TransferId, TransferLineId, VariantId};
use entity::status::TransferAction;
use entity::words::TransferStatus;
use entity::{transfer, transfer_line};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::Serialize;
use serde_json::json;

use super::command::{Ask, Done, check_goods, check_lines};
use super::lock::{Begun, Locked, begin, save_lines};
use super::number::{self, Series};
use crate::kernel::{code, text};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// What a transfer carries, and when.
#[derive(Debug, Clone, Serialize)]
pub struct TransferContent {
    /// Units of each variant, 1 to 500 lines.
    pub lines: Vec<(VariantId, i64)>,
    /// When it should arrive.
    pub expected_at: Option<DateTime<Utc>>,
    /// Id in another system.
    pub external_reference: Option<String>,
    /// For the people who pack and receive.
    pub note: String,
}

/// A transfer to write.
#[derive(Debug, Clone, Serialize)]
pub struct CreateTransfer {
    /// Who sends.
    pub from_location_id: LocationId,
    /// Who receives; another place.
    pub to_location_id: LocationId,
    /// What.
    pub content: TransferContent,
    /// The client's key: the same key writes once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// A draft to write again, as a whole.
#[derive(Debug, Clone, Serialize)]
pub struct UpdateTransfer {
    /// Which.
    pub transfer_id: TransferId,
    /// The version that the client knows.
    pub expected_version: Option<i32>,
    /// What.
    pub content: TransferContent,
    /// The client's key: the same key changes once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Writes a draft; nothing is put aside yet. A sender proposes, a receiver asks: either side may.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND` for places out of reach and unknown goods, `INVALID` for the same place twice, a
/// bundle or goods that are not counted, what lines must be, `ALREADY_EXISTS` for an external reference.
pub async fn create(ctx: &Ctx, input: CreateTransfer) -> Result<Done<transfer::Model>> {
    let scope = ctx.require(Permission::TransfersWork)?;
    if !scope.allows_location(input.from_location_id) && !scope.allows_location(input.to_location_id) {
        return Err(Error::not_found("location"));
    }
    if input.from_location_id == input.to_location_id {
        return Err(Error::invalid(ErrorCode::Invalid, "toLocationId"));
    }
    let ask = Ask::new("transferCreate", &input.idempotency_key, &input)?;
    let content = checked(&input.content)?;
    let (ask, content, input) = (&ask, &content, &input);
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = TransferId(tx.new_uuid());
        if let Some(first) = ask.claim(tx, id.uuid()).await? {
            let row = transfer::Entity::find_by_id(TransferId(first)).one(tx).await?;
            return Ok(Done { row: row.ok_or(Error::not_found("transfer"))?, replayed: true });
        }
        let variants: Vec<VariantId> = content.lines.iter().map(|(variant, _)| *variant).collect();
        check_goods(tx, &[input.from_location_id, input.to_location_id], &variants).await?;
        let locked = insert(tx, id, (input.from_location_id, input.to_location_id), content).await?;
        locked.tell(tx, "transfer_created", &json!({}));
        Ok(Done { row: locked.transfer, replayed: false })
    })
    .await
}

/// Writes a draft again: lines that are left out are gone, everything else is as given.
///
/// Errors: as [`create`], `INVALID_TRANSITION` for what is no draft, `STALE_VERSION`.
pub async fn update(ctx: &Ctx, input: UpdateTransfer) -> Result<Done<transfer::Model>> {
    let scope = ctx.require(Permission::TransfersWork)?;
    let ask = Ask::new("transferUpdate", &input.idempotency_key, &input)?;
    let content = checked(&input.content)?;
    let (scope, ask, content, input) = (&scope, &ask, &content, &input);
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = match begin(tx, ask, scope, input.transfer_id, input.expected_version).await? {
            Begun::Replayed(done) => return Ok(done),
            Begun::Fresh(locked) => locked,
        };
        if locked.transfer.status != TransferStatus::Draft {
            // A draft is what can be made ready; the refusal names what is possible instead.
            return Err(Error::transition("transfer", locked.transfer.status, TransferAction::MakeReady));
        }
        let variants: Vec<VariantId> = content.lines.iter().map(|(variant, _)| *variant).collect();
        check_goods(tx, &[locked.transfer.from_location_id], &variants).await?;
        locked.lines = replace_lines(tx, &locked, &content.lines).await?;
        locked.transfer.expected_at = content.expected_at;
        locked.transfer.external_reference.clone_from(&content.external_reference);
        locked.transfer.note.clone_from(&content.note);
        locked.tell(tx, "transfer_changed", &json!({}));
        locked.save(tx, TransferStatus::Draft).await
    })
    .await
}

fn checked(content: &TransferContent) -> Result<TransferContent> {
    check_lines(&content.lines)?;
    Ok(TransferContent {
        external_reference: code::external_reference("externalReference", content.external_reference.as_deref())?,
        note: text::note("note", &content.note, text::NOTE)?,
        ..content.clone()
    })
}

/// Inserts a draft. Three statements.
async fn insert(
    tx: &Tx,
    id: TransferId,
    places: (LocationId, LocationId),
    content: &TransferContent,
) -> Result<Locked> {
    let made = rows(tx, id, places, content).await?;
    let row = made.transfer.clone().into_active_model().reset_all();
    transfer::Entity::insert(row).exec_without_returning(tx).await?;
    save_lines(tx, made.lines.clone()).await?;
    Ok(made)
}

/// The rows of a draft, not written yet. One statement.
pub(super) async fn rows(
    tx: &Tx,
    id: TransferId,
    (from, to): (LocationId, LocationId),
    content: &TransferContent,
) -> Result<Locked> {
    let row = transfer::Model {
        id,
        number: number::next(tx, Series::Transfer).await?,
        from_location_id: from,
        to_location_id: to,
        status: TransferStatus::Draft,
        fulfillment_order_id: None,
        carrier: None,
        tracking_number: None,
        external_reference: content.external_reference.clone(),
        note: content.note.clone(),
        expected_at: content.expected_at,
        dispatched_at: None,
        closed_at: None,
        cancel_outcome: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    let mut lines: Vec<transfer_line::Model> =
        content.lines.iter().map(|(variant, quantity)| new_line(tx, id, *variant, *quantity)).collect();
    lines.sort_unstable_by_key(|line| line.variant_id);
    Ok(Locked { transfer: row, lines })
}

fn new_line(tx: &Tx, transfer_id: TransferId, variant_id: VariantId, quantity: i64) -> transfer_line::Model {
    transfer_line::Model {
        id: TransferLineId(tx.new_uuid()),
        transfer_id,
        variant_id,
        quantity,
        dispatched: 0,
        received: 0,
        damaged: 0,
        missing: 0,
        written_back: 0,
        discrepancy_reason: None,
    }
}

/// The lines as they should be; a variant that stays keeps its line, to which the ledger may point. The lines are
/// written by the caller, what is gone is deleted here.
async fn replace_lines(tx: &Tx, locked: &Locked, wanted: &[(VariantId, i64)]) -> Result<Vec<transfer_line::Model>> {
    let known: BTreeMap<VariantId, &transfer_line::Model> =
        locked.lines.iter().map(|line| (line.variant_id, line)).collect();
    let kept: BTreeSet<VariantId> = wanted.iter().map(|(variant, _)| *variant).collect();
    let gone: Vec<TransferLineId> =
        locked.lines.iter().filter(|line| !kept.contains(&line.variant_id)).map(|line| line.id).collect();
    if !gone.is_empty() {
        transfer_line::Entity::delete_many().filter(transfer_line::Column::Id.is_in(gone)).exec(tx).await?;
    }
    let mut lines: Vec<transfer_line::Model> = wanted
        .iter()
        .map(|(variant, quantity)| match known.get(variant) {
            Some(line) => transfer_line::Model { quantity: *quantity, ..(*line).clone() },
            None => new_line(tx, locked.transfer.id, *variant, *quantity),
        })
        .collect();
    lines.sort_unstable_by_key(|line| line.variant_id);
    Ok(lines)
}
