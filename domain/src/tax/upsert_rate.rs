//! Entering the rate of a class in a place from a day on.

use chrono::NaiveDate;
use entity::id::TaxRateId;
use entity::tax_rate;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};
use serde_json::json;

use crate::kernel::event::NewEvent;
use crate::kernel::{country, text};
use crate::{Ctx, Error, ErrorCode, Permission, Result, Tx};

/// A rate, found by class, place and first day.
#[derive(Debug, Clone)]
pub struct UpsertTaxRate {
    /// Code of the tax class.
    pub class_code: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// ISO 3166-2 subdivision; the whole country when `None`.
    pub region: Option<String>,
    /// Name on documents, such as `消費税`.
    pub name: String,
    /// Parts per million: 100000 is 10 %.
    pub rate_ppm: i32,
    /// First day it holds.
    pub valid_from: NaiveDate,
    /// Last day it holds; open when `None`.
    pub valid_to: Option<NaiveDate>,
}

/// Enters a rate or corrects the one that begins on the same day; doing it twice changes nothing. A rate that was open
/// until now is not ended: of two that hold, the later one counts. Needs `places.write`.
/// Errors: `NOT_FOUND` for the class, `INVALID_COUNTRY`, `INVALID_AMOUNT` outside 0 to 100 %, `INVALID_DATE` when it
/// ends before it begins, `REQUIRED`, `INVALID_TEXT`, `TEXT_TOO_LONG`.
pub async fn upsert_rate(ctx: &Ctx, input: UpsertTaxRate) -> Result<tax_rate::Model> {
    ctx.require(Permission::PlacesWrite)?;
    let input = &checked(input)?;
    ctx.write(|tx| async move { store(&tx, input.clone()).await }).await
}

fn checked(input: UpsertTaxRate) -> Result<UpsertTaxRate> {
    let code = input.country.trim().to_ascii_uppercase();
    if !country::is_country(&code) {
        return Err(Error::invalid(ErrorCode::InvalidCountry, "country"));
    }
    if !(0..1_000_000).contains(&input.rate_ppm) {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "rate"));
    }
    if input.valid_to.is_some_and(|end| end < input.valid_from) {
        return Err(Error::invalid(ErrorCode::InvalidDate, "validTo"));
    }
    let region = input.region.map(|region| text::line("region", &region, 50)).transpose()?;
    Ok(UpsertTaxRate {
        class_code: text::required_line("taxClass", &input.class_code, 50)?,
        name: text::required_line("name", &input.name, text::LINE)?,
        region: region.filter(|region| !region.is_empty()),
        country: code,
        ..input
    })
}

/// Writes a checked rate inside a transaction.
async fn store(tx: &Tx, input: UpsertTaxRate) -> Result<tax_rate::Model> {
    // The class row is the lock: two writers of one rate wait for each other.
    let class = entity::tax_class::Entity::find()
        .filter(entity::tax_class::Column::Code.eq(&input.class_code))
        .lock_exclusive()
        .one(tx)
        .await?
        .ok_or(Error::not_found("tax class"))?;
    let same_region = match &input.region {
        Some(region) => tax_rate::Column::Region.eq(region),
        None => tax_rate::Column::Region.is_null(),
    };
    let present = tax_rate::Entity::find()
        .filter(tax_rate::Column::TaxClassId.eq(class.id))
        .filter(tax_rate::Column::Country.eq(&input.country))
        .filter(tax_rate::Column::ValidFrom.eq(input.valid_from))
        .filter(same_region)
        .one(tx)
        .await?;
    let wanted = tax_rate::Model {
        id: present.as_ref().map_or_else(|| TaxRateId(tx.new_uuid()), |rate| rate.id),
        tax_class_id: class.id,
        country: input.country,
        region: input.region,
        name: input.name,
        rate_ppm: input.rate_ppm,
        valid_from: input.valid_from,
        valid_to: input.valid_to,
    };
    match present {
        Some(present) if present == wanted => return Ok(present),
        Some(present) => {
            let mut row = present.into_active_model();
            row.name = Set(wanted.name.clone());
            row.rate_ppm = Set(wanted.rate_ppm);
            row.valid_to = Set(wanted.valid_to);
            row.update(tx).await?;
        }
        None => {
            let row = wanted.clone().into_active_model().reset_all();
            tax_rate::Entity::insert(row).exec_without_returning(tx).await?;
        }
    }
    let facts = json!({ "tax_class": class.code, "country": wanted.country, "rate_ppm": wanted.rate_ppm });
    tx.event(NewEvent::new("tax_rate_saved", "tax_rate", wanted.id.uuid()).payload(facts));
    Ok(wanted)
}
