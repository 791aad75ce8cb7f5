//! Completing a cart, and orders of the one who asks.

/// Queries of this area; none yet.
pub type OrderQuery = async_graphql::EmptyMutation;
/// Mutations of this area; none yet.
pub type OrderMutation = async_graphql::EmptyMutation;
