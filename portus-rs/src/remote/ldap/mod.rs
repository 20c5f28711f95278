//! The LDAP directory: who stands in it, whether a password is somebody's, and which groups there are. A login costs one
//! search and one bind, on connections that are kept. Referrals are not followed.

mod connection;
mod fault;
mod groups;
mod look;
mod names;
mod people;
mod pool;

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use ldap3::Scope;
use tokio::sync::OnceCell;

use crate::{
    config::{Config, Ldap},
    error::{Error, Result as AppResult},
};
use connection::{Address, Connection, Found, Query};
use pool::Pool;

pub use fault::Fault;
pub use groups::{Group, Members, Wanted};
pub use look::{Certificate, Server};
pub use names::dn_key;
pub use people::{Looked, Person};
pub use pool::SEATS;

type Result<T, E = Fault> = std::result::Result<T, E>;

/// After a failure to connect nobody waits for another one in this time.
const REST: Duration = Duration::from_secs(1);
/// The same where the bind account was refused: a directory locks accounts that try too often.
const LONG_REST: Duration = Duration::from_secs(10);
/// Longer passwords are nobody's, in bytes.
const LONGEST_PASSWORD: usize = 1024;

/// Speaks to the configured directory.
pub struct Directory {
    settings: Ldap,
    address: Address,
    /// Bound with the account for searches.
    searchers: Pool,
    /// Bound with whoever tried last, and used for nothing but the next try.
    binders: Pool,
    /// What a connection failed with lately, and until when that is the answer.
    resting: Mutex<Option<(Instant, Fault)>>,
    /// Whether it is Active Directory.
    microsoft: OnceCell<bool>,
}

/// What came of a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    Yes,
    /// Refused, with the server's reason for the log.
    No(String),
}

impl Directory {
    /// The directory, if one is configured.
    pub fn new(config: &Config) -> AppResult<Option<Self>> {
        let Some(settings) = &config.ldap else {
            return Ok(None);
        };
        let authorities = super::transport::authorities(config);
        let address = Address::new(settings, &authorities).map_err(Error::Internal)?;
        Ok(Some(Self {
            settings: settings.clone(),
            address,
            searchers: Pool::default(),
            binders: Pool::default(),
            resting: Mutex::default(),
            microsoft: OnceCell::new(),
        }))
    }

    pub fn settings(&self) -> &Ldap {
        &self.settings
    }

    /// `ldap://host:port`.
    pub fn url(&self) -> String {
        self.address.url()
    }

    /// How long it has for an answer.
    pub fn patience(&self) -> Duration {
        self.address.patience
    }

    /// Whether the server takes connections and the bind account.
    pub async fn reach(&self) -> Result<()> {
        let _seat = self.searchers.seat(&self.address).await?;
        let connection = self.open(true).await?;
        self.searchers.put(connection);
        Ok(())
    }

    /// Tries a person's password. What is no password at all is refused unasked: an empty one would be an anonymous
    /// bind, which is always a success, and some servers read no further than to the first NUL.
    pub async fn bind(&self, dn: &str, password: &str) -> Result<Bound> {
        if dn.is_empty() || !may_be_password(password) {
            return Ok(Bound::No("no password".to_owned()));
        }
        let _seat = self.binders.seat(&self.address).await?;
        let mut kept = self.binders.take();
        loop {
            let was_kept = kept.is_some();
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => self.open(false).await?,
            };
            match connection.bind(dn, password).await {
                Ok(result) => {
                    self.binders.put(connection);
                    return match result.rc {
                        0 => Ok(Bound::Yes),
                        // The name is gone, the account is closed or has no password, or the password is wrong or
                        // over: for none of them the server would say yes to the right one.
                        19 | 32 | 34 | 48 | 49 | 50 | 53 => {
                            Ok(Bound::No(fault::Answer::of(&result).to_string()))
                        }
                        _ => Err(Fault::refused("the bind", &result)),
                    };
                }
                // It had died while nobody looked.
                Err(Fault::Lost(_)) if was_kept => self.binders.clear(),
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Costs about as much as a wrong password, for a name that nobody has.
    pub async fn bind_nobody(&self, password: &str) -> Result<()> {
        let dn = match self.settings.base.as_str() {
            "" => "cn=portus-rs-nobody".to_owned(),
            base => format!("cn=portus-rs-nobody,{base}"),
        };
        self.bind(&dn, password).await.map(drop)
    }

    async fn search(&self, query: &Query) -> Result<Found> {
        let _seat = self.searchers.seat(&self.address).await?;
        let mut kept = self.searchers.take();
        loop {
            let was_kept = kept.is_some();
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => self.open(true).await?,
            };
            match connection.search(query).await {
                Ok(found) => {
                    self.searchers.put(connection);
                    return Ok(found);
                }
                Err(Fault::Lost(_)) if was_kept => self.searchers.clear(),
                Err(fault) => {
                    if !fault.breaks() {
                        self.searchers.put(connection);
                    }
                    return Err(fault);
                }
            }
        }
    }

    /// A new connection; for searches with the account for them.
    async fn open(&self, to_search: bool) -> Result<Connection> {
        if let Some(fault) = self.rests() {
            return Err(fault);
        }
        let opened = async {
            let mut connection = Connection::open(&self.address).await?;
            if to_search {
                self.log_in(&mut connection).await?;
            }
            Ok(connection)
        };
        opened.await.inspect_err(|fault| self.rest(fault))
    }

    async fn log_in(&self, connection: &mut Connection) -> Result<()> {
        let Some(account) = &self.settings.bind else {
            return Ok(());
        };
        let password = account.password.expose();
        if account.dn.is_empty() || password.is_empty() {
            return Err(Fault::AccountRefused(fault::Answer {
                code: 49,
                text: "name or password is empty".to_owned(),
            }));
        }
        let result = connection.bind(&account.dn, password).await?;
        match result.rc {
            0 => Ok(()),
            8 | 13 | 51 | 52 => Err(Fault::refused("the bind account", &result)),
            _ => Err(Fault::AccountRefused(fault::Answer::of(&result))),
        }
    }

    fn rests(&self) -> Option<Fault> {
        let resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        resting
            .as_ref()
            .filter(|(until, _)| Instant::now() < *until)
            .map(|(_, fault)| fault.clone())
    }

    fn rest(&self, fault: &Fault) {
        let time = match fault {
            Fault::AccountRefused(_) => LONG_REST,
            _ => REST,
        };
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        *resting = Some((Instant::now() + time, fault.clone()));
    }

    /// Whether it is Active Directory, which knows groups in groups. A server that does not say is none; one that cannot be
    /// asked may be: nobody is to lose a group by that.
    async fn is_active_directory(&self) -> Result<bool> {
        const ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";
        let asked = self.microsoft.get_or_try_init(async || {
            let root = match self.root().await {
                Err(Fault::Refused { .. } | Fault::NoBase { .. }) => connection::Entry::default(),
                root => root?,
            };
            let able = root.all("supportedCapabilities");
            Ok::<_, Fault>(able.iter().any(|it| it == ACTIVE_DIRECTORY))
        });
        asked.await.copied()
    }

    /// What the server says of itself.
    async fn root(&self) -> Result<connection::Entry> {
        let query = Query {
            base: String::new(),
            scope: Scope::Base,
            filter: "(objectClass=*)".to_owned(),
            attributes: [
                "vendorName",
                "vendorVersion",
                "supportedCapabilities",
                "supportedControl",
                "namingContexts",
                "supportedExtension",
            ]
            .map(str::to_owned)
            .to_vec(),
            most: Some(1),
        };
        Ok(self
            .search(&query)
            .await?
            .entries
            .into_iter()
            .next()
            .unwrap_or_default())
    }
}

/// Whether a text can be a password at all.
fn may_be_password(text: &str) -> bool {
    !text.is_empty() && !text.contains('\0') && text.len() <= LONGEST_PASSWORD
}
