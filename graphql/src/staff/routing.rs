//! Routing as staff see it: rules, groups, waiting work, and why locations serve an order.

mod input;

use async_graphql::{Context, ID, Object};
use domain::fulfillment::{parking, simulate};
use domain::order::query::{self as orders, OrderLookup};
use domain::routing::{self, location_group, upsert_rule};
use domain::{Error, Result};
use entity::id::RoutingRuleId;

pub use self::input::{
    LocationGroupUpsertInput, ParkedFulfillmentOrderFilterInput, ParkedFulfillmentOrderReleaseInput,
    RoutingRuleDeleteInput, RoutingRuleReorderInput, RoutingRuleUpsertInput, RoutingSimulateInput,
};
use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::fulfillment_order::FulfillmentOrder;
use crate::node::routing::{LocationGroup, LocationGroupConnection, RoutingDecision, RoutingRule, RoutingSimulation};
use crate::scalar::parse_id;
use crate::{connection, payload};

connection!(
    ParkedFulfillmentOrderConnection,
    ParkedFulfillmentOrderEdge,
    FulfillmentOrder,
    "work that waits without a location"
);

payload! {
    /// A rule after a change.
    pub struct RoutingRulePayload {
        /// The rule.
        routing_rule: RoutingRule,
    }
}

payload! {
    /// The rules of a channel after a change.
    pub struct RoutingRulesPayload {
        /// The rules, in the order in which they are tried.
        routing_rules: Vec<RoutingRule>,
    }
}

payload! {
    /// A group of locations after a change.
    pub struct LocationGroupPayload {
        /// The group.
        location_group: LocationGroup,
    }
}

payload! {
    /// Waiting work after it was served.
    pub struct ParkedFulfillmentOrderPayload {
        /// The work: with a location, or with what is left of it.
        fulfillment_order: FulfillmentOrder,
    }
}

/// Questions about routing.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoutingQuery;

/// Questions about routing.
#[Object]
impl RoutingQuery {
    /// The rules of a channel in the order in which they are tried, active or not; none means: the nearest that has it
    /// all, else the fewest splits.
    async fn routing_rules(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The channel.")] channel_id: ID,
    ) -> Result<Vec<RoutingRule>> {
        let rows = routing::query::rules(&ctx_of(ctx).db(), parse_id(&channel_id, "channelId")?).await?;
        Ok(rows.into_iter().map(RoutingRule).collect())
    }

    /// Groups of locations, newest first.
    async fn location_groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<LocationGroupConnection> {
        let db = ctx_of(ctx).db();
        let page = routing::query::group_page(&db, &page_request(first, after, last, before)?).await?;
        let all = count(db, |db| async move { routing::query::group_count(&db).await });
        Ok(LocationGroupConnection::new(page.map(LocationGroup), all))
    }

    /// Why locations serve an order: every decision with its candidates, oldest first; the last 200.
    async fn routing_decision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order.")] order_id: ID,
    ) -> Result<Vec<RoutingDecision>> {
        let order = orders::find(ctx_of(ctx), OrderLookup::Id(parse_id(&order_id, "orderId")?)).await?;
        let Some(order) = order else { return Ok(Vec::new()) };
        let rows = routing::query::of_order(&ctx_of(ctx).db(), order.id).await?;
        Ok(rows.into_iter().map(RoutingDecision).collect())
    }

    /// What a set of rules would have made of past orders, before it is switched on. Nothing is stored.
    async fn routing_simulate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Past orders, and the rules to try on them.")] input: RoutingSimulateInput,
    ) -> Result<RoutingSimulation> {
        Ok(simulate::simulate(ctx_of(ctx), &input.read()?).await?.into())
    }

    /// Work that waits without a location, oldest promise first.
    #[graphql(complexity = "first.or(last).unwrap_or(20).max(1) as usize * child_complexity")]
    async fn parked_fulfillment_orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.", default)] filter: ParkedFulfillmentOrderFilterInput,
        #[graphql(desc = "How many, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what goes before this cursor.")] before: Option<String>,
    ) -> Result<ParkedFulfillmentOrderConnection> {
        let filter = filter.read();
        let page = parking::page(ctx_of(ctx), &filter, &page_request(first, after, last, before)?).await?;
        let state = (ctx_of(ctx).clone(), filter);
        let all = count(state, |(ctx, filter)| async move { parking::count(&ctx, &filter).await });
        Ok(ParkedFulfillmentOrderConnection::new(page.map(FulfillmentOrder), all))
    }
}

/// Changes of routing.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoutingMutation;

/// Changes of routing.
#[Object]
impl RoutingMutation {
    /// Creates a rule or changes it as a whole. Orders placed from then on follow it.
    async fn routing_rule_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule as it should be.")] input: RoutingRuleUpsertInput,
    ) -> Result<RoutingRulePayload> {
        let done = match input.read() {
            Ok(input) => upsert_rule::upsert(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        RoutingRulePayload::of(ctx, done)
    }

    /// Deletes a rule. Decisions that it led to keep its name.
    async fn routing_rule_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule.")] input: RoutingRuleDeleteInput,
    ) -> Result<RoutingRulesPayload> {
        let done = match parse_id(&input.id, "input.id") {
            Ok(id) => upsert_rule::delete(ctx_of(ctx), id, input.expected_version).await,
            Err(error) => Err(error),
        };
        RoutingRulesPayload::of(ctx, done.map(shown))
    }

    /// Puts the rules of a channel into an order.
    async fn routing_rule_reorder(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "All rules of a channel.")] input: RoutingRuleReorderInput,
    ) -> Result<RoutingRulesPayload> {
        let ids = input.rule_ids.iter().map(|id| parse_id(id, "input.ruleIds")).collect::<Result<Vec<RoutingRuleId>>>();
        let done = match parse_id(&input.channel_id, "input.channelId").and_then(|channel| Ok((channel, ids?))) {
            Ok((channel, ids)) => upsert_rule::reorder(ctx_of(ctx), channel, ids).await,
            Err(error) => Err::<_, Error>(error),
        };
        RoutingRulesPayload::of(ctx, done.map(shown))
    }

    /// Creates a group of locations or changes it as a whole. Found by id, else by code.
    async fn location_group_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group as it should be.")] input: LocationGroupUpsertInput,
    ) -> Result<LocationGroupPayload> {
        let done = match input.read() {
            Ok(input) => location_group::upsert(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        LocationGroupPayload::of(ctx, done)
    }

    /// Serves waiting work out of its turn, whatever carts hold and other orders wait for.
    async fn parked_fulfillment_order_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The work.")] input: ParkedFulfillmentOrderReleaseInput,
    ) -> Result<ParkedFulfillmentOrderPayload> {
        let done = match input.read() {
            Ok(input) => parking::release_by_hand(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        ParkedFulfillmentOrderPayload::of(ctx, done.map(FulfillmentOrder))
    }
}

fn shown(rows: Vec<entity::routing_rule::Model>) -> Vec<RoutingRule> {
    rows.into_iter().map(RoutingRule).collect()
}
