//! Signing in with an account from elsewhere.

mod keys;

pub(super) use keys::KEYS;

use std::time::Duration;

use super::ldap::GroupRole;
use super::{Secret, Values};

/// The ways in besides this service's own passwords.
#[derive(Debug, Clone)]
pub struct OAuth {
    /// Whether the web form takes a user name and password.
    pub local_login: bool,
    /// Configured, but never offered: `OpenID` 2.0 is gone.
    pub open_id: bool,
    /// How often providers are asked whether people are still theirs, if they are.
    pub recheck: Option<Duration>,
    /// How long a session lasts at most whose provider cannot be asked.
    pub unasked: Option<Duration>,
    /// How long tokens of its people last without a login through it.
    pub unasked_tokens: Option<Duration>,
    /// What is on offer, in the order of the buttons.
    pub providers: Vec<Provider>,
}

/// Whether to ask for leave to ask again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offline {
    /// Where the provider says that it gives it.
    Auto,
    /// And have people asked for it each time.
    Consent,
    Never,
}

/// One way in.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Its name in the configuration and in addresses.
    pub key: &'static str,
    pub client: Client,
    pub kind: ProviderKind,
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

/// What they speak, where they are, and whom they let in. Addresses have no slash at their end.
#[derive(Debug, Clone)]
pub enum ProviderKind {
    Google {
        server: String,
        hosted_domain: Option<String>,
        offline: Offline,
    },
    OpenIdConnect(OpenIdConnect),
    GitHub {
        server: String,
        organization: Option<String>,
        team: Option<String>,
    },
    GitLab {
        server: String,
        group: Option<String>,
    },
    Bitbucket {
        server: String,
        workspace: Option<String>,
    },
}

#[derive(Debug, Clone)]
pub struct OpenIdConnect {
    /// As configured; the discovery document says it exactly.
    pub issuer: String,
    pub title: Option<String>,
    pub scopes: Vec<String>,
    pub offline: Offline,
    pub assume_verified: bool,
    pub username_claim: Option<String>,
    pub name_claim: Option<String>,
    pub groups_claim: Option<String>,
    pub group: Option<String>,
    pub teams: Vec<GroupTeam>,
}

/// A team that a group stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupTeam {
    pub group: Groups,
    pub role: GroupRole,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Groups {
    /// Each group, for the team of its name.
    OfTheSameName,
    One {
        group: String,
        team: String,
    },
}

impl OAuth {
    pub(super) fn read(values: &mut Values) -> Self {
        let open_id = values.flag("oauth.open_id.enabled");
        if open_id {
            values.error(
                "oauth.open_id.enabled: OpenID 2.0 is no longer offered, so nobody can enter this way; \
                 use oauth.openid_connect instead"
                    .to_owned(),
            );
        }
        let minutes = |key: &str, each: u64| match values.number::<u32>(key) {
            0 => None,
            some => Some(Duration::from_secs(60 * each * u64::from(some))),
        };
        let (recheck, unasked, unasked_tokens) = (
            minutes("oauth.recheck.interval", 1),
            minutes("oauth.recheck.unasked", 1),
            minutes("oauth.recheck.unasked_tokens", 24 * 60),
        );
        Self {
            recheck,
            // Where nobody is asked at all, that is somebody's decision.
            unasked: unasked.filter(|_| recheck.is_some()),
            unasked_tokens: unasked_tokens.filter(|_| recheck.is_some()),
            local_login: values.flag("oauth.local_login.enabled"),
            open_id,
            providers: providers(values),
        }
    }
}

fn providers(values: &mut Values) -> Vec<Provider> {
    let mut found = Vec::new();
    let mut add = |values: &mut Values,
                   key,
                   ids: (&str, &str),
                   kind: fn(&mut Values, &str) -> ProviderKind| {
        if let Some(client) = client(values, key, ids) {
            let kind = kind(values, key);
            found.push(Provider { key, client, kind });
        }
    };
    add(values, "google_oauth2", ("id", "secret"), |values, _| {
        ProviderKind::Google {
            server: server(values, "oauth.google_oauth2.server"),
            hosted_domain: values.optional("oauth.google_oauth2.options.hd"),
            offline: offline(values, "google_oauth2"),
        }
    });
    for key in [
        "openid_connect",
        "openid_connect_2",
        "openid_connect_3",
        "openid_connect_4",
    ] {
        add(values, key, ("identifier", "secret"), |values, key| {
            ProviderKind::OpenIdConnect(OpenIdConnect::read(values, key))
        });
    }
    add(
        values,
        "github",
        ("client_id", "client_secret"),
        |values, _| {
            let organization = values.optional("oauth.github.organization");
            let team = values.optional("oauth.github.team");
            if team.is_some() && organization.is_none() {
                values.warn(
                "oauth.github.team is set without oauth.github.organization, so nobody can sign in through \
                 oauth.github; set the organization that the team belongs to"
                    .to_owned(),
            );
            }
            ProviderKind::GitHub {
                server: server(values, "oauth.github.server"),
                organization,
                team,
            }
        },
    );
    add(
        values,
        "gitlab",
        ("application_id", "secret"),
        |values, _| ProviderKind::GitLab {
            server: values.optional("oauth.gitlab.server").map_or_else(
                || "https://gitlab.com".to_owned(),
                |it| it.trim_end_matches('/').to_owned(),
            ),
            group: values.optional("oauth.gitlab.group"),
        },
    );
    add(values, "bitbucket", ("key", "secret"), |values, _| {
        ProviderKind::Bitbucket {
            server: server(values, "oauth.bitbucket.server"),
            workspace: values.optional("oauth.bitbucket.options.team"),
        }
    });
    found
}

fn offline(values: &Values, provider: &str) -> Offline {
    match values
        .text(&format!("oauth.{provider}.offline_access"))
        .as_str()
    {
        "never" => Offline::Never,
        "consent" => Offline::Consent,
        _ => Offline::Auto,
    }
}

fn server(values: &Values, key: &str) -> String {
    values.text(key).trim_end_matches('/').to_owned()
}

impl OpenIdConnect {
    fn read(values: &mut Values, provider: &str) -> Self {
        let key = |leaf: &str| format!("oauth.{provider}.{leaf}");
        let role = role(&values.text(&key("default_role"))).unwrap_or(GroupRole::Viewer);
        let teams = values.list(&key("group_teams"));
        let teams: Vec<_> = teams
            .iter()
            .map(|item| (item, group_team(item, role)))
            .collect();
        for (item, team) in &teams {
            if team.is_none() {
                values.refuse(
                    &key("group_teams"),
                    &format!("has the item '{item}'; write GROUP=TEAM, GROUP=TEAM:ROLE or *"),
                );
            }
        }
        let groups_claim = values.optional(&key("groups_claim"));
        let group = values.optional(&key("group"));
        if groups_claim.is_none() && (group.is_some() || !teams.is_empty()) {
            values.warn(format!(
                "oauth.{provider} speaks of groups, but {} is empty, so nobody has any; set it to the claim that lists them",
                key("groups_claim")
            ));
        }
        let mut scopes: Vec<String> = values
            .text(&key("scopes"))
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        if !scopes.iter().any(|it| it == "openid") {
            scopes.insert(0, "openid".to_owned());
        }
        Self {
            issuer: required(values, &key("issuer")),
            title: values.optional(&key("title")),
            scopes,
            offline: offline(values, provider),
            assume_verified: values.flag(&key("assume_verified")),
            username_claim: values.optional(&key("username_claim")),
            name_claim: values.optional(&key("name_claim")),
            groups_claim,
            group,
            teams: teams.into_iter().filter_map(|(_, team)| team).collect(),
        }
    }
}

fn role(word: &str) -> Option<GroupRole> {
    match word {
        "viewer" => Some(GroupRole::Viewer),
        "contributor" => Some(GroupRole::Contributor),
        "owner" => Some(GroupRole::Owner),
        _ => None,
    }
}

fn group_team(item: &str, default: GroupRole) -> Option<GroupTeam> {
    let item = item.trim();
    if item == "*" {
        return Some(GroupTeam {
            group: Groups::OfTheSameName,
            role: default,
        });
    }
    let (group, team) = item.rsplit_once('=')?;
    let (team, role) = match team
        .rsplit_once(':')
        .map(|(team, word)| (team, role(word.trim())))
    {
        Some((team, Some(role))) => (team, role),
        _ => (team, default),
    };
    let (group, team) = (group.trim().to_owned(), team.trim().to_owned());
    (!group.is_empty() && !team.is_empty()).then_some(GroupTeam {
        group: Groups::One { group, team },
        role,
    })
}

fn client(values: &mut Values, provider: &str, (id, secret): (&str, &str)) -> Option<Client> {
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
