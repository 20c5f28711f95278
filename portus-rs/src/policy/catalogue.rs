//! Every decision that the rules make, by name, so that tests, `docs/PERMISSIONS.md` and `explain` can walk them all.
//! A guard that has no line here does not compile; a rule that is named neither here nor in a guard fails a test.

use super::{
    NamespaceFacts, Rule, Rules, Standing, Verdict,
    activities::{self, ActivityFacts},
    comments,
    guard::{self, Guard},
    namespaces, reach, registries,
    scopes::{self, Target},
    sessions::{self, Person},
    stars, teams, users, vulnerabilities, webhooks,
};
use crate::{
    entities::{
        application_token, comment, namespace, registry, repository, tag, team, user, webhook,
    },
    protocol::scope::{Action as ScopeAction, RequestedScope, ScopeKind},
};

#[cfg(test)]
mod tests;

/// One thing that people do.
pub struct Action {
    /// `noun.verb`.
    pub key: &'static str,
    /// What is done, for people.
    pub text: &'static str,
    pub about: Kind,
    /// The guard or the rule that decides.
    pub decided_by: &'static str,
    decide: fn(Standing, &Thing, &Rules) -> Option<Decision>,
}

/// The answer about one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    pub verdict: Verdict,
    /// What a no looks like.
    pub refusal: Refusal,
}

/// How somebody is told no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 403.
    Told,
    /// 404, as if the thing did not exist.
    Hidden,
    /// The token lacks the action.
    LeftOut,
}

impl Action {
    /// Asks the rule. `None` if the thing is of another kind than the action is about.
    pub fn decide(&self, standing: Standing, thing: &Thing, rules: &Rules) -> Option<Decision> {
        (self.decide)(standing, thing, rules)
    }
}

/// The action of this name.
pub fn action(key: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|it| it.key == key)
}

/// What a docker client names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Image {
    In(NamespaceFacts),
    UnknownNamespace,
    InvalidName,
}

/// What the guard of an action needs to have in hand, by the type of it.
pub trait About: Sized {
    fn of(thing: &Thing) -> Option<&Self>;
}

/// Declares the kinds of things: the name, the type, the word for it, and the team whose roles count.
macro_rules! things {
    ($($name:ident($on:ty) $word:literal |$it:ident| $team:expr;)+) => {
        /// Kinds of things that actions are about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $($name),+
        }

        impl Kind {
            pub const ALL: &[Self] = &[$(Self::$name),+];

            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word),+
                }
            }
        }

        /// A thing in hand.
        #[derive(Clone, Debug)]
        pub enum Thing {
            $($name($on)),+
        }

        impl Thing {
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$name(_) => Kind::$name),+
                }
            }

            /// The team whose roles count.
            pub fn team_id(&self) -> Option<i64> {
                match self {
                    $(Self::$name($it) => {
                        let _ = $it;
                        $team
                    })+
                }
            }
        }

        $(impl About for $on {
            fn of(thing: &Thing) -> Option<&Self> {
                if let Thing::$name(it) = thing {
                    Some(it)
                } else {
                    None
                }
            }
        })+

        trait KindOf {
            const KIND: Kind;
        }

        $(impl KindOf for $on {
            const KIND: Kind = Kind::$name;
        })+
    };
}

things! {
    Service(()) "service" |it| None;
    Image(Image) "image" |it| match it {
        Image::In(facts) => Some(facts.team_id),
        _ => None,
    };
    Namespace(namespace::Model) "namespace" |it| Some(it.team_id);
    Repository((repository::Model, namespace::Model)) "repository" |it| Some(it.1.team_id);
    Team(team::Model) "team" |it| Some(it.id);
    User(user::Model) "user" |it| it.owner_team_id;
    Token((application_token::Model, user::Model)) "application_token" |it| it.1.owner_team_id;
    Tag((tag::Model, repository::Model, namespace::Model)) "tag" |it| Some(it.2.team_id);
    Comment((comment::Model, repository::Model, namespace::Model)) "comment" |it| Some(it.2.team_id);
    Webhook((webhook::Model, namespace::Model)) "webhook" |it| Some(it.1.team_id);
    Registry(registry::Model) "registry" |it| None;
    Activity(ActivityFacts) "activity" |it| None;
}

/// That a guard has its line in the catalogue.
#[diagnostic::on_unimplemented(
    message = "the guard `{Self}` is not in the catalogue of decisions",
    label = "add a line for it to `catalogue!` in portus-rs/src/policy/catalogue.rs"
)]
pub trait Catalogued {
    const KEY: &'static str;
}

/// A guard's answer; a rule's is written out.
fn by_guard<G>(standing: Standing, thing: &Thing, rules: &Rules) -> Option<Decision>
where
    G: Guard,
    G::On: About,
{
    let on = G::On::of(thing)?;
    Some(Decision {
        verdict: guard::verdict::<G>(standing, on, rules),
        refusal: if G::visible(standing, on) {
            Refusal::Told
        } else {
            Refusal::Hidden
        },
    })
}

/// Declares what is decided: `"key" "what people do": guard(Name);` or `"key" "…": rule "module::function" on kind, a
/// refusal, |standing, thing, rules| verdict;`. A refusal with `if` is hidden otherwise. What only looks is a rule:
/// guards refuse every credential that changes nothing.
macro_rules! catalogue {
    ($($key:literal $text:literal:
        $(guard($guard:path))?
        $(rule $rule:literal on $on:ty, $refusal:ident $(if $seen:expr)?, |$standing:ident, $it:ident, $rules:ident| $verdict:expr)?
    ;)+) => {
        /// All of them.
        pub const ACTIONS: &[Action] = &[$(
            catalogue!(@action $key, $text
                $(, guard $guard)?
                $(, rule $rule, $on, $refusal $(if $seen)?, |$standing, $it, $rules| $verdict)?
            )
        ),+];

        $($(impl Catalogued for $guard {
            const KEY: &'static str = $key;
        })?)+
    };
    (@action $key:literal, $text:literal, guard $guard:path) => {
        Action {
            key: $key,
            text: $text,
            about: <<$guard as Guard>::On as KindOf>::KIND,
            decided_by: stringify!($guard),
            decide: by_guard::<$guard>,
        }
    };
    (@action $key:literal, $text:literal, rule $rule:literal, $on:ty, $refusal:ident $(if $seen:expr)?,
        |$standing:ident, $it:ident, $rules:ident| $verdict:expr) => {
        Action {
            key: $key,
            text: $text,
            about: <$on as KindOf>::KIND,
            decided_by: $rule,
            decide: |$standing, thing, $rules| {
                let $it = <$on as About>::of(thing)?;
                let _ = ($standing, $it, $rules);
                Some(Decision {
                    verdict: $verdict,
                    refusal: catalogue!(@refusal $refusal $(if $seen)?),
                })
            },
        }
    };
    (@refusal $refusal:ident) => {
        Refusal::$refusal
    };
    (@refusal $refusal:ident if $seen:expr) => {
        if $seen {
            Refusal::$refusal
        } else {
            Refusal::Hidden
        }
    };
}

catalogue! {
    "image.pull" "pull images": rule "scopes::decide" on Image, LeftOut, |standing, it, rules|
        image(ScopeAction::Pull, standing, *it, rules);
    "image.push" "push images": rule "scopes::decide" on Image, LeftOut, |standing, it, rules|
        image(ScopeAction::Push, standing, *it, rules);
    "image.delete" "have the registry delete images": rule "scopes::decide" on Image, LeftOut, |standing, it, rules|
        image(ScopeAction::Delete, standing, *it, rules);
    "image.all" "get `*`, which registries read as everything": rule "scopes::decide" on Image, LeftOut,
        |standing, it, rules| image(ScopeAction::All, standing, *it, rules);
    "catalog.list" "list the registry's whole catalog": rule "scopes::decide" on (), LeftOut, |standing, it, rules|
        catalog(ScopeAction::All, standing, rules);
    "catalog.search" "search through the registry's catalog": rule "scopes::decide" on (), LeftOut,
        |standing, it, rules| catalog(ScopeAction::Search, standing, rules);

    "namespace.show" "see a namespace and list its repositories": rule "namespaces::pull" on namespace::Model, Hidden,
        |standing, it, rules| namespaces::pull(standing, &it.into());
    "namespace.create" "create a namespace for a team": guard(namespaces::CreateNamespace);
    "namespace.update" "change a namespace's name, description or team": guard(namespaces::UpdateNamespace);
    "namespace.change_visibility" "open or close a namespace to people outside its team": guard(namespaces::ChangeVisibility);
    "namespace.delete" "delete a namespace with everything in it": guard(namespaces::DeleteNamespace);

    "repository.show" "see a repository and its tags": rule "namespaces::pull" on (repository::Model, namespace::Model),
        Hidden, |standing, it, rules| namespaces::pull(standing, &(&it.1).into());
    "repository.describe" "describe a repository": guard(namespaces::DescribeRepository);
    "repository.star" "star a repository": guard(stars::StarRepository);
    "repository.delete" "delete a repository with its tags": guard(namespaces::DeleteRepository);
    "tag.delete" "delete a tag": guard(namespaces::DeleteTag);
    "comment.write" "comment on a repository": guard(comments::WriteComment);
    "comment.delete" "take a comment back": guard(comments::DeleteComment);
    "vulnerability.rescan" "have images scanned again": guard(vulnerabilities::Rescan);

    "webhook.list" "see a namespace's webhooks and what they sent": rule "webhooks::show" on namespace::Model,
        Told if namespaces::pull(standing, &it.into()).granted, |standing, it, rules| webhooks::show(standing);
    "webhook.approach" "come near a namespace's webhooks to change one": guard(webhooks::ApproachWebhooks);
    "webhook.create" "create a webhook": guard(webhooks::CreateWebhook);
    "webhook.manage" "change a webhook, switch it on and off, send again": guard(webhooks::ManageWebhook);
    "webhook.delete" "delete a webhook": guard(webhooks::DeleteWebhook);
    "webhook.dress" "add and remove a webhook's headers": guard(webhooks::DressWebhook);
    "webhook.read_headers" "read what a webhook's headers say": rule "webhooks::read_headers" on (webhook::Model, namespace::Model),
        Told, |standing, it, rules| webhooks::read_headers(standing);

    "team.create" "create a team": guard(teams::CreateTeam);
    "team.show" "see a team, its members and its namespaces": rule "teams::show" on team::Model, Hidden,
        |standing, it, rules| teams::show(standing);
    "team.update" "change a team's name or description": guard(teams::UpdateTeam);
    "team.manage_members" "add, promote and remove a team's members": guard(teams::ManageMembers);
    "team.delete" "delete a team": guard(teams::DeleteTeam);
    "team.take_over" "receive the namespaces of a team that is deleted": guard(teams::TakeOver);
    "team.list_bots" "list the bots of a team": rule "users::list_bots" on team::Model,
        Told if teams::show(standing).granted, |standing, it, rules| users::list_bots(standing, it.hidden);
    "team.create_bot" "make a bot of a team": guard(users::CreateBot);

    "user.list" "list accounts, and whatever else is of the whole installation": rule "users::administer" on (), Told,
        |standing, it, rules| users::administer(standing);
    "user.sign_up" "make an account for oneself, where `signup.enabled` is on": guard(users::SignUp);
    "user.create" "create an account": guard(users::CreateUser);
    "user.manage" "change or delete an account": guard(users::ManageUser);
    "user.switch_admin" "make somebody an admin, or an ordinary person again": guard(users::SwitchAdmin);
    "user.disable" "shut an account out": guard(users::DisableUser);
    "user.enable" "let an account in again": guard(users::EnableUser);
    "user.edit_profile" "change one's address, display name or password": guard(users::EditProfile);
    "user.drop_second_factor" "take the second factor off an account": guard(users::DropSecondFactor);
    "user.manage_bot" "disable, enable and remove a bot of a team": guard(users::ManageBot);
    "user.list_trusts" "see whose signed tokens open a bot": rule "users::manage_trusts" on user::Model,
        Told if standing.is_admin() || standing.role.is_some(), |standing, it, rules| users::manage_trusts(standing, it);
    "user.manage_trusts" "say whose signed tokens open a bot": guard(users::ManageTrusts);
    "user.set_privileged" "give an account what only admins give": rule "users::set_privileged" on (), Told,
        |standing, it, rules| users::set_privileged(standing);
    "user.list_tokens" "list an account's application tokens": rule "users::manage_tokens_of" on user::Model, Told,
        |standing, it, rules| users::manage_tokens_of(standing, it);
    "user.issue_token" "make an application token for an account": guard(users::IssueToken);
    "application_token.revoke" "revoke an application token": guard(users::RevokeToken);

    "session.sign_in" "sign in on the web": rule "sessions::sign_in" on user::Model, Told, |standing, it, rules|
        sessions::sign_in(Person { username: &it.username, bot: it.bot });
    "session.start" "begin a session of one's own": guard(sessions::StartSession);
    "session.list" "see an account's sessions, docker logins and links with identity providers": rule "sessions::manage"
        on user::Model, Told, |standing, it, rules| sessions::manage(standing, it.id);
    "session.end" "end an account's sessions, docker logins and links with identity providers": guard(sessions::EndSessions);

    "registry.create" "set up a registry": guard(registries::CreateRegistry);
    "registry.manage" "change a registry": guard(registries::ManageRegistry);
    "job.run" "have a background job run now": guard(registries::RunJob);

    "activity.show" "read an entry of the audit log": rule "activities::show" on ActivityFacts, Hidden,
        |standing, it, rules| activities::show(standing, it);
    "audit.list" "search the whole audit log": rule "users::administer" on (), Told,
        |standing, it, rules| users::administer(standing);

    "service.look" "look around in the API, as far as the credential goes": rule "reach::api" on (), Told,
        |standing, it, rules| reach::api(standing.who, false);
    "service.change" "change something through the API, as far as the credential goes": rule "reach::api" on (), Told,
        |standing, it, rules| reach::api(standing.who, true);
    "service.keep_books" "apply events, synchronise, work from the command line": guard(super::guard::KeepBooks);
}

/// What a token request for one action on one image is answered with; `*` is granted where nothing is left out.
fn image(action: ScopeAction, standing: Standing, image: Image, rules: &Rules) -> Verdict {
    let target = match image {
        Image::In(facts) => Target::Namespace { facts, standing },
        Image::UnknownNamespace => Target::Unknown,
        Image::InvalidName => Target::Invalid,
    };
    let kind = ScopeKind::Repository { class: None };
    scope((kind, "name"), action, target, rules)
}

fn catalog(action: ScopeAction, standing: Standing, rules: &Rules) -> Verdict {
    let target = Target::Registry { standing };
    scope((ScopeKind::Registry, "catalog"), action, target, rules)
}

fn scope(
    (kind, name): (ScopeKind, &str),
    action: ScopeAction,
    target: Target,
    rules: &Rules,
) -> Verdict {
    let asked = RequestedScope {
        kind,
        name: name.to_owned(),
        actions: vec![action],
    };
    let grant = scopes::decide(&[asked], &[target], rules);
    match grant.decisions.as_slice() {
        [one] => one.verdict,
        // Only `*` is answered in parts.
        _ => Verdict::no(Rule::NotEverything),
    }
}
