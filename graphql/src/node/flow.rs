//! Flows and their runs, as staff see them.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, InputValueError, InputValueResult, Object, Scalar, ScalarType, SimpleObject, Value};
use chrono::{DateTime, Utc};
use domain::flow::{dry_run, figures, query};
use domain::{Error, Result};
use entity::id::{FlowId, FlowRunId};
use entity::words::{FlowRunStatus, FlowStatus, FlowStepOutcome, MessageClass};
use entity::{flow, flow_run, flow_step, flow_version, product_guide};

use crate::connection;
use crate::loader::{Rows, load};
use crate::scalar::{Locale, Url, id};
use crate::word::Word;

/// What a flow does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowDefinition(pub serde_json::Value);

/// What a flow does: an object with `trigger`, `filters`, `steps`, `exits` and `guards`, as the page on flows describes
/// it. It is checked strictly: what is not known is refused with its place.
#[Scalar(name = "FlowDefinition", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259")]
impl ScalarType for FlowDefinition {
    fn parse(value: Value) -> InputValueResult<Self> {
        if !matches!(value, Value::Object(_)) {
            return Err(InputValueError::expected_type(value));
        }
        value.into_json().map(Self).map_err(|_| InputValueError::custom("not a JSON object"))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
}

/// Something that happens step by step after something else.
#[derive(Clone, Debug)]
pub struct Flow(pub flow::Model);

impl From<flow::Model> for Flow {
    fn from(row: flow::Model) -> Self {
        Self(row)
    }
}

connection!(FlowConnection, FlowEdge, Flow, "flows");

/// Something that happens step by step after something else; without steps, the switch of a message that belongs to a
/// purchase or an account.
#[Object]
impl Flow {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Name that never changes.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name that people read.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Why it may send: what asks or advertises needs consent.
    async fn class(&self) -> Word<MessageClass> {
        Word(self.0.class)
    }

    /// Whether it works.
    async fn status(&self) -> Word<FlowStatus> {
        Word(self.0.status)
    }

    /// Whether it came with the product.
    async fn is_built_in(&self) -> bool {
        self.0.is_built_in
    }

    /// Whether it has steps; else it is the switch of a message.
    async fn has_steps(&self) -> bool {
        self.0.trigger_kind != "MESSAGE"
    }

    /// So many of a hundred people get nothing, to compare with.
    async fn hold_out_percent(&self) -> i32 {
        self.0.hold_out_percent
    }

    /// Number of the version that starts new runs.
    async fn definition_number(&self) -> i32 {
        self.0.current_number
    }

    /// What it does now.
    async fn definition(&self, ctx: &Context<'_>) -> Result<Option<FlowDefinition>> {
        Ok(load(ctx, VersionOf(self.0.id)).await?.map(|row| FlowDefinition(row.definition)))
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// Key of what a flow does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VersionOf(pub FlowId);

impl Loader<VersionOf> for Rows {
    type Value = flow_version::Model;
    type Error = Error;

    async fn load(&self, keys: &[VersionOf]) -> Result<HashMap<VersionOf, flow_version::Model>> {
        let ids: Vec<FlowId> = keys.iter().map(|key| key.0).collect();
        let found = query::current_versions(&self.ctx.db(), &ids).await?;
        Ok(found.into_iter().map(|(id, row)| (VersionOf(id), row)).collect())
    }
}

impl Loader<FlowId> for Rows {
    type Value = Flow;
    type Error = Error;

    async fn load(&self, keys: &[FlowId]) -> Result<HashMap<FlowId, Flow>> {
        let found = query::by_ids(&self.ctx.db(), keys).await?;
        Ok(found.into_iter().map(|row| (row.id, Flow(row))).collect())
    }
}

/// One flow for one subject.
#[derive(Clone, Debug)]
pub struct FlowRun(pub flow_run::Model);

connection!(FlowRunConnection, FlowRunEdge, FlowRun, "runs of flows");

/// One flow for one subject, such as an order.
#[Object]
impl FlowRun {
    /// Id.
    pub async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// The flow.
    async fn flow(&self, ctx: &Context<'_>) -> Result<Option<Flow>> {
        load(ctx, self.0.flow_id).await
    }

    /// Where it stands.
    async fn status(&self) -> Word<FlowRunStatus> {
        Word(self.0.status)
    }

    /// The step that is next; empty at the end.
    async fn step(&self) -> &str {
        &self.0.step
    }

    /// When it goes on; null when it is over.
    async fn wake_at(&self) -> Option<DateTime<Utc>> {
        self.0.wake_at
    }

    /// The kind of event that lets it go on earlier; null when it waits for none.
    async fn waits_for(&self) -> Option<&str> {
        self.0.waits_for.as_deref()
    }

    /// The group of an experiment that it is in; null without one.
    async fn variant(&self) -> Option<&str> {
        self.0.variant.as_deref()
    }

    /// Why it ended early, such as `RETURNED`; null when it did not.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// For whom; null for nobody known.
    async fn customer_id(&self) -> Option<ID> {
        self.0.customer_id.map(id)
    }

    /// About which order; null for none.
    async fn order_id(&self) -> Option<ID> {
        self.0.order_id.map(id)
    }

    /// In whose name; null before that is known.
    async fn channel_id(&self) -> Option<ID> {
        self.0.channel_id.map(id)
    }

    /// The steps that it came through, oldest first.
    async fn steps(&self, ctx: &Context<'_>) -> Result<Vec<FlowRunStep>> {
        Ok(load(ctx, StepsOf(self.0.id)).await?.unwrap_or_default())
    }

    /// When it began.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it went on last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

impl Loader<FlowRunId> for Rows {
    type Value = FlowRun;
    type Error = Error;

    async fn load(&self, keys: &[FlowRunId]) -> Result<HashMap<FlowRunId, FlowRun>> {
        let found = query::runs_by_ids(&self.ctx, keys).await?;
        Ok(found.into_iter().map(|row| (row.id, FlowRun(row))).collect())
    }
}

/// A step that a run came through.
#[derive(Clone, Debug, SimpleObject)]
pub struct FlowRunStep {
    /// Name of the step.
    pub step: String,
    /// How it ended.
    pub outcome: Word<FlowStepOutcome>,
    /// Why it was skipped or failed, such as `NO_CONSENT`; null when it was done.
    pub reason: Option<String>,
    /// The message that it made; null for none.
    pub message_id: Option<ID>,
    /// When.
    pub occurred_at: DateTime<Utc>,
}

impl From<flow_step::Model> for FlowRunStep {
    fn from(row: flow_step::Model) -> Self {
        Self {
            step: row.step,
            outcome: Word(row.outcome),
            reason: row.reason,
            message_id: row.message_id.map(id),
            occurred_at: row.occurred_at,
        }
    }
}

/// Key of the steps that a run came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StepsOf(pub FlowRunId);

impl Loader<StepsOf> for Rows {
    type Value = Vec<FlowRunStep>;
    type Error = Error;

    async fn load(&self, keys: &[StepsOf]) -> Result<HashMap<StepsOf, Vec<FlowRunStep>>> {
        let ids: Vec<FlowRunId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<StepsOf, Vec<FlowRunStep>> = HashMap::with_capacity(keys.len());
        for row in query::steps_of(&self.ctx.db(), &ids).await? {
            found.entry(StepsOf(row.flow_run_id)).or_default().push(row.into());
        }
        Ok(found)
    }
}

/// A reason and how often it held.
#[derive(Clone, Debug, SimpleObject)]
pub struct FlowReason {
    /// The reason, such as `NO_CONSENT`.
    pub reason: String,
    /// How often.
    pub count: i64,
}

/// What became of one group of people, counted from the begin of their runs, whether a message reached them or not.
#[derive(Clone, Debug, SimpleObject)]
pub struct FlowGroup {
    /// Name of the variant; null without an experiment and for those who get nothing.
    pub variant: Option<String>,
    /// Whether it is the group that gets nothing, to compare with.
    pub is_hold_out: bool,
    /// n: how many are in it.
    pub runs: i64,
    /// Runs that ended early.
    pub stopped: i64,
    /// Messages that were sent.
    pub sent: i64,
    /// Messages that wait to be sent.
    pub queued: i64,
    /// Messages that were kept back, and those that could not be sent.
    pub suppressed: i64,
    /// Messages of which a person, not a machine, followed a link.
    pub clicked: i64,
    /// Runs whose customer bought within 30 days after their begin, in any channel.
    pub converted: i64,
}

/// What a flow achieved.
#[derive(Clone, Debug, SimpleObject)]
pub struct FlowFigures {
    /// The flow.
    pub flow: Flow,
    /// Runs that began at or after.
    pub from: DateTime<Utc>,
    /// Runs that began before.
    pub until: DateTime<Utc>,
    /// Its groups by name, those who get nothing last.
    pub groups: Vec<FlowGroup>,
    /// Why runs ended early, most frequent first.
    pub stops: Vec<FlowReason>,
    /// Why messages were kept back, most frequent first; `FAILED` for those that could not be sent.
    pub suppressions: Vec<FlowReason>,
}

impl From<figures::Figures> for FlowFigures {
    fn from(figures: figures::Figures) -> Self {
        let reason = |why: figures::Why| FlowReason { reason: why.reason, count: why.count };
        let group = |group: figures::Group| FlowGroup {
            variant: Some(group.variant).filter(|name| !name.is_empty()),
            is_hold_out: group.is_hold_out,
            runs: group.runs,
            stopped: group.stopped,
            sent: group.sent,
            queued: group.queued,
            suppressed: group.suppressed,
            clicked: group.clicked,
            converted: group.converted,
        };
        Self {
            flow: Flow(figures.flow),
            from: figures.from,
            until: figures.until,
            groups: figures.groups.into_iter().map(group).collect(),
            stops: figures.stops.into_iter().map(reason).collect(),
            suppressions: figures.suppressions.into_iter().map(reason).collect(),
        }
    }
}

/// How many messages a step would have sent.
#[derive(Clone, Debug, SimpleObject)]
pub struct FlowStepCount {
    /// Name of the step.
    pub step: String,
    /// How many.
    pub count: i64,
}

/// What a flow would have done.
#[derive(Clone, Debug, SimpleObject)]
pub struct FlowDryRun {
    /// From when.
    pub from: DateTime<Utc>,
    /// How many orders, customers or carts gave reason to it.
    pub subjects: i64,
    /// How many people would have got something.
    pub people: i64,
    /// How many messages would have gone.
    pub messages: i64,
    /// By step.
    pub steps: Vec<FlowStepCount>,
    /// Why the others would not have gone, most frequent first.
    pub reasons: Vec<FlowReason>,
    /// Whether there was more than was looked at.
    pub is_cut: bool,
}

impl From<dry_run::DryRunReport> for FlowDryRun {
    fn from(report: dry_run::DryRunReport) -> Self {
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let steps = report.steps.into_iter().map(|(step, sent)| FlowStepCount { step, count: count(sent) });
        let reasons = report.reasons.into_iter().map(|(reason, times)| FlowReason { reason, count: count(times) });
        Self {
            from: report.from,
            subjects: count(report.subjects),
            people: count(report.people),
            messages: count(report.messages),
            steps: steps.collect(),
            reasons: reasons.collect(),
            is_cut: report.is_cut,
        }
    }
}

/// A text in a language.
#[derive(Clone, Debug, SimpleObject)]
pub struct GuideText {
    /// The language.
    pub locale: Locale,
    /// The text.
    pub text: String,
}

/// How to use a product.
#[derive(Clone, Debug)]
pub struct ProductGuide(pub product_guide::Model);

impl From<product_guide::Model> for ProductGuide {
    fn from(row: product_guide::Model) -> Self {
        Self(row)
    }
}

impl ProductGuide {
    fn texts(&self, field: &str) -> Vec<GuideText> {
        let texts = self.0.texts.get(field).and_then(serde_json::Value::as_object);
        let text = |(locale, text): (&String, &serde_json::Value)| {
            Some(GuideText { locale: Locale(locale.clone()), text: text.as_str()?.to_owned() })
        };
        texts.into_iter().flatten().filter_map(text).collect()
    }
}

/// How to use a product, told after it arrived.
#[Object]
impl ProductGuide {
    /// The product.
    async fn product_id(&self) -> ID {
        id(self.0.product_id)
    }

    /// Its title in each language.
    async fn title(&self) -> Vec<GuideText> {
        self.texts("title")
    }

    /// Its text in each language.
    async fn text(&self) -> Vec<GuideText> {
        self.texts("text")
    }

    /// Where there is more; null when nowhere.
    async fn url(&self) -> Option<Url> {
        self.0.url.clone().map(Url)
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }
}
