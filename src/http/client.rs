//! Who is at the other end of the connection.

use std::net::IpAddr;

use actix_web::HttpRequest;

use crate::config::Network;

/// Most hops of a forwarding chain that are looked at.
const MOST_HOPS: usize = 32;

/// The client's network address. `X-Forwarded-For` is believed only as far as trusted proxies wrote it: from the right,
/// the first address that is no trusted proxy.
pub(crate) fn address(request: &HttpRequest, trusted: &[Network]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    let chain = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    Some(client(peer, &chain.collect::<Vec<_>>().join(","), trusted))
}

fn client(peer: IpAddr, chain: &str, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer;
    for hop in chain.rsplit(',').take(MOST_HOPS) {
        if !is_trusted(client) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(address) => client = address.to_canonical(),
            Err(_) => break,
        }
    }
    client
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn only_trusted_proxies_may_name_the_client() {
        let trusted: Vec<Network> = vec!["10.0.0.0/8".parse().unwrap()];
        let seen = |peer: &str, chain: &str| client(peer.parse().unwrap(), chain, &trusted).to_string();
        assert_eq!(seen("203.0.113.9", "1.2.3.4"), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", "1.2.3.4"), "1.2.3.4");
        assert_eq!(seen("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2"), "1.2.3.4");
        assert_eq!(seen("10.0.0.1", "6.6.6.6, nonsense"), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", ""), "10.0.0.1");
        assert_eq!(client("10.0.0.1".parse().unwrap(), "1.2.3.4", &[]).to_string(), "10.0.0.1");
    }
}
