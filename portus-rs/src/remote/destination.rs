//! What an address is, and where requests may go whose address ordinary people choose: webhooks.
//!
//! Decided over the URL when it is saved, and over the addresses that its host resolves to before each connection, which
//! must then go to one of those very addresses; a redirect is a new URL. Pure: nothing is resolved here.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ipnet::IpNet;
use url::{Host, Url};

use crate::{config::Webhooks, error::wordings};

#[cfg(test)]
mod tests;

/// Characters of a URL.
const LONGEST: usize = 2048;

/// Kinds of places that are kept from webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// This very machine.
    Loopback,
    /// Neighbours on the wire, and metadata services of clouds.
    LinkLocal,
    /// Where clouds tell machines their secrets.
    Metadata,
    /// Internal networks.
    Private,
    /// Everybody, nobody, or nothing that is in use.
    Unusable,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "loopback address",
            Self::LinkLocal => "link-local address",
            Self::Metadata => "cloud metadata address",
            Self::Private => "private address",
            Self::Unusable => "reserved address",
        })
    }
}

/// Why a request may not go there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No `http` or `https` URL with a host.
    #[error("is not a valid URL")]
    NoUrl,
    #[error("must not hold a user name or password: give them as username and password")]
    Credentials,
    #[error("{}", wordings::NOT_FOR_WEBHOOKS.with(&[place, &setting(*place)]))]
    Forbidden { place: Place },
}

fn setting(place: Place) -> &'static str {
    match place {
        Place::Private => "webhooks.allow_private or webhooks.allow_hosts",
        _ => "webhooks.allow_hosts",
    }
}

/// Reads an address as people write it: without a scheme it is `http`.
pub fn read(text: &str) -> Result<Url, Refusal> {
    let text = with_scheme(text);
    // URLs are read leniently: what would be dropped silently is refused instead.
    let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    if text.len() > LONGEST || text.contains(odd) {
        return Err(Refusal::NoUrl);
    }
    let url = Url::parse(&text).map_err(|_| Refusal::NoUrl)?;
    let host = url.host_str().unwrap_or_default();
    if !matches!(url.scheme(), "http" | "https") || host.trim_matches('.').is_empty() {
        return Err(Refusal::NoUrl);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::Credentials);
    }
    Ok(url)
}

/// The text with `http://` where it has no scheme.
pub fn with_scheme(text: &str) -> String {
    let text = text.trim();
    if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    }
}

/// Whether a request may go to this URL, as far as the URL itself tells: addresses in any notation, and names that
/// mean such addresses everywhere.
pub fn check_url(url: &Url, rules: &Webhooks) -> Result<(), Refusal> {
    let (place, address) = match url.host() {
        None => return Err(Refusal::NoUrl),
        Some(Host::Domain(name)) => (place_of_name(name), None),
        Some(Host::Ipv4(address)) => (place_of(address.into()), Some(address.into())),
        Some(Host::Ipv6(address)) => (place_of(address.into()), Some(address.into())),
    };
    judge(url, place, address, rules)
}

/// Whether a request for this URL may connect to an address that its host resolved to.
pub fn check_address(url: &Url, address: IpAddr, rules: &Webhooks) -> Result<(), Refusal> {
    check_url(url, rules)?;
    judge(url, place_of(address), Some(address), rules)
}

/// Whether an exception names this URL's host, as far as the URL itself tells.
pub fn is_exception(url: &Url, rules: &Webhooks) -> bool {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => Some(address.into()),
        Some(Host::Ipv6(address)) => Some(address.into()),
        _ => None,
    };
    is_named(url, address, &rules.allow_hosts)
}

fn judge(
    url: &Url,
    place: Option<Place>,
    address: Option<IpAddr>,
    rules: &Webhooks,
) -> Result<(), Refusal> {
    let Some(place) = place else { return Ok(()) };
    let open = place == Place::Private && rules.allow_private;
    if open || is_named(url, address, &rules.allow_hosts) {
        Ok(())
    } else {
        Err(Refusal::Forbidden { place })
    }
}

/// Whether an exception names the URL's host, or this address, or a network around it.
fn is_named(url: &Url, address: Option<IpAddr>, exceptions: &[String]) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = plain_name(host);
    exceptions.iter().any(|exception| {
        let exception = plain_name(exception);
        let network = exception
            .parse::<IpNet>()
            .or_else(|_| exception.parse::<IpAddr>().map(IpNet::from));
        match (network, address) {
            (Ok(network), Some(address)) => {
                network.contains(&address) || network.contains(&address.to_canonical())
            }
            (Ok(_), None) => false,
            (Err(_), _) => exception.eq_ignore_ascii_case(host),
        }
    })
}

/// A host without brackets and without the dot at its end.
fn plain_name(host: &str) -> &str {
    let host = host.trim();
    let inner = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let host = inner.unwrap_or(host);
    host.strip_suffix('.').unwrap_or(host)
}

fn place_of_name(name: &str) -> Option<Place> {
    let name = plain_name(name).to_ascii_lowercase();
    let ends = |tail: &str| name == tail || name.ends_with(&format!(".{tail}"));
    let loopback = [
        "localhost",
        "localhost.localdomain",
        "ip6-localhost",
        "ip6-loopback",
    ];
    let metadata = [
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "instance-data",
        "instance-data.ec2.internal",
    ];
    if loopback.into_iter().any(ends) {
        Some(Place::Loopback)
    } else if metadata.contains(&name.as_str()) {
        Some(Place::Metadata)
    } else {
        None
    }
}

/// What an address is, if not one of the wide world's.
pub fn place_of(address: IpAddr) -> Option<Place> {
    match address {
        IpAddr::V4(address) => place_of_v4(address),
        IpAddr::V6(address) => place_of_v6(address),
    }
}

fn place_of_v4(address: Ipv4Addr) -> Option<Place> {
    // Alibaba's, Azure's and Oracle's services; those of the others are link-local.
    const METADATA: [[u8; 4]; 3] = [[100, 100, 100, 200], [168, 63, 129, 16], [192, 0, 0, 192]];
    let octets = address.octets();
    if METADATA.contains(&octets) || octets == [169, 254, 169, 254] {
        return Some(Place::Metadata);
    }
    Some(match octets {
        [127 | 0, ..] => Place::Loopback,
        [169, 254, ..] => Place::LinkLocal,
        [10, ..]
        | [172, 16..=31, ..]
        | [192, 168, ..]
        | [100, 64..=127, ..]
        | [198, 18..=19, ..] => Place::Private,
        [192, 0, 0, _] | [224..=255, ..] => Place::Unusable,
        _ => return None,
    })
}

fn place_of_v6(address: Ipv6Addr) -> Option<Place> {
    if address.is_loopback() || address.is_unspecified() {
        return Some(Place::Loopback);
    }
    let parts = address.segments();
    // Amazon's and Google's.
    if parts == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]
        || parts == [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254]
    {
        return Some(Place::Metadata);
    }
    if let Some(inner) = inner_v4(parts) {
        return place_of_v4(inner);
    }
    Some(match parts[0] {
        0xfe80..=0xfebf => Place::LinkLocal,
        0xfc00..=0xfdff | 0xfec0..=0xfeff => Place::Private,
        0xff00..=0xffff => Place::Unusable,
        // NAT64 of a network's own.
        0x64 if parts[1] == 0xff9b => Place::Private,
        _ => return None,
    })
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, translated, 6to4 or Teredo.
fn inner_v4(parts: [u16; 8]) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low));
    match parts {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(join(high, low)),
        [0x2001, 0, .., high, low] => Some(join(!high, !low)),
        _ => None,
    }
}
