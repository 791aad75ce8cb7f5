//! Documents by their hash: automatic persisted queries, remembered when a client sends them, and trusted documents,
//! which the operator lists in a manifest.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::HEXLOWER;
use domain::{Error, ErrorCode, Result};
use sha2::{Digest, Sha256};

/// Documents that are remembered.
const MAX_DOCUMENTS: usize = 1_000;
/// Bytes of documents that are remembered.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// SHA-256 of a document in hex: its `documentId` and its `sha256Hash`.
#[must_use]
pub fn hash(document: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(document.as_bytes()))
}

/// The documents that a process knows.
#[derive(Debug, Default)]
pub struct Documents {
    trusted: HashMap<String, Arc<str>>,
    only_trusted: bool,
    remembered: Mutex<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    documents: HashMap<String, Arc<str>>,
    /// Hashes, oldest first.
    order: VecDeque<String>,
    bytes: usize,
}

/// How a request names its document.
#[derive(Clone, Copy, Debug, Default)]
pub struct Naming<'a> {
    /// The text.
    pub query: Option<&'a str>,
    /// `documentId`: hash of a trusted document.
    pub document_id: Option<&'a str>,
    /// `extensions.persistedQuery.sha256Hash`.
    pub persisted_hash: Option<&'a str>,
}

impl Documents {
    /// Knows these trusted documents; with `only_trusted` no other runs.
    #[must_use]
    pub fn trusting(documents: impl IntoIterator<Item = String>, only_trusted: bool) -> Self {
        let trusted = documents.into_iter().map(|document| (hash(&document), document.into())).collect();
        Self { trusted, only_trusted, remembered: Mutex::default() }
    }

    /// The text that a request runs, before the guard has looked at it. Errors: `REQUIRED` without any,
    /// `PERSISTED_QUERY_NOT_FOUND`, `UNTRUSTED_DOCUMENT`, `INVALID` when the text does not have the hash.
    pub fn find(&self, naming: Naming<'_>) -> Result<Arc<str>> {
        if let Some(id) = naming.document_id {
            let untrusted = || Error::invalid(ErrorCode::UntrustedDocument, "documentId");
            return self.trusted.get(id).cloned().ok_or_else(untrusted);
        }
        let text = match (naming.query.filter(|query| !query.trim().is_empty()), naming.persisted_hash) {
            (Some(query), None) => Arc::from(query),
            (Some(query), Some(wanted)) if hash(query) == wanted.to_ascii_lowercase() => Arc::from(query),
            (Some(_), Some(_)) => {
                return Err(Error::invalid(ErrorCode::Invalid, "extensions.persistedQuery.sha256Hash"));
            }
            (None, Some(wanted)) => self.remembered(&wanted.to_ascii_lowercase())?,
            (None, None) => return Err(Error::invalid(ErrorCode::Required, "query")),
        };
        if self.only_trusted && !self.trusted.contains_key(&hash(&text)) {
            return Err(Error::invalid(ErrorCode::UntrustedDocument, "query"));
        }
        Ok(text)
    }

    fn remembered(&self, wanted: &str) -> Result<Arc<str>> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.trusted.get(wanted).or_else(|| remembered.documents.get(wanted)).cloned();
        found.ok_or_else(|| Error::invalid(ErrorCode::PersistedQueryNotFound, "extensions.persistedQuery"))
    }

    /// Remembers a document that a client sent with its hash and that passed the guard. The oldest are forgotten.
    pub fn remember(&self, document: &Arc<str>) {
        let name = hash(document);
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.documents.insert(name.clone(), Arc::clone(document)).is_some() {
            return;
        }
        remembered.bytes += document.len();
        remembered.order.push_back(name);
        while remembered.order.len() > MAX_DOCUMENTS || remembered.bytes > MAX_BYTES {
            let Some(oldest) = remembered.order.pop_front() else { break };
            let forgotten = remembered.documents.remove(&oldest).map_or(0, |document| document.len());
            remembered.bytes = remembered.bytes.saturating_sub(forgotten);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn code(result: Result<Arc<str>>) -> ErrorCode {
        result.unwrap_err().code()
    }

    #[test]
    fn a_document_is_found_by_its_hash_once_it_was_sent() {
        let documents = Documents::default();
        let name = hash("{ a }");
        let by_hash = Naming { persisted_hash: Some(&name), ..Naming::default() };
        assert_eq!(code(documents.find(by_hash)), ErrorCode::PersistedQueryNotFound);
        let text = documents.find(Naming { query: Some("{ a }"), ..by_hash }).unwrap();
        documents.remember(&text);
        assert_eq!(&*documents.find(by_hash).unwrap(), "{ a }");
    }

    #[test]
    fn a_wrong_hash_cannot_poison_the_cache() {
        let name = hash("{ a }");
        let naming = Naming { query: Some("{ b }"), persisted_hash: Some(&name), document_id: None };
        assert_eq!(code(Documents::default().find(naming)), ErrorCode::Invalid);
    }

    #[test]
    fn only_trusted_documents_run_when_the_operator_says_so() {
        let documents = Documents::trusting(["{ a }".to_owned()], true);
        let name = hash("{ a }");
        assert!(documents.find(Naming { document_id: Some(&name), ..Naming::default() }).is_ok());
        assert!(documents.find(Naming { persisted_hash: Some(&name), ..Naming::default() }).is_ok());
        assert!(documents.find(Naming { query: Some("{ a }"), ..Naming::default() }).is_ok());
        assert_eq!(
            code(documents.find(Naming { query: Some("{ b }"), ..Naming::default() })),
            ErrorCode::UntrustedDocument
        );
        assert_eq!(
            code(documents.find(Naming { document_id: Some("x"), ..Naming::default() })),
            ErrorCode::UntrustedDocument
        );
        assert_eq!(code(documents.find(Naming::default())), ErrorCode::Required);
    }

    #[test]
    fn memory_is_bounded() {
        let documents = Documents::default();
        for index in 0..MAX_DOCUMENTS + 50 {
            documents.remember(&format!("{{ a{index} {} }}", "b ".repeat(10_000)).into());
        }
        let remembered = documents.remembered.lock().unwrap();
        assert!(remembered.bytes <= MAX_BYTES);
        assert_eq!(remembered.documents.len(), remembered.order.len());
    }
}
