//! What people may do, and what they see.

use std::time::Duration;

use super::Values;
use super::key::{COUNT, Key, Kind, POSITIVE};

macro_rules! permission {
    ($name:literal, $meaning:literal) => {
        Key::new(
            concat!("user_permission.", $name, ".enabled"),
            Kind::Boolean,
            "true",
            $meaning,
        )
    };
}

pub(super) const KEYS: &[Key] = &[
    Key::new(
        "first_user_admin.enabled",
        Kind::Boolean,
        "true",
        "The first account becomes an administrator. Off: use `portus-rs portus:make_admin[NAME]`.",
    ),
    Key::new(
        "signup.enabled",
        Kind::Boolean,
        "true",
        "Visitors may create an account for themselves.",
    ),
    Key::new(
        "display_name.enabled",
        Kind::Boolean,
        "false",
        "People may choose a name to be shown by.",
    ),
    Key::new(
        "gravatar.enabled",
        Kind::Boolean,
        "true",
        "Show pictures from gravatar.com.",
    ),
    Key::new(
        "anonymous_browsing.enabled",
        Kind::Boolean,
        "true",
        "Visitors may look for public images under `/explore`.",
    ),
    permission!(
        "change_visibility",
        "Owners may change who sees a namespace."
    ),
    permission!("create_team", "Everybody may create teams."),
    permission!(
        "manage_team",
        "Owners may change name and description of a team."
    ),
    permission!(
        "create_namespace",
        "Everybody may create namespaces in teams they push to."
    ),
    permission!(
        "manage_namespace",
        "Owners may change a namespace or hand it over."
    ),
    permission!("create_webhook", "Owners may create and delete webhooks."),
    permission!(
        "manage_webhook",
        "Owners may change, switch and repeat webhooks."
    ),
    Key::new(
        "user_permission.push_images.policy",
        Kind::Choice(&[
            ("allow-teams", "allow-teams"),
            ("allow-personal", "allow-personal"),
            ("admin-only", "admin-only"),
        ]),
        "allow-teams",
        "Who may push: owners and contributors of a team, people only into their own namespace, or administrators only.",
    ),
    Key::new(
        "pagination.per_page",
        POSITIVE,
        "10",
        "Rows of a table on one page.",
    ),
    Key::new(
        "pagination.before_after",
        COUNT,
        "2",
        "Page numbers shown on either side of the current one.",
    ),
    Key::new(
        "pagination.limit",
        POSITIVE,
        "",
        "Former name of `pagination.per_page`, used when that is not set.",
    )
    .since("Portus 2.4 only"),
    Key::new(
        "session.timeout",
        POSITIVE,
        "1440",
        "Minutes without a request after which a session ends.",
    )
    .since("portus-rs"),
    Key::new(
        "session.lifetime",
        POSITIVE,
        "20160",
        "Minutes after which a session ends in any case.",
    )
    .since("portus-rs"),
    Key::new(
        "session.remember",
        POSITIVE,
        "43200",
        "Minutes that a session lasts, used or not, for those who ask to be remembered.",
    )
    .since("portus-rs"),
];

#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the file"
)]
pub struct UserPermission {
    pub change_visibility: bool,
    pub create_team: bool,
    pub manage_team: bool,
    pub create_namespace: bool,
    pub manage_namespace: bool,
    pub create_webhook: bool,
    pub manage_webhook: bool,
    pub push_images: PushPolicy,
}

/// Who may push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushPolicy {
    AllowTeams,
    AllowPersonal,
    AdminOnly,
}

impl UserPermission {
    pub(super) fn read(values: &Values) -> Self {
        let may = |what: &str| values.flag(&format!("user_permission.{what}.enabled"));
        Self {
            change_visibility: may("change_visibility"),
            create_team: may("create_team"),
            manage_team: may("manage_team"),
            create_namespace: may("create_namespace"),
            manage_namespace: may("manage_namespace"),
            create_webhook: may("create_webhook"),
            manage_webhook: may("manage_webhook"),
            push_images: match values.text("user_permission.push_images.policy").as_str() {
                "allow-personal" => PushPolicy::AllowPersonal,
                "admin-only" => PushPolicy::AdminOnly,
                _ => PushPolicy::AllowTeams,
            },
        }
    }
}

/// Tables in pages.
#[derive(Debug, Clone)]
pub struct Pagination {
    pub per_page: u32,
    pub before_after: u32,
}

impl Pagination {
    pub(super) fn read(values: &Values) -> Self {
        let former = values
            .maybe_number("pagination.limit")
            .filter(|_| !values.is_set("pagination.per_page"));
        Self {
            per_page: former.unwrap_or_else(|| values.number("pagination.per_page")),
            before_after: values.number("pagination.before_after"),
        }
    }
}

/// How long a login on the web lasts.
#[derive(Debug, Clone)]
pub struct Session {
    /// Without a request.
    pub timeout: Duration,
    /// In any case.
    pub lifetime: Duration,
    /// In any case and without a request, for those who ask to be remembered.
    pub remember: Duration,
}

impl Session {
    pub(super) fn read(values: &Values) -> Self {
        let minutes = |key: &str| Duration::from_secs(60 * u64::from(values.number::<u32>(key)));
        Self {
            timeout: minutes("session.timeout"),
            lifetime: minutes("session.lifetime"),
            remember: minutes("session.remember"),
        }
    }
}
