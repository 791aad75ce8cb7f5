//! What messages may go, who gets none, and how they do.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::messaging::figures::{GroupBy, figures};
use domain::messaging::policy_save::{self, SaveMessagePolicy};
use domain::messaging::suppression::{self, AddSuppression, Filter};
use domain::{Error, Permission, Result};
use entity::words::{MessageChannel, SuppressionReason, SuppressionScope};

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::node::message_event::{MessageFigures, MessagePolicy, Suppression, SuppressionConnection};
use crate::payload;
use crate::scalar::{LocalTime, TimeZone, id, parse_id};
use crate::word::Word;

/// By what figures are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MessageGroup {
    /// The flow that asked for them.
    Flow,
    /// The step of the flow.
    Step,
    /// The group of an experiment.
    Variant,
    /// The template.
    Template,
}

impl From<MessageGroup> for GroupBy {
    fn from(group: MessageGroup) -> Self {
        match group {
            MessageGroup::Flow => Self::Flow,
            MessageGroup::Step => Self::Step,
            MessageGroup::Variant => Self::Variant,
            MessageGroup::Template => Self::Template,
        }
    }
}

/// Which suppressions are wanted; what is left out asks for nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub struct SuppressionFilterInput {
    /// Of this address, whole.
    pub address: Option<String>,
    /// By this channel.
    pub channel: Option<Word<MessageChannel>>,
    /// For this reason.
    pub reason: Option<Word<SuppressionReason>>,
}

impl SuppressionFilterInput {
    fn filter(self) -> Filter {
        let (channel, reason) = (self.channel.map(|word| word.0), self.reason.map(|word| word.0));
        Filter { address: self.address, channel, reason }
    }
}

/// An address that shall get no messages.
#[derive(Clone, Debug, InputObject)]
pub struct SuppressionAddInput {
    /// By which channel.
    pub channel: Word<MessageChannel>,
    /// The address: for e-mail the address, for SMS the number (E.164), for LINE the id of the user.
    pub address: String,
    /// Which messages it shall not get.
    pub scope: Word<SuppressionScope>,
    /// Why, in words; at most 500 characters. Never the address.
    pub note: Option<String>,
}

/// A suppression to end.
#[derive(Clone, Debug, InputObject)]
pub struct SuppressionRemoveInput {
    /// The suppression. What the owner of the address wished cannot be undone here.
    pub id: ID,
}

/// What people agree to, in a language.
#[derive(Clone, Debug, InputObject)]
pub struct ConsentWordingInput {
    /// Language (BCP 47).
    pub locale: String,
    /// The wording, at most 2,000 characters.
    pub text: String,
}

/// When and how often a channel may write what needs consent. Everything is replaced.
#[derive(Clone, Debug, InputObject)]
pub struct MessagePolicySaveInput {
    /// The channel.
    pub channel_id: ID,
    /// Local time of the recipient from which nothing that needs consent is sent.
    pub quiet_from: LocalTime,
    /// Until when; the same as `quietFrom`: no quiet hours. At least four hours of a day must be left.
    pub quiet_until: LocalTime,
    /// Zone of those of whom none is known.
    pub time_zone: TimeZone,
    /// So many messages that need consent, 0 to 100; 0 means none at all
    pub cap_count: i32,
    /// in so many days, 1 to 365, at most.
    pub cap_days: i32,
    /// What people agree to, by language; without any nothing that needs consent is sent.
    pub consent_wording: Vec<ConsentWordingInput>,
    /// Whether looking at a message is noticed.
    pub track_opens: bool,
    /// The version that you saw, 0 for none; left out, whatever is there is replaced.
    pub expected_version: Option<i32>,
}

impl MessagePolicySaveInput {
    fn read(self) -> Result<SaveMessagePolicy> {
        Ok(SaveMessagePolicy {
            channel_id: parse_id(&self.channel_id, "input.channelId")?,
            quiet_from: self.quiet_from.0,
            quiet_until: self.quiet_until.0,
            time_zone: self.time_zone.0,
            cap_count: self.cap_count,
            cap_days: self.cap_days,
            consent_wording: self.consent_wording.into_iter().map(|wording| (wording.locale, wording.text)).collect(),
            track_opens: self.track_opens,
            expected_version: self.expected_version,
        })
    }
}

payload! {
    /// A policy after a change.
    pub struct MessagePolicyPayload {
        /// The policy.
        message_policy: MessagePolicy,
    }
}

payload! {
    /// An address that was stopped.
    pub struct SuppressionPayload {
        /// The suppression.
        suppression: Suppression,
    }
}

payload! {
    /// An address that was let through again.
    pub struct SuppressionRemovePayload {
        /// The suppression that is gone.
        suppression_id: ID,
    }
}

/// What messages may go, who gets none, and how they do.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessagePolicyQuery;

/// What messages may go, who gets none, and how they do.
#[Object]
impl MessagePolicyQuery {
    /// When and how often a channel may write what needs consent; null when nobody said, so that it writes none.
    async fn message_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The channel.")] channel_id: ID,
    ) -> Result<Option<MessagePolicy>> {
        let channel_id = parse_id(&channel_id, "channelId")?;
        let scope = ctx_of(ctx).require(Permission::MessagesRead)?;
        if !scope.allows_channel(channel_id) {
            return Err(Error::not_found("channel"));
        }
        Ok(policy_save::get(&ctx_of(ctx).db(), channel_id).await?.map(MessagePolicy))
    }

    /// The addresses that get no messages, or none that need consent, newest first.
    #[graphql(complexity = "first.or(last).unwrap_or(20).max(1) as usize * child_complexity")]
    async fn suppressions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.", default)] filter: SuppressionFilterInput,
        #[graphql(desc = "How many from the start; 20 when nothing is said, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<SuppressionConnection> {
        let (filter, page) = (filter.filter(), page_request(first, after, last, before)?);
        let page = suppression::list(ctx_of(ctx), &filter, &page).await?;
        let state = (ctx_of(ctx).clone(), filter);
        let all = count(state, |(ctx, filter)| async move { suppression::count(&ctx, &filter).await });
        Ok(SuppressionConnection::new(page.map(Suppression), all))
    }

    /// How messages did that were written in a time of at most 400 days, by what is asked for; one group without any.
    async fn message_figures(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Written at or after.")] from: DateTime<Utc>,
        #[graphql(desc = "Written before.")] until: DateTime<Utc>,
        #[graphql(desc = "By what to tell them apart.", default)] group_by: Vec<MessageGroup>,
    ) -> Result<Vec<MessageFigures>> {
        let by: Vec<GroupBy> = group_by.into_iter().map(GroupBy::from).collect();
        let all = figures(ctx_of(ctx), from, until, &by).await?;
        Ok(all.into_iter().map(MessageFigures).collect())
    }
}

/// Saying what messages may go, and who gets none.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessagePolicyMutation;

/// Saying what messages may go, and who gets none.
#[Object]
impl MessagePolicyMutation {
    /// Says when and how often a channel may write what needs consent, and what people agree to.
    async fn message_policy_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The policy.")] input: MessagePolicySaveInput,
    ) -> Result<MessagePolicyPayload> {
        let saved = match input.read() {
            Ok(input) => policy_save::save(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        MessagePolicyPayload::of(ctx, saved)
    }

    /// Stops messages to an address.
    async fn suppression_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The address.")] input: SuppressionAddInput,
    ) -> Result<SuppressionPayload> {
        let SuppressionAddInput { channel, address, scope, note } = input;
        let input = AddSuppression { channel: channel.0, address, scope: scope.0, note };
        SuppressionPayload::of(ctx, suppression::suppress(ctx_of(ctx), input).await)
    }

    /// Lets messages to an address through again that bounced or was stopped by staff.
    async fn suppression_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The suppression.")] input: SuppressionRemoveInput,
    ) -> Result<SuppressionRemovePayload> {
        let lifted = match parse_id(&input.id, "input.id") {
            Ok(of) => suppression::lift(ctx_of(ctx), of).await.map(id),
            Err(error) => Err(error),
        };
        SuppressionRemovePayload::of(ctx, lifted)
    }
}
