//! Countries by their ISO 3166-1 alpha-2 code.

/// Every officially assigned code, in alphabetical order.
const CODES: &str = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZ\
DEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZ\
LALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURW\
SASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";

/// Whether a text is an officially assigned ISO 3166-1 alpha-2 code, in capitals.
#[must_use]
pub fn is_country(code: &str) -> bool {
    code.len() == 2 && CODES.as_bytes().chunks(2).any(|known| known == code.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assigned_codes_are_known_and_others_are_not() {
        assert_eq!(CODES.len() / 2, 249);
        assert!(CODES.as_bytes().chunks(2).is_sorted());
        assert!(["JP", "US", "GB", "ZW", "AX"].into_iter().all(is_country));
        assert!(!["jp", "UK", "EU", "XX", "ZZ", "DA", "J", "JPN", "", "日本"].into_iter().any(is_country));
    }
}
