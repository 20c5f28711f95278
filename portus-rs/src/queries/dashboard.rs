//! What somebody sees first: the newest entries of the audit log, their repositories, and how much there is of everything.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait as _, PaginatorTrait, QueryFilter,
    QueryOrder as _, QuerySelect as _, QueryTrait as _,
    sea_query::{CaseStatement, Func},
};

use super::{
    activities::{Activities, Row},
    feed,
    list::Listing as _,
    namespaces::Namespaces,
    repositories::{self, Repositories, Which},
    teams::Teams,
    users,
    viewer::Viewer,
};
use crate::{
    activity::ROUTINE,
    activity::sentence::Link,
    app::App,
    entities::{activity, namespace, registry, repository, star, team, user},
    error::Result,
    identity::actor::PORTUS,
    policy::Who,
};

/// Entries and repositories shown.
pub const SHOWN: usize = 20;

/// How much there is, for admins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accounts that may log in.
    pub users: u64,
    pub teams: u64,
    pub namespaces: u64,
    /// Whether the account is there in whose name the service itself works.
    pub portus: bool,
}

pub async fn counts(app: &App) -> Result<Counts> {
    let reader = app.database.reader();
    let portus = || user::Column::Username.eq(PORTUS);
    let count = |condition| Func::count(CaseStatement::new().case(condition, 1));
    let people = Condition::all()
        .add(user::Column::Enabled.eq(true))
        .add(portus().not());
    let found: Option<(i64, i64)> = user::Entity::find()
        .select_only()
        .expr_as(count(people), "people")
        .expr_as(count(Condition::all().add(portus())), "portus")
        .into_tuple()
        .one(reader)
        .await?;
    let (users, portus) = found.unwrap_or_default();
    Ok(Counts {
        users: u64::try_from(users).unwrap_or_default(),
        portus: portus > 0,
        teams: team::Entity::find()
            .filter(team::Column::Hidden.eq(false))
            .count(reader)
            .await?,
        namespaces: namespace::Entity::find().count(reader).await?,
    })
}

/// The newest entries that this caller may read, without those about signatures and the like, which come with every
/// image that is signed, and without the use of tokens, which is most of what happens where images are built.
pub async fn newest(app: &App, who: Who) -> Result<Vec<Row>> {
    let named = activity::Column::TagName;
    let images = Condition::any()
        .add(named.is_null())
        .add(named.starts_with("sha256-").not());
    let news = Condition::all()
        .add(images)
        .add(activity::Column::Key.is_not_in(ROUTINE));
    let ids = feed::newest(app, who, &news, SHOWN).await?;
    Activities { who }.load(app, &ids).await
}

/// What entries of the audit log name, as far as it is there.
pub struct There {
    /// What the reader may see.
    pub links: HashSet<Link>,
    /// The pictures of people, by their ids.
    pub pictures: HashMap<i64, String>,
    /// What pages call those who are not called by their user names, by their ids.
    pub names: HashMap<i64, String>,
}

/// Which of these things are still there, for this caller.
pub async fn there(app: &App, viewer: &Viewer, links: &[Link]) -> Result<There> {
    let reader = app.database.reader();
    let ids = |kind: &str| -> Vec<i64> {
        let of_kind = links.iter().filter(|link| link.kind == kind);
        of_kind.map(|link| link.id).collect()
    };
    let mut found = HashSet::new();
    let mut keep = |kind: &'static str, ids: Vec<i64>| {
        found.extend(ids.into_iter().map(|id| Link { kind, id }));
    };
    let teams = Teams {
        viewer: viewer.clone(),
    };
    let teams = teams
        .select()
        .filter(team::Column::Id.is_in(ids("Team")))
        .select_only()
        .column(team::Column::Id);
    keep("Team", teams.into_tuple().all(reader).await?);
    let namespaces = Namespaces {
        viewer: viewer.clone(),
        team_id: None,
    };
    let namespaces = namespaces
        .select()
        .filter(namespace::Column::Id.is_in(ids("Namespace")))
        .select_only()
        .column(namespace::Column::Id);
    keep("Namespace", namespaces.into_tuple().all(reader).await?);
    let repositories = Repositories {
        viewer: viewer.clone(),
        which: Which::All,
    };
    let repositories = repositories
        .select()
        .filter(repository::Column::Id.is_in(ids("Repository")))
        .select_only()
        .column(repository::Column::Id);
    keep("Repository", repositories.into_tuple().all(reader).await?);
    let admin = viewer.standing_nowhere().is_admin();
    let mut people: Vec<(i64, Option<String>, Option<String>)> = Vec::new();
    if admin || app.config.gravatar || app.config.display_name {
        let users = user::Entity::find()
            .filter(user::Column::Id.is_in(ids("User")))
            .filter(user::Column::Username.ne(PORTUS))
            .select_only()
            .columns([
                user::Column::Id,
                user::Column::Email,
                user::Column::DisplayName,
            ]);
        people = users.into_tuple().all(reader).await?;
    }
    // Only admins have pages about these.
    if admin {
        keep("User", people.iter().map(|(id, ..)| *id).collect());
        let registries = registry::Entity::find()
            .filter(registry::Column::Id.is_in(ids("Registry")))
            .select_only()
            .column(registry::Column::Id);
        keep("Registry", registries.into_tuple().all(reader).await?);
    }
    let mut there = There {
        links: found,
        pictures: HashMap::new(),
        names: HashMap::new(),
    };
    for (id, email, name) in people {
        if let Some(picture) = users::avatar_url(app, email.as_deref()) {
            there.pictures.insert(id, picture);
        }
        if let Some(name) = users::other_name(app, name.as_deref()) {
            there.names.insert(id, name.to_owned());
        }
    }
    Ok(there)
}

/// Which repositories are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// All that the caller may see, those that changed last.
    All,
    /// Those that they like, the newest star first.
    Starred,
    /// Those of their own namespaces.
    Personal,
}

/// The first of the caller's repositories, and how many there are.
pub async fn repositories(
    app: &App,
    viewer: &Viewer,
    choice: Choice,
) -> Result<(Vec<repositories::Row>, u64)> {
    let reader = app.database.reader();
    let all = Repositories {
        viewer: viewer.clone(),
        which: Which::All,
    };
    let user_id = viewer.standing_nowhere().user_id().unwrap_or_default();
    let select = match choice {
        Choice::All => all.select(),
        Choice::Starred => {
            let starred = star::Entity::find()
                .select_only()
                .column(star::Column::RepositoryId)
                .filter(star::Column::UserId.eq(user_id))
                .into_query();
            all.select()
                .filter(repository::Column::Id.in_subquery(starred))
        }
        Choice::Personal => {
            let own = namespace::Entity::find()
                .select_only()
                .column(namespace::Column::Id)
                .filter(namespace::Column::PersonalUserId.eq(user_id))
                .into_query();
            all.select()
                .filter(repository::Column::NamespaceId.in_subquery(own))
        }
    };
    let total = select.clone().count(reader).await?;
    let ids: Vec<i64> = if choice == Choice::Starred {
        let seen = select
            .select_only()
            .column(repository::Column::Id)
            .into_query();
        star::Entity::find()
            .select_only()
            .column(star::Column::RepositoryId)
            .filter(
                Condition::all()
                    .add(star::Column::UserId.eq(user_id))
                    .add(star::Column::RepositoryId.in_subquery(seen)),
            )
            .order_by_desc(star::Column::Id)
            .limit(SHOWN as u64)
            .into_tuple()
            .all(reader)
            .await?
    } else {
        select
            .select_only()
            .column(repository::Column::Id)
            .order_by_desc(repository::Column::UpdatedAt)
            .order_by_desc(repository::Column::Id)
            .limit(SHOWN as u64)
            .into_tuple()
            .all(reader)
            .await?
    };
    Ok((repositories::by_ids(app, viewer, &ids).await?, total))
}
