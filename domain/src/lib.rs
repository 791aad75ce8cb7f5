//! The rules: one module per area, one file per command.
//!
//! An area uses only areas before it in this list. Three kinds of function are told apart by the first parameter:
//! a *command* takes `&Ctx` and owns the transaction, a *step* takes `&Tx` and runs inside one, a *read* takes a
//! connection. Deliberately absent: HTTP, GraphQL and environment variables.

pub mod kernel;

pub mod access;
pub mod location;
pub mod channel;
pub mod catalog;
pub mod tax;
pub mod pricing;
pub mod promotion;
pub mod customer;
pub mod messaging;
pub mod inventory;
pub mod stored_value;
pub mod payment;
pub mod drawer;
pub mod cart;
pub mod routing;
pub mod order;
pub mod transfer;
pub mod fulfillment;
pub mod shipping;
pub mod pickup;
pub mod stock_count;
pub mod order_change;
pub mod register;
pub mod returns;
pub mod customer_merge;
pub mod survey;
pub mod review;
pub mod flow;
pub mod import;
pub mod audit;
pub mod jobs;

pub use kernel::{Actor, Ctx, Error, ErrorCode, Permission, Result, Scope, Tx};
