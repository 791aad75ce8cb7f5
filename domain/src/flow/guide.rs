//! How to use a product, written by the merchant and told after it arrived.

use entity::id::ProductId;
use entity::{product, product_guide};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QuerySelect};
use serde_json::json;

use crate::kernel::event::NewEvent;
use crate::kernel::text::{self, Texts, by_language};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, version};

/// A guide as it should be.
#[derive(Debug, Clone, Default)]
pub struct SaveGuide {
    /// Title by language, 100 characters at most.
    pub title: Texts,
    /// Text by language, 5,000 characters at most.
    pub text: Texts,
    /// Where there is more: an `https` address. Empty takes it back, `None` leaves it.
    pub url: Option<String>,
    /// The version that was seen; another one is refused.
    pub expected_version: Option<i32>,
}

/// Writes the guide of a product. Errors: `UNAUTHENTICATED`, `FORBIDDEN`, `NOT_FOUND`, `REQUIRED` without a title,
/// `INVALID` for another address, `STALE_VERSION`, and those of texts.
pub async fn save(ctx: &Ctx, id: ProductId, input: SaveGuide) -> Result<product_guide::Model> {
    ctx.require(Permission::CatalogWrite)?;
    let title = by_language("input.title", &input.title, 100)?;
    if title.as_object().is_none_or(serde_json::Map::is_empty) {
        return Err(Error::invalid(ErrorCode::Required, "input.title"));
    }
    let texts = json!({ "title": title, "text": by_language("input.text", &input.text, text::NOTE)? });
    let url = input.url.as_deref().map(web_address).transpose()?;
    let (texts, url, expected) = (&texts, &url, input.expected_version);
    ctx.write(|tx| async move {
        // The product's row is the lock: two who write its first guide at once come one after the other.
        let known = product::Entity::find_by_id(id).lock_exclusive().one(&tx).await?;
        known.ok_or(Error::not_found("product"))?;
        let found = product_guide::Entity::find_by_id(id).one(&tx).await?;
        let old = found.as_ref();
        version::check(expected, old.map_or(0, |row| row.version))?;
        let row = product_guide::Model {
            product_id: id,
            texts: texts.clone(),
            url: url.clone().unwrap_or_else(|| old.and_then(|row| row.url.clone())),
            version: old.map_or(1, |row| row.version + 1),
            created_at: old.map_or(tx.now(), |row| row.created_at),
            updated_at: tx.now(),
        };
        let active = row.clone().into_active_model().reset_all();
        if old.is_some() {
            active.update(&tx).await?;
        } else {
            product_guide::Entity::insert(active).exec_without_returning(&tx).await?;
        }
        tx.event(NewEvent::new("product_guide_saved", "product", id.uuid()));
        Ok(row)
    })
    .await
}

/// The guide of a product.
pub async fn of_product(db: &impl ConnectionTrait, id: ProductId) -> Result<Option<product_guide::Model>> {
    Ok(product_guide::Entity::find_by_id(id).one(db).await?)
}

fn web_address(url: &str) -> Result<Option<String>> {
    let url = text::line("input.url", url, 500)?;
    if url.is_empty() {
        return Ok(None);
    }
    let host = url.strip_prefix("https://").unwrap_or_default();
    let plain = !host.is_empty() && !host.starts_with('/') && !url.contains([' ', '"', '\'', '<', '>', '\\', '@']);
    if plain { Ok(Some(url)) } else { Err(Error::invalid(ErrorCode::Invalid, "input.url")) }
}
