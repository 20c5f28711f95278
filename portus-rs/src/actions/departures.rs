//! When many people seem to have left the LDAP directory at once, its answers are more likely wrong than they are gone: a
//! base that was mistyped, a tree that was emptied. They stay until a person has said that it is so.

use chrono::NaiveDateTime;
use sea_orm::{ActiveValue::Set, ColumnTrait};

use super::{change::Change, jobs};
use crate::{
    activity::Activity,
    app::App,
    entities::setting,
    error::{Error, Result},
    identity::actor::Actor,
    policy::registries::RunJob,
    queries::{
        departures::{Departures, NAME, find, read},
        jobs::PEOPLE,
    },
};

/// So many may leave at once without being asked about.
const FEW: usize = 10;

/// Whether so many are not to be believed without a person's word.
pub fn too_many(gone: usize, known: usize) -> bool {
    gone > FEW && gone > known / 2
}

/// What may happen with those who are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    Go,
    /// Nothing, until somebody has looked.
    Wait(Departures),
}

/// Whether those who are missing may be taken for gone. Keeps in mind what is held back, for whoever looks.
pub async fn weigh(app: &App, gone: usize, known: usize) -> Result<Word> {
    let row = find(app.database.reader()).await?;
    let before = row.as_ref().and_then(read);
    if !too_many(gone, known) {
        if row.is_some() {
            forget(app).await?;
        }
        return Ok(Word::Go);
    }
    let confirmed = before
        .as_ref()
        .is_some_and(|it| it.confirmed_by.is_some() && gone <= it.gone);
    if confirmed {
        return Ok(Word::Go);
    }
    let now = app.clock.now();
    let held = Departures {
        since: before.as_ref().map_or(now, |it| it.since),
        gone,
        known,
        confirmed_by: None,
    };
    if before.as_ref() != Some(&held) {
        let actor = Actor::Portus;
        let mut change = Change::begin(app, &actor).await?;
        let books = change.books()?;
        let stored = find(change.reader()).await?;
        let fresh = written(&held, now)?;
        match stored {
            Some(row) => {
                let row = setting::ActiveModel {
                    id: Set(row.id),
                    ..fresh
                };
                change.update(&books, row).await?;
            }
            None => {
                let row = setting::ActiveModel {
                    name: Set(NAME.to_owned()),
                    ..fresh
                };
                change.insert(&books, row).await?;
            }
        }
        change
            .commit_unrecorded("nothing has happened yet, and the log says why")
            .await?;
    }
    Ok(Word::Wait(held))
}

/// Says that those who are missing are gone indeed; the next look, at once, takes them out of use.
pub async fn confirm(app: &App, actor: &Actor) -> Result<Departures> {
    let mut change = Change::begin(app, actor).await?;
    let permit = change.permit_on::<RunJob>(())?;
    let found = find(change.reader()).await?;
    let held = found.as_ref().and_then(|row| Some((row.id, read(row)?)));
    let Some((id, mut held)) = held else {
        return Err(Error::Refused(
            "nobody of the LDAP directory is held back".to_owned(),
        ));
    };
    held.confirmed_by = Some(actor.name().to_owned());
    let row = setting::ActiveModel {
        id: Set(id),
        ..written(&held, change.now())?
    };
    change.update(&permit, row).await?;
    change
        .commit([Activity::departures_confirmed(held.gone as u64)])
        .await?;
    match jobs::want(app, actor, PEOPLE).await {
        // One that runs already may have looked before; the next comes by itself.
        Ok(()) | Err(Error::Refused(_)) => Ok(held),
        Err(error) => Err(error),
    }
}

async fn forget(app: &App) -> Result<()> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    change
        .delete_where::<setting::Entity, _>(&books, setting::Column::Name.eq(NAME))
        .await?;
    change
        .commit_unrecorded("the directory has them again, or they are gone")
        .await
}

fn written(held: &Departures, now: NaiveDateTime) -> Result<setting::ActiveModel> {
    let value = serde_json::to_string(held).map_err(|error| Error::Internal(error.into()))?;
    Ok(setting::ActiveModel {
        value: Set(value),
        updated_at: Set(now),
        ..Default::default()
    })
}

#[cfg(test)]
mod tests {
    use super::too_many;

    #[test]
    fn more_than_half_of_more_than_ten_needs_a_word() {
        assert!(!too_many(1, 1) && !too_many(10, 10), "few are few");
        assert!(too_many(11, 11) && too_many(11, 21));
        assert!(
            !too_many(11, 22) && !too_many(500, 1000),
            "half are not more"
        );
        assert!(too_many(501, 1000));
    }
}
