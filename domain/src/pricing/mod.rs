//! What things cost.

pub mod price;
pub mod set_price;
