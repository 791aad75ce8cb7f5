//! What every area stands on.

mod clock;
mod events;
mod idempotency;
mod jobs;
mod leases;
mod migration;
mod paging;
mod writes;
