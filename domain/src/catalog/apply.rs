//! What a change makes of a product: pure, so that the same rules serve the API, the import and the tests.

use chrono::{DateTime, Utc};
use entity::id::{MediaId, ProductId, ProductOptionId, TaxClassId};
use entity::text_list::TextList;
use entity::words::ProductStatus;
use entity::{media, product, product_option, product_translation};
use serde_json::json;
use uuid::Uuid;

use super::patch::{MediaPatch, OptionPatch, ProductPatch, TranslationPatch};
use super::whole::Whole;
use super::{apply_variant, html, slug};
use crate::kernel::{language, metadata, text};
use crate::{Error, ErrorCode, Result};

/// Most options of a product.
pub const MAX_OPTIONS: usize = 10;
/// Most variants of a product (Shopify's own limit since 2024).
pub const MAX_VARIANTS: usize = 2_048;
/// Most pictures, tags or translations of a product.
pub const MAX_PARTS: usize = 250;

/// What new rows need from outside.
pub struct Maker<'a> {
    /// When it happens.
    pub now: DateTime<Utc>,
    /// Gives out ids.
    pub new_uuid: &'a dyn Fn() -> Uuid,
    /// Tax class of products that name none.
    pub default_tax_class: Option<TaxClassId>,
}

impl std::fmt::Debug for Maker<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Maker").field("now", &self.now).finish_non_exhaustive()
    }
}

/// Applies a change to a product as it stands (`None`: a new one). Versions grow only where something changed.
pub fn apply(maker: &Maker<'_>, old: Option<&Whole>, patch: &ProductPatch) -> Result<Whole> {
    let mut whole = match old {
        Some(old) => old.clone(),
        None => blank(maker, patch)?,
    };
    texts(&mut whole.product, patch)?;
    organization(&mut whole.product, patch)?;
    let id = whole.product.id;
    if let Some(pictures) = &patch.media {
        whole.media = media(maker, id, &whole.media, pictures)?;
    }
    if let Some(translations) = &patch.translations {
        whole.translations = translated(id, translations)?;
    }
    if let Some(wanted) = &patch.options {
        let options = options(maker, id, &whole.options, wanted)?;
        carry_values(&mut whole, options);
    }
    apply_variant::apply(maker, &mut whole, &patch.variants)?;
    if let Some(old) = old {
        touch(maker, old, &mut whole);
    }
    Ok(whole)
}

fn blank(maker: &Maker<'_>, patch: &ProductPatch) -> Result<Whole> {
    let title = patch.title.as_deref().ok_or_else(|| Error::invalid(ErrorCode::Required, "title"))?;
    let tax_class_id = patch
        .tax_class_id
        .or(maker.default_tax_class)
        .ok_or_else(|| Error::invalid(ErrorCode::Required, "taxClassId"))?;
    let product = product::Model {
        id: ProductId((maker.new_uuid)()),
        slug: slug::from_title(title),
        title: String::new(),
        description_html: String::new(),
        vendor: String::new(),
        product_type: String::new(),
        status: ProductStatus::Draft,
        category_id: None,
        tax_class_id,
        tags: TextList::default(),
        seo_title: None,
        seo_description: None,
        external_reference: None,
        metadata: json!({}),
        private_metadata: json!({}),
        version: 1,
        created_at: maker.now,
        updated_at: maker.now,
    };
    if product.slug.is_empty() && patch.slug.is_none() {
        return Err(Error::invalid(ErrorCode::Required, "slug"));
    }
    Ok(Whole { product, options: Vec::new(), variants: Vec::new(), media: Vec::new(), translations: Vec::new() })
}

fn texts(product: &mut product::Model, patch: &ProductPatch) -> Result<()> {
    if let Some(value) = &patch.slug {
        product.slug = slug::check("slug", value)?;
    }
    if let Some(value) = &patch.title {
        product.title = text::required_line("title", value, text::LINE)?;
    }
    if let Some(value) = &patch.description_html {
        product.description_html = html::clean("descriptionHtml", value)?;
    }
    if let Some(value) = &patch.vendor {
        product.vendor = text::line("vendor", value, text::LINE)?;
    }
    if let Some(value) = &patch.product_type {
        product.product_type = text::line("productType", value, text::LINE)?;
    }
    if let Some(value) = &patch.seo_title {
        product.seo_title = optional_line("seoTitle", value.as_deref(), text::LINE)?;
    }
    if let Some(value) = &patch.seo_description {
        let cleaned = value.as_deref().map(|value| text::note("seoDescription", value, text::NOTE)).transpose()?;
        product.seo_description = cleaned.filter(|value| !value.is_empty());
    }
    Ok(())
}

fn organization(product: &mut product::Model, patch: &ProductPatch) -> Result<()> {
    if let Some(status) = patch.status {
        product.status = status;
    }
    if let Some(category_id) = patch.category_id {
        product.category_id = category_id;
    }
    if let Some(tax_class_id) = patch.tax_class_id {
        product.tax_class_id = tax_class_id;
    }
    if let Some(tags) = &patch.tags {
        product.tags = TextList(clean_tags(tags)?);
    }
    if let Some(value) = &patch.external_reference {
        product.external_reference = optional_line("externalReference", value.as_deref(), text::LINE)?;
    }
    if let Some(entries) = &patch.metadata {
        product.metadata = metadata::checked("metadata", entries.clone())?;
    }
    if let Some(entries) = &patch.private_metadata {
        product.private_metadata = metadata::checked("privateMetadata", entries.clone())?;
    }
    Ok(())
}

/// A line, or nothing when it is blank.
pub(crate) fn optional_line(path: &str, value: Option<&str>, max: usize) -> Result<Option<String>> {
    let line = value.map(|value| text::line(path, value, max)).transpose()?;
    Ok(line.filter(|line| !line.is_empty()))
}

/// Error `TOO_MANY` at `path` above `max` entries.
pub(crate) fn at_most(path: &str, length: usize, max: usize) -> Result<()> {
    if length > max {
        return Err(Error::invalid_with(ErrorCode::TooMany, path, vec![("max", max.to_string())]));
    }
    Ok(())
}

fn clean_tags(tags: &[String]) -> Result<Vec<String>> {
    at_most("tags", tags.len(), MAX_PARTS)?;
    let mut clean: Vec<String> = Vec::with_capacity(tags.len());
    for tag in tags {
        let tag = text::line("tags", tag, text::LINE)?;
        if !tag.is_empty() && !clean.contains(&tag) {
            clean.push(tag);
        }
    }
    Ok(clean)
}

fn media(maker: &Maker<'_>, id: ProductId, old: &[media::Model], wanted: &[MediaPatch]) -> Result<Vec<media::Model>> {
    at_most("media", wanted.len(), MAX_PARTS)?;
    let mut rows: Vec<media::Model> = Vec::with_capacity(wanted.len());
    for (index, picture) in wanted.iter().enumerate() {
        let url = checked_url(&format!("media.{index}.url"), &picture.url)?;
        let alt = text::line(&format!("media.{index}.alt"), &picture.alt.replace(['\n', '\r'], " "), 512)?;
        if rows.iter().any(|row| row.url == url) {
            continue;
        }
        let known = old.iter().find(|row| row.url == url).map(|row| row.id);
        let position = position(rows.len());
        let media_id = known.unwrap_or_else(|| MediaId((maker.new_uuid)()));
        rows.push(media::Model { id: media_id, product_id: id, url, alt, position });
    }
    Ok(rows)
}

fn checked_url(path: &str, url: &str) -> Result<String> {
    let url = text::required_line(path, url, 2_048)?;
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    let is_path = url.starts_with('/') && !url.starts_with("//");
    let is_clean = !url.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '\\'));
    if (is_web || is_path) && is_clean { Ok(url) } else { Err(Error::invalid(ErrorCode::Invalid, path)) }
}

fn translated(id: ProductId, wanted: &[TranslationPatch]) -> Result<Vec<product_translation::Model>> {
    at_most("translations", wanted.len(), MAX_PARTS)?;
    let mut rows: Vec<product_translation::Model> = Vec::with_capacity(wanted.len());
    for (index, texts) in wanted.iter().enumerate() {
        let path = |field: &str| format!("translations.{index}.{field}");
        if !language::is_locale(&texts.locale) {
            return Err(Error::invalid(ErrorCode::InvalidLocale, path("locale")));
        }
        if rows.iter().any(|row| row.locale.eq_ignore_ascii_case(&texts.locale)) {
            return Err(Error::invalid(ErrorCode::AlreadyExists, path("locale")));
        }
        rows.push(product_translation::Model {
            product_id: id,
            locale: texts.locale.clone(),
            title: text::required_line(&path("title"), &texts.title, text::LINE)?,
            description_html: html::clean(&path("descriptionHtml"), &texts.description_html)?,
        });
    }
    rows.sort_by(|a, b| a.locale.cmp(&b.locale));
    Ok(rows)
}

fn options(
    maker: &Maker<'_>,
    id: ProductId,
    old: &[product_option::Model],
    wanted: &[OptionPatch],
) -> Result<Vec<product_option::Model>> {
    at_most("options", wanted.len(), MAX_OPTIONS)?;
    let mut rows: Vec<product_option::Model> = Vec::with_capacity(wanted.len());
    for (index, option) in wanted.iter().enumerate() {
        let path = format!("options.{index}.name");
        let name = text::required_line(&path, &option.name, text::LINE)?;
        let known = match option.id {
            Some(wanted) => {
                let row = old.iter().find(|row| row.id == wanted);
                Some(row.ok_or_else(|| Error::not_found("option"))?)
            }
            None => old.iter().find(|row| text::fold(&row.name) == text::fold(&name)),
        };
        let option_id = known.map_or_else(|| ProductOptionId((maker.new_uuid)()), |row| row.id);
        if rows.iter().any(|row| row.id == option_id || text::fold(&row.name) == text::fold(&name)) {
            return Err(Error::invalid(ErrorCode::AlreadyExists, path));
        }
        rows.push(product_option::Model { id: option_id, product_id: id, position: position(rows.len()), name });
    }
    Ok(rows)
}

/// Values follow their option to its new place; new options have none yet.
fn carry_values(whole: &mut Whole, options: Vec<product_option::Model>) {
    let places: Vec<Option<usize>> =
        options.iter().map(|option| whole.options.iter().position(|old| old.id == option.id)).collect();
    for variant in &mut whole.variants {
        variant.values = places
            .iter()
            .map(|place| place.and_then(|place| variant.values.get(place)).cloned().unwrap_or_default())
            .collect();
    }
    whole.options = options;
}

/// Order, from 1, of what comes after `before` others.
pub(crate) fn position(before: usize) -> i32 {
    i32::try_from(before).unwrap_or(i32::MAX - 1).saturating_add(1)
}

/// Version and time of what changed.
fn touch(maker: &Maker<'_>, old: &Whole, whole: &mut Whole) {
    for variant in &mut whole.variants {
        let before = old.variants.iter().find(|before| before.row.id == variant.row.id);
        if before.is_some_and(|before| before != variant) {
            variant.row.version = variant.row.version.saturating_add(1);
            variant.row.updated_at = maker.now;
        }
    }
    if old != whole {
        whole.product.version = old.product.version.saturating_add(1);
        whole.product.updated_at = maker.now;
    }
}
