//! What everybody may ask about the server, and what developers may do to it.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use domain::{Error, ErrorCode, Result};

use crate::context::ctx_of;
use crate::scalar::Duration;
pub use crate::shop::server::ServerQuery;

/// Changes of the server itself, for development.
#[derive(Debug, Default)]
pub struct ServerMutation;

#[Object]
impl ServerMutation {
    /// Moves the server's clock forward and tells the new time. Exists only in development.
    #[graphql(visible = "crate::context::in_development")]
    async fn clock_advance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How far, such as `P1D`; never backwards.")] duration: Duration,
    ) -> Result<DateTime<Utc>> {
        let ctx = ctx_of(ctx);
        if duration.0 < chrono::TimeDelta::zero() {
            return Err(Error::invalid(ErrorCode::Invalid, "duration"));
        }
        ctx.services.clock.advance(duration.0).ok_or_else(|| Error::invalid(ErrorCode::Invalid, "duration"))
    }
}
