//! How something is paid, as clients say it.

use async_graphql::InputObject;
use domain::Result;
use domain::payment::tender::TenderInput;
use entity::words::{Gateway, ManualMethod, TestOutcome};

use crate::scalar::MoneyInput;
use crate::word::Word;

/// A tender: who moves how much money.
#[derive(Clone, Debug, InputObject)]
pub struct PaymentInput {
    /// Who moves the money.
    pub gateway: Word<Gateway>,
    /// How much; what is left of the total when left out. At most one tender may leave it out, but for stored value: that
    /// gives what it has, and another tender takes the rest.
    pub amount: Option<MoneyInput>,
    /// Cash handed over; change is what it exceeds the amount by.
    pub tendered: Option<MoneyInput>,
    /// What the terminal or the customer calls it. Never a card number.
    pub reference: Option<String>,
    /// The code of the gift card, for `GIFT_CARD`.
    pub code: Option<String>,
    /// How money that staff confirm is paid. Orders paid by `BANK_TRANSFER` or at a `CONVENIENCE_STORE` wait for the money.
    pub method: Option<Word<ManualMethod>>,
    /// Script of the test gateway, which exists in development only.
    pub test_outcome: Option<Word<TestOutcome>>,
}

/// Reads tenders. Error: `INVALID_AMOUNT`.
pub fn tenders(inputs: Vec<PaymentInput>) -> Result<Vec<TenderInput>> {
    inputs
        .into_iter()
        .enumerate()
        .map(|(index, input)| {
            let money = |money: Option<MoneyInput>, field: &str| {
                money.map(|money| money.money(&format!("input.payments.{index}.{field}"))).transpose()
            };
            Ok(TenderInput {
                gateway: input.gateway.0,
                amount: money(input.amount, "amount")?,
                tendered: money(input.tendered, "tendered")?,
                reference: input.reference,
                test_outcome: input.test_outcome.map_or(TestOutcome::Approve, |word| word.0),
                code: input.code,
                method: input.method.map(|word| word.0),
            })
        })
        .collect()
}
