//! Messages: asked for once, sent at least once, in order, and set aside alone.

mod dispatching;
mod fixture;
mod resending;
mod sending;
mod wordings;
