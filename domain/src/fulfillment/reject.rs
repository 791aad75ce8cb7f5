//! A location gives work back: it is not asked for these units again, and another one is.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{
    FulfillmentOrderId, FulfillmentOrderLineId, FulfillmentRejectionId, LocationId, OrderId, OrderLineId, VariantId,
};
use entity::words::{RejectionEffect, RejectionReason, RoutingOccasion};
use entity::{fulfillment_order, fulfillment_order_line, fulfillment_rejection};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};

use super::desk::{self, Reached, WorkRef};
use super::give_up::{GivenUp, give_up};
use super::makeup::Makeup;
use super::progress::{self, unpacked, unpicked};
use super::rejection_stock::{self, Loss};
use super::reroute::{Reroute, reroute_all};
use super::{cascade, pick_list};
use crate::inventory::unit::{self, Fate, NumberedUnits};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, text};

/// Under what name keys are kept.
const OPERATION: &str = "fulfillmentOrderReject";
/// Most lines of one rejection.
const MAX_LINES: usize = 500;

/// Work that a location gives back.
#[derive(Debug, Clone, Serialize)]
pub struct Reject {
    /// Which.
    pub fulfillment_order_id: FulfillmentOrderId,
    /// Pieces of its lines; all that is not packed when empty.
    pub lines: Vec<(FulfillmentOrderLineId, i64)>,
    /// Why.
    pub reason: RejectionReason,
    /// What it does to stock; what the reason suggests when left out, see [`usual_effect`].
    pub effect: Option<RejectionEffect>,
    /// In the clerk's words.
    pub note: Option<String>,
    /// Serial and lot numbers of the units that are written off.
    pub units: Vec<NumberedUnits>,
    /// The version that the clerk saw.
    #[serde(skip)]
    pub expected_version: Option<i32>,
    /// The client's key: the same key rejects once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Work that was given back, and where its units went.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    /// The work as it is now; canceled when nothing of it is left.
    pub work: fulfillment_order::Model,
    /// The work that serves the units now, of all orders concerned; parked when nobody can. On a replay it is
    /// the same work as it is then.
    pub rerouted: Vec<fulfillment_order::Model>,
    /// Whether the same key did it before.
    pub replayed: bool,
}

/// What a reason does to stock unless the clerk says otherwise: what cannot be found is gone, what is damaged cannot be
/// sold, and a store without time has the goods still.
#[must_use]
pub const fn usual_effect(reason: RejectionReason) -> RejectionEffect {
    match reason {
        RejectionReason::NotFound => RejectionEffect::Zero,
        RejectionReason::Damaged => RejectionEffect::Quantity,
        RejectionReason::TooBusy | RejectionReason::Closed | RejectionReason::Other => RejectionEffect::Nothing,
    }
}

/// What is given back, checked.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) work: WorkRef,
    pub(crate) lines: Vec<(FulfillmentOrderLineId, i64)>,
    pub(crate) reason: RejectionReason,
    pub(crate) effect: RejectionEffect,
    pub(crate) note: Option<String>,
    /// Numbers of what is written off.
    pub(crate) units: Vec<NumberedUnits>,
}

/// Gives work back. Bundles go whole: the other parts of a unit are freed with the one that is missing.
///
/// Stock: the units are released; `QUANTITY` writes the missing pieces off, `ZERO` everything of them that is free there,
/// and gives back whatever else at the location still has to fetch them. With the reason `DAMAGED` pieces are not
/// written off but become damaged stock, because they still lie there.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `TOO_MANY`, `PICKUP_WORK`, `STALE_VERSION`, `INVALID_TRANSITION` for work that is
/// not open, in progress or on hold, `INVALID_QUANTITY`, `UNPACK_FIRST` for units that are packed,
/// `UNIT_NUMBERS_REQUIRED` when numbered units are written off, what numbers must be (see [`unit::take`]),
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn reject(ctx: &Ctx, input: Reject) -> Result<Rejected> {
    ctx.require(Permission::FulfillmentWork)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    if input.lines.len() > MAX_LINES {
        let max = vec![("max", MAX_LINES.to_string())];
        return Err(Error::invalid_with(ErrorCode::TooMany, "input.lines", max));
    }
    let refusal = &Refusal {
        work: WorkRef { id: input.fulfillment_order_id, expected_version: input.expected_version },
        reason: input.reason,
        effect: input.effect.unwrap_or(usual_effect(input.reason)),
        note: checked_note(input.note.as_deref())?,
        units: unit::checked(&input.units)?,
        lines: input.lines,
    };
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = refusal.work.id;
        if let Claim::Replayed(_) = idempotency::claim(tx, OPERATION, key, hash, id.uuid()).await? {
            let work = desk::reach_one(tx, WorkRef { id, expected_version: None }).await?.work;
            let rerouted = rerouted_before(tx, OPERATION, key).await?;
            return Ok(Rejected { work, rerouted, replayed: true });
        }
        let rejected = Box::pin(give_back(tx, refusal)).await?;
        keep_rerouted(tx, OPERATION, key, &rejected)?;
        Ok(rejected)
    })
    .await
}

/// What is told again under a key: the work that the units went to.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Answer {
    rerouted: Vec<FulfillmentOrderId>,
}

/// Keeps with a key where the units went.
pub(super) fn keep_rerouted(tx: &Tx, operation: &str, key: &str, rejected: &Rejected) -> Result<()> {
    let rerouted = rejected.rerouted.iter().map(|work| work.id).collect();
    idempotency::keep(tx, operation, key, &Answer { rerouted })
}

/// Where the units went when the key was used first, as that work is now.
pub(super) async fn rerouted_before(tx: &Tx, operation: &str, key: &str) -> Result<Vec<fulfillment_order::Model>> {
    let answer: Answer = idempotency::kept(tx, operation, key).await?;
    let ids = fulfillment_order::Column::Id.is_in(answer.rerouted);
    Ok(fulfillment_order::Entity::find().filter(ids).order_by_asc(fulfillment_order::Column::Id).all(tx).await?)
}

/// A note in the clerk's words. Errors: `INVALID_TEXT`, `TEXT_TOO_LONG`.
pub(super) fn checked_note(note: Option<&str>) -> Result<Option<String>> {
    let note = note.map(|note| text::note("input.note", note, text::NOTE)).transpose()?;
    Ok(note.filter(|note| !note.is_empty()))
}

/// The step behind [`reject`] and short picks. Locks everything that it needs, orders first.
///
/// Statements: about 30, and about 7 per order whose units are routed again (each sees the stock that the one before it
/// left), whatever the number of lines.
pub(crate) async fn give_back(tx: &Tx, refusal: &Refusal) -> Result<Rejected> {
    let scene = cascade::lock(tx, refusal).await?;
    let location = scene.location;
    let orders: Vec<OrderId> =
        scene.reached.iter().map(|reached| reached.order.id).collect::<BTreeSet<_>>().into_iter().collect();
    let makeup = Makeup::read(tx, &orders).await?;
    let mut reached = scene.reached;
    let mut given: Vec<GivenUp> = Vec::new();
    let mut losses: Vec<Loss> = Vec::new();
    for reached in &mut reached {
        let is_first = reached.work.id == refusal.work.id;
        if is_first {
            given.push(first(reached, &makeup, refusal, &mut losses)?);
        }
        if refusal.effect == RejectionEffect::Zero {
            given.push(rest(reached, &makeup, &scene.variants)?);
        }
    }
    free_numbers(tx, location, &reached, &given).await?;
    unit::take(tx, location, &refusal.units, Fate::Removed).await?;
    let event_id = tell(tx, refusal, (location, &scene.variants), &given)?;
    let movements = rejection_stock::movements(
        &makeup,
        (location, event_id),
        &given,
        rejection_stock::Effect {
            reason: refusal.reason,
            effect: refusal.effect,
            losses: &losses,
            levels: &scene.levels,
        },
    );
    crate::inventory::post(tx, &movements).await?;
    write_rejections(tx, refusal, location, &given, &losses).await?;
    let (work, rerouted) = settle(tx, refusal.work.id, reached, &given).await?;
    Ok(Rejected { work, rerouted, replayed: false })
}

/// Numbers that were set aside for units which are given back lie there again.
async fn free_numbers(tx: &Tx, location: LocationId, reached: &[Reached], given: &[GivenUp]) -> Result<()> {
    let pieces: BTreeSet<_> = given.iter().flat_map(|given| &given.pieces).map(|piece| piece.line).collect();
    let lines = reached.iter().flat_map(|reached| &reached.lines).filter(|line| pieces.contains(&line.id));
    let keep: Vec<_> = lines.map(|line| (line.id, line.quantity - line.rejected)).collect();
    unit::return_surplus(tx, location, &keep).await.map(|_| ())
}

/// What the clerk gives back of the work, whole units.
fn first(reached: &mut Reached, makeup: &Makeup, refusal: &Refusal, losses: &mut Vec<Loss>) -> Result<GivenUp> {
    desk::by_parcel(&reached.work)?;
    desk::in_states(&reached.work, cascade::REJECTABLE, "REJECT")?;
    let pieces = if refusal.lines.is_empty() {
        reached.lines.iter().filter(|line| unpacked(line) > 0).map(|line| (line.id, unpacked(line))).collect()
    } else {
        sums(&refusal.lines)
    };
    let mut units: BTreeMap<OrderLineId, i64> = BTreeMap::new();
    for (index, (id, quantity)) in pieces.iter().enumerate() {
        let path = format!("input.lines.{index}");
        let line = reached.lines.iter().find(|line| line.id == *id);
        let line = line.ok_or_else(|| Error::invalid(ErrorCode::NotInWork, path.clone()))?;
        if *quantity < 1 || *quantity > line.quantity - line.rejected - line.fulfilled {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("{path}.quantity")));
        }
        let per = makeup.per_unit(line.order_line_id)?.get(&line.variant_id).copied().unwrap_or(1);
        let whole = quantity / per + i64::from(quantity % per != 0);
        let needed = units.entry(line.order_line_id).or_default();
        *needed = whole.max(*needed);
        losses.push(Loss { line: line.id, variant: line.variant_id, quantity: *quantity });
    }
    if units.is_empty() {
        return Err(Error::invalid(ErrorCode::UnpackFirst, "input.fulfillmentOrderId"));
    }
    give_up(reached, makeup, units)
}

fn sums(lines: &[(FulfillmentOrderLineId, i64)]) -> BTreeMap<FulfillmentOrderLineId, i64> {
    let mut sums: BTreeMap<FulfillmentOrderLineId, i64> = BTreeMap::new();
    for (line, quantity) in lines {
        let sum = sums.entry(*line).or_default();
        // A quantity below one must not hide behind another.
        *sum = if *quantity < 1 || *sum < 0 { -1 } else { sum.saturating_add(*quantity) };
    }
    sums
}

/// What else of the work waits for the goods that are not there: whole units of which nothing was fetched yet.
fn rest(reached: &mut Reached, makeup: &Makeup, variants: &BTreeSet<VariantId>) -> Result<GivenUp> {
    let missing = |line: &&fulfillment_order_line::Model| variants.contains(&line.variant_id) && unpicked(line) > 0;
    let lines: BTreeSet<OrderLineId> = reached.lines.iter().filter(missing).map(|line| line.order_line_id).collect();
    let mut units = BTreeMap::new();
    for id in lines {
        let mut waiting: i64 = 0;
        for line in reached.lines.iter().filter(missing).filter(|line| line.order_line_id == id) {
            let per = makeup.per_unit(id)?.get(&line.variant_id).copied().unwrap_or(1);
            waiting = waiting.max(unpicked(line) / per + i64::from(unpicked(line) % per != 0));
        }
        let whole = waiting.min(makeup.whole_units(id, &reached.lines, unpacked)?);
        if whole > 0 {
            units.insert(id, whole);
        }
    }
    give_up(reached, makeup, units)
}

/// Tells of each piece of work that gave units back; the first also which goods are gone from the location, for the
/// pickups there.
fn tell(
    tx: &Tx,
    refusal: &Refusal,
    (location, gone): (LocationId, &BTreeSet<VariantId>),
    given: &[GivenUp],
) -> Result<entity::id::EventId> {
    let mut first = None;
    for given in given.iter().filter(|given| !given.pieces.is_empty()) {
        let payload = serde_json::json!({
            "order_id": given.order_id,
            "location_id": location,
            "reason": refusal.reason,
            "effect": refusal.effect,
            "units": given.units,
            "gone": if first.is_none() { gone.clone() } else { BTreeSet::new() },
        });
        let event = NewEvent::new("fulfillment_order_rejected", "fulfillment_order", given.work_id.uuid());
        let id = tx.event(event.payload(payload));
        first.get_or_insert(id);
    }
    first.ok_or_else(|| Error::Bug("a rejection of nothing".to_owned()))
}

async fn write_rejections(
    tx: &Tx,
    refusal: &Refusal,
    location_id: LocationId,
    given: &[GivenUp],
    losses: &[Loss],
) -> Result<()> {
    let zeroed: BTreeSet<VariantId> = losses.iter().map(|loss| loss.variant).collect();
    let effect_on = |piece: &super::give_up::Piece| {
        let is_lost = losses.iter().any(|loss| loss.line == piece.line);
        let is_zeroed = refusal.effect == RejectionEffect::Zero && zeroed.contains(&piece.variant);
        // The other parts of a bundle lie where they lay.
        if is_lost || is_zeroed { refusal.effect } else { RejectionEffect::Nothing }
    };
    let rows = given.iter().flat_map(|given| {
        given.pieces.iter().map(|piece| {
            fulfillment_rejection::Model {
                id: FulfillmentRejectionId(tx.new_uuid()),
                order_id: given.order_id,
                order_line_id: piece.order_line,
                variant_id: piece.variant,
                fulfillment_order_id: given.work_id,
                location_id,
                quantity: piece.quantity,
                reason: refusal.reason,
                stock_effect: effect_on(piece),
                note: refusal.note.clone(),
                rejected_at: tx.now(),
            }
            .into_active_model()
            .reset_all()
        })
    });
    let rows: Vec<_> = rows.collect();
    for some in rows.chunks(1_000) {
        fulfillment_rejection::Entity::insert_many(some.iter().cloned()).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Writes the work, routes its units again and brings the orders up to it.
async fn settle(
    tx: &Tx,
    first: FulfillmentOrderId,
    reached: Vec<Reached>,
    given: &[GivenUp],
) -> Result<(fulfillment_order::Model, Vec<fulfillment_order::Model>)> {
    let (mut changes, mut requests) = (Vec::new(), Vec::new());
    for Reached { order, work, lines } in reached {
        let mut units: BTreeMap<OrderLineId, i64> = BTreeMap::new();
        for given in given.iter().filter(|given| given.work_id == work.id) {
            for (line, quantity) in &given.units {
                *units.entry(*line).or_default() += quantity;
            }
        }
        if units.is_empty() {
            continue;
        }
        let request = Reroute {
            units: units.into_iter().collect(),
            method: work.method,
            pickup_location_id: None,
            occasion: RoutingOccasion::Rejection,
            replaces: Some(work.id),
            collector_name: None,
        };
        requests.push((order, request));
        changes.push((work, lines));
    }
    let lines: Vec<_> = changes.iter().flat_map(|(_, lines)| lines.iter().cloned()).collect();
    pick_list::trim(tx, &lines).await?;
    let changed = progress::settle_all(tx, changes).await?;
    let orders: BTreeSet<OrderId> = requests.iter().map(|(order, _)| order.id).collect();
    let rerouted = Box::pin(reroute_all(tx, requests)).await?;
    let work = changed.into_iter().find(|work| work.id == first);
    desk::refresh(tx, orders).await?;
    let work = work.ok_or_else(|| Error::Bug("nothing of the work was given back".to_owned()))?;
    Ok((work, rerouted))
}
