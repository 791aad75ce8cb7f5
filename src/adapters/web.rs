//! The client for calls to providers: rustls with Mozilla's roots, no redirects, a time-out over all.

use std::sync::Arc;
use std::time::Duration;

use domain::messaging::SendError;

/// A client whose calls take `timeout` at most. Error: it cannot be built.
pub(super) fn client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let client = reqwest::Client::builder().timeout(timeout).redirect(reqwest::redirect::Policy::none());
    let client = match tls {
        Ok(tls) => client.tls_backend_preconfigured(tls.with_root_certificates(roots).with_no_client_auth()),
        Err(_) => client,
    };
    client.build()
}

/// No answer. What failed may name an address with a secret; the kind of failure says enough.
pub(super) fn silent(error: &reqwest::Error) -> SendError {
    SendError::Temporary(if error.is_timeout() { "no answer in time" } else { "no connection" }.to_owned())
}

/// What a status says when nothing else does: a wrong key of ours, too many calls and their own troubles pass.
pub(super) fn refused(status: u16, reason: String) -> SendError {
    match status {
        401 | 403 | 408 | 409 | 425 | 429 | 500.. => SendError::Temporary(reason),
        _ => SendError::Permanent(reason),
    }
}
