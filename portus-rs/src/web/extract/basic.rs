//! `Authorization: Basic`, as docker and its kin send it (RFC 7617, UTF-8).

use actix_web::{HttpRequest, http::header};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// A user name and a secret.
pub struct Basic {
    pub username: String,
    pub secret: String,
}

/// What the `Authorization` header holds.
pub enum Presented {
    Nothing,
    Basic(Basic),
    /// Something, but no readable Basic credentials.
    Unreadable,
}

/// Longest header read, in bytes.
const LONGEST: usize = 8 * 1024;

pub fn presented(request: &HttpRequest) -> Presented {
    match request.headers().get(header::AUTHORIZATION) {
        None => Presented::Nothing,
        Some(value) => match value.to_str().ok().and_then(parse) {
            Some(basic) => Presented::Basic(basic),
            None => Presented::Unreadable,
        },
    }
}

fn parse(text: &str) -> Option<Basic> {
    if text.len() > LONGEST {
        return None;
    }
    let (scheme, rest) = text.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = STANDARD.decode(rest.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (username, secret) = text.split_once(':')?;
    Some(Basic {
        username: username.to_owned(),
        secret: secret.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_encoded_is_read_back(name in "[^:\\x00-\\x1f]{0,40}", secret in "\\PC{0,60}") {
            let header = format!("Basic {}", STANDARD.encode(format!("{name}:{secret}")));
            let basic = parse(&header).unwrap();
            prop_assert_eq!(basic.username, name);
            prop_assert_eq!(basic.secret, secret);
        }

        #[test]
        fn no_header_panics(text in "\\PC{0,200}") {
            parse(&text);
            parse(&format!("Basic {text}"));
        }
    }
}
