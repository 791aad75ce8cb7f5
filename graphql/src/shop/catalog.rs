//! Products, variants, categories and collections, as shops show them.

/// Queries of this area; none yet.
pub type CatalogQuery = async_graphql::EmptyMutation;
/// Mutations of this area; none yet.
pub type CatalogMutation = async_graphql::EmptyMutation;
