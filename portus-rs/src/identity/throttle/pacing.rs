//! Holding back those who do too often what is no guess but costs us something.

use sea_orm::{
    ColumnTrait as _, EntityTrait as _, ExprTrait as _, QueryFilter as _, QueryTrait as _,
    sea_query::Expr,
};

use super::{ANY, HELD, count, of_pair, read};
use crate::{
    actions::change::Change,
    app::App,
    entities::login_failure,
    error::{Error, Result, wordings},
    identity::actor::Actor,
};

/// How often counting is tried anew that others stood in the way of.
const PATIENCE: u32 = 20;

/// Counts what one address does, such as making accounts, and refuses it after so many times within [`HELD`]. However many
/// come at once, each is judged by a count that it is part of.
pub async fn pace(app: &App, what: &str, source: &str, most: i64) -> Result<()> {
    let place = place(what, source);
    let now = app.clock.now();
    // Whoever is refused anyhow need not wait for the others.
    let done = read(app.database.reader(), &place, ANY, now).await?;
    if done.of_address >= most {
        return Err(too_many());
    }
    for _ in 0..PATIENCE {
        match one_more(app, &place, most).await {
            // Others from there are being counted this moment.
            Err(Error::NotSignedIn(_)) => {}
            Err(error) if error.is_collision() => {}
            done => return done,
        }
    }
    Err(Error::TooMany(
        "Too many attempts from your address at once. Please try again.".to_owned(),
    ))
}

/// Counts one, unless there were enough. The row is ours from its writing to the end, so nobody else counts meanwhile.
async fn one_more(app: &App, place: &str, most: i64) -> Result<()> {
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    count(&mut change, &books, place, ANY).await?;
    let counted = read(change.reader(), place, ANY, change.now()).await?;
    if counted.of_address > most {
        // Those who are refused are not kept: what comes to a good end gives back one of those who were not.
        return Err(too_many());
    }
    change.commit_unrecorded("this only counts").await
}

fn too_many() -> Error {
    Error::TooMany(wordings::TOO_MANY_ATTEMPTS.with(&[&HELD.num_minutes()]))
}

/// Takes one off again that came to a good end. That it is not taken off is no reason to spoil the end.
pub async fn give_back(app: &App, what: &str, source: &str) {
    for _ in 0..PATIENCE {
        match one_less(app, &place(what, source)).await {
            Err(error) if error.is_collision() => {}
            Err(error) => {
                tracing::warn!("what {source} did well counts against it all the same: {error}");
                return;
            }
            Ok(()) => return,
        }
    }
}

async fn one_less(app: &App, place: &str) -> Result<()> {
    use login_failure::Column as C;
    let actor = Actor::Portus;
    let mut change = Change::begin_redoable(app, &actor).await?;
    let books = change.books()?;
    let less = login_failure::Entity::update_many()
        .col_expr(C::Failures, Expr::col(C::Failures).sub(1))
        .filter(of_pair(place, ANY))
        .filter(C::Failures.gt(0))
        .filter(C::Since.gt(change.now() - HELD));
    let less = less.as_query().to_owned();
    change
        .execute::<login_failure::Entity, _, _>(&books, &less)
        .await?;
    change.commit_unrecorded("this only counts").await
}

/// No address looks like this, so it is counted apart from guesses.
fn place(what: &str, source: &str) -> String {
    format!("{what} {source}")
}
