//! `WWW-Authenticate` challenges: which token server a registry asks, and what it dislikes about a token.

/// A challenge for a bearer token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    pub realm: String,
    pub service: String,
    /// `invalid_token`, `insufficient_scope`, or empty when no token was sent.
    pub error: String,
}

impl Challenge {
    /// Reads a header's value; `None` when it does not ask for a bearer token or names no realm.
    pub fn parse(header: &str) -> Option<Self> {
        let (scheme, mut rest) = header.trim_start().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let mut challenge = Self::default();
        while let Some((name, value, behind)) = parameter(rest) {
            match name.to_ascii_lowercase().as_str() {
                "realm" => challenge.realm = value,
                "service" => challenge.service = value,
                "error" => challenge.error = value,
                _ => {}
            }
            rest = behind;
        }
        (!challenge.realm.is_empty()).then_some(challenge)
    }
}

/// The first `name=value` or `name="value"` of a list, and what stands behind its comma.
fn parameter(text: &str) -> Option<(&str, String, &str)> {
    let text = text.trim_start_matches([' ', ',', '\t']);
    let (name, rest) = text.split_once('=')?;
    let Some(quoted) = rest.trim_start().strip_prefix('"') else {
        let end = rest.find(',').unwrap_or(rest.len());
        return Some((name.trim(), rest[..end].trim().to_owned(), &rest[end..]));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Some((name.trim(), value, &quoted[at + 1..])),
            '\\' => value.extend(characters.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    // The quotation never ends.
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scopes_with_commas_and_realms_with_queries_are_read() {
        let header = r#"Bearer realm="https://p.example/v2/token?a=b",service="r.example",scope="repository:a/b:pull,push",error="invalid_token""#;
        assert_eq!(
            Challenge::parse(header),
            Some(Challenge {
                realm: "https://p.example/v2/token?a=b".to_owned(),
                service: "r.example".to_owned(),
                error: "invalid_token".to_owned(),
            })
        );
        let bare = Challenge::parse("bearer realm=x, service=y").unwrap();
        assert_eq!((bare.realm.as_str(), bare.service.as_str()), ("x", "y"));
        let escaped = Challenge::parse(r#"Bearer service="a\"b", realm="x""#).unwrap();
        assert_eq!(escaped.service, "a\"b");
        for other in [
            "",
            "Bearer",
            "Basic realm=\"x\"",
            "Bearer service=\"x\"",
            "Bearer realm=\"x",
        ] {
            assert_eq!(Challenge::parse(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_header_breaks_the_reader(header in any::<String>()) {
            let _ = Challenge::parse(&header);
            let _ = Challenge::parse(&format!("Bearer {header}"));
        }
    }
}
