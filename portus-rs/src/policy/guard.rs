//! Loading a thing in order to change it is asking for leave: a [`Permit`] can only be made here, and nothing is
//! written without one.

use std::marker::PhantomData;

use super::{Rule, Rules, Standing, Verdict, namespaces, teams, users};
use crate::{
    entities::{application_token, namespace, registry, repository, team, user},
    error::{Error, Result},
};

/// Something people do to a thing, and the rule about it.
pub trait Guard {
    type On;

    fn verdict(standing: Standing, on: &Self::On, rules: &Rules) -> Verdict;

    /// Whether the one who asks may know that the thing exists.
    fn visible(standing: Standing, on: &Self::On) -> bool;
}

/// Leave to do `G` to one thing.
#[derive(Debug)]
pub struct Permit<G: Guard> {
    on: G::On,
    guard: PhantomData<G>,
}

impl<G: Guard> Permit<G> {
    /// Asks the rule. What the caller may not even see is [`Error::NotFound`].
    pub fn ask(standing: Standing, on: G::On, rules: &Rules) -> Result<Self> {
        let verdict = G::verdict(standing, &on, rules);
        if verdict.granted {
            Ok(Self {
                on,
                guard: PhantomData,
            })
        } else if G::visible(standing, &on) {
            Err(Error::forbidden(verdict.rule))
        } else {
            Err(Error::NotFound)
        }
    }

    pub fn on(&self) -> &G::On {
        &self.on
    }

    pub fn into_inner(self) -> G::On {
        self.on
    }
}

/// Any permit. What it is for shows where it was asked for.
pub trait Authority: sealed::Sealed {}

mod sealed {
    pub trait Sealed {}
}

impl<G: Guard> sealed::Sealed for Permit<G> {}
impl<G: Guard> Authority for Permit<G> {}

macro_rules! guards {
    ($($(#[$doc:meta])* $name:ident on $on:ty: |$standing:ident, $it:ident, $rules:ident| $verdict:expr, visible: $visible:expr;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;

            impl Guard for $name {
                type On = $on;

                fn verdict($standing: Standing, $it: &Self::On, $rules: &Rules) -> Verdict {
                    let _ = ($it, $rules);
                    $verdict
                }

                fn visible($standing: Standing, $it: &Self::On) -> bool {
                    let _ = ($it, $standing);
                    $visible
                }
            }
        )+
    };
}

guards! {
    /// The service's own bookkeeping: events, synchronisation, what a shell on the machine asks for.
    KeepBooks on (): |standing, it, rules| match standing.who {
        super::Who::Service | super::Who::Operator => Verdict::yes(standing.admin_rule()),
        _ => Verdict::no(Rule::OnlyAdmins),
    }, visible: true;
    /// Making an account. Sign-up asks its own guard.
    CreateUser on (): |standing, it, rules| users::administer(standing), visible: true;
    /// Changing, enabling, promoting or removing an account.
    ManageUser on user::Model: |standing, it, rules| users::administer(standing), visible: standing.is_admin();
    /// Making an application token for an account.
    IssueToken on user::Model: |standing, it, rules| users::manage_tokens(standing, it.id), visible: true;
    /// Revoking an application token of an account.
    RevokeToken on (application_token::Model, user::Model): |standing, it, rules|
        users::revoke_token(standing, it.1.id, it.1.bot), visible: true;
    /// Setting up or changing a registry.
    CreateRegistry on (): |standing, it, rules| users::administer(standing), visible: true;
    ManageRegistry on registry::Model: |standing, it, rules| users::administer(standing), visible: standing.is_admin();
    CreateTeam on (): |standing, it, rules| teams::create(standing, rules), visible: true;
    UpdateTeam on team::Model: |standing, it, rules| teams::update(standing, it.hidden, rules),
        visible: teams::show(standing).granted;
    ManageMembers on team::Model: |standing, it, rules| teams::manage_members(standing, it.hidden),
        visible: teams::show(standing).granted;
    DeleteTeam on team::Model: |standing, it, rules| teams::delete(standing, it.hidden, rules),
        visible: teams::show(standing).granted;
    /// Creating a namespace that belongs to a team.
    CreateNamespace on team::Model: |standing, it, rules| namespaces::create_in(standing, rules),
        visible: teams::show(standing).granted;
    UpdateNamespace on namespace::Model: |standing, it, rules| namespaces::update(standing, &it.into(), rules),
        visible: namespaces::pull(standing, &it.into()).granted;
    ChangeVisibility on namespace::Model: |standing, it, rules|
        namespaces::change_visibility(standing, &it.into(), rules),
        visible: namespaces::pull(standing, &it.into()).granted;
    /// Changing what a repository says of itself.
    DescribeRepository on (repository::Model, namespace::Model): |standing, it, rules| namespaces::describe(standing),
        visible: namespaces::pull(standing, &(&it.1).into()).granted;
}
