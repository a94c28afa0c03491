//! The address of a client, which may stand behind proxies (threat T43).

use std::net::IpAddr;

use http::{HeaderMap, header::FORWARDED};
use ipnet::IpNet;

/// The networks whose word about a client's address is taken.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Trusts the proxies in `networks`.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// The client's address: the last one, counted from us, that no trusted proxy has. Anything
    /// before it in the headers is the client's own claim.
    pub fn client(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let mut address = peer.map(canonical)?;
        if self.0.is_empty() || !self.trusts(address) {
            return Some(address);
        }
        for named in chain(headers).into_iter().rev() {
            let Some(named) = named else {
                // An obfuscated or mangled name ends the chain that can be followed.
                break;
            };
            address = named;
            if !self.trusts(address) {
                break;
            }
        }
        Some(address)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// An IPv4 address in IPv6 clothes is the IPv4 address.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// The addresses that proxies have noted, nearest to the client first. `Forwarded` (RFC 7239)
/// counts before `X-Forwarded-For`, and only one of them, because a proxy that writes one may
/// pass the other on unread.
fn chain(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    if headers.contains_key(FORWARDED) {
        let elements = headers.get_all(FORWARDED).iter().flat_map(|value| {
            value.to_str().unwrap_or("?").split(',').map(forwarded_for).collect::<Vec<_>>()
        });
        return elements.collect();
    }
    let names = headers.get_all("x-forwarded-for").iter();
    names
        .flat_map(|value| value.to_str().unwrap_or("?").split(',').map(node).collect::<Vec<_>>())
        .collect()
}

/// The `for=` of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("for") {
            return None;
        }
        node(value.trim().trim_matches('"'))
    })
}

/// An address with or without a port and brackets.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(canonical(address));
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (address, _) = rest.split_once(']')?;
        return address.parse::<IpAddr>().ok().map(canonical);
    }
    let (address, port) = text.split_once(':')?;
    let is_port = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    is_port.then(|| address.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let proxies =
            TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        proxies.client(Some(peer.parse().unwrap()), &map).unwrap().to_string()
    }

    #[test]
    fn t43_a_header_counts_only_when_a_trusted_proxy_sends_it() {
        let claim = [("x-forwarded-for", "192.0.2.1")];
        assert_eq!(client("198.51.100.7", &claim), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &claim), "192.0.2.1");
        assert_eq!(client("fd00::1", &claim), "192.0.2.1");
        assert_eq!(client("::ffff:10.0.0.1", &claim), "192.0.2.1");
    }

    #[test]
    fn t43_what_the_client_wrote_before_the_proxies_is_not_believed() {
        for value in ["1.1.1.1, 192.0.2.1", "1.1.1.1,10.1.1.1, 192.0.2.1,10.2.2.2", "?, 192.0.2.1"]
        {
            assert_eq!(client("10.0.0.1", &[("x-forwarded-for", value)]), "192.0.2.1", "{value}");
        }
        let two = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "192.0.2.1")];
        assert_eq!(client("10.0.0.1", &two), "192.0.2.1");
    }

    #[test]
    fn t43_a_mangled_name_ends_the_chain() {
        for value in ["unknown", "192.0.2.1, _hidden", "192.0.2.1, 300.1.1.1", ""] {
            assert_eq!(client("10.0.0.1", &[("x-forwarded-for", value)]), "10.0.0.1", "{value}");
        }
    }

    #[test]
    fn both_headers_and_all_spellings_are_read() {
        for value in
            ["for=192.0.2.1", "proto=https;For=\"192.0.2.1:4711\"", "for=1.1.1.1, for=192.0.2.1"]
        {
            assert_eq!(client("10.0.0.1", &[("forwarded", value)]), "192.0.2.1", "{value}");
        }
        assert_eq!(client("10.0.0.1", &[("forwarded", "for=\"[2001:db8::7]:80\"")]), "2001:db8::7");
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", "192.0.2.1:80")]), "192.0.2.1");
        let both = [("forwarded", "for=192.0.2.1"), ("x-forwarded-for", "192.0.2.2")];
        assert_eq!(client("10.0.0.1", &both), "192.0.2.1");
    }
}
