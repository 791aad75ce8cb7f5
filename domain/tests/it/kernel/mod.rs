//! What every area stands on.

mod events;
