//! The person who asks: signing in, contact details, addresses, consents.

pub mod account;
pub mod input;
pub mod sign_in;

use async_graphql::{Context, MergedObject, Object};
use domain::Result;
use domain::customer::query;

use crate::context::ctx_of;
use crate::node::customer::Customer;

/// The person who asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct CustomerQuery;

/// The person who asks.
#[Object]
impl CustomerQuery {
    /// The signed-in customer; null for guests.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<Customer>> {
        let ctx = ctx_of(ctx);
        let Some(id) = ctx.actor.customer_id() else { return Ok(None) };
        Ok(query::readable(ctx, id).await?.map(Customer))
    }
}

/// Signing in, and what is kept about the person.
#[derive(MergedObject, Default)]
pub struct CustomerMutation(sign_in::SignInMutation, account::AccountMutation);
