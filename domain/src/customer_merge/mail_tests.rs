//! What the notice says, in both languages.

#![allow(clippy::unwrap_used, reason = "tests")]

use crate::kernel::language::Language;
use crate::messaging::render::{self, Links, Seller};

#[test]
fn the_notice_of_a_merge() {
    let seller = Seller {
        name: "ひとつ商店株式会社".to_owned(),
        address: vec!["〒150-0001".to_owned(), "東京都渋谷区神宮前1-2-3".to_owned()],
        registration_number: None,
        mail_from: "shop@hitotsu.example".to_owned(),
        ..Seller::nameless()
    };
    for language in Language::ALL {
        let rendered = render::account("customer_merged", language, "佐藤 <script>", &seller).unwrap();
        let rendered = rendered.render(&Links::default()).unwrap();
        assert!(!rendered.html.contains("<script>"), "values are escaped");
        assert!(rendered.html.contains("佐藤"));
        let shown = format!("{}\n\n{}", rendered.subject, rendered.text);
        insta::assert_snapshot!(format!("customer_merged_{}", language.tag()), shown);
    }
}
