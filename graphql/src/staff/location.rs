//! Locations and tills.

mod input;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, OneofObject};
use domain::Result;
use domain::location::{self, register};
use entity::id::LocationId;

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::loader::load;
use crate::node::location::{Location, LocationConnection};
use crate::node::register::{Register, RegisterConnection};
use crate::payload;
use crate::scalar::{MoneyInput, parse_id, parse_optional_id};

pub use input::LocationUpsertInput;

/// How to find one location.
#[derive(Clone, Debug, OneofObject)]
pub enum LocationLookup {
    /// By id.
    Id(ID),
    /// By its stable name.
    Code(String),
}

/// A till as it should be.
#[derive(Clone, Debug, InputObject)]
pub struct RegisterUpsertInput {
    /// Which one to change; without it the one of this code, else a new one.
    pub id: Option<ID>,
    /// Stable name.
    pub code: String,
    /// Name shown to staff.
    pub name: String,
    /// Where it stands.
    pub location_id: ID,
    /// The channel it sells for, of kind `POS`.
    pub channel_id: ID,
    /// Whether it may sell.
    #[graphql(default = true)]
    pub active: bool,
    /// Whether it sells only while its drawer is open; as it is when left out.
    pub requires_session: Option<bool>,
    /// Cash that staff may take out alone at once; null for any amount, as it is when left out.
    pub cash_limit: MaybeUndefined<MoneyInput>,
}

impl RegisterUpsertInput {
    fn read(self) -> Result<register::UpsertRegister> {
        Ok(register::UpsertRegister {
            id: parse_optional_id(self.id.as_ref(), "input.id")?,
            code: self.code,
            name: self.name,
            location_id: parse_id(&self.location_id, "input.locationId")?,
            channel_id: parse_id(&self.channel_id, "input.channelId")?,
            active: self.active,
            requires_session: self.requires_session,
            cash_limit: match self.cash_limit {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(limit) => Some(Some(limit.money("input.cashLimit")?.minor)),
            },
        })
    }
}

payload! {
    /// The location after the change.
    pub struct LocationPayload {
        /// The location.
        location: Location,
    }
}

payload! {
    /// The till after the change.
    pub struct RegisterPayload {
        /// The till.
        register: Register,
    }
}

/// Queries about locations and tills.
#[derive(Debug, Default)]
pub struct LocationQuery;

#[Object]
impl LocationQuery {
    /// One location; null when there is none.
    async fn location(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] by: LocationLookup,
    ) -> Result<Option<Location>> {
        match by {
            LocationLookup::Id(id) => load(ctx, parse_id::<LocationId>(&id, "by.id")?).await,
            LocationLookup::Code(code) => Ok(location::query::by_code(&ctx_of(ctx).db(), &code).await?.map(Location)),
        }
    }

    /// All locations, newest first.
    async fn locations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<LocationConnection> {
        let request = page_request(first, after, last, before)?;
        let db = ctx_of(ctx).db();
        let page = location::query::page(&db, None, &request).await?;
        let all = count(db, |db| async move { location::query::count(&db, None).await });
        Ok(LocationConnection::new(page.map(Location), all))
    }

    /// Tills, newest first.
    async fn registers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<RegisterConnection> {
        let request = page_request(first, after, last, before)?;
        let db = ctx_of(ctx).db();
        let page = register::page(&db, None, &request).await?;
        let all = count(db, |db| async move { register::count(&db, None).await });
        Ok(RegisterConnection::new(page.map(Register), all))
    }
}

/// Changes of locations and tills.
#[derive(Debug, Default)]
pub struct LocationMutation;

#[Object]
impl LocationMutation {
    /// Creates a location or changes it as a whole. Found by id, else by code.
    async fn location_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The location as it should be.")] input: LocationUpsertInput,
    ) -> Result<LocationPayload> {
        let done = match input.read() {
            Ok(input) => location::upsert(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        LocationPayload::of(ctx, done)
    }

    /// Creates a till or changes it as a whole. Found by id, else by code.
    async fn register_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The till as it should be.")] input: RegisterUpsertInput,
    ) -> Result<RegisterPayload> {
        let done = match input.read() {
            Ok(input) => register::upsert(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        RegisterPayload::of(ctx, done)
    }
}
