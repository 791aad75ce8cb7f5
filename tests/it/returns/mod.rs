//! Goods that come back, walked through the API by those who bring and those who take them, on both databases.

mod exchange;
mod page;
mod whole;
