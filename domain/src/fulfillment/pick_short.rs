//! A picker does not find something: the units go back as not found, and another location is asked.

use entity::id::{PickListId, PickListLineId};
use entity::status::PickListAction;
use entity::words::{RejectionEffect, RejectionReason};
use entity::{fulfillment_order_line, pick_list};
use sea_orm::EntityTrait;
use serde::Serialize;

use super::desk::WorkRef;
use super::pick_list as lists;
use super::reject::{self, Refusal, usual_effect};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// Under what name keys are kept.
const OPERATION: &str = "pickListShort";

/// Units that a picker did not find.
#[derive(Debug, Clone, Serialize)]
pub struct PickShort {
    /// The list.
    pub pick_list_id: PickListId,
    /// Its line.
    pub line: PickListLineId,
    /// Units that are not there.
    pub quantity: i64,
    /// What it does to stock; the item goes to zero there when left out.
    pub effect: Option<RejectionEffect>,
    /// In the picker's words.
    pub note: Option<String>,
    /// The version that the picker saw.
    #[serde(skip)]
    pub expected_version: Option<i32>,
    /// The client's key: the same key reports once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Reports units as not found: a rejection with the reason `NOT_FOUND`.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `NOT_IN_WORK`, `INVALID_QUANTITY` for more than is left to fetch,
/// `PICKUP_WORK`, `INVALID_TRANSITION` for a list that ended, `IDEMPOTENCY_KEY_REUSED`.
pub async fn pick_short(ctx: &Ctx, input: PickShort) -> Result<(pick_list::Model, reject::Rejected)> {
    ctx.require(Permission::FulfillmentWork)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let note = &reject::checked_note(input.note.as_deref())?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = input.pick_list_id;
        let (line, work_line) = find(tx, input).await?;
        let mut refusal = Refusal {
            units: Vec::new(),
            work: WorkRef { id: work_line.fulfillment_order_id, expected_version: None },
            lines: vec![(work_line.id, input.quantity)],
            reason: RejectionReason::NotFound,
            effect: input.effect.unwrap_or(usual_effect(RejectionReason::NotFound)),
            note: note.clone(),
        };
        if let Claim::Replayed(_) = idempotency::claim(tx, OPERATION, key, hash, id.uuid()).await? {
            let pick_list = lists::by_id(tx, id).await?;
            let work = super::work::lock(tx, [refusal.work.id]).await?.pop();
            let (work, _) = work.ok_or(Error::not_found("fulfillmentOrder"))?;
            let rerouted = reject::rerouted_before(tx, OPERATION, key).await?;
            return Ok((pick_list, reject::Rejected { work, rerouted, replayed: true }));
        }
        refusal.lines.retain(|(_, quantity)| *quantity > 0);
        if refusal.lines.is_empty() || input.quantity > line.quantity - line.picked - line.short {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, "input.quantity"));
        }
        let rejected = Box::pin(reject::give_back(tx, &refusal)).await?;
        reject::keep_rerouted(tx, OPERATION, key, &rejected)?;
        // The list is locked after the work; giving back has taken the units off it.
        let list = lists::lock(tx, id, input.expected_version).await?;
        lists::next_status(&list, PickListAction::Pick)?;
        Ok((lists::touch(tx, &list).await?, rejected))
    })
    .await
}

/// The line of the list and of the work, without locks. Errors: `NOT_FOUND`, `NOT_IN_WORK`.
async fn find(tx: &Tx, input: &PickShort) -> Result<(entity::pick_list_line::Model, fulfillment_order_line::Model)> {
    let scope = tx.ctx().require(Permission::FulfillmentWork)?;
    let list = lists::by_id(tx, input.pick_list_id).await?;
    if !scope.allows_location(list.location_id) {
        return Err(Error::not_found("pickList"));
    }
    lists::next_status(&list, PickListAction::Pick)?;
    let lines = lists::lines(tx, &[input.pick_list_id]).await?;
    let line = lines.into_iter().find(|line| line.id == input.line);
    let line = line.ok_or_else(|| Error::invalid(ErrorCode::NotInWork, "input.pickListLineId"))?;
    let work_line = fulfillment_order_line::Entity::find_by_id(line.fulfillment_order_line_id).one(tx).await?;
    let work_line = work_line.ok_or_else(|| Error::Bug("a pick list of work that is not there".to_owned()))?;
    Ok((line, work_line))
}
