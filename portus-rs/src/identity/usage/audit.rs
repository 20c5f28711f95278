//! What the audit log keeps of tokens that are used and of secrets that are wrong: gathered in memory, and at most one
//! entry for each of them and address within a while, whatever is sent.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDateTime, TimeDelta};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value;

use super::{BATCH, CLIENT};
use crate::{
    actions::change::Change,
    activity::{Activity, Door, ROUTINE, TOKEN_USED, docker_login},
    app::App,
    entities::{activity, application_token, refresh_token, user},
    error::Result,
    identity::actor::Actor,
};

/// The same token from the same address is told once within this time.
const USED: TimeDelta = TimeDelta::hours(1);
/// Wrong secrets from one address for one account are told together for so long, after the first of them.
const WRONG: TimeDelta = TimeDelta::minutes(10);
/// Tokens with addresses that are remembered.
const MOST_PLACES: usize = 20_000;
/// Accounts with addresses whose wrong secrets are told apart.
const MOST_PAIRS: usize = 2_000;
/// Stands for all further addresses.
const ANYWHERE: &str = "*";

/// What is shown again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Token {
    Application(i64),
    /// What docker keeps of a login.
    Refresh(i64),
    /// An account's password, shown by docker each time.
    Password(i64),
}

/// A token at an address.
#[derive(Clone, Debug, Default)]
struct Place {
    told: Option<NaiveDateTime>,
    /// The program that used it since then.
    client: Option<String>,
}

impl Place {
    fn rests(&self, now: NaiveDateTime) -> bool {
        self.told.is_some_and(|told| told + USED > now)
    }
}

/// Which tokens have been used from where.
#[derive(Default)]
pub(super) struct Uses {
    places: HashMap<Token, HashMap<String, Place>>,
    count: usize,
}

/// A use that is to be told.
#[derive(Clone, Debug)]
pub(super) struct Told {
    token: Token,
    address: String,
    client: String,
}

impl Uses {
    pub fn note(&mut self, token: Token, address: &str, client: &str, now: NaiveDateTime) {
        let places = self.places.entry(token).or_default();
        let place = match places.get_mut(address) {
            Some(place) => place,
            None if self.count >= MOST_PLACES => return,
            None => {
                self.count += 1;
                places.entry(address.to_owned()).or_default()
            }
        };
        if place.client.is_none() && !place.rests(now) {
            place.client = Some(client.chars().take(CLIENT).collect());
        }
    }

    fn due(&self) -> Vec<Told> {
        let all = self.places.iter().flat_map(|(token, places)| {
            places.iter().filter_map(|(address, place)| {
                Some(Told {
                    token: *token,
                    address: address.clone(),
                    client: place.client.clone()?,
                })
            })
        });
        all.collect()
    }

    fn settle(&mut self, told: &[Told], now: NaiveDateTime) {
        for it in told {
            let place = self.places.get_mut(&it.token);
            if let Some(place) = place.and_then(|it_at| it_at.get_mut(&it.address)) {
                *place = Place {
                    told: Some(now),
                    client: None,
                };
            }
        }
        self.places.retain(|_, places| {
            places.retain(|_, place| place.client.is_some() || place.rests(now));
            !places.is_empty()
        });
        self.count = self.places.values().map(HashMap::len).sum();
    }
}

/// Whose name wrong secrets were sent with, at which door and from where. Names that nobody has are one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Pair {
    door: Door,
    account: Option<i64>,
    address: String,
}

#[derive(Clone, Debug, Default)]
struct Tally {
    username: Option<String>,
    /// Not told yet.
    count: u64,
    told: Option<NaiveDateTime>,
}

/// How many wrong secrets have been sent.
#[derive(Default)]
pub(super) struct Failures(HashMap<Pair, Tally>);

/// Wrong secrets that are to be told.
struct Counted {
    pair: Pair,
    username: Option<String>,
    count: u64,
}

impl Failures {
    pub fn note(&mut self, door: Door, account: Option<(i64, &str)>, address: &str) {
        let mut pair = Pair {
            door,
            account: account.map(|(id, _)| id),
            address: address.to_owned(),
        };
        let mut username = account.map(|(_, name)| name);
        if self.0.len() >= MOST_PAIRS && !self.0.contains_key(&pair) {
            pair.account = None;
            username = None;
            ANYWHERE.clone_into(&mut pair.address);
        }
        let tally = self.0.entry(pair).or_default();
        tally.count += 1;
        if tally.username.is_none() {
            tally.username = username.map(str::to_owned);
        }
    }

    /// `all` leaves out nothing that could be told together with more.
    fn due(&self, now: NaiveDateTime, all: bool) -> Vec<Counted> {
        let due = self.0.iter().filter(|(_, tally)| {
            let waits = tally.told.is_some_and(|told| told + WRONG > now);
            tally.count > 0 && (all || !waits)
        });
        due.map(|(pair, tally)| Counted {
            pair: pair.clone(),
            username: tally.username.clone(),
            count: tally.count,
        })
        .collect()
    }

    fn settle(&mut self, told: &[Counted], now: NaiveDateTime) {
        for it in told {
            if let Some(tally) = self.0.get_mut(&it.pair) {
                // More may have come while these were written.
                tally.count -= it.count;
                tally.told = Some(now);
            }
        }
        self.0.retain(|_, tally| {
            tally.count > 0 || tally.told.is_some_and(|told| told + WRONG > now)
        });
    }
}

/// Writes what is due. What cannot be written is kept for the next time.
pub(super) async fn write(app: &App, all: bool) -> Result<()> {
    let now = app.clock.now();
    let (used, wrong) = {
        let gathered = app.usage.gathered();
        (gathered.uses.due(), gathered.failures.due(now, all))
    };
    if !used.is_empty() || !wrong.is_empty() {
        let mut told = told_of_uses(app, &used, now).await?;
        told.extend(wrong.iter().map(|it| {
            let account = it.pair.account.zip(it.username.as_deref());
            Activity::wrong_secrets(it.pair.door, account, &it.pair.address, it.count)
        }));
        let actor = Actor::Portus;
        Change::begin_redoable(app, &actor)
            .await?
            .commit(told)
            .await?;
    }
    let mut gathered = app.usage.gathered();
    gathered.uses.settle(&used, now);
    gathered.failures.settle(&wrong, now);
    Ok(())
}

/// What the used tokens are, by id, with their owners.
#[derive(Default)]
struct Things {
    tokens: HashMap<i64, (application_token::Model, user::Model)>,
    logins: HashMap<i64, (refresh_token::Model, user::Model)>,
    accounts: HashMap<i64, user::Model>,
}

impl Things {
    async fn find(app: &App, used: &[Told]) -> Result<Self> {
        let (mut tokens, mut logins, mut accounts) = (Vec::new(), Vec::new(), Vec::new());
        for it in used {
            match it.token {
                Token::Application(id) => tokens.push(id),
                Token::Refresh(id) => logins.push(id),
                Token::Password(id) => accounts.push(id),
            }
        }
        let reader = app.database.reader();
        let tokens = application_token::Entity::find()
            .filter(application_token::Column::Id.is_in(tokens))
            .find_also_related(user::Entity)
            .all(reader)
            .await?;
        let logins = refresh_token::Entity::find()
            .filter(refresh_token::Column::Id.is_in(logins))
            .find_also_related(user::Entity)
            .all(reader)
            .await?;
        let accounts = user::Entity::find()
            .filter(user::Column::Id.is_in(accounts))
            .all(reader)
            .await?;
        let owned = |(token, owner): (application_token::Model, Option<_>)| {
            Some((token.id, (token, owner?)))
        };
        let kept =
            |(login, owner): (refresh_token::Model, Option<_>)| Some((login.id, (login, owner?)));
        Ok(Self {
            tokens: tokens.into_iter().filter_map(owned).collect(),
            logins: logins.into_iter().filter_map(kept).collect(),
            accounts: accounts.into_iter().map(|row| (row.id, row)).collect(),
        })
    }

    /// What entries about their uses are about.
    fn trackables(&self) -> Vec<i64> {
        let owners = self.logins.values().map(|(_, owner)| owner.id);
        let tokens = self.tokens.keys().chain(self.accounts.keys());
        tokens.copied().chain(owners).collect()
    }

    /// Nothing where it has been revoked since, which is told as that.
    fn activity(&self, it: &Told) -> Option<Activity> {
        let (address, client) = (&it.address, &it.client);
        Some(match it.token {
            Token::Application(id) => {
                let (token, owner) = self.tokens.get(&id)?;
                Activity::token_used(token, owner, address, client)
            }
            Token::Refresh(id) => {
                let (login, owner) = self.logins.get(&id)?;
                Activity::docker_login_used(login, owner, address, client)
            }
            Token::Password(id) => {
                Activity::docker_password_used(self.accounts.get(&id)?, address, client)
            }
        })
    }
}

/// The entries of uses that no other replica has told within the hour.
async fn told_of_uses(app: &App, used: &[Told], now: NaiveDateTime) -> Result<Vec<Activity>> {
    let mut told = Vec::new();
    for batch in used.chunks(BATCH) {
        let things = Things::find(app, batch).await?;
        let known = known(app, things.trackables(), now).await?;
        let news = batch
            .iter()
            .filter(|it| !known.contains(&(it.token, it.address.clone())));
        told.extend(news.filter_map(|it| things.activity(it)));
    }
    Ok(told)
}

/// Which uses of these tokens, and of the logins of these accounts, the log has of the last hour.
async fn known(
    app: &App,
    things: Vec<i64>,
    now: NaiveDateTime,
) -> Result<HashSet<(Token, String)>> {
    let rows = activity::Entity::find()
        .filter(activity::Column::Key.is_in(ROUTINE))
        .filter(activity::Column::CreatedAt.gt(now - USED))
        .filter(activity::Column::TrackableId.is_in(things))
        .all(app.database.reader())
        .await?;
    let known = rows.into_iter().filter_map(|row| {
        let parameters: Value = serde_json::from_str(&row.parameters).ok()?;
        let token = match row.key.as_str() {
            TOKEN_USED => Token::Application(row.trackable_id?),
            docker_login::PASSWORD_USED => Token::Password(row.trackable_id?),
            _ => Token::Refresh(parameters["login"].as_i64()?),
        };
        Some((token, parameters["address"].as_str()?.to_owned()))
    });
    Ok(known.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_names_and_addresses_take_a_bounded_place() {
        let now = NaiveDateTime::default();
        let mut failures = Failures::default();
        for each in 0..MOST_PAIRS * 3 {
            failures.note(Door::Docker, None, "192.0.2.1");
            failures.note(Door::Docker, Some((1, "ann")), &format!("198.51.{each}"));
        }
        let due = failures.due(now, false);
        assert!(due.len() <= MOST_PAIRS + 1, "{}", due.len());
        let sum: u64 = due.iter().map(|it| it.count).sum();
        assert_eq!(sum, 6 * MOST_PAIRS as u64, "none is lost");
        assert!(
            due.iter()
                .any(|it| it.pair.address == ANYWHERE && it.username.is_none())
        );
        failures.settle(&due, now);
        assert!(failures.due(now, true).is_empty());
        failures.settle(&[], now + WRONG);
        assert!(failures.0.is_empty(), "and forgotten in the end");
    }

    #[test]
    fn what_comes_after_the_first_is_told_together() {
        let begin = NaiveDateTime::default();
        let mut failures = Failures::default();
        let tell = |failures: &mut Failures, minute: i64| {
            let now = begin + TimeDelta::minutes(minute);
            let due = failures.due(now, false);
            failures.settle(&due, now);
            due.iter().map(|it| it.count).collect::<Vec<_>>()
        };
        failures.note(Door::Api, None, "192.0.2.1");
        assert_eq!(tell(&mut failures, 0), [1]);
        for minute in 1..10 {
            failures.note(Door::Api, None, "192.0.2.1");
            assert_eq!(tell(&mut failures, minute), [0_u64; 0]);
        }
        assert_eq!(tell(&mut failures, 10), [9]);
    }

    #[test]
    fn a_token_is_told_once_an_hour_for_each_address() {
        let begin = NaiveDateTime::default();
        let mut uses = Uses::default();
        let tell = |uses: &mut Uses, minute: i64| {
            let now = begin + TimeDelta::minutes(minute);
            for address in ["192.0.2.1", "192.0.2.2"] {
                uses.note(Token::Application(1), address, "docker", now);
            }
            let due = uses.due();
            uses.settle(&due, now);
            due.len()
        };
        assert_eq!(
            [0, 30, 59, 60, 61].map(|minute| tell(&mut uses, minute)),
            [2, 0, 0, 2, 0]
        );
        for address in 0..MOST_PLACES * 2 {
            uses.note(Token::Refresh(1), &address.to_string(), "", begin);
        }
        assert!(uses.due().len() <= MOST_PLACES);
    }
}
