//! Creating and changing promotions.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::id::PromotionId;
use entity::money::Currency;
use entity::promotion::{self, Model};
use entity::words::{PromotionStacking, PromotionTarget, PromotionTrigger, PromotionValue};
use entity::{category, channel, collection, location, product};
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::conditions::Conditions;
use super::load::MAX_AUTOMATIC;
use super::offer::Benefit;
use crate::kernel::event::NewEvent;
use crate::kernel::known::all_known;
use crate::kernel::{language, text, version};
use crate::pricing::price::MAX_AMOUNT;
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// A promotion as it should be. Everything is replaced.
#[derive(Clone, Debug)]
pub struct UpsertPromotion {
    /// Which one to change; without it a new one, which does not hold until it is activated.
    pub id: Option<PromotionId>,
    /// Only if it still has this version.
    pub expected_version: Option<i32>,
    /// Name for staff.
    pub name: String,
    /// Name for customers by language (BCP 47); the name for staff where there is none.
    pub titles: BTreeMap<String, String>,
    /// What makes it apply; never changes.
    pub trigger: PromotionTrigger,
    /// From what it takes.
    pub target: PromotionTarget,
    /// How much.
    pub benefit: Benefit,
    /// The currency of all its amounts; needed when it has one, and it then holds only in this currency.
    pub currency: Option<Currency>,
    /// The most it takes from one order, minor units.
    pub maximum: Option<i64>,
    /// With which others it goes.
    pub stacking: PromotionStacking,
    /// The smallest first.
    pub priority: i32,
    /// When it applies.
    pub conditions: Conditions,
    /// Not before.
    pub starts_at: Option<DateTime<Utc>>,
    /// Not from then on.
    pub ends_at: Option<DateTime<Utc>>,
    /// Orders at most; not below those that used it.
    pub usage_limit: Option<i64>,
    /// Orders of one customer at most.
    pub customer_limit: Option<i64>,
}

/// Creates or changes a promotion. Orders that were placed keep what they were given.
///
/// Errors: `FORBIDDEN` without `promotions.write` everywhere, `NOT_FOUND` also for what conditions name, `STALE_VERSION`, `REQUIRED` (name, currency),
/// `INVALID`, `INVALID_AMOUNT`, `INVALID_LOCALE`, `TOO_MANY`, `IN_USE` for another trigger.
pub async fn upsert(ctx: &Ctx, input: UpsertPromotion) -> Result<Model> {
    require(ctx)?;
    let input = checked(input)?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        check_known(tx, &input.conditions).await?;
        match input.id {
            Some(id) => change(tx, lock(tx, id).await?, input).await,
            None => create(tx, input).await,
        }
    })
    .await
}

/// Error: `NOT_FOUND` for what the conditions name and is not there.
async fn check_known(tx: &Tx, conditions: &Conditions) -> Result<()> {
    let Conditions { channels, locations, products, categories, collections, .. } = conditions;
    all_known::<channel::Entity, _>(tx, channel::Column::Id, channels, "channel").await?;
    all_known::<location::Entity, _>(tx, location::Column::Id, locations, "location").await?;
    all_known::<product::Entity, _>(tx, product::Column::Id, products, "product").await?;
    all_known::<category::Entity, _>(tx, category::Column::Id, categories, "category").await?;
    all_known::<collection::Entity, _>(tx, collection::Column::Id, collections, "collection").await
}

/// Promotions hold over channels and stores, so their permission must hold everywhere. Error: `FORBIDDEN`.
pub(super) fn require(ctx: &Ctx) -> Result<()> {
    ctx.require_everywhere(Permission::PromotionsWrite)
}

/// Error: `NOT_FOUND`.
pub(super) async fn lock(tx: &Tx, id: PromotionId) -> Result<Model> {
    let found = promotion::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?;
    found.ok_or(Error::not_found("promotion"))
}

fn checked(input: UpsertPromotion) -> Result<UpsertPromotion> {
    let name = text::required_line("name", &input.name, text::LINE)?;
    let mut titles = BTreeMap::new();
    for (locale, title) in &input.titles {
        if !language::is_locale(locale) {
            return Err(Error::invalid(ErrorCode::InvalidLocale, "titles"));
        }
        titles.insert(locale.clone(), text::required_line("titles", title, text::LINE)?);
    }
    let amounts = [
        ("amount", if let Benefit::Fixed(amount) = input.benefit { Some(amount) } else { None }),
        ("maximum", input.maximum),
    ];
    for (path, amount) in amounts {
        if amount.is_some_and(|amount| !(1..=MAX_AMOUNT).contains(&amount)) {
            return Err(Error::invalid(ErrorCode::InvalidAmount, path));
        }
    }
    if matches!(input.benefit, Benefit::Percent(ppm) if !(1..=1_000_000).contains(&ppm)) {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "percentPpm"));
    }
    input.conditions.check("conditions")?;
    let has_amount = amounts.iter().any(|(_, amount)| amount.is_some()) || input.conditions.minimum_amount.is_some();
    if has_amount && input.currency.is_none() {
        return Err(Error::invalid(ErrorCode::Required, "currency"));
    }
    for (path, limit) in [("usageLimit", input.usage_limit), ("customerLimit", input.customer_limit)] {
        if limit.is_some_and(|limit| !(1..=1_000_000_000).contains(&limit)) {
            return Err(Error::invalid(ErrorCode::Invalid, path));
        }
    }
    if matches!((input.starts_at, input.ends_at), (Some(start), Some(end)) if start >= end) {
        return Err(Error::invalid(ErrorCode::Invalid, "endsAt"));
    }
    Ok(UpsertPromotion { name, titles, ..input })
}

fn with_input(row: Model, input: &UpsertPromotion) -> Result<Model> {
    let conditions = serde_json::to_value(&input.conditions).map_err(|error| Error::Bug(error.to_string()))?;
    let (value, percent_ppm, amount) = match input.benefit {
        Benefit::Percent(ppm) => (PromotionValue::Percent, Some(ppm), None),
        Benefit::Fixed(amount) => (PromotionValue::Fixed, None, Some(amount)),
        Benefit::Free => (PromotionValue::Free, None, None),
    };
    Ok(Model {
        name: input.name.clone(),
        titles: json!(input.titles),
        target: input.target,
        value,
        percent_ppm,
        amount,
        currency: input.currency,
        maximum: input.maximum,
        stacking: input.stacking,
        priority: input.priority,
        conditions,
        starts_at: input.starts_at,
        ends_at: input.ends_at,
        usage_limit: input.usage_limit,
        customer_limit: input.customer_limit,
        ..row
    })
}

async fn create(tx: &Tx, input: &UpsertPromotion) -> Result<Model> {
    version::check(input.expected_version, 0)?;
    let blank = Model {
        id: PromotionId(tx.new_uuid()),
        name: String::new(),
        titles: json!({}),
        triggered_by: input.trigger,
        target: input.target,
        value: PromotionValue::Free,
        percent_ppm: None,
        amount: None,
        currency: None,
        maximum: None,
        stacking: input.stacking,
        priority: 0,
        conditions: json!({}),
        starts_at: None,
        ends_at: None,
        usage_limit: None,
        customer_limit: None,
        used: 0,
        active: false,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    let row = with_input(blank, input)?;
    promotion::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    told(tx, "promotion_created", &row);
    Ok(row)
}

async fn change(tx: &Tx, old: Model, input: &UpsertPromotion) -> Result<Model> {
    version::check(input.expected_version, old.version)?;
    if old.triggered_by != input.trigger {
        return Err(Error::invalid(ErrorCode::InUse, "triggeredBy"));
    }
    if input.usage_limit.is_some_and(|limit| limit < old.used) {
        return Err(Error::invalid(ErrorCode::Invalid, "usageLimit"));
    }
    let row = with_input(old.clone(), input)?;
    if row == old { Ok(old) } else { save(tx, row, "promotion_updated").await }
}

/// Writes a changed promotion.
pub(super) async fn save(tx: &Tx, row: Model, kind: &'static str) -> Result<Model> {
    if row.active && row.triggered_by == PromotionTrigger::Automatic {
        let others = promotion::Entity::find()
            .filter(promotion::Column::Active.eq(true))
            .filter(promotion::Column::TriggeredBy.eq(PromotionTrigger::Automatic))
            .filter(promotion::Column::Id.ne(row.id));
        if others.count(tx).await? >= MAX_AUTOMATIC {
            let max = vec![("max", MAX_AUTOMATIC.to_string())];
            return Err(Error::invalid_with(ErrorCode::TooMany, "id", max));
        }
    }
    let row = Model { version: row.version + 1, updated_at: tx.now(), ..row };
    row.clone().into_active_model().reset_all().update(tx).await?;
    told(tx, kind, &row);
    Ok(row)
}

fn told(tx: &Tx, kind: &'static str, row: &Model) {
    let payload = json!({ "name": row.name, "active": row.active, "version": row.version });
    tx.event(NewEvent::new(kind, "promotion", row.id.uuid()).payload(payload));
}
