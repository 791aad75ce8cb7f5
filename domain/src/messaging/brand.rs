//! How messages of a channel look and in whose name they go: colors, logo, sender, legal text.
//!
//! What a merchant sets is checked when it is saved; what nobody set has defaults that read well.

use entity::channel;
use entity::channel_brand::{Entity, Model};
use entity::id::ChannelId;
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QuerySelect};
use serde::Serialize;
use serde_json::{Value, json};

use super::render::{Seller, one_line};
use crate::kernel::event::NewEvent;
use crate::kernel::text::{self, Texts};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, email, version};

/// Main color while nobody chose one.
const COLOR: &str = "#0b5cad";
/// Color of text on it.
const TEXT_COLOR: &str = "#ffffff";
/// Least contrast of text, times 100 (WCAG 2.2, success criterion 1.4.3: 4.5 to 1).
const LEAST_CONTRAST: u64 = 450;
/// Longest address of a picture or page.
const URL: usize = 1_000;
/// Longest legal text of one language, in characters.
const FOOTER: usize = 2_000;

/// How messages of a channel look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    /// Main color, `#rrggbb`.
    pub color: String,
    /// Color of text on it, `#rrggbb`.
    pub text_color: String,
    /// Address of the logo, https.
    pub logo: Option<String>,
    /// Its width in pixels.
    pub logo_width: i32,
    /// Name in From; the seller's when empty.
    pub sender_name: Option<String>,
    /// Where answers go; the footer of every message names it.
    pub reply_to: Option<String>,
    /// Legal text by language.
    pub footer: Value,
    /// Where the shop is, without a trailing slash.
    pub storefront: Option<String>,
}

impl Default for Brand {
    fn default() -> Self {
        Self {
            color: COLOR.to_owned(),
            text_color: TEXT_COLOR.to_owned(),
            logo: None,
            logo_width: 160,
            sender_name: None,
            reply_to: None,
            footer: json!({}),
            storefront: None,
        }
    }
}

impl Brand {
    fn of(row: Model) -> Self {
        Self {
            color: row.color,
            text_color: row.text_color,
            logo: row.logo_url,
            logo_width: row.logo_width,
            sender_name: row.sender_name,
            reply_to: row.reply_to,
            footer: row.footer,
            storefront: row.storefront_url,
        }
    }

    /// What templates show of it to readers of a locale.
    pub(crate) fn view(&self, locale: &str) -> BrandView {
        let footer = text::in_language(&self.footer, locale);
        BrandView {
            color: self.color.clone(),
            text_color: self.text_color.clone(),
            logo: self.logo.clone(),
            logo_width: self.logo_width,
            footer: footer.lines().map(one_line).filter(|line| !line.is_empty()).collect(),
            contact: self.reply_to.clone(),
            shop_url: self.storefront.clone(),
        }
    }
}

/// A brand as templates show it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct BrandView {
    /// Main color.
    pub color: String,
    /// Color of text on it.
    pub text_color: String,
    /// Address of the logo.
    pub logo: Option<String>,
    /// Its width in pixels.
    pub logo_width: i32,
    /// Legal text, one line each.
    pub footer: Vec<String>,
    /// Where readers ask and complain: in Japan advertising must say it (Act on Regulation of Transmission of Specified
    /// Electronic Mail, article 4). It is where answers go.
    pub contact: Option<String>,
    /// Where the shop is.
    pub shop_url: Option<String>,
}

/// In whose name the messages of a channel go, with its brand. One statement.
pub(crate) async fn seller(db: &impl ConnectionTrait, channel: &channel::Model) -> Result<Seller> {
    Ok(dressed(channel, of_channel(db, channel.id).await?))
}

/// The same with a brand that is known already.
pub(crate) fn dressed(channel: &channel::Model, brand: Option<Model>) -> Seller {
    Seller { brand: brand.map(Brand::of).unwrap_or_default(), ..Seller::of(channel) }
}

/// What was saved of a channel.
pub async fn of_channel(db: &impl ConnectionTrait, id: ChannelId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The brand of a channel that the actor may change, with defaults for what nobody set and version 0 while nothing is
/// saved. `None` for a channel that is not there or not theirs. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn readable(ctx: &Ctx, id: ChannelId) -> Result<Option<Model>> {
    let scope = ctx.require(Permission::PlacesWrite)?;
    if !scope.covers_channel(Some(id)) || channel::Entity::find_by_id(id).one(&ctx.db()).await?.is_none() {
        return Ok(None);
    }
    let now = ctx.now();
    Ok(Some(of_channel(&ctx.db(), id).await?.unwrap_or_else(|| unset(id, now))))
}

fn unset(id: ChannelId, now: chrono::DateTime<chrono::Utc>) -> Model {
    let usual = Brand::default();
    Model {
        channel_id: id,
        color: usual.color,
        text_color: usual.text_color,
        logo_url: None,
        logo_width: usual.logo_width,
        sender_name: None,
        reply_to: None,
        footer: json!({}),
        storefront_url: None,
        version: 0,
        created_at: now,
        updated_at: now,
    }
}

/// A brand as it should be; everything is replaced.
#[derive(Debug, Clone)]
pub struct SaveBrand {
    /// Whose.
    pub channel_id: ChannelId,
    /// Only if it still has this version; 0 while nothing is saved.
    pub expected_version: Option<i32>,
    /// Main color, `#rrggbb`.
    pub color: String,
    /// Color of text on it, `#rrggbb`.
    pub text_color: String,
    /// Address of the logo, https only: mail programs show nothing else.
    pub logo_url: Option<String>,
    /// Its width in pixels, 16 to 560.
    pub logo_width: i32,
    /// Name in From; the seller's when left out. At most 100 characters.
    pub sender_name: Option<String>,
    /// Where answers go; the footer of every message names it.
    pub reply_to: Option<String>,
    /// Legal text under each message, by language; at most 2,000 characters each.
    pub footer: Texts,
    /// Where the shop is, https.
    pub storefront_url: Option<String>,
}

/// Saves how messages of a channel look. Errors: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, `INVALID` for a color, width
/// or address that is none, `CONTRAST_TOO_LOW`, `INVALID_EMAIL`, and those of texts.
pub async fn save(ctx: &Ctx, input: SaveBrand) -> Result<Model> {
    let scope = ctx.require(Permission::PlacesWrite)?;
    let wanted = &checked(ctx, &input)?;
    let (scope, id) = (&scope, input.channel_id);
    ctx.write(|tx| async move {
        let channel = channel::Entity::find_by_id(id).lock_exclusive().one(&tx).await?;
        // As the wordings: a brand is that of all stores of the channel.
        if channel.is_none() || !scope.covers_channel(Some(id)) {
            return Err(Error::not_found("channel"));
        }
        let old = of_channel(&tx, id).await?;
        version::check(input.expected_version, old.as_ref().map_or(0, |old| old.version))?;
        write(&tx, old, wanted.clone()).await
    })
    .await
}

async fn write(tx: &Tx, old: Option<Model>, wanted: Model) -> Result<Model> {
    let row = match old {
        None => {
            let row = Model { version: 1, ..wanted };
            Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
            row
        }
        Some(old) => {
            let same = Model { version: old.version, created_at: old.created_at, updated_at: old.updated_at, ..wanted };
            if same == old {
                return Ok(old);
            }
            let row = Model { version: old.version + 1, updated_at: tx.now(), ..same };
            row.clone().into_active_model().reset_all().update(tx).await?;
            row
        }
    };
    let payload = json!({ "channel_id": row.channel_id, "version": row.version });
    tx.event(NewEvent::new("channel_brand_saved", "channel", row.channel_id.uuid()).payload(payload));
    Ok(row)
}

fn checked(ctx: &Ctx, input: &SaveBrand) -> Result<Model> {
    let (color, text_color) = (color("input.color", &input.color)?, color("input.textColor", &input.text_color)?);
    let contrast = contrast(&color, &text_color);
    if contrast < LEAST_CONTRAST {
        let values = vec![("contrast", format!("{}.{:02}", contrast / 100, contrast % 100))];
        return Err(Error::invalid_with(ErrorCode::ContrastTooLow, "input.textColor", values));
    }
    if !(16..=560).contains(&input.logo_width) {
        return Err(Error::invalid(ErrorCode::Invalid, "input.logoWidth"));
    }
    let sender_name = optional(input.sender_name.as_deref(), |name| text::line("input.senderName", name, 100))?;
    let storefront = optional(input.storefront_url.as_deref(), |url| https("input.storefrontUrl", url))?;
    Ok(Model {
        color,
        text_color,
        logo_url: optional(input.logo_url.as_deref(), |url| https("input.logoUrl", url))?,
        logo_width: input.logo_width,
        sender_name,
        reply_to: optional(input.reply_to.as_deref(), |address| email::normalize("input.replyTo", address))?,
        footer: text::by_language("input.footer", &input.footer, FOOTER)?,
        storefront_url: storefront.map(|url| url.trim_end_matches('/').to_owned()),
        ..unset(input.channel_id, ctx.now())
    })
}

/// What is empty is as good as not there.
fn optional(text: Option<&str>, check: impl Fn(&str) -> Result<String>) -> Result<Option<String>> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(check).transpose()
}

/// An address that mail programs load and that cannot leave its attribute.
fn https(path: &str, url: &str) -> Result<String> {
    let url = text::required_line(path, url, URL)?;
    let host = url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>\\`{}|^".contains(&byte));
    let is_host = host.contains('.') && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
    if plain && is_host { Ok(url) } else { Err(Error::invalid(ErrorCode::Invalid, path)) }
}

fn color(path: &str, text: &str) -> Result<String> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.strip_prefix('#').unwrap_or_default();
    let valid = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if valid { Ok(text) } else { Err(Error::invalid(ErrorCode::Invalid, path)) }
}

/// Contrast of two colors times 100, rounded down (WCAG 2.2: (L1 + 0.05) / (L2 + 0.05)).
fn contrast(one: &str, other: &str) -> u64 {
    let (one, other) = (luminance(one), luminance(other));
    let (light, dark) = (one.max(other), one.min(other));
    (light + 50_000) * 100 / (dark + 50_000)
}

/// Relative luminance in millionths (WCAG 2.2), from `#rrggbb`.
fn luminance(color: &str) -> u64 {
    let part = |from: usize| color.get(from..from + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).unwrap_or(0);
    (2_126 * linear(part(1)) + 7_152 * linear(part(3)) + 722 * linear(part(5))) / 10_000
}

/// The light of a part of a color in millionths, sRGB undone: ((c / 255 + 0.055) / 1.055) to the power of 2.4, in whole
/// numbers, which are exact enough for two decimals of a contrast.
fn linear(part: u8) -> u64 {
    let part = u64::from(part);
    if part <= 10 {
        return part * 1_000_000 / 255 * 100 / 1_292;
    }
    // In millionths: x = (c / 255 + 0.055) / 1.055.
    let x = (part * 1_000_000 / 255 + 55_000) * 1_000 / 1_055;
    let square = x * x / 1_000_000;
    // x^2.4 = x^2 * (x^2)^(1/5): found by halving.
    let (mut low, mut high) = (0_u64, 1_000_000_u64);
    while low < high {
        let middle = (low + high).div_ceil(2);
        let fifth = (0..5).fold(1_000_000_u64, |power, _| power * middle / 1_000_000);
        if fifth <= square { low = middle } else { high = middle - 1 }
    }
    square * low / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figures of the WebAIM contrast checker.
    #[test]
    fn contrast_is_that_of_wcag() {
        assert_eq!(contrast("#000000", "#ffffff"), 2_100);
        assert_eq!(contrast("#ffffff", "#ffffff"), 100);
        let grey = contrast("#777777", "#ffffff");
        assert!((447..=448).contains(&grey), "{grey}");
        let grey = contrast("#767676", "#ffffff");
        assert!((453..=454).contains(&grey), "{grey}");
        let yellow = contrast("#ffff00", "#ffffff");
        assert!((106..=108).contains(&yellow), "{yellow}");
        assert!(contrast(COLOR, TEXT_COLOR) >= LEAST_CONTRAST);
    }

    #[test]
    fn only_https_addresses_that_stay_in_their_attribute() {
        assert!(https("x", "https://cdn.example.jp/logo.png?v=2").is_ok());
        for url in [
            "http://cdn.example.jp/logo.png",
            "https://",
            "https://localhost/x",
            "javascript:alert(1)",
            "data:image/png;base64,AAAA",
            "https://a.example/\" onerror=\"x",
            "https://a.example/'x",
            "https://a.example/{{ order }}",
            "https://a.example/ x",
            "https://user@evil.example/x",
        ] {
            assert!(https("x", url).is_err(), "{url}");
        }
    }
}
