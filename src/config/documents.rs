//! The manifest of trusted documents: a JSON object that maps the SHA-256 of each GraphQL document, in hex, to its text,
//! as build tools of clients write it ("persisted documents" of GraphQL over HTTP).

use std::collections::BTreeMap;
use std::path::Path;

use graphql::persisted::hash;

/// Reads the documents. Error: what is wrong with the file, in words; a text that does not have its hash was changed
/// after somebody trusted it.
pub(super) fn read(path: &Path) -> Result<Vec<String>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{} cannot be read ({error})", path.display()))?;
    let documents: BTreeMap<String, String> = serde_json::from_str(&text)
        .map_err(|error| format!("{} is not a JSON object of texts ({error})", path.display()))?;
    let wrong = documents.iter().find(|(name, document)| hash(document) != name.to_ascii_lowercase());
    match wrong {
        Some((name, _)) => Err(format!("{}: the document under {name} has another SHA-256", path.display())),
        None => Ok(documents.into_values().collect()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_manifest_is_read_only_when_every_text_has_its_hash() {
        let file = std::env::temp_dir().join(format!("hitotsu-manifest-{}.json", uuid::Uuid::now_v7()));
        let problem = |text: &str| {
            std::fs::write(&file, text).unwrap();
            read(&file).unwrap_err()
        };
        assert!(problem("[]").contains("is not a JSON object of texts"));
        assert!(problem("{\"abc\": \"{ a }\"}").contains("abc has another SHA-256"));
        let good = format!("{{\"{}\": \"{{ a }}\"}}", hash("{ a }").to_ascii_uppercase());
        std::fs::write(&file, good).unwrap();
        assert_eq!(read(&file).unwrap(), ["{ a }"]);
        std::fs::remove_file(&file).unwrap();
        assert!(read(&file).unwrap_err().contains("cannot be read"));
    }
}
