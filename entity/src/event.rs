//! What happened to what, by whom. Append-only; the spine of the system.

use sea_orm::entity::prelude::*;

use crate::id::{CustomerId, EventId};
use crate::words::ActorKind;

/// What happened to what, by whom. Append-only; the spine of the system.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    /// Time-ordered id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EventId,
    /// Past-tense name, such as `order_placed`.
    pub kind: String,
    /// Kind of the thing it happened to, such as `order`.
    pub aggregate_kind: String,
    /// Id of that thing.
    pub aggregate_id: Uuid,
    /// The customer it concerns; feeds the timeline.
    pub customer_id: Option<CustomerId>,
    /// Who caused it.
    pub actor_kind: ActorKind,
    /// Which one.
    pub actor_id: Option<Uuid>,
    /// On which till.
    pub device_id: Option<Uuid>,
    /// In which request.
    pub request_id: String,
    /// Facts a handler needs; never secrets or card data.
    pub payload: Json,
    /// When.
    pub occurred_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
