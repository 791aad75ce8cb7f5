//! Handing goods over: by the one-time code, or to a person whom staff know by name. Whoever comes second, at another
//! till or as the job that ends what nobody collects, finds it done.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use entity::fulfillment_order_line::Column;
use entity::id::{LocationId, OrderLineId, PickupId};
use entity::status::{FulfillmentOrderAction, PickupAction};
use entity::words::{MovementKind, PickupProof, PickupStatus, StockState};
use entity::{customer, order_line, pickup, register};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::step::{Locked, lock};
use super::units::{self, WorkUnits};
use super::{access, code, numbers};
use crate::access::throttle::{self, Key, Limit};
use crate::fulfillment::work;
use crate::inventory::unit::{self, NumberedUnits};
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Scope, Tx, text};
use crate::order::capture_due::capture_due;
use crate::{inventory, order as orders};

/// Wrong codes that a person at a store may try. With 39 bits to a code, guessing is hopeless long before.
const TRIES: Limit = Limit { free: 10, cap: 50, window: TimeDelta::minutes(15), forgets: true };

/// How who collects proves it.
#[derive(Clone, Debug, serde::Serialize)]
pub enum Proof {
    /// The code that was mailed, typed or scanned.
    Code(String),
    /// The name of the person; staff have seen who it is.
    Person(String),
}

/// A handing over.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Collect {
    /// Which pickup; the code tells when `None`.
    pub pickup_id: Option<PickupId>,
    /// The store at which the code is shown; the till's when `None`.
    pub location_id: Option<LocationId>,
    /// The proof.
    pub proof: Proof,
    /// What is handed over, in units of the order's lines; everything when empty.
    pub lines: Vec<(OrderLineId, i64)>,
    /// Serial and lot numbers of what is handed over, unless they were read when it was made ready.
    pub units: Vec<NumberedUnits>,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Hands goods over. What is left stays ready. Errors: `FORBIDDEN` without `fulfillment.work`, `NOT_FOUND`,
/// `INVALID_CODE` for a wrong code or name, `THROTTLED`, `INVALID_QUANTITY`, `INVALID_TRANSITION` when it is not ready (any
/// more), `UNIT_NUMBERS_REQUIRED` for goods whose units have numbers that nobody read, what numbers must be (see
/// [`unit::checked`] and [`unit::take`]), `IDEMPOTENCY_KEY_REUSED`.
pub async fn collect(ctx: &Ctx, input: Collect) -> Result<pickup::Model> {
    let scope = access::work_scope(ctx)?;
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&input)?;
    let Proof::Code(code) = &input.proof else {
        let id = input.pickup_id.ok_or_else(|| Error::invalid(ErrorCode::Required, "input.pickupId"))?;
        return hand_over(ctx, &scope, id, &input, (&key, &hash)).await;
    };
    let attempt = throttle::begin(ctx, tries(ctx, &input)).await?;
    let result = match by_code(ctx, &scope, &input, code).await? {
        Some(id) => hand_over(ctx, &scope, id, &input, (&key, &hash)).await,
        None => Err(wrong_code()),
    };
    match result {
        Err(error) if error.code() == ErrorCode::InvalidCode => {
            throttle::failed(ctx, &attempt).await?;
            Err(error)
        }
        result => {
            let attempt = &attempt;
            ctx.write(|tx| async move { throttle::succeeded(&tx, attempt).await }).await?;
            result
        }
    }
}

fn wrong_code() -> Error {
    Error::invalid(ErrorCode::InvalidCode, "input.code")
}

/// Who tries: the member of staff or app, at this store.
fn tries(ctx: &Ctx, input: &Collect) -> Vec<Key> {
    let place = input.location_id.map_or_else(String::new, |id| id.to_string());
    vec![Key::new(ctx, "pickup-code", &format!("{}:{place}", ctx.actor.key()), TRIES)]
}

/// The pickup that a code opens, at the stores where the actor works; one that was just collected is found too, so that a
/// call can be repeated.
async fn by_code(ctx: &Ctx, scope: &Scope, input: &Collect, given: &str) -> Result<Option<PickupId>> {
    let till = match ctx.actor.till().filter(|_| input.location_id.is_none()) {
        Some(till) => register::Entity::find_by_id(till.register_id).one(&ctx.db()).await?,
        None => None,
    };
    let store = input.location_id.or(till.map(|till| till.location_id));
    let of_pickup = match input.pickup_id {
        Some(id) => pickup::Entity::find_by_id(id).one(&ctx.db()).await?,
        None => None,
    };
    let Some(store) = of_pickup.as_ref().map(|pickup| pickup.location_id).or(store) else {
        return Err(Error::invalid(ErrorCode::Required, "input.locationId"));
    };
    if !scope.allows_location(store) {
        return Err(Error::not_found("location"));
    }
    let hash = code::hash(&ctx.services.secrets, store, given);
    let found = pickup::Entity::find()
        .filter(pickup::Column::LocationId.eq(store))
        .filter(pickup::Column::CodeHash.eq(hash.as_str()))
        .order_by_desc(pickup::Column::Id)
        .all(&ctx.db())
        .await?;
    let fits = |pickup: &&pickup::Model| {
        input.pickup_id.is_none_or(|id| id == pickup.id)
            && pickup.code_hash.as_deref().is_some_and(|kept| code::equal(kept, &hash))
    };
    Ok(found.iter().find(fits).map(|pickup| pickup.id))
}

async fn hand_over(
    ctx: &Ctx,
    scope: &Scope,
    id: PickupId,
    input: &Collect,
    (key, hash): (&String, &String),
) -> Result<pickup::Model> {
    ctx.write(|tx| async move {
        let tx = &tx;
        let mut locked = lock(tx, id).await?;
        access::check_store(scope, &locked.pickup)?;
        if let Claim::Replayed(_) = idempotency::claim(tx, "pickupCollect", key, hash, id.uuid()).await? {
            return Ok(locked.pickup);
        }
        locked.check(PickupAction::CollectPart)?;
        let (proof, name) = prove(tx, &locked, &input.proof).await?;
        give(tx, &mut locked, input).await?;
        locked.pickup.proof = Some(proof);
        locked.pickup.collected_by = name.or(locked.pickup.collected_by.take());
        finish(tx, &mut locked).await?;
        Box::pin(capture_due(tx, std::slice::from_ref(&locked.order))).await?;
        orders::refresh(tx, locked.order.id).await?;
        Ok(locked.pickup)
    })
    .await
}

/// Error: `INVALID_CODE`.
async fn prove(tx: &Tx, locked: &Locked, proof: &Proof) -> Result<(PickupProof, Option<String>)> {
    match proof {
        Proof::Code(given) => {
            let hash = code::hash(&tx.ctx().services.secrets, locked.pickup.location_id, given);
            let right = locked.pickup.code_hash.as_deref().is_some_and(|kept| code::equal(kept, &hash));
            if right { Ok((PickupProof::Code, None)) } else { Err(wrong_code()) }
        }
        Proof::Person(name) => {
            let name = text::required_line("input.personName", name, text::LINE)?;
            let plain = |name: &str| text::fold(name).replace(' ', "");
            let known = names(tx, locked).await?;
            if known.iter().any(|known| plain(known) == plain(&name)) {
                return Ok((PickupProof::NamedPerson, Some(name)));
            }
            Err(Error::invalid(ErrorCode::InvalidCode, "input.personName"))
        }
    }
}

/// Who may collect: the named collector, the contact, the customer, whoever is billed; family name first or last.
async fn names(tx: &Tx, locked: &Locked) -> Result<Vec<String>> {
    let order = &locked.order;
    let mut names: Vec<String> =
        [&locked.pickup.collector_name, &order.contact_name].into_iter().flatten().cloned().collect();
    let customer = match order.customer_id {
        Some(id) => customer::Entity::find_by_id(id).one(tx).await?,
        None => None,
    };
    let addresses = [&order.billing_address, &order.shipping_address].into_iter().flatten();
    let people = addresses
        .map(|address| (address.family_name.clone(), address.given_name.clone()))
        .chain(customer.map(|customer| (customer.family_name, customer.given_name)));
    for (family, given) in people {
        names.push(format!("{family} {given}"));
        names.push(format!("{given} {family}"));
    }
    names.retain(|name| !name.trim().is_empty());
    Ok(names)
}

/// Stock leaves, work and order count it.
async fn give(tx: &Tx, locked: &mut Locked, input: &Collect) -> Result<()> {
    let all = WorkUnits::read(tx, &locked.lines).await?;
    let units: BTreeMap<OrderLineId, i64> = all.chosen(&input.lines)?;
    let location = locked.pickup.location_id;
    let payload = json!({ "order_id": locked.order.id, "location_id": location, "units": units.values().sum::<i64>() });
    let event_id = locked.tell(tx, "pickup_handed_over", payload);
    let step = (MovementKind::Dispatched, Some(StockState::Committed), None);
    let parts = all.parts(&units);
    numbers::hand_over(tx, locked, &parts, &unit::checked(&input.units)?).await?;
    for (row, _, count, _) in &parts {
        if let Some(line) = locked.lines.iter_mut().find(|line| line.id == *row) {
            line.fulfilled += count;
        }
    }
    let rows: Vec<_> = locked.lines.iter().map(|line| (line.id, line.fulfilled)).collect();
    units::set(tx, Column::Fulfilled, &rows).await?;
    orders::units::add(tx, order_line::Column::Fulfilled, &units).await?;
    inventory::post(tx, &all.movements(&units, location, step, event_id)).await
}

async fn finish(tx: &Tx, locked: &mut Locked) -> Result<()> {
    let left = locked.lines.iter().any(|line| line.fulfilled + line.rejected < line.quantity);
    if left {
        return locked.go(tx, PickupAction::CollectPart).await;
    }
    locked.work = work::transition(tx, locked.work.clone(), FulfillmentOrderAction::Dispatch).await?;
    locked.pickup.collected_at = Some(tx.now());
    debug_assert_eq!(locked.pickup.status, PickupStatus::Ready);
    locked.go(tx, PickupAction::Collect).await
}
