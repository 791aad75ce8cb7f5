//! What a gateway told, once each.

use sea_orm::entity::prelude::*;

use crate::id::{GatewayEventId, PaymentId};
use crate::words::Gateway;

/// What a gateway told, once each.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "gateway_event")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GatewayEventId,
    /// Who.
    pub gateway: Gateway,
    /// Its own id of the news.
    pub external_id: String,
    /// Its own name of the news.
    pub kind: String,
    /// The payment it is about.
    pub payment_id: Option<PaymentId>,
    /// What it said, without personal data.
    pub payload: Json,
    /// What became of it.
    pub outcome: Option<String>,
    /// When it came.
    pub received_at: DateTimeUtc,
    /// When it was done.
    pub handled_at: Option<DateTimeUtc>,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The payment it is about.
    #[sea_orm(belongs_to = "super::payment::Entity", from = "Column::PaymentId", to = "super::payment::Column::Id")]
    Payment,
}

impl Related<super::payment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Payment.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
