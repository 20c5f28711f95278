//! Secrets that stand in for a password.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    operation::{Noun, delete, get, noun, post},
    reply::{Created, NoContent, Paged},
    respond::{Time, created, no_content, paged},
    words,
};
use crate::{
    actions::application_tokens::{self, Ends, Issued},
    entities::TokenScope,
    error::{Invalid, Result},
    queries::{
        self,
        application_tokens::{Row, Tokens},
    },
    web::{
        error::ApiResult,
        extract::{caller::Call, declare::params, filters::Filters, page::Page},
    },
};

pub fn operations() -> Noun {
    noun(
        "application_tokens",
        "Secrets that stand in for a password.",
        vec![
            get(
                "/v1/users/{id}/application_tokens",
                "Lists an account's tokens",
                list,
            ),
            post(
                "/v1/users/{id}/application_tokens",
                "Issues a token",
                create,
            )
            .about(
                "The answer holds the token's text, which is never shown again. Without `scope`, `namespace` and an \
                 end it carries all rights of its account, as in Portus; a token that carries less issues none.",
            ),
            delete(
                "/v1/users/application_tokens/{id}",
                "Revokes a token",
                revoke,
            ),
        ],
    )
}

params! {
    /// A token to be issued.
    struct NewToken {
        /// What it is for; unique among the account's tokens.
        application: String,
        /// How much of the account's rights it carries: all of them (`full`, the default), looking and pulling
        /// (`read`), or pulling images and nothing else, not even the API (`pull`). Not in Portus.
        scope: Option<String> = TokenScope::WORDS,
        /// Name or id of the only namespace it is good for. Not in Portus.
        namespace: Option<String>,
        /// When it stops being good, as ISO 8601. Not in Portus.
        expires_at: Option<String>,
        /// After how many days it stops being good, instead of `expires_at`. Not in Portus.
        expires_in: Option<i64>,
    }
}

#[derive(Serialize, ToSchema)]
struct ApplicationToken {
    id: i64,
    application: String,
    /// None for a token that was imported.
    created_at: Option<Time>,
    expires_at: Option<Time>,
    expired: bool,
    last_used_at: Option<Time>,
    last_used_ip: Option<String>,
    /// What the program that used it last calls itself.
    last_used_client: Option<String>,
    #[schema(schema_with = words::token_scope)]
    scope: TokenScope,
    /// The only namespace it is good for.
    namespace_id: Option<i64>,
    namespace: Option<String>,
}

impl From<Row> for ApplicationToken {
    fn from(row: Row) -> Self {
        let token = row.token;
        Self {
            id: token.id,
            application: token.application,
            created_at: token.created_at.map(Time),
            expires_at: token.expires_at.map(Time),
            expired: row.expired,
            last_used_at: token.last_used_at.map(Time),
            last_used_ip: token.last_used_ip,
            last_used_client: token.last_used_client,
            scope: token.scope,
            namespace_id: token.namespace_id,
            namespace: row.namespace,
        }
    }
}

/// A token with the text that opens it, shown this once.
#[derive(Serialize, ToSchema)]
pub struct IssuedToken {
    id: i64,
    application: String,
    plain_token: String,
    created_at: Option<Time>,
    expires_at: Option<Time>,
    #[schema(schema_with = words::token_scope)]
    scope: TokenScope,
    namespace_id: Option<i64>,
    namespace: Option<String>,
}

impl From<Issued> for IssuedToken {
    fn from(issued: Issued) -> Self {
        Self {
            id: issued.token.id,
            application: issued.token.application,
            plain_token: issued.plain,
            created_at: issued.token.created_at.map(Time),
            expires_at: issued.token.expires_at.map(Time),
            scope: issued.token.scope,
            namespace_id: issued.token.namespace_id,
            namespace: issued.namespace,
        }
    }
}

impl NewToken {
    fn understood(self) -> Result<application_tokens::NewToken> {
        let mut invalid = Invalid::default();
        let given = |text: Option<String>| text.filter(|it| !it.trim().is_empty());
        let scope = given(self.scope).map_or(Ok(TokenScope::Full), |word| word.parse());
        if scope.is_err() {
            invalid.add("scope", "is not included in the list");
        }
        let ends = match (given(self.expires_at), self.expires_in) {
            (None, None) => Ends::Never,
            (None, Some(days)) => Ends::After(days),
            (Some(text), None) => moment(text.trim()).map_or_else(
                || {
                    invalid.add("expires_at", "is invalid");
                    Ends::Never
                },
                Ends::At,
            ),
            (Some(_), Some(_)) => {
                invalid.add("expires_in", "cannot be given together with expires_at");
                Ends::Never
            }
        };
        invalid.into_result()?;
        Ok(application_tokens::NewToken {
            application: self.application,
            scope: scope.unwrap_or_default(),
            namespace: given(self.namespace),
            ends,
        })
    }
}

/// ISO 8601 with an offset, or without one in UTC, or a day's beginning.
fn moment(text: &str) -> Option<NaiveDateTime> {
    DateTime::parse_from_rfc3339(text)
        .map(|it| it.naive_utc())
        .ok()
        .or_else(|| text.parse::<NaiveDateTime>().ok())
        .or_else(|| text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0))
        // Years that no database takes.
        .filter(|it| (1970..10_000).contains(&it.year()))
}

async fn list(
    call: Call,
    page: Page,
    filters: Filters<Tokens>,
) -> ApiResult<Paged<ApplicationToken>> {
    let user_id = call.strict_id("id")?;
    let list = queries::application_tokens::list(&call.app, &call.viewer().await?, user_id).await?;
    let list = filters.narrow(&call.app, list);
    paged(&call, &page, list, ApplicationToken::from).await
}

async fn create(call: Call, new: NewToken) -> ApiResult<Created<IssuedToken>> {
    let user_id = call.strict_id("id")?;
    let new = new.understood()?;
    let issued = application_tokens::issue_limited(&call.app, &call.actor, user_id, &new).await?;
    created(IssuedToken::from(issued))
}

async fn revoke(call: Call) -> ApiResult<NoContent> {
    application_tokens::revoke(&call.app, &call.actor, call.id("id")?).await?;
    no_content()
}
