//! Namespaces: made, renamed, described, handed over, opened and closed.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
};

use super::change::Change;
use crate::{
    activity::Activity,
    app::App,
    entities::{Visibility, namespace, registry, team},
    error::{Error, Invalid, Result, is_taken, wordings},
    identity::{actor::Actor, throttle},
    policy::namespaces::{ChangeVisibility, CreateNamespace, UpdateNamespace},
    protocol::image_name,
    queries,
};

/// A namespace to be made.
#[derive(Clone, Debug, Default)]
pub struct NewNamespace {
    pub name: String,
    /// The team's name.
    pub team: String,
    pub description: Option<String>,
    /// The registry's name; `None` means the oldest.
    pub registry: Option<String>,
}

/// What is to be different about a namespace; `None` leaves a field alone.
#[derive(Clone, Debug, Default)]
pub struct NamespaceChanges {
    pub name: Option<String>,
    pub description: Option<String>,
    /// The new team's name.
    pub team: Option<String>,
    /// `private`, `protected` or `public`.
    pub visibility: Option<String>,
}

/// Names that an account may have judged within ten minutes. Forms ask while somebody types.
const JUDGED: i64 = 300;

/// What stands against a namespace of this name. That it is taken tells of namespaces that one cannot see, so nobody asks
/// for a whole dictionary.
pub async fn judge_name(
    app: &App,
    actor: &Actor,
    name: &str,
    registry: Option<&str>,
) -> Result<Invalid> {
    if let Some(account) = actor.account() {
        throttle::pace(app, "name of a namespace", &account.id.to_string(), JUDGED).await?;
    }
    queries::namespaces::complaints(app, name, registry).await
}

/// Makes a private namespace in a team.
pub async fn create(app: &App, actor: &Actor, new: NewNamespace) -> Result<namespace::Model> {
    let mut change = Change::begin(app, actor).await?;
    let team = visible_team(&change, &new.team)
        .await?
        .ok_or(Error::NotFound)?;
    let permit = change.permit_loaded::<CreateNamespace>(team).await?;
    let registry = chosen_registry(&change, new.registry.as_deref()).await?;
    check_name(&change, registry.id, &new.name, 0).await?;
    let row = namespace::ActiveModel {
        id: NotSet,
        registry_id: Set(registry.id),
        name: Set(new.name),
        team_id: Set(permit.on().id),
        global: Set(false),
        personal_user_id: Set(None),
        visibility: Set(Visibility::Private),
        description: Set(new.description),
        created_at: Set(change.now()),
        updated_at: Set(change.now()),
    };
    let made = match change.insert(&permit, row).await {
        Err(error) if is_taken(&error) => return Err(taken()),
        made => made?,
    };
    let told = Activity::namespace_created(&made, &permit.on().name);
    change.commit([told]).await?;
    Ok(made)
}

/// Changes a namespace, all of it or nothing.
pub async fn update(
    app: &App,
    actor: &Actor,
    id: i64,
    changes: NamespaceChanges,
) -> Result<namespace::Model> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit::<UpdateNamespace>(id).await?;
    let old = permit.on().clone();
    let fixed = old.global || old.personal_user_id.is_some();
    let mut new = old.clone();
    let mut told: Vec<fn(&namespace::Model, &namespace::Model) -> Activity> = Vec::new();
    let mut moved = None;

    if let Some(word) = changes.visibility {
        let visibility: Visibility = word
            .parse()
            .map_err(|()| Error::Refused(wordings::UNKNOWN_VISIBILITY.with(&[&word])))?;
        if visibility != old.visibility {
            change.permit::<ChangeVisibility>(id).await?;
            if old.global && visibility == Visibility::Private {
                return Err(Error::invalid(
                    "visibility",
                    "global namespace cannot be private",
                ));
            }
            new.visibility = visibility;
        }
    }
    if let Some(name) = changes.team {
        let unknown = || Error::Unknown(wordings::UNKNOWN_TEAM.with(&[&name]));
        let team = visible_team(&change, &name).await?.ok_or_else(unknown)?;
        if team.id != old.team_id {
            if fixed {
                return Err(Error::invalid(
                    "team",
                    "cannot be changed for a personal or global namespace",
                ));
            }
            let before = change.teams(&[old.team_id]).await?;
            let before = before
                .get(&old.team_id)
                .map(|team| team.name.clone())
                .unwrap_or_default();
            new.team_id = team.id;
            moved = Some((before, team.name));
        }
    }
    if let Some(text) = changes
        .description
        .filter(|text| Some(text) != old.description.as_ref())
    {
        new.description = Some(text);
        told.push(|old, new| {
            let before = old.description.as_deref().unwrap_or_default();
            Activity::namespace_described(
                new,
                before,
                new.description.as_deref().unwrap_or_default(),
            )
        });
    }
    if let Some(name) = changes.name.filter(|name| *name != old.name) {
        if fixed {
            return Err(Error::invalid(
                "name",
                "cannot be changed for a personal or global namespace",
            ));
        }
        check_name(&change, old.registry_id, &name, id).await?;
        new.name = name;
        told.push(|old, new| Activity::namespace_renamed(new, &old.name));
    }
    if new.visibility != old.visibility {
        told.push(|_, new| Activity::visibility_changed(new));
    }
    if told.is_empty() && moved.is_none() {
        return Ok(old);
    }
    let row = namespace::ActiveModel {
        id: Set(id),
        name: Set(new.name.clone()),
        team_id: Set(new.team_id),
        description: Set(new.description.clone()),
        visibility: Set(new.visibility),
        updated_at: Set(change.now()),
        ..Default::default()
    };
    let updated = match change.update(&permit, row).await {
        Err(error) if is_taken(&error) => return Err(taken()),
        done => done?,
    };
    let mut entries: Vec<Activity> = told.iter().map(|tell| tell(&old, &updated)).collect();
    if let Some((before, after)) = moved {
        entries.push(Activity::namespace_moved(&updated, &before, &after));
    }
    change.commit(entries).await?;
    Ok(updated)
}

/// What is wrong with a namespace's name, whoever has it.
pub fn complaints(name: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    if name.is_empty() {
        complaints.push("can't be blank".to_owned());
    }
    if name.len() > 255 {
        complaints.push("is too long (maximum is 255 characters)".to_owned());
    } else if image_name::check_namespace(name).is_err() {
        complaints.push(
            "can only contain lower case alphanumeric characters, with optional underscores and dashes in the middle."
                .to_owned(),
        );
    }
    complaints
}

fn taken() -> Error {
    Error::invalid("name", "has already been taken")
}

async fn check_name(change: &Change<'_>, registry_id: i64, name: &str, except: i64) -> Result<()> {
    let mut invalid = crate::error::Invalid::default();
    for complaint in complaints(name) {
        invalid.add("name", complaint);
    }
    invalid.into_result()?;
    let others = namespace::Entity::find()
        .filter(namespace::Column::RegistryId.eq(registry_id))
        .filter(namespace::Column::Name.eq(name))
        .filter(namespace::Column::Id.ne(except))
        .count(change.reader())
        .await?;
    if others > 0 { Err(taken()) } else { Ok(()) }
}

async fn visible_team(change: &Change<'_>, name: &str) -> Result<Option<team::Model>> {
    Ok(team::Entity::find()
        .filter(team::Column::Name.eq(name))
        .filter(team::Column::Hidden.eq(false))
        .one(change.reader())
        .await?)
}

async fn chosen_registry(change: &Change<'_>, name: Option<&str>) -> Result<registry::Model> {
    let mut wanted = registry::Entity::find().order_by_asc(registry::Column::Id);
    if let Some(name) = name {
        wanted = wanted.filter(registry::Column::Name.eq(name));
    }
    wanted
        .one(change.reader())
        .await?
        .ok_or_else(|| match name {
            Some(name) => Error::Unknown(wordings::UNKNOWN_REGISTRY.with(&[&name])),
            None => Error::invalid("registry", "can't be blank"),
        })
}
