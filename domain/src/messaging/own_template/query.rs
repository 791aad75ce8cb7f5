//! Reading merchants' own wordings.

use entity::id::ChannelId;
use entity::message_template::{Column, Entity, Model};
use entity::words::TemplateState;
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, Select};

use super::super::template_name::TemplateName;
use crate::kernel::paging::{Cursor, Page, PageRequest, newest_first};
use crate::kernel::{Ctx, Permission, Result, Scope};

/// Which wordings are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this message.
    pub name: Option<TemplateName>,
    /// For this channel only.
    pub channel_id: Option<ChannelId>,
    /// In this language.
    pub locale: Option<String>,
    /// In this state.
    pub state: Option<TemplateState>,
}

fn filtered(scope: &Scope, filter: &Filter) -> Select<Entity> {
    let mut condition = Condition::all()
        .add_option(filter.name.map(|name| Column::Name.eq(name.as_str())))
        .add_option(filter.channel_id.map(|id| Column::ChannelId.eq(id)))
        .add_option(filter.locale.as_ref().map(|locale| Column::Locale.eq(locale.as_str())))
        .add_option(filter.state.map(|state| Column::State.eq(state)));
    // As for changing them: a wording is that of all stores of its channel.
    if let Some(channels) = scope.whole_channels() {
        condition = condition.add(Column::ChannelId.is_in(channels));
    }
    Entity::find().filter(condition)
}

/// Wordings with their versions, newest first. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn page(ctx: &Ctx, filter: &Filter, request: &PageRequest) -> Result<Page<Model>> {
    let scope = ctx.require(Permission::MessagesRead)?;
    let rows = newest_first(filtered(&scope, filter), Column::Id, request).all(&ctx.db()).await?;
    Ok(Page::from_rows(request, rows, |row| Cursor::of(row.id.uuid())))
}

/// How many wordings [`page`] walks through. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn count(ctx: &Ctx, filter: &Filter) -> Result<u64> {
    let scope = ctx.require(Permission::MessagesRead)?;
    Ok(filtered(&scope, filter).count(&ctx.db()).await?)
}
