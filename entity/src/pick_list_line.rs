//! Units to fetch for one line of work.

use sea_orm::entity::prelude::*;

use crate::id::{FulfillmentOrderLineId, PickListId, PickListLineId, VariantId};

/// Units to fetch for one line of work.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "pick_list_line")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PickListLineId,
    /// The list.
    pub pick_list_id: PickListId,
    /// The work.
    pub fulfillment_order_line_id: FulfillmentOrderLineId,
    /// What.
    pub variant_id: VariantId,
    /// Where it lay when the list was made; empty when unknown.
    pub storage_area_code: String,
    /// The way a picker walks.
    pub position: i32,
    /// Units to fetch.
    pub quantity: i64,
    /// Units fetched.
    pub picked: i64,
    /// Units that were not there.
    pub short: i64,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The list.
    #[sea_orm(
        belongs_to = "super::pick_list::Entity",
        from = "Column::PickListId",
        to = "super::pick_list::Column::Id"
    )]
    PickList,
    /// The work.
    #[sea_orm(
        belongs_to = "super::fulfillment_order_line::Entity",
        from = "Column::FulfillmentOrderLineId",
        to = "super::fulfillment_order_line::Column::Id"
    )]
    FulfillmentOrderLine,
    /// What.
    #[sea_orm(belongs_to = "super::variant::Entity", from = "Column::VariantId", to = "super::variant::Column::Id")]
    Variant,
}

impl Related<super::pick_list::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::PickList.def()
    }
}

impl Related<super::fulfillment_order_line::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::FulfillmentOrderLine.def()
    }
}

impl Related<super::variant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Variant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
