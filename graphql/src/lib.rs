//! The two GraphQL schemas over the domain.
