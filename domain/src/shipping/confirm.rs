//! What was done elsewhere: another system tells of parcels that left and units it cannot give.

mod parcel_left;
mod units_refused;

use chrono::{DateTime, Utc};
use entity::id::{FulfillmentOrderId, ShipmentId};
use entity::words::{Carrier, RejectionEffect, RejectionReason};
use entity::{fulfillment_order, shipment};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;

use super::feed::{Task, tasks};
use super::pack::PackLine;
use crate::fulfillment::acknowledge::told;
use crate::fulfillment::external::{self, TaskRef};
use crate::fulfillment::line_ref::LineRef;
use crate::inventory::sync;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, text};

/// Most confirmations of one call.
pub const MAX_CONFIRMATIONS: usize = 50;
/// Most lines of one confirmation.
const MAX_LINES: usize = 500;

/// What another system did.
#[derive(Debug, Clone)]
pub struct Confirm {
    /// Which system; the same name as in stock syncs.
    pub source: String,
    /// What it did, 1 to [`MAX_CONFIRMATIONS`] facts.
    pub confirmations: Vec<Confirmation>,
}

/// One fact about work.
#[derive(Debug, Clone)]
pub struct Confirmation {
    /// Its id in the other system, unique at the location: that of the parcel, or of the message that gives units back.
    pub external_id: String,
    /// The work.
    pub work: TaskRef,
    /// What happened.
    pub fact: Fact,
}

/// What happened to work elsewhere.
#[derive(Debug, Clone)]
pub enum Fact {
    /// A parcel left.
    Parcel(ParcelLeft),
    /// Units cannot be given.
    Refusal(UnitsRefused),
}

/// A parcel that left.
#[derive(Debug, Clone, Default)]
pub struct ParcelLeft {
    /// Who carries it; the order's usual carrier when left out.
    pub carrier: Option<Carrier>,
    /// Name of a carrier without a mapping.
    pub carrier_name: Option<String>,
    /// The carrier's service code.
    pub service: Option<String>,
    /// The carrier's number, in any spelling; it can follow when the same parcel is told again.
    pub tracking_number: Option<String>,
    /// Weight in grams.
    pub weight_grams: Option<i64>,
    /// When it left; now when left out.
    pub left_at: Option<DateTime<Utc>>,
    /// What is in it; all that is left of the work when empty.
    pub lines: Vec<PackLine>,
}

/// Units that cannot be given.
#[derive(Debug, Clone, Serialize)]
pub struct UnitsRefused {
    /// Which ones; all that is left of the work when empty.
    pub lines: Vec<RefusedLine>,
    /// Why.
    pub reason: RejectionReason,
    /// What that means for stock.
    pub effect: RejectionEffect,
    /// In words.
    pub note: Option<String>,
}

/// Units of a line that cannot be given.
#[derive(Debug, Clone, Serialize)]
pub struct RefusedLine {
    /// Which, by line or by what is printed on the goods.
    pub line: LineRef,
    /// Units.
    pub quantity: i64,
}

/// What became of a confirmation.
#[derive(Debug, Clone)]
pub struct Confirmed {
    /// The work as it is now, with its parcels, also when the fact came too late; `None` when it is out of reach.
    pub task: Option<Task>,
    /// The parcel that was told of.
    pub shipment: Option<shipment::Model>,
    /// Whether it was known before.
    pub replayed: bool,
    /// Why it was refused.
    pub error: Option<Error>,
}

/// What one transaction did.
#[derive(Debug)]
struct Done {
    work: FulfillmentOrderId,
    shipment: Option<ShipmentId>,
    replayed: bool,
}

/// Records what another system did. Facts win over plans: a parcel that left accepts open work and ends a hold; the
/// order of arrival does not matter. Each fact stands for itself, in a transaction of its own whose statements do not
/// grow with its lines, and is known by its external id: told again it changes nothing, but for a tracking number that
/// was not known before.
///
/// Errors of the call: `UNAUTHENTICATED`, `FORBIDDEN`, `REQUIRED`, `TOO_MANY`, `INVALID_TEXT`. Of a fact: `NOT_FOUND`,
/// also for a unit's number that does not lie there, `PICKUP_WORK`, `NOT_IN_WORK`, `INVALID_QUANTITY` for more than is
/// left, `INVALID_TRANSITION` for work that ended, `INVALID_DATE`, `IDEMPOTENCY_KEY_REUSED` for another fact under the
/// same id, `ALREADY_EXISTS` for another tracking number of a parcel that has one.
pub async fn confirm(ctx: &Ctx, input: &Confirm) -> Result<Vec<Confirmed>> {
    ctx.require(Permission::StockSync)?;
    let source = &sync::source(&input.source)?;
    match input.confirmations.len() {
        0 => return Err(Error::invalid(ErrorCode::Required, "input.confirmations")),
        1..=MAX_CONFIRMATIONS => {}
        _ => {
            let max = vec![("max", MAX_CONFIRMATIONS.to_string())];
            return Err(Error::invalid_with(ErrorCode::TooMany, "input.confirmations", max));
        }
    }
    let mut answers = Vec::with_capacity(input.confirmations.len());
    for (index, confirmation) in input.confirmations.iter().enumerate() {
        let done = ctx.write(|tx| async move { record(&tx, source, confirmation).await }).await;
        answers.push(match done {
            Ok(done) => (Some(done), None),
            Err(error) => (None, Some(told(error, &format!("confirmations.{index}"))?)),
        });
    }
    shown(ctx, &input.confirmations, answers).await
}

async fn record(tx: &Tx, source: &str, confirmation: &Confirmation) -> Result<Done> {
    let external_id = text::required_line("externalId", &confirmation.external_id, text::LINE)?;
    match &confirmation.fact {
        Fact::Parcel(parcel) => {
            let reached = external::reach(tx, &confirmation.work).await?;
            Box::pin(parcel_left::record(tx, source, &external_id, reached, parcel)).await
        }
        // What is given back may concern other orders, too: its step locks all of them in their order.
        Fact::Refusal(refusal) => {
            let work = external::seek(tx, &confirmation.work).await?;
            units_refused::record(tx, &external_id, &work, refusal).await
        }
    }
}

/// Reads what there is now, also for those who were refused. At most 12 statements.
async fn shown(
    ctx: &Ctx,
    confirmations: &[Confirmation],
    answers: Vec<(Option<Done>, Option<Error>)>,
) -> Result<Vec<Confirmed>> {
    let db = ctx.db();
    let mut ids: Vec<FulfillmentOrderId> = answers.iter().filter_map(|(done, _)| Some(done.as_ref()?.work)).collect();
    let refused: Vec<&TaskRef> = confirmations
        .iter()
        .zip(&answers)
        .filter(|(_, (done, _))| done.is_none())
        .map(|(confirmation, _)| &confirmation.work)
        .collect();
    let found = external::find(ctx, &refused).await?;
    ids.extend(found.iter().map(|work| work.id));
    ids.sort_unstable();
    ids.dedup();
    let work = fulfillment_order::Entity::find().filter(fulfillment_order::Column::Id.is_in(ids)).all(&db).await?;
    let tasks = tasks(&db, work).await?;
    let task = |wanted: &TaskRef, done: Option<&Done>| {
        let mine = |task: &&Task| match (done, wanted) {
            (Some(done), _) => task.work.id == done.work,
            (None, TaskRef::Id(id)) => task.work.id == *id,
            (None, TaskRef::Reference(reference)) => task.work.external_reference.as_ref() == Some(reference),
        };
        tasks.iter().find(mine).cloned()
    };
    let answers = confirmations.iter().zip(answers).map(|(confirmation, (done, error))| {
        let task = task(&confirmation.work, done.as_ref());
        let parcel = done.as_ref().and_then(|done| done.shipment);
        let shipment = task.as_ref().and_then(|task| task.parcels.iter().find(|row| Some(row.id) == parcel).cloned());
        Confirmed { shipment, task, replayed: done.is_some_and(|done| done.replayed), error }
    });
    Ok(answers.collect())
}
