//! One run through its steps, until one of them waits: everything in one transaction, with its messages and jobs.

use chrono::{DateTime, Utc};
use entity::id::FlowStepId;
use entity::words::{FlowRunStatus, FlowStepOutcome, MessageChannel};
use entity::{back_in_stock, flow, flow_run, flow_step};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::definition::{Definition, Step, Variant};
use super::facts::{self, Asked, Facts, Need};
use super::outbox::{self, Handed, Question};
use super::subject::RunContext;
use super::{guard, hash, send, start, stop, wait};
use crate::kernel::{Error, Result, Tx};
use crate::messaging::flow_mail::FlowMail;
use crate::messaging::request::FlowStep;

/// A run on its way, locked.
struct Walk<'a> {
    tx: &'a Tx,
    flow: &'a flow::Model,
    definition: &'a Definition,
    run: flow_run::Model,
    context: RunContext,
    facts: Facts,
    /// When the run's previous thing happened or was due; see [`wait::until`].
    at: DateTime<Utc>,
}

/// Where a step leads.
enum Next {
    /// To the step after it, or a named one.
    Go(Option<String>),
    /// Nowhere before this moment; then to the step after it, or a named one.
    Wait { until: DateTime<Utc>, then: Option<String>, event: Option<String> },
    /// Nowhere before the recipient's quiet hours end; then to this step again.
    Rest(DateTime<Utc>),
    /// To the end.
    End,
    /// Nowhere any more, and why.
    Stop(String),
}

/// Takes a locked run through its steps until one waits. Errors leave it to the caller to set it aside.
pub(super) async fn advance(
    tx: &Tx,
    flow: &flow::Model,
    definition: &Definition,
    run: flow_run::Model,
) -> Result<flow_run::Model> {
    let context = RunContext::of(&run);
    let asked = Asked {
        customer_id: run.customer_id,
        order_id: run.order_id,
        channel_id: run.channel_id,
        variant_ids: context.variant_ids.clone(),
    };
    let facts = facts::load(tx, &[asked], Need::of(definition), tx.now()).await?.pop().unwrap_or_default();
    let at = context.due_at.unwrap_or_else(|| tx.now());
    let mut walk = Walk { tx, flow, definition, run, context, facts, at };
    walk.run.waits_for = None;
    walk.context.waiting_at = None;
    // Steps only lead forward, so a run ends after as many as there are.
    for _ in 0..=definition.steps.len() {
        let Some(position) = definition.position(&walk.run.step) else { break };
        let Some(step) = definition.steps.get(position) else { break };
        let next = walk.take(step).await?;
        if !walk.follow(step, next) {
            return walk.store().await;
        }
    }
    walk.end(FlowRunStatus::Done, None);
    walk.store().await
}

impl Walk<'_> {
    async fn take(&mut self, step: &Step) -> Result<Next> {
        if self.facts.is_gone {
            return Ok(Next::Stop("CUSTOMER_GONE".to_owned()));
        }
        Ok(match step {
            Step::Wait { .. } | Step::WaitUntil { .. } => {
                Next::Wait { until: self.until(step)?, then: None, event: None }
            }
            Step::WaitFor { on, otherwise, .. } => {
                Next::Wait { until: self.until(step)?, then: otherwise.clone(), event: Some(on.event.clone()) }
            }
            Step::Branch { when, then, otherwise, .. } => {
                if when.clicked.is_some() {
                    self.facts.is_clicked = facts::is_clicked(self.tx, self.run.id).await?;
                }
                let holds = when.refusal(&self.facts).is_none();
                Next::Go(if holds { then.clone() } else { otherwise.clone() })
            }
            Step::Send { id, template, variants, channel, survey } => {
                let template = self.choose(variants).unwrap_or_else(|| template.clone());
                self.send(id, &template, *channel, survey.as_ref()).await?
            }
            Step::Survey { id, survey, channel } => self.send(id, "survey", *channel, Some(survey)).await?,
            Step::Webhook { id, url } => self.webhook(id, url).await?,
            Step::Stop { .. } => Next::End,
        })
    }

    fn until(&self, step: &Step) -> Result<DateTime<Utc>> {
        let until = wait::until(step, self.at, self.tx.now(), self.facts.zone());
        until.ok_or_else(|| Error::Bug(format!("{} waits for no time", step.id())))
    }

    /// The template of the person's group.
    fn choose(&self, variants: &[Variant]) -> Option<String> {
        let who = start::who(self.run.customer_id, &self.run.subject_key);
        hash::variant(&self.flow.code, &who, variants).map(|variant| variant.template.clone())
    }

    fn step_of(&self, id: &str) -> FlowStep {
        FlowStep {
            flow_id: self.flow.id,
            flow_run_id: self.run.id,
            step: id.to_owned(),
            variant: self.run.variant.clone(),
        }
    }

    /// Sends one message, or tells why not. What no longer holds ends the run; what only this message lacks does not.
    async fn send(
        &mut self,
        id: &str,
        template: &str,
        channel: MessageChannel,
        survey: Option<&String>,
    ) -> Result<Next> {
        let by = (send::class(template), channel);
        // The run rests, not a message of it: what happens in the night ends it, and what must hold is looked at when the
        // message really leaves.
        if let Some(morning) = self.facts.quiet_until(by, self.tx.now()) {
            return Ok(Next::Rest(morning));
        }
        let guards = &self.definition.guards;
        if let Some(reason) = guard::refusal(self.tx, &self.run, &self.context, guards).await? {
            self.record(id, FlowStepOutcome::Skipped, Some(reason), None);
            return Ok(Next::Stop(reason.to_owned()));
        }
        let to = send::to(self.tx, &self.run, &self.context, &self.facts, by).await?;
        let Some(to) = to else {
            self.record(id, FlowStepOutcome::Skipped, Some("NO_ADDRESS"), None);
            return Ok(Next::Go(None));
        };
        let Some(channel_id) = self.run.channel_id else {
            self.record(id, FlowStepOutcome::Skipped, Some("NO_CHANNEL"), None);
            return Ok(Next::Go(None));
        };
        let content = match self.content(id, template, survey).await? {
            Ok(content) => content,
            Err(reason) => {
                self.record(id, FlowStepOutcome::Skipped, Some(reason), None);
                return Ok(Next::Go(None));
            }
        };
        let mail = FlowMail {
            template,
            channel_id,
            customer_id: self.run.customer_id,
            order_id: self.run.order_id,
            variant_ids: content.variant_ids,
            extra: content.extra,
            channel,
            recipient: to.address,
            locale: to.locale,
            dedupe_key: format!(
                "flow:{}:{}:{id}:{}",
                self.flow.code,
                self.run.subject_key,
                channel.as_str().to_lowercase()
            ),
            event_id: self.run.event_id,
            step: self.step_of(id),
        };
        let handed = outbox::mail(self.tx, mail).await?;
        if let Some(invitation) = content.invitation {
            outbox::asked_by(self.tx, invitation, &handed).await?;
        }
        if let Handed::Queued(_, Some(leaves)) = handed {
            // It waits, and what comes a day after it waits with it.
            self.at = Ord::max(self.at, leaves);
        }
        if matches!(handed, Handed::Queued(..)) {
            self.told().await?;
        }
        self.note(id, handed);
        Ok(Next::Go(None))
    }

    async fn content(
        &self,
        id: &str,
        template: &str,
        survey: Option<&String>,
    ) -> Result<std::result::Result<send::Content, &'static str>> {
        let Some(survey) = survey else {
            return send::content(self.tx, template, &self.run, &self.context, &self.facts).await;
        };
        let question = Question {
            survey,
            order_id: self.run.order_id,
            customer_id: self.run.customer_id,
            flow_run_id: self.run.id,
            dedupe_key: format!("flow:{}:{}:{id}", self.flow.code, self.run.subject_key),
            locale: self.facts.locale.clone(),
        };
        let asked = outbox::invite(self.tx, question).await?;
        let content = |(id, url)| send::Content {
            variant_ids: Vec::new(),
            extra: json!({ "survey_url": url }),
            invitation: Some(id),
        };
        Ok(asked.map(content).ok_or("NOT_ASKED"))
    }

    async fn webhook(&mut self, id: &str, url: &str) -> Result<Next> {
        let channel = self.facts.channel.as_ref();
        let handed = outbox::webhook(self.tx, &self.run, self.step_of(id), url, (&self.flow.code, channel)).await?;
        self.note(id, handed);
        Ok(Next::Go(None))
    }

    /// Whoever waited for goods is told. Who is not, because policy withheld the message, goes on waiting and claims nothing.
    async fn told(&self) -> Result<()> {
        let Some(id) = self.context.back_in_stock_id else { return Ok(()) };
        back_in_stock::Entity::update_many()
            .col_expr(back_in_stock::Column::NotifiedAt, Expr::value(self.tx.now()))
            .filter(back_in_stock::Column::Id.eq(id))
            .filter(back_in_stock::Column::CanceledAt.is_null())
            .filter(back_in_stock::Column::NotifiedAt.is_null())
            .exec(self.tx)
            .await?;
        Ok(())
    }

    fn note(&self, id: &str, handed: Handed) {
        match handed {
            Handed::Queued(message, _) => self.record(id, FlowStepOutcome::Done, None, Some(message)),
            Handed::Withheld(message, reason) => {
                self.record(id, FlowStepOutcome::Skipped, Some(&reason), Some(message));
            }
            Handed::Before => self.record(id, FlowStepOutcome::Skipped, Some("SENT_BEFORE"), None),
        }
    }

    fn record(&self, id: &str, outcome: FlowStepOutcome, reason: Option<&str>, message: Option<entity::id::MessageId>) {
        let row = flow_step::Model {
            id: FlowStepId(self.tx.new_uuid()),
            flow_run_id: self.run.id,
            step: id.to_owned(),
            outcome,
            reason: reason.map(ToOwned::to_owned),
            message_id: message,
            occurred_at: self.tx.now(),
        };
        self.tx.insert_last(&[row]);
    }

    /// Goes where a step leads; whether the walk goes on.
    fn follow(&mut self, step: &Step, next: Next) -> bool {
        let sends = matches!(step, Step::Send { .. } | Step::Survey { .. } | Step::Webhook { .. });
        if !sends {
            self.record(step.id(), FlowStepOutcome::Done, None, None);
        }
        let after = |named: Option<String>| {
            named.or_else(|| self.definition.after(step.id()).map(|step| step.id().to_owned())).unwrap_or_default()
        };
        match next {
            Next::Go(named) => {
                self.run.step = after(named);
                true
            }
            Next::Wait { until, then, event } => {
                let next = after(then);
                if event.is_none() && next.is_empty() {
                    // Nothing comes after: there is nothing to wait for.
                    self.end(FlowRunStatus::Done, None);
                    return false;
                }
                self.run.step = next;
                self.context.waiting_at = event.as_ref().map(|_| step.id().to_owned());
                self.run.waits_for = event;
                self.run.wake_at = Some(until);
                self.context.due_at = Some(until);
                false
            }
            Next::Rest(until) => {
                self.run.wake_at = Some(until);
                // What comes a day after the message comes a day after the morning.
                self.context.due_at = Some(until);
                false
            }
            Next::End => {
                self.end(FlowRunStatus::Done, None);
                false
            }
            Next::Stop(reason) => {
                self.end(FlowRunStatus::Stopped, Some(reason));
                false
            }
        }
    }

    fn end(&mut self, status: FlowRunStatus, reason: Option<String>) {
        self.run.status = status;
        self.run.reason = reason;
        self.run.wake_at = None;
        self.run.waits_for = None;
        self.context.waiting_at = None;
    }

    async fn store(mut self) -> Result<flow_run::Model> {
        if self.run.status == FlowRunStatus::Stopped {
            stop::withhold_of_run(self.tx, self.run.reason.as_deref().unwrap_or_default(), self.run.id).await?;
        }
        self.run.context = json!(self.context);
        self.run.version += 1;
        self.run.updated_at = self.tx.now();
        Ok(self.run.into_active_model().reset_all().update(self.tx).await?)
    }
}
