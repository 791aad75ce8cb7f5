//! Codes of promotions: making them, and stopping them.

use std::collections::BTreeSet;

use entity::id::{PromotionCodeId, PromotionId};
use entity::promotion_code::{self, Model};
use entity::words::PromotionTrigger;
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::json;

use super::upsert::{lock, require};
use crate::kernel::event::NewEvent;
use crate::kernel::text;
use crate::{Ctx, Error, ErrorCode, Result, Tx};

/// Most codes of one call.
const MAX_CODES: usize = 1_000;
/// Letters and digits that are made up for each code: 30^10 of them cannot be guessed one by one.
const MADE_UP: usize = 10;
/// Most letters and digits of a code.
const MAX_LENGTH: usize = 40;

/// Codes to make.
#[derive(Clone, Debug)]
pub struct CreateCodes {
    /// The promotion.
    pub promotion_id: PromotionId,
    /// Codes as people shall type them.
    pub codes: Vec<String>,
    /// How many more to make up.
    pub count: usize,
    /// What made-up codes begin with.
    pub prefix: String,
    /// Orders that each may serve.
    pub usage_limit: Option<i64>,
}

/// Makes codes, all or none. Errors: `FORBIDDEN`, `NOT_FOUND`, `INVALID` for a promotion that applies without a code, a
/// code without letters or a limit below 1, `TOO_LONG`, `TOO_MANY`, `ALREADY_EXISTS`.
pub async fn create_codes(ctx: &Ctx, input: CreateCodes) -> Result<Vec<Model>> {
    require(ctx)?;
    let wanted = checked(&input)?;
    let (input, wanted) = (&input, &wanted);
    ctx.write(|tx| async move {
        let tx = &tx;
        let promotion = lock(tx, input.promotion_id).await?;
        if promotion.triggered_by != PromotionTrigger::Code {
            return Err(Error::invalid(ErrorCode::Invalid, "promotionId"));
        }
        let taken = promotion_code::Entity::find().filter(promotion_code::Column::Code.is_in(wanted)).one(tx).await?;
        if let Some(taken) = taken {
            let index = wanted.iter().position(|code| *code == taken.code).unwrap_or_default();
            return Err(Error::invalid(ErrorCode::AlreadyExists, format!("codes.{index}")));
        }
        let prefix = text::fold_code(&input.prefix);
        let random = &tx.ctx().services.random;
        let made_up = (0..input.count).map(|_| format!("{prefix}{}", random.readable_code(MADE_UP)));
        let rows: Vec<Model> = wanted.iter().cloned().chain(made_up).map(|code| row(tx, input, code)).collect();
        let active = rows.iter().cloned().map(|row| row.into_active_model().reset_all());
        promotion_code::Entity::insert_many(active).exec_without_returning(tx).await?;
        let event = NewEvent::new("promotion_codes_created", "promotion", promotion.id.uuid());
        tx.event(event.payload(json!({ "count": rows.len() })));
        Ok(rows)
    })
    .await
}

fn row(tx: &Tx, input: &CreateCodes, code: String) -> Model {
    Model {
        id: PromotionCodeId(tx.new_uuid()),
        promotion_id: input.promotion_id,
        code,
        usage_limit: input.usage_limit,
        used: 0,
        active: true,
        created_at: tx.now(),
    }
}

fn checked(input: &CreateCodes) -> Result<Vec<String>> {
    let too_many = |path: &str| Error::invalid_with(ErrorCode::TooMany, path, vec![("max", MAX_CODES.to_string())]);
    if input.codes.len().saturating_add(input.count) > MAX_CODES {
        return Err(too_many("codes"));
    }
    if input.codes.is_empty() && input.count == 0 {
        return Err(Error::invalid(ErrorCode::Required, "codes"));
    }
    if input.usage_limit.is_some_and(|limit| !(1..=1_000_000_000).contains(&limit)) {
        return Err(Error::invalid(ErrorCode::Invalid, "usageLimit"));
    }
    let fits = |code: &str| code.chars().count() <= MAX_LENGTH;
    if !fits(&input.prefix) {
        return Err(Error::invalid(ErrorCode::Invalid, "prefix"));
    }
    let mut seen = BTreeSet::new();
    let mut codes = Vec::with_capacity(input.codes.len());
    for (index, typed) in input.codes.iter().enumerate() {
        let path = format!("codes.{index}");
        let code = text::fold_code(&text::required_line(&path, typed, text::LINE)?);
        if code.is_empty() || !fits(&code) {
            return Err(Error::invalid(ErrorCode::Invalid, path));
        }
        if !seen.insert(code.clone()) {
            return Err(Error::invalid(ErrorCode::AlreadyExists, path));
        }
        codes.push(code);
    }
    Ok(codes)
}

/// Lets a code work, or stops it. Errors: `FORBIDDEN`, `NOT_FOUND`.
pub async fn set_code_active(ctx: &Ctx, id: PromotionCodeId, active: bool) -> Result<Model> {
    require(ctx)?;
    ctx.write(|tx| async move {
        let tx = &tx;
        let found = promotion_code::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?;
        let old = found.ok_or(Error::not_found("promotionCode"))?;
        if old.active == active {
            return Ok(old);
        }
        let row = Model { active, ..old };
        row.clone().into_active_model().reset_all().update(tx).await?;
        let kind = if active { "promotion_code_activated" } else { "promotion_code_deactivated" };
        let event = NewEvent::new(kind, "promotion", row.promotion_id.uuid());
        tx.event(event.payload(json!({ "promotion_code_id": row.id })));
        Ok(row)
    })
    .await
}
