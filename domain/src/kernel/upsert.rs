//! What the commands that create or change a thing by id or code share: finding the row they mean.

use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, QueryFilter, QuerySelect};

use super::{Error, Result, Tx};

/// How an upsert says which row it means.
pub(crate) enum Wanted {
    /// The one of this id, which must exist.
    Id(Expr),
    /// The one of this code, if there is one.
    Code(Expr),
}

/// The row to change, locked; `None` when a new one is to be made. A row that `reaches` refuses is as good as missing:
/// someone whose scope ends before it must not learn that it exists. Error: `NOT_FOUND` for an id.
pub(crate) async fn find<E: EntityTrait>(
    tx: &Tx,
    kind: &'static str,
    wanted: Wanted,
    reaches: impl Fn(&E::Model) -> bool + Send,
) -> Result<Option<E::Model>> {
    let (must_exist, filter) = match wanted {
        Wanted::Id(filter) => (true, filter),
        Wanted::Code(filter) => (false, filter),
    };
    let found = E::find().filter(filter).lock_exclusive().one(tx).await?.filter(reaches);
    if must_exist && found.is_none() { Err(Error::not_found(kind)) } else { Ok(found) }
}
