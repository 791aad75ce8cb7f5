//! Who may come in: staff, roles and API keys.

use async_graphql::{Context, Object};
use domain::Result;
use domain::access;

use super::input::{ApiKeyCreateInput, ApiKeyRevokeInput, RoleUpsertInput, StaffUpsertInput};
use crate::context::ctx_of;
use crate::node::staff::{ApiKey, Role, Staff};
use crate::payload;
use crate::scalar::parse_id;

payload! {
    /// A member of staff after the change.
    pub struct StaffUpsertPayload {
        /// Who.
        staff: Staff,
    }
}
payload! {
    /// A role after the change.
    pub struct RoleUpsertPayload {
        /// The role.
        role: Role,
    }
}
payload! {
    /// A new key.
    pub struct ApiKeyCreatePayload {
        /// The key.
        api_key: ApiKey,
        /// Its secret for `Authorization: Bearer`; shown this once.
        secret: String,
    }
}
payload! {
    /// A revoked key.
    pub struct ApiKeyRevokePayload {
        /// The key.
        api_key: ApiKey,
    }
}

/// Who may come in.
#[derive(Clone, Copy, Debug, Default)]
pub struct AdministrationMutation;

/// Who may come in.
#[Object]
impl AdministrationMutation {
    /// Adds or changes a member of staff. Nobody gives out roles that allow more than they may themselves.
    async fn staff_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: StaffUpsertInput,
    ) -> Result<StaffUpsertPayload> {
        let staff = match input.read() {
            Ok(input) => access::upsert_staff(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        StaffUpsertPayload::of(ctx, staff)
    }

    /// Makes a role, or changes the one of that code. `admin` always allows everything and cannot be changed.
    async fn role_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The role.")] input: RoleUpsertInput,
    ) -> Result<RoleUpsertPayload> {
        let role = access::upsert_role(ctx_of(ctx), input.into()).await;
        RoleUpsertPayload::of(ctx, role)
    }

    /// Makes an API key; its secret is shown this once.
    async fn api_key_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key.")] input: ApiKeyCreateInput,
    ) -> Result<ApiKeyCreatePayload> {
        let made = match input.read() {
            Ok(input) => access::create_api_key(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        ApiKeyCreatePayload::of(ctx, made.map(|made| (ApiKey(made.api_key), made.secret)))
    }

    /// Revokes an API key; it is refused from the next request on.
    async fn api_key_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which key.")] input: ApiKeyRevokeInput,
    ) -> Result<ApiKeyRevokePayload> {
        let key = match parse_id(&input.id, "input.id") {
            Ok(id) => access::revoke_api_key(ctx_of(ctx), id).await,
            Err(error) => Err(error),
        };
        ApiKeyRevokePayload::of(ctx, key)
    }
}
