//! Customers and how they are known.

/// Queries of this area; none yet.
pub type CustomerQuery = async_graphql::EmptyMutation;
/// Mutations of this area; none yet.
pub type CustomerMutation = async_graphql::EmptyMutation;
