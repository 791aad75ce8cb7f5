//! What the mails about stored value say, in both languages.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::deliver::ValueMail;
use crate::kernel::language::Language;
use crate::messaging::render::{self, Links, Seller};
use crate::messaging::{TemplateName, samples};

fn seller() -> Seller {
    Seller {
        name: "ひとつ商店株式会社".to_owned(),
        address: vec!["〒150-0001".to_owned(), "東京都渋谷区神宮前1-2-3".to_owned()],
        registration_number: None,
        mail_from: "shop@hitotsu.example".to_owned(),
        ..Seller::nameless()
    }
}

fn mail(name: &str) -> ValueMail {
    let is_card = name == "gift_card";
    ValueMail {
        person: "佐藤 太郎".to_owned(),
        sender: if is_card { "花子 <b>".to_owned() } else { String::new() },
        message: if is_card {
            vec!["お誕生日おめでとう".to_owned(), "<script>".to_owned()]
        } else {
            Vec::new()
        },
        amount: "¥3,000".to_owned(),
        balance: "¥3,000".to_owned(),
        code: if is_card { "ABCD-EFGH-JKMN-PQRS-TVWX".to_owned() } else { String::new() },
        until: "2027-11-21".to_owned(),
        link: is_card.then(|| "https://shop.example/gift-card/sample".to_owned()),
    }
}

#[test]
fn mails_about_stored_value() {
    for name in ["gift_card", "store_credit_issued", "store_credit_expiring", "points_expiring"] {
        for language in Language::ALL {
            let rendered = render::stored_value(name, language, &mail(name), &seller()).unwrap();
            let rendered = rendered.render(&Links::default()).unwrap();
            assert!(!rendered.html.contains("<script>"), "values are escaped");
            assert!(!rendered.subject.contains("ABCD"), "subjects show on locked screens");
            let shown = format!("{}\n\n{}", rendered.subject, rendered.text);
            insta::assert_snapshot!(format!("{name}_{}", language.tag()), shown);
        }
    }
}

/// Wordings of merchants are checked against samples.
#[test]
fn samples_have_every_name() {
    let shown = serde_json::to_value(mail("gift_card")).unwrap();
    assert!(samples::same_names(TemplateName::GiftCard, "value", &shown));
}
