//! Promotion codes on a cart. A code that is unknown, over or used up is refused; one that does not fit this cart or
//! customer yet stays on it and tells so, and applies as soon as it fits.

use super::draft::{Draft, Target};
use super::view::{CartView, PricedCart};
use crate::kernel::text;
use crate::{Ctx, Error, ErrorCode, Result};

/// Most codes of a cart.
const MAX_CODES: usize = 20;

/// Codes given with a new cart, as they are kept. Errors: `TOO_MANY`, `REQUIRED`.
pub(crate) fn read_all(codes: &[String]) -> Result<Vec<String>> {
    if codes.len() > MAX_CODES {
        return Err(too_many("codes"));
    }
    let mut read: Vec<String> = Vec::with_capacity(codes.len());
    for (index, typed) in codes.iter().enumerate() {
        let code = folded(&format!("codes.{index}"), typed)?;
        if !read.contains(&code) {
            read.push(code);
        }
    }
    Ok(read)
}

fn too_many(path: &str) -> Error {
    Error::invalid_with(ErrorCode::TooMany, path, vec![("max", MAX_CODES.to_string())])
}

/// A code as it is kept. What holds no letter is no code.
fn folded(path: &str, typed: &str) -> Result<String> {
    let code = text::fold_code(&text::required_line(path, typed, text::LINE)?);
    if code.is_empty() { Err(Error::invalid(ErrorCode::CodeNotAccepted, path)) } else { Ok(code) }
}

/// Refuses what can never apply. Errors: `CODE_NOT_ACCEPTED`, `CODE_EXPIRED`, `CODE_USED_UP`.
pub(crate) fn check(priced: &PricedCart, code: &str, path: &str) -> Result<()> {
    let of_it = |problem: &&super::problem::Problem| problem.promotion_code.as_deref() == Some(code);
    match priced.problems.iter().find(of_it).map(|problem| problem.code) {
        Some(problem) if problem != ErrorCode::CodeNotApplicable => Err(Error::invalid(problem, path)),
        Some(_) | None => Ok(()),
    }
}

/// Applies a promotion code. Errors: `NOT_FOUND`, `CART_CLOSED`, `STALE_VERSION`, `REQUIRED`, `TOO_MANY`,
/// `CODE_NOT_ACCEPTED` for a code that no promotion knows, `CODE_EXPIRED`, `CODE_USED_UP`.
pub async fn apply_code(ctx: &Ctx, target: Target, code: &str) -> Result<CartView> {
    let code = &folded("code", code)?;
    let target = &target;
    ctx.write(|tx| async move {
        let mut draft = Draft::open(&tx, target).await?;
        if !draft.cart.codes.0.contains(code) {
            if draft.cart.codes.0.len() >= MAX_CODES {
                return Err(too_many("code"));
            }
            draft.cart.codes.0.push(code.clone());
        }
        let view = draft.save(&tx).await?;
        check(&view.priced, code, "code")?;
        Ok(view)
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
