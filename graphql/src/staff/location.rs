//! Places that hold stock.

/// Queries of this area; none yet.
pub type LocationQuery = async_graphql::EmptyMutation;
/// Mutations of this area; none yet.
pub type LocationMutation = async_graphql::EmptyMutation;
