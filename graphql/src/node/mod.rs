//! Types that both schemas share: each wraps a row and shows of it what a client may see.

pub mod address;
pub mod cart;
pub mod cart_edit;
pub mod cart_input;
pub mod category;
pub mod change;
pub mod channel;
pub mod customer;
pub mod event;
pub mod fulfillment_order;
pub mod location;
pub mod lookup;
pub mod message;
pub mod order;
pub mod order_line;
pub mod payment;
pub mod pricing;
pub mod product;
pub mod product_list;
pub mod receipt;
pub mod session;
pub mod staff;
pub mod stock;
pub mod tender;
pub mod variant;
