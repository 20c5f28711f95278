//! Who is told that a thing exists.

use super::{ACCOUNTS, ADMINS, EVERYBODY, Line, MEMBERS, NOBODY, PULL};

/// Who may not even know that a thing is there, and so is told 404: rest-api.md 3.1 with the tables above. Actions that
/// are asked about something else than the thing itself are told.
pub(super) const HIDDEN: &[(&str, &[Line])] = &[
    ("namespace.", PULL),
    ("repository.", PULL),
    (
        "namespace.create",
        &[("hidden team", "", NOBODY), ("team", "", MEMBERS)],
    ),
    ("team.create", &[("*", "", EVERYBODY)]),
    ("team.create_bot", &[("*", "", MEMBERS)]),
    ("team.", &[("*", "", MEMBERS)]),
    ("tag.", PULL),
    ("comment.write", PULL),
    (
        "comment.delete",
        &[
            ("*private", "", MEMBERS),
            ("*protected", "", ACCOUNTS),
            ("*public", "", EVERYBODY),
        ],
    ),
    ("webhook.list", PULL),
    ("webhook.approach", PULL),
    ("webhook.create", PULL),
    ("webhook.manage", &[("*", "", MEMBERS)]),
    ("webhook.delete", &[("*", "", MEMBERS)]),
    ("webhook.dress", &[("*", "", MEMBERS)]),
    (
        "team.take_over",
        &[("hidden team", "", NOBODY), ("team", "", MEMBERS)],
    ),
    (
        "session.end",
        &[("oneself", "", ACCOUNTS), ("*", "", ADMINS)],
    ),
    (
        "user.drop_second_factor",
        &[("oneself", "", ACCOUNTS), ("*", "", ADMINS)],
    ),
    ("user.switch_admin", &[("*", "", ADMINS)]),
    (
        "user.manage_bot",
        &[("a bot of the team", "", MEMBERS), ("*", "", ADMINS)],
    ),
    (
        "user.list_trusts",
        &[("a bot of the team", "", MEMBERS), ("*", "", ADMINS)],
    ),
    (
        "user.manage_trusts",
        &[("a bot of the team", "", MEMBERS), ("*", "", ADMINS)],
    ),
    ("user.manage", &[("*", "", ADMINS)]),
    ("registry.manage", &[("*", "", ADMINS)]),
    ("activity.show", &[("*", "", NOBODY)]),
];
