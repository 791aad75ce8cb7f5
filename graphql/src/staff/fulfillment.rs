//! The work of locations.

/// Queries of this area; none yet.
pub type FulfillmentQuery = async_graphql::EmptyMutation;
/// Mutations of this area; none yet.
pub type FulfillmentMutation = async_graphql::EmptyMutation;
