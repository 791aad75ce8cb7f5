//! Staff, roles, tills and API keys; signing in.

/// Queries of this area; none yet.
pub type AccessQuery = async_graphql::EmptyMutation;
/// Mutations of this area; none yet.
pub type AccessMutation = async_graphql::EmptyMutation;
