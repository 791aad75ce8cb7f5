//! Writing policies and reasons: rules are data, and hold for what is asked from then on.

use entity::id::{ReturnPolicyId, ReturnReasonId};
use entity::money::Money;
use entity::words::ReturnMethod;
use entity::{category, channel, product, return_policy, return_reason};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect};
use serde_json::{Value, json};

use super::policy::Conditions;
use crate::kernel::event::NewEvent;
use crate::kernel::known::all_known;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, text, version};

/// Most policies, and most reasons.
const MOST: u64 = 200;
/// Most entries of one condition.
const MAX_CONDITIONS: usize = 500;
/// Longest window, days.
const MAX_DAYS: i32 = 3_650;

/// A text in each language that has one: BCP 47 tag and text.
pub type Texts = Vec<(String, String)>;

/// A policy as it should be.
#[derive(Debug, Clone)]
pub struct UpsertPolicy {
    /// Which one to change; a new one when `None`.
    pub id: Option<ReturnPolicyId>,
    /// Only if it still has this version.
    pub expected_version: Option<i32>,
    /// Name for staff.
    pub name: String,
    /// The smallest is asked first.
    pub priority: i32,
    /// For what it holds.
    pub conditions: Conditions,
    /// Days from delivery or collection, 0 to 3,650; without an end when `None`.
    pub window_days: Option<i32>,
    /// Whether nothing comes back.
    pub final_sale: bool,
    /// Whether only unused goods come back.
    pub needs_unused: bool,
    /// What is kept, parts per million of what was paid.
    pub restocking_ppm: i32,
    /// What sending back costs.
    pub return_shipping_fee: Option<Money>,
    /// How goods may come back; every way when empty.
    pub methods: Vec<ReturnMethod>,
    /// What customers are told when their return is approved.
    pub instructions: Texts,
    /// Whether it holds.
    pub active: bool,
}

/// Creates or changes a policy. Errors: `FORBIDDEN`, `NOT_FOUND` also for what its conditions name, `STALE_VERSION`, `REQUIRED`, `TOO_MANY`, `INVALID`,
/// `INVALID_AMOUNT`, `INVALID_LOCALE`, `INVALID_COUNTRY`.
pub async fn policy(ctx: &Ctx, input: UpsertPolicy) -> Result<return_policy::Model> {
    ctx.require(Permission::ReturnPoliciesWrite)?;
    let name = text::required_line("input.name", &input.name, text::LINE)?;
    check_policy(&input)?;
    let instructions = texts("input.instructions", &input.instructions, text::NOTE)?;
    let (input, name, instructions) = (&input, &name, &instructions);
    ctx.write(|tx| async move {
        let tx = &tx;
        let old = match input.id {
            Some(id) => {
                let found = return_policy::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
                Some(found.ok_or(Error::not_found("returnPolicy"))?)
            }
            None => None,
        };
        version::check(input.expected_version, old.as_ref().map_or(0, |old| old.version))?;
        check_known(tx, &input.conditions).await?;
        if old.is_none() && return_policy::Entity::find().count(tx).await? >= MOST {
            return Err(Error::invalid_with(ErrorCode::TooMany, "input", vec![("max", MOST.to_string())]));
        }
        let row = return_policy::Model {
            id: old.as_ref().map_or_else(|| ReturnPolicyId(tx.new_uuid()), |old| old.id),
            name: name.clone(),
            priority: input.priority,
            conditions: json!(input.conditions),
            window_days: input.window_days,
            final_sale: input.final_sale,
            needs_unused: input.needs_unused,
            restocking_ppm: input.restocking_ppm,
            return_shipping_fee: input.return_shipping_fee.map(|fee| fee.minor),
            currency: input.return_shipping_fee.map(|fee| fee.currency),
            methods: json!(input.methods.iter().map(ToString::to_string).collect::<Vec<_>>()),
            instructions: instructions.clone(),
            active: input.active,
            version: old.as_ref().map_or(0, |old| old.version) + 1,
            created_at: old.as_ref().map_or(tx.now(), |old| old.created_at),
            updated_at: tx.now(),
        };
        save(tx, row.clone(), old.is_none()).await?;
        let event = NewEvent::new("return_policy_saved", "return_policy", row.id.uuid());
        tx.event(event.payload(json!({ "name": row.name, "version": row.version })));
        Ok(row)
    })
    .await
}

async fn save(tx: &Tx, row: return_policy::Model, new: bool) -> Result<()> {
    let active = row.into_active_model().reset_all();
    if new {
        return_policy::Entity::insert(active).exec_without_returning(tx).await?;
    } else {
        active.update(tx).await?;
    }
    Ok(())
}

/// Error: `NOT_FOUND` for a channel, category or product that is not there.
async fn check_known(tx: &Tx, conditions: &Conditions) -> Result<()> {
    all_known::<channel::Entity, _>(tx, channel::Column::Id, &conditions.channel_ids, "channel").await?;
    all_known::<category::Entity, _>(tx, category::Column::Id, &conditions.category_ids, "category").await?;
    all_known::<product::Entity, _>(tx, product::Column::Id, &conditions.product_ids, "product").await
}

fn check_policy(input: &UpsertPolicy) -> Result<()> {
    let invalid = |field: &str| Err(Error::invalid(ErrorCode::Invalid, format!("input.{field}")));
    if input.window_days.is_some_and(|days| !(0..=MAX_DAYS).contains(&days)) {
        return invalid("windowDays");
    }
    if !(0..=1_000_000).contains(&input.restocking_ppm) {
        return invalid("restockingPpm");
    }
    if input.return_shipping_fee.is_some_and(|fee| fee.minor < 0) {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "input.returnShippingFee"));
    }
    if input.methods.contains(&ReturnMethod::None) {
        return invalid("methods");
    }
    let Conditions { channel_ids, countries, category_ids, product_ids } = &input.conditions;
    let most = [channel_ids.len(), countries.len(), category_ids.len(), product_ids.len()].into_iter().max();
    if most.unwrap_or(0) > MAX_CONDITIONS {
        let max = vec![("max", MAX_CONDITIONS.to_string())];
        return Err(Error::invalid_with(ErrorCode::TooMany, "input.conditions", max));
    }
    let country = |code: &String| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if countries.iter().all(country) {
        Ok(())
    } else {
        Err(Error::invalid(ErrorCode::InvalidCountry, "input.conditions.countries"))
    }
}

/// Texts by language, as rows keep them.
fn texts(path: &str, texts: &Texts, max: usize) -> Result<Value> {
    let mut all = serde_json::Map::new();
    for (index, (locale, text)) in texts.iter().enumerate() {
        if !crate::kernel::language::is_locale(locale) {
            return Err(Error::invalid(ErrorCode::InvalidLocale, format!("{path}.{index}.locale")));
        }
        let text = text::note(&format!("{path}.{index}.text"), text, max)?;
        all.insert(locale.clone(), Value::String(text));
    }
    Ok(Value::Object(all))
}

/// A text in a language: its own, that of its language, English, or any.
#[must_use]
pub fn told(texts: &Value, locale: &str) -> String {
    text::in_language(texts, locale)
}

/// A reason as it should be.
#[derive(Debug, Clone)]
pub struct UpsertReason {
    /// Stable name, which says what is changed: capitals, digits and `_`.
    pub code: String,
    /// Only if it still has this version.
    pub expected_version: Option<i32>,
    /// Name by language.
    pub titles: Texts,
    /// Whether customers may choose it.
    pub customer_visible: bool,
    /// Whether something went wrong.
    pub is_claim: bool,
    /// Whether the shop pays for sending back.
    pub seller_pays: bool,
    /// Whether no restocking fee is kept.
    pub waives_restocking: bool,
    /// Whether customers must add a photo.
    pub needs_photo: bool,
    /// Order, from 1.
    pub position: i32,
    /// Whether it may be chosen.
    pub active: bool,
}

/// Creates or changes the reason of a code. Errors: `FORBIDDEN`, `STALE_VERSION`, `INVALID`, `REQUIRED`, `TOO_MANY`,
/// `INVALID_LOCALE`.
pub async fn reason(ctx: &Ctx, input: UpsertReason) -> Result<return_reason::Model> {
    ctx.require(Permission::ReturnPoliciesWrite)?;
    let code = text::required_line("input.code", &input.code, 64)?;
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if !code.bytes().all(plain) {
        return Err(Error::invalid(ErrorCode::Invalid, "input.code"));
    }
    if input.titles.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "input.titles"));
    }
    let titles = texts("input.titles", &input.titles, text::LINE)?;
    let (input, code, titles) = (&input, &code, &titles);
    ctx.write(|tx| async move {
        let tx = &tx;
        let found = return_reason::Entity::find().filter(return_reason::Column::Code.eq(code.as_str()));
        let old = found.lock_exclusive().one(tx).await?;
        version::check(input.expected_version, old.as_ref().map_or(0, |old| old.version))?;
        if old.is_none() && return_reason::Entity::find().count(tx).await? >= MOST {
            return Err(Error::invalid_with(ErrorCode::TooMany, "input", vec![("max", MOST.to_string())]));
        }
        let row = return_reason::Model {
            id: old.as_ref().map_or_else(|| ReturnReasonId(tx.new_uuid()), |old| old.id),
            code: code.clone(),
            titles: titles.clone(),
            customer_visible: input.customer_visible,
            is_claim: input.is_claim,
            seller_pays: input.seller_pays,
            waives_restocking: input.waives_restocking,
            needs_photo: input.needs_photo,
            position: input.position,
            active: input.active,
            version: old.as_ref().map_or(0, |old| old.version) + 1,
            created_at: old.as_ref().map_or(tx.now(), |old| old.created_at),
            updated_at: tx.now(),
        };
        let active = row.clone().into_active_model().reset_all();
        if old.is_none() {
            return_reason::Entity::insert(active).exec_without_returning(tx).await?;
        } else {
            active.update(tx).await?;
        }
        let event = NewEvent::new("return_reason_saved", "return_reason", row.id.uuid());
        tx.event(event.payload(json!({ "code": row.code, "version": row.version })));
        Ok(row)
    })
    .await
}
