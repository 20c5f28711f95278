//! When tokens and accounts were last used, gathered in memory and written now and then: the token path writes nothing.

mod audit;

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::NaiveDateTime;
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait as _, QueryFilter, QueryTrait as _,
    sea_query::{CaseStatement, Expr, SimpleExpr},
};

use super::{
    actor::Actor,
    credentials::{Identified, Method},
};
use crate::{
    actions::change::Change,
    activity::Door,
    app::App,
    entities::{application_token, refresh_token, session, user},
    error::Result,
};

use audit::Token;

/// Rows written by one statement.
const BATCH: usize = 200;

/// What has been used since the last writing.
#[derive(Default)]
pub struct Usage {
    gathered: Mutex<Gathered>,
}

#[derive(Default)]
struct Gathered {
    times: Times,
    uses: audit::Uses,
    failures: audit::Failures,
}

#[derive(Default)]
struct Times {
    users: HashMap<i64, (NaiveDateTime, String, i64)>,
    application_tokens: HashMap<i64, Use>,
    refresh_tokens: HashMap<i64, NaiveDateTime>,
    sessions: HashMap<i64, NaiveDateTime>,
}

/// When, from where and with which program a token was used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Use {
    pub at: NaiveDateTime,
    pub address: String,
    pub client: String,
}

/// What is kept of a client's name, in characters.
const CLIENT: usize = 255;

impl Usage {
    /// Remembers that an account proved itself just now, from this address and with this program.
    pub fn note(&self, who: &Identified, address: &str, client: &str, now: NaiveDateTime) {
        let mut gathered = self.gathered();
        let Gathered { times, uses, .. } = &mut *gathered;
        let user = times
            .users
            .entry(who.account.id)
            .or_insert_with(|| (now, String::new(), 0));
        user.0 = now;
        if user.1 != address {
            address.clone_into(&mut user.1);
        }
        user.2 += 1;
        match who.method {
            Method::ApplicationToken { id } => {
                let last = times.application_tokens.entry(id).or_default();
                last.at = now;
                // Mostly the same one again, which costs no memory.
                if last.address != address {
                    address.clone_into(&mut last.address);
                }
                if last.client != client {
                    last.client = client.chars().take(CLIENT).collect();
                }
                uses.note(Token::Application(id), address, client, now);
            }
            Method::RefreshToken { id } => {
                times.refresh_tokens.insert(id, now);
                uses.note(Token::Refresh(id), address, client, now);
            }
            Method::Password | Method::Provider | Method::Job => {}
        }
    }

    /// Remembers that docker showed a password and keeps nothing in its place, so that nothing else tells of the login.
    pub fn note_password(&self, account: i64, address: &str, client: &str, now: NaiveDateTime) {
        let token = Token::Password(account);
        self.gathered().uses.note(token, address, client, now);
    }

    /// Remembers that a secret shown at a door was wrong, or its account not to be used. `account` is whose name came
    /// with it; a name that nobody has is not kept.
    pub fn note_failure(&self, door: Door, account: Option<(i64, &str)>, source: &str) {
        self.gathered().failures.note(door, account, source);
    }

    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers that a session was used just now.
    pub fn note_session(&self, id: i64, now: NaiveDateTime) {
        let mut gathered = self.gathered();
        gathered.times.sessions.insert(id, now);
    }

    /// The last use of an application token that has not been written yet.
    pub fn of_token(&self, id: i64) -> Option<Use> {
        let gathered = self.gathered();
        gathered.times.application_tokens.get(&id).cloned()
    }

    /// Writes what has been gathered, a bounded number of rows with each statement; what the audit log keeps of it when
    /// it is due there.
    pub async fn write(&self, app: &App) -> Result<()> {
        self.write_times(app).await?;
        audit::write(app, false).await
    }

    /// The same at the end, when nothing can be told together with what is still to come.
    pub async fn finish(&self, app: &App) -> Result<()> {
        self.write_times(app).await?;
        audit::write(app, true).await
    }

    async fn write_times(&self, app: &App) -> Result<()> {
        let gathered = std::mem::take(&mut self.gathered().times);
        if gathered.users.is_empty() && gathered.sessions.is_empty() {
            return Ok(());
        }
        let actor = Actor::Portus;
        let change = Change::begin_redoable(app, &actor).await?;
        let books = change.books()?;
        let tokens: Vec<_> = gathered.application_tokens.into_iter().collect();
        for batch in tokens.chunks(BATCH) {
            let (mut times, mut addresses, mut clients) = Default::default();
            for (id, last) in batch {
                let this = || Expr::col(application_token::Column::Id).eq(*id);
                times = CaseStatement::case(times, this(), Expr::value(last.at));
                addresses = CaseStatement::case(addresses, this(), Expr::value(&*last.address));
                clients = CaseStatement::case(clients, this(), Expr::value(&*last.client));
            }
            let statement = application_token::Entity::update_many()
                .col_expr(application_token::Column::LastUsedAt, times.into())
                .col_expr(application_token::Column::LastUsedIp, addresses.into())
                .col_expr(application_token::Column::LastUsedClient, clients.into())
                .filter(application_token::Column::Id.is_in(batch.iter().map(|(id, _)| *id)));
            change.note_use(&books, statement.as_query()).await?;
        }
        let tokens: Vec<_> = gathered.refresh_tokens.into_iter().collect();
        for batch in tokens.chunks(BATCH) {
            let statement = refresh_token::Entity::update_many()
                .col_expr(
                    refresh_token::Column::LastUsedAt,
                    moments(refresh_token::Column::Id, batch),
                )
                .filter(refresh_token::Column::Id.is_in(batch.iter().map(|(id, _)| *id)));
            change.note_use(&books, statement.as_query()).await?;
        }
        let sessions: Vec<_> = gathered.sessions.into_iter().collect();
        for batch in sessions.chunks(BATCH) {
            let statement = session::Entity::update_many()
                .col_expr(
                    session::Column::LastSeenAt,
                    moments(session::Column::Id, batch),
                )
                .filter(session::Column::Id.is_in(batch.iter().map(|(id, _)| *id)));
            change.note_use(&books, statement.as_query()).await?;
        }
        let users: Vec<_> = gathered.users.into_iter().collect();
        for batch in users.chunks(BATCH) {
            let mut counts = CaseStatement::new();
            let mut times = CaseStatement::new();
            let mut addresses = CaseStatement::new();
            for (id, (time, address, count)) in batch {
                let this = || Expr::col(user::Column::Id).eq(*id);
                counts = counts.case(this(), Expr::col(user::Column::SignInCount).add(*count));
                times = times.case(this(), Expr::value(*time));
                addresses = addresses.case(this(), Expr::value(address.as_str()));
            }
            let statement = user::Entity::update_many()
                .col_expr(
                    user::Column::LastSignInAt,
                    Expr::col(user::Column::CurrentSignInAt),
                )
                .col_expr(
                    user::Column::LastSignInIp,
                    Expr::col(user::Column::CurrentSignInIp),
                )
                .col_expr(user::Column::SignInCount, counts.into())
                .col_expr(user::Column::CurrentSignInAt, times.into())
                .col_expr(user::Column::CurrentSignInIp, addresses.into())
                .filter(user::Column::Id.is_in(batch.iter().map(|(id, _)| *id)));
            change.note_use(&books, statement.as_query()).await?;
        }
        change
            .commit_unrecorded("when things were used changes no right")
            .await
    }
}

fn moments(id: impl ColumnTrait, batch: &[(i64, NaiveDateTime)]) -> SimpleExpr {
    let mut cases = CaseStatement::new();
    for (row, time) in batch {
        cases = cases.case(Expr::col(id).eq(*row), Expr::value(*time));
    }
    cases.into()
}
