//! Merchants' own wordings of messages, and how messages of a channel look.

use async_graphql::{ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::messaging::TemplateName;
use entity::words::{MessageClass, TemplateState};
use entity::{channel_brand, message_template};

use crate::connection;
use crate::scalar::{Locale, id};
use crate::word::Word;

/// A merchant's own wording of a message; each save is a version.
#[derive(Clone, Debug)]
pub struct MessageWording(pub message_template::Model);

impl From<message_template::Model> for MessageWording {
    fn from(row: message_template::Model) -> Self {
        Self(row)
    }
}

connection!(MessageWordingConnection, MessageWordingEdge, MessageWording, "own wordings of messages");

/// A merchant's own wording of a message; each save is a version.
#[Object]
impl MessageWording {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// Of which message; null for one that this version of the program does not know.
    async fn template(&self) -> Option<Word<TemplateName>> {
        TemplateName::parse(&self.0.name).map(Word)
    }

    /// Why such messages may be sent; null like the template.
    async fn class(&self) -> Option<Word<MessageClass>> {
        TemplateName::parse(&self.0.name).map(|name| Word(name.class()))
    }

    /// For this channel only; null for all.
    async fn channel_id(&self) -> Option<ID> {
        self.0.channel_id.map(id)
    }

    /// Its language.
    async fn locale(&self) -> Locale {
        Locale(self.0.locale.clone())
    }

    /// Its version among those of its message, channel and language, from 1.
    async fn number(&self) -> i32 {
        self.0.number
    }

    /// Where it stands.
    async fn state(&self) -> Word<TemplateState> {
        Word(self.0.state)
    }

    /// Its subject, with placeholders.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Its body in MJML, with placeholders.
    async fn mjml(&self) -> &str {
        &self.0.mjml
    }

    /// Its text part, with placeholders.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// Who wrote it; null for an app.
    async fn staff_id(&self) -> Option<ID> {
        self.0.staff_id.map(id)
    }

    /// When it could not be rendered last, and the built-in was sent; null when it always could.
    async fn failed_at(&self) -> Option<DateTime<Utc>> {
        self.0.failed_at
    }

    /// Why it could not be rendered.
    async fn failure(&self) -> Option<&str> {
        self.0.failure.as_deref()
    }

    /// When it was saved.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// How messages of a channel look, and in whose name they go.
#[derive(Clone, Debug)]
pub struct ChannelBrand(pub channel_brand::Model);

impl From<channel_brand::Model> for ChannelBrand {
    fn from(row: channel_brand::Model) -> Self {
        Self(row)
    }
}

/// A legal text in a language.
#[derive(Clone, Debug, SimpleObject)]
pub struct BrandFooter {
    /// Language.
    pub locale: Locale,
    /// The text.
    pub text: String,
}

/// How messages of a channel look, and in whose name they go.
#[Object]
impl ChannelBrand {
    /// The channel.
    async fn channel_id(&self) -> ID {
        id(self.0.channel_id)
    }

    /// Main color, `#rrggbb`.
    async fn color(&self) -> &str {
        &self.0.color
    }

    /// Color of text on it, `#rrggbb`.
    async fn text_color(&self) -> &str {
        &self.0.text_color
    }

    /// Address of the logo; null for the seller's name instead.
    async fn logo_url(&self) -> Option<&str> {
        self.0.logo_url.as_deref()
    }

    /// Width of the logo in pixels.
    async fn logo_width(&self) -> i32 {
        self.0.logo_width
    }

    /// Name in From; null for the seller's.
    async fn sender_name(&self) -> Option<&str> {
        self.0.sender_name.as_deref()
    }

    /// Where answers go; null for the sender. The footer of every message names it as where to ask.
    async fn reply_to(&self) -> Option<&str> {
        self.0.reply_to.as_deref()
    }

    /// Legal text under each message, by language.
    async fn footer(&self) -> Vec<BrandFooter> {
        let texts = self.0.footer.as_object().into_iter().flatten();
        let text = |text: &serde_json::Value| text.as_str().unwrap_or_default().to_owned();
        texts.map(|(locale, it)| BrandFooter { locale: Locale(locale.clone()), text: text(it) }).collect()
    }

    /// Where the shop is; null while nobody said.
    async fn storefront_url(&self) -> Option<&str> {
        self.0.storefront_url.as_deref()
    }

    /// Grows with each change; 0 while these are the defaults.
    async fn version(&self) -> i32 {
        self.0.version
    }
}
