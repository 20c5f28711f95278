//! What is configured, without touching database, keys or files.

use crate::config::{self, Severity};

use super::{
    console::{complain, say},
    context::Session,
    failure::{Failure, Outcome},
};

/// The version, as `version` and `--version` print it.
pub const VERSION: &str = concat!(
    "portus-rs ",
    env!("CARGO_PKG_VERSION"),
    " (compatible with Portus 2.4)"
);

/// `portus:info` and `cconfig:info`: works with a broken configuration too, to help mending it.
pub fn info(session: &Session, with_version: bool) {
    let (loaded, problems) = config::examine(session.sources());
    say(config::render_info(&loaded).trim_end());
    if with_version {
        say(format!(
            "\nPortus version: {}",
            VERSION.trim_start_matches("portus-rs ")
        ));
    }
    for problem in &problems {
        complain(format!("portus-rs: {problem}"));
    }
}

/// `check-config`: what a start would say about the configuration.
pub fn check(session: &Session) -> Outcome {
    let (loaded, problems) = config::examine(session.sources());
    for warning in &loaded.warnings {
        let kind = match warning.severity {
            Severity::Info => "note",
            Severity::Warn => "warning",
            Severity::Error => "error",
        };
        say(format!("{kind}: {warning}"));
    }
    for problem in &problems {
        say(format!("error: {problem}"));
    }
    if problems.is_empty() {
        say("The configuration is good.");
        Ok(())
    } else {
        Err(Failure::Code(1))
    }
}

/// `secret`: 128 hexadecimal digits.
pub fn secret() -> Outcome {
    let mut bytes = [0_u8; 64];
    openssl::rand::rand_bytes(&mut bytes)
        .map_err(|error| Failure::aborted(format!("the system gives no randomness: {error}")))?;
    say(crate::keys::files::hex(&bytes));
    Ok(())
}
