#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use entity::words::ProductStatus;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;

const OLD: &str = "\u{feff}Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,Image Alt Text,Gift Card,Variant Image,Variant Weight Unit,Price / International\r\n\
happi,\"法被, 藍\",\"<p>綿\r\n100%</p>\",京都染,Coat,\"祭り, 綿\",TRUE,Size,S,Color,Indigo,HP-S,450.0,shopify,5,deny,\"12,800\",,true,true,'4901234567894,https://img.example/2.jpg,2,,false,https://img.example/1.jpg,kg,90\r\n\
happi,,,,,,,,M,,,HP-M,470,shopify,0,continue,12800,15000,true,true,,https://img.example/1.jpg,1,front,,,kg,\r\n\
happi,,,,,,,,,,,,,,,,,,,,,https://img.example/3.jpg,3,,,,,\r\n\
tea,緑茶,,,,,false,Title,Default Title,,,,0,,1,deny,800,,true,true,,,,,false,,g,\r\n";

#[test]
fn a_product_over_several_lines_is_one() {
    let parsed = parse(OLD.as_bytes()).unwrap();
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    assert_eq!((parsed.rows, parsed.products.len()), (4, 2));
    let happi = &parsed.products[0];
    assert_eq!((happi.line, happi.handle.as_str(), happi.title.as_str()), (2, "happi", "法被, 藍"));
    assert_eq!(happi.options.as_deref(), Some(&["Size".to_owned(), "Color".to_owned()][..]));
    assert_eq!(happi.variants.len(), 2, "the line with only a picture is no variant");
    assert_eq!(happi.variants[0].values, ["S", "Indigo"]);
    assert_eq!(happi.variants[1].values, ["M", "Indigo"], "a blank value beside a filled one repeats the one above");
    assert_eq!(happi.variants[0].price, Some(Decimal::from(12_800)));
    assert_eq!(happi.variants[0].barcode.as_deref(), Some("4901234567894"));
    assert_eq!(happi.variants[0].grams, Some(450));
    assert_eq!((happi.variants[0].backorder, happi.variants[1].backorder), (Some(false), Some(true)));
    assert_eq!(happi.variants[1].compare_at, Some(Some(Decimal::from(15_000))));
    assert_eq!(happi.variants[1].line, 4, "a break inside quotes counts as a line");
    let urls: Vec<&str> = happi.images.as_ref().unwrap().iter().map(|image| image.url.as_str()).collect();
    assert_eq!(urls, ["https://img.example/1.jpg", "https://img.example/2.jpg", "https://img.example/3.jpg"]);
    assert_eq!(parsed.ignored_columns, ["Price / International"]);
}

#[test]
fn default_title_means_no_options() {
    let parsed = parse(OLD.as_bytes()).unwrap();
    let tea = &parsed.products[1];
    assert_eq!(tea.options.as_deref(), Some(&[][..]));
    assert_eq!(tea.variants.len(), 1);
    assert!(tea.variants[0].values.is_empty());
    assert_eq!(tea.variants[0].tracked, Some(false), "a blank tracker means that stock is not counted");
    assert_eq!(tea.status, Some(ProductStatus::Draft), "hidden from the shop");
}

#[test]
fn headings_since_2024_mean_the_same() {
    let new = "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Barcode,Option1 name,Option1 value,Price,Compare-at price,Charge tax,Tax code,Inventory tracker,Inventory quantity,Continue selling when out of stock,Weight value (grams),Weight unit for display,Requires shipping,Product image URL,Image position,Image alt text,Variant image URL,Gift card,SEO title,SEO description\n\
Tea,tea,<p>x</p>,Uji,Food > Drinks,Green,hot,TRUE,Active,T-1,,Size,100g,800,,TRUE,,shopify,3,DENY,120,g,TRUE,https://img.example/t.jpg,1,leaf,,FALSE,Tea!,\n\
,tea,,,,,,,,T-2,,,200g,1500,,TRUE,,shopify,,CONTINUE,220,g,TRUE,,,,,,,\n";
    let parsed = parse(new.as_bytes()).unwrap();
    assert!(parsed.problems.is_empty() && parsed.ignored_columns.is_empty(), "{parsed:?}");
    let tea = &parsed.products[0];
    assert_eq!(tea.category.as_deref(), Some(&["Food".to_owned(), "Drinks".to_owned()][..]));
    assert_eq!(tea.status, Some(ProductStatus::Active));
    assert_eq!(tea.variants.len(), 2);
    assert_eq!(tea.variants[1].backorder, Some(true));
    assert_eq!(tea.variants[1].quantity, None);
    assert_eq!(tea.variants[1].grams, Some(220));
    assert_eq!(tea.seo_title.as_deref(), Some("Tea!"));
}

#[test]
fn a_bad_line_fails_its_product_only() {
    let text = "Handle,Title,Option1 Name,Option1 Value,Variant Price,Gift Card\n\
a,A,Size,S,abc,\n\
b,B,Size,S,100,\n\
c,C,Title,Default Title,100,true\n\
d,D,Size,S,100,\n\
d,,,,100,\n\
,,,,5,\n\
b,Another B,Size,S,1,\n\
e,E,Title,Default Title,100,,too,many\n";
    let parsed = parse(text.as_bytes()).unwrap();
    let handles: Vec<&str> = parsed.products.iter().map(|product| product.handle.as_str()).collect();
    assert_eq!(handles, ["b"]);
    let mut problems: Vec<(u64, ErrorCode, Option<&str>)> =
        parsed.problems.iter().map(|p| (p.line, p.error.code(), p.column.as_deref())).collect();
    problems.sort_by_key(|problem| problem.0);
    assert_eq!(
        problems,
        [
            (2, ErrorCode::InvalidAmount, Some("Variant Price")),
            (4, ErrorCode::NotForSale, Some("Gift Card")),
            (6, ErrorCode::Required, Some("Option1 Value")),
            (7, ErrorCode::Required, Some("Handle")),
            (8, ErrorCode::AlreadyExists, Some("Handle")),
            (9, ErrorCode::InvalidFile, None),
        ]
    );
    assert_eq!(parsed.failed, 6);
}

#[test]
fn missing_columns_say_nothing() {
    let parsed = parse("Title,Price\nGreen Tea,800\n".as_bytes()).unwrap();
    let tea = &parsed.products[0];
    assert_eq!(tea.handle, "green-tea");
    assert_eq!((&tea.body, &tea.tags, &tea.images, &tea.options, &tea.status), (&None, &None, &None, &None, &None));
    assert_eq!(tea.variants[0].sku, None);
    assert_eq!(tea.variants[0].compare_at, None);
    assert!(parse(b"Foo,Bar\n1,2\n").is_err());
}

#[test]
fn translations_have_columns_of_their_own() {
    let parsed = parse("Handle,Title,Title (ja),Body (HTML) (ja)\ntea,Tea,お茶,<p>茶</p>\nx,X,,\n".as_bytes()).unwrap();
    let texts = parsed.products[0].translations.as_ref().unwrap();
    assert_eq!(texts, &[("ja".to_owned(), "お茶".to_owned(), "<p>茶</p>".to_owned())]);
    assert_eq!(parsed.products[1].translations, Some(Vec::new()));
}

#[test]
fn weights_in_other_units_become_grams() {
    let text = "Handle,Title,Variant Weight,Variant Weight Unit\na,A,1.5,kg\nb,B,1,lb\nc,C,2,oz\n";
    let grams: Vec<Option<i32>> = parse(text.as_bytes())
        .unwrap()
        .products
        .iter()
        .map(|product| product.variants.first().and_then(|v| v.grams))
        .collect();
    assert_eq!(grams, [Some(1_500), Some(454), Some(57)]);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes);
        let headed = [b"Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Grams,Image Src\n".as_slice(), &bytes].concat();
        let _ = parse(&headed);
    }

    #[test]
    fn every_line_is_accounted_for(rows in proptest::collection::vec(("[ab]?", "[AB]?", "[SM]?", "[0-9x.]{0,3}"), 0..12)) {
        let mut text = "Handle,Title,Option1 Name,Option1 Value,Variant Price\n".to_owned();
        for (handle, title, value, price) in &rows {
            text.push_str(&format!("{handle},{title},Size,{value},{price}\n"));
        }
        let parsed = parse(text.as_bytes()).unwrap();
        prop_assert!(parsed.rows == u64::try_from(rows.len()).unwrap());
        prop_assert!(parsed.problems.is_empty() == (parsed.failed == 0));
        for product in &parsed.products {
            let options = product.options.as_ref().map_or(0, Vec::len);
            prop_assert!(product.variants.iter().all(|variant| variant.values.len() == options));
        }
    }
}
