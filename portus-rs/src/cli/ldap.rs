//! `ldap:check`: the steps of a login through the directory one by one, with what each found, for whoever sets it up.

use crate::{
    actions::{departures, groups},
    app::App,
    clock::Clock,
    config::{Ldap, LdapEncryption},
    entities::user,
    identity::{actor::Actor, names},
    queries::by_name,
    remote::ldap::{Bound, Directory, Fault, Looked, Members, Person, Wanted},
};

use super::{
    console::{self, say},
    context::Session,
    failure::{Failure, Outcome},
};

/// Counted no further.
const MOST: i32 = 1000;

/// Whom to look for.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Login name of somebody to look for
    user: Option<String>,
    /// Try this person's password, which is read from standard input
    #[arg(long, requires = "user")]
    password_stdin: bool,
}

/// What has been said so far.
#[derive(Default)]
struct Walk {
    failed: bool,
}

impl Walk {
    fn good(&self, step: &str, text: impl AsRef<str>) {
        let _ = self;
        say(format!("  ok    {step:14} {}", text.as_ref()));
    }

    fn note(&self, step: &str, text: impl AsRef<str>) {
        let _ = self;
        say(format!("        {step:14} {}", text.as_ref()));
    }

    fn bad(&mut self, step: &str, text: impl AsRef<str>) {
        self.failed = true;
        say(format!("  FAIL  {step:14} {}", text.as_ref()));
    }

    /// What a step found; nothing when it failed.
    fn step<T>(&mut self, step: &str, found: Result<T, Fault>) -> Option<T> {
        found
            .inspect_err(|fault| self.bad(step, fault.to_string()))
            .ok()
    }
}

/// `ldap:check [USER]`.
pub async fn check(session: &Session, options: Options) -> Outcome {
    session.warn()?;
    let config = &session.loaded()?.config;
    let Some(directory) = Directory::new(config)? else {
        return Err(Failure::aborted(
            "LDAP is disabled: set ldap.enabled (PORTUS_LDAP_ENABLED) to true",
        ));
    };
    let mut walk = Walk::default();
    Box::pin(steps(session, &directory, &options, &mut walk)).await?;
    if walk.failed {
        Err(Failure::Code(1))
    } else {
        Ok(())
    }
}

/// `ldap:confirm`.
pub async fn confirm(session: &Session) -> Outcome {
    let app = session.app().await?;
    let held = departures::confirm(&app, &Actor::Operator).await?;
    say(format!(
        "{} of {} people of the directory go out of use at the next look, in some seconds",
        held.gone, held.known
    ));
    Ok(())
}

async fn steps(
    session: &Session,
    directory: &Directory,
    options: &Options,
    walk: &mut Walk,
) -> Outcome {
    if !connect(directory, walk).await {
        return Ok(());
    }
    places(directory, walk).await;
    mappings(directory, walk).await;
    let Some(name) = &options.user else {
        walk.note(
            "",
            "Name somebody to see what a login finds: portus-rs ldap:check USER",
        );
        return Ok(());
    };
    let Some(person) = person(directory, name, walk).await else {
        return Ok(());
    };
    if options.password_stdin {
        let password = console::read_secret("password")?;
        match directory.bind(&person.dn, &password).await {
            Ok(Bound::Yes) => walk.good("password", "is right"),
            Ok(Bound::No(reason)) => walk.bad("password", format!("refused: {reason}")),
            Err(fault) => walk.bad("password", fault.to_string()),
        }
    }
    let groups = walk.step("groups", directory.groups_of(&person).await);
    match session.app().await {
        Ok(app) => here(&app, directory, name, &person, groups.as_deref(), walk).await?,
        Err(_) => walk.note(
            "account",
            "not looked at: the database cannot be used; portus-rs check_db says why",
        ),
    }
    Ok(())
}

/// Connection, encryption and the account for searches. Whether it makes sense to go on.
async fn connect(directory: &Directory, walk: &mut Walk) -> bool {
    let settings = directory.settings();
    let how = match settings.encryption {
        LdapEncryption::None => "not encrypted: passwords can be read on the way",
        LdapEncryption::SimpleTls => "encrypted (LDAPS)",
        LdapEncryption::StartTls => "encrypted (StartTLS)",
    };
    let Some(certificate) = walk.step("connection", directory.look_at_connection().await) else {
        return false;
    };
    walk.good("connection", format!("{}, {how}", directory.url()));
    if let Some(it) = certificate {
        walk.good(
            "certificate",
            format!(
                "of {}, by {}, until {} ({} days)",
                it.subject, it.issuer, it.not_after, it.days
            ),
        );
    }
    if walk
        .step("bind account", directory.look_at_account().await)
        .is_none()
    {
        return false;
    }
    match &settings.bind {
        Some(account) => walk.good("bind account", &account.dn),
        None => walk.good("bind account", "none: searches are anonymous"),
    }
    if let Some(server) = walk.step("server", directory.look_at_server().await) {
        let vendor = server
            .vendor
            .as_deref()
            .unwrap_or(if server.active_directory {
                "Active Directory"
            } else {
                "does not say what it is"
            });
        let nested = if server.active_directory {
            ", groups in groups are followed"
        } else {
            ""
        };
        walk.good("server", format!("{vendor}{nested}"));
        if !server.naming_contexts.is_empty() {
            walk.note(
                "",
                format!("it holds {}", server.naming_contexts.join("; ")),
            );
        }
    }
    true
}

/// Where people and groups are looked for.
async fn places(directory: &Directory, walk: &mut Walk) {
    let settings = directory.settings();
    let bases = [
        ("admins", settings.admin_base.as_deref()),
        ("people", Some(settings.base.as_str())),
    ];
    for (step, base) in bases {
        let Some(base) = base else { continue };
        let Some(count) = walk.step(step, directory.count_people(base, MOST).await) else {
            continue;
        };
        let text = format!("{} with {} below '{base}'", counted(count), settings.uid);
        if count == 0 {
            walk.bad(
                step,
                format!("{text}: check ldap.uid, ldap.filter and ldap.base"),
            );
        } else {
            walk.good(step, text);
        }
    }
    if settings.group_sync.is_none() {
        walk.note("groups", "not asked: ldap.group_sync.enabled is off");
    } else if let Some(count) = walk.step("groups", directory.count_groups(MOST).await) {
        let text = format!("{} below '{}'", counted(count), directory.group_base());
        walk.good("groups", text);
    }
}

fn counted(count: usize) -> String {
    match count {
        0 => "none".to_owned(),
        count if count >= usize::try_from(MOST).unwrap_or(usize::MAX) => format!("{MOST} or more"),
        count => count.to_string(),
    }
}

/// The groups that the settings name.
async fn mappings(directory: &Directory, walk: &mut Walk) {
    let Some(sync) = &directory.settings().group_sync else {
        return;
    };
    let mapped = sync.map.iter().map(|it| {
        let target = format!("team {} ({:?})", it.team, it.role).to_lowercase();
        (&it.group, target)
    });
    let admins = sync.admins.iter().map(|it| (it, "admins".to_owned()));
    for (group, target) in mapped.chain(admins) {
        let found = directory.members_of(&Wanted::read(group)).await;
        match walk.step("group", found) {
            None => {}
            Some(Members::NoGroup) => walk.bad("group", format!("{group} → {target}: there is no such group")),
            Some(Members::Several) => walk.bad(
                "group",
                format!("{group} → {target}: several groups have that name; write its distinguished name"),
            ),
            Some(Members::These { keys, logins, .. }) => walk.good(
                "group",
                format!("{group} → {target}: {}", counted(keys.len() + logins.len())),
            ),
        }
    }
}

async fn person(directory: &Directory, name: &str, walk: &mut Walk) -> Option<Person> {
    if let Some(complaint) = names::complaint(name) {
        walk.bad("user", format!("the name {complaint}"));
        return None;
    }
    match walk.step("user", directory.person(name).await)? {
        Looked::Nobody => {
            walk.bad("user", format!("Could not find user '{name}'"));
            None
        }
        Looked::Several => {
            walk.bad("user", format!("Several entries match user '{name}'"));
            None
        }
        Looked::One(person) => {
            walk.good("user", &person.dn);
            walk.note("login name", person.names.join(", "));
            if person.is_closed(Clock::default().now()) {
                walk.bad(
                    "state",
                    "the directory has closed this entry, so nobody gets in with it",
                );
            }
            Some(person)
        }
    }
}

/// What of it is here, and what a login would bring about.
async fn here(
    app: &App,
    directory: &Directory,
    name: &str,
    person: &Person,
    groups: Option<&[crate::remote::ldap::Group]>,
    walk: &mut Walk,
) -> Outcome {
    let settings = directory.settings();
    if let Some(groups) = groups {
        let listed: Vec<String> = groups.iter().flat_map(|it| it.names.clone()).collect();
        let listed = if listed.is_empty() {
            "none".to_owned()
        } else {
            listed.join(", ")
        };
        walk.good("groups", listed);
        if let Some(sync) = &settings.group_sync {
            for (team, role, group) in groups::would_give(app, sync, groups).await? {
                walk.note("team", format!("{team} as {role}, by {group}"));
            }
        }
    }
    match by_name::user(&app.database, name).await? {
        None => {
            walk.note("account", "none yet: the first login makes it");
            let email = person
                .email
                .as_deref()
                .unwrap_or("none, to be given at the first login");
            walk.note("e-mail", email);
            walk.note(
                "admin",
                if person.below_admin_base {
                    "yes, by ldap.admin_base"
                } else {
                    "no"
                },
            );
        }
        Some(row) => account(settings, &row, walk),
    }
    Ok(())
}

fn account(settings: &Ldap, row: &user::Model, walk: &mut Walk) {
    if !row.directory {
        walk.bad(
            "account",
            format!(
                "{} is a local account, whose password the directory is never asked about; an admin ties it with \
                 PUT /api/v1/users/{}/ldap",
                row.username, row.id
            ),
        );
        return;
    }
    if !row.enabled {
        walk.bad("account", format!("{} is disabled", row.username));
    } else if let Some(since) = row.directory_gone_at {
        walk.note(
            "account",
            format!(
                "{} is out of use since {since} UTC; the next login or look opens it again",
                row.username
            ),
        );
    } else {
        walk.good("account", &row.username);
    }
    let why = if row.directory_admin {
        ", by a group"
    } else {
        ""
    };
    let synced = if settings.sync_admin {
        ", decided at every login"
    } else {
        ""
    };
    let admin = if row.admin { "yes" } else { "no" };
    walk.note("admin", format!("{admin}{why}{synced}"));
}
