use proptest::prelude::*;

use super::*;

fn rules(allow_private: bool, allow_hosts: &[&str]) -> Webhooks {
    Webhooks {
        allow_private,
        allow_hosts: allow_hosts.iter().map(|&host| host.to_owned()).collect(),
    }
}

fn check(text: &str, rules: &Webhooks) -> Result<(), Refusal> {
    check_url(&read(text)?, rules)
}

/// URLs as people and attackers write them, and what they lead to.
const URLS: &[(&str, Option<Place>)] = &[
    ("https://hooks.example.com/services/1", None),
    ("http://93.184.216.34/", None),
    ("http://[2606:2800:220:1:248:1893:25c8:1946]/", None),
    ("http://8.8.8.8.example.com/", None),
    ("http://localhost.example.com/", None),
    ("http://127.0.0.1/", Some(Place::Loopback)),
    ("http://127.8.9.10:9000/x", Some(Place::Loopback)),
    ("http://127.1/", Some(Place::Loopback)),
    ("http://2130706433/", Some(Place::Loopback)),
    ("http://017700000001/", Some(Place::Loopback)),
    ("http://0x7f000001/", Some(Place::Loopback)),
    ("http://0x7f.1/", Some(Place::Loopback)),
    ("http://0177.0.0.1/", Some(Place::Loopback)),
    ("http://127.0.0.1./", Some(Place::Loopback)),
    ("http://%31%32%37.0.0.1/", Some(Place::Loopback)),
    ("http://①②⑦.⓪.⓪.①/", Some(Place::Loopback)),
    ("http://127。0。0。1/", Some(Place::Loopback)),
    ("http://0.0.0.0/", Some(Place::Loopback)),
    ("http://0/", Some(Place::Loopback)),
    ("http://localhost/", Some(Place::Loopback)),
    ("http://LOCALHOST.:80/", Some(Place::Loopback)),
    ("http://api.localhost/", Some(Place::Loopback)),
    ("http://[::1]/", Some(Place::Loopback)),
    ("http://[0:0:0:0:0:0:0:1]/", Some(Place::Loopback)),
    ("http://[::]/", Some(Place::Loopback)),
    ("http://[::ffff:127.0.0.1]/", Some(Place::Loopback)),
    ("http://[::ffff:7f00:1]/", Some(Place::Loopback)),
    ("http://[::127.0.0.1]/", Some(Place::Loopback)),
    ("http://[64:ff9b::7f00:1]/", Some(Place::Loopback)),
    ("http://[2002:7f00:1::]/", Some(Place::Loopback)),
    ("http://[2001:0:1:2:3:4:80ff:fffe]/", Some(Place::Loopback)),
    ("http://169.254.1.1/", Some(Place::LinkLocal)),
    (
        "http://169.254.169.254/latest/meta-data/",
        Some(Place::Metadata),
    ),
    ("http://2852039166/", Some(Place::Metadata)),
    ("http://0xa9.0xfe.0xa9.0xfe/", Some(Place::Metadata)),
    ("http://[::ffff:a9fe:a9fe]/", Some(Place::Metadata)),
    ("http://100.100.100.200/", Some(Place::Metadata)),
    ("http://168.63.129.16/", Some(Place::Metadata)),
    ("http://metadata.google.internal/", Some(Place::Metadata)),
    ("http://[fd00:ec2::254]/", Some(Place::Metadata)),
    ("http://[fe80::1]/", Some(Place::LinkLocal)),
    ("http://10.0.0.1/", Some(Place::Private)),
    ("http://172.16.0.1/", Some(Place::Private)),
    ("http://172.32.0.1/", None),
    ("http://192.168.1.1/", Some(Place::Private)),
    ("http://100.64.0.1/", Some(Place::Private)),
    ("http://[fd12::1]/", Some(Place::Private)),
    ("http://[::ffff:10.0.0.1]/", Some(Place::Private)),
    ("http://255.255.255.255/", Some(Place::Unusable)),
    ("http://224.0.0.1/", Some(Place::Unusable)),
    ("http://[ff02::1]/", Some(Place::Unusable)),
];

#[test]
fn webhooks_reach_the_world_and_nothing_near() {
    let strict = rules(false, &[]);
    for (text, place) in URLS {
        let expected = place.map_or(Ok(()), |place| Err(Refusal::Forbidden { place }));
        assert_eq!(check(text, &strict), expected, "{text}");
    }
}

#[test]
fn private_ranges_are_a_setting_and_nothing_else_is() {
    let lenient = rules(true, &[]);
    for (text, place) in URLS {
        let expected = match place {
            None | Some(Place::Private) => Ok(()),
            Some(place) => Err(Refusal::Forbidden { place: *place }),
        };
        assert_eq!(check(text, &lenient), expected, "{text}");
    }
}

#[test]
fn exceptions_name_hosts_addresses_and_networks() {
    let named = rules(
        false,
        &["localhost", "127.0.0.1", "[::1]", "10.2.0.0/16", "sink.lan"],
    );
    for text in [
        "http://localhost:1/",
        "http://LocalHost./",
        "http://127.0.0.1:8080/",
        "http://2130706433/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://10.2.3.4/",
    ] {
        assert_eq!(check(text, &named), Ok(()), "{text}");
    }
    for text in [
        "http://127.0.0.2/",
        "http://api.localhost/",
        "http://10.3.0.1/",
    ] {
        assert!(check(text, &named).is_err(), "{text}");
    }
    let address =
        |text: &str, to: &str| check_address(&read(text).unwrap(), to.parse().unwrap(), &named);
    assert_eq!(address("http://sink.lan/", "192.168.7.7"), Ok(()));
    assert_eq!(address("http://other.lan/", "127.0.0.1"), Ok(()));
    assert!(address("http://other.lan/", "192.168.7.7").is_err());
}

#[test]
fn a_harmless_name_that_resolves_to_a_near_address_is_refused() {
    let strict = rules(true, &[]);
    let url = read("https://rebind.example.com/").unwrap();
    let to = |address: &str| check_address(&url, address.parse().unwrap(), &strict);
    assert_eq!(to("93.184.216.34"), Ok(()));
    assert_eq!(to("10.0.0.1"), Ok(()));
    for near in [
        "127.0.0.1",
        "::1",
        "169.254.169.254",
        "::ffff:127.0.0.1",
        "fe80::1",
    ] {
        assert!(to(near).is_err(), "{near}");
    }
}

#[test]
fn what_is_no_address_of_the_web_is_refused() {
    for text in [
        "",
        "http://",
        "https:///",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "javascript:alert(1)",
        "http://exa mple.com/",
        "http://example.com\\@127.0.0.1/",
        "http://example.com/\r\nX-Injected: 1",
        "http://[::1",
        "http://999.1.1.1/",
        "http://./",
    ] {
        assert_eq!(read(text), Err(Refusal::NoUrl), "{text:?}");
    }
    for text in [
        "http://u:p@example.com/",
        "https://u@example.com/",
        "mailto:a@example.com",
    ] {
        assert_eq!(read(text), Err(Refusal::Credentials), "{text:?}");
    }
    assert_eq!(
        read("example.com/x").unwrap().as_str(),
        "http://example.com/x"
    );
    assert_eq!(
        read(" example.com:8080 ").unwrap().as_str(),
        "http://example.com:8080/"
    );
    let long = format!("http://example.com/{}", "x".repeat(LONGEST));
    assert_eq!(read(&long), Err(Refusal::NoUrl));
}

proptest! {
    #[test]
    fn no_notation_of_loopback_gets_through(a in any::<u8>(), b in any::<u8>(), c in any::<u8>()) {
        let address = Ipv4Addr::new(127, a, b, c);
        let bits = address.to_bits();
        let strict = rules(true, &[]);
        for host in [
            address.to_string(),
            bits.to_string(),
            format!("{bits:#x}"),
            format!("0{bits:o}"),
            format!("0x7f.{a}.{:#x}", bits & 0xffff),
            format!("0177.0{a:o}.0{b:o}.0{c:o}"),
            format!("[::ffff:{address}]"),
            format!("[64:ff9b::{address}]"),
        ] {
            let refused = Err(Refusal::Forbidden { place: Place::Loopback });
            prop_assert_eq!(check(&format!("http://{host}/"), &strict), refused, "{}", host);
        }
    }

    #[test]
    fn reading_never_panics(text in "\\PC{0,60}") {
        let _ = check(&text, &rules(true, &["10.0.0.0/8"]));
    }
}
