//! Promotion codes. No promotion exists yet, so every code is refused and none is kept.

use super::draft::{Draft, Target};
use super::view::CartView;
use crate::kernel::text;
use crate::{Ctx, Error, ErrorCode, Result};

/// Most codes that a client may send at once.
const MAX_CODES: usize = 20;

/// Checks codes given with a new cart. Error: `CODE_NOT_ACCEPTED` at the first, `TOO_MANY`.
pub(crate) fn check_all(codes: &[String]) -> Result<()> {
    if codes.len() > MAX_CODES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "codes", vec![("max", MAX_CODES.to_string())]));
    }
    if codes.is_empty() { Ok(()) } else { Err(Error::invalid(ErrorCode::CodeNotAccepted, "codes.0")) }
}

/// Applies a promotion code. Errors: `NOT_FOUND`, `CART_CLOSED`, `STALE_VERSION`, `REQUIRED`, and `CODE_NOT_ACCEPTED` for a
/// code that no promotion knows.
pub async fn apply_code(ctx: &Ctx, target: Target, code: &str) -> Result<CartView> {
    text::required_line("code", code, text::LINE)?;
    let target = &target;
    ctx.write(|tx| async move {
        Draft::open(&tx, target).await?;
        Err(Error::invalid(ErrorCode::CodeNotAccepted, "code"))
    })
    .await
}

/// Takes a promotion code off; one that is not on the cart changes nothing. Errors: `NOT_FOUND`, `CART_CLOSED`,
/// `STALE_VERSION`.
pub async fn remove_code(ctx: &Ctx, target: Target, code: &str) -> Result<CartView> {
    let code = &text::fold_code(&text::line("code", code, text::LINE)?);
    let target = &target;
    ctx.write(|tx| async move {
        let mut draft = Draft::open(&tx, target).await?;
        draft.cart.codes.0.retain(|present| present != code);
        draft.save(&tx).await
    })
    .await
}
