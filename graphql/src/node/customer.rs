//! Customers.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::customer::query;
use domain::messaging::query::Filter;
use domain::order::query as orders;
use domain::{Error, Result, stored_value};
use entity::id::CustomerId;
use entity::words::{ConsentChannel, ConsentPurpose, IdentifierKind, StoredValueKind};
use entity::{customer, customer_address, customer_consent, customer_identifier};

use super::address::Address;
use super::event::{Event, EventConnection};
use super::message::MessageConnection;
use super::message_list::{MessageFilterInput, listed};
use super::order::{Order, OrderConnection, for_staff};
use super::stored_value::StoredValueAccount;
use crate::connection;
use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::loader::{self, Rows};
use crate::metadata::{MetadataEntry, metadata};
use crate::scalar::{Date, Locale, id};
use crate::word::Word;

/// A customer.
#[derive(Clone, Debug)]
pub struct Customer(pub customer::Model);

impl From<customer::Model> for Customer {
    fn from(row: customer::Model) -> Self {
        Self(row)
    }
}

connection!(CustomerConnection, CustomerEdge, Customer, "customers");

/// Something that identifies a customer.
#[derive(Clone, Debug, SimpleObject)]
pub struct CustomerIdentifier {
    /// What kind.
    pub kind: Word<IdentifierKind>,
    /// The value, normalized.
    pub value: String,
    /// Since when it is known to be the customer's; null while it was only typed.
    pub verified_at: Option<DateTime<Utc>>,
}

/// An address of a customer's book.
#[derive(Clone, Debug, SimpleObject)]
pub struct CustomerAddress {
    /// Id.
    pub id: ID,
    /// The address.
    pub address: Address,
    /// Offered first.
    pub is_default: bool,
}

impl From<customer_address::Model> for CustomerAddress {
    fn from(row: customer_address::Model) -> Self {
        Self { id: id(row.id), address: Address(row.address), is_default: row.is_default }
    }
}

/// What a customer agreed to, or refused.
#[derive(Clone, Debug, SimpleObject)]
pub struct CustomerConsent {
    /// By which channel.
    pub channel: Word<ConsentChannel>,
    /// For what.
    pub purpose: Word<ConsentPurpose>,
    /// Yes or no.
    pub granted: bool,
    /// Where it was given.
    pub source: String,
    /// Which wording was shown.
    pub text_version: String,
    /// When.
    pub recorded_at: DateTime<Utc>,
}

impl From<customer_consent::Model> for CustomerConsent {
    fn from(row: customer_consent::Model) -> Self {
        Self {
            channel: Word(row.channel),
            purpose: Word(row.purpose),
            granted: row.granted,
            source: row.source,
            text_version: row.text_version,
            recorded_at: row.recorded_at,
        }
    }
}

/// One record per person, whichever channel they use.
#[Object]
impl Customer {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The store credit, one account per currency.
    async fn store_credit(&self, ctx: &Context<'_>) -> Result<Vec<StoredValueAccount>> {
        accounts_of(ctx, self.0.id, StoredValueKind::StoreCredit).await
    }

    /// The points, one account per currency of what they are worth.
    async fn points(&self, ctx: &Context<'_>) -> Result<Vec<StoredValueAccount>> {
        accounts_of(ctx, self.0.id, StoredValueKind::Points).await
    }

    /// Family name.
    async fn family_name(&self) -> &str {
        &self.0.family_name
    }

    /// Given name.
    async fn given_name(&self) -> &str {
        &self.0.given_name
    }

    /// Reading of the family name, in katakana.
    async fn family_name_kana(&self) -> &str {
        &self.0.family_name_kana
    }

    /// Reading of the given name, in katakana.
    async fn given_name_kana(&self) -> &str {
        &self.0.given_name_kana
    }

    /// Preferred language.
    async fn locale(&self) -> Locale {
        Locale(self.0.locale.clone())
    }

    /// Time zone by its IANA name.
    async fn time_zone(&self) -> Option<&str> {
        self.0.time_zone.as_deref()
    }

    /// Birthday.
    async fn birth_on(&self) -> Option<Date> {
        self.0.birth_on.map(Date)
    }

    /// Whether a password signs in.
    async fn has_password(&self) -> bool {
        self.0.password_hash.is_some()
    }

    /// How the person is known, oldest first.
    async fn identifiers(&self, ctx: &Context<'_>) -> Result<Vec<CustomerIdentifier>> {
        let rows = loader::load(ctx, IdentifiersOf(self.0.id)).await?.unwrap_or_default();
        let show = |row: customer_identifier::Model| CustomerIdentifier {
            kind: Word(row.kind),
            value: row.value,
            verified_at: row.verified_at,
        };
        Ok(rows.into_iter().map(show).collect())
    }

    /// Addresses, the default first.
    async fn addresses(&self, ctx: &Context<'_>) -> Result<Vec<CustomerAddress>> {
        let rows = loader::load(ctx, AddressesOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(CustomerAddress::from).collect())
    }

    /// What the person agreed to or refused, the latest of each channel and purpose.
    async fn consents(&self, ctx: &Context<'_>) -> Result<Vec<CustomerConsent>> {
        let rows = query::consents(&ctx_of(ctx).db(), self.0.id).await?;
        Ok(rows.into_iter().map(CustomerConsent::from).collect())
    }

    /// Orders of any channel, newest first.
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many; 20 when left out, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<OrderConnection> {
        let request = page_request(first, after, last, before)?;
        let filter = orders::OrderFilter { customer_id: Some(self.0.id), ..orders::OrderFilter::default() };
        let page = orders::list(ctx_of(ctx), &filter, &request).await?.map(Order);
        let state = (ctx_of(ctx).clone(), filter);
        let all = count(state, |(ctx, filter)| async move { orders::count(&ctx, &filter).await });
        Ok(OrderConnection::new(page, all))
    }

    /// Everything that happened around the person, newest first; for staff.
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many; 20 when left out, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<EventConnection> {
        let request = page_request(first, after, last, before)?;
        let page = query::timeline(ctx_of(ctx), self.0.id, &request).await?.map(Event);
        let state = (ctx_of(ctx).clone(), self.0.id);
        let all = count(state, |(ctx, customer)| async move { query::timeline_count(&ctx, customer).await });
        Ok(EventConnection::new(page, all))
    }

    /// What was written to the person, newest first; for staff who may read messages.
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which of them.", default)] filter: MessageFilterInput,
        #[graphql(desc = "How many; 20 when left out, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<MessageConnection> {
        let request = page_request(first, after, last, before)?;
        listed(ctx, Filter { customer_id: Some(self.0.id), ..filter.filter()? }, &request).await
    }

    /// Staff's tags; empty for customers.
    async fn tags(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        if for_staff(ctx) {
            Ok(loader::load(ctx, TagsOf(self.0.id)).await?.unwrap_or_default())
        } else {
            Ok(Vec::new())
        }
    }

    /// Staff's note; empty for customers.
    async fn note(&self, ctx: &Context<'_>) -> &str {
        if for_staff(ctx) { &self.0.note } else { "" }
    }

    /// Public metadata.
    async fn metadata(&self) -> Vec<MetadataEntry> {
        metadata(&self.0.metadata)
    }

    /// Metadata for staff and apps; empty for customers.
    async fn private_metadata(&self, ctx: &Context<'_>) -> Vec<MetadataEntry> {
        if for_staff(ctx) { metadata(&self.0.private_metadata) } else { Vec::new() }
    }

    /// When personal data were erased; null for most.
    async fn erased_at(&self) -> Option<DateTime<Utc>> {
        self.0.erased_at
    }

    /// When the record was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// A customer whom the viewer may read.
async fn accounts_of(ctx: &Context<'_>, id: CustomerId, kind: StoredValueKind) -> Result<Vec<StoredValueAccount>> {
    let accounts = stored_value::account::all_of_customer(&ctx_of(ctx).db(), id).await?;
    Ok(accounts.into_iter().filter(|account| account.kind == kind).map(Into::into).collect())
}

impl Loader<CustomerId> for Rows {
    type Value = customer::Model;
    type Error = Error;

    async fn load(&self, keys: &[CustomerId]) -> Result<HashMap<CustomerId, Self::Value>> {
        Ok(query::readable_by_ids(&self.ctx, keys).await?.into_iter().map(|row| (row.id, row)).collect())
    }
}

/// Declares a list of a customer's rows.
macro_rules! list_of {
    ($(#[doc = $doc:literal])+ $key:ident, $value:ty, $query:path, $show:expr) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $key(pub CustomerId);

        impl Loader<$key> for Rows {
            type Value = Vec<$value>;
            type Error = Error;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Self::Value>> {
                let ids: Vec<CustomerId> = keys.iter().map(|key| key.0).collect();
                let mut found: HashMap<$key, Self::Value> = HashMap::new();
                for row in $query(&self.ctx.db(), &ids).await? {
                    found.entry($key(row.customer_id)).or_default().push($show(row));
                }
                Ok(found)
            }
        }
    };
}

list_of!(
    /// The identifiers of a customer.
    IdentifiersOf, customer_identifier::Model, query::identifiers_of, std::convert::identity
);
list_of!(
    /// The address book of a customer.
    AddressesOf, customer_address::Model, query::addresses, std::convert::identity
);
list_of!(
    /// The tags of a customer.
    TagsOf, String, query::tags, |row: entity::customer_tag::Model| row.tag
);
