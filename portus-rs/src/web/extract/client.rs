//! Where a request comes from, and how it was sent, as far as proxies may be believed.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::{HttpRequest, http::header::HeaderMap};

use crate::config::TrustedProxies;

/// The client's address: the right-most one that is no trusted proxy. What an untrusted peer claims counts for
/// nothing.
pub fn address(request: &HttpRequest, proxies: &TrustedProxies) -> IpAddr {
    // Only a Unix socket has no peer address, and only this machine reaches it.
    let peer = request
        .peer_addr()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.ip());
    forwarded(peer, request.headers(), proxies)
}

fn forwarded(peer: IpAddr, headers: &HeaderMap, proxies: &TrustedProxies) -> IpAddr {
    let mut client = peer;
    let claims: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for claim in claims.into_iter().rev() {
        if !proxies.contains(client) {
            break;
        }
        match parse(claim.trim()) {
            Some(address) => client = address,
            None => break,
        }
    }
    client
}

/// The name of the program, as far as it says one.
pub fn agent(request: &HttpRequest) -> &str {
    request
        .headers()
        .get(actix_web::http::header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// An address with or without port or brackets.
fn parse(text: &str) -> Option<IpAddr> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|it| it.ip()))
        .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

/// Whether the client used TLS, with us or with a trusted proxy.
pub fn is_secure(request: &HttpRequest, proxies: &TrustedProxies) -> bool {
    if request.app_config().secure() {
        return true;
    }
    let peer = request
        .peer_addr()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.ip());
    let header = |name| {
        let value = request.headers().get(name)?;
        value.to_str().ok()
    };
    proxies.contains(peer)
        && (header("x-forwarded-proto").is_some_and(|it| it.eq_ignore_ascii_case("https"))
            || header("x-forwarded-ssl").is_some_and(|it| it.eq_ignore_ascii_case("on")))
}

/// The host that a trusted proxy says the client asked for.
pub fn forwarded_host<'a>(request: &'a HttpRequest, proxies: &TrustedProxies) -> Option<&'a str> {
    let peer = request
        .peer_addr()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.ip());
    let value = request.headers().get("x-forwarded-host")?.to_str().ok()?;
    proxies
        .contains(peer)
        .then(|| value.rsplit(',').next().unwrap_or_default().trim())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn client(peer: &str, forwarded_for: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.append(
            HeaderName::from_static("x-forwarded-for"),
            HeaderValue::from_str(forwarded_for).unwrap(),
        );
        forwarded(peer.parse().unwrap(), &headers, &TrustedProxies::default()).to_string()
    }

    #[test]
    fn a_strangers_claim_counts_for_nothing() {
        assert_eq!(client("203.0.113.9", "198.51.100.1"), "203.0.113.9");
    }

    #[test]
    fn the_right_most_address_outside_the_proxies_is_the_client() {
        assert_eq!(client("127.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(
            client("127.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.3"),
            "198.51.100.1"
        );
        assert_eq!(client("10.1.2.3", "nonsense"), "10.1.2.3");
        assert_eq!(client("127.0.0.1", "[2001:db8::1]:443"), "2001:db8::1");
    }
}
