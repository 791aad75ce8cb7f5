//! Ringing up sales at a till.

/// Queries of this area; none yet.
pub type RegisterQuery = async_graphql::EmptyMutation;
/// Mutations of this area; none yet.
pub type RegisterMutation = async_graphql::EmptyMutation;
