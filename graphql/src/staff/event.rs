//! The event history and the audit.

/// Queries of this area; none yet.
pub type EventQuery = async_graphql::EmptyMutation;
/// Mutations of this area; none yet.
pub type EventMutation = async_graphql::EmptyMutation;
