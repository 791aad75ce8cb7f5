//! Tenders: how a total is paid, by one or several means, with change for cash.

use entity::id::{PaymentLinkId, StoredValueAccountId};
use entity::words::{Gateway, ManualMethod, TestOutcome};

use crate::kernel::{Error, ErrorCode, Result, text};
use entity::money::Money;

/// Most tenders of one order.
const MAX_TENDERS: usize = 20;

/// What a client offers.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TenderInput {
    /// Who moves the money.
    pub gateway: Gateway,
    /// How much; the rest of the total when `None`.
    pub amount: Option<Money>,
    /// Cash handed over; change is what it exceeds the amount by.
    pub tendered: Option<Money>,
    /// What the terminal or customer calls it.
    pub reference: Option<String>,
    /// The code of a gift card.
    #[serde(skip)]
    pub code: Option<String>,
    /// How money that staff confirm is paid.
    pub method: Option<ManualMethod>,
    /// Script of the test gateway.
    pub test_outcome: TestOutcome,
}

/// A checked tender: the amounts of all tenders of an order add up to its total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tender {
    /// Who moves the money.
    pub gateway: Gateway,
    /// Minor units that pay the order.
    pub amount: i64,
    /// Cash handed over.
    pub tendered: Option<i64>,
    /// Cash given back.
    pub change: Option<i64>,
    /// What the terminal or customer calls it.
    pub reference: Option<String>,
    /// The account of stored value that pays, once it is found.
    pub stored_value_account_id: Option<StoredValueAccountId>,
    /// How money that staff confirm is paid.
    pub method: Option<ManualMethod>,
    /// Script of the test gateway.
    pub test_outcome: TestOutcome,
    /// Whether it stands for goods that shall come back: it is not taken as others leave.
    pub guarantee: bool,
    /// The link by which it is paid.
    pub link: Option<PaymentLinkId>,
}

/// Checks tenders against the total. At most one may leave its amount open; it takes the rest.
/// Errors: `PAYMENT_MISMATCH`, `INVALID_AMOUNT`, `INVALID` for the code of a gift card on another tender,
/// `CURRENCY_MISMATCH`, `TOO_MANY`.
pub fn settle(inputs: &[TenderInput], total: Money) -> Result<Vec<Tender>> {
    if inputs.len() > MAX_TENDERS {
        return Err(Error::invalid_with(ErrorCode::TooMany, "payments", vec![("max", MAX_TENDERS.to_string())]));
    }
    let mismatch =
        || Error::invalid_with(ErrorCode::PaymentMismatch, "payments", vec![("total", total.formatted("en"))]);
    let mut named = 0_i64;
    let mut open = 0_usize;
    for input in inputs {
        if [input.amount, input.tendered].into_iter().flatten().any(|money| money.currency != total.currency) {
            return Err(Error::invalid(ErrorCode::CurrencyMismatch, "payments.amount"));
        }
        match input.amount.map(|amount| amount.minor) {
            Some(amount) if amount <= 0 => return Err(Error::invalid(ErrorCode::InvalidAmount, "payments.amount")),
            Some(amount) => named = named.checked_add(amount).ok_or_else(mismatch)?,
            None => open += 1,
        }
    }
    let rest = total.minor - named;
    // Nothing to pay needs no tender; an open tender must have something left to pay.
    if rest < 0 || open > 1 || (open == 0 && rest != 0) || (open == 1 && rest == 0 && total.minor != 0) {
        return Err(mismatch());
    }
    inputs
        .iter()
        .map(|input| (input, input.amount.map_or(rest, |amount| amount.minor)))
        .filter(|(_, amount)| *amount > 0)
        .map(|(input, amount)| checked(input, amount))
        .collect()
}

fn checked(input: &TenderInput, amount: i64) -> Result<Tender> {
    if input.code.is_some() && input.gateway != Gateway::GiftCard {
        return Err(Error::invalid(ErrorCode::Invalid, "payments.code"));
    }
    let tendered = match (input.gateway, input.tendered.map(|tendered| tendered.minor)) {
        (Gateway::Cash, tendered) => Some(tendered.unwrap_or(amount)),
        (_, None) => None,
        (_, Some(_)) => return Err(Error::invalid(ErrorCode::InvalidAmount, "payments.tendered")),
    };
    let change = match tendered.map(|tendered| tendered.checked_sub(amount)) {
        None => None,
        Some(Some(change)) if change >= 0 => Some(change),
        Some(_) => return Err(Error::invalid(ErrorCode::InvalidAmount, "payments.tendered")),
    };
    let reference = match input.reference.as_deref() {
        None => None,
        Some(reference) => Some(checked_reference(reference)?),
    };
    Ok(Tender {
        gateway: input.gateway,
        amount,
        tendered,
        change,
        reference,
        stored_value_account_id: None,
        method: input.method,
        test_outcome: input.test_outcome,
        guarantee: false,
        link: None,
    })
}

/// A reference must not carry a card number: thirteen or more digits are refused (PCI DSS 3.2: no full PAN is kept).
fn checked_reference(reference: &str) -> Result<String> {
    let reference = text::required_line("payments.reference", reference, 100)?;
    let digits = reference.chars().filter(char::is_ascii_digit).count();
    let others = reference.chars().any(|character| character.is_alphabetic());
    if digits >= 13 && !others {
        return Err(Error::invalid(ErrorCode::InvalidText, "payments.reference"));
    }
    Ok(reference)
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::money::Currency;

    fn tender(gateway: Gateway, amount: Option<i64>, tendered: Option<i64>) -> TenderInput {
        TenderInput {
            gateway,
            amount: amount.map(yen),
            tendered: tendered.map(yen),
            reference: None,
            test_outcome: TestOutcome::Approve,
            code: None,
            method: None,
        }
    }

    fn yen(minor: i64) -> Money {
        Money::new(minor, Currency::JPY)
    }

    #[test]
    fn split_tender_with_change() {
        let inputs = [tender(Gateway::CardTerminal, Some(1000), None), tender(Gateway::Cash, None, Some(1000))];
        let tenders = settle(&inputs, yen(1980)).unwrap();
        assert_eq!(tenders.iter().map(|t| t.amount).collect::<Vec<_>>(), [1000, 980]);
        assert_eq!(tenders[1].change, Some(20));
    }

    #[test]
    fn sums_that_differ_are_refused() {
        for inputs in [
            vec![],
            vec![tender(Gateway::Cash, Some(999), None)],
            vec![tender(Gateway::Cash, Some(1001), None)],
            vec![tender(Gateway::Cash, Some(1000), None), tender(Gateway::Cash, None, None)],
            vec![tender(Gateway::Cash, None, None), tender(Gateway::Test, None, None)],
            vec![tender(Gateway::Cash, Some(-1), None), tender(Gateway::Cash, None, None)],
            vec![tender(Gateway::Cash, Some(i64::MAX), None), tender(Gateway::Cash, Some(1), None)],
            vec![tender(Gateway::Cash, None, Some(999))],
            vec![tender(Gateway::Test, None, Some(1000))],
        ] {
            assert!(settle(&inputs, yen(1000)).is_err(), "{inputs:?}");
        }
    }

    #[test]
    fn a_free_order_needs_no_tender() {
        assert_eq!(settle(&[], yen(0)).unwrap(), vec![]);
        assert_eq!(settle(&[tender(Gateway::Test, None, None)], yen(0)).unwrap(), vec![]);
    }

    #[test]
    fn only_a_gift_card_has_a_code() {
        let coded = |gateway| TenderInput { code: Some("ABCD".to_owned()), ..tender(gateway, None, None) };
        assert!(settle(&[coded(Gateway::GiftCard)], yen(1)).is_ok());
        assert_eq!(settle(&[coded(Gateway::Cash)], yen(1)).unwrap_err().code(), ErrorCode::Invalid);
    }

    #[test]
    fn a_card_number_is_refused() {
        let mut input = tender(Gateway::CardTerminal, None, None);
        input.reference = Some("4242 4242 4242 4242".to_owned());
        assert!(settle(&[input], yen(1)).is_err());
    }
}
