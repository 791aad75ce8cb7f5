//! Places that customers visit or collect at.

/// Queries of this area; none yet.
pub type LocationQuery = async_graphql::EmptyMutation;
/// Mutations of this area; none yet.
pub type LocationMutation = async_graphql::EmptyMutation;
