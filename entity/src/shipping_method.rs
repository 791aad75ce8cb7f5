//! A way to ship that a channel offers.

use sea_orm::entity::prelude::*;

use crate::id::{ChannelId, ShippingMethodId, TaxClassId};
use crate::text_list::TextList;
use crate::words::{Carrier, ShippingRateKind};

/// A way to ship that a channel offers.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "shipping_method")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ShippingMethodId,
    /// The channel.
    pub channel_id: ChannelId,
    /// Stable name.
    pub code: String,
    /// Name.
    pub name: String,
    /// Names by locale: `{"ja": "…"}`.
    pub translations: Json,
    /// How it is priced.
    pub kind: ShippingRateKind,
    /// Minor units; for FLAT.
    pub amount: i64,
    /// Free when the goods cost at least this, minor units.
    pub free_over: Option<i64>,
    /// ISO 3166-1 alpha-2 codes; empty means all.
    #[sea_orm(column_type = "JsonBinary")]
    pub countries: TextList,
    /// Its tax class.
    pub tax_class_id: TaxClassId,
    /// Fastest delivery in days.
    pub min_days: i32,
    /// Slowest delivery in days.
    pub max_days: i32,
    /// Order.
    pub position: i32,
    /// Whether it is offered.
    pub active: bool,
    /// Who usually carries it.
    pub carrier: Option<Carrier>,
    /// The carrier's service code.
    pub service: Option<String>,
    /// Times of day a customer may ask for, such as `14-16`.
    #[sea_orm(column_type = "JsonBinary")]
    pub delivery_slots: TextList,
    /// Days before the first delivery day that may be asked for.
    pub lead_days: i32,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The channel.
    #[sea_orm(belongs_to = "super::channel::Entity", from = "Column::ChannelId", to = "super::channel::Column::Id")]
    Channel,
    /// Its tax class.
    #[sea_orm(
        belongs_to = "super::tax_class::Entity",
        from = "Column::TaxClassId",
        to = "super::tax_class::Column::Id"
    )]
    TaxClass,
}

impl Related<super::channel::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Channel.def()
    }
}

impl Related<super::tax_class::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::TaxClass.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
