//! Which database to use. Only the environment says so.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

use super::key::{Key, Kind, PORT, POSITIVE};
use super::{Environment, Secret, Values};

pub(super) const KEYS: &[Key] = &[
    Key::new(
        "DATABASE_URL",
        Kind::Text,
        "",
        "The whole connection: `sqlite:FILE`, `mysql://…` or `postgresql://…`. Wins over the settings below.",
    )
    .secret()
    .since("portus-rs"),
    Key::new(
        "PORTUS_DB_ADAPTER",
        Kind::Choice(&[
            ("", ""),
            ("mysql2", "mysql2"),
            ("mysql", "mysql2"),
            ("mariadb", "mysql2"),
            ("postgresql", "postgresql"),
            ("postgres", "postgresql"),
            ("sqlite3", "sqlite3"),
            ("sqlite", "sqlite3"),
        ]),
        "",
        "Kind of database. Unset: `mysql2` when host, port, socket, user name or password is set, else `sqlite3`.",
    )
    .legacy(&["DB_ADAPTER", "MARIADB_ADAPTER"]),
    Key::new("PORTUS_DB_HOST", Kind::Text, "localhost", "Host name of the database server.")
        .legacy(&["PORTUS_PRODUCTION_HOST", "DB_HOST", "MARIADB_HOST"]),
    Key::new("PORTUS_DB_PORT", PORT, "", "Its port; unset is the usual one.")
        .legacy(&["DB_PORT", "MARIADB_PORT"]),
    Key::new("PORTUS_DB_USERNAME", Kind::Text, "root", "User name at the server.")
        .legacy(&["PORTUS_PRODUCTION_USERNAME", "DB_USERNAME", "MARIADB_USER"]),
    Key::new("PORTUS_DB_PASSWORD", Kind::Text, "", "Password at the server, verbatim.")
        .legacy(&["PORTUS_PRODUCTION_PASSWORD", "DB_PASSWORD", "MARIADB_PASSWORD"])
        .secret(),
    Key::new(
        "PORTUS_DB_DATABASE",
        Kind::Text,
        "",
        "Name of the database, by default `portus_production` (or another environment). SQLite: a file, by default `portus.sqlite3` in the data directory.",
    )
    .legacy(&["PORTUS_PRODUCTION_DATABASE", "DB_DATABASE", "MARIADB_DATABASE"]),
    Key::new("PORTUS_DB_POOL", POSITIVE, "5", "Connections of one process."),
    Key::new("PORTUS_DB_TIMEOUT", POSITIVE, "5", "Seconds to wait for a connection."),
    Key::new("PORTUS_DB_SOCKET", Kind::Path, "", "Unix socket of the server, instead of host and port."),
    Key::new("DB_ENCODING", Kind::Text, "", "Encoding of the third-party image.")
        .since("legacy")
        .ignored("text is always UTF-8"),
    Key::new("MARIADB_ENCODING", Kind::Text, "", "Encoding of the third-party image.")
        .since("legacy")
        .ignored("text is always UTF-8"),
];

/// The database and how to connect to it.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    pub adapter: Adapter,
    pub connection: Connection,
    /// Connections of one process.
    pub pool: u32,
    pub connect_timeout: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adapter {
    Sqlite,
    /// `MySQL` and `MariaDB`.
    Mysql,
    Postgres,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// A `SQLite` file, created when missing.
    File(PathBuf),
    Server(Server),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub host: String,
    pub port: Option<u16>,
    pub username: String,
    pub password: Secret,
    pub database: String,
    pub socket: Option<PathBuf>,
    /// Further parameters of a `DATABASE_URL`, such as `sslmode`.
    pub parameters: Vec<(String, Secret)>,
}

impl DatabaseSettings {
    /// The connection as the database driver takes it, with every special character escaped.
    pub fn url(&self) -> Secret {
        match (&self.connection, self.adapter) {
            (Connection::File(path), _) => {
                Secret::new(format!("sqlite://{}?mode=rwc", escaped_path(path)))
            }
            (Connection::Server(server), Adapter::Postgres) => server.url("postgres", "host"),
            (Connection::Server(server), _) => server.url("mysql", "socket"),
        }
    }

    /// For people: where the database is, without the password.
    pub fn describe(&self) -> String {
        match &self.connection {
            Connection::File(path) => format!("SQLite file {}", path.display()),
            Connection::Server(server) => {
                let kind = if self.adapter == Adapter::Postgres {
                    "PostgreSQL"
                } else {
                    "MySQL"
                };
                let place = match (&server.socket, server.port) {
                    (Some(socket), _) => socket.display().to_string(),
                    (None, Some(port)) => format!("{}:{port}", server.host),
                    (None, None) => server.host.clone(),
                };
                format!(
                    "{kind} database {} on {place} as {}",
                    server.database, server.username
                )
            }
        }
    }
}

impl Server {
    fn url(&self, scheme: &str, socket_parameter: &str) -> Secret {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        let mut url = format!(
            "{scheme}://{}:{}@{host}",
            escaped(&self.username),
            escaped(self.password.expose()),
        );
        if let Some(port) = self.port {
            let _ = write!(url, ":{port}");
        }
        url.push('/');
        url.push_str(&escaped(&self.database));
        let socket = self.socket.as_ref().map(|path| {
            // libpq names the directory, people often name the socket in it.
            let file = path
                .file_name()
                .is_some_and(|n| n.to_string_lossy().starts_with(".s.PGSQL."));
            let path = if scheme == "postgres" && file {
                path.parent().unwrap_or(path)
            } else {
                path
            };
            (socket_parameter, path.to_string_lossy().into_owned())
        });
        let parameters = self
            .parameters
            .iter()
            .map(|(k, v)| (k.as_str(), v.expose().to_owned()))
            .chain(socket);
        for (index, (name, value)) in parameters.enumerate() {
            url.push(if index == 0 { '?' } else { '&' });
            let _ = write!(url, "{}={}", escaped(name), escaped(&value));
        }
        Secret::new(url)
    }
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn escaped_path(path: &Path) -> String {
    escaped(&path.to_string_lossy()).replace("%2F", "/")
}

/// A set-up that names one of these means a server, not a file.
const SERVER_SETTINGS: &[&str] = &[
    "PORTUS_DB_HOST",
    "PORTUS_DB_PORT",
    "PORTUS_DB_SOCKET",
    "PORTUS_DB_USERNAME",
    "PORTUS_DB_PASSWORD",
];

/// Each connection would have a database of its own, and none would outlive the process.
const NO_MEMORY: &str = "must name a file: a database in memory would lose every acknowledged event; leave it out for \
                         portus.sqlite3 in the data directory";

impl DatabaseSettings {
    pub(super) fn read(values: &mut Values, environment: Environment, data_dir: &Path) -> Self {
        let mut settings = Self {
            adapter: Adapter::Sqlite,
            connection: Connection::File(data_dir.join("portus.sqlite3")),
            pool: values.number("PORTUS_DB_POOL"),
            connect_timeout: values.seconds("PORTUS_DB_TIMEOUT"),
        };
        if let Some(url) = values.secret("DATABASE_URL") {
            let mut others: Vec<&str> = SERVER_SETTINGS.to_vec();
            others.extend(["PORTUS_DB_ADAPTER", "PORTUS_DB_DATABASE"]);
            others.retain(|name| values.is_set(name));
            if !others.is_empty() {
                values.warn(format!(
                    "DATABASE_URL is set, so {} is not used; unset one or the other",
                    others.join(", ")
                ));
            }
            match settings.take_url(url.expose(), values.root()) {
                Ok(()) => {}
                Err(fix) => values.refuse("DATABASE_URL", fix),
            }
            return settings;
        }
        settings.adapter = match values.optional("PORTUS_DB_ADAPTER").as_deref() {
            Some("mysql2") => Adapter::Mysql,
            Some("postgresql") => Adapter::Postgres,
            None if SERVER_SETTINGS.iter().any(|name| values.is_set(name)) => Adapter::Mysql,
            _ => Adapter::Sqlite,
        };
        let database = values.optional("PORTUS_DB_DATABASE");
        let unset = settings.adapter == Adapter::Sqlite && database.is_none();
        if unset && values.root().join("config/database.yml").is_file() {
            values.warn("config/database.yml is not read; set PORTUS_DB_HOST and its kin, or DATABASE_URL, instead".to_owned());
        }
        if settings.adapter == Adapter::Sqlite {
            match database.as_deref() {
                None => {}
                Some(":memory:") => values.refuse("PORTUS_DB_DATABASE", NO_MEMORY),
                Some(file) => settings.connection = Connection::File(values.root().join(file)),
            }
            return settings;
        }
        let mut server = Server {
            host: values.text("PORTUS_DB_HOST").trim().to_owned(),
            port: values.maybe_number("PORTUS_DB_PORT"),
            username: values.text("PORTUS_DB_USERNAME"),
            password: values
                .secret("PORTUS_DB_PASSWORD")
                .unwrap_or_else(|| Secret::new("")),
            database: database.unwrap_or_else(|| format!("portus_{}", environment.name())),
            socket: values.path("PORTUS_DB_SOCKET"),
            parameters: Vec::new(),
        };
        if server.host.starts_with('/') {
            server
                .socket
                .get_or_insert_with(|| PathBuf::from(&server.host));
            "localhost".clone_into(&mut server.host);
        }
        server.host = unbracketed(&server.host);
        if Url::parse(server.url("mysql", "socket").expose()).is_err() {
            values.refuse(
                "PORTUS_DB_HOST",
                "must be a host name or an address alone, without port or scheme",
            );
        }
        settings.connection = Connection::Server(server);
        settings
    }

    /// Takes a `DATABASE_URL` in the forms of Rails and of sqlx. The error says what to write.
    fn take_url(&mut self, url: &str, root: &Path) -> Result<(), &'static str> {
        const FIX: &str = "must look like sqlite:FILE, mysql://USER:PASSWORD@HOST/DATABASE or \
                           postgresql://USER:PASSWORD@HOST/DATABASE, special characters escaped as %XX";
        let (scheme, rest) = url.split_once(':').ok_or(FIX)?;
        self.adapter = match scheme.to_ascii_lowercase().as_str() {
            "sqlite" | "sqlite3" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                let path =
                    decoded(path.split_once('?').map_or(path, |(path, _)| path)).ok_or(FIX)?;
                self.connection = match path.as_str() {
                    "" => return Err(FIX),
                    ":memory:" => return Err(NO_MEMORY),
                    file => Connection::File(root.join(file)),
                };
                return Ok(());
            }
            "mysql" | "mysql2" | "mariadb" => Adapter::Mysql,
            "postgres" | "postgresql" => Adapter::Postgres,
            _ => return Err(FIX),
        };
        let url = Url::parse(url).map_err(|_| FIX)?;
        let mut server = Server {
            host: url
                .host_str()
                .filter(|h| !h.is_empty())
                .unwrap_or("localhost")
                .to_owned(),
            port: url.port(),
            username: decoded(url.username()).ok_or(FIX)?,
            password: Secret::new(decoded(url.password().unwrap_or_default()).ok_or(FIX)?),
            database: decoded(url.path().trim_start_matches('/')).ok_or(FIX)?,
            socket: None,
            parameters: Vec::new(),
        };
        server.host = unbracketed(&server.host);
        if server.database.is_empty() {
            return Err(FIX);
        }
        if server.username.is_empty() {
            "root".clone_into(&mut server.username);
        }
        for (name, value) in url.query_pairs() {
            match (&*name, value.parse::<u32>()) {
                ("pool", Ok(pool @ 1..)) => self.pool = pool,
                ("timeout" | "connect_timeout", Ok(seconds @ 1..)) => {
                    self.connect_timeout = Duration::from_secs(seconds.into());
                }
                ("socket", _) => server.socket = Some(PathBuf::from(&*value)),
                ("host", _) if value.starts_with('/') => {
                    server.socket = Some(PathBuf::from(&*value));
                }
                // For Rails, which no driver here knows.
                (
                    "pool"
                    | "timeout"
                    | "connect_timeout"
                    | "encoding"
                    | "reconnect"
                    | "adapter"
                    | "prepared_statements",
                    _,
                ) => {}
                _ => server
                    .parameters
                    .push((name.into_owned(), Secret::new(value))),
            }
        }
        self.connection = Connection::Server(server);
        Ok(())
    }
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// IPv6 addresses are kept without the brackets of a URL.
fn unbracketed(host: &str) -> String {
    host.trim_matches(['[', ']']).to_owned()
}
