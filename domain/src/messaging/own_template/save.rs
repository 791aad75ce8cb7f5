//! Saving, using and giving up a merchant's own wording.

use entity::channel;
use entity::id::{ChannelId, MessageTemplateId};
use entity::message_template::{Column, Entity, Model};
use entity::words::TemplateState;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
};
use serde_json::json;

use super::super::template_name::TemplateName;
use super::lint;
use super::sandbox::{Problem, Source};
use crate::kernel::event::NewEvent;
use crate::kernel::language::{Language, is_locale};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Scope, Tx};

/// A wording to save.
#[derive(Debug, Clone)]
pub struct SaveTemplate {
    /// Of which message.
    pub name: TemplateName,
    /// For one channel only; for all when left out, which needs the permission everywhere.
    pub channel_id: Option<ChannelId>,
    /// Language (BCP 47), such as `ja` or `en-GB`.
    pub locale: String,
    /// What it says.
    pub source: Source,
}

/// Saves a wording as a draft, the next version of those of its message, channel and language.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND` for the channel, `INVALID_LOCALE`, and `TEMPLATE_INVALID` for each thing that is
/// wrong with it.
pub async fn save(ctx: &Ctx, input: SaveTemplate) -> Result<Model> {
    let scope = ctx.require(Permission::PlacesWrite)?;
    if !is_locale(&input.locale) {
        return Err(Error::invalid(ErrorCode::InvalidLocale, "input.locale"));
    }
    checked(input.name, input.source.clone(), Language::of(&input.locale)).await?;
    let (scope, input) = (&scope, &input);
    ctx.write(|tx| async move {
        reach(&tx, scope, input.channel_id).await?;
        let last = siblings(input.name.as_str(), input.channel_id, &input.locale)
            .order_by_desc(Column::Number)
            .lock_exclusive()
            .one(&tx)
            .await?;
        let row = Model {
            id: MessageTemplateId(tx.new_uuid()),
            name: input.name.as_str().to_owned(),
            channel_id: input.channel_id,
            locale: input.locale.clone(),
            number: last.map_or(0, |last| last.number) + 1,
            subject: input.source.subject.trim().to_owned(),
            mjml: input.source.mjml.clone(),
            text: input.source.text.clone(),
            state: TemplateState::Draft,
            staff_id: tx.ctx().actor.staff_id(),
            failed_at: None,
            failure: None,
            created_at: tx.now(),
        };
        Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(&tx).await?;
        tell(&tx, "message_template_saved", &row);
        Ok(row)
    })
    .await
}

/// Checks a source where nobody waits for the network, and outside of any transaction.
async fn checked(name: TemplateName, source: Source, language: Language) -> Result<()> {
    refuse(super::aside(move || lint::check(name, &source, language)).await?)
}

/// All that is wrong as errors of the input.
fn refuse(problems: Vec<Problem>) -> Result<()> {
    let mut errors: Vec<Error> = problems.iter().map(as_error).collect();
    match errors.len() {
        0 => Ok(()),
        1 => Err(errors.remove(0)),
        _ => Err(Error::Several(errors)),
    }
}

/// A problem as clients see it.
pub(in super::super) fn as_error(problem: &Problem) -> Error {
    let values = vec![
        ("problem", problem.problem.to_owned()),
        ("line", problem.line.to_string()),
        ("detail", problem.detail.clone()),
    ];
    Error::invalid_with(ErrorCode::TemplateInvalid, format!("input.{}", problem.part.path()), values)
}

/// Uses a wording in place of the built-in and of the one that was used until now. Errors: `FORBIDDEN`, `NOT_FOUND`, and
/// `TEMPLATE_INVALID` for one that was written for an older version of this program and does not fit any more.
pub async fn activate(ctx: &Ctx, id: MessageTemplateId) -> Result<Model> {
    let scope = &ctx.require(Permission::PlacesWrite)?;
    let missing = || Error::not_found("messageTemplate");
    let row = Entity::find_by_id(id).one(&ctx.db()).await?;
    let row = row.filter(|row| scope.covers_channel(row.channel_id)).ok_or_else(missing)?;
    if row.state != TemplateState::Active {
        // Before the transaction: what a version says never changes.
        let name = TemplateName::parse(&row.name).ok_or_else(missing)?;
        let source = Source { subject: row.subject, mjml: row.mjml, text: row.text };
        checked(name, source, Language::of(&row.locale)).await?;
    }
    ctx.write(|tx| async move {
        let row = lock(&tx, scope, id).await?;
        if row.state == TemplateState::Active {
            return Ok(row);
        }
        let used = siblings(&row.name, row.channel_id, &row.locale).filter(Column::State.eq(TemplateState::Active));
        for old in used.lock_exclusive().all(&tx).await? {
            set(&tx, old, TemplateState::Retired, "message_template_retired").await?;
        }
        set(&tx, row, TemplateState::Active, "message_template_activated").await
    })
    .await
}

/// Gives a wording up; when it was used, the built-in is used again. Errors: `FORBIDDEN`, `NOT_FOUND`.
pub async fn retire(ctx: &Ctx, id: MessageTemplateId) -> Result<Model> {
    let scope = &ctx.require(Permission::PlacesWrite)?;
    ctx.write(|tx| async move {
        let row = lock(&tx, scope, id).await?;
        if row.state == TemplateState::Retired {
            return Ok(row);
        }
        set(&tx, row, TemplateState::Retired, "message_template_retired").await
    })
    .await
}

async fn lock(tx: &Tx, scope: &Scope, id: MessageTemplateId) -> Result<Model> {
    let row = Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    row.filter(|row| scope.covers_channel(row.channel_id)).ok_or(Error::not_found("messageTemplate"))
}

async fn reach(tx: &Tx, scope: &Scope, channel_id: Option<ChannelId>) -> Result<()> {
    // A channel writes in the name of all its stores: who answers for one of them changes nothing.
    if !scope.covers_channel(channel_id) {
        return match channel_id {
            Some(_) => Err(Error::not_found("channel")),
            None => Err(Error::Forbidden { permission: Permission::PlacesWrite.as_str() }),
        };
    }
    match channel_id {
        // Locked, so that two versions that are saved at once get two numbers.
        Some(id) => {
            let channel = channel::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
            channel.map(|_| ()).ok_or(Error::not_found("channel"))
        }
        None => Ok(()),
    }
}

/// All wordings of a message for a channel, or for all, in a language.
fn siblings(name: &str, channel_id: Option<ChannelId>, locale: &str) -> Select<Entity> {
    let query = Entity::find().filter(Column::Name.eq(name)).filter(Column::Locale.eq(locale));
    match channel_id {
        Some(id) => query.filter(Column::ChannelId.eq(id)),
        None => query.filter(Column::ChannelId.is_null()),
    }
}

async fn set(tx: &Tx, row: Model, state: TemplateState, kind: &'static str) -> Result<Model> {
    let is_active = state == TemplateState::Active;
    let row = Model {
        state,
        failed_at: if is_active { None } else { row.failed_at },
        failure: if is_active { None } else { row.failure },
        ..row
    };
    Entity::update_many()
        .col_expr(Column::State, Expr::value(row.state))
        .col_expr(Column::FailedAt, Expr::value(row.failed_at))
        .col_expr(Column::Failure, Expr::value(row.failure.clone()))
        .filter(Column::Id.eq(row.id))
        .exec(tx)
        .await?;
    tell(tx, kind, &row);
    Ok(row)
}

fn tell(tx: &Tx, kind: &'static str, row: &Model) {
    let payload = json!({ "name": row.name, "channel_id": row.channel_id, "locale": row.locale, "number": row.number });
    tx.event(NewEvent::new(kind, "message_template", row.id.uuid()).payload(payload));
}
