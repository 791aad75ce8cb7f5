//! A sample of every message, with everything that its templates may show: what previews and test messages are filled
//! with, what wordings are checked against, and where the list of variables in the documentation comes from.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::change_view::ChangeMail;
use super::flow_mail::{self, FlowView, GuideView, NamedLink, ProductView};
use super::money_view::{MoneyMail, MoneyRow};
use super::order_view::{
    DiscountView, LineView, OrderView, PayView, PaymentView, PickupView, ReceiptView, ShippingView, TaxView, date_time,
};
use super::pickup_mail::with_code;
use super::pickup_view::PickupMail;
use super::render::{Draft, Links, Seller};
use super::store_view::StoreView;
use super::template_name::TemplateName;
use crate::kernel::language::Language;

/// The code in samples; it opens nothing.
pub(crate) const CODE: &str = "SAMP1E23";
/// Where somebody gives up being told, in samples.
pub(crate) const CANCEL: &str = "https://shop.example/back-in-stock/sample";

/// The links of a sample.
#[must_use]
pub fn links(name: TemplateName) -> Links {
    use entity::words::MessageClass;
    let preferences = match name.class() {
        MessageClass::Transactional => None,
        MessageClass::Survey | MessageClass::Marketing => Some("https://shop.example/u/sample".to_owned()),
    };
    Links { order: Some("https://shop.example/o/sample".to_owned()), preferences }
}

/// A sample of a message in the name of nobody in particular.
#[must_use]
pub fn draft(name: TemplateName, language: Language) -> Draft {
    draft_of(name, language, &seller(language))
}

/// A sample of a message in somebody's name.
#[must_use]
pub fn draft_of(name: TemplateName, language: Language, seller: &Seller) -> Draft {
    let words = Words(language);
    let template = (name.file(), name.as_str());
    let number = json!({ "number": NUMBER });
    let plain = |values: Value| Draft::new(template, language, seller, values);
    match name.file() {
        "order_confirmation" | "pos_receipt" => {
            let draft = plain(json!({ "order": words.order(seller) }));
            Draft { json_ld: Some(words.order_told(seller)), ..draft }
        }
        "parcel" => {
            let draft = plain(json!({ "order": words.order(seller), "parcel": words.parcel() }));
            Draft { json_ld: Some(words.parcel_told(seller)), ..draft }
        }
        "code" => plain(json!({ "code": CODE, "minutes": 10 })),
        // Notices about accounts are about no order.
        "notice" if matches!(name, TemplateName::PasswordChanged | TemplateName::AccountDeleted) => {
            let nobody = json!({ "number": "" });
            plain(json!({ "notice": { "person": words.person(), "number": "" }, "order": nobody }))
        }
        "notice" => plain(json!({ "notice": { "person": words.person(), "number": NUMBER }, "order": number })),
        "account" => plain(json!({ "person": words.person() })),
        "pickup" => plain(json!({ "pickup": words.pickup(name), "order": number })),
        "stored_value" => plain(json!({ "value": words.value() })),
        "return" => plain(json!({ "mail": words.returned(), "order": number })),
        "survey_alert" => plain(json!({ "mail": words.alert() })),
        "order_change" => plain(json!({ "change": words.change(), "order": number })),
        "money" => plain(json!({ "mail": words.money(), "order": number })),
        _ => flow_mail::draft(name, language, &words.flow(name), seller),
    }
}

const NUMBER: &str = "H-100234";

/// Who sells in samples.
#[must_use]
pub fn seller(language: Language) -> Seller {
    let words = Words(language);
    Seller {
        name: words.say("Hitotsu Store", "ひとつ商店"),
        address: vec![words.say("1-2-3 Jingumae, Shibuya, Tokyo", "東京都渋谷区神宮前1-2-3")],
        registration_number: Some("T1234567890123".to_owned()),
        brand: super::brand::Brand {
            logo: Some("https://shop.example/logo.png".to_owned()),
            reply_to: Some("help@shop.example".to_owned()),
            footer: json!({ language.tag(): words.say("Terms apply.", "利用規約が適用されます。") }),
            storefront: Some("https://shop.example".to_owned()),
            ..super::brand::Brand::default()
        },
        ..Seller::nameless()
    }
}

/// The words of samples in a language.
struct Words(Language);

impl Words {
    fn say(&self, english: &str, japanese: &str) -> String {
        match self.0 {
            Language::En => english.to_owned(),
            Language::Ja => japanese.to_owned(),
        }
    }

    fn person(&self) -> String {
        self.say("Hanako Takasaki", "髙﨑 花子")
    }

    fn tea(&self) -> String {
        self.say("Deep steamed tea", "静岡深蒸し茶")
    }

    fn lines(&self) -> Vec<String> {
        vec![format!("{} 100g × 2", self.tea()), self.say("Iron teapot × 1", "南部鉄器 急須 × 1")]
    }

    fn at(&self) -> String {
        date_time(DateTime::<Utc>::from_timestamp(1_795_219_200, 0).unwrap_or_default(), Tz::Asia__Tokyo, self.0)
    }

    fn address(&self) -> Vec<String> {
        vec![
            self.person(),
            self.say("4-5-6 Jingumae", "神宮前4-5-6"),
            self.say("Shibuya, Tokyo 150-0001", "東京都渋谷区 〒150-0001"),
        ]
    }

    fn store(&self) -> StoreView {
        StoreView {
            name: self.say("Shibuya store", "渋谷店"),
            address: vec![self.say("2-1-1 Shibuya, Tokyo", "東京都渋谷区渋谷2-1-1")],
            hours: vec![self.say("Daily 10:00–20:00", "毎日 10:00〜20:00")],
        }
    }

    fn order(&self, seller: &Seller) -> OrderView {
        let rate = |rate: &str, reduced, base: &str, tax: &str| TaxView {
            rate: rate.to_owned(),
            reduced,
            base: base.to_owned(),
            tax: tax.to_owned(),
        };
        OrderView {
            seller: seller.clone(),
            number: NUMBER.to_owned(),
            placed_at: self.at(),
            customer: self.person(),
            lines: self.order_lines(),
            has_reduced: true,
            prices_include_tax: true,
            in_japan: true,
            subtotal: "¥7,580".to_owned(),
            discount: Some("-¥500".to_owned()),
            discounts: vec![DiscountView {
                title: self.say("Tea day (TEA)", "お茶の日（TEA）"),
                amount: "-¥500".to_owned(),
            }],
            shipping: vec![ShippingView { name: self.say("Parcel", "宅配便"), amount: "¥550".to_owned() }],
            tax_total: "¥616".to_owned(),
            total: "¥7,630".to_owned(),
            taxes: vec![rate("10%", false, "¥5,470", "¥497"), rate("8%", true, "¥2,160", "¥160")],
            payments: vec![PaymentView {
                gateway: "bank-transfer",
                amount: "¥7,630".to_owned(),
                tendered: Some("¥8,000".to_owned()),
                change: Some("¥370".to_owned()),
                due: Some(self.at()),
            }],
            instructions: vec![self.say("Hitotsu Bank, account 1234567", "ひとつ銀行 普通 1234567")],
            pay: Some(PayView {
                link: "https://shop.example/pay/sample".to_owned(),
                amount: "¥1,100".to_owned(),
                until: self.at(),
            }),
            ship_to: self.address(),
            bill_to: self.address(),
            pickups: vec![PickupView { store: self.store(), lines: self.lines() }],
            receipt: Some(ReceiptView { number: 4_321, register: "R01".to_owned(), issued_at: self.at() }),
            store: Some(self.store()),
            note: self.say("Please leave it at the door.", "置き配でお願いします。"),
        }
    }

    fn order_lines(&self) -> Vec<LineView> {
        let line = LineView {
            title: self.tea(),
            variant: "100g".to_owned(),
            sku: "TEA-100".to_owned(),
            quantity: 2,
            unit_price: "¥1,080".to_owned(),
            amount: "¥2,160".to_owned(),
            discount: Some("-¥500".to_owned()),
            reduced: true,
            rate: "8%".to_owned(),
            delivery: "ship",
            pickup_store: String::new(),
        };
        let other = LineView {
            title: self.say("Iron teapot", "南部鉄器 急須"),
            delivery: "pickup",
            pickup_store: self.store().name,
            ..line.clone()
        };
        vec![line, other]
    }

    fn order_told(&self, seller: &Seller) -> Value {
        json!({
            "@context": "https://schema.org",
            "@type": "Order",
            "merchant": { "@type": "Organization", "name": seller.name },
            "orderNumber": NUMBER,
            "customer": { "@type": "Person", "name": self.person() },
            "acceptedOffer": [{ "@type": "Offer", "itemOffered": { "@type": "Product", "name": self.tea() } }],
        })
    }

    fn parcel_told(&self, seller: &Seller) -> Value {
        json!({
            "@context": "https://schema.org",
            "@type": "ParcelDelivery",
            "trackingNumber": "412012345673",
            "partOfOrder": self.order_told(seller),
        })
    }

    /// As `shipping::mail::ParcelView`.
    fn parcel(&self) -> Value {
        json!({
            "carrier": self.say("Yamato Transport", "ヤマト運輸"),
            "tracking_number": "412012345673",
            "url": "https://track.example/412012345673",
            "delivery": self.say("Mon 23 November 2026 14:00–16:00", "2026年11月23日（月） 14時〜16時"),
            "day": "2026-11-23",
            "lines": self.lines(),
            "more": true,
        })
    }

    fn pickup(&self, name: TemplateName) -> PickupMail {
        const WAITING: [&str; 5] =
            ["pickup_ready", "pickup_reminder", "pickup_short", "store_reservation", "store_reservation_reminder"];
        const LINKED: [&str; 3] = ["pickup_ready", "pickup_reminder", "pickup_short"];
        let view = PickupMail {
            number: NUMBER.to_owned(),
            person: self.person(),
            lines: self.lines(),
            store: Some(self.store()),
            map: Some("https://www.google.com/maps/search/?api=1&query=35.658034,139.701636".to_owned()),
            until: WAITING.contains(&name.as_str()).then(|| self.at()),
            link: LINKED.contains(&name.as_str()).then(|| "https://shop.example/p/sample".to_owned()),
            refund: Some("¥4,540".to_owned()),
            ..PickupMail::default()
        };
        with_code(view, CODE.to_owned())
    }

    /// As `stored_value::deliver::ValueMail`.
    fn value(&self) -> Value {
        json!({
            "person": self.person(),
            "sender": self.say("Taro Sato", "佐藤 太郎"),
            "message": [self.say("Happy birthday!", "お誕生日おめでとう")],
            "amount": "¥3,000",
            "balance": "¥3,000",
            "code": CODE,
            "until": self.at(),
            "link": "https://shop.example/gift-card/sample",
        })
    }

    /// As `returns::mail::ReturnMail`.
    fn returned(&self) -> Value {
        json!({
            "number": NUMBER,
            "return_number": "R-1001",
            "person": self.person(),
            "lines": self.lines(),
            "instructions": [self.say("Use the box it came in.", "届いた箱をご利用ください。")],
            "to": self.address(),
            "until": self.at(),
            "reason": self.say("It was used.", "ご使用済みのため"),
            "refund": [self.say("¥1,000 went back to your card.", "¥1,000をカードへ返金いたしました。")],
            "link": "https://shop.example/r/sample",
        })
    }

    /// As `survey::alert` tells staff.
    fn alert(&self) -> Value {
        json!({
            "rule": self.say("Low scores", "低い評価"),
            "survey": "NPS",
            "order": NUMBER,
            "score": "2 / 10",
            "words": [self.say("broken", "破損")],
        })
    }

    fn change(&self) -> ChangeMail {
        ChangeMail {
            number: NUMBER.to_owned(),
            person: self.person(),
            removed: self.lines(),
            added: self.lines(),
            store: Some(self.store().name),
            address: self.address(),
            total: Some("¥12,300".to_owned()),
            refund: Some("¥1,000".to_owned()),
            refund_parts: vec![self.say("¥1,000 went back to your card.", "¥1,000をカードへ返金いたしました。")],
            credit_note: Some("ONLINE-CN000012".to_owned()),
            fee: Some("¥300".to_owned()),
            claw_back: Some("¥200".to_owned()),
            given_back: Some("¥100".to_owned()),
            charged: Some("¥500".to_owned()),
            due: Some("¥2,300".to_owned()),
            reserves: false,
            until: Some(self.at()),
            link: Some("https://shop.example/pay/sample".to_owned()),
        }
    }

    fn money(&self) -> MoneyMail {
        let row = |label: String, value: String| MoneyRow { label, value };
        MoneyMail {
            number: NUMBER.to_owned(),
            person: self.person(),
            lines: self.lines(),
            rows: vec![
                row(self.0.text("mail-money-to-pay", &[]), "¥1,550".to_owned()),
                row(self.0.text("mail-pay-until", &[]), self.at()),
            ],
            notes: vec![self.0.text("mail-money-paid-in-full", &[])],
            instructions: vec![self.say("Hitotsu Bank, account 1234567", "ひとつ銀行 普通 1234567")],
            link: Some("https://shop.example/pay/sample".to_owned()),
        }
    }

    fn flow(&self, name: TemplateName) -> FlowView {
        FlowView {
            person: self.person(),
            number: NUMBER.to_owned(),
            text: vec![self.say("We are glad you are here.", "ご利用ありがとうございます。")],
            products: vec![ProductView { name: self.tea(), variant: "100g".to_owned() }],
            guides: vec![GuideView {
                title: self.say("How to brew it", "おいしい淹れ方"),
                lines: vec![self.say("70 °C, one minute.", "70℃で1分。")],
                url: Some("https://shop.example/guides/tea".to_owned()),
            }],
            pages: vec![NamedLink { name: self.tea(), url: "https://shop.example/review/sample".to_owned() }],
            coupon: Some("TEA-2026".to_owned()),
            points: Some(120),
            years: 1,
            link: (!matches!(name, TemplateName::HowToUse | TemplateName::ReviewRequest))
                .then(|| "https://shop.example/s/sample".to_owned()),
            cancel: (name == TemplateName::BackInStock).then(|| CANCEL.to_owned()),
        }
    }
}

/// The variables of a message as templates name them, each with its sample; items of a list as `name[]`.
#[must_use]
pub fn variables(name: TemplateName) -> Vec<(String, String)> {
    let values = draft(name, Language::En).shown(&links(name), 150);
    let mut found = Vec::new();
    walk(String::new(), &values, &mut found);
    found
}

fn walk(path: String, value: &Value, found: &mut Vec<(String, String)>) {
    let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| walk(join(name), value, found)),
        Value::Array(items) => match items.first() {
            Some(first) => walk(format!("{path}[]"), first, found),
            None => found.push((format!("{path}[]"), String::new())),
        },
        Value::String(text) => found.push((path, text.clone())),
        Value::Null => found.push((path, String::new())),
        Value::Bool(_) | Value::Number(_) => found.push((path, value.to_string())),
    }
}

/// Whether what an area shows has the names that samples of a message have: wordings are checked against samples.
#[cfg(test)]
pub(crate) fn same_names(name: TemplateName, under: &str, shown: &Value) -> bool {
    let names = |value: Option<&Value>| {
        let fields = value.and_then(Value::as_object);
        fields.map(|fields| fields.keys().cloned().collect::<std::collections::BTreeSet<_>>())
    };
    names(draft(name, Language::En).values.get(under)) == names(Some(shown))
}
