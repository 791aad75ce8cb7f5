//! The client for calls to providers: rustls with Mozilla's roots, no redirects, a time-out over all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use domain::messaging::SendError;

/// A client whose calls take `timeout` at most. Error: it cannot be built.
pub(super) fn client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    builder(timeout).build()
}

/// A client that finds a host at these addresses and nowhere else, so that a name cannot lead elsewhere between the check
/// and the call. Error: it cannot be built.
pub(super) fn pinned(timeout: Duration, host: &str, at: &[SocketAddr]) -> Result<reqwest::Client, reqwest::Error> {
    builder(timeout).no_proxy().resolve_to_addrs(host, at).build()
}

fn builder(timeout: Duration) -> reqwest::ClientBuilder {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let client = reqwest::Client::builder().timeout(timeout).redirect(reqwest::redirect::Policy::none());
    match tls {
        Ok(tls) => client.tls_backend_preconfigured(tls.with_root_certificates(roots).with_no_client_auth()),
        Err(_) => client,
    }
}

/// Whether an address is one of the open internet: none of this machine, of private networks or of no use (RFC 6890).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_special = match first {
        0 | 10 | 127 => true,
        100 => (64..128).contains(&second),
        169 => second == 254,
        172 => (16..32).contains(&second),
        192 => second == 168 || (second == 0 && matches!(third, 0 | 2)) || (second == 88 && third == 99),
        198 => matches!(second, 18 | 19) || (second == 51 && third == 100),
        203 => second == 0 && third == 113,
        224.. => true,
        _ => false,
    };
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    if let Some(inner) = address.to_ipv4() {
        // Mapped and compatible addresses lead to the IPv4 address within.
        return is_public_v4(inner);
    }
    // 2000::/3 is what is given out; within it 2001::/23 and 2001:db8::/32 are special, 2002::/16 and 64:ff9b:: lead to IPv4.
    let is_given_out = first & 0xe000 == 0x2000;
    let is_special = (first == 0x2001 && (second < 0x0200 || second == 0x0db8)) || first == 0x2002 || first == 0x3fff;
    is_given_out && !is_special
}

/// No answer. What failed may name an address with a secret; the kind of failure says enough.
pub(super) fn silent(error: &reqwest::Error) -> SendError {
    SendError::Unreachable(if error.is_timeout() { "no answer in time" } else { "no connection" }.to_owned())
}

/// What a status says when nothing else does: a wrong key of ours, too many calls and their own troubles pass.
pub(super) fn refused(status: u16, reason: String) -> SendError {
    match status {
        401 | 403 | 408 | 409 | 425 | 429 | 500.. => SendError::Temporary(reason),
        _ => SendError::Permanent(reason),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn only_the_open_internet_is_public() {
        for address in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700::1", "2400:cb00::1"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "203.0.113.7",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }
}
