//! The step of a login that asks the directory. An account is either local or the directory's: a local one's password
//! never goes there, and what the directory does not answer is never taken for a wrong password.

use std::sync::Arc;

use super::{
    actor::Account,
    credentials::{Attempt, usable},
    names, throttle,
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

/// The account if the directory says that this is its password; made now if it had none here. `None`: name or password
/// is wrong, which is for the caller to count. A directory that does not answer is an error, and is not counted.
pub async fn check(
    app: &App,
    login: Option<&Login>,
    source: &str,
    name: &str,
    attempt: Attempt<'_>,
) -> Result<Option<Arc<Account>>> {
    let Some(directory) = &app.directory else {
        return Ok(None);
    };
    let given = attempt.secret;
    let shown = throttle::Shown::new(app, source, name, given);
    if let Some(login) = login
        && !login.account.is_gone()
        && app.passwords.recalls(&login.account, given)?
    {
        usable(app, &login.account)?;
        return Ok(Some(Arc::clone(&login.account)));
    }
    // Some clients send a wrong password several times, and directories count too.
    if throttle::has_just_failed(app, source, name, given)? {
        return Ok(None);
    }
    if given.is_empty() || names::complaint(attempt.username).is_some() {
        return wrong(app, shown).await;
    }
    let Some(proved) = ask(directory, name, attempt)
        .await
        .map_err(|fault| unreachable(directory, &fault))?
    else {
        return wrong(app, shown).await;
    };
    if proved.person.closed {
        return Err(Error::NotSignedIn(CLOSED.to_owned()));
    }
    let account = match login {
        Some(login) if login.account.is_gone() => users::returned(app, login.account.id).await?,
        Some(login) => Arc::clone(&login.account),
        None => match enroll(app, name, &proved).await? {
            Some(account) => account,
            None => return wrong(app, shown).await,
        },
    };
    usable(app, &account)?;
    let account = settle(app, directory, account, &proved.person).await?;
    app.passwords.remember(&account, given)?;
    Ok(Some(account))
}

/// Costs what a wrong local password costs.
async fn wrong(app: &App, shown: throttle::Shown<'_>) -> Result<Option<Arc<Account>>> {
    app.passwords.check_nobody(shown).await?;
    Ok(None)
}

/// Somebody whom the directory knows by this password.
struct Proved {
    person: Person,
    /// As the directory spells it.
    username: String,
}

async fn ask(
    directory: &Directory,
    name: &str,
    attempt: Attempt<'_>,
) -> Result<Option<Proved>, Fault> {
    let found = match directory.person(attempt.username).await? {
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
    let Some((username, person)) = found else {
        // Without the name: what was typed there may be a secret.
        tracing::info!(
            client.address = %attempt.address,
            "[ldap] Could not find the user who logs in from {}",
            attempt.address
        );
        directory.bind_nobody(attempt.secret).await?;
        return Ok(None);
    };
    match directory.bind(&person.dn, attempt.secret).await? {
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
    Error::NotSignedIn(UNREACHABLE.to_owned())
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
