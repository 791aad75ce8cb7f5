//! From baskets to orders, over HTTP: at the till, and of guests who come back.

mod external;
mod guest;
mod node;
mod pay_page;
mod stripe;
mod till;
