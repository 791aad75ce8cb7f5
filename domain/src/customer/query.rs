//! Reads of customers. Aliases resolve: who was merged is found as the one it was merged into.

use entity::id::CustomerId;
use entity::words::IdentifierKind;
use entity::{customer, customer_address, customer_consent, customer_identifier, customer_tag, event};
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::kernel::{Ctx, Permission, Result, text};

/// A customer; an alias resolves to the record it was merged into.
pub async fn by_id(db: &impl ConnectionTrait, id: CustomerId) -> Result<Option<customer::Model>> {
    let found = customer::Entity::find_by_id(id).one(db).await?;
    resolve(db, found).await
}

/// Customers by id, as they are (aliases are not followed); for loaders.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[CustomerId]) -> Result<Vec<customer::Model>> {
    Ok(customer::Entity::find().filter(customer::Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// The owner of an identifier in its normalized form, verified or not. Never lets anybody in on its own.
pub async fn by_identifier(
    db: &impl ConnectionTrait,
    kind: IdentifierKind,
    value: &str,
) -> Result<Option<customer::Model>> {
    let found = identifier(db, kind, value).await?;
    match found {
        Some(identifier) => by_id(db, identifier.customer_id).await,
        None => Ok(None),
    }
}

/// The owner of a verified identifier in its normalized form: whom a purchase may be linked to.
pub async fn by_verified_identifier(
    db: &impl ConnectionTrait,
    kind: IdentifierKind,
    value: &str,
) -> Result<Option<customer::Model>> {
    match identifier(db, kind, value).await?.filter(|identifier| identifier.verified_at.is_some()) {
        Some(identifier) => by_id(db, identifier.customer_id).await,
        None => Ok(None),
    }
}

/// The row of an identifier in its normalized form.
pub async fn identifier(
    db: &impl ConnectionTrait,
    kind: IdentifierKind,
    value: &str,
) -> Result<Option<customer_identifier::Model>> {
    Ok(customer_identifier::Entity::find()
        .filter(customer_identifier::Column::Kind.eq(kind))
        .filter(customer_identifier::Column::Value.eq(value))
        .one(db)
        .await?)
}

/// All identifiers of customers, oldest first.
pub async fn identifiers_of(db: &impl ConnectionTrait, ids: &[CustomerId]) -> Result<Vec<customer_identifier::Model>> {
    Ok(customer_identifier::Entity::find()
        .filter(customer_identifier::Column::CustomerId.is_in(ids.iter().copied()))
        .order_by_asc(customer_identifier::Column::Id)
        .all(db)
        .await?)
}

async fn resolve(db: &impl ConnectionTrait, found: Option<customer::Model>) -> Result<Option<customer::Model>> {
    match found {
        // One hop: merging repoints the aliases of the loser.
        Some(customer::Model { merged_into_id: Some(target), .. }) => {
            Ok(customer::Entity::find_by_id(target).one(db).await?)
        }
        found => Ok(found),
    }
}

/// Addresses of customers, the default first.
pub async fn addresses(db: &impl ConnectionTrait, ids: &[CustomerId]) -> Result<Vec<customer_address::Model>> {
    Ok(customer_address::Entity::find()
        .filter(customer_address::Column::CustomerId.is_in(ids.iter().copied()))
        .order_by_desc(customer_address::Column::IsDefault)
        .order_by_asc(customer_address::Column::Id)
        .all(db)
        .await?)
}

/// What a customer agrees to now: the latest row of each channel and purpose.
pub async fn consents(db: &impl ConnectionTrait, id: CustomerId) -> Result<Vec<customer_consent::Model>> {
    let rows = customer_consent::Entity::find()
        .filter(customer_consent::Column::CustomerId.eq(id))
        .order_by_asc(customer_consent::Column::Id)
        .all(db)
        .await?;
    let mut current: Vec<customer_consent::Model> = Vec::new();
    for row in rows {
        current.retain(|known| known.channel != row.channel || known.purpose != row.purpose);
        current.push(row);
    }
    Ok(current)
}

/// Tags of customers, by name.
pub async fn tags(db: &impl ConnectionTrait, ids: &[CustomerId]) -> Result<Vec<customer_tag::Model>> {
    Ok(customer_tag::Entity::find()
        .filter(customer_tag::Column::CustomerId.is_in(ids.iter().copied()))
        .order_by_asc(customer_tag::Column::Tag)
        .all(db)
        .await?)
}

/// Which customers staff look for.
#[derive(Debug, Clone, Default)]
pub struct CustomerFilter {
    /// Words that must all occur in names, readings or identifiers.
    pub search: Option<String>,
    /// Has this tag.
    pub tag: Option<String>,
}

/// Customers that staff may see, newest first; aliases are left out. Error: `FORBIDDEN`, `TEXT_TOO_LONG`.
pub async fn page(ctx: &Ctx, filter: &CustomerFilter, request: &PageRequest) -> Result<Page<customer::Model>> {
    let query = newest_first(filtered(ctx, filter)?, customer::Column::Id, request);
    let rows = query.all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many [`page`] has in all.
pub async fn count(ctx: &Ctx, filter: &CustomerFilter) -> Result<u64> {
    Ok(filtered(ctx, filter)?.count(&ctx.db()).await?)
}

fn filtered(ctx: &Ctx, filter: &CustomerFilter) -> Result<Select<customer::Entity>> {
    ctx.require(Permission::CustomersRead)?;
    let mut query = customer::Entity::find().filter(customer::Column::MergedIntoId.is_null());
    if let Some(search) = &filter.search {
        // Every word is one LIKE over the folded column, which the trigram index of PostgreSQL serves.
        for word in text::fold(&text::line("search", search, 100)?).split(' ').filter(|word| !word.is_empty()) {
            let pattern = LikeExpr::new(format!("%{}%", text::like_escape(word))).escape('\\');
            query = query.filter(Expr::col((customer::Entity, customer::Column::SearchText)).like(pattern));
        }
    }
    if let Some(tag) = &filter.tag {
        let tagged = Query::select()
            .column(customer_tag::Column::CustomerId)
            .from(customer_tag::Entity)
            .and_where(Expr::col(customer_tag::Column::Tag).eq(text::line("tag", tag, 50)?))
            .to_owned();
        query = query.filter(customer::Column::Id.in_subquery(tagged));
    }
    Ok(query)
}

/// The timeline of a customer and of the records that were merged into it: one query over events, newest first.
/// Error: `FORBIDDEN`.
pub async fn timeline(ctx: &Ctx, id: CustomerId, request: &PageRequest) -> Result<Page<event::Model>> {
    ctx.require(Permission::CustomersRead)?;
    let query = event::Entity::find().filter(event::Column::CustomerId.in_subquery(with_aliases(id)));
    let rows = newest_first(query, event::Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many events [`timeline`] has in all.
pub async fn timeline_count(ctx: &Ctx, id: CustomerId) -> Result<u64> {
    ctx.require(Permission::CustomersRead)?;
    Ok(event::Entity::find().filter(event::Column::CustomerId.in_subquery(with_aliases(id))).count(&ctx.db()).await?)
}

/// A customer whom the actor may read: oneself, or anyone for staff with `customers.read`. `None` for all others.
pub async fn readable(ctx: &Ctx, id: CustomerId) -> Result<Option<customer::Model>> {
    if ctx.actor.customer_id() != Some(id) {
        ctx.require(Permission::CustomersRead)?;
    }
    by_id(&ctx.db(), id).await
}

/// Customers whom the actor may read, as they are: oneself, or any for staff with `customers.read`; for loaders.
/// Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn readable_by_ids(ctx: &Ctx, ids: &[CustomerId]) -> Result<Vec<customer::Model>> {
    let own = ctx.actor.customer_id();
    if own.is_none() {
        ctx.require(Permission::CustomersRead)?;
    }
    let mut rows = by_ids(&ctx.db(), ids).await?;
    rows.retain(|row| own.is_none_or(|own| own == row.id));
    Ok(rows)
}

fn with_aliases(id: CustomerId) -> SelectStatement {
    Query::select()
        .column(customer::Column::Id)
        .from(customer::Entity)
        .and_where(Expr::col(customer::Column::Id).eq(id).or(Expr::col(customer::Column::MergedIntoId).eq(id)))
        .to_owned()
}

/// The newest events that concern a customer.
pub(crate) async fn events_of(db: &impl ConnectionTrait, id: CustomerId, limit: u64) -> Result<Vec<event::Model>> {
    Ok(event::Entity::find()
        .filter(event::Column::CustomerId.in_subquery(with_aliases(id)))
        .order_by_desc(event::Column::Id)
        .limit(limit)
        .all(db)
        .await?)
}
