//! The channel that a storefront sells for.

use async_graphql::{Context, Object};
use domain::{Error, Result, channel};

use crate::context::{channel_or_header, ctx_of};
use crate::node::channel::Channel;

/// The active channel that a request means: by argument, by `X-Channel`, else the oldest online one. `None` when there
/// is no such channel.
pub async fn current(ctx: &Context<'_>, code: Option<String>) -> Result<Option<entity::channel::Model>> {
    let db = ctx_of(ctx).db();
    let found = match channel_or_header(ctx, code) {
        Some(code) => channel::query::by_code(&db, &code).await?,
        None => channel::query::default_online(&db).await?,
    };
    Ok(found.filter(|channel| channel.active))
}

/// Like [`current`]. Error: `NOT_FOUND`.
pub async fn required(ctx: &Context<'_>, code: Option<String>) -> Result<entity::channel::Model> {
    current(ctx, code).await?.ok_or(Error::not_found("channel"))
}

/// Queries about channels.
#[derive(Debug, Default)]
pub struct ChannelQuery;

#[Object]
impl ChannelQuery {
    /// The channel of a code; without one the channel of `X-Channel`, else the default web shop. Null when there is no
    /// active one.
    async fn channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The channel's code.")] code: Option<String>,
    ) -> Result<Option<Channel>> {
        Ok(current(ctx, code).await?.map(Channel))
    }
}

/// Customers change no channels.
pub type ChannelMutation = async_graphql::EmptyMutation;
