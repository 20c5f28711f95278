//! What a token is good for: asked in the form that makes one, and told where tokens are listed.

use chrono::{Days, NaiveDate, NaiveDateTime};
use serde::Serialize;

use super::{view::Moment, visit::Visit};
use crate::{
    actions::application_tokens::{Ends, NewToken},
    entities::TokenScope,
    error::{Invalid, Result},
    queries::application_tokens::Row,
};

/// What a token is good for.
#[derive(Clone, Debug, Serialize)]
pub struct Limits {
    /// `read`, `pull` or `push`; nothing for everything.
    scope: Option<&'static str>,
    /// The only namespace.
    namespace: Option<Place>,
    expires_at: Option<Moment>,
    expired: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Place {
    id: i64,
    name: String,
}

impl Limits {
    pub fn of(row: &Row) -> Self {
        let token = &row.token;
        let name = row.namespace.clone();
        Self {
            scope: match token.scope {
                TokenScope::Full => None,
                other => Some(other.as_str()),
            },
            namespace: token
                .namespace_id
                .zip(name)
                .map(|(id, name)| Place { id, name }),
            expires_at: token.expires_at.map(Moment),
            expired: row.expired,
        }
    }

    pub fn samples() -> Vec<Self> {
        let sample = |scope: Option<&'static str>, expired| Self {
            scope,
            namespace: scope.map(|_| Place {
                id: 5,
                name: "qa<canary>".to_owned(),
            }),
            expires_at: scope.map(|_| Moment(NaiveDateTime::default())),
            expired,
        };
        vec![
            sample(None, false),
            sample(Some("read"), false),
            sample(Some("pull"), true),
            sample(Some("push"), false),
        ]
    }
}

/// The token that somebody wants, by the form `application_token`.
pub fn wanted(visit: &Visit) -> Result<NewToken> {
    let field = |name: &str| visit.filled(&format!("application_token[{name}]"));
    let mut invalid = Invalid::default();
    let scope = field("scope").map_or(Ok(TokenScope::Full), |word| word.parse());
    if scope.is_err() {
        invalid.add("scope", "is not included in the list");
    }
    let ends =
        field("expires_at").map_or(Some(Ends::Never), |text| end_of(text.trim()).map(Ends::At));
    if ends.is_none() {
        invalid.add("expires_at", "is invalid");
    }
    invalid.into_result()?;
    Ok(NewToken {
        application: visit.text("application_token[application]"),
        scope: scope.unwrap_or_default(),
        namespace: field("namespace").map(|it| it.trim().to_owned()),
        ends: ends.unwrap_or_default(),
    })
}

/// A day counts to its end, in UTC. Years that no database takes are none.
fn end_of(day: &str) -> Option<NaiveDateTime> {
    let day: NaiveDate = day.parse().ok()?;
    let known = NaiveDate::from_ymd_opt(1970, 1, 1)?..NaiveDate::from_ymd_opt(9999, 12, 31)?;
    let next = Some(day).filter(|it| known.contains(it))?;
    next.checked_add_days(Days::new(1))?.and_hms_opt(0, 0, 0)
}

#[cfg(test)]
mod tests {
    use super::end_of;

    #[test]
    fn a_token_is_good_for_the_whole_of_its_last_day() {
        let end = |day| end_of(day).map(|it| it.to_string());
        assert_eq!(end("2026-12-31").as_deref(), Some("2027-01-01 00:00:00"));
        for none in [
            "",
            "soon",
            "2026-02-30",
            "9999-12-31",
            "1969-12-31",
            "12026-01-01",
        ] {
            assert_eq!(end(none), None, "{none}");
        }
    }
}
