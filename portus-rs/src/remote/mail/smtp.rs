//! One letter to an SMTP server: in the clear, by STARTTLS where it is offered, or by TLS from the first byte.

use std::{fmt, path::Path, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use lettre::{
    Message,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        extension::ClientId,
    },
};
use openssl::{hash::MessageDigest, pkey::PKey, sign::Signer, x509::X509};

use super::{Login, Undelivered};
use crate::{
    config::{Smtp, SmtpMechanism, SmtpTls},
    keys::files::hex,
};

/// How long reaching the server may take.
const REACHING: Duration = Duration::from_secs(15);

pub(super) async fn send(smtp: &Smtp, message: &Message) -> Result<(), Undelivered> {
    let mut connection = connect(smtp).await?;
    if let Some(login) = &smtp.login {
        let with = Login {
            user_name: &login.user_name,
            password: &login.password,
        };
        log_in(&mut connection, login.mechanism, &with)
            .await
            .map_err(|error| {
                told(
                    smtp,
                    &error,
                    "did not take the login",
                    "email.smtp.user_name, email.smtp.password and email.smtp.authentication",
                )
            })?;
    }
    let sent = connection
        .send(message.envelope(), &message.formatted())
        .await;
    // It has the letter; how it says good-bye is its own affair.
    let _ = connection.quit().await;
    sent.map(drop).map_err(|error| {
        told(
            smtp,
            &error,
            REFUSED,
            "email.from and the recipient's address",
        )
    })
}

async fn connect(smtp: &Smtp) -> Result<AsyncSmtpConnection, Undelivered> {
    let hello = ClientId::Domain(smtp.domain.clone());
    let whole = match smtp.tls {
        SmtpTls::Always => Some(tls(smtp)?),
        SmtpTls::WhenOffered | SmtpTls::Never => None,
    };
    let place = (smtp.address.as_str(), smtp.port);
    let mut connection =
        AsyncSmtpConnection::connect_tokio1(place, Some(REACHING), &hello, whole, None)
            .await
            .map_err(|error| {
                told(
                    smtp,
                    &error,
                    "cannot be reached",
                    "email.smtp.address, email.smtp.port and email.smtp.ssl_tls",
                )
            })?;
    if smtp.tls == SmtpTls::WhenOffered && connection.can_starttls() {
        connection
            .starttls(tls(smtp)?, &hello)
            .await
            .map_err(|error| {
                told(
                    smtp,
                    &error,
                    "offers TLS, which failed",
                    "email.smtp.ca_file and email.smtp.openssl_verify_mode",
                )
            })?;
    }
    Ok(connection)
}

fn tls(smtp: &Smtp) -> Result<TlsParameters, Undelivered> {
    let mut builder = TlsParameters::builder(smtp.address.clone())
        .dangerous_accept_invalid_certs(!smtp.verify_certificate)
        .dangerous_accept_invalid_hostnames(!smtp.verify_certificate);
    for certificate in authorities(smtp)? {
        builder = builder.add_root_certificate(certificate);
    }
    builder
        .build()
        .map_err(|error| Undelivered::Later(format!("TLS for mail cannot be set up: {error}")))
}

/// The certificates of `email.smtp.ca_file` and of every file in `email.smtp.ca_path`.
fn authorities(smtp: &Smtp) -> Result<Vec<Certificate>, Undelivered> {
    let mut found = Vec::new();
    if let Some(file) = &smtp.ca_file {
        found.extend(read(file).map_err(|error| unreadable("email.smtp.ca_file", file, &error))?);
    }
    if let Some(directory) = &smtp.ca_path {
        let key = "email.smtp.ca_path";
        let entries =
            std::fs::read_dir(directory).map_err(|error| unreadable(key, directory, &error))?;
        for entry in entries.flatten() {
            // Other files may lie there.
            found.extend(read(&entry.path()).unwrap_or_default());
        }
    }
    Ok(found)
}

fn read(file: &Path) -> Result<Vec<Certificate>, std::io::Error> {
    let wrong = |error: &dyn fmt::Display| std::io::Error::other(error.to_string());
    let pem = std::fs::read(file)?;
    X509::stack_from_pem(&pem)
        .map_err(|error| wrong(&error))?
        .into_iter()
        .map(|certificate| {
            let der = certificate.to_der().map_err(|error| wrong(&error))?;
            Certificate::from_der(der).map_err(|error| wrong(&error))
        })
        .collect()
}

fn unreadable(key: &str, path: &Path, error: &std::io::Error) -> Undelivered {
    Undelivered::Later(format!("{key}: {} cannot be read: {error}", path.display()))
}

async fn log_in(
    connection: &mut AsyncSmtpConnection,
    mechanism: SmtpMechanism,
    login: &Login<'_>,
) -> Result<(), Error> {
    let mechanism = match mechanism {
        SmtpMechanism::Login => Mechanism::Login,
        SmtpMechanism::Plain => Mechanism::Plain,
        SmtpMechanism::CramMd5 => return cram_md5(connection, login).await,
    };
    let credentials = Credentials::new(
        login.user_name.to_owned(),
        login.password.expose().to_owned(),
    );
    connection.auth(&[mechanism], &credentials).await.map(drop)
}

/// RFC 2195, which the library does not have: the password is shown to know, not sent.
async fn cram_md5(connection: &mut AsyncSmtpConnection, login: &Login<'_>) -> Result<(), Error> {
    let asked = connection.command("AUTH CRAM-MD5\r\n").await?;
    let challenge = asked.first_word().unwrap_or_default();
    let challenge = STANDARD.decode(challenge).unwrap_or_default();
    let proof = proof(login.password.expose(), &challenge).unwrap_or_default();
    let answer = STANDARD.encode(format!("{} {proof}", login.user_name));
    connection.command(format!("{answer}\r\n")).await.map(drop)
}

fn proof(password: &str, challenge: &[u8]) -> Result<String, openssl::error::ErrorStack> {
    let key = PKey::hmac(password.as_bytes())?;
    let mut signer = Signer::new(MessageDigest::md5(), &key)?;
    signer.update(challenge)?;
    Ok(hex(&signer.sign_to_vec()?))
}

/// What the server said, and which settings to look at. Only a refusal of the letter itself is for ever: whatever is
/// wrong with our settings can be mended.
fn told(smtp: &Smtp, error: &Error, what: &str, settings: &str) -> Undelivered {
    use std::error::Error as _;
    let mut cause = error.source();
    let mut text = error.to_string();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    let text = format!(
        "the mail server {}:{} {what} ({text}): check {settings}",
        smtp.address, smtp.port
    );
    if error.is_permanent() && what == REFUSED {
        Undelivered::Never(text)
    } else {
        Undelivered::Later(text)
    }
}

const REFUSED: &str = "refused a letter";

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_of_rfc_2195_comes_out() {
        let challenge = b"<1896.697170952@postoffice.reston.mci.net>";
        assert_eq!(
            super::proof("tanstaaftanstaaf", challenge).unwrap(),
            "b913a602c7eda7a495b4e6e7334d3890"
        );
    }
}
