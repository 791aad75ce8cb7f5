//! Merchants' own wordings of messages: written as drafts, checked, used in place of the built-in, given up.
//!
//! Each save is a version; sources never change. A wording runs in a sandbox: no filters but a few, no variables of its
//! own, nothing that makes values larger, limited steps and output, and markup that mail programs would refuse is
//! refused here. When it cannot be rendered, the built-in one is sent, and staff see that and why.

mod expressions;
mod lint;
mod markup;
pub mod query;
mod sandbox;
mod save;

use entity::id::{ChannelId, MessageTemplateId};
use entity::message_template::{Column, Entity, Model};
use entity::words::TemplateState;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::render::{Draft, Links, Rendered};
use super::template_name::TemplateName;
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, Result, Scope, Tx};

pub(super) use lint::check;
pub(crate) use sandbox::Problem;
pub use sandbox::Source;
#[cfg(test)]
pub(super) use sandbox::prepared;
pub(super) use save::as_error;
pub use save::{SaveTemplate, activate, retire, save};

/// Renders a message: with the merchant's own wording where one is used and works, else with the built-in.
pub(super) async fn apply(
    tx: &Tx,
    locale: &str,
    channel_id: Option<ChannelId>,
    draft: &Draft,
    links: &Links,
) -> Result<(Rendered, Option<MessageTemplateId>)> {
    if let Some(own) = used(tx, draft, locale, channel_id).await? {
        let (wording, draft, links) = (own.clone(), draft.clone(), links.clone());
        match aside(move || sandbox::render(&wording, &draft, &links)).await? {
            Ok(rendered) => return Ok((rendered, Some(own.id))),
            Err(problem) => failed(tx, &own, &problem).await?,
        }
    }
    Ok((draft.render(links)?, None))
}

/// The wording that is used for a message: of its channel before that of all, of its own locale before that of its
/// language.
pub(super) async fn used(
    db: &impl ConnectionTrait,
    draft: &Draft,
    locale: &str,
    channel_id: Option<ChannelId>,
) -> Result<Option<Model>> {
    let mut of = Condition::any().add(Column::ChannelId.is_null());
    if let Some(id) = channel_id {
        of = of.add(Column::ChannelId.eq(id));
    }
    let found = Entity::find()
        .filter(Column::Name.eq(draft.name.as_str()))
        .filter(Column::State.eq(TemplateState::Active))
        .filter(of)
        .all(db)
        .await?;
    let spoken = [locale, locale.split('-').next().unwrap_or_default(), draft.language.tag()];
    let rank = |row: &Model| spoken.iter().position(|tag| tag.eq_ignore_ascii_case(&row.locale));
    let ranked = found.into_iter().filter_map(|row| Some(((rank(&row)?, row.channel_id.is_none()), row)));
    Ok(ranked.min_by_key(|((rank, for_all), _)| (*for_all, *rank)).map(|(_, row)| row))
}

/// A wording of a message that staff may see. Error: `NOT_FOUND`.
pub(super) async fn readable(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: MessageTemplateId,
    name: TemplateName,
) -> Result<Model> {
    let row = Entity::find_by_id(id).one(db).await?;
    let mine =
        |row: &Model| row.name == name.as_str() && row.channel_id.is_none_or(|id| scope.covers_channel(Some(id)));
    row.filter(mine).ok_or(Error::not_found("messageTemplate"))
}

/// Notes that a wording could not be rendered, and tells staff the first time.
async fn failed(tx: &Tx, own: &Model, problem: &Problem) -> Result<()> {
    tracing::warn!(template = %own.id, problem = problem.problem, "a merchant's template failed");
    Entity::update_many()
        .col_expr(Column::FailedAt, Expr::value(tx.now()))
        .col_expr(Column::Failure, Expr::value(problem.told()))
        .filter(Column::Id.eq(own.id))
        .exec(tx)
        .await?;
    if own.failed_at.is_none() {
        let payload = json!({ "name": own.name, "number": own.number, "problem": problem.problem });
        tx.event(NewEvent::new("message_template_failed", "message_template", own.id.uuid()).payload(payload));
    }
    Ok(())
}

/// Runs what merchants wrote on a thread where nobody waits for the network: a wording may take a while.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Bug(format!("a wording: {error}")))
}

/// Checks a source as if it were saved, and then renders it. Errors inside: all that is wrong with it.
pub(super) async fn trial(
    name: TemplateName,
    source: Source,
    draft: &Draft,
    links: &Links,
) -> Result<std::result::Result<Rendered, Vec<Problem>>> {
    let (draft, links) = (draft.clone(), links.clone());
    aside(move || {
        let problems = check(name, &source, draft.language);
        if problems.is_empty() {
            try_out(&source, &draft, &links).map_err(|problem| vec![problem])
        } else {
            Err(problems)
        }
    })
    .await
}

/// Renders a source that may not be saved. Errors: what is wrong with it.
pub(super) fn try_out(source: &Source, draft: &Draft, links: &Links) -> std::result::Result<Rendered, Problem> {
    sandbox::render_source(source, draft, links)
}
