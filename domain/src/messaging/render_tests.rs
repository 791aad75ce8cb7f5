//! What the templates make of an order, in every language, and of texts that want to be markup.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::as_conversions, reason = "tests")]

use std::collections::HashMap;

use chrono::{DateTime, NaiveTime, Utc};
use entity::address::Address;
use entity::id::{
    ChannelId, LocationId, OrderId, OrderLineId, OrderShippingId, PaymentId, ReceiptId, RegisterId, TaxClassId,
    VariantId,
};
use entity::money::Currency;
use entity::opening_hours::{OpenPeriod, OpeningHours};
use entity::words::{
    ChannelKind, CodePurpose, DeliveryMethod, Gateway, LocationKind, OrderFulfillmentStatus, OrderPaymentStatus,
    OrderPickupStatus, OrderReturnStatus, OrderStatus, PickupStockPolicy, TaxRounding,
};
use entity::{channel, location, order, order_line, order_shipping, order_tax, payment, receipt, register};
use serde_json::json;
use uuid::Uuid;

use super::hostile_tests::{BASES, unescaped};
use super::order_context::OrderContext;
use super::order_view::OrderView;
use super::render::{self, Draft, Links, Rendered, Seller, one_line};
use super::template::OrderTemplate;
use crate::kernel::Result;
use crate::kernel::language::Language;

pub(super) fn at() -> DateTime<Utc> {
    "2026-11-21T01:15:00Z".parse().unwrap()
}

pub(super) fn channel(kind: ChannelKind) -> channel::Model {
    channel::Model {
        id: ChannelId(Uuid::from_u128(1)),
        code: "web".into(),
        name: "オンラインストア".into(),
        kind,
        currency: Currency::JPY,
        default_locale: "ja".into(),
        tax_country: "JP".into(),
        prices_include_tax: true,
        tax_rounding: TaxRounding::Down,
        seller_name: "ひとつ商店株式会社".into(),
        seller_address: "〒150-0001\n東京都渋谷区神宮前1-2-3".into(),
        invoice_registration_number: Some("T1234567890123".into()),
        mail_from: "shop@hitotsu.example".into(),
        order_prefix: "H".into(),
        hold_minutes: 15,
        active: true,
        metadata: json!({}),
        private_metadata: json!({}),
        version: 1,
        created_at: at(),
        updated_at: at(),
        capture_mode: entity::words::CaptureMode::AtOrder,
        pay_within_hours: 72,
        discount_limit_ppm: 100_000,
        payment_instructions: json!({}),
    }
}

fn order() -> order::Model {
    order::Model {
        id: OrderId(Uuid::from_u128(2)),
        number: "H-100234".into(),
        channel_id: ChannelId(Uuid::from_u128(1)),
        customer_id: None,
        status: OrderStatus::Open,
        payment_status: OrderPaymentStatus::Paid,
        fulfillment_status: OrderFulfillmentStatus::Unfulfilled,
        pickup_status: OrderPickupStatus::Preparing,
        return_status: OrderReturnStatus::None,
        currency: Currency::JPY,
        locale: "ja-JP".into(),
        email: Some("hanako@example.jp".into()),
        phone: None,
        contact_name: Some("髙﨑 花子".into()),
        shipping_address: Some(Address {
            family_name: "髙﨑".into(),
            given_name: "花子".into(),
            country: "JP".into(),
            postal_code: "150-0001".into(),
            region: "東京都".into(),
            city: "渋谷区".into(),
            line1: "神宮前4-5-6".into(),
            line2: "𠮷野マンション 203".into(),
            ..Address::default()
        }),
        billing_address: None,
        prices_include_tax: true,
        tax_rounding: TaxRounding::Down,
        subtotal: 7_580,
        discount_total: 500,
        shipping_total: 550,
        tax_total: 616,
        total: 7_630,
        token_hash: None,
        cart_id: None,
        location_id: None,
        register_id: None,
        staff_id: None,
        external_reference: None,
        note: "置き配でお願いします。".into(),
        placed_at: Some(at()),
        canceled_at: None,
        closed_at: None,
        version: 1,
        metadata: json!({}),
        private_metadata: json!({}),
        created_at: at(),
        updated_at: at(),
    }
}

fn line(
    position: i32,
    title: &str,
    variant: &str,
    price: i64,
    rate: i32,
    delivery: DeliveryMethod,
) -> order_line::Model {
    order_line::Model {
        id: OrderLineId(Uuid::from_u128(100 + position as u128)),
        order_id: OrderId(Uuid::from_u128(2)),
        position,
        variant_id: VariantId(Uuid::from_u128(3)),
        title: title.into(),
        variant_title: variant.into(),
        sku: Some("SKU-1".into()),
        quantity: 2,
        unit_price: price,
        subtotal: price * 2,
        discount: 0,
        tax_class_id: TaxClassId(Uuid::from_u128(4)),
        tax_rate_ppm: rate,
        tax: 1,
        total: price * 2,
        delivery,
        pickup_location_id: (delivery == DeliveryMethod::Pickup).then_some(LocationId(Uuid::from_u128(5))),
        fulfilled: 0,
        canceled: 0,
        return_requested: 0,
        received_back: 0,
        metadata: json!({}),
        revision: 1,
    }
}

pub(super) fn store() -> location::Model {
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    let day = |opens, closes| vec![OpenPeriod { opens: time(opens), closes: time(closes) }];
    let mut week = vec![day(10, 20); 5];
    week.extend([day(10, 19), day(10, 19)]);
    location::Model {
        id: LocationId(Uuid::from_u128(5)),
        code: "shibuya".into(),
        name: "渋谷店".into(),
        translations: json!({ "en": { "name": "Shibuya store" } }),
        kind: LocationKind::Store,
        address: Address {
            country: "JP".into(),
            postal_code: "150-0002".into(),
            region: "東京都".into(),
            city: "渋谷区".into(),
            line1: "渋谷2-1-1".into(),
            ..Address::default()
        },
        latitude_e6: None,
        longitude_e6: None,
        time_zone: "Asia/Tokyo".into(),
        opening_hours: OpeningHours { week, exceptions: Vec::new() },
        fulfills_online: true,
        pickup_enabled: true,
        pickup_stock_policy: PickupStockPolicy::Local,
        pickup_ready_minutes: 60,
        accepts_returns: true,
        daily_order_limit: None,
        default_safety_stock: 0,
        active: true,
        external_reference: None,
        metadata: json!({}),
        private_metadata: json!({}),
        version: 1,
        created_at: at(),
        updated_at: at(),
        pickup_keep_days: 7,
    }
}

fn payment(gateway: Gateway, tendered: Option<i64>) -> payment::Model {
    payment::Model {
        id: PaymentId(Uuid::from_u128(6)),
        order_id: Some(OrderId(Uuid::from_u128(2))),
        cart_id: None,
        gateway,
        currency: Currency::JPY,
        amount: 7_630,
        tendered,
        change: tendered.map(|tendered| tendered - 7_630),
        reference: None,
        metadata: json!({}),
        created_at: at(),
        stored_value_account_id: None,
        register_session_id: None,
        method: None,
        due_at: None,
        reminded_at: None,
        authorized_until: None,
        return_id: None,
    }
}

fn tax(rate_ppm: i32, taxable: i64, tax: i64) -> order_tax::Model {
    order_tax::Model { order_id: OrderId(Uuid::from_u128(2)), rate_ppm, name: "消費税".into(), taxable, tax }
}

/// A web order with a parcel and a pickup, goods at both rates, a discount and shipping.
pub(super) fn web() -> OrderContext {
    let mut lines = vec![
        line(1, "静岡深蒸し茶", "100g", 1_080, 80_000, DeliveryMethod::Ship),
        line(2, "南部鉄器 急須", "黒 / 0.6L", 2_710, 100_000, DeliveryMethod::Pickup),
    ];
    lines[1].discount = 500;
    OrderContext {
        order: order(),
        channel: channel(ChannelKind::Online),
        brand: None,
        customer: None,
        lines,
        discounts: vec![entity::order_discount::Model {
            id: entity::id::OrderDiscountId(Uuid::from_u128(12)),
            order_id: OrderId(Uuid::from_u128(2)),
            position: 1,
            kind: entity::words::DiscountKind::Promotion,
            target: entity::words::PromotionTarget::Order,
            title: "お茶の日".into(),
            promotion_id: None,
            code: Some("TEA".into()),
            amount: 500,
            reason: None,
            staff_id: None,
            approved_by: None,
        }],
        taxes: vec![tax(100_000, 4_973, 497), tax(80_000, 2_000, 160)],
        shipping: vec![order_shipping::Model {
            id: OrderShippingId(Uuid::from_u128(7)),
            order_id: OrderId(Uuid::from_u128(2)),
            method_id: None,
            name: "宅配便".into(),
            amount: 550,
            tax_rate_ppm: 100_000,
            tax: 50,
            total: 550,
            delivery_on: None,
            delivery_slot: None,
            discount: 0,
            revision: 1,
        }],
        payments: vec![payment(Gateway::Test, None)],
        locations: HashMap::from([(store().id, store())]),
        receipt: None,
        pay: None,
    }
}

/// A sale at a till, paid in cash.
fn till() -> OrderContext {
    let mut order = order();
    order.location_id = Some(store().id);
    order.shipping_address = None;
    order.shipping_total = 0;
    order.contact_name = None;
    order.note = String::new();
    let register_id = RegisterId(Uuid::from_u128(8));
    OrderContext {
        order,
        channel: channel(ChannelKind::Pos),
        lines: vec![
            line(1, "静岡深蒸し茶", "100g", 1_080, 80_000, DeliveryMethod::CarryOut),
            line(2, "ノート", "Default Title", 2_710, 100_000, DeliveryMethod::CarryOut),
        ],
        shipping: Vec::new(),
        payments: vec![payment(Gateway::Cash, Some(10_000))],
        receipt: Some((
            receipt::Model {
                id: ReceiptId(Uuid::from_u128(9)),
                register_id,
                number: 4_321,
                order_id: OrderId(Uuid::from_u128(2)),
                document: json!({}),
                issued_at: at(),
                register_session_id: None,
            },
            Some(register::Model {
                id: register_id,
                code: "R01".into(),
                name: "レジ1".into(),
                location_id: store().id,
                channel_id: ChannelId(Uuid::from_u128(1)),
                last_receipt_number: 4_321,
                active: true,
                created_at: at(),
                last_z_number: 0,
                requires_session: false,
                cash_limit: None,
            }),
        )),
        ..web()
    }
}

/// An order in euro whose prices are without tax, for a company abroad.
fn europe() -> OrderContext {
    let mut context = web();
    context.channel.tax_country = "DE".into();
    context.channel.seller_name = "Hitotsu Europe GmbH".into();
    context.channel.invoice_registration_number = None;
    context.channel.seller_address = "Torstraße 1\n10119 Berlin".into();
    context.order.prices_include_tax = false;
    context.order.locale = "en-IE".into();
    context.order.currency = Currency::EUR;
    context.order.billing_address = Some(Address {
        given_name: "Aoife".into(),
        family_name: "O'Brien".into(),
        company: "Tea & Sons".into(),
        country: "IE".into(),
        postal_code: "D02 X285".into(),
        city: "Dublin".into(),
        line1: "1 Grafton Street".into(),
        ..Address::default()
    });
    context.payments = vec![entity::payment::Model { currency: Currency::EUR, ..payment(Gateway::Manual, None) }];
    context
}

/// A draft, filled in without links.
pub(super) fn filled(draft: Result<Draft>) -> Rendered {
    draft.unwrap().render(&Links::default()).unwrap()
}

pub(super) fn snapshot(name: &str, rendered: &Rendered) {
    insta::assert_snapshot!(format!("{name}.txt"), format!("Subject: {}\n\n{}", rendered.subject, rendered.text));
    insta::assert_snapshot!(format!("{name}.html"), rendered.html);
}

#[test]
fn every_order_template_in_every_language() {
    for language in Language::ALL {
        let tag = language.tag();
        let confirmation = filled(render::order(OrderTemplate::OrderConfirmation, language, &web()));
        snapshot(&format!("order_confirmation.{tag}"), &confirmation);
        let receipt = filled(render::order(OrderTemplate::PosReceipt, language, &till()));
        snapshot(&format!("pos_receipt.{tag}"), &receipt);
        let abroad = filled(render::order(OrderTemplate::OrderConfirmation, language, &europe()));
        insta::assert_snapshot!(format!("order_confirmation_europe.{tag}.txt"), abroad.text);
    }
}

#[test]
fn goods_that_are_collected_go_nowhere() {
    let mut context = web();
    let goes = |context: &OrderContext| !OrderView::of(context, Language::Ja).unwrap().ship_to.is_empty();
    assert!(goes(&context), "one of two lines is sent");
    context.lines.retain(|line| line.delivery == DeliveryMethod::Pickup);
    assert!(!goes(&context), "the cart had an address, but nothing is sent");
}

#[test]
fn every_code_is_read_in_the_body_only() {
    let seller = Seller::of(&channel(ChannelKind::Online));
    for language in Language::ALL {
        for purpose in CodePurpose::ALL {
            let rendered = filled(Ok(render::code(*purpose, language, &seller, "482913", 10)));
            assert!(rendered.html.contains("482913") && rendered.text.contains("482913"));
            assert!(!rendered.subject.contains("482913"), "a subject shows on a locked screen");
        }
    }
}

#[test]
fn nothing_is_loaded_from_outside() {
    for template in OrderTemplate::ALL {
        let html = filled(render::order(template, Language::Ja, &till())).html;
        // What machines read loads nothing.
        let (html, _) = html.split_once("<script type=\"application/ld+json\">").unwrap();
        for word in ["http://", "https://", "url(", "@import", "<script", "<img", "<link"] {
            let html = html.replace("http://www.w3.org/", "").replace("https://www.w3.org/", "");
            assert!(!html.contains(word), "{word} in {}", template.name());
        }
    }
}

#[test]
fn hostile_texts_appear_as_they_were_typed() {
    let plain = filled(render::order(OrderTemplate::OrderConfirmation, Language::En, &web())).html;
    for hostile in BASES {
        let mut context = web();
        context.order.contact_name = Some(hostile.into());
        context.order.note = hostile.into();
        context.lines[0].title = hostile.into();
        context.lines[0].variant_title = hostile.into();
        context.channel.seller_name = hostile.into();
        context.shipping[0].name = hostile.into();
        for language in Language::ALL {
            let rendered = filled(render::order(OrderTemplate::OrderConfirmation, language, &context));
            assert!(rendered.text.contains(hostile), "{hostile} in the text");
            assert!(rendered.subject.contains(hostile), "{hostile} in the subject");
            assert!(unescaped(&rendered.html).contains(hostile), "{hostile} in the HTML");
            // No tag more than without it: everything stayed text.
            assert_eq!(rendered.html.matches("<script").count(), 1, "what machines read");
            let (_, told) = rendered.html.split_once("ld+json\">").unwrap();
            let told: serde_json::Value = serde_json::from_str(told.split_once("</script>").unwrap().0).unwrap();
            assert_eq!(
                (told["merchant"]["name"].as_str(), told["customer"]["name"].as_str()),
                (Some(hostile), Some(hostile))
            );
            assert_eq!(told["acceptedOffer"][0]["itemOffered"]["name"], hostile);
            assert_eq!(rendered.html.matches("<td").count(), plain.matches("<td").count(), "{hostile}");
            assert_eq!(rendered.html.matches("<!--").count(), plain.matches("<!--").count(), "{hostile}");
            assert_eq!(rendered.html.matches("<a").count(), plain.matches("<a").count(), "{hostile}");
        }
    }
}

#[test]
fn line_breaks_and_reordering_do_not_reach_headers() {
    let mut context = web();
    context.order.contact_name = Some("花子\r\nBcc: evil@example.com".into());
    context.channel.seller_name = "Shop\r\nBcc: evil@example.com\u{202e}\u{0}".into();
    let rendered = filled(render::order(OrderTemplate::OrderConfirmation, Language::Ja, &context));
    assert!(!rendered.subject.contains(['\r', '\n', '\u{0}', '\u{202e}']));
    assert!(rendered.text.lines().all(|line| !line.starts_with("Bcc:")), "{}", rendered.text);
    let sender = Seller::of(&context.channel).sender();
    assert_eq!(sender, "Shop Bcc: evil@example.com <shop@hitotsu.example>");
    assert_eq!(one_line(" a\tb\u{2028}\u{85}c "), "a b\u{2028} c");
}

#[test]
fn an_order_of_fifty_lines_is_not_clipped() {
    // Gmail clips a message after 102 KB of HTML.
    let mut context = web();
    context.lines = (1..=50)
        .map(|position| {
            line(position, "静岡深蒸し茶 特上 2026年産", "100g / 平袋", 1_080, 80_000, DeliveryMethod::Ship)
        })
        .collect();
    let rendered = filled(render::order(OrderTemplate::OrderConfirmation, Language::Ja, &context));
    assert!(rendered.html.len() < 102 * 1024, "{} bytes", rendered.html.len());
}

#[test]
fn an_order_of_a_thousand_lines_still_renders() {
    let mut context = web();
    context.lines =
        (1..=1_000).map(|position| line(position, "茶", "100g", 1_080, 80_000, DeliveryMethod::Pickup)).collect();
    assert!(!filled(render::order(OrderTemplate::OrderConfirmation, Language::Ja, &context)).text.is_empty());
}

#[test]
fn every_parcel_template_in_every_language() {
    let parcel = json!({
        "carrier": "ヤマト運輸 <b>",
        "tracking_number": "412012345673",
        "url": "https://track.example/?a=1&b=2",
        "delivery": "2026年11月23日（月） 14時〜16時",
        "lines": ["オックスフォードシャツ M × 1", "Tea & <Cups> × 2"],
        "day": "2026-11-23",
        "more": true,
    });
    let bare = json!({
        "carrier": "Other", "tracking_number": "", "url": "", "delivery": "", "day": "", "lines": ["A × 1"],
        "more": false,
    });
    for name in [
        "shipment_shipped",
        "shipment_out_for_delivery",
        "shipment_delayed",
        "shipment_delivered",
        "shipment_failed",
        "shipment_returned",
        "exchange_shipped",
    ] {
        for language in Language::ALL {
            let rendered = filled(render::parcel(name, language, &web(), &parcel));
            assert!(!rendered.html.contains("<Cups>"), "escaped");
            snapshot(&format!("{name}.{}", language.tag()), &rendered);
            let rendered = filled(render::parcel(name, language, &web(), &bare));
            assert!(!rendered.html.contains("href=\"\""), "no link without an address");
        }
    }
}
