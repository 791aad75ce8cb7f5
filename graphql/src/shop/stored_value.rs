//! Gift cards, for whoever holds one.

use async_graphql::{Context, Object};
use domain::Result;

use crate::node::stored_value::{GiftCardBalance, gift_card_balance};

/// Gift cards.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoredValueQuery;

/// Gift cards.
#[Object]
impl StoredValueQuery {
    /// What is on the gift card of a code. Wrong codes are counted: who guesses must wait ever longer.
    async fn gift_card_balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code, however it is typed.")] code: String,
    ) -> Result<GiftCardBalance> {
        gift_card_balance(ctx, &code).await
    }
}
