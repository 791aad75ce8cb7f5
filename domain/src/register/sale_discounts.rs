//! Codes and discounts by hand of a sale at a till that has no stored cart.

use entity::id::{CartAdjustmentId, LocationId, StaffId};
use entity::money::Currency;
use entity::{cart_adjustment, cart_line};

use crate::access::{Approval, approve};
use crate::cart::codes;
use crate::cart::view::PricedCart;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx};
use crate::promotion::ByHandValue;
use crate::promotion::by_hand::checked_reason;

/// What makes a sale cheaper beside automatic promotions.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct SaleDiscounts {
    /// Promotion codes.
    pub codes: Vec<String>,
    /// What staff give.
    pub given: Vec<SaleDiscount>,
    /// The currency of their amounts; the till's.
    pub currency: Option<Currency>,
    /// Somebody else who allows what goes beyond the channel's limit.
    #[serde(skip)]
    pub approval: Option<Approval>,
    /// Who that was; found by the sale itself.
    #[serde(skip)]
    pub approved_by: Option<StaffId>,
}

/// A discount by hand.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SaleDiscount {
    /// Position of the line, from 0; the whole sale when `None`.
    pub line: Option<usize>,
    /// How much.
    pub value: ByHandValue,
    /// Why.
    pub reason: String,
}

impl SaleDiscounts {
    /// Whether there is nothing of it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.codes.is_empty() && self.given.is_empty() && self.approval.is_none()
    }

    /// Checks what was sent and who allows it. Errors: `FORBIDDEN` without `discounts.give` at the store, `REQUIRED`,
    /// `INVALID`, `INVALID_AMOUNT`, `TOO_MANY`, and what [`approve`] says.
    pub(super) async fn prepared(self, ctx: &Ctx, location: Option<LocationId>) -> Result<Self> {
        let codes = codes::read_all(&self.codes)?;
        let approved_by = match (&self.approval, location) {
            (Some(approval), Some(location)) => Some(approve(ctx, Some(approval), location).await?),
            (Some(_), None) => return Err(Error::invalid(ErrorCode::ApprovalRequired, "input.approval")),
            (None, _) => None,
        };
        if self.given.is_empty() {
            return Ok(Self { codes, approved_by, ..self });
        }
        let scope = ctx.require(Permission::DiscountsGive)?;
        if !location.is_some_and(|location| scope.allows_location(location)) {
            return Err(Error::Forbidden { permission: Permission::DiscountsGive.as_str() });
        }
        let mut given = Vec::with_capacity(self.given.len());
        for (index, one) in self.given.iter().enumerate() {
            let path = format!("input.discounts.given.{index}");
            one.value.check(&path)?;
            if one.line.is_none() && matches!(one.value, ByHandValue::Price(_)) {
                return Err(Error::invalid(ErrorCode::Required, format!("{path}.line")));
            }
            given.push(SaleDiscount { reason: checked_reason(&format!("{path}.reason"), &one.reason)?, ..one.clone() });
        }
        Ok(Self { codes, given, approved_by, ..self })
    }

    /// As rows of a cart that is never stored. Error: `INVALID` for a line that is not there.
    pub(super) fn rows(&self, tx: &Tx, lines: &[cart_line::Model]) -> Result<Vec<cart_adjustment::Model>> {
        let row = |(index, given): (usize, &SaleDiscount)| {
            let missing = || Error::invalid(ErrorCode::Invalid, format!("input.discounts.given.{index}.line"));
            let line = given.line.map(|at| lines.get(at).ok_or_else(missing)).transpose()?;
            let first = line.or_else(|| lines.first()).ok_or_else(missing)?;
            let (percent_ppm, amount) = given.value.columns();
            Ok(cart_adjustment::Model {
                id: CartAdjustmentId(tx.new_uuid()),
                cart_id: first.cart_id,
                cart_line_id: line.map(|line| line.id),
                kind: given.value.kind(),
                percent_ppm,
                amount,
                reason: given.reason.clone(),
                staff_id: tx.ctx().actor.staff_id(),
                approved_by: self.approved_by,
                created_at: tx.now(),
            })
        };
        self.given.iter().enumerate().map(row).collect()
    }

    /// Errors: those of codes that can never apply, `INVALID_AMOUNT` for a price that is dearer,
    /// `CURRENCY_MISMATCH`.
    pub(super) fn check(&self, priced: &PricedCart) -> Result<()> {
        if self.currency.is_some_and(|currency| currency != priced.channel.currency) {
            return Err(Error::invalid(ErrorCode::CurrencyMismatch, "input.discounts.given"));
        }
        for (index, code) in self.codes.iter().enumerate() {
            codes::check(priced, code, &format!("input.discounts.codes.{index}"))?;
        }
        for (index, given) in self.given.iter().enumerate() {
            let line = given.line.and_then(|at| priced.lines.get(at));
            if let (ByHandValue::Price(price), Some(line)) = (given.value, line)
                && price > line.unit_price
            {
                return Err(Error::invalid(ErrorCode::InvalidAmount, format!("input.discounts.given.{index}")));
            }
        }
        Ok(())
    }
}
