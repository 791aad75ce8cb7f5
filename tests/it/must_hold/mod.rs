//! What must hold whatever happens: under load, when the process is killed, and for nonsense.

mod flash_sale;
mod killed;
pub(crate) mod nonsense;
pub(crate) mod shop;
