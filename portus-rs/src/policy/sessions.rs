//! Rules about signing in on the web, and about who sees and ends whose sessions.

use super::{Guard, Rule, Rules, Standing, Verdict, guard::guards};
use crate::entities::user::{self, PORTUS};

/// What the rule about signing in needs to know of an account.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    pub username: &'a str,
    pub bot: bool,
}

/// Having a session at all: bots have tokens, and the hidden account is no person.
pub fn sign_in(person: Person<'_>) -> Verdict {
    if person.bot || person.username == PORTUS {
        Verdict::no(Rule::NoPerson)
    } else {
        Verdict::yes(Rule::Oneself)
    }
}

/// Listing and ending the sessions of an account, and what else opens it.
pub fn manage(standing: Standing, owner: i64) -> Verdict {
    if standing.who.reach().namespace.is_some() {
        return Verdict::no(Rule::TokenOfOneNamespace);
    }
    if standing.user_id() == Some(owner) {
        Verdict::yes(Rule::Oneself)
    } else if standing.is_admin() {
        Verdict::yes(standing.admin_rule())
    } else {
        Verdict::no(Rule::NotYours)
    }
}

/// Beginning a session of one's own, once the account has proved itself.
pub fn start(standing: Standing, owner: i64, person: Person<'_>) -> Verdict {
    if standing.user_id() == Some(owner) {
        sign_in(person)
    } else {
        Verdict::no(Rule::NotYours)
    }
}

guards! {
    StartSession on user::Model: |standing, it, rules|
        start(standing, it.id, Person { username: &it.username, bot: it.bot }), visible: true;
    /// Ending sessions of an account.
    EndSessions on user::Model: |standing, it, rules| manage(standing, it.id),
        visible: manage(standing, it.id).granted;
}
