//! Orders of all channels.

/// Queries of this area; none yet.
pub type OrderQuery = async_graphql::EmptyMutation;
/// Mutations of this area; none yet.
pub type OrderMutation = async_graphql::EmptyMutation;
