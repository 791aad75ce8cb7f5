//! Flows: what they do, their runs, what they achieved, and guides of products.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::flow::query::{self, FlowFilter, RunFilter};
use domain::flow::{dry_run, figures, guide, save, switch};
use domain::{Permission, Result};
use entity::words::{FlowRunStatus, FlowStatus};

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::flow::{
    Flow, FlowConnection, FlowDefinition, FlowDryRun, FlowFigures, FlowRun, FlowRunConnection, ProductGuide,
};
use crate::payload;
use crate::scalar::{Locale, parse_id, parse_optional_id};
use crate::word::Word;

payload! {
    /// A flow after a change.
    pub struct FlowPayload {
        /// The flow.
        flow: Flow,
    }
}

payload! {
    /// A guide after a change.
    pub struct ProductGuidePayload {
        /// The guide.
        product_guide: ProductGuide,
    }
}

/// Which runs are wanted; what is left out asks for nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub struct FlowRunFilterInput {
    /// Of the flow with this code.
    pub flow: Option<String>,
    /// For this customer.
    pub customer_id: Option<ID>,
    /// About this order.
    pub order_id: Option<ID>,
    /// In these states.
    #[graphql(default)]
    pub statuses: Vec<Word<FlowRunStatus>>,
}

impl FlowRunFilterInput {
    fn read(self) -> Result<RunFilter> {
        Ok(RunFilter {
            flow: self.flow,
            customer_id: parse_optional_id(self.customer_id.as_ref(), "filter.customerId")?,
            order_id: parse_optional_id(self.order_id.as_ref(), "filter.orderId")?,
            statuses: self.statuses.into_iter().map(|word| word.0).collect(),
        })
    }
}

/// A flow as it should be.
#[derive(Clone, Debug, InputObject)]
pub struct FlowSaveInput {
    /// Name that never changes, of small letters, digits, `-` and `_`; tells which flow it is. A new one makes a flow that
    /// is off.
    pub code: String,
    /// Name that people read.
    pub name: Option<String>,
    /// What it does. Each save is a version; runs that began go on as they began.
    pub definition: FlowDefinition,
    /// So many of a hundred people get nothing, to compare with: 0 to 50.
    pub hold_out_percent: Option<i32>,
    /// The version that you saw; another one is refused.
    pub expected_version: Option<i32>,
}

/// A flow to switch on or off.
#[derive(Clone, Debug, InputObject)]
pub struct FlowSwitchInput {
    /// Its code.
    pub code: String,
    /// On or off. Off ends what waits.
    pub on: bool,
    /// The version that you saw; another one is refused.
    pub expected_version: Option<i32>,
}

/// A flow to pause.
#[derive(Clone, Debug, InputObject)]
pub struct FlowPauseInput {
    /// Its code.
    pub code: String,
    /// The version that you saw; another one is refused.
    pub expected_version: Option<i32>,
}

/// A text in a language.
#[derive(Clone, Debug, InputObject)]
pub struct GuideTextInput {
    /// The language.
    pub locale: Locale,
    /// The text; an empty one leaves the language out.
    pub text: String,
}

/// How to use a product, as it should be.
#[derive(Clone, Debug, InputObject)]
pub struct ProductGuideSaveInput {
    /// The product.
    pub product_id: ID,
    /// Its title, at least in one language; at most 100 characters each.
    pub title: Vec<GuideTextInput>,
    /// Its text; at most 5,000 characters each.
    #[graphql(default)]
    pub text: Vec<GuideTextInput>,
    /// Where there is more, `https`; empty takes it back.
    pub url: Option<String>,
    /// The version that you saw, 0 for none; another one is refused.
    pub expected_version: Option<i32>,
}

impl ProductGuideSaveInput {
    fn read(self) -> guide::SaveGuide {
        let texts = |texts: Vec<GuideTextInput>| texts.into_iter().map(|one| (one.locale.0, one.text)).collect();
        guide::SaveGuide {
            title: texts(self.title),
            text: texts(self.text),
            url: self.url,
            expected_version: self.expected_version,
        }
    }
}

/// Questions about flows.
#[derive(Clone, Copy, Debug, Default)]
pub struct FlowQuery;

/// Questions about flows.
#[Object]
impl FlowQuery {
    /// A flow by its code; null when there is none.
    async fn flow(&self, ctx: &Context<'_>, #[graphql(desc = "Its code.")] code: String) -> Result<Option<Flow>> {
        Ok(query::by_code(ctx_of(ctx), &code).await?.map(Flow))
    }

    /// Flows, newest first.
    #[graphql(complexity = "first.or(last).unwrap_or(20).max(1) as usize * child_complexity")]
    async fn flows(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "With steps, or the switches of messages; both when left out.")] has_steps: Option<bool>,
        #[graphql(desc = "How many from the start; 20 when nothing is said, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<FlowConnection> {
        let filter = FlowFilter { has_steps };
        let page = query::page(ctx_of(ctx), filter, &page_request(first, after, last, before)?).await?;
        let state = (ctx_of(ctx).clone(), filter);
        let all = count(state, |(ctx, filter)| async move { query::count(&ctx, filter).await });
        Ok(FlowConnection::new(page.map(Flow), all))
    }

    /// Runs of flows that you may see, newest first.
    #[graphql(complexity = "first.or(last).unwrap_or(20).max(1) as usize * child_complexity")]
    async fn flow_runs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.", default)] filter: FlowRunFilterInput,
        #[graphql(desc = "How many from the start; 20 when nothing is said, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<FlowRunConnection> {
        let filter = filter.read()?;
        let page = query::runs(ctx_of(ctx), &filter, &page_request(first, after, last, before)?).await?;
        let state = (ctx_of(ctx).clone(), filter);
        let all = count(state, |(ctx, filter)| async move { query::run_count(&ctx, &filter).await });
        Ok(FlowRunConnection::new(page.map(FlowRun), all))
    }

    /// What a flow achieved: by variant, and for those who got nothing.
    async fn flow_figures(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Code of the flow.")] code: String,
        #[graphql(desc = "Runs that began at or after; 90 days before the end when left out.")] from: Option<
            DateTime<Utc>,
        >,
        #[graphql(desc = "Runs that began before; now when left out.")] until: Option<DateTime<Utc>>,
    ) -> Result<FlowFigures> {
        Ok(figures::figures(ctx_of(ctx), &figures::FiguresOf { code, from, until }).await?.into())
    }

    /// What a flow, or one that is being written, would have done: to how many, and why not to the others. Nothing is sent.
    async fn flow_dry_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Code of a flow; for its hold-out and, without a definition, for what it does.")] code: Option<
            String,
        >,
        #[graphql(desc = "What to try instead.")] definition: Option<FlowDefinition>,
        #[graphql(desc = "How many days to look back, at most 90.", default = 90)] days: i32,
    ) -> Result<FlowDryRun> {
        let input = dry_run::DryRun { code, definition: definition.map(|definition| definition.0), days: days.into() };
        Ok(dry_run::dry_run(ctx_of(ctx), &input).await?.into())
    }

    /// How to use a product; null when nobody wrote it.
    async fn product_guide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The product.")] product_id: ID,
    ) -> Result<Option<ProductGuide>> {
        ctx_of(ctx).require(Permission::CatalogRead)?;
        let id = parse_id(&product_id, "productId")?;
        Ok(guide::of_product(&ctx_of(ctx).db(), id).await?.map(ProductGuide))
    }
}

/// Changes of flows.
#[derive(Clone, Copy, Debug, Default)]
pub struct FlowMutation;

/// Changes of flows.
#[Object]
impl FlowMutation {
    /// Makes a flow, which is off, or a new version of one.
    async fn flow_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The flow as it should be.")] input: FlowSaveInput,
    ) -> Result<FlowPayload> {
        let input = save::SaveFlow {
            code: input.code,
            name: input.name,
            definition: input.definition.0,
            hold_out_percent: input.hold_out_percent,
            expected_version: input.expected_version,
        };
        FlowPayload::of(ctx, save::save(ctx_of(ctx), input).await)
    }

    /// Switches a flow on or off. What needs consent can be switched on when a channel says what people agree to.
    async fn flow_switch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which flow, and how.")] input: FlowSwitchInput,
    ) -> Result<FlowPayload> {
        let status = if input.on { FlowStatus::On } else { FlowStatus::Off };
        let input = switch::SwitchFlow { code: input.code, status, expected_version: input.expected_version };
        FlowPayload::of(ctx, switch::switch(ctx_of(ctx), input).await)
    }

    /// Pauses a flow: nothing begins, what waits stays until it is switched on again.
    async fn flow_pause(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which flow.")] input: FlowPauseInput,
    ) -> Result<FlowPayload> {
        let status = FlowStatus::Paused;
        let input = switch::SwitchFlow { code: input.code, status, expected_version: input.expected_version };
        FlowPayload::of(ctx, switch::switch(ctx_of(ctx), input).await)
    }

    /// Writes how to use a product, which customers are told after it arrived.
    async fn product_guide_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The guide as it should be.")] input: ProductGuideSaveInput,
    ) -> Result<ProductGuidePayload> {
        let done = match parse_id(&input.product_id, "input.productId") {
            Ok(id) => guide::save(ctx_of(ctx), id, input.read()).await,
            Err(error) => Err(error),
        };
        ProductGuidePayload::of(ctx, done)
    }
}
