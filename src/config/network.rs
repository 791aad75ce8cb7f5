//! Addresses of proxies, alone or as a block.

use std::net::IpAddr;
use std::str::FromStr;

/// A block of addresses in CIDR notation (RFC 4632), such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: u128,
    bits: u32,
    is_v4: bool,
}

impl Network {
    /// Whether an address lies in the block. An IPv4 address mapped into IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let (value, is_v4, width) = number(address.to_canonical());
        let shift = width - self.bits;
        is_v4 == self.is_v4 && value.checked_shr(shift).unwrap_or(0) == self.base.checked_shr(shift).unwrap_or(0)
    }
}

fn number(address: IpAddr) -> (u128, bool, u32) {
    match address {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)), true, 32),
        IpAddr::V6(v6) => (u128::from(v6), false, 128),
    }
}

/// The text is neither an address nor a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address or block of addresses")]
pub struct ParseNetworkError;

impl FromStr for Network {
    type Err = ParseNetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().map_err(|_| ParseNetworkError)?)),
            None => (text, None),
        };
        let (base, is_v4, width) = number(address.parse::<IpAddr>().map_err(|_| ParseNetworkError)?);
        let bits = bits.unwrap_or(width);
        if bits > width {
            return Err(ParseNetworkError);
        }
        Ok(Self { base, bits, is_v4 })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_block_holds_its_own_addresses_only() {
        let inside = |block: &str, address: &str| block.parse::<Network>().unwrap().contains(address.parse().unwrap());
        assert!(inside("10.0.0.0/8", "10.255.0.1"));
        assert!(!inside("10.0.0.0/8", "11.0.0.1"));
        assert!(inside("127.0.0.1", "127.0.0.1"));
        assert!(!inside("127.0.0.1", "127.0.0.2"));
        assert!(inside("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(inside("0.0.0.0/0", "203.0.113.9"));
        assert!(!inside("0.0.0.0/0", "2001:db8::1"));
        assert!(inside("2001:db8::/32", "2001:db8:ffff::1"));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/-1", "localhost"] {
            assert_eq!(text.parse::<Network>(), Err(ParseNetworkError), "{text}");
        }
    }
}
