//! Whether everything that a rule names is there: a rule about what nobody has would hold for nothing, silently.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Value};

use super::{Error, Result, Tx};

/// Looks all of them up in one statement; in none when nothing is named. Error: `NOT_FOUND`.
pub(crate) async fn all_known<'a, E, I>(
    tx: &Tx,
    key: E::Column,
    ids: impl IntoIterator<Item = &'a I>,
    what: &'static str,
) -> Result<()>
where
    E: EntityTrait,
    E::Model: Sync,
    I: Copy + Ord + Into<Value> + 'a,
{
    let ids: BTreeSet<I> = ids.into_iter().copied().collect();
    let wanted = u64::try_from(ids.len()).unwrap_or(u64::MAX);
    if wanted == 0 || E::find().filter(key.is_in(ids)).count(tx).await? == wanted {
        Ok(())
    } else {
        Err(Error::not_found(what))
    }
}
