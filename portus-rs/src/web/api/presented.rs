//! The two presentations: programs get what Portus' clients know, browsers that have signed in get besides what a page
//! would have to ask for again. The further fields stand here alone, and in the document under a name of their own.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr, Schema,
        schema::{AllOfBuilder, AnyOfBuilder, ObjectBuilder},
    },
};

use super::words;
use crate::{
    queries::presented::{
        self as more, CommentMore, MemberMore, NamespaceMore, Presentable, Presented,
        RepositoryMore, TeamMore, UserMore, WebhookMore,
    },
    web::{error::ApiResult, extract::caller::Call, markdown::html},
};

/// A view, and what belongs to it on a page.
#[derive(Serialize)]
pub struct Dressed<V, M> {
    #[serde(flatten)]
    view: V,
    #[serde(flatten)]
    more: Option<M>,
}

impl<V, M> Dressed<V, M> {
    pub fn new(view: V, more: Option<M>) -> Self {
        Self { view, more }
    }
}

impl<R, X, V: From<R>, M: From<X>> From<(R, Option<X>)> for Dressed<V, M> {
    fn from((row, more): (R, Option<X>)) -> Self {
        Self {
            view: row.into(),
            more: more.map(M::from),
        }
    }
}

impl<V: ToSchema, M: ToSchema> PartialSchema for Dressed<V, M> {
    fn schema() -> RefOr<Schema> {
        let nothing =
            ObjectBuilder::new().description(Some("Nothing, where a token proves who calls."));
        let more = AnyOfBuilder::new()
            .description(Some("Further fields where a session proves who calls."))
            .item(Ref::from_schema_name(M::name()))
            .item(nothing);
        AllOfBuilder::new()
            .item(Ref::from_schema_name(V::name()))
            .item(more)
            .into()
    }
}

impl<V: ToSchema, M: ToSchema> ToSchema for Dressed<V, M> {
    fn name() -> Cow<'static, str> {
        format!("Presented{}", V::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((V::name().into_owned(), V::schema()));
        V::schemas(schemas);
        schemas.push((M::name().into_owned(), M::schema()));
        M::schemas(schemas);
    }
}

/// The list in the caller's presentation.
pub async fn presented<L: Presentable>(call: &Call, list: L) -> ApiResult<Presented<L>> {
    let onlooker = call.onlooker().await?;
    Ok(Presented { list, onlooker })
}

/// One row of such a list in the caller's presentation.
pub async fn one<L, V, M>(call: &Call, row: L::Row) -> ApiResult<Dressed<V, M>>
where
    L: Presentable,
    V: From<L::Row>,
    M: From<L::More>,
{
    let onlooker = call.onlooker().await?;
    Ok(more::one::<L>(&call.app, onlooker.as_ref(), row)
        .await?
        .into())
}

/// What pages show of a team besides.
#[derive(Serialize, ToSchema)]
pub struct TeamExtras {
    /// HTML.
    description_md: Option<String>,
    /// The caller's own: `Owner`, `Contributor` or `Viewer`.
    role: Option<&'static str>,
    updatable: bool,
    destroyable: bool,
    /// Members whose accounts are enabled.
    users_count: i64,
    namespaces_count: i64,
}

impl From<TeamMore> for TeamExtras {
    fn from(more: TeamMore) -> Self {
        Self {
            description_md: html(more.description.as_deref()),
            role: more.role.map(words::capital),
            updatable: more.updatable,
            destroyable: more.destroyable,
            users_count: more.users_count,
            namespaces_count: more.namespaces_count,
        }
    }
}

/// What pages show of a namespace besides.
#[derive(Serialize, ToSchema)]
pub struct NamespaceExtras {
    /// HTML.
    description_md: Option<String>,
    repositories_count: i64,
    webhooks_count: i64,
    /// Found by a synchronisation, and claimed by no team.
    orphan: bool,
    updatable: bool,
    destroyable: bool,
    permissions: Permissions,
}

/// What the caller may do in a namespace.
#[derive(Serialize, ToSchema)]
#[schema(as = NamespacePermissions)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own"
)]
struct Permissions {
    /// Their role in its team; `admin` for admins without one.
    role: Option<&'static str>,
    pull: bool,
    push: bool,
    webhooks: bool,
    visibility: bool,
}

impl From<NamespaceMore> for NamespaceExtras {
    fn from(more: NamespaceMore) -> Self {
        let may = more.permissions;
        Self {
            description_md: html(more.description.as_deref()),
            repositories_count: more.repositories_count,
            webhooks_count: more.webhooks_count,
            orphan: more.orphan,
            updatable: more.updatable,
            destroyable: more.destroyable,
            permissions: Permissions {
                role: may.role,
                pull: may.pull,
                push: may.push,
                webhooks: may.webhooks,
                visibility: may.visibility,
            },
        }
    }
}

/// What pages show of a repository besides.
#[derive(Serialize, ToSchema)]
pub struct RepositoryExtras {
    /// HTML.
    description_md: Option<String>,
}

impl From<RepositoryMore> for RepositoryExtras {
    fn from(RepositoryMore(description): RepositoryMore) -> Self {
        Self {
            description_md: html(description.as_deref()),
        }
    }
}

/// What pages show of a member's account besides.
#[derive(Serialize, ToSchema)]
pub struct MemberExtras {
    /// Whether it is the caller.
    current: bool,
    display_username: String,
}

impl From<MemberMore> for MemberExtras {
    fn from(more: MemberMore) -> Self {
        Self {
            current: more.current,
            display_username: more.display_username,
        }
    }
}

/// What pages show of an account besides.
#[derive(Serialize, ToSchema)]
pub struct UserExtras {
    display_username: String,
    /// Over all teams, also those of one person.
    namespaces_count: i64,
    /// Those that are more than one person's.
    teams_count: i64,
}

impl From<UserMore> for UserExtras {
    fn from(more: UserMore) -> Self {
        Self {
            display_username: more.display_username,
            namespaces_count: more.namespaces_count,
            teams_count: more.teams_count,
        }
    }
}

/// What pages show of a membership besides.
#[derive(Serialize, ToSchema)]
pub struct MembershipExtras {
    /// Whether the member is an admin.
    pub admin: bool,
    /// Whether it is the caller.
    pub current: bool,
}

/// What pages show of a comment besides.
#[derive(Serialize, ToSchema)]
pub struct CommentExtras {
    /// HTML.
    body_md: Option<String>,
    /// Whether the caller may take it back.
    destroyable: bool,
}

impl From<CommentMore> for CommentExtras {
    fn from(more: CommentMore) -> Self {
        Self {
            body_md: html(Some(&more.body)),
            destroyable: more.destroyable,
        }
    }
}

/// What pages show of a webhook besides.
#[derive(Serialize, ToSchema)]
pub struct WebhookExtras {
    updatable: bool,
    destroyable: bool,
}

impl From<WebhookMore> for WebhookExtras {
    fn from(more: WebhookMore) -> Self {
        Self {
            updatable: more.updatable,
            destroyable: more.destroyable,
        }
    }
}

/// What pages show of a tag besides.
#[derive(Serialize, ToSchema)]
pub struct TagExtras {
    /// The size in words, as `117 MB`.
    size_human: Option<String>,
}

impl TagExtras {
    pub fn new(size: Option<i64>) -> Self {
        Self {
            size_human: size.map(size_human),
        }
    }
}

/// Three digits that count, and what they count; 1024 of one are one of the next.
fn size_human(bytes: i64) -> String {
    const UNITS: [&str; 6] = ["KB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1024 {
        let word = if bytes == 1 { "Byte" } else { "Bytes" };
        return format!("{bytes} {word}");
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "three digits are all that is shown"
    )]
    let mut size = bytes as f64 / 1024.0;
    let mut unit = 0;
    // What rounds up to 1024 is one of the next.
    while size >= 1023.5 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    let decimals = match size {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    let text = format!("{size:.decimals$}");
    let text = if decimals > 0 {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::size_human;

    #[test]
    fn sizes_are_told_in_three_digits() {
        let said = [
            (0, "0 Bytes"),
            (1, "1 Byte"),
            (1023, "1023 Bytes"),
            (1024, "1 KB"),
            (1_268_777, "1.21 MB"),
            (122_683_392, "117 MB"),
            (1_048_575, "1 MB"),
            (10_485_760, "10 MB"),
            (13_002_342, "12.4 MB"),
            (1_073_741_824, "1 GB"),
            (i64::MAX, "8 EB"),
        ];
        for (bytes, text) in said {
            assert_eq!(size_human(bytes), text, "{bytes}");
        }
    }
}
