//! Where HTTP is served, and whom to believe about the client.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;

use super::Values;
use super::key::{COUNT, Key, Kind, PORT, POSITIVE};

pub(super) const KEYS: &[Key] = &[
    Key::new("PORTUS_PUMA_HOST", Kind::Text, "0.0.0.0:3000", "Address and port to listen on."),
    Key::new("PORTUS_PUMA_TLS_KEY", Kind::File, "", "Private key (PEM); with it, TLS is served.")
        .legacy(&["PUMA_SSL_KEY"]),
    Key::new("PORTUS_PUMA_TLS_CERT", Kind::File, "", "Certificate chain (PEM) of that key.")
        .legacy(&["PUMA_SSL_CRT"]),
    Key::new(
        "PORTUS_PUMA_USE_UNIX_SOCKET",
        Kind::Boolean,
        "false",
        "Listen on a Unix socket instead.",
    ),
    Key::new("PORTUS_SOCKET_PATH", Kind::Path, "tmp/sockets/puma.sock", "Path of that socket.")
        .since("portus-rs"),
    Key::new(
        "PORTUS_PUMA_WORKERS",
        COUNT,
        "4",
        "With the next one: how many slow operations (password hashes, say) may run at once.",
    )
    .legacy(&["PUMA_WORKERS"]),
    Key::new("PORTUS_PUMA_MAX_THREADS", POSITIVE, "4", "Multiplied with the number of workers."),
    Key::new(
        "PORTUS_TRUSTED_PROXIES",
        Kind::List,
        "",
        "Proxies whose `X-Forwarded-*` headers count: addresses and networks, or `none`. Unset: loopback and private ranges.",
    )
    .since("portus-rs"),
    Key::new(
        "RAILS_RELATIVE_URL_ROOT",
        Kind::Text,
        "",
        "Path under which the service is reached, such as `/portus`.",
    ),
    Key::new("PORTUS_PUMA_DAEMONIZE", Kind::Text, "", "Run in the background.")
        .ignored("the process stays in the foreground; use a service manager"),
    Key::new("RAILS_SERVE_STATIC_FILES", Kind::Text, "", "Serve assets.").ignored("assets are always served"),
    Key::new("PUMA_IP", Kind::Text, "", "Address of the third-party image; use PORTUS_PUMA_HOST.").since("legacy"),
    Key::new("PUMA_PORT", PORT, "", "Port of the third-party image; use PORTUS_PUMA_HOST.")
        .since("legacy"),
    Key::new("PORT0", Kind::Text, "", "Port of the third-party image on Mesos, when PUMA_PORT is not set.")
        .since("legacy"),
    Key::new("PUMA_WORKER_TIMEOUT", Kind::Text, "", "Of the third-party image.")
        .since("legacy")
        .ignored("there are no worker processes"),
];

/// Where to listen.
#[derive(Debug, Clone)]
pub struct Listener {
    pub address: Address,
    pub tls: Option<TlsFiles>,
    /// Listen here instead of on `address`.
    pub unix_socket: Option<PathBuf>,
    pub trusted_proxies: TrustedProxies,
    /// Empty, or a path with a leading and without a trailing slash.
    pub url_root: String,
    /// Threads for work that would block the others.
    pub blocking_threads: usize,
}

/// A host, which may be a name, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Without brackets.
    pub host: String,
    pub port: u16,
}

impl Address {
    /// Reads `host`, `host:port` or `[v6]:port`.
    fn parse(text: &str, default_port: u16) -> Option<Self> {
        let text = text.trim();
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Some(Self {
                host: address.ip().to_string(),
                port: address.port(),
            });
        }
        if let Ok(ip) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Some(Self {
                host: ip.to_string(),
                port: default_port,
            });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (text, default_port),
        };
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        (!host.is_empty() && host.chars().all(name)).then(|| Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[derive(Debug, Clone)]
pub struct TlsFiles {
    pub key: PathBuf,
    pub cert: PathBuf,
}

/// Peers whose forwarded headers are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

const USUAL_PROXIES: &str = "127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7";

impl TrustedProxies {
    /// Reads addresses and networks, or the one word `none`. The error is the word at fault.
    fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let words: Vec<&str> = words.into_iter().collect();
        if let [word] = words.as_slice()
            && word.eq_ignore_ascii_case("none")
        {
            return Ok(Self(Vec::new()));
        }
        let network = |word: &str| {
            word.parse::<IpNet>()
                .or_else(|_| word.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| word.to_owned())
        };
        words
            .into_iter()
            .map(network)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub fn contains(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.0.iter().any(|network| network.contains(&peer))
    }
}

impl Default for TrustedProxies {
    fn default() -> Self {
        Self::parse(USUAL_PROXIES.split(',')).unwrap_or(Self(Vec::new()))
    }
}

/// Variables that only the third-party image of Portus 2.0 knew; with it, other ports are usual.
const THIRD_PARTY: &[&str] = &[
    "PUMA_IP",
    "PUMA_PORT",
    "PUMA_SSL_KEY",
    "PUMA_SSL_CRT",
    "PUMA_WORKERS",
    "SECRETS_SECRET_KEY_BASE",
    "SECRETS_ENCRYPTION_PRIVATE_KEY_PATH",
    "SECRETS_PORTUS_PASSWORD",
];

impl Listener {
    pub(super) fn read(values: &mut Values) -> Self {
        let tls = tls(values);
        if values.is_set("PORTUS_PUMA_DAEMONIZE") {
            values.warn(
                "PORTUS_PUMA_DAEMONIZE has no effect: the process stays in the foreground; use a service manager"
                    .to_owned(),
            );
        }
        let workers = values.number::<usize>("PORTUS_PUMA_WORKERS").max(1);
        Self {
            address: address(values, tls.is_some()),
            tls,
            unix_socket: values
                .flag("PORTUS_PUMA_USE_UNIX_SOCKET")
                .then(|| values.path("PORTUS_SOCKET_PATH"))
                .flatten(),
            trusted_proxies: trusted_proxies(values),
            url_root: url_root(values),
            blocking_threads: workers
                .saturating_mul(values.number("PORTUS_PUMA_MAX_THREADS"))
                .min(1024),
        }
    }
}

fn tls(values: &mut Values) -> Option<TlsFiles> {
    match (
        values.file("PORTUS_PUMA_TLS_KEY"),
        values.file("PORTUS_PUMA_TLS_CERT"),
    ) {
        (Some(key), Some(cert)) => Some(TlsFiles { key, cert }),
        // The third-party image served plain HTTP then.
        (Some(_), None) if !values.variable_is_set("PORTUS_PUMA_TLS_KEY") => {
            values.warn(
                "PUMA_SSL_KEY is set without PUMA_SSL_CRT, so TLS is off; set both or neither"
                    .to_owned(),
            );
            None
        }
        (Some(_), None) => {
            values.refuse(
                "PORTUS_PUMA_TLS_KEY",
                "needs its certificate: set PORTUS_PUMA_TLS_CERT too",
            );
            None
        }
        (None, Some(_)) => {
            values.warn(
                "PORTUS_PUMA_TLS_CERT is set without PORTUS_PUMA_TLS_KEY, so TLS is off; set both or neither"
                    .to_owned(),
            );
            None
        }
        (None, None) => None,
    }
}

fn address(values: &mut Values, tls: bool) -> Address {
    let third_party = THIRD_PARTY.iter().any(|name| values.variable_is_set(name));
    for name in ["PUMA_IP", "PUMA_PORT"] {
        if values.is_set(name) {
            values.warn(format!(
                "{name} is a former name; use PORTUS_PUMA_HOST=ADDRESS:PORT instead"
            ));
        }
    }
    let former_port = if third_party {
        let mesos = || {
            values
                .text("PORT0")
                .trim()
                .parse()
                .ok()
                .filter(|port| *port != 0)
        };
        values.maybe_number("PUMA_PORT").or_else(mesos)
    } else {
        None
    };
    let (name, text, usual_port) = if values.is_set("PORTUS_PUMA_HOST") {
        ("PORTUS_PUMA_HOST", values.text("PORTUS_PUMA_HOST"), 3000)
    } else {
        let ip = values
            .optional("PUMA_IP")
            .unwrap_or_else(|| "0.0.0.0".to_owned());
        let usual_port = match (third_party, tls) {
            (false, _) => 3000,
            (true, true) => 443,
            (true, false) => 80,
        };
        ("PUMA_IP", ip, usual_port)
    };
    let port = former_port.unwrap_or(usual_port);
    Address::parse(&text, port).unwrap_or_else(|| {
        values.refuse(
            name,
            "must be an address with or without a port, such as 0.0.0.0:3000 or [::]:3000",
        );
        Address {
            host: "0.0.0.0".to_owned(),
            port,
        }
    })
}

fn trusted_proxies(values: &mut Values) -> TrustedProxies {
    let words = values.list("PORTUS_TRUSTED_PROXIES");
    if words.is_empty() {
        return TrustedProxies::default();
    }
    TrustedProxies::parse(words.iter().map(String::as_str)).unwrap_or_else(|word| {
        values.refuse(
            "PORTUS_TRUSTED_PROXIES",
            &format!("contains '{word}'; write addresses and networks separated by commas (10.0.0.0/8), or none alone"),
        );
        TrustedProxies::default()
    })
}

fn url_root(values: &mut Values) -> String {
    let text = values.text("RAILS_RELATIVE_URL_ROOT");
    let path = text.trim().trim_matches('/');
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~' | '/');
    if !path.chars().all(fits)
        || path.split('/').any(|part| part == "." || part == "..")
        || path.contains("//")
    {
        values.refuse(
            "RAILS_RELATIVE_URL_ROOT",
            "must be a plain path such as /portus",
        );
        return String::new();
    }
    if path.is_empty() {
        String::new()
    } else {
        format!("/{path}")
    }
}
