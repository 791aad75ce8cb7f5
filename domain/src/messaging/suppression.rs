//! Addresses that get no messages, or none that need consent. The address itself is not kept, only its keyed hash, so
//! that a list of those who complained cannot be read out of the database.

use std::collections::BTreeSet;

use entity::id::{MessageId, SuppressionId};
use entity::suppression::{Column, Entity, Model};
use entity::words::{MessageChannel, SuppressionReason, SuppressionScope};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QuerySelect, Select,
};
use serde_json::json;

use crate::kernel::event::NewEvent;
use crate::kernel::paging::{self, Cursor, Page, PageRequest};
use crate::kernel::secret::Secrets;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, email, text};

/// Longest note, in characters.
const NOTE: usize = 500;

/// An address that shall get no more messages.
#[derive(Debug, Clone)]
pub(crate) struct NewSuppression<'a> {
    /// By which channel.
    pub(crate) channel: MessageChannel,
    /// The address.
    pub(crate) address: &'a str,
    /// Which messages.
    pub(crate) scope: SuppressionScope,
    /// Why.
    pub(crate) reason: SuppressionReason,
    /// The message that showed it.
    pub(crate) message_id: Option<MessageId>,
    /// In words; never the address.
    pub(crate) note: Option<String>,
}

/// The keyed hash by which an address is found again, whatever its capitals.
#[must_use]
pub fn address_hash(secrets: &Secrets, channel: MessageChannel, address: &str) -> String {
    secrets.code_hash("suppression", &format!("{channel}:{}", folded(channel, address)))
}

/// An address in the one form in which addresses are compared.
fn folded(channel: MessageChannel, address: &str) -> String {
    match channel {
        MessageChannel::Email => email::normalize("address", address).unwrap_or_else(|_| address.trim().to_lowercase()),
        MessageChannel::Sms => address.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect(),
        MessageChannel::Line | MessageChannel::Webhook => address.trim().to_owned(),
    }
}

/// Keeps an address from messages; `false` when it was kept already, for this reason or one that weighs more. What its
/// owner wishes weighs more than what we found out, and a complaint more than an unsubscription, which a later "yes"
/// undoes.
pub(crate) async fn add(tx: &Tx, new: NewSuppression<'_>) -> Result<bool> {
    let row = row(tx, new);
    Ok(insert(tx, &row).await? || outweigh(tx, &row).await?)
}

/// The reasons that weigh less than a reason.
const fn lighter(reason: SuppressionReason) -> &'static [SuppressionReason] {
    match reason {
        SuppressionReason::Bounce | SuppressionReason::Manual => &[],
        SuppressionReason::Unsubscribe => &[SuppressionReason::Bounce, SuppressionReason::Manual],
        SuppressionReason::Complaint => {
            &[SuppressionReason::Bounce, SuppressionReason::Manual, SuppressionReason::Unsubscribe]
        }
    }
}

/// Writes a reason over one that weighs less.
async fn outweigh(tx: &Tx, row: &Model) -> Result<bool> {
    let lighter = lighter(row.reason);
    if lighter.is_empty() {
        return Ok(false);
    }
    let found = Entity::find()
        .filter(Column::Channel.eq(row.channel))
        .filter(Column::AddressHash.eq(row.address_hash.as_str()))
        .filter(Column::Scope.eq(row.scope))
        .filter(Column::Reason.is_in(lighter.iter().copied()))
        .lock_exclusive()
        .one(tx)
        .await?;
    let Some(found) = found else { return Ok(false) };
    let changed = Model { id: found.id, ..row.clone() };
    Entity::update(changed.clone().into_active_model().reset_all()).exec(tx).await?;
    tell(tx, &changed);
    Ok(true)
}

fn tell(tx: &Tx, row: &Model) {
    let facts =
        json!({ "channel": row.channel, "scope": row.scope, "reason": row.reason, "message_id": row.message_id });
    tx.event(NewEvent::new("suppression_added", "suppression", row.id.uuid()).payload(facts));
}

async fn insert(tx: &Tx, row: &Model) -> Result<bool> {
    let unique = [Column::Channel, Column::AddressHash, Column::Scope];
    let inserted = Entity::insert(row.clone().into_active_model().reset_all())
        .on_conflict(OnConflict::columns(unique).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    if inserted == 1 {
        tell(tx, row);
    }
    Ok(inserted == 1)
}

fn row(tx: &Tx, new: NewSuppression<'_>) -> Model {
    Model {
        id: SuppressionId(tx.new_uuid()),
        channel: new.channel,
        address_hash: address_hash(&tx.ctx().services.secrets, new.channel, new.address),
        scope: new.scope,
        reason: new.reason,
        message_id: new.message_id,
        note: new.note,
        created_at: tx.now(),
    }
}

/// Which messages an address does not get; `None` when it gets all. None at all wins over none that need consent.
pub async fn is_suppressed(
    db: &impl ConnectionTrait,
    secrets: &Secrets,
    channel: MessageChannel,
    address: &str,
) -> Result<Option<SuppressionScope>> {
    let scopes: Vec<_> = of(db, secrets, channel, address).await?.into_iter().map(|row| row.scope).collect();
    let all = scopes.iter().find(|scope| **scope == SuppressionScope::All);
    Ok(all.or(scopes.first()).copied())
}

/// Every suppression of an address: one of each scope at most.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    secrets: &Secrets,
    channel: MessageChannel,
    address: &str,
) -> Result<Vec<Model>> {
    let hash = address_hash(secrets, channel, address);
    let query = Entity::find().filter(Column::Channel.eq(channel)).filter(Column::AddressHash.eq(hash));
    Ok(query.all(db).await?)
}

/// Which of these addresses get no message at all. One statement; none without addresses.
pub(crate) async fn stopped<'a>(
    db: &impl ConnectionTrait,
    secrets: &Secrets,
    channel: MessageChannel,
    addresses: &[&'a str],
) -> Result<BTreeSet<&'a str>> {
    let known: Vec<(&'a str, String)> =
        addresses.iter().map(|address| (*address, address_hash(secrets, channel, address))).collect();
    if known.is_empty() {
        return Ok(BTreeSet::new());
    }
    let found: BTreeSet<String> = Entity::find()
        .select_only()
        .column(Column::AddressHash)
        .filter(Column::Channel.eq(channel))
        .filter(Column::Scope.eq(SuppressionScope::All))
        .filter(Column::AddressHash.is_in(known.iter().map(|(_, hash)| hash.as_str())))
        .into_tuple::<String>()
        .all(db)
        .await?
        .into_iter()
        .collect();
    Ok(known.into_iter().filter(|(_, hash)| found.contains(hash)).map(|(address, _)| address).collect())
}

/// Which suppressions are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this address, by any channel of `channel`.
    pub address: Option<String>,
    /// By this channel.
    pub channel: Option<MessageChannel>,
    /// For this reason.
    pub reason: Option<SuppressionReason>,
}

/// Suppressions, newest first. For callers that have checked the permission.
pub async fn list(ctx: &Ctx, filter: &Filter, page: &PageRequest) -> Result<Page<Model>> {
    ctx.require(Permission::MessagesRead)?;
    let query = paging::newest_first(filtered(&ctx.services.secrets, filter), Column::Id, page);
    let rows = query.all(&ctx.db()).await?;
    Ok(Page::from_rows(page, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many suppressions [`list`] walks through.
pub async fn count(ctx: &Ctx, filter: &Filter) -> Result<u64> {
    ctx.require(Permission::MessagesRead)?;
    Ok(filtered(&ctx.services.secrets, filter).count(&ctx.db()).await?)
}

fn filtered(secrets: &Secrets, filter: &Filter) -> Select<Entity> {
    let hashes = filter.address.as_ref().map(|address| {
        let hash = |channel: &MessageChannel| address_hash(secrets, *channel, address);
        Column::AddressHash.is_in(MessageChannel::ALL.iter().map(hash))
    });
    let condition = Condition::all()
        .add_option(hashes)
        .add_option(filter.channel.map(|channel| Column::Channel.eq(channel)))
        .add_option(filter.reason.map(|reason| Column::Reason.eq(reason)));
    Entity::find().filter(condition)
}

/// An address that staff stop.
#[derive(Debug, Clone)]
pub struct AddSuppression {
    /// By which channel.
    pub channel: MessageChannel,
    /// The address.
    pub address: String,
    /// Which messages.
    pub scope: SuppressionScope,
    /// Why, in words.
    pub note: Option<String>,
}

/// Stops messages to an address; the row that is there when it was stopped before. Errors: `FORBIDDEN`,
/// `INVALID_EMAIL`, `REQUIRED`, those of texts.
pub async fn suppress(ctx: &Ctx, input: AddSuppression) -> Result<Model> {
    everywhere(ctx)?;
    let address = &match input.channel {
        MessageChannel::Email => email::normalize("address", &input.address)?,
        MessageChannel::Line | MessageChannel::Sms | MessageChannel::Webhook => {
            text::required_line("address", &input.address, text::LINE)?
        }
    };
    let note = &input.note.as_ref().map(|note| text::line("note", note, NOTE)).transpose()?;
    ctx.write(|tx| async move {
        let new = NewSuppression {
            channel: input.channel,
            address,
            scope: input.scope,
            reason: SuppressionReason::Manual,
            message_id: None,
            note: note.clone().filter(|note| !note.is_empty()),
        };
        let row = row(&tx, new);
        if insert(&tx, &row).await? {
            return Ok(row);
        }
        Entity::find()
            .filter(Column::Channel.eq(row.channel))
            .filter(Column::AddressHash.eq(row.address_hash))
            .filter(Column::Scope.eq(row.scope))
            .one(&tx)
            .await?
            .ok_or(Error::not_found("suppression"))
    })
    .await
}

/// Lets messages to an address through again. An unsubscription stays what it is: consent is asked anew. Errors:
/// `FORBIDDEN`, `NOT_FOUND`; `INVALID` for what the owner of the address wished, which staff may not undo.
pub async fn lift(ctx: &Ctx, id: SuppressionId) -> Result<SuppressionId> {
    everywhere(ctx)?;
    ctx.write(|tx| async move {
        let row = Entity::find_by_id(id).one(&tx).await?.ok_or(Error::not_found("suppression"))?;
        match row.reason {
            SuppressionReason::Complaint | SuppressionReason::Unsubscribe => {
                return Err(Error::invalid(ErrorCode::Invalid, "id"));
            }
            SuppressionReason::Bounce | SuppressionReason::Manual => {}
        }
        Entity::delete_by_id(id).exec(&tx).await?;
        let facts = json!({ "channel": row.channel, "scope": row.scope, "reason": row.reason });
        tx.event(NewEvent::new("suppression_removed", "suppression", id.uuid()).payload(facts));
        Ok(id)
    })
    .await
}

/// Addresses belong to no place: who stops them may do so everywhere.
fn everywhere(ctx: &Ctx) -> Result<()> {
    ctx.require_everywhere(Permission::MessagesSend)
}
