//! The step of a login that asks the directory. An account is either local or the directory's: a local one's password
//! never goes there, and what the directory does not answer is never taken for a wrong password.

use std::sync::Arc;

use tokio::time::timeout;

use super::{
    actor::Account,
    credentials::{Attempt, usable},
    names, throttle,
    turns::Turn,
};
use crate::{
    actions::{
        groups,
        users::{self, Newcomer},
    },
    app::App,
    error::{Error, Result},
    queries::facts::Login,
    remote::ldap::{Bound, Directory, Fault, Looked, Person},
};

const UNREACHABLE: &str = "LDAP server is not reachable";
const CLOSED: &str = "Sorry, this account has been disabled.";

/// Whether the directory is to be asked: it is for names that nobody has here, and for its own accounts.
pub fn is_asked(app: &App, login: Option<&Login>) -> bool {
    app.directory.is_some() && login.is_none_or(|login| login.account.is_of_directory())
}

/// What the directory says of a password.
pub enum Answer {
    /// Whose it is.
    Right(Arc<Account>),
    /// Name or password is wrong, which has been counted; what to tell whoever sent it.
    Wrong(Error),
    /// Nobody has looked, since too many come from there or the name is held back; what to tell whoever sent it.
    Unseen(Error),
}

/// The account if the directory says that this is its password; made now if it had none here. A directory that does not
/// answer is an error, and is not counted.
///
/// An address waits behind itself before anybody is asked, and keeps its turn until a wrong password is counted: so of
/// many that are tried at once the directory hears few more than are counted before the name is held back.
pub async fn check(
    app: &App,
    login: Option<&Login>,
    source: &str,
    name: &str,
    attempt: Attempt<'_>,
) -> Result<Answer> {
    let Some(directory) = &app.directory else {
        return Err(Error::Unproved(UNREACHABLE.to_owned()));
    };
    let given = attempt.secret;
    let shown = throttle::Shown::new(app, source, name, given);
    if let Some(login) = login
        && !login.account.is_gone()
        && app.passwords.recalls(&login.account, given)?
    {
        usable(app, &login.account)?;
        return Ok(Answer::Right(Arc::clone(&login.account)));
    }
    let guess = Guess {
        app,
        source,
        name,
        shown,
        account: login.map(|it| it.account.id),
    };
    // Some clients send a wrong password several times, and directories count too.
    if throttle::has_just_failed(app, source, name, given)? {
        return guess.count().await.map(Answer::Wrong);
    }
    if given.is_empty() || names::complaint(attempt.username).is_some() {
        return guess.is_wrong(None).await;
    }
    let Some(place) = app.throttle.at_directory.join(source) else {
        return Ok(Answer::Unseen(throttle::crowded()));
    };
    // Behind a directory that hangs nobody waits for ever.
    let turn = timeout(directory.patience(), app.throttle.at_directory.wait(&place));
    let turn = turn
        .await
        .map_err(|_| unreachable(directory, &Fault::Crowded))??;
    let asked = async {
        throttle::check(app, source, name).await?;
        ask(directory, shown, name, attempt).await
    };
    let proved = match asked.await {
        Ok(Some(proved)) => proved,
        Ok(None) => return guess.is_wrong(Some(turn)).await,
        Err(told @ Error::NotSignedIn(_)) => return Ok(Answer::Unseen(told)),
        Err(error) => return Err(error),
    };
    drop(turn);
    if proved.person.is_closed(app.clock.now()) {
        return Err(Error::NotSignedIn(CLOSED.to_owned()));
    }
    let account = match login {
        Some(login) if login.account.is_gone() => users::returned(app, login.account.id).await?,
        Some(login) => Arc::clone(&login.account),
        None => match enroll(app, name, &proved).await? {
            Some(account) => account,
            None => return guess.is_wrong(None).await,
        },
    };
    usable(app, &account)?;
    let account = settle(app, directory, account, &proved.person).await?;
    app.passwords.remember(&account, given)?;
    Ok(Answer::Right(account))
}

/// A password that may be wrong.
#[derive(Clone, Copy)]
struct Guess<'a> {
    app: &'a App,
    source: &'a str,
    name: &'a str,
    shown: throttle::Shown<'a>,
    account: Option<i64>,
}

impl Guess<'_> {
    /// Returns what to tell whoever sent it.
    async fn count(self) -> Result<Error> {
        let given = self.shown.password;
        throttle::failed(self.app, self.source, self.name, given, self.account).await
    }

    /// Counts it, and only then lets the next one have its turn; then costs what a wrong local password costs, as far as
    /// there is room for that.
    async fn is_wrong(self, turn: Option<Turn>) -> Result<Answer> {
        let told = self.count().await?;
        drop(turn);
        match self.app.passwords.check_nobody(self.shown).await {
            Ok(()) | Err(Error::NotSignedIn(_)) => Ok(Answer::Wrong(told)),
            Err(error) => Err(error),
        }
    }
}

/// Somebody whom the directory knows by this password.
struct Proved {
    person: Person,
    /// As the directory spells it.
    username: String,
}

/// Whose password it is. Held back by others who were quicker: [`Error::NotSignedIn`], and nobody was asked for it.
async fn ask(
    directory: &Directory,
    shown: throttle::Shown<'_>,
    name: &str,
    attempt: Attempt<'_>,
) -> Result<Option<Proved>> {
    let silent = |fault| unreachable(directory, &fault);
    let found = directory.person(attempt.username).await;
    let found = match found.map_err(silent)? {
        Looked::One(person) => spelling(&person, name, attempt.username).zip(Some(person)),
        Looked::Several => {
            tracing::warn!(
                "[ldap] Several entries match the name of somebody who logs in, so nobody can tell whose password it is: \
                 narrow ldap.base or ldap.filter"
            );
            None
        }
        Looked::Nobody => None,
    };
    shown.still_counts()?;
    let Some((username, person)) = found else {
        // Without the name: what was typed there may be a secret.
        tracing::info!(
            client.address = %attempt.address,
            "[ldap] Could not find the user who logs in from {}",
            attempt.address
        );
        let bound = directory.bind_nobody(attempt.secret).await;
        return bound.map_err(silent).map(|()| None);
    };
    let bound = directory.bind(&person.dn, attempt.secret).await;
    match bound.map_err(silent)? {
        Bound::Yes => Ok(Some(Proved { person, username })),
        Bound::No(reason) => {
            tracing::info!(user.name = %username, "[ldap] {username}: {reason}");
            Ok(None)
        }
    }
}

/// The name as the directory spells it. One that is the same to the directory but not to us is nobody's: guesses are
/// counted by our own reading of names.
fn spelling(person: &Person, name: &str, typed: &str) -> Option<String> {
    if person.names.is_empty() {
        // The attribute may be searched but not read.
        return Some(typed.to_owned());
    }
    let same = person.names.iter().find(|it| names::canonical(it) == name);
    same.cloned()
}

fn unreachable(directory: &Directory, fault: &Fault) -> Error {
    tracing::error!("[ldap] {}: {fault}", directory.url());
    Error::Unproved(UNREACHABLE.to_owned())
}

/// Makes the account of somebody who is here for the first time.
async fn enroll(app: &App, name: &str, proved: &Proved) -> Result<Option<Arc<Account>>> {
    let newcomer = Newcomer {
        username: proved.username.clone(),
        email: proved.person.email.clone(),
        admin: proved.person.below_admin_base,
    };
    match users::enroll(app, newcomer).await {
        Ok(made) => Ok(Some(Arc::new(Account::from(&made.user)))),
        Err(Error::Invalid(invalid)) => {
            // Perhaps the same person was quicker in another window.
            let facts = app.present.facts().await?;
            match facts.login(name).await? {
                Some(login) if login.account.is_of_directory() => Ok(Some(login.account)),
                Some(_) => Ok(None),
                None => {
                    tracing::warn!("[ldap] No account could be made: {invalid}");
                    Err(Error::NotSignedIn(invalid.to_string()))
                }
            }
        }
        Err(error) => Err(error),
    }
}

/// Brings teams and the switch for admins in line with the directory. That it does not answer this is no reason to keep
/// somebody out who has proved who they are; the background asks again.
async fn settle(
    app: &App,
    directory: &Directory,
    account: Arc<Account>,
    person: &Person,
) -> Result<Arc<Account>> {
    let settings = directory.settings();
    let groups = match &settings.group_sync {
        None => None,
        Some(_) => match directory.groups_of(person).await {
            Ok(groups) => Some(groups),
            Err(fault) => {
                tracing::warn!("[ldap] {}: {fault}", directory.url());
                None
            }
        },
    };
    groups::settle_person(app, directory, account, person, groups.as_deref()).await
}
