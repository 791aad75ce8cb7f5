//! What looking up anything by its id needs in both schemas.

use std::hash::Hash;
use std::str::FromStr;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID};
use domain::{Error, ErrorCode, Result};

use crate::access::Access;
use crate::context::ctx_of;
use crate::loader::{Rows, load};
use crate::scalar::parse_id;

/// Most ids of one `nodes`.
pub const MAX_NODES: usize = 100;

/// What an id begins with; empty when it has no prefix.
#[must_use]
pub fn prefix(id: &ID) -> &str {
    id.rsplit_once('_').map_or("", |(prefix, _)| prefix)
}

/// Refuses too many ids. Error: `TOO_MANY` at `ids`.
pub fn checked_ids(ids: &[ID], max: usize) -> Result<()> {
    if ids.len() <= max {
        return Ok(());
    }
    Err(Error::invalid_with(ErrorCode::TooMany, "ids", vec![("max", max.to_string())]))
}

/// The thing of an id, if the viewer meets the rule and the row is the viewer's. Error: `INVALID_ID` at `path`.
pub(crate) async fn row<K>(
    ctx: &Context<'_>,
    id: &ID,
    path: &str,
    rule: Access,
) -> Result<Option<<Rows as Loader<K>>::Value>>
where
    K: FromStr + Send + Sync + Hash + Eq + Clone + 'static,
    Rows: Loader<K, Error = Error>,
{
    let key = parse_id::<K>(id, path)?;
    match rule.check(ctx_of(ctx)) {
        Ok(()) => hidden(load(ctx, key).await),
        Err(refused) => hidden(Err(refused)),
    }
}

/// What the viewer may not read looks like what does not exist.
pub fn hidden<T>(found: Result<Option<T>>) -> Result<Option<T>> {
    match found {
        Err(Error::Unauthenticated | Error::Forbidden { .. } | Error::NotFound { .. }) => Ok(None),
        found => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_says_the_kind() {
        assert_eq!(prefix(&ID::from("order_01h455vb4pex5vsknk084sn02q")), "order");
        assert_eq!(prefix(&ID::from("nonsense")), "");
    }

    #[test]
    fn what_is_not_yours_does_not_exist() {
        assert!(matches!(hidden::<()>(Err(Error::Unauthenticated)), Ok(None)));
        assert!(hidden::<()>(Err(Error::Bug("x".to_owned()))).is_err());
        assert!(checked_ids(&vec![ID::from("a"); 101], MAX_NODES).is_err());
    }
}
