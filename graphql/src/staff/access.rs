//! Staff, roles, tills and API keys; signing in.

pub mod administration;
pub mod device;
pub mod input;
pub mod sign_in;
pub mod viewer;

use async_graphql::{Context, MergedObject, Object};
use domain::access::query;
use domain::{Ctx, Permission, Result};

use crate::connection::{Count, count, page_request};
use crate::context::ctx_of;
use crate::node::staff::{ApiKey, ApiKeyConnection, Device, DeviceConnection, Role, Staff, StaffConnection};
use viewer::Viewer;

/// Who works here, and with what.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccessQuery;

/// Who works here, and with what.
#[Object]
impl AccessQuery {
    /// Who asks, and what they may do.
    async fn viewer(&self, ctx: &Context<'_>) -> Viewer {
        Viewer(ctx_of(ctx).actor.clone())
    }

    /// Members of staff, newest first.
    async fn staff_members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many; 20 when left out, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<StaffConnection> {
        let page = query::staff_page(ctx_of(ctx), &page_request(first, after, last, before)?).await?;
        Ok(StaffConnection::new(page.map(Staff), counted(ctx_of(ctx), |(staff, _, _)| staff)))
    }

    /// Paired tills, newest first.
    async fn devices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many; 20 when left out, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<DeviceConnection> {
        let page = query::device_page(ctx_of(ctx), &page_request(first, after, last, before)?).await?;
        Ok(DeviceConnection::new(page.map(Device), counted(ctx_of(ctx), |(_, devices, _)| devices)))
    }

    /// API keys without their secrets, newest first.
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many; 20 when left out, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<ApiKeyConnection> {
        let page = query::api_key_page(ctx_of(ctx), &page_request(first, after, last, before)?).await?;
        Ok(ApiKeyConnection::new(page.map(ApiKey), counted(ctx_of(ctx), |(_, _, keys)| keys)))
    }

    /// All roles, by code. There are few, so they come in one list.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<Role>> {
        let ctx = ctx_of(ctx);
        ctx.require(Permission::StaffWrite)?;
        Ok(query::roles(&ctx.db()).await?.into_iter().map(Role).collect())
    }
}

fn counted(ctx: &Ctx, which: fn((u64, u64, u64)) -> u64) -> Count {
    count(ctx.clone(), move |ctx| async move { query::counts(&ctx).await.map(which) })
}

/// Signing in, and who may.
#[derive(MergedObject, Default)]
pub struct AccessMutation(sign_in::SignInMutation, device::DeviceMutation, administration::AdministrationMutation);
