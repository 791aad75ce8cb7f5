//! Doing a thing once however often it is asked: the key's row is written in the effect's own transaction.

use data_encoding::HEXLOWER;
use entity::idempotency_key;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryTrait};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Ctx, Error, ErrorCode, Result, Tx, text};

/// Whether a command runs for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It does; go on.
    Fresh,
    /// It ran before and made or changed this; answer from it.
    Replayed(Uuid),
}

/// Checks a client's key: 1 to 255 visible characters. Error: `REQUIRED`, `INVALID_TEXT`, `TEXT_TOO_LONG`.
pub fn checked_key(key: &str) -> Result<String> {
    text::required_line("idempotencyKey", key, text::LINE)
}

/// SHA-256 of an input in its canonical form.
pub fn request_hash(input: &impl Serialize) -> Result<String> {
    let bytes = serde_json::to_vec(input).map_err(|error| Error::Bug(error.to_string()))?;
    Ok(HEXLOWER.encode(&Sha256::digest(&bytes)))
}

/// Claims `key` of the actor for `operation`, whose result will be `resource`. A parallel claim waits for the first to
/// commit and is then answered from it. Errors: `IDEMPOTENCY_KEY_REUSED` when the input was another one.
pub async fn claim(tx: &Tx, operation: &str, key: &str, request_hash: &str, resource: Uuid) -> Result<Claim> {
    claim_as(tx, &tx.ctx().actor.key(), operation, key, request_hash, resource).await
}

/// Keeps the answer of a key that was claimed in this transaction, for those who ask again. No statement of its own.
pub(crate) fn keep(tx: &Tx, operation: &str, key: &str, answer: &impl Serialize) -> Result<()> {
    let answer = serde_json::to_value(answer).map_err(|error| Error::Bug(error.to_string()))?;
    let update = idempotency_key::Entity::update_many()
        .col_expr(idempotency_key::Column::Response, Expr::value(answer))
        .filter(idempotency_key::Column::ActorKey.eq(tx.ctx().actor.key()))
        .filter(idempotency_key::Column::Operation.eq(operation))
        .filter(idempotency_key::Column::Key.eq(key));
    tx.write_last(update.into_query());
    Ok(())
}

/// The answer that was kept with a key of the actor.
pub(crate) async fn kept<T: DeserializeOwned>(tx: &Tx, operation: &str, key: &str) -> Result<T> {
    let id = (tx.ctx().actor.key(), operation.to_owned(), key.to_owned());
    let stored = idempotency_key::Entity::find_by_id(id).one(tx).await?;
    let stored = stored.ok_or_else(|| Error::Bug(format!("the key of a {operation} is gone")))?;
    serde_json::from_value(stored.response).map_err(|error| Error::Bug(error.to_string()))
}

/// What the actor's key made or changed before; `None` for a key that did nothing yet.
pub(crate) async fn resource(ctx: &Ctx, operation: &str, key: &str) -> Result<Option<Uuid>> {
    let id = (ctx.actor.key(), operation.to_owned(), checked_key(key)?);
    Ok(idempotency_key::Entity::find_by_id(id).one(&ctx.db()).await?.map(|row| row.resource_id))
}

/// Like [`claim`], under the name of something other than the actor: a cart belongs to whoever holds it.
pub async fn claim_as(
    tx: &Tx,
    owner: &str,
    operation: &str,
    key: &str,
    request_hash: &str,
    resource: Uuid,
) -> Result<Claim> {
    let row = idempotency_key::ActiveModel {
        actor_key: Set(owner.to_owned()),
        operation: Set(operation.to_owned()),
        key: Set(key.to_owned()),
        request_hash: Set(request_hash.to_owned()),
        resource_id: Set(resource),
        response: Set(serde_json::json!({})),
        created_at: Set(tx.now()),
    };
    let conflict = OnConflict::columns([
        idempotency_key::Column::ActorKey,
        idempotency_key::Column::Operation,
        idempotency_key::Column::Key,
    ])
    .do_nothing()
    .to_owned();
    let inserted = idempotency_key::Entity::insert(row).on_conflict(conflict).exec_without_returning(tx).await?;
    if inserted == 1 {
        return Ok(Claim::Fresh);
    }
    let id = (owner.to_owned(), operation.to_owned(), key.to_owned());
    let stored = idempotency_key::Entity::find_by_id(id).one(tx).await?;
    match stored {
        Some(stored) if stored.request_hash == request_hash => Ok(Claim::Replayed(stored.resource_id)),
        Some(_) => Err(Error::invalid(ErrorCode::IdempotencyKeyReused, "idempotencyKey")),
        None => Err(Error::invalid(ErrorCode::IdempotencyInProgress, "idempotencyKey")),
    }
}
