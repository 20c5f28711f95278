//! Things of every kind, people of every kind, and the switches.

use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, TryIntoModel as _};

use super::super::{Image, Kind, Thing};
use crate::{
    entities::{
        ContentType, RequestMethod, Role, TokenHeader, TokenScope, Visibility, application_token,
        comment, namespace, registry, repository, tag, team, user, webhook,
    },
    policy::{
        PushPolicy, Reach, Rules, Standing, Who,
        activities::{AboutWhat, ActivityFacts},
    },
};

/// Whoever asks.
const ME: i64 = 7;
const SOMEBODY: i64 = 99;
/// The namespace that things are in.
const HERE: i64 = 3;
const ELSEWHERE: i64 = 4;

/// A thing to decide about.
pub struct Object {
    pub name: &'static str,
    pub thing: Thing,
}

/// Things of every sort that this kind has.
pub fn objects(kind: Kind) -> Vec<Object> {
    let object = |name, thing| Object { name, thing };
    match kind {
        Kind::Service => vec![object("", Thing::Service(()))],
        Kind::Image => namespaces()
            .into_iter()
            .map(|(name, row)| object(name, Thing::Image(Image::In((&row).into()))))
            .chain([
                object("unknown namespace", Thing::Image(Image::UnknownNamespace)),
                object("invalid name", Thing::Image(Image::InvalidName)),
            ])
            .collect(),
        Kind::Namespace => namespaces()
            .into_iter()
            .map(|(name, row)| object(name, Thing::Namespace(row)))
            .collect(),
        Kind::Repository => namespaces()
            .into_iter()
            .map(|(name, row)| object(name, Thing::Repository((a_repository(), row))))
            .collect(),
        Kind::Team => vec![
            object("team", Thing::Team(a_team(false))),
            object("hidden team", Thing::Team(a_team(true))),
        ],
        Kind::User => vec![
            object("oneself", Thing::User(a_user(ME, false))),
            object("another person", Thing::User(a_user(SOMEBODY, false))),
            object("a bot", Thing::User(a_user(SOMEBODY, true))),
            object(
                "a bot of the team",
                Thing::User(of_the_team(a_user(SOMEBODY, true))),
            ),
            object("the account portus", Thing::User(portus())),
        ],
        Kind::Token => [
            ("own", ME, false),
            ("another person's", SOMEBODY, false),
            ("a bot's", SOMEBODY, true),
        ]
        .into_iter()
        .map(|(name, owner, bot)| object(name, Thing::Token((a_token(owner), a_user(owner, bot)))))
        .chain([object(
            "a bot's of the team",
            Thing::Token((a_token(SOMEBODY), of_the_team(a_user(SOMEBODY, true)))),
        )])
        .collect(),
        Kind::Tag => namespaces()
            .into_iter()
            .map(|(name, row)| object(name, Thing::Tag((a_tag(), a_repository(), row))))
            .collect(),
        Kind::Comment => comments(),
        Kind::Webhook => namespaces()
            .into_iter()
            .map(|(name, row)| object(name, Thing::Webhook((a_webhook(), row))))
            .collect(),
        Kind::Registry => vec![object("", Thing::Registry(a_registry()))],
        Kind::Activity => entries(),
    }
}

/// Entries of the audit log.
fn entries() -> Vec<Object> {
    use AboutWhat::{Content, Namespace, Service, Team, Token};
    let entry = |name, about, actor, public| {
        let facts = ActivityFacts {
            about,
            actor_id: Some(actor),
            public,
        };
        Object {
            name,
            thing: Thing::Activity(facts),
        }
    };
    vec![
        entry("images of a public namespace", Content, SOMEBODY, true),
        entry(
            "images of a namespace that is not public",
            Content,
            SOMEBODY,
            false,
        ),
        entry("a public namespace", Namespace, SOMEBODY, true),
        entry("a namespace that is not public", Namespace, SOMEBODY, false),
        entry("a team", Team, SOMEBODY, false),
        entry("own application tokens", Token, ME, false),
        entry(
            "another person's application tokens",
            Token,
            SOMEBODY,
            false,
        ),
        entry("accounts and registries", Service, ME, false),
    ]
}

fn comments() -> Vec<Object> {
    let object = |name, thing| Object { name, thing };
    let (mine, theirs) = (a_comment(ME), a_comment(SOMEBODY));
    let space = |visibility| a_namespace(visibility, false, None);
    vec![
        object("own in private", comment(&mine, space(Visibility::Private))),
        object(
            "own in protected",
            comment(&mine, space(Visibility::Protected)),
        ),
        object("own in public", comment(&mine, space(Visibility::Public))),
        object(
            "another's in private",
            comment(&theirs, space(Visibility::Private)),
        ),
        object(
            "another's in protected",
            comment(&theirs, space(Visibility::Protected)),
        ),
        object(
            "another's in public",
            comment(&theirs, space(Visibility::Public)),
        ),
    ]
}

fn namespaces() -> Vec<(&'static str, namespace::Model)> {
    use Visibility::{Private, Protected, Public};
    let row = |name, visibility, global, owner| (name, a_namespace(visibility, global, owner));
    vec![
        row("team private", Private, false, None),
        row("team protected", Protected, false, None),
        row("team public", Public, false, None),
        row("personal private", Private, false, Some(SOMEBODY)),
        row("personal protected", Protected, false, Some(SOMEBODY)),
        row("personal public", Public, false, Some(SOMEBODY)),
        row("own private", Private, false, Some(ME)),
        row("own protected", Protected, false, Some(ME)),
        row("own public", Public, false, Some(ME)),
        // By hand only; no rule of ours makes it private.
        row("global private", Private, true, None),
        row("global protected", Protected, true, None),
        row("global public", Public, true, None),
        row("orphan private", Private, false, None),
    ]
}

fn a_namespace(visibility: Visibility, global: bool, owner: Option<i64>) -> namespace::Model {
    namespace::ActiveModel {
        id: Set(HERE),
        visibility: Set(visibility),
        global: Set(global),
        personal_user_id: Set(owner),
        ..namespace::ActiveModel::default_values()
    }
    .try_into_model()
    .expect("a namespace")
}

fn a_repository() -> repository::Model {
    repository::ActiveModel::default_values()
        .try_into_model()
        .expect("a repository")
}

fn a_team(hidden: bool) -> team::Model {
    team::ActiveModel {
        hidden: Set(hidden),
        ..team::ActiveModel::default_values()
    }
    .try_into_model()
    .expect("a team")
}

fn a_user(id: i64, bot: bool) -> user::Model {
    user::ActiveModel {
        id: Set(id),
        bot: Set(bot),
        enabled: Set(true),
        ..user::ActiveModel::default_values()
    }
    .try_into_model()
    .expect("a user")
}

fn of_the_team(bot: user::Model) -> user::Model {
    user::Model {
        owner_team_id: Some(3),
        ..bot
    }
}

fn portus() -> user::Model {
    user::Model {
        username: user::PORTUS.to_owned(),
        ..a_user(SOMEBODY, false)
    }
}

fn a_tag() -> tag::Model {
    tag::ActiveModel::default_values()
        .try_into_model()
        .expect("a tag")
}

fn a_comment(author: i64) -> comment::Model {
    comment::ActiveModel {
        user_id: Set(Some(author)),
        ..comment::ActiveModel::default_values()
    }
    .try_into_model()
    .expect("a comment")
}

fn comment(row: &comment::Model, namespace: namespace::Model) -> Thing {
    Thing::Comment((row.clone(), a_repository(), namespace))
}

fn a_webhook() -> webhook::Model {
    webhook::ActiveModel {
        request_method: Set(RequestMethod::Post),
        content_type: Set(ContentType::Json),
        ..webhook::ActiveModel::default_values()
    }
    .try_into_model()
    .expect("a webhook")
}

fn a_token(user_id: i64) -> application_token::Model {
    application_token::ActiveModel {
        user_id: Set(user_id),
        scope: Set(TokenScope::Full),
        ..application_token::ActiveModel::default_values()
    }
    .try_into_model()
    .expect("a token")
}

fn a_registry() -> registry::Model {
    registry::ActiveModel {
        token_header: Set(TokenHeader::X5c),
        ..registry::ActiveModel::default_values()
    }
    .try_into_model()
    .expect("a registry")
}

/// Somebody who asks.
#[derive(Clone, Copy)]
pub struct Persona {
    pub name: &'static str,
    /// Its column in `docs/PERMISSIONS.md`, if it has one.
    pub column: &'static str,
    who: Who,
    role: Option<Role>,
}

impl Persona {
    /// How they stand towards a thing: roles count where a team owns it.
    pub fn standing(&self, thing: &Thing) -> Standing {
        let role = self
            .role
            .filter(|_| thing.team_id().is_some() || matches!(thing, Thing::Activity(_)));
        let namespace = match thing {
            // The rule itself looks where the image is.
            Thing::Image(_) => {
                return Standing {
                    who: self.who,
                    role,
                };
            }
            Thing::Namespace(it)
            | Thing::Repository((_, it))
            | Thing::Webhook((_, it))
            | Thing::Tag((_, _, it))
            | Thing::Comment((_, _, it)) => Some(it.id),
            _ => None,
        };
        Standing::towards(self.who, role, namespace)
    }
}

/// Everybody, in the order of the columns.
pub fn personas() -> Vec<Persona> {
    let user = |admin| Who::User { id: ME, admin };
    let persona = |name, column, who, role| Persona {
        name,
        column,
        who,
        role,
    };
    // The owner, through a token of theirs.
    let through = |name, scope, namespace, ends| {
        let reach = Reach {
            scope,
            namespace,
            ends,
        };
        persona(name, "", Who::with(ME, false, reach), Some(Role::Owner))
    };
    vec![
        persona("An", "not signed in", Who::Anonymous, None),
        persona("Out", "outsider", user(false), None),
        persona("Vi", "viewer", user(false), Some(Role::Viewer)),
        persona("Co", "contributor", user(false), Some(Role::Contributor)),
        persona("Ow", "owner", user(false), Some(Role::Owner)),
        persona("Bot", "", user(false), Some(Role::Contributor)),
        persona("Ad", "admin", user(true), None),
        persona("Po", "", user(true), None),
        persona("Sv", "", Who::Service, None),
        persona("Op", "", Who::Operator, None),
        through("Rd", TokenScope::Read, None, false),
        through("Pl", TokenScope::Pull, None, false),
        through("Ns", TokenScope::Full, Some(HERE), false),
        through("Nx", TokenScope::Full, Some(ELSEWHERE), false),
        through("En", TokenScope::Full, None, true),
    ]
}

/// A setting that rules look at, with its values.
pub struct Switch {
    pub name: &'static str,
    pub values: &'static [&'static str],
    set: fn(&mut Rules, usize),
}

macro_rules! switches {
    ($($name:literal $field:ident;)+) => {
        /// All of them; a new one has to be added here, or [`Switches::first`] does not compile.
        pub const SWITCHES: &[Switch] = &[
            Switch {
                name: "user_permission.push_images.policy",
                values: &["allow-teams", "allow-personal", "admin-only"],
                set: |rules, value| {
                    rules.push = [PushPolicy::AllowTeams, PushPolicy::AllowPersonal, PushPolicy::AdminOnly][value];
                },
            },
            $(Switch { name: $name, values: &["on", "off"], set: |rules, value| rules.$field = value == 0 }),+
        ];

        pub struct Switches;

        impl Switches {
            pub fn first() -> Rules {
                Rules { push: PushPolicy::AllowTeams, $($field: true),+ }
            }

            /// How many settings there are in all.
            pub fn count() -> usize {
                SWITCHES.iter().map(|it| it.values.len()).product()
            }

            /// The value of each switch in one of them.
            pub fn values(mut number: usize) -> Vec<usize> {
                SWITCHES
                    .iter()
                    .map(|it| {
                        let value = number % it.values.len();
                        number /= it.values.len();
                        value
                    })
                    .collect()
            }

            pub fn rules(number: usize) -> Rules {
                let mut rules = Self::first();
                for (switch, value) in SWITCHES.iter().zip(Self::values(number)) {
                    (switch.set)(&mut rules, value);
                }
                rules
            }
        }
    };
}

switches! {
    "delete.enabled" delete;
    "delete.contributors" delete_by_contributors;
    "user_permission.create_team" create_team;
    "user_permission.manage_team" manage_team;
    "user_permission.create_namespace" create_namespace;
    "user_permission.manage_namespace" manage_namespace;
    "user_permission.change_visibility" change_visibility;
    "user_permission.create_webhook" create_webhook;
    "user_permission.manage_webhook" manage_webhook;
}
