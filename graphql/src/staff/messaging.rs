//! Messages that were sent, and sending them again.

/// Queries of this area; none yet.
pub type MessagingQuery = async_graphql::EmptyMutation;
/// Mutations of this area; none yet.
pub type MessagingMutation = async_graphql::EmptyMutation;
