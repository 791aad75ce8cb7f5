//! One thing that a counter found; append-only.

use sea_orm::entity::prelude::*;

use crate::id::{StockCountEntryId, StockCountLineId, StockCountSessionId};
use crate::words::CountSource;

/// One thing that a counter found; append-only.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_count_entry")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockCountEntryId,
    /// The session.
    pub stock_count_session_id: StockCountSessionId,
    /// The line.
    pub stock_count_line_id: StockCountLineId,
    /// Units; negative takes a mistake back.
    pub quantity: i64,
    /// How it was read.
    pub source: CountSource,
    /// Units on hand by the ledger at that moment.
    pub on_hand: i64,
    /// When.
    pub counted_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The session.
    #[sea_orm(
        belongs_to = "super::stock_count_session::Entity",
        from = "Column::StockCountSessionId",
        to = "super::stock_count_session::Column::Id"
    )]
    StockCountSession,
    /// The line.
    #[sea_orm(
        belongs_to = "super::stock_count_line::Entity",
        from = "Column::StockCountLineId",
        to = "super::stock_count_line::Column::Id"
    )]
    StockCountLine,
}

impl Related<super::stock_count_session::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::StockCountSession.def()
    }
}

impl Related<super::stock_count_line::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::StockCountLine.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
