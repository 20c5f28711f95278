//! A repository beside its row: nothing but what it says of itself, which pages show as HTML.

use super::Presentable;
use crate::{
    app::App,
    error::Result,
    queries::{
        repositories::{Repositories, Row},
        viewer::Viewer,
    },
};

/// The description as it was written.
pub struct RepositoryMore(pub Option<String>);

impl Presentable for Repositories {
    type More = RepositoryMore;

    async fn more(_: &App, _: &Viewer, rows: &[Row]) -> Result<Vec<RepositoryMore>> {
        let described = |row: &Row| RepositoryMore(row.repository.description.clone());
        Ok(rows.iter().map(described).collect())
    }
}
