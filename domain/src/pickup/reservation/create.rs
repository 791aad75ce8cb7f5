//! Asking a store to keep something.

use std::collections::BTreeMap;

use entity::id::{ChannelId, CustomerId, LocationId, StoreReservationId, StoreReservationLineId, VariantId};
use entity::words::{IdentifierKind, StoreReservationStatus};
use entity::{customer, customer_identifier, store_reservation, store_reservation_line};
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::{KEEP_DAYS, MAX_OPEN, MAX_UNITS, hash, make_code};
use crate::customer::identifier::{normalize_email, normalize_phone_at};
use crate::inventory::hold::{self, Aside};
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx, language, text};
use crate::pickup::keep;
use crate::{channel as channels, inventory};

/// What a store shall keep.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Create {
    /// The store.
    pub location_id: LocationId,
    /// Where it is asked for.
    pub channel_id: ChannelId,
    /// What.
    pub lines: Vec<ReserveLine>,
    /// Name to ask for; the customer's when empty.
    pub name: String,
    /// Where the confirmation goes; needed from guests.
    pub email: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// Language of the mails (BCP 47).
    pub locale: Option<String>,
    /// For the store.
    pub note: String,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Units of one variant.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ReserveLine {
    /// What; bundles are not put aside.
    pub variant_id: VariantId,
    /// Units.
    pub quantity: i64,
}

/// Puts goods aside in a store, without payment. Errors: `REQUIRED`, `CONTACT_REQUIRED` for a guest without e-mail address,
/// `INVALID_QUANTITY` beyond [`MAX_UNITS`], `TOO_MANY` open reservations of one person, `PICKUP_UNAVAILABLE`, `NOT_FOUND`,
/// `INSUFFICIENT_STOCK`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn create(ctx: &Ctx, input: Create) -> Result<store_reservation::Model> {
    let key = idempotency::checked_key(&input.idempotency_key)?;
    let hash = idempotency::request_hash(&input)?;
    let units = units(&input.lines)?;
    let person = Person::checked(ctx, &input)?;
    let note = text::note("input.note", &input.note, text::NOTE)?;
    let (input, key, hash, units, person, note) = (&input, &key, &hash, &units, &person, &note);
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = StoreReservationId(tx.new_uuid());
        let owner = person.owner();
        let claim = idempotency::claim_as(tx, &owner, "storeReservationCreate", key, hash, id.uuid()).await?;
        if let Claim::Replayed(first) = claim {
            let found = store_reservation::Entity::find_by_id(StoreReservationId(first)).one(tx).await?;
            return found.ok_or(Error::not_found("storeReservation"));
        }
        let person = person.clone().named(tx).await?;
        check_open(tx, &person).await?;
        put(tx, id, input, units, (person, note.clone())).await
    })
    .await
}

fn units(lines: &[ReserveLine]) -> Result<BTreeMap<VariantId, i64>> {
    if lines.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "input.lines"));
    }
    let mut units: BTreeMap<VariantId, i64> = BTreeMap::new();
    let mut all = 0_i64;
    for (index, line) in lines.iter().enumerate() {
        all = all.saturating_add(line.quantity);
        if line.quantity < 1 || all > MAX_UNITS {
            let (path, max) = (format!("input.lines.{index}.quantity"), vec![("max", MAX_UNITS.to_string())]);
            return Err(Error::invalid_with(ErrorCode::InvalidQuantity, path, max));
        }
        *units.entry(line.variant_id).or_default() += line.quantity;
    }
    Ok(units)
}

/// For whom goods are kept.
#[derive(Clone, Debug)]
struct Person {
    customer_id: Option<CustomerId>,
    name: String,
    email: Option<String>,
    phone: Option<String>,
    locale: String,
}

impl Person {
    fn checked(ctx: &Ctx, input: &Create) -> Result<Self> {
        let customer_id = ctx.actor.customer_id();
        let email = input.email.as_deref().map(normalize_email).transpose()?;
        let phone = input.phone.as_deref().map(|it| normalize_phone_at("input.phone", it, "JP")).transpose()?;
        if customer_id.is_none() && email.is_none() {
            return Err(Error::invalid(ErrorCode::ContactRequired, "input.email"));
        }
        let name = if customer_id.is_some() {
            text::line("input.name", &input.name, text::LINE)?
        } else {
            text::required_line("input.name", &input.name, text::LINE)?
        };
        let locale = input.locale.clone().unwrap_or_else(|| ctx.locale.to_string());
        if !language::is_locale(&locale) {
            return Err(Error::invalid(ErrorCode::InvalidLocale, "input.locale"));
        }
        Ok(Self { customer_id, name, email, phone, locale })
    }

    /// Under whose name keys are kept.
    fn owner(&self) -> String {
        match (self.customer_id, &self.email) {
            (Some(id), _) => format!("CUSTOMER:{}", id.uuid()),
            (None, email) => format!("GUEST:{}", email.as_deref().unwrap_or_default()),
        }
    }

    /// Fills in what a signed-in customer's record says. The customer's row is locked, so that two requests at once cannot
    /// both be the last one allowed.
    async fn named(mut self, tx: &Tx) -> Result<Self> {
        let Some(id) = self.customer_id else { return Ok(self) };
        let found = customer::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?;
        let customer = found.ok_or(Error::not_found("customer"))?;
        if self.name.is_empty() {
            self.name = format!("{} {}", customer.family_name, customer.given_name).trim().to_owned();
        }
        if self.email.is_none() {
            use customer_identifier::Column;
            let mail = customer_identifier::Entity::find()
                .filter(Column::CustomerId.eq(id))
                .filter(Column::Kind.eq(IdentifierKind::Email))
                .filter(Column::VerifiedAt.is_not_null());
            self.email = mail.one(tx).await?.map(|found| found.value);
        }
        Ok(self)
    }
}

/// Error: `TOO_MANY`.
async fn check_open(tx: &Tx, person: &Person) -> Result<()> {
    use store_reservation::Column;
    let mine = match (person.customer_id, &person.email) {
        (Some(id), _) => Column::CustomerId.eq(id),
        (None, email) => Column::Email.eq(email.clone()),
    };
    let open = store_reservation::Entity::find().filter(Column::Status.eq(StoreReservationStatus::Open)).filter(mine);
    if open.count(tx).await? < MAX_OPEN {
        return Ok(());
    }
    Err(Error::invalid_with(ErrorCode::TooMany, "input", vec![("max", MAX_OPEN.to_string())]))
}

async fn put(
    tx: &Tx,
    id: StoreReservationId,
    input: &Create,
    units: &BTreeMap<VariantId, i64>,
    (person, note): (Person, String),
) -> Result<store_reservation::Model> {
    let serving = channels::query::locations(tx, input.channel_id).await?;
    let store = serving.into_iter().map(|(location, _)| location).find(|location| location.id == input.location_id);
    let store = store.ok_or(Error::not_found("location"))?;
    if !store.active || !store.pickup_enabled {
        return Err(Error::invalid(ErrorCode::PickupUnavailable, "input.locationId"));
    }
    let secrets = &tx.ctx().services.secrets;
    let row = store_reservation::Model {
        id,
        location_id: store.id,
        channel_id: input.channel_id,
        customer_id: person.customer_id,
        name: person.name,
        email: person.email,
        phone: person.phone,
        locale: person.locale,
        status: StoreReservationStatus::Open,
        code_hash: hash(secrets, store.id, &make_code(secrets, id)),
        note,
        expires_at: keep::until(&store, tx.now(), KEEP_DAYS),
        reminded_at: None,
        closed_at: None,
        order_id: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    let event = NewEvent::new("store_reservation_created", "store_reservation", id.uuid()).customer(row.customer_id);
    let event_id = tx.event(event.payload(json!({ "location_id": store.id, "units": units.values().sum::<i64>() })));
    let wanted: Vec<_> = units.iter().map(|(variant, count)| (*variant, *count)).collect();
    inventory::check_subject(tx, &[store.id], &units.keys().copied().collect::<Vec<_>>()).await?;
    let holds =
        hold::put_lines(tx, Aside { location_id: store.id, expires_at: row.expires_at, event_id }, &wanted).await?;
    store_reservation::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    let lines = holds.iter().map(|hold| {
        let line = store_reservation_line::Model {
            id: StoreReservationLineId(tx.new_uuid()),
            store_reservation_id: id,
            variant_id: hold.variant_id,
            quantity: hold.quantity,
            stock_hold_id: Some(hold.id),
        };
        line.into_active_model().reset_all()
    });
    store_reservation_line::Entity::insert_many(lines).exec_without_returning(tx).await?;
    Ok(row)
}
