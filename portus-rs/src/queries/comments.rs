//! What was said about a repository, oldest first.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};

use super::{
    filter::{Filter, filters, named},
    list::{Listing, in_order},
    users,
};
use crate::{
    app::App,
    entities::{comment, user},
    error::{Error, Result},
    policy::{self, NamespaceFacts, Standing},
};

/// A comment as it is shown.
pub struct Row {
    pub comment: comment::Model,
    pub author: Option<Author>,
    /// Whether the caller may take it back.
    pub destroyable: bool,
}

/// Whoever wrote a comment.
pub struct Author {
    pub id: i64,
    pub username: String,
    /// What pages call them.
    pub name: String,
    pub avatar_url: Option<String>,
}

/// The comments on a repository that has been looked at before.
pub struct Comments {
    pub repository_id: i64,
    /// How the caller stands in its namespace.
    pub standing: Standing,
    pub namespace: NamespaceFacts,
}

impl Listing for Comments {
    type Entity = comment::Entity;
    type Row = Row;

    fn select(&self) -> Select<comment::Entity> {
        comment::Entity::find().filter(comment::Column::RepositoryId.eq(self.repository_id))
    }

    fn id() -> comment::Column {
        comment::Column::Id
    }

    fn sort_column(name: &str) -> Option<comment::Column> {
        use comment::Column as C;
        Some(match name {
            "created_at" => C::CreatedAt,
            "updated_at" => C::UpdatedAt,
            _ => return None,
        })
    }

    fn filters() -> &'static [Filter] {
        use comment::Column as C;
        filters! {
            "author" text(|it| Condition::all().add(C::UserId.in_subquery(named(
                user::Entity,
                user::Column::Id,
                user::Column::Username.eq(it),
            )))) "Written by the account of this name.";
            "body_contains" contains(C::Body) "With this in the text, sign by sign.";
            "created_after" after(C::CreatedAt) "Made after this moment, ISO 8601.";
            "created_before" before(C::CreatedAt) "Made before this moment.";
            "updated_after" after(C::UpdatedAt) "Changed after this moment.";
            "updated_before" before(C::UpdatedAt) "Changed before this moment.";
        }
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Row>> {
        let found = comment::Entity::find()
            .filter(comment::Column::Id.is_in(ids.iter().copied()))
            .find_also_related(user::Entity)
            .all(app.database.reader())
            .await?;
        let rows = found.into_iter().map(|(comment, author)| {
            let may = policy::comments::delete(self.standing, &self.namespace, comment.user_id);
            let row = Row {
                destroyable: may.granted,
                author: author.map(|user| Author {
                    id: user.id,
                    name: users::display_name(app, &user).to_owned(),
                    avatar_url: users::avatar_url(app, user.email.as_deref()),
                    username: user.username,
                }),
                comment,
            };
            (row.comment.id, row)
        });
        Ok(in_order(ids, rows))
    }
}

impl Comments {
    /// One of them.
    pub async fn one(&self, app: &App, id: i64) -> Result<Row> {
        self.load(app, &[id])
            .await?
            .pop()
            .filter(|row| row.comment.repository_id == self.repository_id)
            .ok_or(Error::NotFound)
    }
}
