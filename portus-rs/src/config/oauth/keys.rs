//! What can be set about the providers.

use crate::config::key::{COUNT, Key, Kind};

macro_rules! provider {
    ($provider:literal, $($more:expr),+ $(,)?) => {
        &[
            Key::new(
                concat!("oauth.", $provider, ".enabled"),
                Kind::Boolean,
                "false",
                concat!("Offer this way in. Callback: `/users/auth/", $provider, "/callback`."),
            ),
            Key::new(
                concat!("oauth.", $provider, ".create_users"),
                Kind::Boolean,
                "true",
                "Create an account at the first login from there.",
            )
            .since("portus-rs"),
            $($more),+
        ]
    };
}

/// The keys of one OpenID Connect provider; there is room for several.
macro_rules! openid_connect {
    ($provider:literal, $since:literal) => {
        provider!(
            $provider,
            Key::new(
                concat!("oauth.", $provider, ".issuer"),
                Kind::Url,
                "",
                "Issuer; its discovery document says the rest.",
            )
            .since($since),
            Key::new(concat!("oauth.", $provider, ".identifier"), Kind::Text, "", CLIENT_ID).since($since),
            Key::new(concat!("oauth.", $provider, ".secret"), Kind::Text, "", CLIENT_SECRET)
                .since($since)
                .secret(),
            Key::new(concat!("oauth.", $provider, ".domain"), Kind::Text, "", DOMAIN).since("portus-rs"),
            Key::new(
                concat!("oauth.", $provider, ".title"),
                Kind::Text,
                "",
                "What the button says; empty is `Open Id Connect`.",
            )
            .since("portus-rs"),
            Key::new(
                concat!("oauth.", $provider, ".scopes"),
                Kind::Text,
                "openid email profile address",
                "Scopes to ask for, separated by spaces. `openid` is always among them.",
            )
            .since("portus-rs"),
            Key::new(
                concat!("oauth.", $provider, ".offline_access"),
                OFFLINE,
                "auto",
                "Ask for leave to ask again later whether somebody is still theirs: `auto` where the provider says that it \
                 gives it, `consent` also asks people each time, for providers that give it only then; `never`.",
            )
            .since("portus-rs"),
            Key::new(
                concat!("oauth.", $provider, ".assume_verified"),
                Kind::Boolean,
                "false",
                "Take every mail address from there as verified, although the provider does not say so \
                 (`email_verified`). Only for a provider whose people cannot choose their address.",
            )
            .since("portus-rs"),
            Key::new(
                concat!("oauth.", $provider, ".username_claim"),
                Kind::Text,
                "preferred_username",
                "Claim that suggests the user name.",
            )
            .since("portus-rs"),
            Key::new(
                concat!("oauth.", $provider, ".name_claim"),
                Kind::Text,
                "name",
                "Claim that suggests the display name.",
            )
            .since("portus-rs"),
            Key::new(
                concat!("oauth.", $provider, ".groups_claim"),
                Kind::Text,
                "",
                "Claim that lists a person's groups; empty: groups count for nothing.",
            )
            .since("portus-rs"),
            Key::new(
                concat!("oauth.", $provider, ".group"),
                Kind::Text,
                "",
                "Only members of this group of the groups claim.",
            )
            .since("portus-rs"),
            Key::new(
                concat!("oauth.", $provider, ".group_teams"),
                Kind::List,
                "",
                "Teams that groups stand for, `GROUP=TEAM` or `GROUP=TEAM:ROLE` separated by commas; `*` is each group \
                 for the team of its name. Compared at each login, and whenever the provider is asked again.",
            )
            .since("portus-rs"),
            Key::new(
                concat!("oauth.", $provider, ".default_role"),
                Kind::Choice(&[("viewer", "viewer"), ("contributor", "contributor"), ("owner", "owner")]),
                "viewer",
                "Role in those teams where none is given.",
            )
            .since("portus-rs"),
        )
    };
}

const DOMAIN: &str = "Only addresses of this mail domain may enter; empty lets all in.";
const CLIENT_ID: &str = "Identifier of this application at the provider.";
const CLIENT_SECRET: &str = "Secret of this application at the provider.";

const OFFLINE: Kind = Kind::Choice(&[("auto", "auto"), ("consent", "consent"), ("never", "never")]);

const RECHECK: &[Key] = &[
    Key::new(
        "oauth.recheck.interval",
        COUNT,
        "4",
        "Minutes after which providers are asked again whether the people who came from them are still theirs; 0: never.",
    )
    .since("portus-rs"),
    Key::new(
        "oauth.recheck.unasked",
        COUNT,
        "10",
        "Minutes after which a session ends whose provider gave nothing to ask it again with; 0: as other sessions do.",
    )
    .since("portus-rs"),
    Key::new(
        "oauth.recheck.unasked_tokens",
        COUNT,
        "7",
        "Days after the last login through such a provider after which application tokens and docker logins of the people who \
         came from it are refused, until they come through it again; 0: never.",
    )
    .since("portus-rs"),
];
const LOCAL: &[Key] = &[Key::new(
    "oauth.local_login.enabled",
    Kind::Boolean,
    "true",
    "Accept user name and password on the web. The docker client and the API always may.",
)];
const GOOGLE: &[Key] = provider!(
    "google_oauth2",
    Key::new("oauth.google_oauth2.id", Kind::Text, "", CLIENT_ID),
    Key::new("oauth.google_oauth2.secret", Kind::Text, "", CLIENT_SECRET).secret(),
    Key::new("oauth.google_oauth2.domain", Kind::Text, "", DOMAIN),
    Key::new(
        "oauth.google_oauth2.options.hd",
        Kind::Text,
        "",
        "Only accounts of this hosted domain."
    ),
    Key::new(
        "oauth.google_oauth2.offline_access",
        OFFLINE,
        "auto",
        "Ask for leave to ask again later whether somebody is still theirs: `consent` also asks people each time, since \
         Google gives it at the first consent only."
    )
    .since("portus-rs"),
    Key::new(
        "oauth.google_oauth2.server",
        Kind::Url,
        "https://accounts.google.com",
        "Issuer to ask; for tests."
    )
    .since("portus-rs"),
);
const OPEN_ID: &[Key] = provider!(
    "open_id",
    Key::new(
        "oauth.open_id.identifier",
        Kind::Text,
        "",
        "OpenID 2.0 provider. No longer offered."
    ),
    Key::new("oauth.open_id.domain", Kind::Text, "", DOMAIN),
);
const OPENID_CONNECT: &[Key] = openid_connect!("openid_connect", "Portus 2.5");
const OPENID_CONNECT_2: &[Key] = openid_connect!("openid_connect_2", "portus-rs");
const OPENID_CONNECT_3: &[Key] = openid_connect!("openid_connect_3", "portus-rs");
const OPENID_CONNECT_4: &[Key] = openid_connect!("openid_connect_4", "portus-rs");
const GITHUB: &[Key] = provider!(
    "github",
    Key::new("oauth.github.client_id", Kind::Text, "", CLIENT_ID),
    Key::new("oauth.github.client_secret", Kind::Text, "", CLIENT_SECRET).secret(),
    Key::new(
        "oauth.github.organization",
        Kind::Text,
        "",
        "Only members of this organization."
    ),
    Key::new(
        "oauth.github.team",
        Kind::Text,
        "",
        "Only members of this team of the organization."
    ),
    Key::new("oauth.github.domain", Kind::Text, "", DOMAIN),
    Key::new(
        "oauth.github.server",
        Kind::Url,
        "https://github.com",
        "GitHub to ask, such as a GitHub Enterprise Server."
    )
    .since("portus-rs"),
);
const GITLAB: &[Key] = provider!(
    "gitlab",
    Key::new("oauth.gitlab.application_id", Kind::Text, "", CLIENT_ID),
    Key::new("oauth.gitlab.secret", Kind::Text, "", CLIENT_SECRET).secret(),
    Key::new(
        "oauth.gitlab.group",
        Kind::Text,
        "",
        "Only members of the group with this full path, or this name. Anybody may give a group a name: prefer the path."
    ),
    Key::new("oauth.gitlab.domain", Kind::Text, "", DOMAIN),
    Key::new(
        "oauth.gitlab.server",
        Kind::Url,
        "",
        "GitLab to ask; empty is `https://gitlab.com`."
    ),
);
const BITBUCKET: &[Key] = provider!(
    "bitbucket",
    Key::new("oauth.bitbucket.key", Kind::Text, "", CLIENT_ID).secret(),
    Key::new("oauth.bitbucket.secret", Kind::Text, "", CLIENT_SECRET).secret(),
    Key::new("oauth.bitbucket.domain", Kind::Text, "", DOMAIN),
    Key::new(
        "oauth.bitbucket.options.team",
        Kind::Text,
        "",
        "Only members of this workspace."
    ),
    Key::new(
        "oauth.bitbucket.server",
        Kind::Url,
        "https://bitbucket.org",
        "Bitbucket to ask; for tests."
    )
    .since("portus-rs"),
);
pub(in crate::config) const KEYS: &[&[Key]] = &[
    LOCAL,
    RECHECK,
    GOOGLE,
    OPEN_ID,
    OPENID_CONNECT,
    OPENID_CONNECT_2,
    OPENID_CONNECT_3,
    OPENID_CONNECT_4,
    GITHUB,
    GITLAB,
    BITBUCKET,
];
