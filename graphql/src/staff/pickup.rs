//! The counter: what customers collect, and what is kept for them.

use async_graphql::{Context, ID, InputObject, Object};
use domain::Result;
use domain::pickup::collect::{self, Collect, Proof};
use domain::pickup::query::{self, PickupFilter};
use domain::pickup::ready::{self, MakeReady, ShortLine};
use domain::pickup::reservation::query::ReservationFilter;
use domain::pickup::{cancel, extend, prepare, renew_code, reservation};
use domain::{Error, ErrorCode};
use entity::words::{PickupStatus, RejectionEffect, RejectionReason, StoreReservationStatus};

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::pickup::{Pickup, PickupConnection};
use crate::node::store_reservation::{StoreReservation, StoreReservationConnection};
use crate::payload;
use crate::scalar::{parse_id, parse_ids, parse_optional_id};
use crate::shop::order::required_key;
use crate::staff::storage::StockUnitInput;
use crate::word::Word;

/// Which pickups are wanted; what is left out asks for nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub struct PickupFilterInput {
    /// At these stores.
    #[graphql(default)]
    pub location_ids: Vec<ID>,
    /// In these states.
    #[graphql(default)]
    pub statuses: Vec<Word<PickupStatus>>,
    /// Only where the customer waits outside.
    #[graphql(default)]
    pub arrived: bool,
}

/// Which reservations are wanted; what is left out asks for nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub struct StoreReservationFilterInput {
    /// At these stores.
    #[graphql(default)]
    pub location_ids: Vec<ID>,
    /// In these states.
    #[graphql(default)]
    pub statuses: Vec<Word<StoreReservationStatus>>,
}

/// A pickup, as it was read.
#[derive(Clone, Debug, InputObject)]
pub struct PickupInput {
    /// The pickup.
    pub pickup_id: ID,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
}

/// Units that are not there.
#[derive(Clone, Debug, InputObject)]
pub struct PickupShortLineInput {
    /// The line of the order.
    pub order_line_id: ID,
    /// Units; bundles whole.
    pub quantity: i64,
    /// Why.
    pub reason: Word<RejectionReason>,
    /// What it does to stock; what cannot be found or sold is written off when left out. `ZERO` is refused.
    pub stock_effect: Option<Word<RejectionEffect>>,
    /// In words.
    pub note: Option<String>,
}

/// A pickup that lies ready, and what of it does not.
#[derive(Clone, Debug, InputObject)]
pub struct PickupReadyInput {
    /// The pickup.
    pub pickup_id: ID,
    /// What is not there: the customer chooses again about it.
    #[graphql(default)]
    pub short: Vec<PickupShortLineInput>,
    /// Serial and lot numbers of what lies ready; they may also be read when it is handed over.
    #[graphql(default)]
    pub units: Vec<StockUnitInput>,
    /// Serial and lot numbers of short units that are written off.
    #[graphql(default)]
    pub missing_units: Vec<StockUnitInput>,
    /// The version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// Repeating the call with the same key does nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// Units of a line of an order.
#[derive(Clone, Debug, InputObject)]
pub struct PickupUnitsInput {
    /// The line of the order.
    pub order_line_id: ID,
    /// Units; bundles whole.
    pub quantity: i64,
}

/// Goods that are handed over: by the code, or to a person whose name is known.
#[derive(Clone, Debug, InputObject)]
pub struct PickupCollectInput {
    /// The pickup; the code tells when left out.
    pub pickup_id: Option<ID>,
    /// The store at which the code is shown; the till's when left out.
    pub location_id: Option<ID>,
    /// The one-time code, typed or scanned.
    pub code: Option<String>,
    /// Instead of the code: who stands there. You have seen who it is.
    pub person_name: Option<String>,
    /// What is handed over; everything when empty.
    #[graphql(default)]
    pub lines: Vec<PickupUnitsInput>,
    /// Serial and lot numbers of what is handed over, unless they were read when it was made ready.
    #[graphql(default)]
    pub units: Vec<StockUnitInput>,
    /// Repeating the call with the same key hands over nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// A reservation to give up.
#[derive(Clone, Debug, InputObject)]
pub struct StoreReservationCancelInput {
    /// The reservation.
    pub reservation_id: ID,
}

payload! {
    /// A pickup after a change.
    pub struct PickupPayload {
        /// The pickup.
        pickup: Pickup,
    }
}

payload! {
    /// A reservation after a change.
    pub struct StoreReservationPayload {
        /// The reservation.
        reservation: StoreReservation,
    }
}

/// What waits at counters.
#[derive(Clone, Copy, Debug, Default)]
pub struct PickupQuery;

/// What waits at counters.
#[Object]
impl PickupQuery {
    /// A pickup at a store where you work; null when there is none.
    async fn pickup(&self, ctx: &Context<'_>, #[graphql(desc = "The pickup.")] id: ID) -> Result<Option<Pickup>> {
        Ok(query::find(ctx_of(ctx), parse_id(&id, "id")?).await?.map(Pickup))
    }

    /// The pickups of the stores where you work, newest first.
    #[graphql(complexity = "first.or(last).unwrap_or(20).max(1) as usize * child_complexity")]
    async fn pickups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.", default)] filter: PickupFilterInput,
        #[graphql(desc = "How many from the start; 20 when nothing is said, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<PickupConnection> {
        let filter = pickup_filter(filter)?;
        let page = query::page(ctx_of(ctx), &filter, &page_request(first, after, last, before)?).await?;
        let state = (ctx_of(ctx).clone(), filter);
        let all = count(state, |(ctx, filter)| async move { query::count(&ctx, &filter).await });
        Ok(PickupConnection::new(page.map(Pickup), all))
    }

    /// What the stores where you work keep for people without payment, newest first.
    #[graphql(complexity = "first.or(last).unwrap_or(20).max(1) as usize * child_complexity")]
    async fn store_reservations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.", default)] filter: StoreReservationFilterInput,
        #[graphql(desc = "How many from the start; 20 when nothing is said, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<StoreReservationConnection> {
        let filter = reservation_filter(filter)?;
        let request = page_request(first, after, last, before)?;
        let page = reservation::query::page(ctx_of(ctx), &filter, &request).await?;
        let state = (ctx_of(ctx).clone(), filter);
        let all = count(state, |(ctx, filter)| async move { reservation::query::count(&ctx, &filter).await });
        Ok(StoreReservationConnection::new(page.map(StoreReservation), all))
    }
}

fn pickup_filter(filter: PickupFilterInput) -> Result<PickupFilter> {
    Ok(PickupFilter {
        location_ids: parse_ids(&filter.location_ids, "filter.locationIds")?,
        statuses: filter.statuses.into_iter().map(|word| word.0).collect(),
        arrived: filter.arrived,
    })
}

fn reservation_filter(filter: StoreReservationFilterInput) -> Result<ReservationFilter> {
    Ok(ReservationFilter {
        location_ids: parse_ids(&filter.location_ids, "filter.locationIds")?,
        statuses: filter.statuses.into_iter().map(|word| word.0).collect(),
    })
}

/// Work at the counter.
#[derive(Clone, Copy, Debug, Default)]
pub struct PickupMutation;

/// Work at the counter.
#[Object]
impl PickupMutation {
    /// Begins to prepare a pickup.
    async fn pickup_start(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The pickup.")] input: PickupInput,
    ) -> Result<PickupPayload> {
        let changed = match parse_id(&input.pickup_id, "input.pickupId") {
            Ok(id) => prepare::start(ctx_of(ctx), id, input.expected_version).await,
            Err(error) => Err(error),
        };
        PickupPayload::of(ctx, changed)
    }

    /// Takes the beginning back: others may prepare it.
    async fn pickup_put_back(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The pickup.")] input: PickupInput,
    ) -> Result<PickupPayload> {
        let changed = match parse_id(&input.pickup_id, "input.pickupId") {
            Ok(id) => prepare::put_back(ctx_of(ctx), id, input.expected_version).await,
            Err(error) => Err(error),
        };
        PickupPayload::of(ctx, changed)
    }

    /// The goods lie ready: the customer gets a code by mail. What is short becomes a pickup of its own about which the
    /// customer chooses.
    async fn pickup_ready(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The pickup, and what is not there.")] input: PickupReadyInput,
    ) -> Result<PickupPayload> {
        let changed = match ready_input(ctx, input) {
            Ok(input) => ready::make_ready(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        PickupPayload::of(ctx, changed)
    }

    /// Units are not there; all of them when none is named. The customer chooses again.
    async fn pickup_short(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The pickup, and what is not there.")] input: PickupReadyInput,
    ) -> Result<PickupPayload> {
        let changed = match ready_input(ctx, input) {
            Ok(input) => ready::fall_short(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        PickupPayload::of(ctx, changed)
    }

    /// What was ready is prepared again; its code works no more.
    async fn pickup_unready(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The pickup.")] input: PickupInput,
    ) -> Result<PickupPayload> {
        let changed = match parse_id(&input.pickup_id, "input.pickupId") {
            Ok(id) => prepare::unready(ctx_of(ctx), id, input.expected_version).await,
            Err(error) => Err(error),
        };
        PickupPayload::of(ctx, changed)
    }

    /// Hands goods over, against the code or to a known person.
    async fn pickup_collect(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is handed over, and the proof.")] input: PickupCollectInput,
    ) -> Result<PickupPayload> {
        let changed = match collect_input(ctx, input) {
            Ok(input) => collect::collect(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        PickupPayload::of(ctx, changed)
    }

    /// Keeps a pickup three days longer; three times at most.
    async fn pickup_extend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The pickup.")] input: PickupInput,
    ) -> Result<PickupPayload> {
        let changed = match parse_id(&input.pickup_id, "input.pickupId") {
            Ok(id) => extend::extend(ctx_of(ctx), id, None, input.expected_version).await,
            Err(error) => Err(error),
        };
        PickupPayload::of(ctx, changed)
    }

    /// Mails a new code; the one before works no more.
    async fn pickup_code_renew(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The pickup.")] input: PickupInput,
    ) -> Result<PickupPayload> {
        let changed = match parse_id(&input.pickup_id, "input.pickupId") {
            Ok(id) => renew_code::renew_code(ctx_of(ctx), id, None).await,
            Err(error) => Err(error),
        };
        PickupPayload::of(ctx, changed)
    }

    /// Gives up what was not collected: goods and money go back.
    async fn pickup_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The pickup.")] input: PickupInput,
    ) -> Result<PickupPayload> {
        let changed = match parse_id(&input.pickup_id, "input.pickupId") {
            Ok(id) => cancel::cancel(ctx_of(ctx), id, input.expected_version).await,
            Err(error) => Err(error),
        };
        PickupPayload::of(ctx, changed)
    }

    /// Gives a reservation up: its goods are free again.
    async fn store_reservation_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The reservation.")] input: StoreReservationCancelInput,
    ) -> Result<StoreReservationPayload> {
        let changed = match parse_id(&input.reservation_id, "input.reservationId") {
            Ok(id) => reservation::cancel(ctx_of(ctx), id).await,
            Err(error) => Err(error),
        };
        StoreReservationPayload::of(ctx, changed)
    }
}

fn ready_input(ctx: &Context<'_>, input: PickupReadyInput) -> Result<MakeReady> {
    let short = |(index, line): (usize, PickupShortLineInput)| {
        Ok(ShortLine {
            order_line_id: parse_id(&line.order_line_id, &format!("input.short.{index}.orderLineId"))?,
            quantity: line.quantity,
            reason: line.reason.0,
            stock_effect: line.stock_effect.map(|word| word.0),
            note: line.note,
        })
    };
    Ok(MakeReady {
        pickup_id: parse_id(&input.pickup_id, "input.pickupId")?,
        units: StockUnitInput::read_all(input.units, "input.units")?,
        missing_units: StockUnitInput::read_all(input.missing_units, "input.missingUnits")?,
        short: input.short.into_iter().enumerate().map(short).collect::<Result<_>>()?,
        expected_version: input.expected_version,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}

fn collect_input(ctx: &Context<'_>, input: PickupCollectInput) -> Result<Collect> {
    let proof = match (input.code, input.person_name) {
        (Some(code), None) => Proof::Code(code),
        (None, Some(name)) => Proof::Person(name),
        (None, None) => return Err(Error::invalid(ErrorCode::Required, "input.code")),
        (Some(_), Some(_)) => return Err(Error::invalid(ErrorCode::Invalid, "input.personName")),
    };
    let units = |(index, line): (usize, PickupUnitsInput)| {
        Ok((parse_id(&line.order_line_id, &format!("input.lines.{index}.orderLineId"))?, line.quantity))
    };
    Ok(Collect {
        pickup_id: parse_optional_id(input.pickup_id.as_ref(), "input.pickupId")?,
        location_id: parse_optional_id(input.location_id.as_ref(), "input.locationId")?,
        proof,
        units: StockUnitInput::read_all(input.units, "input.units")?,
        lines: input.lines.into_iter().enumerate().map(units).collect::<Result<_>>()?,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}
