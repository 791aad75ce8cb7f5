//! What every resolver can reach: who asks, and the loaders of the request.

use async_graphql::Context;
use domain::Ctx;

/// Who asks, and the services of the process. Every execution carries one.
#[must_use]
pub fn ctx_of<'a>(ctx: &Context<'a>) -> &'a Ctx {
    ctx.data_unchecked::<Ctx>()
}

/// Whether the request runs in development; hides what exists only there from introspection.
#[must_use]
pub fn in_development(ctx: &Context<'_>) -> bool {
    ctx.data::<Ctx>().is_ok_and(|ctx| ctx.services.settings.development)
}
