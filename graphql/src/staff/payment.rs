//! Confirming and giving up payments.

/// Queries of this area; none yet.
pub type PaymentQuery = async_graphql::EmptyMutation;
/// Mutations of this area; none yet.
pub type PaymentMutation = async_graphql::EmptyMutation;
