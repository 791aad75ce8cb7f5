//! The money of the year, and the receipts of tills.

use anyhow::{Context as _, Result};
use chrono::TimeDelta;
use domain::payment::sums::Sums;
use domain::register::receipt::{Receipt, ReceiptDiscount, ReceiptLine, ReceiptTax, ReceiptTender};
use entity::id::{EventId, PaymentEventId, PaymentId, ReceiptId};
use entity::words::{Gateway, PaymentEventKind, PaymentOutcome};
use entity::{payment, payment_event, receipt, register};
use serde_json::json;

use super::Shop;
use super::books::{Books, Told};
use super::orders::{Booking, told};
use super::plan::{Stage, Way};

/// How long bank transfers take.
pub(super) const MONEY_ARRIVES_AFTER: TimeDelta = TimeDelta::hours(30);

/// Books the one payment of an order and what the gateway said; returns what that adds up to.
pub(super) fn pay(shop: &Shop<'_>, books: &mut Books, booking: &Booking<'_>, placed: EventId) -> Sums {
    use PaymentEventKind::{Authorize, Capture};
    use PaymentOutcome::{Pending, Success};
    let (sale, order) = (booking.sale, &booking.order);
    // Cash is paid with the next thousand-yen note.
    let tendered = (sale.gateway == Gateway::Cash).then(|| (order.total + 999) / 1_000 * 1_000);
    let payment = payment::Model {
        id: PaymentId(shop.id(sale.at)),
        order_id: Some(order.id),
        cart_id: None,
        gateway: sale.gateway,
        currency: order.currency,
        amount: order.total,
        tendered,
        change: tendered.map(|tendered| tendered - order.total),
        reference: (sale.gateway == Gateway::CardTerminal).then(|| "visa".to_owned()),
        metadata: json!({}),
        created_at: sale.at,
        stored_value_account_id: None,
        register_session_id: None,
        method: None,
        due_at: None,
        reminded_at: None,
        authorized_until: None,
        return_id: None,
    };
    let mut facts = match sale.gateway {
        Gateway::Test => vec![(Authorize, Success, placed, sale.at), (Capture, Success, placed, sale.at)],
        Gateway::Cash
        | Gateway::CardTerminal
        | Gateway::GiftCard
        | Gateway::StoreCredit
        | Gateway::Points
        | Gateway::Stripe
        | Gateway::Exchange => vec![(Capture, Success, placed, sale.at)],
        Gateway::Manual => vec![(Capture, Pending, placed, sale.at)],
    };
    if sale.gateway == Gateway::Manual && sale.stage == Stage::Done {
        let at = sale.at + MONEY_ARRIVES_AFTER;
        let captured = told(booking, "payment_captured", json!({ "payment_id": payment.id, "amount": payment.amount }));
        let event_id = books.tell(shop, at, Told { staff: shop.staff.get(1), ..captured });
        facts.push((Capture, Success, event_id, at));
    }
    let sums =
        facts.iter().fold(Sums::default(), |sums, (kind, outcome, ..)| sums.with(*kind, *outcome, payment.amount));
    books.payment_events.extend(facts.into_iter().map(|(kind, outcome, event_id, at)| payment_event::Model {
        id: PaymentEventId(shop.id(at)),
        payment_id: payment.id,
        kind,
        outcome,
        amount: payment.amount,
        gateway: payment.gateway,
        gateway_reference: None,
        error_code: None,
        event_id,
        occurred_at: at,
        refund_id: None,
        destination: entity::words::RefundDestination::Original,
    }));
    books.payments.push(payment);
    sums
}

/// Gives out the receipt of a till sale, with the till's next number.
pub(super) fn issue(shop: &Shop<'_>, books: &mut Books, booking: &Booking<'_>) -> Result<()> {
    let Way::Till(till) = booking.sale.way else { return Ok(()) };
    let till = shop.places.registers.get(till).context("tills")?;
    let number = next_number(books, till);
    let document = document(books, booking, till, number)?;
    books.receipts.push(receipt::Model {
        id: ReceiptId(shop.id(booking.sale.at)),
        register_id: till.id,
        number,
        order_id: booking.order.id,
        document: serde_json::to_value(document)?,
        issued_at: booking.sale.at,
        register_session_id: None,
    });
    Ok(())
}

fn next_number(books: &mut Books, till: &register::Model) -> i64 {
    match books.last_numbers.iter_mut().find(|(id, _)| *id == till.id) {
        Some((_, last)) => {
            *last += 1;
            *last
        }
        None => {
            books.last_numbers.push((till.id, 1));
            1
        }
    }
}

fn document(books: &Books, booking: &Booking<'_>, till: &register::Model, number: i64) -> Result<Receipt> {
    let Booking { channel, location, order, sale, .. } = booking;
    let zone: chrono_tz::Tz = location.time_zone.parse().map_err(|error| anyhow::anyhow!("{error}"))?;
    let highest = booking.totals.taxes.iter().map(|tax| tax.rate_ppm).chain([100_000]).max().unwrap_or(0);
    let lines = booking.lines.iter().map(|line| ReceiptLine {
        title: [line.title.as_str(), line.variant_title.as_str()].join(" ").trim_end().to_owned(),
        sku: line.sku.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        amount: line.subtotal,
        discount: line.discount,
        tax_rate_ppm: line.tax_rate_ppm,
        reduced: line.tax_rate_ppm < highest,
    });
    let taxes = booking.totals.taxes.iter().map(|tax| ReceiptTax {
        name: "消費税".to_owned(),
        rate_ppm: tax.rate_ppm,
        taxable: tax.net(order.prices_include_tax),
        tax: tax.tax,
        gross: tax.gross(order.prices_include_tax),
    });
    let tenders = books.payments.iter().rev().take_while(|payment| payment.order_id == Some(order.id));
    Ok(Receipt {
        locale: order.locale.clone(),
        seller_name: channel.seller_name.clone(),
        seller_address: channel.seller_address.clone(),
        registration_number: channel.invoice_registration_number.clone(),
        location_name: location.name.clone(),
        location_phone: location.address.phone.clone(),
        register_code: till.code.clone(),
        number,
        order_number: order.number.clone(),
        issued_at: sale.at,
        issued_local: sale.at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
        currency: order.currency,
        prices_include_tax: order.prices_include_tax,
        lines: lines.collect(),
        discount_total: order.discount_total,
        discounts: books
            .discounts
            .iter()
            .filter(|it| it.order_id == order.id)
            .map(|it| ReceiptDiscount { title: it.title.clone(), code: None, amount: it.amount })
            .collect(),
        taxes: taxes.collect(),
        tax_total: order.tax_total,
        total: order.total,
        tenders: tenders
            .map(|payment| ReceiptTender {
                gateway: payment.gateway,
                amount: payment.amount,
                tendered: payment.tendered,
                change: payment.change,
            })
            .collect(),
    })
}
