//! Signing in with an account from elsewhere.

use super::key::{Key, Kind};
use super::{Secret, Values};

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

const DOMAIN: &str = "Only addresses of this mail domain may enter; empty lets all in.";
const CLIENT_ID: &str = "Identifier of this application at the provider.";
const CLIENT_SECRET: &str = "Secret of this application at the provider.";

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
        "Hosted domain to ask Google for."
    ),
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
const OPENID_CONNECT: &[Key] = provider!(
    "openid_connect",
    Key::new(
        "oauth.openid_connect.issuer",
        Kind::Url,
        "",
        "Issuer; its discovery document says the rest.",
    )
    .since("Portus 2.5"),
    Key::new("oauth.openid_connect.identifier", Kind::Text, "", CLIENT_ID).since("Portus 2.5"),
    Key::new("oauth.openid_connect.secret", Kind::Text, "", CLIENT_SECRET)
        .since("Portus 2.5")
        .secret(),
    Key::new("oauth.openid_connect.domain", Kind::Text, "", DOMAIN).since("portus-rs"),
);
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
);
const GITLAB: &[Key] = provider!(
    "gitlab",
    Key::new("oauth.gitlab.application_id", Kind::Text, "", CLIENT_ID),
    Key::new("oauth.gitlab.secret", Kind::Text, "", CLIENT_SECRET).secret(),
    Key::new(
        "oauth.gitlab.group",
        Kind::Text,
        "",
        "Only members of the group with this name."
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
);
pub(super) const KEYS: &[&[Key]] = &[
    LOCAL,
    GOOGLE,
    OPEN_ID,
    OPENID_CONNECT,
    GITHUB,
    GITLAB,
    BITBUCKET,
];

/// The ways in besides this service's own passwords. `None` is not offered.
#[derive(Debug, Clone)]
pub struct OAuth {
    /// Whether the web form takes a user name and password.
    pub local_login: bool,
    pub google_oauth2: Option<Google>,
    /// Configured, but never offered: `OpenID` 2.0 is gone.
    pub open_id: bool,
    pub openid_connect: Option<OpenIdConnect>,
    pub github: Option<GitHub>,
    pub gitlab: Option<GitLab>,
    pub bitbucket: Option<Bitbucket>,
}

/// What all providers share.
#[derive(Debug, Clone)]
pub struct Client {
    /// Not shown either, because Bitbucket's is half of a pair of keys.
    pub id: Secret,
    pub secret: Secret,
    /// Exact text after the `@` of an address that may enter.
    pub domain: Option<String>,
    pub create_users: bool,
}

#[derive(Debug, Clone)]
pub struct Google {
    pub client: Client,
    pub hosted_domain: Option<String>,
}

#[derive(Debug, Clone)]
pub struct OpenIdConnect {
    pub client: Client,
    pub issuer: String,
}

#[derive(Debug, Clone)]
pub struct GitHub {
    pub client: Client,
    pub organization: Option<String>,
    pub team: Option<String>,
}

#[derive(Debug, Clone)]
pub struct GitLab {
    pub client: Client,
    pub group: Option<String>,
    /// Without a trailing slash.
    pub server: String,
}

#[derive(Debug, Clone)]
pub struct Bitbucket {
    pub client: Client,
    pub team: Option<String>,
}

impl OAuth {
    pub(super) fn read(values: &mut Values) -> Self {
        let open_id = values.flag("oauth.open_id.enabled");
        if open_id {
            values.warn(
                "oauth.open_id.enabled: OpenID 2.0 is no longer offered, so nobody can enter this way; \
                 use oauth.openid_connect instead"
                    .to_owned(),
            );
        }
        Self {
            local_login: values.flag("oauth.local_login.enabled"),
            google_oauth2: client(values, "google_oauth2", "id", "secret").map(|client| Google {
                client,
                hosted_domain: values.optional("oauth.google_oauth2.options.hd"),
            }),
            open_id,
            openid_connect: client(values, "openid_connect", "identifier", "secret").map(
                |client| OpenIdConnect {
                    client,
                    issuer: required(values, "oauth.openid_connect.issuer"),
                },
            ),
            github: client(values, "github", "client_id", "client_secret").map(|client| GitHub {
                client,
                organization: values.optional("oauth.github.organization"),
                team: values.optional("oauth.github.team"),
            }),
            gitlab: client(values, "gitlab", "application_id", "secret").map(|client| GitLab {
                client,
                group: values.optional("oauth.gitlab.group"),
                server: values.optional("oauth.gitlab.server").map_or_else(
                    || "https://gitlab.com".to_owned(),
                    |s| s.trim_end_matches('/').to_owned(),
                ),
            }),
            bitbucket: client(values, "bitbucket", "key", "secret").map(|client| Bitbucket {
                client,
                team: values.optional("oauth.bitbucket.options.team"),
            }),
        }
    }
}

fn client(values: &mut Values, provider: &str, id: &str, secret: &str) -> Option<Client> {
    let key = |leaf: &str| format!("oauth.{provider}.{leaf}");
    if !values.flag(&key("enabled")) {
        return None;
    }
    Some(Client {
        id: Secret::new(required(values, &key(id))),
        secret: Secret::new(required(values, &key(secret))),
        domain: values.optional(&key("domain")),
        create_users: values.flag(&key("create_users")),
    })
}

/// Its absence only breaks the button, as it always did, so it must not keep the service down.
fn required(values: &mut Values, key: &str) -> String {
    values.optional(key).unwrap_or_else(|| {
        let provider = key.rsplit_once('.').map_or(key, |(provider, _)| provider);
        values.warn(format!("{key} is empty, so nobody can sign in through {provider}; set it, or set {provider}.enabled to false"));
        String::new()
    })
}
