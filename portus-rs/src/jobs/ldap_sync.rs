//! Keeps accounts and teams in line with the LDAP directory: who is still there, and who is in which group. It may be
//! run at any time; what the directory does not answer changes nothing.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{NaiveDateTime, TimeDelta};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder as _};

use super::{Stop, is_stopped};
use crate::{
    actions::{
        departures::{self, Word},
        groups::{self, Brought, DISABLED, Source},
        users,
    },
    app::App,
    config::GroupSync,
    entities::{team, user},
    error::{Error, Result},
    identity::{actor::Account, names},
    queries,
    remote::ldap::{Directory, Fault, Group, Members, Person, Wanted, dn_key},
};

/// Seconds between two looks at the accounts: an account whose person has left is dead within 10 minutes, failures and
/// remembered passwords included.
pub const PEOPLE_EVERY: u64 = 240;
/// Seconds between two looks for teams whose time has come.
pub const GROUPS_EVERY: u64 = 30;

fn trouble(directory: &Directory, fault: &Fault) -> Error {
    Error::Remote(format!("[ldap] {}: {fault}", directory.url()))
}

/// The directory's accounts, and what it has of each now.
struct Present {
    now: NaiveDateTime,
    accounts: Vec<user::Model>,
    /// Entries by canonical login name.
    people: HashMap<String, Vec<Person>>,
}

impl Present {
    async fn find(app: &App, directory: &Directory) -> Result<Self> {
        let accounts = user::Entity::find()
            .filter(user::Column::Directory.eq(true))
            .order_by_asc(user::Column::Id)
            .all(app.database.reader())
            .await?;
        let logins: Vec<&str> = accounts.iter().map(|it| it.username.as_str()).collect();
        let found = directory
            .people(&logins)
            .await
            .map_err(|fault| trouble(directory, &fault))?;
        let mut people: HashMap<String, Vec<Person>> = HashMap::new();
        for person in found {
            let spellings: HashSet<String> =
                person.names.iter().map(|it| names::canonical(it)).collect();
            for name in spellings {
                people.entry(name).or_default().push(person.clone());
            }
        }
        Ok(Self {
            now: app.clock.now(),
            accounts,
            people,
        })
    }

    fn entries(&self, account: &user::Model) -> &[Person] {
        self.people
            .get(&account.canonical_name)
            .map_or(&[], Vec::as_slice)
    }

    /// Whether the directory has somebody, and has not closed the entry. Several are a fault of the directory's, and no
    /// reason to shut anybody out.
    fn has(&self, account: &user::Model) -> bool {
        self.entries(account)
            .iter()
            .any(|it| !it.is_closed(self.now))
    }

    /// Accounts in use that the directory does not have, and how many are in use.
    fn missing(&self) -> (Vec<i64>, usize) {
        let used = || {
            self.accounts
                .iter()
                .filter(|it| it.directory_gone_at.is_none())
        };
        let missing = used().filter(|it| !self.has(it)).map(|it| it.id);
        (missing.collect(), used().count())
    }

    /// The account's only entry, if nobody has closed it.
    fn open(&self, account: &user::Model) -> Option<&Person> {
        self.person(account).filter(|it| !it.is_closed(self.now))
    }

    /// The account's only entry.
    fn person(&self, account: &user::Model) -> Option<&Person> {
        match self.entries(account) {
            [person] => Some(person),
            _ => None,
        }
    }
}

/// Puts accounts out of use that the directory does not have, or has closed, and the others into use again; and asks the
/// groups of admins. Where too many are missing to be believed, nothing is taken from anybody. Returns how many accounts
/// went or came back.
pub async fn check_people(app: &Arc<App>, stop: &Stop) -> Result<usize> {
    let Some(directory) = &app.directory else {
        return Ok(0);
    };
    let mut returned = 0;
    let present = Present::find(app, directory).await?;
    for account in &present.accounts {
        if present.has(account) && account.directory_gone_at.is_some() {
            users::returned(app, account.id).await?;
            returned += 1;
        }
    }
    let (gone, known) = present.missing();
    if let Word::Wait(held) = departures::weigh(app, gone.len(), known).await? {
        let text = format!("[ldap] {}: {}", directory.url(), held.sentence());
        tracing::error!("{text}");
        return Err(Error::Remote(text));
    }
    users::gone(app, &gone).await?;
    if !is_stopped(stop) {
        check_admins(app, directory, &present).await?;
    }
    Ok(gone.len() + returned)
}

async fn check_admins(app: &Arc<App>, directory: &Directory, present: &Present) -> Result<()> {
    let settings = directory.settings();
    let sync = settings.group_sync.as_ref();
    let wanted = sync.map_or(&[][..], |sync| &sync.admins);
    let mut admins = HashSet::new();
    for group in wanted {
        let listed = members(directory, present, &Wanted::read(group)).await;
        match listed.map_err(|fault| trouble(directory, &fault))? {
            Listed::These(_, accounts) => admins.extend(accounts.iter().map(|it| it.id)),
            Listed::NoGroup => {}
            Listed::Unknown => return Ok(()),
        }
    }
    for row in &present.accounts {
        let Some(person) = present.person(row) else {
            continue;
        };
        let in_group = Some(admins.contains(&row.id));
        let account = Arc::new(Account::from(row));
        groups::settle_admin(app, settings, account, person.below_admin_base, in_group).await?;
    }
    Ok(())
}

/// Who is in a group, of the accounts here.
enum Listed<'a> {
    These(Group, Vec<&'a user::Model>),
    NoGroup,
    /// Several groups have the name.
    Unknown,
}

async fn members<'a>(
    directory: &Directory,
    present: &'a Present,
    wanted: &Wanted,
) -> Result<Listed<'a>, Fault> {
    let found = directory.members_of(wanted).await?;
    let (group, keys, logins) = match found {
        Members::NoGroup => return Ok(Listed::NoGroup),
        Members::Several => {
            tracing::warn!(
                "[ldap] Several groups match {wanted:?}, so nobody can tell which was meant: narrow ldap.group_base, or \
                 name one by its distinguished name in ldap.group_sync.map"
            );
            return Ok(Listed::Unknown);
        }
        Members::These {
            group,
            keys,
            logins,
        } => (group, keys, logins),
    };
    let keys: HashSet<String> = keys.into_iter().collect();
    let logins: HashSet<String> = logins.iter().map(|it| names::canonical(it)).collect();
    let accounts = present.accounts.iter().filter(|account| {
        present.person(account).is_some_and(|person| {
            logins.contains(&account.canonical_name) || keys.contains(&dn_key(&person.dn))
        })
    });
    Ok(Listed::These(group, accounts.collect()))
}

/// Asks the groups of teams whose time has come, and those of people who have never been asked about. A group that cannot
/// be read takes nothing away and keeps no other team waiting; it is the error at the end. Returns how many of both.
pub async fn check_groups(app: &Arc<App>, stop: &Stop) -> Result<usize> {
    let Some(directory) = &app.directory else {
        return Ok(0);
    };
    let Some(sync) = &directory.settings().group_sync else {
        return Ok(0);
    };
    let teams = due(app, sync).await?;
    let fresh = user::Entity::find()
        .filter(user::Column::Directory.eq(true))
        .filter(user::Column::LdapGroupChecked.eq(0))
        // Those who come back are asked about then.
        .filter(user::Column::DirectoryGoneAt.is_null())
        .all(app.database.reader())
        .await?;
    if teams.is_empty() && fresh.is_empty() {
        return Ok(0);
    }
    let present = Present::find(app, directory).await?;
    let (gone, known) = present.missing();
    if departures::too_many(gone.len(), known) {
        // What the groups list would be read through people who are not found.
        return Err(Error::Remote(format!(
            "[ldap] {}: {} of {known} people are missing at once, so no group takes a membership away until that is settled: \
             see the job '{}'",
            directory.url(),
            gone.len(),
            queries::jobs::PEOPLE
        )));
    }
    let mut asked = 0;
    let mut failed = None;
    for team in teams {
        if is_stopped(stop) {
            return Ok(asked);
        }
        if let Some(error) = check_team(app, directory, sync, &present, &team).await? {
            tracing::error!(team.name = team.name, "{error}");
            failed.get_or_insert(error);
        }
        asked += 1;
    }
    // Their groups are asked about when they log in.
    let (fresh, unknown): (Vec<_>, Vec<_>) = fresh
        .into_iter()
        .partition(|row| present.open(row).is_some());
    let unknown: Vec<i64> = unknown.iter().map(|it| it.id).collect();
    groups::pass_over(app, &unknown).await?;
    for row in fresh {
        if is_stopped(stop) {
            return Ok(asked);
        }
        let Some(person) = present.open(&row) else {
            continue;
        };
        let groups = directory
            .groups_of(person)
            .await
            .map_err(|fault| trouble(directory, &fault))?;
        let account = Arc::new(Account::from(&row));
        groups::settle_person(app, directory, account, person, Some(&groups)).await?;
        asked += 1;
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(asked),
    }
}

async fn due(app: &App, sync: &GroupSync) -> Result<Vec<team::Model>> {
    let interval = TimeDelta::from_std(sync.interval).unwrap_or(TimeDelta::days(7));
    let before = app
        .clock
        .now()
        .checked_sub_signed(interval)
        .unwrap_or_default();
    let due = Condition::any()
        .add(team::Column::LdapGroupChecked.eq(0))
        .add(team::Column::CheckedAt.is_null())
        .add(team::Column::CheckedAt.lte(before));
    Ok(team::Entity::find()
        .filter(team::Column::Hidden.eq(false))
        .filter(team::Column::LdapGroupChecked.ne(DISABLED))
        .filter(due)
        .order_by_asc(team::Column::Id)
        .all(app.database.reader())
        .await?)
}

/// Returns what is wrong with the first of its groups that the server cannot tell of.
async fn check_team(
    app: &Arc<App>,
    directory: &Directory,
    sync: &GroupSync,
    present: &Present,
    team: &team::Model,
) -> Result<Option<Error>> {
    tracing::debug!("[ldap] Looking up an LDAP group matching '{}'", team.name);
    let mut all = true;
    let mut failed = None;
    let mut brought = Vec::new();
    for Source { group, role } in groups::sources(sync, &team.name) {
        let listed = match (members(directory, present, &group).await, &group) {
            (Err(fault), Wanted::At(dn)) if fault.is_about_the_question() => {
                failed.get_or_insert_with(|| wrong_group(directory, &team.name, dn, &fault));
                Listed::Unknown
            }
            (listed, _) => listed.map_err(|fault| trouble(directory, &fault))?,
        };
        match listed {
            Listed::NoGroup => {}
            Listed::Unknown => all = false,
            Listed::These(found, accounts) => {
                brought.extend(accounts.into_iter().map(|account| Brought {
                    user_id: account.id,
                    admin: account.admin,
                    role,
                    group: found.dn.clone(),
                }));
            }
        }
    }
    groups::settle_team(app, team, brought, all).await?;
    Ok(failed)
}

fn wrong_group(directory: &Directory, team: &str, dn: &str, fault: &Fault) -> Error {
    Error::Remote(format!(
        "[ldap] {}: the group '{dn}' of the team '{team}' cannot be read, so nobody leaves the team until that is mended: \
         {fault}; check ldap.group_sync.map",
        directory.url()
    ))
}
