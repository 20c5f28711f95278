//! What is around every page: who looks, in which language, where they are, what has just happened.

use serde::Serialize;

use super::{flash::Flash, language::Language, view::Moment};
use crate::{app::App, identity::actor::Account, queries};

/// For the layouts.
#[derive(Clone, Serialize)]
pub struct Frame {
    /// Ahead of every path of ours; empty unless we live below somebody else's.
    pub root: String,
    pub version: &'static str,
    pub language: Language,
    pub languages: Vec<Choice>,
    pub now: Moment,
    /// The path that was asked for, with its query, below the root.
    pub here: String,
    /// Which entry of the navigation it belongs to.
    pub place: &'static str,
    pub reader: Option<Reader>,
    pub flashes: Vec<Flash>,
    pub switches: Switches,
    /// Nobody has named a registry yet.
    pub without_registry: bool,
    /// What docker clients call the registry, as in `docker login HOST`.
    pub registry_host: Option<String>,
    /// Whether pages say which registry something is in.
    pub several_registries: bool,
    /// The newest entry of the audit log that the page can know of; what is newer is news.
    pub seen: i64,
    /// Nothing is configured and the connection is not encrypted.
    pub in_the_clear: bool,
}

/// A language to choose.
#[derive(Clone, Serialize)]
pub struct Choice {
    pub tag: &'static str,
    pub name: &'static str,
}

/// Whoever is signed in.
#[derive(Clone, Serialize)]
pub struct Reader {
    pub id: i64,
    pub username: String,
    pub display_name: String,
    pub admin: bool,
    pub avatar: Option<String>,
    pub has_email: bool,
    /// For the field `authenticity_token` of forms.
    pub csrf_token: String,
}

/// What this installation offers.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Serialize)]
pub struct Switches {
    pub anonymous_browsing: bool,
    pub signup: bool,
    pub ldap: bool,
    pub deletion: bool,
    pub display_name: bool,
    pub gravatar: bool,
    pub scanning: bool,
}

impl Switches {
    pub fn of(app: &App) -> Self {
        let config = &app.config;
        Self {
            anonymous_browsing: config.anonymous_browsing,
            signup: config.signup && config.ldap.is_none(),
            ldap: config.ldap.is_some(),
            deletion: config.delete.enabled,
            display_name: config.display_name,
            gravatar: config.gravatar,
            scanning: config.security.is_on(),
        }
    }
}

impl Reader {
    pub fn new(app: &App, account: &Account, csrf_token: &str) -> Self {
        let shown = account.display_name.as_deref();
        let shown = shown.filter(|it| app.config.display_name && !it.is_empty());
        Self {
            id: account.id,
            username: account.username.clone(),
            display_name: shown.unwrap_or(&account.username).to_owned(),
            admin: account.admin,
            avatar: queries::users::avatar_url(app, account.email.as_deref()),
            has_email: account.email.as_ref().is_some_and(|it| !it.is_empty()),
            csrf_token: csrf_token.to_owned(),
        }
    }
}

impl Frame {
    /// What samples are rendered in: a visitor, a reader and an admin, in each language.
    #[cfg(test)]
    pub fn samples() -> Vec<Self> {
        let now = chrono::NaiveDateTime::default();
        let reader = |admin| Reader {
            id: 1,
            username: "ann<canary>".to_owned(),
            display_name: "Ann <canary>".to_owned(),
            admin,
            avatar: Some("https://secure.gravatar.com/avatar/0".to_owned()),
            has_email: true,
            csrf_token: "token<canary>".to_owned(),
        };
        let readers = [None, Some(reader(false)), Some(reader(true))];
        let frame = |reader: Option<Reader>, language: Language| Self {
            root: "/portus".to_owned(),
            version: "1.2.3",
            language,
            languages: Self::languages(),
            now: Moment(now),
            here: "/teams?q=<canary>".to_owned(),
            place: "teams",
            without_registry: reader.is_some() && language == Language::Japanese,
            reader,
            flashes: vec![
                Flash::notice("done <canary>"),
                Flash {
                    secret: Some("secret <canary>".to_owned()),
                    ..Flash::alert("not done <canary>")
                },
            ],
            switches: Switches {
                anonymous_browsing: true,
                signup: true,
                ldap: false,
                deletion: true,
                display_name: true,
                gravatar: true,
                scanning: true,
            },
            registry_host: Some("registry.test<canary>".to_owned()),
            seen: 7,
            several_registries: language == Language::Chinese,
            in_the_clear: true,
        };
        let each = |language| readers.clone().map(|reader| frame(reader, language));
        Language::ALL.into_iter().flat_map(each).collect()
    }

    pub fn languages() -> Vec<Choice> {
        let choice = |it: Language| Choice {
            tag: it.tag(),
            name: it.name(),
        };
        Language::ALL.map(choice).into()
    }
}
