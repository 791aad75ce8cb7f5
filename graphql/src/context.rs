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

/// What a request says by header. An argument of the same meaning wins.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// `X-Channel`: the code of a channel.
    pub channel: Option<String>,
    /// `Idempotency-Key`: for inputs whose key is left out.
    pub idempotency_key: Option<String>,
}

/// The code of the channel that is meant: the argument, else the header `X-Channel`.
#[must_use]
pub fn channel_or_header(ctx: &Context<'_>, argument: Option<String>) -> Option<String> {
    argument.or_else(|| ctx.data_opt::<Hints>().and_then(|hints| hints.channel.clone()))
}

/// The key under which a mutation runs once: the argument, else the header `Idempotency-Key`.
#[must_use]
pub fn key_or_header(ctx: &Context<'_>, argument: Option<String>) -> Option<String> {
    argument.or_else(|| ctx.data_opt::<Hints>().and_then(|hints| hints.idempotency_key.clone()))
}
