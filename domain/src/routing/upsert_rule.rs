//! Creating, changing, deleting and ordering the rules of a channel.

use std::collections::BTreeSet;

use entity::id::{ChannelId, RoutingRuleId};
use entity::words::{RoutingFallback, RoutingSort};
use entity::{channel, location_group, routing_rule};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::query;
use super::rule::{Filter, check_filters, check_sorts, groups_of, stored};
use crate::kernel::event::NewEvent;
use crate::kernel::{text, version};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// Most rules of a channel.
const MAX_RULES: usize = 50;

/// A rule as it should be.
#[derive(Debug, Clone)]
pub struct UpsertRule {
    /// Which one to change; without it a new one, after the others.
    pub id: Option<RoutingRuleId>,
    /// Only if it still has this version.
    pub expected_version: Option<i32>,
    /// The channel; a rule stays in its channel.
    pub channel_id: ChannelId,
    /// Name for staff.
    pub name: String,
    /// Whether it is tried.
    pub active: bool,
    /// What keeps locations from serving; all must pass.
    pub filters: Vec<Filter>,
    /// Which serve first.
    pub sorts: Vec<RoutingSort>,
    /// Whether units may come from several locations.
    pub allow_partial: bool,
    /// What happens with what it cannot place.
    pub fallback: RoutingFallback,
}

/// Creates or changes a rule. Orders placed from then on follow it; decisions taken before keep its old name.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND` (rule, channel, group), `STALE_VERSION`, `TOO_MANY`, and what the checks of filters
/// and sorts say.
pub async fn upsert(ctx: &Ctx, input: UpsertRule) -> Result<routing_rule::Model> {
    authorize(ctx, input.channel_id)?;
    let input = UpsertRule { name: text::required_line("name", &input.name, text::LINE)?, ..input };
    check_filters("filters", &input.filters)?;
    check_sorts("sorts", &input.sorts)?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        lock_channel(tx, input.channel_id).await?;
        check_groups(tx, &input.filters).await?;
        match input.id {
            Some(id) => change(tx, id, input).await,
            None => create(tx, input).await,
        }
    })
    .await
}

/// Deletes a rule; answers the channel's rules that are left. Decisions that it led to stay, with its name.
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`.
pub async fn delete(ctx: &Ctx, id: RoutingRuleId, expected_version: Option<i32>) -> Result<Vec<routing_rule::Model>> {
    ctx.require(Permission::RoutingWrite)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let found = query::rule(tx, id).await?.ok_or(Error::not_found("routingRule"))?;
        authorize(tx.ctx(), found.channel_id).map_err(|_| Error::not_found("routingRule"))?;
        lock_channel(tx, found.channel_id).await?;
        version::check(expected_version, found.version)?;
        routing_rule::Entity::delete_by_id(id).exec(tx).await?;
        told(tx, "routing_rule_deleted", &found);
        query::rules(tx, found.channel_id).await
    })
    .await
}

/// Puts all rules of a channel into an order. Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID` at `ruleIds` unless each rule
/// of the channel is named once.
pub async fn reorder(ctx: &Ctx, channel: ChannelId, ids: Vec<RoutingRuleId>) -> Result<Vec<routing_rule::Model>> {
    authorize(ctx, channel)?;
    let ids = &ids;
    ctx.write(|tx| async move {
        let tx = &tx;
        lock_channel(tx, channel).await?;
        let rows = query::rules(tx, channel).await?;
        let named: BTreeSet<RoutingRuleId> = ids.iter().copied().collect();
        if ids.len() != rows.len() || named != rows.iter().map(|row| row.id).collect() {
            return Err(Error::invalid(ErrorCode::Invalid, "ruleIds"));
        }
        // At most 50 rules, and only those that move.
        for row in rows {
            let place = ids.iter().position(|id| *id == row.id).unwrap_or_default();
            let position = i32::try_from(place + 1).unwrap_or(i32::MAX);
            if row.position != position {
                let moved = routing_rule::Model { position, version: row.version + 1, updated_at: tx.now(), ..row };
                moved.into_active_model().reset_all().update(tx).await?;
            }
        }
        let event = NewEvent::new("routing_rules_reordered", "channel", channel.uuid());
        tx.event(event.payload(json!({ "rule_ids": ids })));
        query::rules(tx, channel).await
    })
    .await
}

/// Error: `FORBIDDEN`; `NOT_FOUND` for a channel out of reach.
pub(super) fn authorize(ctx: &Ctx, channel: ChannelId) -> Result<()> {
    let scope = ctx.require(Permission::RoutingWrite)?;
    if scope.allows_channel(channel) { Ok(()) } else { Err(Error::not_found("channel")) }
}

/// The channel's row stands for its list of rules. Error: `NOT_FOUND`.
async fn lock_channel(tx: &Tx, id: ChannelId) -> Result<()> {
    let found = channel::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    found.map(|_| ()).ok_or(Error::not_found("channel"))
}

/// Error: `NOT_FOUND` for a group that is not there.
pub(super) async fn check_groups(db: &impl sea_orm::ConnectionTrait, filters: &[Filter]) -> Result<()> {
    let groups = groups_of(filters);
    if groups.is_empty() {
        return Ok(());
    }
    let wanted = u64::try_from(groups.len()).unwrap_or(u64::MAX);
    let found = location_group::Entity::find().filter(location_group::Column::Id.is_in(groups)).count(db).await?;
    if found == wanted { Ok(()) } else { Err(Error::not_found("locationGroup")) }
}

async fn create(tx: &Tx, input: &UpsertRule) -> Result<routing_rule::Model> {
    version::check(input.expected_version, 0)?;
    let rows = query::rules(tx, input.channel_id).await?;
    if rows.len() >= MAX_RULES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "channelId", vec![("max", MAX_RULES.to_string())]));
    }
    let row = routing_rule::Model {
        id: RoutingRuleId(tx.new_uuid()),
        channel_id: input.channel_id,
        position: rows.iter().map(|row| row.position).max().unwrap_or(0) + 1,
        name: input.name.clone(),
        active: input.active,
        filters: stored(&input.filters)?,
        sorts: stored(&input.sorts)?,
        allow_partial: input.allow_partial,
        fallback: input.fallback,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    routing_rule::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    told(tx, "routing_rule_created", &row);
    Ok(row)
}

async fn change(tx: &Tx, id: RoutingRuleId, input: &UpsertRule) -> Result<routing_rule::Model> {
    let found = query::rule(tx, id).await?.filter(|row| row.channel_id == input.channel_id);
    let old = found.ok_or(Error::not_found("routingRule"))?;
    version::check(input.expected_version, old.version)?;
    let mut row = routing_rule::Model {
        name: input.name.clone(),
        active: input.active,
        filters: stored(&input.filters)?,
        sorts: stored(&input.sorts)?,
        allow_partial: input.allow_partial,
        fallback: input.fallback,
        ..old.clone()
    };
    if row == old {
        return Ok(old);
    }
    row.version += 1;
    row.updated_at = tx.now();
    row.clone().into_active_model().reset_all().update(tx).await?;
    told(tx, "routing_rule_updated", &row);
    Ok(row)
}

fn told(tx: &Tx, kind: &'static str, row: &routing_rule::Model) {
    let payload = json!({ "channel_id": row.channel_id, "name": row.name, "version": row.version });
    tx.event(NewEvent::new(kind, "routing_rule", row.id.uuid()).payload(payload));
}
