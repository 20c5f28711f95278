//! Namespaces that the caller may see.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait as _, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect as _, Select,
};

use super::{
    filter::{Filter, Narrowed, filters, named},
    list::{Listing, in_order},
    registries, teams,
    viewer::Viewer,
};
use crate::{
    actions,
    app::App,
    entities::{Visibility, namespace, registry, team},
    error::{Error, Invalid, Result},
    identity::actor::PORTUS,
    policy::{self, NamespaceFacts},
};

/// A namespace as it is shown.
pub struct Row {
    pub namespace: namespace::Model,
    pub team: Option<team::Model>,
    /// Where this service reaches its registry.
    pub registry_hostname: String,
    /// What people call its registry.
    pub registry_host: String,
}

impl Row {
    fn new(
        namespace: namespace::Model,
        team: Option<team::Model>,
        registry: Option<&registry::Model>,
    ) -> Self {
        let host = |of: fn(&registry::Model) -> &str| registry.map_or("", of).to_owned();
        Self {
            registry_hostname: host(|it| &it.hostname),
            registry_host: host(registry::Model::shown_host),
            team,
            namespace,
        }
    }
}

/// Namespaces, of everything or of one team.
pub struct Namespaces {
    pub viewer: Viewer,
    pub team_id: Option<i64>,
}

impl Listing for Namespaces {
    type Entity = namespace::Entity;
    type Row = Row;

    fn select(&self) -> Select<namespace::Entity> {
        let visible =
            namespace::Entity::find().filter(policy::visible::namespaces(self.viewer.who));
        match self.team_id {
            Some(team_id) => visible.filter(namespace::Column::TeamId.eq(team_id)),
            // The hidden account's own namespace is of no use to anybody.
            None => visible.filter(namespace::Column::Name.ne(PORTUS)),
        }
    }

    fn id() -> namespace::Column {
        namespace::Column::Id
    }

    fn sort_column(name: &str) -> Option<namespace::Column> {
        use namespace::Column as C;
        Some(match name {
            "name" => C::Name,
            "created_at" => C::CreatedAt,
            "updated_at" => C::UpdatedAt,
            "description" => C::Description,
            "visibility" => C::Visibility,
            "global" => C::Global,
            _ => return None,
        })
    }

    fn filters() -> &'static [Filter] {
        use namespace::Column as C;
        filters! {
            "name" is(C::Name) "Of exactly this name.";
            "name_contains" contains(C::Name) "With this in the name, sign by sign.";
            "visibility" word(&["private", "protected", "public"], |it| {
                it.parse::<Visibility>().map_or_else(
                    |()| Condition::all(),
                    |it| Condition::all().add(C::Visibility.eq(it)),
                )
            }) "Private, protected or public.";
            "team" text(|it| Condition::all().add(C::TeamId.in_subquery(named(team::Entity, team::Column::Id, team::Column::Name.eq(it))))) "Of the team of this name.";
            "team_id" id(C::TeamId) "Of this team.";
            "registry" text(|it| Condition::all().add(C::RegistryId.in_subquery(named(registry::Entity, registry::Column::Id, registry::Column::Name.eq(it))))) "In the registry of this name.";
            "registry_id" id(C::RegistryId) "In this registry.";
            "created_after" after(C::CreatedAt) "Made after this moment, ISO 8601.";
            "created_before" before(C::CreatedAt) "Made before this moment.";
            "updated_after" after(C::UpdatedAt) "Changed after this moment.";
            "updated_before" before(C::UpdatedAt) "Changed before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Row>> {
        let rows = namespace::Entity::find()
            .filter(namespace::Column::Id.is_in(ids.iter().copied()))
            .find_also_related(team::Entity)
            .all(app.database.reader())
            .await?;
        let registries = registries::all(app).await?;
        Ok(in_order(
            ids,
            rows.into_iter().map(|(row, team)| {
                let registry = registries.iter().find(|it| it.id == row.registry_id);
                (row.id, Row::new(row, team, registry))
            }),
        ))
    }
}

/// How people look at namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The global ones and the viewer's own.
    Special,
    /// Those of the viewer's teams.
    Joined,
    /// Those that a synchronisation found, and no team has claimed.
    Orphan,
    /// The rest of what they see.
    Other,
}

/// The namespaces of one group; each that the viewer sees is in exactly one.
pub fn group(viewer: Viewer, group: Group) -> Narrowed<Namespaces> {
    use namespace::Column as C;
    let special = Condition::any().add(C::Global.eq(true)).add(
        Condition::all()
            .add(C::PersonalUserId.is_not_null())
            .add(C::PersonalUserId.eq(viewer.standing_nowhere().user_id())),
    );
    let orphan = C::TeamId.in_subquery(named(
        team::Entity,
        team::Column::Id,
        team::Column::Hidden
            .eq(true)
            .and(team::Column::Name.contains(GLOBAL_TEAM)),
    ));
    let joined = C::TeamId.in_subquery(teams::joined(&viewer));
    let rest = Condition::all().add(
        Condition::any()
            .add(C::PersonalUserId.is_null())
            .add(C::PersonalUserId.ne(viewer.standing_nowhere().user_id())),
    );
    let rest = rest.add(C::Global.eq(false));
    let condition = match group {
        Group::Special => special,
        Group::Orphan => rest.add(orphan),
        Group::Joined => rest.add(orphan.not()).add(joined),
        Group::Other => rest.add(orphan.not()).add(joined.not()),
    };
    let all = Namespaces {
        viewer,
        team_id: None,
    };
    Narrowed::to(all, condition)
}

/// What the names of the teams of global namespaces have in them.
pub const GLOBAL_TEAM: &str = "global_team";

/// A namespace that the caller may see.
pub async fn show(app: &App, viewer: &Viewer, id: i64) -> Result<namespace::Model> {
    let row = namespace::Entity::find_by_id(id)
        .one(app.database.reader())
        .await?
        .ok_or(Error::NotFound)?;
    let facts = NamespaceFacts::from(&row);
    if policy::namespaces::pull(viewer.standing_in(&row), &facts).granted {
        Ok(row)
    } else {
        Err(Error::NotFound)
    }
}

/// One namespace with what belongs to it.
pub async fn shown(app: &App, row: namespace::Model) -> Result<Row> {
    let team = team::Entity::find_by_id(row.team_id)
        .one(app.database.reader())
        .await?;
    let registry = registry::Entity::find_by_id(row.registry_id)
        .one(app.database.reader())
        .await?;
    Ok(Row::new(row, team, registry.as_ref()))
}

/// What people call a namespace: a global one by its registry.
pub async fn name(app: &App, row: &namespace::Model) -> Result<String> {
    if !row.global {
        return Ok(row.name.clone());
    }
    let registry = registry::Entity::find_by_id(row.registry_id)
        .one(app.database.reader())
        .await?;
    Ok(registry.map_or_else(String::new, |it| it.shown_host().to_owned()))
}

/// What stands against a new namespace of this name in a registry, the oldest if none is named.
pub async fn complaints(app: &App, name: &str, registry: Option<&str>) -> Result<Invalid> {
    let mut invalid = Invalid::default();
    for complaint in actions::namespaces::complaints(name) {
        invalid.add("name", complaint);
    }
    let mut wanted = registry::Entity::find().order_by_asc(registry::Column::Id);
    if let Some(name) = registry {
        wanted = wanted.filter(registry::Column::Name.eq(name));
    }
    let Some(registry) = wanted.one(app.database.reader()).await? else {
        return Ok(invalid);
    };
    let taken = namespace::Entity::find()
        .filter(namespace::Column::RegistryId.eq(registry.id))
        .filter(namespace::Column::Name.eq(name))
        .count(app.database.reader())
        .await?;
    if taken > 0 {
        invalid.add("name", "has already been taken");
    }
    Ok(invalid)
}

/// A namespace that the caller may push to, for examples: their own first, else the oldest of their teams'.
pub async fn pushable(app: &App, viewer: &Viewer) -> Result<Option<String>> {
    let own = namespace::Entity::find()
        .filter(policy::visible::own_namespaces(viewer.who))
        .filter(namespace::Column::Global.eq(false))
        .order_by_asc(namespace::Column::Id)
        .limit(100)
        .all(app.database.reader())
        .await?;
    let user_id = viewer.standing_nowhere().user_id();
    let mut open: Vec<&namespace::Model> = own
        .iter()
        .filter(|row| {
            let standing = viewer.standing_in(row);
            policy::namespaces::push(standing, &NamespaceFacts::from(*row), &app.rules).granted
        })
        .collect();
    open.sort_by_key(|row| row.personal_user_id.is_none() || row.personal_user_id != user_id);
    Ok(open.first().map(|row| row.name.clone()))
}
