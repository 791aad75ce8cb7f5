//! Customers and how they are known.

use async_graphql::{Context, ID, InputObject, Object, OneofObject};
use domain::customer::query::{self, CustomerFilter};
use domain::customer::{self as people, AddIdentifier, CreateCustomer, Names, SetTags};
use domain::customer_merge::{self, MergeCustomers};
use domain::{Ctx, Permission, Result};
use entity::customer;
use entity::words::IdentifierKind;

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::customer::{Customer, CustomerConnection};
use crate::payload;
use crate::scalar::{CountryCode, Locale, id, parse_id};
use crate::shop::order::required_key;
use crate::word::Word;

/// Something that identifies a customer, as typed or scanned.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerIdentifierInput {
    /// What kind.
    pub kind: Word<IdentifierKind>,
    /// The value.
    pub value: String,
    /// Country of a phone number that is written without one; Japan when left out.
    pub country: Option<CountryCode>,
}

impl From<CustomerIdentifierInput> for AddIdentifier {
    fn from(input: CustomerIdentifierInput) -> Self {
        let country = input.country.map_or_else(|| "JP".to_owned(), |country| country.0);
        Self { kind: input.kind.0, value: input.value, country }
    }
}

/// Which customer is meant.
#[derive(Clone, Debug, OneofObject)]
pub enum CustomerLookupInput {
    /// By id; the id of a merged record finds the one it was merged into.
    Id(ID),
    /// By something that identifies the customer.
    Identifier(CustomerIdentifierInput),
}

/// Which customers are wanted; what is left out asks for nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub struct CustomerFilterInput {
    /// Words that all occur in names, readings or identifiers.
    pub search: Option<String>,
    /// Only those with this tag.
    pub tag: Option<String>,
}

/// A customer to add.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerCreateInput {
    /// Family name.
    #[graphql(default)]
    pub family_name: String,
    /// Given name.
    #[graphql(default)]
    pub given_name: String,
    /// Reading of the family name, in kana.
    #[graphql(default)]
    pub family_name_kana: String,
    /// Reading of the given name, in kana.
    #[graphql(default)]
    pub given_name_kana: String,
    /// Preferred language; the request's own when left out.
    pub locale: Option<Locale>,
    /// How the person is known. What staff type is not verified, except a loyalty card handed over at a till.
    #[graphql(default)]
    pub identifiers: Vec<CustomerIdentifierInput>,
    /// Staff's note.
    #[graphql(default)]
    pub note: String,
    /// Tags.
    #[graphql(default)]
    pub tags: Vec<String>,
}

/// An identifier for a customer.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerIdentifierAddInput {
    /// The customer.
    pub customer_id: ID,
    /// The identifier.
    pub identifier: CustomerIdentifierInput,
}

/// Tags to add and to take away.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerTagInput {
    /// The customer.
    pub customer_id: ID,
    /// Tags to add.
    #[graphql(default)]
    pub add: Vec<String>,
    /// Tags to take away.
    #[graphql(default)]
    pub remove: Vec<String>,
}

/// Erasure of a customer who asked for it.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerEraseInput {
    /// The customer.
    pub customer_id: ID,
}

/// Two records of one person.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerMergeInput {
    /// The record that becomes an alias of the other.
    pub from_id: ID,
    /// The record that stays.
    pub into_id: ID,
    /// Repeating the call with the same key merges once. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

impl CustomerMergeInput {
    fn read(self, ctx: &Context<'_>) -> Result<MergeCustomers> {
        Ok(MergeCustomers {
            from: parse_id(&self.from_id, "input.fromId")?,
            into: parse_id(&self.into_id, "input.intoId")?,
            idempotency_key: required_key(ctx, self.idempotency_key)?,
        })
    }
}

payload! {
    /// A customer into whom another record was merged.
    pub struct CustomerMergePayload {
        /// The record that stayed.
        customer: Customer,
        /// Whether the same key merged them before; nothing was done again.
        replayed: bool,
    }
}
payload! {
    /// A customer after the change.
    pub struct CustomerPayload {
        /// The customer.
        customer: Customer,
    }
}
payload! {
    /// An erased customer.
    pub struct CustomerErasePayload {
        /// Who it was.
        erased_id: ID,
    }
}

/// Customers and how they are known.
#[derive(Clone, Copy, Debug, Default)]
pub struct CustomerQuery;

/// Customers and how they are known.
#[Object]
impl CustomerQuery {
    /// Customers, newest first.
    async fn customers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which customers.")] filter: Option<CustomerFilterInput>,
        #[graphql(desc = "How many; 20 when left out, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<CustomerConnection> {
        let CustomerFilterInput { search, tag } = filter.unwrap_or_default();
        let filter = CustomerFilter { search, tag };
        let page = query::page(ctx_of(ctx), &filter, &page_request(first, after, last, before)?).await?;
        let state = (ctx_of(ctx).clone(), filter);
        let all = count(state, |(ctx, filter)| async move { query::count(&ctx, &filter).await });
        Ok(CustomerConnection::new(page.map(Customer), all))
    }

    /// One customer; null when there is none.
    async fn customer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which customer.")] by: CustomerLookupInput,
    ) -> Result<Option<Customer>> {
        Ok(find(ctx_of(ctx), by).await?.map(Customer))
    }
}

async fn find(ctx: &Ctx, by: CustomerLookupInput) -> Result<Option<customer::Model>> {
    ctx.require(Permission::CustomersRead)?;
    match by {
        CustomerLookupInput::Id(key) => query::by_id(&ctx.db(), parse_id(&key, "by.id")?).await,
        CustomerLookupInput::Identifier(input) => {
            let given = AddIdentifier::from(input);
            let path = "by.identifier.value";
            let value = people::identifier::normalize(path, given.kind, &given.value, &given.country)?;
            query::by_identifier(&ctx.db(), given.kind, &value).await
        }
    }
}

/// Making and changing customers.
#[derive(Clone, Copy, Debug, Default)]
pub struct CustomerMutation;

/// Making and changing customers.
#[Object]
impl CustomerMutation {
    /// Adds a customer.
    async fn customer_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: CustomerCreateInput,
    ) -> Result<CustomerPayload> {
        let locale = ctx_of(ctx).locale.to_string();
        let customer = people::create_customer(ctx_of(ctx), new_customer(input, locale)).await;
        CustomerPayload::of(ctx, customer)
    }

    /// Adds an identifier to a customer. A loyalty card that is handed over at a till is verified by possession.
    async fn customer_identifier_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What identifies whom.")] input: CustomerIdentifierAddInput,
    ) -> Result<CustomerPayload> {
        let customer = match parse_id(&input.customer_id, "input.customerId") {
            Ok(customer) => people::add_identifier(ctx_of(ctx), customer, input.identifier.into()).await,
            Err(error) => Err(error),
        };
        CustomerPayload::of(ctx, customer)
    }

    /// Adds and takes away tags.
    async fn customer_tag(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which tags.")] input: CustomerTagInput,
    ) -> Result<CustomerPayload> {
        let customer = match parse_id(&input.customer_id, "input.customerId") {
            Ok(customer_id) => {
                people::set_tags(ctx_of(ctx), SetTags { customer_id, add: input.add, remove: input.remove }).await
            }
            Err(error) => Err(error),
        };
        CustomerPayload::of(ctx, customer)
    }

    /// Merges two records of one person: orders, carts, returns, addresses, identifiers, store credit and points go to
    /// the record that stays, the other becomes its alias and is signed out. The person gets a mail. Not undone.
    async fn customer_merge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which two.")] input: CustomerMergeInput,
    ) -> Result<CustomerMergePayload> {
        let merged = match input.read(ctx) {
            Ok(input) => customer_merge::merge(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        CustomerMergePayload::of(ctx, merged.map(|done| (Customer(done.customer), done.replayed)))
    }

    /// Erases a customer who asked for it, for good. Orders stay in the books.
    async fn customer_erase(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] input: CustomerEraseInput,
    ) -> Result<CustomerErasePayload> {
        let erased = match parse_id(&input.customer_id, "input.customerId") {
            Ok(customer) => people::erase(ctx_of(ctx), Some(customer)).await,
            Err(error) => Err(error),
        };
        CustomerErasePayload::of(ctx, erased.map(id))
    }
}

fn new_customer(input: CustomerCreateInput, locale: String) -> CreateCustomer {
    CreateCustomer {
        names: Names {
            family_name: input.family_name,
            given_name: input.given_name,
            family_name_kana: input.family_name_kana,
            given_name_kana: input.given_name_kana,
        },
        locale: input.locale.map_or(locale, |locale| locale.0),
        identifiers: input.identifiers.into_iter().map(Into::into).collect(),
        note: input.note,
        tags: input.tags,
    }
}
