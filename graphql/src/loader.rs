//! One loader per request, so that a list of a hundred things asks for their relations in one statement.
//!
//! An area adds a relation by `impl Loader<Key> for Rows` in its own file and reads it with [`load`] or
//! [`load_many`]. The key's type says what is loaded: `LocationId` is a location, a newtype such as
//! `LinesOf(OrderId)` a list. Rows come with the viewer's rights: the implementation reads `self.ctx.actor`.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, HashMapCache, Loader};
use domain::{Ctx, Error, Result};

/// Keys asked for in this time are loaded together. Resolvers of one list run without waiting for anything else, so
/// the shortest time is enough.
const GATHER: Duration = Duration::from_micros(200);

/// Loads rows for one request.
#[derive(Debug)]
pub struct Rows {
    /// Who asks; its `db()` counts the statements.
    pub ctx: Ctx,
}

/// The loader of a request.
pub type RowLoader = DataLoader<Rows, HashMapCache>;

pub(crate) fn new(ctx: Ctx) -> RowLoader {
    DataLoader::with_cache(Rows { ctx }, tokio::spawn, HashMapCache::default()).delay(GATHER)
}

/// The row of a key, loaded together with the others that the request asks for; `None` when missing or not the
/// viewer's.
pub async fn load<K>(ctx: &Context<'_>, key: K) -> Result<Option<<Rows as Loader<K>>::Value>>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    Rows: Loader<K, Error = Error>,
{
    ctx.data_unchecked::<RowLoader>().load_one(key).await
}

/// The rows of several keys; see [`load`].
pub async fn load_many<K>(
    ctx: &Context<'_>,
    keys: impl IntoIterator<Item = K>,
) -> Result<HashMap<K, <Rows as Loader<K>>::Value>>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    Rows: Loader<K, Error = Error>,
{
    ctx.data_unchecked::<RowLoader>().load_many(keys).await
}
