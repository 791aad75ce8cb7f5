//! Japan's consumption tax: 10 %, and 8 % for food and drink.

use chrono::NaiveDate;
use entity::id::{TaxClassId, TaxRateId};
use entity::{tax_class, tax_rate};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

use crate::World;

/// The two classes.
#[derive(Clone, Copy, Debug)]
pub struct TaxClasses {
    /// 10 %.
    pub standard: TaxClassId,
    /// 8 %.
    pub reduced: TaxClassId,
}

pub(crate) async fn create(world: &World) -> TaxClasses {
    TaxClasses { standard: class(world, "standard", 100_000).await, reduced: class(world, "reduced", 80_000).await }
}

async fn class(world: &World, code: &str, rate_ppm: i32) -> TaxClassId {
    let id = TaxClassId(world.new_uuid());
    let row = tax_class::Model { id, code: code.to_owned(), name: code.to_owned() };
    tax_class::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(world.db())
        .await
        .expect("tax class");
    let rate = tax_rate::Model {
        id: TaxRateId(world.new_uuid()),
        tax_class_id: id,
        country: "JP".to_owned(),
        region: None,
        name: "消費税".to_owned(),
        rate_ppm,
        // The date on which both rates came into force.
        valid_from: NaiveDate::from_ymd_opt(2019, 10, 1).expect("a date"),
        valid_to: None,
    };
    tax_rate::Entity::insert(rate.into_active_model().reset_all())
        .exec_without_returning(world.db())
        .await
        .expect("tax rate");
    id
}
