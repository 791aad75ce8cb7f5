//! A fact about a payment. Append-only.

use sea_orm::entity::prelude::*;

use crate::id::{EventId, PaymentEventId, PaymentId, RefundId};
use crate::words::{Gateway, PaymentEventKind, PaymentOutcome, RefundDestination};

/// A fact about a payment. Append-only.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_event")]
pub struct Model {
    /// Time-ordered id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentEventId,
    /// Which payment.
    pub payment_id: PaymentId,
    /// What.
    pub kind: PaymentEventKind,
    /// How it ended.
    pub outcome: PaymentOutcome,
    /// Minor units.
    pub amount: i64,
    /// Who said so.
    pub gateway: Gateway,
    /// Unique per gateway.
    pub gateway_reference: Option<String>,
    /// Why it failed.
    pub error_code: Option<String>,
    /// The event it belongs to.
    pub event_id: EventId,
    /// When.
    pub occurred_at: DateTimeUtc,
    /// The refund that it carries out.
    pub refund_id: Option<RefundId>,
    /// Where money that goes back ends.
    pub destination: RefundDestination,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Which payment.
    #[sea_orm(belongs_to = "super::payment::Entity", from = "Column::PaymentId", to = "super::payment::Column::Id")]
    Payment,
}

impl Related<super::payment::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Payment.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
