//! Tenders of stored value: which account pays, how much of it, and the spending with the payment.

use entity::id::{CustomerId, EventId, OrderId};
use entity::money::Money;
use entity::words::{Gateway, StoredValueKind};
use entity::{payment, stored_value_account as account};

use super::tender::TenderInput;
use crate::kernel::{Error, ErrorCode, Result, Tx};
use crate::stored_value::{self, SpentOn};

/// Tenders with the accounts that pay them, in order.
pub(crate) type Filled = Vec<(TenderInput, Option<account::Model>)>;

/// The kind of account behind a gateway.
#[must_use]
pub(crate) const fn kind_of(gateway: Gateway) -> Option<StoredValueKind> {
    match gateway {
        Gateway::GiftCard => Some(StoredValueKind::GiftCard),
        Gateway::StoreCredit => Some(StoredValueKind::StoreCredit),
        Gateway::Points => Some(StoredValueKind::Points),
        Gateway::Manual
        | Gateway::Cash
        | Gateway::CardTerminal
        | Gateway::Test
        | Gateway::Stripe
        | Gateway::Exchange => None,
    }
}

/// Finds the accounts of tenders. Stored value without an amount gives what it has when another tender takes the rest;
/// the last open one takes the rest itself. No statement without such tenders.
/// Errors: `REQUIRED` without a code or customer, `INVALID_CODE`, `GIFT_CARD_UNUSABLE`, `CURRENCY_MISMATCH`,
/// `INSUFFICIENT_BALANCE` when there is no account or nothing on it.
pub(crate) async fn fill(
    tx: &Tx,
    inputs: &[TenderInput],
    total: Money,
    customer_id: Option<CustomerId>,
) -> Result<Filled> {
    let mut filled = Vec::with_capacity(inputs.len());
    for input in inputs {
        let account = match kind_of(input.gateway) {
            None => None,
            Some(kind) => Some(account_of(tx, input, kind, total, customer_id).await?),
        };
        filled.push((input.clone(), account));
    }
    name_amounts(tx, filled, total).await
}

async fn account_of(
    tx: &Tx,
    input: &TenderInput,
    kind: StoredValueKind,
    total: Money,
    customer_id: Option<CustomerId>,
) -> Result<account::Model> {
    let account = match kind {
        StoredValueKind::GiftCard => {
            let code = input.code.as_deref().filter(|code| !code.trim().is_empty());
            stored_value::find_card(tx, code.ok_or(Error::invalid(ErrorCode::Required, "payments.code"))?).await?
        }
        StoredValueKind::StoreCredit | StoredValueKind::Points => {
            let owner = customer_id.ok_or(Error::invalid(ErrorCode::Required, "customerId"))?;
            let found = stored_value::account::of_customer(tx, owner, kind, total.currency).await?;
            found.ok_or_else(|| nothing(total))?
        }
    };
    if account.currency != total.currency {
        return Err(Error::invalid(ErrorCode::CurrencyMismatch, "payments.code"));
    }
    stored_value::ledger::check_usable(tx, &account)?;
    Ok(account)
}

fn nothing(total: Money) -> Error {
    let available = Money::new(0, total.currency).formatted("en");
    Error::invalid_with(ErrorCode::InsufficientBalance, "payments", vec![("available", available)])
}

/// Gives open tenders of stored value the amount that they have, and drops open tenders for which nothing is left.
async fn name_amounts(tx: &Tx, filled: Filled, total: Money) -> Result<Filled> {
    let mut open = filled.iter().filter(|(input, _)| input.amount.is_none()).count();
    if open < 2 {
        return Ok(filled);
    }
    let others = filled.iter().filter(|(input, account)| input.amount.is_none() && account.is_none()).count();
    let named = filled.iter().filter_map(|(input, _)| input.amount).fold(0_i64, |sum, it| sum.saturating_add(it.minor));
    let mut rest = total.minor.saturating_sub(named);
    let mut done = Vec::with_capacity(filled.len());
    for (mut input, account) in filled {
        if input.amount.is_none() {
            open -= 1;
            if rest <= 0 {
                continue;
            }
            let takes_rest = others == 0 && open == 0;
            if let Some(account) = account.as_ref().filter(|_| !takes_rest) {
                let has = stored_value::account::spendable(tx, account, tx.now()).await?;
                if has <= 0 {
                    return Err(nothing(total));
                }
                input.amount = Some(Money::new(has.min(rest), total.currency));
                rest -= has.min(rest);
            }
        }
        done.push((input, account));
    }
    Ok(done)
}

/// Spends the accounts of payments that were just opened, in the order of the accounts' ids, so that two orders never
/// wait for each other. Errors: like [`stored_value::spend`].
pub(crate) async fn spend(tx: &Tx, payments: &[payment::Model], order_id: OrderId, event_id: EventId) -> Result<()> {
    let mut stored: Vec<_> =
        payments.iter().filter_map(|payment| Some((payment.stored_value_account_id?, payment))).collect();
    stored.sort_by_key(|(account, payment)| (*account, payment.id));
    for (account, payment) in stored {
        let on = SpentOn { payment_id: payment.id, order_id, event_id };
        stored_value::spend(tx, account, payment.amount, on).await?;
    }
    Ok(())
}
