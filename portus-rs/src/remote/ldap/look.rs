//! What `ldap:check` wants to know of the server and its certificate.

use openssl::{
    asn1::Asn1Time,
    nid::Nid,
    x509::{X509, X509NameRef},
};

use super::{Directory, Result, connection::Connection};

/// A server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub subject: String,
    pub issuer: String,
    /// When it ends, as OpenSSL writes it.
    pub not_after: String,
    /// Until then.
    pub days: i32,
}

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Name and version, if it tells.
    pub vendor: Option<String>,
    pub active_directory: bool,
    pub paged_results: bool,
    pub naming_contexts: Vec<String>,
}

impl Directory {
    /// Opens a connection, as every step begins, and shows the certificate of an encrypted one.
    pub async fn look_at_connection(&self) -> Result<Option<Certificate>> {
        let mut connection = Connection::open(&self.address).await?;
        let der = match self.settings.encryption {
            crate::config::LdapEncryption::None => None,
            _ => connection.certificate().await?,
        };
        Ok(der.and_then(|der| Certificate::read(&der)))
    }

    /// Logs in as every search does.
    pub async fn look_at_account(&self) -> Result<()> {
        let mut connection = Connection::open(&self.address).await?;
        self.log_in(&mut connection).await
    }

    pub async fn look_at_server(&self) -> Result<Server> {
        let root = self.root().await?;
        let able = root.all("supportedControl");
        let vendor: Vec<&str> = ["vendorName", "vendorVersion"]
            .iter()
            .filter_map(|name| root.first(name))
            .collect();
        Ok(Server {
            vendor: (!vendor.is_empty()).then(|| vendor.join(" ")),
            active_directory: self.is_active_directory().await?,
            paged_results: able.iter().any(|it| it == "1.2.840.113556.1.4.319"),
            naming_contexts: root.all("namingContexts").to_vec(),
        })
    }
}

impl Certificate {
    fn read(der: &[u8]) -> Option<Self> {
        let certificate = X509::from_der(der).ok()?;
        let end = certificate.not_after();
        let days = Asn1Time::days_from_now(0).ok()?.diff(end).ok()?.days;
        Some(Self {
            subject: common_name(certificate.subject_name()),
            issuer: common_name(certificate.issuer_name()),
            not_after: end.to_string(),
            days,
        })
    }
}

fn common_name(name: &X509NameRef) -> String {
    let entry = name
        .entries_by_nid(Nid::COMMONNAME)
        .next()
        .or_else(|| name.entries().next());
    entry
        .and_then(|it| it.data().to_string().ok())
        .unwrap_or_else(|| "no name".to_owned())
}
