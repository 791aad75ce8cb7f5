//! From what a request presents to who acts: at most one statement, none for a request without credentials.

use std::sync::Arc;

use entity::id::{ApiKeyId, CartId, ChannelId, CustomerId, DeviceId, LocationId, OrderId, RegisterId};
use sea_orm::prelude::{DateTimeUtc, Json};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};

use super::api_key::locations_of;
use super::query::permissions_of;
use super::token::{self, Audience, Subject};
use crate::kernel::actor::Till;
use crate::kernel::permission::Grant;
use crate::kernel::secret::token_hash;
use crate::kernel::{Actor, Ctx, Error, Result};

/// What an API key begins with.
pub(crate) const API_KEY_PREFIX: &str = "htk_";
/// Longest secret that is looked at, in bytes.
const MAX_SECRET: usize = 512;

/// What a request presents, as it came.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    /// Which API was called.
    pub audience: Audience,
    /// `Authorization: Bearer`: an access token or, for staff, an API key.
    pub bearer: Option<&'a str>,
    /// `X-Device-Token`: the secret of a paired till.
    pub device: Option<&'a str>,
    /// `X-Cart-Token`: the secret of a guest's cart.
    pub cart: Option<&'a str>,
    /// `X-Order-Token`: the secret of a guest's order.
    pub order: Option<&'a str>,
}

/// Finds out who acts. A deactivated person, a revoked session, till or key is refused at once.
/// Error: `UNAUTHENTICATED` when something was presented that is not good; an unknown cart or order secret only
/// opens nothing.
pub async fn authenticate(ctx: &Ctx, credentials: &Credentials<'_>) -> Result<Actor> {
    match credentials.audience {
        Audience::Shop => shop(ctx, credentials).await,
        Audience::Staff => match (credentials.bearer, credentials.device) {
            (Some(key), _) if key.starts_with(API_KEY_PREFIX) => app(ctx, key).await,
            (Some(bearer), device) => staff(ctx, bearer, device).await,
            (None, Some(device)) => till(ctx, device).await,
            (None, None) => Ok(Actor::anonymous()),
        },
    }
}

fn hash(secret: &str) -> Option<String> {
    (!secret.is_empty() && secret.len() <= MAX_SECRET).then(|| token_hash(secret))
}

fn statement(ctx: &Ctx, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(ctx.services.db.backend(), sql, values)
}

#[derive(FromQueryResult)]
struct ShopRow {
    customer_id: Option<CustomerId>,
    cart_id: Option<CartId>,
    order_id: Option<OrderId>,
}

const SHOP: &str = "SELECT \
    (SELECT COALESCE(c.merged_into_id, c.id) FROM customer c WHERE c.id = $1 AND c.erased_at IS NULL AND EXISTS \
        (SELECT 1 FROM refresh_token t WHERE t.id = $2 AND t.customer_id = c.id AND t.revoked_at IS NULL)) AS customer_id, \
    (SELECT k.id FROM cart k WHERE k.token_hash = $3) AS cart_id, \
    (SELECT o.id FROM orders o WHERE o.token_hash = $4) AS order_id";

async fn shop(ctx: &Ctx, credentials: &Credentials<'_>) -> Result<Actor> {
    let signed_in = match credentials.bearer {
        None => None,
        Some(bearer) => {
            let verified = token::verify(&ctx.services.secrets, ctx.now(), Audience::Shop, bearer)?;
            let Subject::Customer(id) = verified.subject else { return Err(Error::Unauthenticated) };
            Some((id, verified.session_id))
        }
    };
    let cart = credentials.cart.and_then(hash);
    let order = credentials.order.and_then(hash);
    if signed_in.is_none() && cart.is_none() && order.is_none() {
        return Ok(Actor::anonymous());
    }
    let values = [
        signed_in.map(|(id, _)| id.uuid()).into(),
        signed_in.map(|(_, session)| session.uuid()).into(),
        cart.into(),
        order.into(),
    ];
    let row = ShopRow::find_by_statement(statement(ctx, SHOP, values)).one(&ctx.db()).await?;
    let row = row.ok_or_else(|| Error::Bug("a row of scalars is always there".to_owned()))?;
    match (signed_in, row.customer_id) {
        (Some(_), None) => Err(Error::Unauthenticated),
        (Some(_), Some(id)) => Ok(Actor::Customer { id, cart_id: row.cart_id }),
        (None, _) => Ok(Actor::Guest { cart_id: row.cart_id, order_id: row.order_id }),
    }
}

#[derive(FromQueryResult)]
struct StaffRow {
    permissions: Option<Json>,
    location_id: Option<LocationId>,
    channel_id: Option<ChannelId>,
    device_id: Option<DeviceId>,
    register_id: Option<RegisterId>,
    last_seen_at: Option<DateTimeUtc>,
}

const STAFF: &str = "SELECT r.permissions, g.location_id, g.channel_id, d.id AS device_id, d.register_id, d.last_seen_at \
    FROM staff s LEFT JOIN staff_role g ON g.staff_id = s.id LEFT JOIN role r ON r.id = g.role_id \
    LEFT JOIN device d ON d.id = $3 AND d.secret_hash = $4 AND d.revoked_at IS NULL \
    WHERE s.id = $1 AND s.active AND EXISTS \
        (SELECT 1 FROM refresh_token t WHERE t.id = $2 AND t.staff_id = s.id AND t.revoked_at IS NULL)";

async fn staff(ctx: &Ctx, bearer: &str, device: Option<&str>) -> Result<Actor> {
    let verified = token::verify(&ctx.services.secrets, ctx.now(), Audience::Staff, bearer)?;
    let Subject::Staff { id, device_id } = verified.subject else { return Err(Error::Unauthenticated) };
    let values = [
        id.uuid().into(),
        verified.session_id.uuid().into(),
        device_id.map(DeviceId::uuid).into(),
        device.and_then(hash).into(),
    ];
    let rows = StaffRow::find_by_statement(statement(ctx, STAFF, values)).all(&ctx.db()).await?;
    let first = rows.first().ok_or(Error::Unauthenticated)?;
    let till = match (first.device_id, first.register_id) {
        (Some(device_id), Some(register_id)) => Some(Till { device_id, register_id }),
        _ => None,
    };
    // A token that was given out at a till works only together with that till's secret.
    if device_id.is_some() && till.is_none() {
        return Err(Error::Unauthenticated);
    }
    if let Some(till) = till {
        seen(ctx, till.device_id, first.last_seen_at).await?;
    }
    Ok(Actor::Staff { id, grants: grants(rows), till })
}

fn grants(rows: Vec<StaffRow>) -> Arc<[Grant]> {
    rows.into_iter()
        .filter_map(|row| {
            let permissions = permissions_of(&row.permissions?);
            Some(Grant { permissions, channel_id: row.channel_id, location_id: row.location_id })
        })
        .collect()
}

#[derive(FromQueryResult)]
struct DeviceRow {
    id: DeviceId,
    register_id: RegisterId,
    last_seen_at: Option<DateTimeUtc>,
}

const DEVICE: &str = "SELECT d.id, d.register_id, d.last_seen_at FROM device d \
    WHERE d.secret_hash = $1 AND d.revoked_at IS NULL";

async fn till(ctx: &Ctx, secret: &str) -> Result<Actor> {
    let hash = hash(secret).ok_or(Error::Unauthenticated)?;
    let row = DeviceRow::find_by_statement(statement(ctx, DEVICE, [hash.into()])).one(&ctx.db()).await?;
    let row = row.ok_or(Error::Unauthenticated)?;
    seen(ctx, row.id, row.last_seen_at).await?;
    Ok(Actor::Device(Till { device_id: row.id, register_id: row.register_id }))
}

#[derive(FromQueryResult)]
struct KeyRow {
    id: ApiKeyId,
    permissions: Json,
    location_ids: Json,
    expires_at: Option<DateTimeUtc>,
    last_used_at: Option<DateTimeUtc>,
}

const API_KEY: &str = "SELECT k.id, k.permissions, k.location_ids, k.expires_at, k.last_used_at FROM api_key k \
    WHERE k.token_hash = $1 AND k.revoked_at IS NULL";

async fn app(ctx: &Ctx, key: &str) -> Result<Actor> {
    let hash = hash(key).ok_or(Error::Unauthenticated)?;
    let row = KeyRow::find_by_statement(statement(ctx, API_KEY, [hash.into()])).one(&ctx.db()).await?;
    let row = row.filter(|row| row.expires_at.is_none_or(|until| until > ctx.now())).ok_or(Error::Unauthenticated)?;
    note_use(ctx, "UPDATE api_key SET last_used_at = $1 WHERE id = $2", row.id.uuid(), row.last_used_at).await?;
    let permissions = permissions_of(&row.permissions);
    let grant = |location_id| Grant { permissions: permissions.clone(), channel_id: None, location_id };
    let grants = match locations_of(&row.location_ids) {
        Some(places) => places.into_iter().map(|place| grant(Some(place))).collect(),
        None => Arc::from([grant(None)]),
    };
    Ok(Actor::App { id: row.id, grants })
}

async fn seen(ctx: &Ctx, device: DeviceId, last: Option<DateTimeUtc>) -> Result<()> {
    note_use(ctx, "UPDATE device SET last_seen_at = $1 WHERE id = $2", device.uuid(), last).await
}

/// Keeps when something was last used, to the hour: a write per request would cost more than it tells.
async fn note_use(ctx: &Ctx, sql: &str, id: uuid::Uuid, last: Option<DateTimeUtc>) -> Result<()> {
    let now = ctx.now();
    if last.is_some_and(|last| now - last < chrono::TimeDelta::hours(1)) {
        return Ok(());
    }
    ctx.write(|tx| async move {
        tx.execute_raw(statement(tx.ctx(), sql, [now.into(), id.into()])).await?;
        Ok(())
    })
    .await
}
