//! How mail is sent, and from whom.

use std::path::PathBuf;

use super::key::{Key, Kind, PORT};
use super::{Secret, Values};

pub(super) const KEYS: &[Key] = &[
    Key::new(
        "email.from",
        Kind::Email,
        "portus@example.com",
        "Sender address of outgoing mail.",
    ),
    Key::new(
        "email.name",
        Kind::Text,
        "Portus",
        "Name shown beside the sender address.",
    ),
    Key::new(
        "email.reply_to",
        Kind::Email,
        "",
        "Reply-To address; empty sends none.",
    ),
    Key::new(
        "email.sendmail",
        Kind::Path,
        "/usr/sbin/sendmail",
        "The program that takes mail where `email.smtp.enabled` is off.",
    )
    .since("portus-rs"),
    Key::new(
        "email.smtp.enabled",
        Kind::Boolean,
        "false",
        "Send through the SMTP server below. Off: hand mail to `email.sendmail`.",
    ),
    Key::new(
        "email.smtp.address",
        Kind::Text,
        "smtp.example.com",
        "Host name of the SMTP server.",
    ),
    Key::new("email.smtp.port", PORT, "587", "Port of the SMTP server."),
    Key::new(
        "email.smtp.domain",
        Kind::Text,
        "example.com",
        "Name given in the greeting (HELO).",
    ),
    Key::new(
        "email.smtp.ssl_tls",
        Kind::Choice(&[("", ""), ("ssl", "tls"), ("tls", "tls")]),
        "",
        "TLS from the first byte; empty begins in the clear.",
    ),
    Key::new(
        "email.smtp.enable_starttls_auto",
        Kind::Boolean,
        "false",
        "Switch to TLS when the server offers STARTTLS.",
    ),
    Key::new(
        "email.smtp.openssl_verify_mode",
        Kind::Choice(&[("none", "none"), ("peer", "peer")]),
        "none",
        "Whether the certificate of the server is checked (`peer`) or not (`none`).",
    ),
    Key::new(
        "email.smtp.ca_path",
        Kind::Path,
        "",
        "Directory of trusted certificates; empty uses those of the system.",
    ),
    Key::new(
        "email.smtp.ca_file",
        Kind::File,
        "",
        "File of trusted certificates; empty uses those of the system.",
    ),
    Key::new(
        "email.smtp.user_name",
        Kind::Text,
        "",
        "User name at the SMTP server; blank sends without authentication.",
    ),
    Key::new(
        "email.smtp.password",
        Kind::Text,
        "",
        "Password at the SMTP server.",
    )
    .secret(),
    Key::new(
        "email.smtp.authentication",
        Kind::Choice(&[
            ("login", "login"),
            ("plain", "plain"),
            ("cram_md5", "cram_md5"),
        ]),
        "login",
        "Authentication mechanism; used only with a user name.",
    ),
];

/// Outgoing mail.
#[derive(Debug, Clone)]
pub struct Email {
    pub from: String,
    pub name: String,
    pub reply_to: Option<String>,
    /// Takes mail where there is no server.
    pub sendmail: PathBuf,
    /// `None`: pipe to [`Email::sendmail`].
    pub smtp: Option<Smtp>,
}

#[derive(Debug, Clone)]
pub struct Smtp {
    pub address: String,
    pub port: u16,
    /// Given in the greeting.
    pub domain: String,
    pub tls: SmtpTls,
    pub verify_certificate: bool,
    pub ca_path: Option<PathBuf>,
    pub ca_file: Option<PathBuf>,
    /// `None`: no authentication.
    pub login: Option<SmtpLogin>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    Never,
    /// STARTTLS when the server offers it.
    WhenOffered,
    /// From the first byte.
    Always,
}

#[derive(Debug, Clone)]
pub struct SmtpLogin {
    pub user_name: String,
    pub password: Secret,
    pub mechanism: SmtpMechanism,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpMechanism {
    Login,
    Plain,
    CramMd5,
}

impl Email {
    pub(super) fn read(values: &mut Values) -> Self {
        if values.optional("email.from").is_none() {
            values.refuse(
                "email.from",
                "must name a sender; write an address such as portus@your.domain",
            );
        }
        Self {
            from: values.text("email.from"),
            name: values.text("email.name"),
            reply_to: values.optional("email.reply_to"),
            sendmail: values
                .path("email.sendmail")
                .unwrap_or_else(|| PathBuf::from("/usr/sbin/sendmail")),
            smtp: values
                .flag("email.smtp.enabled")
                .then(|| Smtp::read(values)),
        }
    }
}

impl Smtp {
    fn read(values: &mut Values) -> Self {
        let tls = match (
            values.text("email.smtp.ssl_tls").as_str(),
            values.flag("email.smtp.enable_starttls_auto"),
        ) {
            ("tls", _) => SmtpTls::Always,
            (_, true) => SmtpTls::WhenOffered,
            (_, false) => SmtpTls::Never,
        };
        let mechanism = match values.text("email.smtp.authentication").as_str() {
            "plain" => SmtpMechanism::Plain,
            "cram_md5" => SmtpMechanism::CramMd5,
            _ => SmtpMechanism::Login,
        };
        Self {
            address: values.text("email.smtp.address"),
            port: values.number("email.smtp.port"),
            domain: values.text("email.smtp.domain"),
            tls,
            verify_certificate: values.text("email.smtp.openssl_verify_mode") == "peer",
            ca_path: values.path("email.smtp.ca_path"),
            ca_file: values.file("email.smtp.ca_file"),
            login: values
                .optional("email.smtp.user_name")
                .map(|user_name| SmtpLogin {
                    user_name,
                    password: values
                        .secret("email.smtp.password")
                        .unwrap_or_else(|| Secret::new("")),
                    mechanism,
                }),
        }
    }
}
