//! What is kept about the signed-in customer.

use async_graphql::{Context, ID, MaybeUndefined, Object, SimpleObject};
use domain::customer::{self as people, ClaimOrder, ConsentChange, PhoneNumber, SaveAddress, UpdateCustomer};
use domain::order::query as orders;
use domain::{Ctx, Error, ErrorCode, Result};
use entity::{customer_address, order};

use super::input::{
    CustomerAddressDeleteInput, CustomerAddressSaveInput, CustomerConsentSetInput, CustomerEraseInput,
    CustomerPhoneVerifyInput, CustomerUpdateInput, OrderClaimInput, PhoneInput,
};
use super::sign_in::CodeRequestPayload;
use crate::context::ctx_of;
use crate::error::{UserError, outcome};
use crate::node::customer::{Customer, CustomerAddress, CustomerConsent};
use crate::node::order::Order;
use crate::payload;
use crate::scalar::{id, parse_id, parse_optional_id};

payload! {
    /// A changed customer.
    pub struct CustomerPayload {
        /// The customer after the change.
        customer: Customer,
    }
}
payload! {
    /// A saved address.
    pub struct CustomerAddressPayload {
        /// The address as it is kept.
        address: CustomerAddress,
    }
}
payload! {
    /// A deleted address.
    pub struct CustomerAddressDeletePayload {
        /// Which it was.
        deleted_id: ID,
    }
}
payload! {
    /// Everything that is kept about a person.
    pub struct CustomerDataExportPayload {
        /// A JSON text.
        data: String,
    }
}
payload! {
    /// An erased customer.
    pub struct CustomerErasePayload {
        /// Who it was.
        erased_id: ID,
    }
}
payload! {
    /// An order that joined the customer.
    pub struct OrderClaimPayload {
        /// The order.
        order: Order,
    }
}

/// What holds after consents were set.
#[derive(Debug, SimpleObject)]
pub struct CustomerConsentSetPayload {
    /// Everything that holds now; null when nothing was set.
    pub consents: Option<Vec<CustomerConsent>>,
    /// What kept it from being done; empty when it was done.
    pub errors: Vec<UserError>,
}

/// What is kept about the signed-in customer.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountMutation;

/// What is kept about the signed-in customer.
#[Object]
impl AccountMutation {
    /// Changes names, language, time zone, birthday or password.
    async fn customer_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: CustomerUpdateInput,
    ) -> Result<CustomerPayload> {
        let customer = people::update(ctx_of(ctx), changes(input)).await;
        CustomerPayload::of(ctx, customer)
    }

    /// Sends a code by SMS that verifies a number of the signed-in customer.
    async fn customer_phone_verification_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to.")] input: PhoneInput,
    ) -> Result<CodeRequestPayload> {
        let number = PhoneNumber { phone: input.phone, country: input.country };
        let sent = people::request_phone_verification(ctx_of(ctx), &number).await;
        CodeRequestPayload::of(ctx, sent)
    }

    /// Verifies a number of the signed-in customer by its code. Guest orders with the number join the customer.
    async fn customer_phone_verify(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The proof.")] input: CustomerPhoneVerifyInput,
    ) -> Result<CustomerPayload> {
        let number = PhoneNumber { phone: input.phone, country: input.country };
        let customer = people::verify_phone(ctx_of(ctx), &number, &input.code).await;
        CustomerPayload::of(ctx, customer)
    }

    /// Adds or changes an address. Which parts are needed depends on the country.
    async fn customer_address_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The address.")] input: CustomerAddressSaveInput,
    ) -> Result<CustomerAddressPayload> {
        let address = save_address(ctx_of(ctx), input).await;
        CustomerAddressPayload::of(ctx, address)
    }

    /// Deletes an address.
    async fn customer_address_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: CustomerAddressDeleteInput,
    ) -> Result<CustomerAddressDeletePayload> {
        let deleted = match parse_id(&input.id, "input.id") {
            Ok(which) => people::delete_address(ctx_of(ctx), which).await,
            Err(error) => Err(error),
        };
        CustomerAddressDeletePayload::of(ctx, deleted.map(id))
    }

    /// Records what the person agrees to or refuses. The history is kept.
    async fn customer_consent_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Each yes and no.")] input: CustomerConsentSetInput,
    ) -> Result<CustomerConsentSetPayload> {
        let changes: Vec<ConsentChange> = input.consents.into_iter().map(Into::into).collect();
        let (rows, errors) = outcome(ctx, people::set_consents(ctx_of(ctx), changes).await)?;
        let consents = rows.map(|rows| rows.into_iter().map(CustomerConsent::from).collect());
        Ok(CustomerConsentSetPayload { consents, errors })
    }

    /// Everything that is kept about the person.
    async fn customer_data_export(&self, ctx: &Context<'_>) -> Result<CustomerDataExportPayload> {
        let data = people::export(ctx_of(ctx)).await;
        CustomerDataExportPayload::of(ctx, data.map(|data| data.to_string()))
    }

    /// Erases the signed-in customer for good. Orders stay in the books.
    async fn customer_erase(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The confirmation.")] input: CustomerEraseInput,
    ) -> Result<CustomerErasePayload> {
        let erased = if input.confirm {
            people::erase(ctx_of(ctx), None).await
        } else {
            Err(Error::invalid(ErrorCode::Required, "input.confirm"))
        };
        CustomerErasePayload::of(ctx, erased.map(id))
    }

    /// A guest's order joins the signed-in customer who holds its secret.
    async fn order_claim(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] input: OrderClaimInput,
    ) -> Result<OrderClaimPayload> {
        let order = claim(ctx_of(ctx), input).await;
        OrderClaimPayload::of(ctx, order)
    }
}

fn defined<T>(value: MaybeUndefined<T>) -> Option<Option<T>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(value)),
    }
}

fn changes(input: CustomerUpdateInput) -> UpdateCustomer {
    UpdateCustomer {
        names: input.name.map(Into::into),
        locale: input.locale.map(|locale| locale.0),
        time_zone: defined(input.time_zone).map(|zone| zone.map(|zone| zone.0.name().to_owned())),
        birth_on: defined(input.birth_on).map(|day| day.map(|day| day.0)),
        new_password: input.new_password,
        current_password: input.current_password,
        expected_version: input.expected_version,
    }
}

async fn save_address(ctx: &Ctx, input: CustomerAddressSaveInput) -> Result<customer_address::Model> {
    let id = parse_optional_id(input.id.as_ref(), "input.id")?;
    people::save_address(ctx, SaveAddress { id, address: input.address.into(), is_default: input.is_default }).await
}

async fn claim(ctx: &Ctx, input: OrderClaimInput) -> Result<order::Model> {
    let id = people::claim_order(ctx, ClaimOrder { number: input.number, token: input.token }).await?;
    orders::by_id(&ctx.db(), id).await?.ok_or(Error::not_found("order"))
}
