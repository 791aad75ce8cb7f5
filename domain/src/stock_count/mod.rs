//! Counting what is really there, and posting the variance once somebody else accepted it.
//!
//! A count has a line per variant and goes in rounds; people count in sessions, and every scan is an entry that keeps
//! what the ledger said at that moment. The variance of a line is what was counted minus what the ledger said at the
//! last entry, so sales go on meanwhile. Must not: freeze sales while people count.

pub mod accept;
pub mod cancel;
pub mod create;
mod entry;
mod lock;
pub mod query;
pub mod recount;
pub mod record;
mod select;
pub mod sgtin;
pub mod start;
pub mod submit;
pub mod tags;

pub use accept::{AcceptCount, Accepted, LineProblem, accept};
pub use cancel::{CancelCount, cancel};
pub use create::{CreateCount, Selection, create};
pub use record::{Goods, NewEntry, RecordEntries, Recorded, record};
pub use recount::{Recount, recount};
pub use start::{StartSession, start};
pub use submit::{SubmitCount, submit};
pub use tags::{ReadTags, TagsRead, read_tags};
