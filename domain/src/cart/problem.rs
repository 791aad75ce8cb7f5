//! What stands between a cart and an order, as data: a cart with problems can be read and changed like any other.

use entity::cart_line;
use entity::id::{CartLineId, VariantId};

use crate::{Error, ErrorCode};

/// One thing to solve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it is: `PRICE_CHANGED`, `INSUFFICIENT_STOCK`, `NOT_FOR_SALE`, `PICKUP_UNAVAILABLE`,
    /// `CARRY_OUT_ONLY_AT_TILL`, `TAX_RATE_MISSING`, `CART_EMPTY`, `CONTACT_REQUIRED`, `SHIPPING_ADDRESS_REQUIRED`,
    /// `SHIPPING_METHOD_REQUIRED`, `SHIPPING_METHOD_UNAVAILABLE`, `DELIVERY_TIME_UNAVAILABLE`, `APPROVAL_REQUIRED`, or of a
    /// promotion code `CODE_NOT_ACCEPTED`, `CODE_EXPIRED`, `CODE_USED_UP` or `CODE_NOT_APPLICABLE`.
    pub code: ErrorCode,
    /// The line it concerns; `None` for the cart as a whole.
    pub line_id: Option<CartLineId>,
    /// The variant of that line.
    pub variant_id: Option<VariantId>,
    /// For `PRICE_CHANGED`: unit price when last shown, and now, in minor units.
    pub prices: Option<(i64, i64)>,
    /// For `INSUFFICIENT_STOCK`: units wanted by the cart, and units that can be promised; 0 is out of stock.
    pub stock: Option<(i64, i64)>,
    /// The promotion code it concerns.
    pub promotion_code: Option<String>,
}

impl Problem {
    /// One of the cart as a whole.
    pub(crate) const fn of_cart(code: ErrorCode) -> Self {
        Self { code, line_id: None, variant_id: None, prices: None, stock: None, promotion_code: None }
    }

    /// One of a line.
    pub(crate) const fn of_line(code: ErrorCode, line: &cart_line::Model) -> Self {
        let (line_id, variant_id) = (Some(line.id), Some(line.variant_id));
        Self { code, line_id, variant_id, prices: None, stock: None, promotion_code: None }
    }

    /// One of a promotion code.
    pub(crate) fn of_code(code: ErrorCode, promotion_code: &str) -> Self {
        Self { promotion_code: Some(promotion_code.to_owned()), ..Self::of_cart(code) }
    }

    /// Whether the cart cannot become an order with it. A changed price or a code that does not apply blocks nothing by
    /// itself: the buyer confirms a total.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.code != ErrorCode::PriceChanged && self.promotion_code.is_none()
    }

    /// As the error of an attempt to order.
    #[must_use]
    pub fn to_error(&self) -> Error {
        match (self.stock, self.variant_id) {
            (Some((requested, available)), Some(variant_id)) => {
                Error::InsufficientStock { variant_id, requested, available }
            }
            _ => Error::invalid(self.code, ""),
        }
    }
}
