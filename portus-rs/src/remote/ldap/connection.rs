//! One connection: opened, encrypted, bound; and each thing asked on it within a time. The library panics over what it
//! cannot read, so everything runs in tasks of its own, where that is an answer like any other.

use std::{
    collections::HashMap,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use ldap3::{
    Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, Scope, SearchEntry,
    SearchOptions, SearchResult, StdStream,
    controls::{Control, ControlType, PagedResults},
};
use native_tls::{Certificate, Protocol, TlsConnector};
use tokio::{
    net::TcpStream,
    task::{JoinHandle, JoinSet},
    time::timeout,
};
use url::Url;

use super::fault::Fault;
use crate::config::{LdapEncryption, MinTls};

type Result<T, E = Fault> = std::result::Result<T, E>;

/// Entries of one page.
const PAGE: i32 = 500;

/// Where the server is, and how to speak to it.
pub(super) struct Address {
    host: String,
    port: u16,
    encryption: LdapEncryption,
    tls: Option<TlsConnector>,
    /// For connecting, and for each answer.
    pub patience: Duration,
}

impl Address {
    /// `authorities` are trusted besides the system's own, unless `only` names a file that is to be trusted alone.
    pub fn new(settings: &crate::config::Ldap, authorities: &[PathBuf]) -> anyhow::Result<Self> {
        let tls = match settings.encryption {
            LdapEncryption::None => None,
            _ => Some(connector(settings, authorities)?),
        };
        let address = Self {
            host: settings.hostname.trim().to_owned(),
            port: settings.port,
            encryption: settings.encryption,
            tls,
            patience: settings.timeout,
        };
        Url::parse(&address.url())
            .with_context(|| format!("ldap.hostname: '{}' is no host name", address.host))?;
        Ok(address)
    }

    /// `ldap://host:port`, as people write it.
    pub fn url(&self) -> String {
        let scheme = match self.encryption {
            LdapEncryption::SimpleTls => "ldaps",
            _ => "ldap",
        };
        if self.host.contains(':') && !self.host.starts_with('[') {
            format!("{scheme}://[{}]:{}", self.host, self.port)
        } else {
            format!("{scheme}://{}:{}", self.host, self.port)
        }
    }
}

fn connector(
    settings: &crate::config::Ldap,
    authorities: &[PathBuf],
) -> anyhow::Result<TlsConnector> {
    let mut builder = TlsConnector::builder();
    builder.min_protocol_version(Some(match settings.min_tls {
        MinTls::V1_2 => Protocol::Tlsv12,
        MinTls::V1_3 => Protocol::Tlsv13,
    }));
    let trusted: &[PathBuf] = match &settings.ca_file {
        Some(file) => {
            builder.disable_built_in_roots(true);
            std::slice::from_ref(file)
        }
        None => authorities,
    };
    for file in trusted {
        let pem = std::fs::read(file)
            .with_context(|| format!("cannot read the certificates in {}", file.display()))?;
        let found = Certificate::stack_from_pem(&pem).unwrap_or_default();
        if found.is_empty() && settings.ca_file.is_some() {
            bail!(
                "ldap.encryption.options.ca_file: {} holds no certificate in PEM",
                file.display()
            );
        }
        for certificate in found {
            builder.add_root_certificate(certificate);
        }
    }
    builder.build().context("cannot set up TLS for LDAP")
}

/// An entry, with the names of its attributes in lower case.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub dn: String,
    attributes: HashMap<String, Vec<String>>,
}

impl Entry {
    fn new(found: SearchEntry) -> Self {
        let attributes = found
            .attrs
            .into_iter()
            .map(|(name, values)| (name.to_ascii_lowercase(), values))
            .collect();
        Self {
            dn: found.dn,
            attributes,
        }
    }

    /// The values of an attribute, in whatever case it is written.
    pub fn all(&self, name: &str) -> &[String] {
        self.attributes
            .get(&name.to_ascii_lowercase())
            .map_or(&[], Vec::as_slice)
    }

    pub fn first(&self, name: &str) -> Option<&str> {
        self.all(name).first().map(String::as_str)
    }
}

/// What to look for.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub base: String,
    pub scope: Scope,
    pub filter: String,
    pub attributes: Vec<String>,
    /// No more than so many entries; `None` for all, page by page.
    pub most: Option<i32>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub entries: Vec<Entry>,
    /// There are more than were asked for.
    pub more: bool,
}

/// An open connection. It ends with this value.
pub(super) struct Connection {
    ldap: Ldap,
    driver: JoinHandle<Result<(), LdapError>>,
    patience: Duration,
    pub opened: Instant,
    pub used: Instant,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    pub async fn open(address: &Address) -> Result<Self> {
        let patience = address.patience;
        let stream = connect(address).await?;
        let mut settings = LdapConnSettings::new()
            .set_starttls(address.encryption == LdapEncryption::StartTls)
            .set_std_stream(StdStream::Tcp(stream));
        if let Some(tls) = &address.tls {
            settings = settings.set_connector(tls.clone());
        }
        let url =
            Url::parse(&address.url()).map_err(|error| Fault::UnknownHost(error.to_string()))?;
        let what = match address.encryption {
            LdapEncryption::None => "the connection",
            LdapEncryption::SimpleTls => "the TLS handshake",
            LdapEncryption::StartTls => "StartTLS",
        };
        let opening = in_task(patience, what, async move {
            LdapConnAsync::from_url_with_settings(settings, &url).await
        });
        let (connection, ldap) = match opening.await? {
            Ok(opened) => opened,
            Err(LdapError::LdapResult { result }) => {
                return Err(Fault::NoStartTls(
                    super::fault::Answer::of(&result).to_string(),
                ));
            }
            Err(error) => {
                let fault = Fault::from_library(&error);
                return Err(match (fault, address.encryption) {
                    (Fault::Lost(said), LdapEncryption::StartTls) => Fault::NoStartTls(said),
                    (Fault::Lost(said), LdapEncryption::SimpleTls) => Fault::NoTls(said),
                    (fault, _) => fault,
                });
            }
        };
        let now = Instant::now();
        Ok(Self {
            ldap,
            driver: tokio::spawn(connection.drive()),
            patience,
            opened: now,
            used: now,
        })
    }

    /// The server's certificate, as DER.
    pub async fn certificate(&mut self) -> Result<Option<Vec<u8>>> {
        let mut ldap = self.ldap.clone();
        self.ask("the certificate", async move {
            ldap.get_peer_certificate().await
        })
        .await
    }

    /// A simple bind, with the server's answer. Never with an empty password: that would be an anonymous one, which
    /// servers call a success.
    pub async fn bind(&mut self, dn: &str, password: &str) -> Result<LdapResult> {
        let mut ldap = self.ldap.clone();
        let (dn, password) = (dn.to_owned(), password.to_owned());
        self.ask(
            "the bind",
            async move { ldap.simple_bind(&dn, &password).await },
        )
        .await
    }

    pub async fn search(&mut self, query: &Query) -> Result<Found> {
        let mut found = Found::default();
        let mut cookie = Vec::new();
        loop {
            let (entries, result, next) = self.page(query, cookie).await?;
            found.entries.extend(entries);
            cookie = next;
            match result.rc {
                0 => {}
                // More than asked for, which is an answer too.
                4 if query.most.is_some() => found.more = true,
                10 | 32 => {
                    return Err(Fault::NoBase {
                        base: query.base.clone(),
                        elsewhere: result.rc == 10,
                    });
                }
                _ => return Err(Fault::refused("the search", &result)),
            }
            if cookie.is_empty() || query.most.is_some() {
                return Ok(found);
            }
        }
    }

    async fn page(
        &mut self,
        query: &Query,
        cookie: Vec<u8>,
    ) -> Result<(Vec<Entry>, LdapResult, Vec<u8>)> {
        let mut ldap = self.ldap.clone();
        let query = query.clone();
        let seconds = i32::try_from(self.patience.as_secs()).unwrap_or(i32::MAX);
        self.ask("the search", async move {
            let mut options = SearchOptions::new().timelimit(seconds);
            match query.most {
                Some(most) => options = options.sizelimit(most),
                None => {
                    ldap.with_controls(PagedResults { size: PAGE, cookie });
                }
            }
            ldap.with_search_options(options);
            let SearchResult(entries, result) = ldap
                .search(&query.base, query.scope, &query.filter, query.attributes)
                .await?;
            let entries = entries
                .into_iter()
                .map(|it| Entry::new(SearchEntry::construct(it)))
                .collect();
            let next = next_page(&result);
            Ok((entries, result, next))
        })
        .await
    }

    async fn ask<T: Send + 'static>(
        &mut self,
        what: &'static str,
        work: impl Future<Output = Result<T, LdapError>> + Send + 'static,
    ) -> Result<T> {
        self.used = Instant::now();
        let fault = match in_task(self.patience, what, work).await? {
            Ok(answer) => return Ok(answer),
            Err(error) => Fault::from_library(&error),
        };
        if !matches!(fault, Fault::Lost(_)) {
            return Err(fault);
        }
        // The task that reads the connection has ended, and knows why.
        match timeout(Duration::from_millis(100), &mut self.driver).await {
            Ok(Ok(Err(error))) => Err(Fault::from_library(&error)),
            Ok(Err(end)) if end.is_panic() => Err(Fault::Garbage("unreadable".to_owned())),
            _ => Err(Fault::Lost("closed".to_owned())),
        }
    }
}

/// The value by which the server knows where the next page begins; empty after the last.
fn next_page(result: &LdapResult) -> Vec<u8> {
    result
        .ctrls
        .iter()
        .find_map(|control| match control {
            Control(Some(ControlType::PagedResults), raw) if raw.val.is_some() => {
                Some(raw.parse::<PagedResults>().cookie)
            }
            _ => None,
        })
        .unwrap_or_default()
}

async fn connect(address: &Address) -> Result<std::net::TcpStream> {
    let seconds = address.patience.as_secs();
    let silent = |what| move |_| Fault::Silent { what, seconds };
    let host = address.host.trim_matches(['[', ']']).to_owned();
    let found = timeout(
        address.patience,
        tokio::net::lookup_host((host, address.port)),
    )
    .await
    .map_err(silent("the question for the host's address"))?
    .map_err(|error| Fault::UnknownHost(error.to_string()))?;
    let places: Vec<_> = found.collect();
    let stream = timeout(address.patience, TcpStream::connect(&places[..]))
        .await
        .map_err(silent("the connection"))?
        .map_err(|error| Fault::NoConnection(error.to_string()))?;
    // A question is one small packet.
    let _ = stream.set_nodelay(true);
    stream
        .into_std()
        .map_err(|error| Fault::NoConnection(error.to_string()))
}

/// Runs it in a task that ends with the wait for it.
async fn in_task<T: Send + 'static>(
    patience: Duration,
    what: &'static str,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T> {
    let mut task = JoinSet::new();
    task.spawn(work);
    match timeout(patience, task.join_next()).await {
        Err(_) => Err(Fault::Silent {
            what,
            seconds: patience.as_secs(),
        }),
        Ok(Some(Ok(answer))) => Ok(answer),
        Ok(_) => Err(Fault::Garbage("unreadable".to_owned())),
    }
}
