//! Goods that come back: rules, the way of a return, the counter, claims.

pub(crate) mod found;
pub(crate) mod input;
mod rules;

use async_graphql::{Context, ID, Object};
use domain::Result;
use domain::returns::{access, claim, counter, decide, facts, inspect, query, receive, request, upsert};

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::return_rules::{ReturnPolicy, ReturnReason, Returnability};
use crate::node::returns::{Return, ReturnConnection, ReturnPhoto};
use crate::payload;
use crate::scalar::{id as id_of, parse_id};

pub use found::{
    ReturnAtCounterInput, ReturnBlindInput, ReturnCounterLineInput, ReturnInspectInput, ReturnItemInput,
    ReturnUnitInput,
};
pub use input::{
    ClaimResolveInput, ReturnApprovalInput, ReturnApproveInput, ReturnArrivedInput, ReturnCreateInput,
    ReturnDeclineInput, ReturnFilterInput, ReturnReceiveInput, ReturnSendInput, ReturnStepInput,
};
pub use rules::{ReturnConditionsInput, ReturnPolicyUpsertInput, ReturnReasonUpsertInput, ReturnTextInput};

payload! {
    /// A return after a step.
    pub struct ReturnStepPayload {
        /// The return.
        r#return: Return,
    }
}

payload! {
    /// A return after a change that is made once per key.
    pub struct ReturnPayload {
        /// The return.
        r#return: Return,
        /// Whether the same key did it before; nothing was done again.
        replayed: bool,
    }
}

payload! {
    /// A policy after a change.
    pub struct ReturnPolicyPayload {
        /// The policy.
        policy: ReturnPolicy,
    }
}

payload! {
    /// A reason after a change.
    pub struct ReturnReasonPayload {
        /// The reason.
        reason: ReturnReason,
    }
}

fn shown(done: request::Done) -> (Return, bool) {
    (Return(done.row), done.replayed)
}

/// What comes back.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReturnQuery;

/// What comes back.
#[Object]
impl ReturnQuery {
    /// A return; null when there is none.
    #[graphql(name = "return")]
    async fn one(&self, ctx: &Context<'_>, #[graphql(desc = "The return.")] id: ID) -> Result<Option<Return>> {
        Ok(access::visible(ctx_of(ctx), parse_id(&id, "id")?, None).await?.map(Return))
    }

    /// Returns, newest first: of all locations, because goods come back everywhere.
    #[graphql(complexity = "first.or(last).unwrap_or(20).max(1) as usize * child_complexity")]
    async fn returns(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.", default)] filter: ReturnFilterInput,
        #[graphql(desc = "How many from the start; 20 when nothing is said, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<ReturnConnection> {
        let filter = filter.read()?;
        let page = query::page(ctx_of(ctx), &filter, &page_request(first, after, last, before)?).await?;
        let state = (ctx_of(ctx).clone(), filter);
        let all = count(state, |(ctx, filter)| async move { query::count(&ctx, &filter).await });
        Ok(ReturnConnection::new(page.map(Return), all))
    }

    /// Which units of an order the rules let come back, and why the others not.
    async fn returnability(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order.")] order_id: ID,
    ) -> Result<Vec<Returnability>> {
        let lines = facts::returnability(ctx_of(ctx), parse_id(&order_id, "orderId")?).await?;
        Ok(lines.into_iter().map(Into::into).collect())
    }

    /// The pictures of a return, oldest first.
    async fn return_photos(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The return.")] return_id: ID,
    ) -> Result<Vec<ReturnPhoto>> {
        let found = query::photos(ctx_of(ctx), parse_id(&return_id, "returnId")?, None).await?;
        let shown = |(id, content_type, data)| ReturnPhoto { id: id_of(id), content_type, data };
        Ok(found.into_iter().map(shown).collect())
    }

    /// All policies, the first that is asked first.
    async fn return_policies(&self, ctx: &Context<'_>) -> Result<Vec<ReturnPolicy>> {
        Ok(query::policies(ctx_of(ctx)).await?.into_iter().map(ReturnPolicy).collect())
    }

    /// All reasons, in their order.
    async fn return_reasons(&self, ctx: &Context<'_>) -> Result<Vec<ReturnReason>> {
        Ok(query::reasons(&ctx_of(ctx).db()).await?.into_iter().map(ReturnReason).collect())
    }
}

/// Taking goods back.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReturnMutation;

/// Taking goods back.
#[Object]
impl ReturnMutation {
    /// Files a return for a customer; it is approved at once. Beyond the rules it takes a reason and somebody else who
    /// allows it.
    async fn return_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What comes back.")] input: ReturnCreateInput,
    ) -> Result<ReturnPayload> {
        let done = match input.read(ctx) {
            Ok(input) => request::request(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        ReturnPayload::of(ctx, done.map(shown))
    }

    /// Allows what a customer asks for: the customer gets the instructions by mail.
    async fn return_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and how.")] input: ReturnApproveInput,
    ) -> Result<ReturnStepPayload> {
        let done = match input.read() {
            Ok((id, version, how)) => decide::approve(ctx_of(ctx), id, version, how).await,
            Err(error) => Err(error),
        };
        ReturnStepPayload::of(ctx, done)
    }

    /// Refuses what a customer asks for, with a reason that the customer reads.
    async fn return_decline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and why.")] input: ReturnDeclineInput,
    ) -> Result<ReturnStepPayload> {
        let done = match parse_id(&input.return_id, "input.returnId") {
            Ok(id) => decide::decline(ctx_of(ctx), id, input.expected_version, &input.reason).await,
            Err(error) => Err(error),
        };
        ReturnStepPayload::of(ctx, done)
    }

    /// Notes for a customer who called that the goods were handed to a carrier.
    async fn return_send(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones, and how.")] input: ReturnSendInput,
    ) -> Result<ReturnStepPayload> {
        let ReturnSendInput { return_id, expected_version, carrier, tracking_number } = input;
        let done = match parse_id(&return_id, "input.returnId") {
            Ok(id) => decide::send(ctx_of(ctx), id, None, expected_version, (carrier, tracking_number)).await,
            Err(error) => Err(error),
        };
        ReturnStepPayload::of(ctx, done)
    }

    /// Gives a return up before anything came.
    async fn return_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ReturnStepInput,
    ) -> Result<ReturnStepPayload> {
        let done = match input.id() {
            Ok(id) => decide::cancel(ctx_of(ctx), id, None, input.expected_version).await,
            Err(error) => Err(error),
        };
        ReturnStepPayload::of(ctx, done)
    }

    /// Nothing is left to do.
    async fn return_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ReturnStepInput,
    ) -> Result<ReturnStepPayload> {
        let done = match input.id() {
            Ok(id) => decide::close(ctx_of(ctx), id, input.expected_version).await,
            Err(error) => Err(error),
        };
        ReturnStepPayload::of(ctx, done)
    }

    /// Looks at it again: what was closed is inspected, what was declined is asked for again.
    async fn return_reopen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ReturnStepInput,
    ) -> Result<ReturnStepPayload> {
        let done = match input.id() {
            Ok(id) => decide::reopen(ctx_of(ctx), id, input.expected_version).await,
            Err(error) => Err(error),
        };
        ReturnStepPayload::of(ctx, done)
    }

    /// Receives goods of a return at any location that takes goods back, in as many parts as they come; once per key.
    async fn return_receive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What arrived.")] input: ReturnReceiveInput,
    ) -> Result<ReturnPayload> {
        let done = match input.read(ctx) {
            Ok(input) => receive::receive(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        ReturnPayload::of(ctx, done.map(shown))
    }

    /// Says what happens to units that arrived: they enter stock in their state, and their money goes back; once per key.
    async fn return_inspect(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was found.")] input: ReturnInspectInput,
    ) -> Result<ReturnPayload> {
        let done = match input.read(ctx) {
            Ok(input) => inspect::inspect(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        ReturnPayload::of(ctx, done.map(shown))
    }

    /// Takes goods back at a counter in one call, of any order: filed, received, inspected, paid, closed; once per key.
    async fn return_at_counter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was handed in.")] input: ReturnAtCounterInput,
    ) -> Result<ReturnPayload> {
        let done = match input.read(ctx) {
            Ok(input) => counter::return_at_counter(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        ReturnPayload::of(ctx, done.map(shown))
    }

    /// Takes goods back without an order: store credit at the lowest price of 30 days, when somebody else allows it; once
    /// per key.
    async fn return_blind(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was handed in, and by whom.")] input: ReturnBlindInput,
    ) -> Result<ReturnPayload> {
        let done = match input.read(ctx) {
            Ok(input) => counter::blind_return(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        ReturnPayload::of(ctx, done.map(shown))
    }

    /// Answers a claim: its units are paid back in full or replaced at no cost, with money beside it or without, or it is
    /// refused; once per key.
    async fn claim_resolve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The answer.")] input: ClaimResolveInput,
    ) -> Result<ReturnPayload> {
        let done = match input.read(ctx) {
            Ok(input) => claim::resolve(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        ReturnPayload::of(ctx, done.map(shown))
    }

    /// Creates or changes a policy; it holds for what is asked from then on.
    async fn return_policy_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The policy.")] input: ReturnPolicyUpsertInput,
    ) -> Result<ReturnPolicyPayload> {
        let done = match input.read() {
            Ok(input) => upsert::policy(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        ReturnPolicyPayload::of(ctx, done)
    }

    /// Creates or changes the reason of a code.
    async fn return_reason_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The reason.")] input: ReturnReasonUpsertInput,
    ) -> Result<ReturnReasonPayload> {
        ReturnReasonPayload::of(ctx, upsert::reason(ctx_of(ctx), input.read()).await)
    }
}
