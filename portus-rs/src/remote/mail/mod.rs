//! Hands letters to a mail server, or to the machine's own sendmail. Nothing of a letter or a password is logged.

pub mod letters;
mod smtp;

use std::time::Duration;

use lettre::{
    AsyncSendmailTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
};

use crate::config::{Email, Secret};

/// How long the other side may take for one letter.
const PATIENCE: Duration = Duration::from_mins(1);

/// What is sent. Has no `Debug`: it may hold a secret.
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Why a letter did not go out; the text says which setting or server is to blame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// It may go out another time.
    #[error("{0}")]
    Later(String),
    /// It will never go out as it is.
    #[error("{0}")]
    Never(String),
}

/// Tells other programs that no person wrote this, so that they send no answer.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Sends one letter by the configured way.
pub async fn send(email: &Email, letter: Letter) -> Result<(), Undelivered> {
    let message = compose(email, letter)?;
    let sending = async {
        match &email.smtp {
            Some(smtp) => smtp::send(smtp, &message).await,
            None => hand_over(&email.sendmail, message).await,
        }
    };
    match tokio::time::timeout(PATIENCE, sending).await {
        Ok(done) => done,
        Err(_) => Err(Undelivered::Later(format!(
            "{} did not finish within {} seconds",
            way(email),
            PATIENCE.as_secs()
        ))),
    }
}

/// By what mail goes out, for people.
fn way(email: &Email) -> String {
    match &email.smtp {
        Some(smtp) => format!("the mail server {}:{}", smtp.address, smtp.port),
        None => email.sendmail.display().to_string(),
    }
}

fn compose(email: &Email, letter: Letter) -> Result<Message, Undelivered> {
    let never = |what: &str, error: &dyn std::fmt::Display| {
        Undelivered::Never(format!(
            "{what} is no mail address that can be used: {error}"
        ))
    };
    let from = email
        .from
        .parse()
        .map_err(|error| never("email.from", &error))?;
    let to = letter
        .to
        .parse()
        .map_err(|error| never("the recipient's", &error))?;
    let name = Some(email.name.clone()).filter(|name| !name.is_empty());
    let mut builder = Message::builder()
        .from(Mailbox::new(name, from))
        .to(Mailbox::new(None, to))
        .subject(letter.subject)
        .header(AutoSubmitted)
        .message_id(Some(message_id(&email.from)));
    if let Some(reply_to) = &email.reply_to {
        let address = reply_to
            .parse()
            .map_err(|error| never("email.reply_to", &error))?;
        builder = builder.reply_to(Mailbox::new(None, address));
    }
    builder
        .multipart(MultiPart::alternative_plain_html(letter.text, letter.html))
        .map_err(|error| Undelivered::Never(format!("the letter cannot be written: {error}")))
}

/// Unique, and of the sender's domain rather than of this machine's name.
fn message_id(from: &str) -> String {
    let domain = from.rsplit('@').next().unwrap_or("localhost");
    let unique = uuid::Uuid::new_v4();
    format!("<{unique}@{domain}>")
}

async fn hand_over(program: &std::path::Path, message: Message) -> Result<(), Undelivered> {
    let name = program.display();
    if !program.exists() {
        return Err(Undelivered::Later(format!(
            "there is no {name}: install a mail server on this machine, name another program with email.sendmail, or \
             set email.smtp.enabled and the server to send through"
        )));
    }
    let sendmail = AsyncSendmailTransport::<Tokio1Executor>::new_with_command(program);
    sendmail.send(message).await.map_err(|error| {
        use std::error::Error as _;
        let cause = error
            .source()
            .map_or_else(|| error.to_string(), ToString::to_string);
        Undelivered::Later(format!("{name} refused a letter: {}", cause.trim()))
    })
}

/// What a mechanism is given.
struct Login<'a> {
    user_name: &'a str,
    password: &'a Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_multipart_says_that_a_program_wrote_it_and_takes_no_header_from_its_parts() {
        let email = Email {
            from: "portus@example.org".to_owned(),
            name: "Pörtus \"R\"".to_owned(),
            reply_to: Some("help@example.org".to_owned()),
            sendmail: "/usr/sbin/sendmail".into(),
            smtp: None,
        };
        let letter = |to: &str, subject: &str| Letter {
            to: to.to_owned(),
            subject: subject.to_owned(),
            text: "Hello".to_owned(),
            html: "<p>Hello</p>".to_owned(),
        };
        let message = compose(&email, letter("a@b", "x\r\nBcc: mallory@example.org")).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        for wanted in [
            "Auto-Submitted: auto-generated\r\n",
            "Reply-To: help@example.org\r\n",
            "Content-Type: multipart/alternative;",
            "<p>Hello</p>",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        assert!(!text.contains("\r\nBcc:"), "{text}");
        for bad in ["a@b\r\nBcc: x@y", "a b@c", ""] {
            assert!(matches!(
                compose(&email, letter(bad, "x")),
                Err(Undelivered::Never(_))
            ));
        }
    }
}
