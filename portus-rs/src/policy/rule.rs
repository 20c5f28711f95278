//! The sentences behind every yes and no.

use std::fmt;

use serde::Serialize;

use crate::error::{Error, Result};

/// An answer and the rule that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    pub granted: bool,
    pub rule: Rule,
}

impl Verdict {
    pub const fn yes(rule: Rule) -> Self {
        Self {
            granted: true,
            rule,
        }
    }

    pub const fn no(rule: Rule) -> Self {
        Self {
            granted: false,
            rule,
        }
    }

    /// The error for whoever may know of the thing but not do it.
    pub fn refusal(self) -> Error {
        match self.rule {
            Rule::TokenOnlyReads
            | Rule::TokenOnlyPulls
            | Rule::TokenOnlyPushes
            | Rule::TokenOfOneNamespace
            | Rule::TokenThatEnds => {
                let remedy = self.rule.remedy().unwrap_or_default();
                Error::Limited(format!("{}: {remedy}", self.rule))
            }
            rule => Error::forbidden(rule),
        }
    }

    /// Nothing if granted, else [`Self::refusal`].
    pub fn granted(self) -> Result<()> {
        if self.granted {
            Ok(())
        } else {
            Err(self.refusal())
        }
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident: $text:literal $(, change: $change:literal)?;)+) => {
        /// Why something is allowed or not.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Rule {
            $($(#[$doc])* $name),+
        }

        impl Rule {
            /// What the rule says.
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text),+
                }
            }

            /// What would have to change for another answer, where somebody can change it.
            pub fn remedy(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => rules!(@change $($change)?)),+
                }
            }

            pub const ALL: &[Self] = &[$(Self::$name),+];
        }
    };
    (@change) => { None };
    (@change $change:literal) => { Some($change) };
}

rules! {
    AdminMay: "admins may";
    ServiceMay: "the service itself may";
    OperatorMay: "whoever runs commands on this machine may";
    MemberMayPull: "every member of the team may pull";
    AnybodyMayPull: "the namespace is public: everybody may pull";
    AccountMayPull: "the namespace is protected: everybody with an account may pull";
    PrivateNamespace: "the namespace is private: only members of its team may pull",
        change: "an owner of the team can add the user, or change the namespace's visibility";
    ProtectedNamespace: "the namespace is protected: only people with an account may pull",
        change: "log in with `docker login`, or ask an owner to make the namespace public";
    TeamMayPush: "owners and contributors of the team may push";
    ViewerMayNotPush: "viewers may not push",
        change: "an owner of the team can make the user a contributor";
    StrangerMayNotPush: "only owners and contributors of the namespace's team may push",
        change: "an owner of the team can add the user as a contributor";
    AnonymousMayNotPush: "nobody pushes without logging in",
        change: "log in with `docker login`";
    PersonalMayPush: "people may push into their own personal namespace";
    OnlyPersonalPush: "user_permission.push_images.policy is allow-personal: people push only into their own personal namespace",
        change: "push into the personal namespace, or have an admin change user_permission.push_images.policy";
    OnlyAdminsPush: "user_permission.push_images.policy is admin-only",
        change: "have an admin push, or change user_permission.push_images.policy";
    DeletionOff: "delete.enabled is off",
        change: "have an admin switch delete.enabled on";
    OwnerMay: "owners of the team may";
    ContributorMayDelete: "delete.contributors is on: contributors may delete";
    OnlyOwnersDelete: "only owners of the team may delete",
        change: "an owner of the team can do it, or an admin can switch delete.contributors on";
    UnknownNamespace: "there is no such namespace, and an unknown namespace grants nothing to anybody",
        change: "create the namespace first";
    UnknownRegistry: "no registry has this host name as its service",
        change: "make auth.token.service of the registry equal to the hostname of its row here";
    InvalidName: "no registry accepts this repository name";
    UnknownAction: "docker registries know pull, push, delete and * only";
    UnknownResource: "the only resource of type registry is the catalog";
    OnlyAdminsSeeCatalog: "only admins may list the whole catalog";
    AccountMaySearch: "everybody with an account may search";
    LogInToSearch: "searching through a token needs an account";
    MemberMay: "every member of the team may";
    NotAMember: "only members of the team may",
        change: "an owner of the team can add the user";
    OnlyOwners: "only owners of the team may";
    OnlyAdmins: "only admins may";
    HiddenTeam: "the team is the hidden one of a personal or global namespace and cannot be changed";
    SwitchedOff: "this is switched off for everybody but admins",
        change: "have an admin do it, or change user_permission in the configuration";
    AccountMay: "everybody with an account may";
    LogIn: "this needs an account";
    VisitorMay: "visitors may make an account for themselves";
    HasAccount: "whoever has an account needs no other",
        change: "sign out first, or have an admin make the account";
    GlobalNamespace: "the global namespace cannot be removed, and only admins change it";
    PersonalNamespace: "a personal namespace goes with its account only",
        change: "delete the repositories in it, or have an admin remove the account";
    Oneself: "people may do this to their own account";
    NotOneself: "nobody may do this to their own account";
    BotsToken: "admins may do this to bots";
    AuthorMay: "people may take back what they wrote";
    NotYours: "this belongs to somebody else";
    ForgedRequest: "a browser's write needs the header X-CSRF-Token with the token of its session, and must come from these \
        pages",
        change: "read the token from /api/v1/session and send it along";
    NoPerson: "bots and the service's own account do not sign in on the web",
        change: "use an application token";
    NotEverything: "registries read `*` as everything: it is granted only with all of pull, push and delete, and cut down to what of them is allowed otherwise",
        change: "ask for pull, push or delete by name";
    OwnersBot: "owners of the team look after its bots";
    NoBotOfATeam: "this account is no bot of a team",
        change: "an admin can do it";
    BotsAreNoAdmins: "bots are never admins";
    BotsHaveNoProfile: "bots have no password and no profile of their own",
        change: "an admin, or an owner of the team the bot belongs to, looks after it";
    PortusStays: "this is the service's own account";
    LastAdmin: "this is the last admin who can log in",
        change: "make somebody else an admin first";
    PrivilegedField: "only admins set this about an account, each in its own place",
        change: "leave out admin, bot, enabled, provider and their like";
    TokenOnlyReads: "this application token may only read: look around in the API, and pull images",
        change: "use an application token of scope full";
    TokenOnlyPulls: "this application token may only pull images",
        change: "use an application token of scope read or full";
    TokenOnlyPushes: "this credential may only pull and push images",
        change: "use an application token of scope read or full";
    OnlyBotsTrust: "jobs enter as bots only, never as a person",
        change: "make a bot, and say what it trusts";
    TokenOfOneNamespace: "this application token is good for one namespace only",
        change: "use an application token that is not limited to a namespace";
    TokenThatEnds: "this application token ends, and makes none that could outlast it",
        change: "use an application token without an end, or the web pages";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
