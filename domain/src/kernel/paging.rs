//! Lists by keyset: a cursor holds the sort key and the id of a row, so pages stay right while rows come and go.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Error, ErrorCode, Result};

/// Rows of a page when the client does not say.
pub const DEFAULT_PAGE: u64 = 20;
/// Most rows of a page.
pub const MAX_PAGE: u64 = 100;

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Sort key of the row, as text; empty when the list is sorted by id alone.
    #[serde(rename = "k")]
    pub key: String,
    /// Its id.
    #[serde(rename = "i")]
    pub id: Uuid,
}

impl Cursor {
    /// The cursor of a row in a list sorted by id alone.
    #[must_use]
    pub const fn of(id: Uuid) -> Self {
        Self { key: String::new(), id }
    }

    /// As clients see it; opaque.
    #[must_use]
    pub fn encode(&self) -> String {
        BASE64URL_NOPAD.encode(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads a client's cursor. Error: `INVALID_CURSOR`.
    pub fn decode(text: &str) -> Result<Self> {
        BASE64URL_NOPAD
            .decode(text.as_bytes())
            .ok()
            .filter(|bytes| bytes.len() <= 1024)
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or_else(|| Error::invalid(ErrorCode::InvalidCursor, "after"))
    }
}

/// Which rows of a list are wanted: `first` rows after a cursor, or the `last` rows before one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// How many.
    pub size: u64,
    /// Not at or before this row.
    pub after: Option<Cursor>,
    /// Not at or after this row.
    pub before: Option<Cursor>,
    /// From the end of the list.
    pub backwards: bool,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { size: DEFAULT_PAGE, after: None, before: None, backwards: false }
    }
}

impl PageRequest {
    /// Reads Relay arguments. Errors: `TOO_MANY` above [`MAX_PAGE`], `INVALID` for a negative size or `first` with
    /// `last`, `INVALID_CURSOR`.
    pub fn new(first: Option<i32>, after: Option<&str>, last: Option<i32>, before: Option<&str>) -> Result<Self> {
        let (size, path) = match (first, last) {
            (Some(_), Some(_)) => return Err(Error::invalid(ErrorCode::Invalid, "last")),
            (None, Some(last)) => (Some(last), "last"),
            (first, None) => (first, "first"),
        };
        let size = match size.map(u64::try_from) {
            None => DEFAULT_PAGE,
            Some(Ok(size)) if size <= MAX_PAGE => size,
            Some(Ok(_)) => {
                return Err(Error::invalid_with(ErrorCode::TooMany, path, vec![("max", MAX_PAGE.to_string())]));
            }
            Some(Err(_)) => return Err(Error::invalid(ErrorCode::Invalid, path)),
        };
        Ok(Self {
            size,
            after: after.map(Cursor::decode).transpose()?,
            before: before.map(Cursor::decode).transpose()?,
            backwards: last.is_some(),
        })
    }
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// Rows with their cursors, in the list's order.
    pub rows: Vec<(Cursor, T)>,
    /// Whether more rows follow.
    pub has_next: bool,
    /// Whether rows go before.
    pub has_previous: bool,
}

impl<T> Page<T> {
    /// Makes a page from what a query for `size + 1` rows found (in reverse order when going backwards).
    pub fn from_rows(request: &PageRequest, mut found: Vec<T>, cursor: impl Fn(&T) -> Cursor) -> Self {
        let size = usize::try_from(request.size).unwrap_or(usize::MAX);
        let more = found.len() > size;
        found.truncate(size);
        if request.backwards {
            found.reverse();
        }
        let rows = found.into_iter().map(|row| (cursor(&row), row)).collect();
        let (has_next, has_previous) =
            if request.backwards { (request.before.is_some(), more) } else { (more, request.after.is_some()) };
        Self { rows, has_next, has_previous }
    }

    /// The same page of other things.
    pub fn map<U>(self, change: impl Fn(T) -> U) -> Page<U> {
        Page {
            rows: self.rows.into_iter().map(|(cursor, row)| (cursor, change(row))).collect(),
            has_next: self.has_next,
            has_previous: self.has_previous,
        }
    }
}

/// Adds keyset filter, order and limit to a query sorted by an id column, newest first.
pub fn newest_first<E, C>(query: sea_orm::Select<E>, id: C, request: &PageRequest) -> sea_orm::Select<E>
where
    E: sea_orm::EntityTrait,
    C: sea_orm::ColumnTrait,
{
    use sea_orm::{QueryFilter, QueryOrder, QuerySelect};
    let mut query = query.limit(request.size + 1);
    if let Some(after) = &request.after {
        query = query.filter(id.lt(after.id));
    }
    if let Some(before) = &request.before {
        query = query.filter(id.gt(before.id));
    }
    if request.backwards { query.order_by_asc(id) } else { query.order_by_desc(id) }
}
