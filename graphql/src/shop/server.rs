//! What everybody may ask about the server.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};

use crate::context::ctx_of;

/// Queries about the server.
#[derive(Debug, Default)]
pub struct ServerQuery;

#[Object]
impl ServerQuery {
    /// The time by which the server judges dates, holds and codes.
    async fn server_time(&self, ctx: &Context<'_>) -> DateTime<Utc> {
        ctx_of(ctx).now()
    }
}
