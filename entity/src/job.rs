//! Work to do outside a transaction, written inside the one that needs it.

use sea_orm::entity::prelude::*;

use crate::id::JobId;
use crate::words::JobState;

/// Work to do outside a transaction, written inside the one that needs it.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    /// Time-ordered id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    /// Which handler runs it.
    pub kind: String,
    /// Whose slots it takes.
    pub desk: String,
    /// Jobs of one subject run one at a time, oldest first.
    pub subject: Option<String>,
    /// Input of the handler.
    pub payload: Json,
    /// Where it stands.
    pub state: JobState,
    /// How often it was started.
    pub attempts: i32,
    /// After so many it is set aside.
    pub max_attempts: i32,
    /// Not before.
    pub run_at: DateTimeUtc,
    /// A running job may be claimed again after this.
    pub lease_until: Option<DateTimeUtc>,
    /// Worker that runs it.
    pub claimed_by: Option<String>,
    /// What went wrong last, without personal data.
    pub last_error: Option<String>,
    /// At most one job per key.
    pub dedupe_key: Option<String>,
    /// When it was enqueued.
    pub created_at: DateTimeUtc,
}

/// Rows it points to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
