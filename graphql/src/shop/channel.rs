//! The channel that the request belongs to.

/// Queries of this area; none yet.
pub type ChannelQuery = async_graphql::EmptyMutation;
/// Mutations of this area; none yet.
pub type ChannelMutation = async_graphql::EmptyMutation;
