//! Merchants' own wordings of messages: writing, trying, using them; and how messages of a channel look.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, SimpleObject};
use domain::messaging::TemplateName;
use domain::messaging::brand::{self, SaveBrand};
use domain::messaging::own_template::{self, SaveTemplate, Source, query};
use domain::messaging::preview::{Preview, Wording, preview};
use domain::messaging::render::Rendered;
use domain::messaging::test_send::{TestSend, test_send};
use domain::{Error, Result};
use entity::words::TemplateState;

use crate::connection::{count, page_request};
use crate::context::ctx_of;
use crate::error::{UserError, outcome, user_errors};
use crate::node::message::Message;
use crate::node::message_template::{ChannelBrand, MessageWording, MessageWordingConnection};
use crate::payload;
use crate::scalar::{Locale, parse_id, parse_optional_id};
use crate::shop::order::required_key;
use crate::staff::channel::ChannelTextInput;
use crate::word::Word;

/// Which wordings are wanted; what is left out asks for nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub struct MessageWordingFilterInput {
    /// Of this message.
    pub template: Option<Word<TemplateName>>,
    /// For this channel only.
    pub channel_id: Option<ID>,
    /// In this language.
    pub locale: Option<Locale>,
    /// In this state.
    pub state: Option<Word<TemplateState>>,
}

/// What a merchant writes of a message.
#[derive(Clone, Debug, InputObject)]
pub struct MessageSourceInput {
    /// Subject, one line, at most 300 characters.
    pub subject: String,
    /// Body in MJML, at most 60,000 bytes: sections for the layout of all messages, or a whole document.
    pub mjml: String,
    /// Text part, at most 30,000 bytes.
    pub text: String,
}

/// A wording to try.
#[derive(Clone, Debug, OneofObject)]
pub enum MessageWordingChoice {
    /// One that was saved.
    Saved(ID),
    /// One that is only being written.
    Written(MessageSourceInput),
}

impl MessageWordingChoice {
    fn read(self, path: &str) -> Result<Wording> {
        Ok(match self {
            Self::Saved(id) => Wording::Saved(parse_id(&id, path)?),
            Self::Written(source) => Wording::Written(source.subject, source.mjml, source.text),
        })
    }
}

/// What a message would say.
#[derive(Debug, SimpleObject)]
pub struct MessagePreview {
    /// Its subject.
    pub subject: String,
    /// Its HTML part, a whole document; from outside it loads the channel's logo at most.
    pub html: String,
    /// Its text part.
    pub text: String,
    /// What is wrong with the wording; the built-in is shown then.
    pub problems: Vec<UserError>,
    /// Whether amounts, dates, codes or other facts in it are made up. Without an order they always are. With one they are
    /// wherever a message tells more than its order does, such as a parcel, a return, a payment or a pickup: number, person
    /// and goods are the order's then, the rest is not. Links open nothing either way.
    pub has_samples: bool,
}

/// A wording to save.
#[derive(Clone, Debug, InputObject)]
pub struct MessageTemplateSaveInput {
    /// Of which message.
    pub template: Word<TemplateName>,
    /// For one channel only; for all when left out.
    pub channel_id: Option<ID>,
    /// Its language, such as `ja`.
    pub locale: Locale,
    /// Subject, one line, at most 300 characters.
    pub subject: String,
    /// Body in MJML, at most 60,000 bytes: sections for the layout of all messages, or a whole document.
    pub mjml: String,
    /// Text part, at most 30,000 bytes.
    pub text: String,
}

/// Which wording is to be used.
#[derive(Clone, Debug, InputObject)]
pub struct MessageTemplateActivateInput {
    /// Its id.
    pub id: ID,
}

/// Which wording is given up.
#[derive(Clone, Debug, InputObject)]
pub struct MessageTemplateRetireInput {
    /// Its id.
    pub id: ID,
}

/// A message to try.
#[derive(Clone, Debug, InputObject)]
pub struct MessageTestSendInput {
    /// Which message.
    pub template: Word<TemplateName>,
    /// With this order; with a sample when left out.
    pub order_id: Option<ID>,
    /// In the name of this channel; of the order's when left out.
    pub channel_id: Option<ID>,
    /// In this language; in the order's, or English, when left out.
    pub locale: Option<Locale>,
    /// With this wording; with the one that is used when left out.
    pub wording: Option<MessageWordingChoice>,
    /// To this address; to your own when left out.
    pub recipient: Option<String>,
    /// Repeating the call with the same key sends nothing twice. The header `Idempotency-Key` stands in for it.
    pub idempotency_key: Option<String>,
}

/// A message that was sent to try it.
#[derive(Debug, SimpleObject)]
pub struct MessageTestSendPayload {
    /// The message. It leaves by day and night, its flow on or off; suppressed, with the reason, only when its address
    /// is dead.
    pub message: Option<Message>,
    /// Whether the key was used before.
    pub replayed: bool,
    /// What was wrong; empty when there is a message.
    pub errors: Vec<UserError>,
}

/// How messages of a channel should look; everything is replaced.
#[derive(Clone, Debug, InputObject)]
pub struct ChannelBrandSaveInput {
    /// Whose.
    pub channel_id: ID,
    /// Only if it still has this version; 0 while nothing is saved.
    pub expected_version: Option<i32>,
    /// Main color, `#rrggbb`.
    pub color: String,
    /// Color of text on it, `#rrggbb`; the contrast must be at least 4.5 to 1 (WCAG 2.2, 1.4.3).
    pub text_color: String,
    /// Address of the logo, https only.
    pub logo_url: Option<String>,
    /// Width of the logo in pixels, 16 to 560.
    #[graphql(default = 160)]
    pub logo_width: i32,
    /// Name in From, at most 100 characters; the seller's when left out.
    pub sender_name: Option<String>,
    /// Where answers go; to the sender when left out. The footer of every message names it as where to ask.
    pub reply_to: Option<String>,
    /// Legal text under each message, by language, at most 2,000 characters each.
    #[graphql(default)]
    pub footer: Vec<ChannelTextInput>,
    /// Where the shop is, https only.
    pub storefront_url: Option<String>,
}

payload! {
    /// A wording after a change.
    pub struct MessageTemplatePayload {
        /// The wording.
        wording: MessageWording,
    }
}

payload! {
    /// How messages of a channel look after a change.
    pub struct ChannelBrandPayload {
        /// How they look.
        channel_brand: ChannelBrand,
    }
}

/// Questions about wordings and looks of messages.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessageTemplateQuery;

/// Questions about wordings and looks of messages.
#[Object]
impl MessageTemplateQuery {
    /// Your own wordings of messages with all their versions, newest first.
    #[graphql(complexity = "first.or(last).unwrap_or(20).max(1) as usize * child_complexity")]
    async fn message_templates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.", default)] filter: MessageWordingFilterInput,
        #[graphql(desc = "How many from the start; 20 when nothing is said, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<MessageWordingConnection> {
        let (filter, request) = (wanted(filter)?, page_request(first, after, last, before)?);
        let page = query::page(ctx_of(ctx), &filter, &request).await?;
        let state = (ctx_of(ctx).clone(), filter);
        let all = count(state, |(asked, filter)| async move { query::count(&asked, &filter).await });
        Ok(MessageWordingConnection::new(page.map(MessageWording), all))
    }

    /// What a message says of an order that you may see, or of a sample. Nothing is sent.
    async fn message_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order; a sample when left out.")] order_id: Option<ID>,
        #[graphql(desc = "The message.")] template: Word<TemplateName>,
        #[graphql(desc = "The language; the order's own, or English, when left out.")] locale: Option<Locale>,
        #[graphql(desc = "In the name of this channel; of the order's when left out.")] channel_id: Option<ID>,
        #[graphql(desc = "With this wording; with the one that is used when left out.")] wording: Option<
            MessageWordingChoice,
        >,
    ) -> Result<MessagePreview> {
        let wish = wish((template, order_id, channel_id, locale, wording), "")?;
        let seen = preview(ctx_of(ctx), &wish).await?;
        let problems = user_errors(ctx_of(ctx), Error::Several(seen.problems))?;
        let Rendered { subject, html, text } = seen.rendered;
        Ok(MessagePreview { subject, html, text, problems, has_samples: seen.has_samples })
    }

    /// How messages of a channel look; null when there is no such channel, or it is not yours.
    async fn channel_brand(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The channel.")] channel_id: ID,
    ) -> Result<Option<ChannelBrand>> {
        Ok(brand::readable(ctx_of(ctx), parse_id(&channel_id, "channelId")?).await?.map(ChannelBrand))
    }
}

/// Writing, trying and using wordings and looks of messages.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessageTemplateMutation;

/// Writing, trying and using wordings and looks of messages.
#[Object]
impl MessageTemplateMutation {
    /// Saves your own wording of a message as a draft, with a version of its own. What is wrong with it is told by line.
    async fn message_template_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The wording.")] input: MessageTemplateSaveInput,
    ) -> Result<MessageTemplatePayload> {
        let saved = match save_input(input) {
            Ok(input) => own_template::save(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        MessageTemplatePayload::of(ctx, saved)
    }

    /// Uses a wording in place of the built-in one and of the one that was used until now.
    async fn message_template_activate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: MessageTemplateActivateInput,
    ) -> Result<MessageTemplatePayload> {
        let used = match parse_id(&input.id, "input.id") {
            Ok(id) => own_template::activate(ctx_of(ctx), id).await,
            Err(error) => Err(error),
        };
        MessageTemplatePayload::of(ctx, used)
    }

    /// Gives a wording up; when it was used, the built-in one is used again.
    async fn message_template_retire(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: MessageTemplateRetireInput,
    ) -> Result<MessageTemplatePayload> {
        let retired = match parse_id(&input.id, "input.id") {
            Ok(id) => own_template::retire(ctx_of(ctx), id).await,
            Err(error) => Err(error),
        };
        MessageTemplatePayload::of(ctx, retired)
    }

    /// Sends a message to yourself, or to an address, marked as a test in its subject.
    async fn message_test_send(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which message, and to whom.")] input: MessageTestSendInput,
    ) -> Result<MessageTestSendPayload> {
        let sent = match test_input(ctx, input) {
            Ok(input) => test_send(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        let (sent, errors) = outcome(ctx, sent)?;
        let (message, replayed) = sent.map_or((None, false), |it| (Some(Message(it.message)), it.replayed));
        Ok(MessageTestSendPayload { message, replayed, errors })
    }

    /// Saves how messages of a channel look: colors, logo, sender, legal text.
    async fn channel_brand_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How they should look.")] input: ChannelBrandSaveInput,
    ) -> Result<ChannelBrandPayload> {
        let saved = match brand_input(input) {
            Ok(input) => brand::save(ctx_of(ctx), input).await,
            Err(error) => Err(error),
        };
        ChannelBrandPayload::of(ctx, saved)
    }
}

fn wanted(filter: MessageWordingFilterInput) -> Result<query::Filter> {
    Ok(query::Filter {
        name: filter.template.map(|template| template.0),
        channel_id: parse_optional_id(filter.channel_id.as_ref(), "filter.channelId")?,
        locale: filter.locale.map(|locale| locale.0),
        state: filter.state.map(|state| state.0),
    })
}

/// What to look at, with the path of its input in front of the names.
type Wish = (Word<TemplateName>, Option<ID>, Option<ID>, Option<Locale>, Option<MessageWordingChoice>);

fn wish((template, order_id, channel_id, locale, wording): Wish, path: &str) -> Result<Preview> {
    Ok(Preview {
        name: template.0,
        order_id: parse_optional_id(order_id.as_ref(), &format!("{path}orderId"))?,
        channel_id: parse_optional_id(channel_id.as_ref(), &format!("{path}channelId"))?,
        locale: locale.map(|locale| locale.0),
        wording: wording.map(|wording| wording.read(&format!("{path}wording.saved"))).transpose()?,
    })
}

fn save_input(input: MessageTemplateSaveInput) -> Result<SaveTemplate> {
    Ok(SaveTemplate {
        name: input.template.0,
        channel_id: parse_optional_id(input.channel_id.as_ref(), "input.channelId")?,
        locale: input.locale.0,
        source: Source { subject: input.subject, mjml: input.mjml, text: input.text },
    })
}

fn test_input(ctx: &Context<'_>, input: MessageTestSendInput) -> Result<TestSend> {
    let asked = (input.template, input.order_id, input.channel_id, input.locale, input.wording);
    Ok(TestSend {
        preview: wish(asked, "input.")?,
        recipient: input.recipient,
        idempotency_key: required_key(ctx, input.idempotency_key)?,
    })
}

fn brand_input(input: ChannelBrandSaveInput) -> Result<SaveBrand> {
    Ok(SaveBrand {
        channel_id: parse_id(&input.channel_id, "input.channelId")?,
        expected_version: input.expected_version,
        color: input.color,
        text_color: input.text_color,
        logo_url: input.logo_url,
        logo_width: input.logo_width,
        sender_name: input.sender_name,
        reply_to: input.reply_to,
        footer: input.footer.into_iter().map(|text| (text.locale, text.text)).collect(),
        storefront_url: input.storefront_url,
    })
}
