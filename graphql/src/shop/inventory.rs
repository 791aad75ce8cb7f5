//! What can be promised, online and by store.

/// Queries of this area; none yet.
pub type InventoryQuery = async_graphql::EmptyMutation;
/// Mutations of this area; none yet.
pub type InventoryMutation = async_graphql::EmptyMutation;
