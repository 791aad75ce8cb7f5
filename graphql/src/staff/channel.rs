//! Where demand comes from.

/// Queries of this area; none yet.
pub type ChannelQuery = async_graphql::EmptyMutation;
/// Mutations of this area; none yet.
pub type ChannelMutation = async_graphql::EmptyMutation;
