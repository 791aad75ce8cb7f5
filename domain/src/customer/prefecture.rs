//! The 47 prefectures of Japan (ISO 3166-2:JP, in the order of JIS X 0401).

const PREFECTURES: [(&str, &str); 47] = [
    ("北海道", "hokkaido"),
    ("青森県", "aomori"),
    ("岩手県", "iwate"),
    ("宮城県", "miyagi"),
    ("秋田県", "akita"),
    ("山形県", "yamagata"),
    ("福島県", "fukushima"),
    ("茨城県", "ibaraki"),
    ("栃木県", "tochigi"),
    ("群馬県", "gunma"),
    ("埼玉県", "saitama"),
    ("千葉県", "chiba"),
    ("東京都", "tokyo"),
    ("神奈川県", "kanagawa"),
    ("新潟県", "niigata"),
    ("富山県", "toyama"),
    ("石川県", "ishikawa"),
    ("福井県", "fukui"),
    ("山梨県", "yamanashi"),
    ("長野県", "nagano"),
    ("岐阜県", "gifu"),
    ("静岡県", "shizuoka"),
    ("愛知県", "aichi"),
    ("三重県", "mie"),
    ("滋賀県", "shiga"),
    ("京都府", "kyoto"),
    ("大阪府", "osaka"),
    ("兵庫県", "hyogo"),
    ("奈良県", "nara"),
    ("和歌山県", "wakayama"),
    ("鳥取県", "tottori"),
    ("島根県", "shimane"),
    ("岡山県", "okayama"),
    ("広島県", "hiroshima"),
    ("山口県", "yamaguchi"),
    ("徳島県", "tokushima"),
    ("香川県", "kagawa"),
    ("愛媛県", "ehime"),
    ("高知県", "kochi"),
    ("福岡県", "fukuoka"),
    ("佐賀県", "saga"),
    ("長崎県", "nagasaki"),
    ("熊本県", "kumamoto"),
    ("大分県", "oita"),
    ("宮崎県", "miyazaki"),
    ("鹿児島県", "kagoshima"),
    ("沖縄県", "okinawa"),
];

/// The name of a prefecture from how people write it: `東京都`, `東京`, `Tokyo`, `JP-13`, `13`.
pub(super) fn find(text: &str) -> Option<&'static str> {
    let text = text.trim().to_lowercase();
    let number = text.strip_prefix("jp-").unwrap_or(&text).parse::<usize>().ok();
    let by_number = number.and_then(|number| PREFECTURES.get(number.checked_sub(1)?));
    let is_it = |(name, roman): &&(&str, &str)| {
        let short = name.strip_suffix(['都', '府', '県']).unwrap_or(name);
        text == *name
            || text == short
            || text.trim_end_matches("-ken").trim_end_matches("-to").trim_end_matches("-fu") == *roman
    };
    by_number.or_else(|| PREFECTURES.iter().find(is_it)).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefectures_are_found_however_written() {
        for text in ["東京都", "東京", "Tokyo", "tokyo-to", "JP-13", "13"] {
            assert_eq!(find(text), Some("東京都"), "{text}");
        }
        assert_eq!(find("京都"), Some("京都府"));
        assert_eq!(find("北海道"), Some("北海道"));
        for text in ["", "県", "0", "48", "JP-99", "Atlantis", "東"] {
            assert_eq!(find(text), None, "{text}");
        }
        assert!(PREFECTURES.iter().all(|(name, roman)| find(name) == Some(name) && find(roman) == Some(name)));
    }
}
