//! What application tokens leave of their owner's rights, by hand.

use super::fits;

/// What a token leaves of its owner's rights, by the name of the persona; a pattern may end in `*`.
const THROUGH: &[(&str, &[&str])] = &[
    (
        "Rd",
        &[
            "image.pull",
            "catalog.search",
            "namespace.show",
            "repository.show",
            "webhook.list",
            "webhook.read_headers",
            "team.show",
            "team.list_bots",
            "user.list_tokens",
            "user.list_trusts",
            "session.list",
            "activity.show",
            "session.sign_in",
            "service.look",
        ],
    ),
    // The API is closed to it, whatever it might see there.
    (
        "Pl",
        &[
            "image.pull",
            "namespace.show",
            "repository.show",
            "webhook.list",
            "webhook.read_headers",
            "team.show",
            "team.list_bots",
            "user.list_tokens",
            "user.list_trusts",
            "session.list",
            "activity.show",
            "session.sign_in",
        ],
    ),
    (
        "Ns",
        &[
            "image.*",
            "namespace.show",
            "namespace.update",
            "namespace.change_visibility",
            "namespace.delete",
            "repository.*",
            "tag.*",
            "comment.*",
            "webhook.*",
            "session.sign_in",
            "service.*",
        ],
    ),
    ("Nx", &["session.sign_in", "service.*"]),
    ("En", &["*"]),
];

/// Everything else a token that ends may do.
const NOT_BY_WHAT_ENDS: [&str; 1] = ["user.issue_token"];

pub fn through(persona: &str) -> Option<&'static [&'static str]> {
    let found = THROUGH.iter().find(|(name, _)| *name == persona);
    found.map(|(_, keys)| *keys)
}

pub fn carries(persona: &str, keys: &[&str], action: &str) -> bool {
    let ends = persona == "En" && NOT_BY_WHAT_ENDS.contains(&action);
    !ends && keys.iter().any(|key| fits(key, action))
}
