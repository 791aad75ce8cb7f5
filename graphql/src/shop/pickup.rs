//! Collecting in a store, as the customer sees it.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::pickup::choose::{self, Choose};
use domain::pickup::reservation::{self, Create, ReserveLine};
use domain::pickup::{access, arrive, extend, renew_code};
use domain::{ErrorCode, Result};
use entity::words::PickupChoice;

use super::channel;
use crate::context::ctx_of;
use crate::error::{UserError, outcome};
use crate::node::address::AddressInput;
use crate::node::pickup::Pickup;
use crate::node::store_reservation::StoreReservation;
use crate::payload;
use crate::scalar::{parse_id, parse_optional_id};
use crate::shop::order::required_key;
use crate::word::Word;

/// A pickup, and the secret of the mail's link; the link is not needed by its signed-in customer or with `X-Order-Token`.
#[derive(Clone, Debug, InputObject)]
pub struct PickupVisitInput {
    /// The pickup.
    pub pickup_id: ID,
    /// The secret of the link.
    pub token: Option<String>,
}

/// "I am here."
#[derive(Clone, Debug, InputObject)]
pub struct PickupArrivedInput {
    /// The pickup.
    pub pickup_id: ID,
    /// The secret of the link.
    pub token: Option<String>,
    /// Parking space, color of the car; 200 characters at most.
    pub note: Option<String>,
}

/// What to do after the store fell short.
#[derive(Clone, Debug, InputObject)]
pub struct PickupChooseInput {
    /// The pickup.
    pub pickup_id: ID,
    /// The secret of the link.
    pub token: Option<String>,
    /// The choice.
    pub choice: Word<PickupChoice>,
    /// The other store, for `OTHER_STORE`.
    pub location_id: Option<ID>,
    /// Where to ship, for `SHIP`; the order's address when left out. Shipping costs nothing more.
    pub address: Option<AddressInput>,
}

/// Units of one variant.
#[derive(Clone, Debug, InputObject)]
pub struct StoreReservationLineInput {
    /// What.
    pub variant_id: ID,
    /// Units.
    pub quantity: i64,
}

/// What a store shall keep, without payment.
#[derive(Clone, Debug, InputObject)]
pub struct StoreReservationCreateInput {
    /// The store.
    pub location_id: ID,
    /// What; ten units at most.
    pub lines: Vec<StoreReservationLineInput>,
    /// Name to ask for; yours when signed in.
    #[graphql(default)]
    pub name: String,
    /// Where the confirmation goes; needed from guests.
    pub email: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// Language of the mails.
    pub locale: Option<String>,
    /// For the store.
    #[graphql(default)]
    pub note: String,
    /// The channel's code; else `X-Channel`, else the default web shop.
    pub channel: Option<String>,
    /// Repeating the call with the same key keeps nothing twice. The header `Idempotency-Key` stands in for it.
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

/// What a store keeps.
#[derive(Debug, SimpleObject)]
pub struct StoreReservationPayload {
    /// The reservation.
    pub reservation: Option<StoreReservation>,
    /// What kept it from being done; empty when it was done.
    pub errors: Vec<UserError>,
}

/// Collecting in a store.
#[derive(Clone, Copy, Debug, Default)]
pub struct PickupQuery;

/// Collecting in a store.
#[Object]
impl PickupQuery {
    /// A pickup of yours, or the one whose link you have; null when there is none.
    async fn pickup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The pickup.")] id: ID,
        #[graphql(desc = "The secret of the mail's link.")] token: Option<String>,
    ) -> Result<Option<Pickup>> {
        match access::visible(ctx_of(ctx), parse_id(&id, "id")?, token.as_deref()).await {
            Ok(found) => Ok(Some(Pickup(found))),
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidCode) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Collecting in a store.
#[derive(Clone, Copy, Debug, Default)]
pub struct PickupMutation;

/// Collecting in a store.
#[Object]
impl PickupMutation {
    /// Says that you are there: the store sees it at once.
    async fn pickup_arrived(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The pickup, and where you stand.")] input: PickupArrivedInput,
    ) -> Result<PickupPayload> {
        let changed = match parse_id(&input.pickup_id, "input.pickupId") {
            Ok(id) => arrive::arrive(ctx_of(ctx), id, input.token.as_deref(), input.note.as_deref()).await,
            Err(error) => Err(error),
        };
        PickupPayload::of(ctx, changed)
    }

    /// Keeps a pickup three days longer, once.
    async fn pickup_extend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The pickup.")] input: PickupVisitInput,
    ) -> Result<PickupPayload> {
        let changed = match parse_id(&input.pickup_id, "input.pickupId") {
            Ok(id) => extend::extend(ctx_of(ctx), id, input.token.as_deref(), None).await,
            Err(error) => Err(error),
        };
        PickupPayload::of(ctx, changed)
    }

    /// Mails a new code; the one before works no more.
    async fn pickup_code_renew(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The pickup.")] input: PickupVisitInput,
    ) -> Result<PickupPayload> {
        let changed = match parse_id(&input.pickup_id, "input.pickupId") {
            Ok(id) => renew_code::renew_code(ctx_of(ctx), id, input.token.as_deref()).await,
            Err(error) => Err(error),
        };
        PickupPayload::of(ctx, changed)
    }

    /// Chooses again after a store fell short, once and in time.
    async fn pickup_choose(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The pickup and the choice.")] input: PickupChooseInput,
    ) -> Result<PickupPayload> {
        let changed = match choose_input(input) {
            Ok(input) => choose::choose(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        PickupPayload::of(ctx, changed)
    }

    /// Asks a store to keep something until closing time of the day after tomorrow, without payment. The code to show there
    /// comes by mail, so that only who owns the address gets it.
    async fn store_reservation_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What, where and for whom.")] input: StoreReservationCreateInput,
    ) -> Result<StoreReservationPayload> {
        let created = match create_input(ctx, input).await {
            Ok(input) => reservation::create(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        let (created, errors) = outcome(ctx, created)?;
        Ok(StoreReservationPayload { reservation: created.map(StoreReservation), errors })
    }

    /// Gives one of your reservations up.
    async fn store_reservation_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The reservation.")] input: StoreReservationCancelInput,
    ) -> Result<StoreReservationPayload> {
        let changed = match parse_id(&input.reservation_id, "input.reservationId") {
            Ok(id) => reservation::cancel(ctx_of(ctx), id).await,
            Err(error) => Err(error),
        };
        let (changed, errors) = outcome(ctx, changed)?;
        Ok(StoreReservationPayload { reservation: changed.map(StoreReservation), errors })
    }
}

fn choose_input(input: PickupChooseInput) -> Result<Choose> {
    Ok(Choose {
        pickup_id: parse_id(&input.pickup_id, "input.pickupId")?,
        token: input.token,
        choice: input.choice.0,
        location_id: parse_optional_id(input.location_id.as_ref(), "input.locationId")?,
        address: input.address.map(Into::into),
    })
}

async fn create_input(ctx: &Context<'_>, input: StoreReservationCreateInput) -> Result<Create> {
    let line = |(index, line): (usize, StoreReservationLineInput)| {
        let variant_id = parse_id(&line.variant_id, &format!("input.lines.{index}.variantId"))?;
        Ok(ReserveLine { variant_id, quantity: line.quantity })
    };
    Ok(Create {
        location_id: parse_id(&input.location_id, "input.locationId")?,
        channel_id: channel::required(ctx, input.channel).await?.id,
        lines: input.lines.into_iter().enumerate().map(line).collect::<Result<_>>()?,
        name: input.name,
        email: input.email,
        phone: input.phone,
        locale: input.locale,
        note: input.note,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}
