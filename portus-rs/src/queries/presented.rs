//! What pages show beside a row: counts, and what the caller may do, as the rules say it. A list is dressed with a fixed
//! number of queries, whatever its length.

mod comments;
mod members;
mod namespaces;
mod repositories;
mod teams;
mod users;
mod webhooks;

pub use comments::CommentMore;
pub use members::MemberMore;
pub use namespaces::{NamespaceMore, Permissions};
pub use repositories::RepositoryMore;
pub use teams::TeamMore;
pub use users::UserMore;
pub use webhooks::WebhookMore;

use sea_orm::{EntityTrait, Select};

use super::{
    filter::{Filter, Narrowed},
    list::Listing,
    viewer::Viewer,
};
use crate::{app::App, error::Result};

/// A list whose rows pages show more of.
pub trait Presentable: Listing {
    type More: Send;

    /// What belongs to each of these rows, in their order.
    fn more(
        app: &App,
        viewer: &Viewer,
        rows: &[Self::Row],
    ) -> impl Future<Output = Result<Vec<Self::More>>> + Send;
}

impl<L: Presentable> Presentable for Narrowed<L> {
    type More = L::More;

    fn more(
        app: &App,
        viewer: &Viewer,
        rows: &[Self::Row],
    ) -> impl Future<Output = Result<Vec<Self::More>>> + Send {
        L::more(app, viewer, rows)
    }
}

/// A list as it is for programs, or with what pages need besides.
pub struct Presented<L> {
    pub list: L,
    /// Who looks at the page; nobody, where programs ask.
    pub onlooker: Option<Viewer>,
}

/// One row as such a list would give it.
pub async fn one<L: Presentable>(
    app: &App,
    onlooker: Option<&Viewer>,
    row: L::Row,
) -> Result<(L::Row, Option<L::More>)> {
    let mut more = Vec::new();
    if let Some(viewer) = onlooker {
        more = L::more(app, viewer, std::slice::from_ref(&row)).await?;
    }
    Ok((row, more.pop()))
}

impl<L: Presentable> Listing for Presented<L>
where
    L::Row: Sync,
{
    type Entity = L::Entity;
    type Row = (L::Row, Option<L::More>);

    fn select(&self) -> Select<Self::Entity> {
        self.list.select()
    }

    fn select_along(&self) -> Select<Self::Entity> {
        self.list.select_along()
    }

    fn id() -> <Self::Entity as EntityTrait>::Column {
        L::id()
    }

    fn sort_column(name: &str) -> Option<<Self::Entity as EntityTrait>::Column> {
        L::sort_column(name)
    }

    fn filters() -> &'static [Filter] {
        L::filters()
    }

    async fn load(&self, app: &App, ids: &[i64]) -> Result<Vec<Self::Row>> {
        let rows = self.list.load(app, ids).await?;
        let Some(viewer) = &self.onlooker else {
            return Ok(rows.into_iter().map(|row| (row, None)).collect());
        };
        let more = L::more(app, viewer, &rows).await?;
        Ok(rows.into_iter().zip(more.into_iter().map(Some)).collect())
    }
}
