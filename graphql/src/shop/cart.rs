//! Carts until they become orders.

/// Queries of this area; none yet.
pub type CartQuery = async_graphql::EmptyMutation;
/// Mutations of this area; none yet.
pub type CartMutation = async_graphql::EmptyMutation;
