//! What signs somebody in.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use domain::access::Tokens;

/// A session: send the access token as `Authorization: Bearer`, and exchange the refresh token before it runs out.
#[derive(Clone, SimpleObject)]
pub struct Session {
    /// Works for 15 minutes.
    pub access_token: String,
    /// Until when the access token works.
    pub access_token_expires_at: DateTime<Utc>,
    /// Exchanges for a new session, once. Using it twice ends the session.
    pub refresh_token: String,
    /// Until when the refresh token works.
    pub refresh_token_expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

impl From<Tokens> for Session {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access_token,
            access_token_expires_at: tokens.access_expires_at,
            refresh_token: tokens.refresh_token,
            refresh_token_expires_at: tokens.refresh_expires_at,
        }
    }
}
