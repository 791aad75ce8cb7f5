//! The rate of a tax class in a place, by date.

use sea_orm::entity::prelude::*;

use crate::id::{TaxClassId, TaxRateId};

/// The rate of a tax class in a place, by date.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tax_rate")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaxRateId,
    /// Which class.
    pub tax_class_id: TaxClassId,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// ISO 3166-2 subdivision, or the whole country.
    pub region: Option<String>,
    /// Name on documents, such as `消費税`.
    pub name: String,
    /// Parts per million: 100000 is 10 %.
    pub rate_ppm: i32,
    /// First day.
    pub valid_from: Date,
    /// Last day.
    pub valid_to: Option<Date>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Which class.
    #[sea_orm(
        belongs_to = "super::tax_class::Entity",
        from = "Column::TaxClassId",
        to = "super::tax_class::Column::Id"
    )]
    TaxClass,
}

impl Related<super::tax_class::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::TaxClass.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
