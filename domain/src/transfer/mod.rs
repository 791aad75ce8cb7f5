//! Goods on their way to a location: transfers between locations, purchase orders and shipping notices of suppliers.
//!
//! Must not: know what a pickup or an order is; what waits for goods is told by events.
