//! Holding back those who guess. Failures are counted in the database for each pair of source address and name, so the
//! count outlives a restart and holds on every replica. Nobody is ever locked out by somebody else: a pair that is held
//! back says nothing about other addresses, and a good application token is let in whatever was guessed before, because
//! it cannot be guessed.

mod pacing;

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use chrono::{NaiveDateTime, TimeDelta};
use moka::sync::Cache;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, ExprTrait as _, QueryFilter, QueryTrait as _,
    sea_query::{CaseStatement, Expr},
};

use super::{actor::Actor, names, turns::Turns};
use crate::{
    actions::change::Change,
    activity::Activity,
    app::App,
    entities::{login_failure, user},
    error::{Error, Result, is_taken},
    policy::{Permit, guard::KeepBooks},
    remote::ldap::SEATS,
};

pub use pacing::{give_back, pace};

/// Failures of one pair after which it is held back.
pub const MOST: i64 = 10;
/// How long it is held back, and how long failures are remembered.
pub const HELD: TimeDelta = TimeDelta::minutes(10);
/// Failures of one address, whatever the names, after which one failure holds a pair back.
pub const SPRAYED: i64 = 100;
/// Failures of one address after which names that nobody has are no longer written down, each in a row of its own.
const FLOODED: i64 = 1000;
/// What they are written down as together: nobody's name.
const STRANGERS: &str = "*";
/// How often a failure is tried to be written where others are in its way.
const TRIES: u32 = 5;
/// What another replica wrote is seen after this long at most, when this one has not written itself.
pub const FRESH: Duration = Duration::from_secs(5);
/// The same wrong secret within this time is one failure: some clients send each twice.
const SAME: Duration = Duration::from_secs(3);

const WRONG: &str = "Invalid Username or password.";
const ONE_MORE: &str = "You have one more attempt before your account is locked.";
const HELD_BACK: &str = "Your account is locked.";
const CROWDED: &str =
    "Too many passwords are being tried from your address. Please try again in a moment.";

/// All names of an address together.
const ANY: &str = "";

/// What this process remembers of the table.
pub struct Throttle {
    states: Cache<(String, String), State>,
    sent: Cache<[u8; 32], ()>,
    /// Names that have failed and are nobody's, from addresses that flood us. Each process has its own, since what a
    /// flood makes up must not fill the table: with several replicas such a name is tried once at each of them before it is
    /// answered as held back, and each remembers as many.
    strangers: Cache<(String, String), ()>,
    /// Where addresses wait to ask the directory for a password.
    pub at_directory: Turns,
}

impl Default for Throttle {
    fn default() -> Self {
        let cache = |life| Cache::builder().max_capacity(20_000).time_to_live(life);
        Self {
            states: cache(FRESH).build(),
            sent: Cache::builder()
                .max_capacity(20_000)
                .time_to_live(SAME)
                .build(),
            strangers: Cache::builder()
                .max_capacity(20_000)
                .time_to_live(HELD.to_std().unwrap_or(FRESH))
                .build(),
            at_directory: Turns::new(SEATS),
        }
    }
}

impl Throttle {
    /// Forgets what was read of the table, and reads it anew when asked.
    pub fn forget(&self) {
        self.states.invalidate_all();
    }

    /// Whether a pair is held back as far as this process remembers.
    fn holds(&self, source: &str, name: &str, now: NaiveDateTime) -> bool {
        let state = self.states.get(&(source.to_owned(), storable(name)));
        state.is_some_and(|it| it.is_held(now))
    }
}

/// A password on its way to be compared.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    throttle: &'a Throttle,
    now: NaiveDateTime,
    /// Where it comes from.
    pub source: &'a str,
    name: &'a str,
    pub password: &'a str,
}

impl<'a> Shown<'a> {
    pub fn new(app: &'a App, source: &'a str, name: &'a str, password: &'a str) -> Self {
        Self {
            throttle: &app.throttle,
            now: app.clock.now(),
            source,
            name,
            password,
        }
    }

    /// Refuses what others from there have made hopeless while it waited for its turn.
    pub fn still_counts(&self) -> Result<()> {
        if self.throttle.holds(self.source, self.name, self.now) {
            Err(held_back())
        } else {
            Ok(())
        }
    }
}

/// How a pair of address and name stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    /// Failures of the pair that still count.
    failures: i64,
    /// Failures of the address that still count.
    of_address: i64,
    held_until: Option<NaiveDateTime>,
}

impl State {
    fn is_held(self, now: NaiveDateTime) -> bool {
        self.held_until.is_some_and(|until| until > now)
            || (self.of_address >= SPRAYED && self.failures > 0)
    }
}

/// The source that counts: an IPv6 customer has a whole network of addresses.
pub fn source(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// Refuses a pair that is held back, before anything slow is done for it. Returns whether it has failed lately.
pub async fn check(app: &App, source: &str, name: &str) -> Result<bool> {
    let state = state(app, source, &storable(name)).await?;
    if state.is_held(app.clock.now()) {
        return Err(held_back());
    }
    Ok(state.failures > 0)
}

/// What the table holds of a name. Nobody's is longer, or holds what no database takes.
fn storable(name: &str) -> String {
    let fit = name.chars().filter(|c| *c != '\0');
    fit.take(names::MAX).collect()
}

fn held_back() -> Error {
    Error::NotSignedIn(HELD_BACK.to_owned())
}

/// Said to whoever would have to wait behind too many from the same address.
pub fn crowded() -> Error {
    Error::NotSignedIn(CROWDED.to_owned())
}

/// Whether this very secret was refused a moment ago, so that nobody need be asked again.
pub fn has_just_failed(app: &App, source: &str, name: &str, given: &str) -> Result<bool> {
    let seal = app.passwords.seal(&[source, &storable(name), given])?;
    Ok(app.throttle.sent.contains_key(&seal))
}

/// Counts a wrong secret. Returns what to tell whoever sent it; `account` is whose name it is.
pub async fn failed(
    app: &App,
    source: &str,
    name: &str,
    given: &str,
    account: Option<i64>,
) -> Result<Error> {
    let wrong = || Error::NotSignedIn(WRONG.to_owned());
    let name = &*storable(name);
    let before = state(app, source, name).await?;
    let now = app.clock.now();
    if before.is_held(now) {
        return Ok(held_back());
    }
    let seal = app.passwords.seal(&[source, name, given])?;
    if app.throttle.sent.contains_key(&seal) {
        return Ok(wrong());
    }
    app.throttle.sent.insert(seal, ());
    if account.is_none() && before.of_address >= FLOODED {
        // To be told apart from a name that somebody has by nothing: as much is written, and as much follows.
        let key = (source.to_owned(), name.to_owned());
        app.throttle.states.invalidate(&key);
        app.throttle.strangers.insert(key, ());
        return match record(app, source, STRANGERS, None).await {
            Err(error) if error.is_collision() => Ok(wrong()),
            Ok(_) => Ok(held_back()),
            Err(error) => Err(error),
        };
    }
    match record_surely(app, source, name, account).await {
        // Many guess at once, and others are being counted this moment.
        Err(error) if error.is_collision() => Ok(wrong()),
        Ok(failures) if failures == MOST - 1 => Ok(Error::NotSignedIn(ONE_MORE.to_owned())),
        Ok(_) => {
            let after = state(app, source, name).await?;
            Ok(if after.is_held(now) {
                held_back()
            } else {
                wrong()
            })
        }
        Err(error) => Err(error),
    }
}

/// The same again where others from there were being counted at that moment.
async fn record_surely(app: &App, source: &str, name: &str, account: Option<i64>) -> Result<i64> {
    for _ in 1..TRIES {
        match record(app, source, name, account).await {
            // The row was somebody else's first.
            Err(Error::NotSignedIn(_)) => {}
            Err(error) if error.is_collision() => {}
            done => return done,
        }
    }
    record(app, source, name, account).await
}

/// Writes a failure down, and what follows from it. Returns how many the pair has now.
async fn record(app: &App, source: &str, name: &str, account: Option<i64>) -> Result<i64> {
    let now = app.clock.now();
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    count(&mut change, &books, source, name).await?;
    count(&mut change, &books, source, ANY).await?;
    let after = read(change.reader(), source, name, now).await?;
    let mut told = Vec::new();
    if after.failures >= MOST
        && name != STRANGERS
        && hold(&mut change, &books, source, name).await?
    {
        let whose = match account {
            Some(id) => user::Entity::find_by_id(id).one(change.reader()).await?,
            None => None,
        };
        let whose = whose.as_ref().map(|row| (row.id, row.username.as_str()));
        tracing::warn!(
            user.name = whose.map_or("", |(_, name)| name),
            client.address = source,
            "{MOST} wrong secrets from {source} for one name: it is refused from there for {} minutes",
            HELD.num_minutes()
        );
        told.push(Activity::guesses_held(whose, source, HELD.num_minutes()));
    }
    change.commit(told).await?;
    let after = read(app.database.reader(), source, name, now).await?;
    let key = (source.to_owned(), name.to_owned());
    app.throttle.states.insert(key, after);
    Ok(after.failures)
}

/// Forgets the failures of a pair that has proved itself.
pub async fn succeeded(app: &App, source: &str, name: &str) -> Result<()> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    change
        .delete_where::<login_failure::Entity, _>(&books, of_pair(source, name))
        .await?;
    change
        .commit_unrecorded("who knows the password has not guessed")
        .await?;
    let key = (source.to_owned(), name.to_owned());
    app.throttle.states.invalidate(&key);
    Ok(())
}

/// Forgets every failure for a name, for a password that was set anew by its owner's own means.
pub async fn forgive(app: &App, name: &str) -> Result<()> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    change
        .delete_where::<login_failure::Entity, _>(&books, login_failure::Column::Account.eq(name))
        .await?;
    change.commit_unrecorded("the password is another").await?;
    app.throttle.forget();
    Ok(())
}

/// Removes what no longer counts. Returns how many rows.
pub async fn expire(app: &App) -> Result<u64> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    let gone = change
        .delete_where::<login_failure::Entity, _>(
            &books,
            login_failure::Column::LastAt.lt(change.now() - HELD * 2),
        )
        .await?;
    change.commit_unrecorded("these counted no more").await?;
    Ok(gone)
}

async fn state(app: &App, source: &str, name: &str) -> Result<State> {
    let key = (source.to_owned(), name.to_owned());
    if let Some(state) = app.throttle.states.get(&key) {
        return Ok(state);
    }
    let mut state = read(app.database.reader(), source, name, app.clock.now()).await?;
    if state.of_address >= SPRAYED && app.throttle.strangers.contains_key(&key) {
        state.failures = Ord::max(state.failures, 1);
    }
    app.throttle.states.insert(key, state);
    Ok(state)
}

fn of_pair(source: &str, name: &str) -> sea_orm::Condition {
    sea_orm::Condition::all()
        .add(login_failure::Column::Address.eq(source))
        .add(login_failure::Column::Account.eq(name))
}

async fn read(
    connection: &impl sea_orm::ConnectionTrait,
    source: &str,
    name: &str,
    now: NaiveDateTime,
) -> Result<State> {
    let rows = login_failure::Entity::find()
        .filter(login_failure::Column::Address.eq(source))
        .filter(login_failure::Column::Account.is_in([name, ANY]))
        .all(connection)
        .await?;
    let mut state = State::default();
    for row in rows {
        if row.account != ANY {
            state.held_until = row.held_until;
            if row.last_at + HELD > now {
                state.failures = row.failures;
            }
        } else if row.since + HELD > now {
            state.of_address = row.failures;
        }
    }
    Ok(state)
}

/// One more. A pair begins anew when it was quiet for a while, an address when its while is over.
async fn count(
    change: &mut Change<'_>,
    books: &Permit<KeepBooks>,
    source: &str,
    name: &str,
) -> Result<()> {
    use login_failure::Column as C;
    let now = change.now();
    let over = || {
        let begun = if name == ANY { C::Since } else { C::LastAt };
        Expr::col(begun).lte(now - HELD)
    };
    let failures = CaseStatement::new()
        .case(over(), 1)
        .finally(Expr::col(C::Failures).add(1));
    let since = CaseStatement::new()
        .case(over(), Expr::value(now))
        .finally(Expr::col(C::Since));
    // MySQL sets one column after the other, so what the conditions read comes last.
    let more = login_failure::Entity::update_many()
        .col_expr(C::Failures, failures.into())
        .col_expr(C::Since, since.into())
        .col_expr(C::LastAt, Expr::value(now))
        .filter(of_pair(source, name));
    let more = more.as_query().to_owned();
    if change
        .execute::<login_failure::Entity, _, _>(books, &more)
        .await?
        > 0
    {
        return Ok(());
    }
    let first = login_failure::ActiveModel {
        id: NotSet,
        address: Set(source.to_owned()),
        account: Set(name.to_owned()),
        failures: Set(1),
        since: Set(now),
        last_at: Set(now),
        held_until: Set(None),
    };
    match change.insert(books, first).await {
        // Somebody else was first. PostgreSQL takes nothing more in this transaction; the next failure counts.
        Err(error) if is_taken(&error) => Err(Error::NotSignedIn(WRONG.to_owned())),
        done => done.map(drop).map_err(Error::from),
    }
}

/// Holds a pair back. Whether this is news: one of many at once says so.
async fn hold(
    change: &mut Change<'_>,
    books: &Permit<KeepBooks>,
    source: &str,
    name: &str,
) -> Result<bool> {
    use login_failure::Column as C;
    let now = change.now();
    let free = sea_orm::Condition::any()
        .add(C::HeldUntil.is_null())
        .add(C::HeldUntil.lte(now));
    let held = login_failure::Entity::update_many()
        .col_expr(C::HeldUntil, Expr::value(now + HELD))
        .filter(of_pair(source, name))
        .filter(free);
    let held = held.as_query().to_owned();
    let done = change
        .execute::<login_failure::Entity, _, _>(books, &held)
        .await?;
    Ok(done > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_is_an_address_or_a_network_of_ipv6() {
        let source = |text: &str| source(text.parse().unwrap());
        assert_eq!(source("192.0.2.7"), "192.0.2.7");
        assert_eq!(source("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(source("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(source("2001:db8:1:2::1"), "2001:db8:1:2::/64");
    }

    #[test]
    fn an_address_that_tries_everybody_gets_one_attempt_for_each() {
        let now = NaiveDateTime::default();
        let state = |failures, of_address| State {
            failures,
            of_address,
            held_until: None,
        };
        assert!(!state(MOST - 1, SPRAYED - 1).is_held(now));
        assert!(state(1, SPRAYED).is_held(now));
        assert!(!state(0, SPRAYED * 100).is_held(now), "others go on");
    }
}
