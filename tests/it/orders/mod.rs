//! From baskets to orders, over HTTP, and what is seen of them by id.

mod node;
