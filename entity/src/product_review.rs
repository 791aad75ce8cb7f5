//! What a customer says of a product.

use sea_orm::entity::prelude::*;

use crate::id::{ChannelId, CustomerId, OrderLineId, ProductId, ProductReviewId, StaffId};
use crate::words::ReviewStatus;

/// What a customer says of a product.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "product_review")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProductReviewId,
    /// The product.
    pub product_id: ProductId,
    /// Who.
    pub customer_id: Option<CustomerId>,
    /// The purchase that proves it.
    pub order_line_id: Option<OrderLineId>,
    /// Where it was bought.
    pub channel_id: Option<ChannelId>,
    /// Name that is shown.
    pub author: String,
    /// 1 to 5.
    pub rating: i32,
    /// One line.
    pub title: String,
    /// In words.
    pub body: String,
    /// Language (BCP 47).
    pub locale: String,
    /// Lifecycle.
    pub status: ReviewStatus,
    /// Whether the product was bought here.
    pub is_verified: bool,
    /// Why it was rejected.
    pub moderation_reason: Option<String>,
    /// Who decided.
    pub moderated_by: Option<StaffId>,
    /// When.
    pub moderated_at: Option<DateTimeUtc>,
    /// Answer of the shop.
    pub reply: Option<String>,
    /// Who answered.
    pub replied_by: Option<StaffId>,
    /// When.
    pub replied_at: Option<DateTimeUtc>,
    /// Grows with each change.
    pub version: i32,
    /// When created.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The product.
    #[sea_orm(belongs_to = "super::product::Entity", from = "Column::ProductId", to = "super::product::Column::Id")]
    Product,
    /// Who.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
    /// The purchase that proves it.
    #[sea_orm(
        belongs_to = "super::order_line::Entity",
        from = "Column::OrderLineId",
        to = "super::order_line::Column::Id"
    )]
    OrderLine,
    /// Where it was bought.
    #[sea_orm(belongs_to = "super::channel::Entity", from = "Column::ChannelId", to = "super::channel::Column::Id")]
    Channel,
    /// Who decided.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::ModeratedBy", to = "super::staff::Column::Id")]
    ModeratedBy,
    /// Who answered.
    #[sea_orm(belongs_to = "super::staff::Entity", from = "Column::RepliedBy", to = "super::staff::Column::Id")]
    RepliedBy,
}

impl Related<super::product::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Product.def()
    }
}

impl Related<super::customer::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Customer.def()
    }
}

impl Related<super::order_line::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::OrderLine.def()
    }
}

impl Related<super::channel::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Channel.def()
    }
}

impl Related<super::staff::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ModeratedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
