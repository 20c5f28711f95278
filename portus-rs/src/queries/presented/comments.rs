//! A comment beside its row.

use super::Presentable;
use crate::{
    app::App,
    error::Result,
    queries::{
        comments::{Comments, Row},
        viewer::Viewer,
    },
};

/// What pages show of a comment besides.
pub struct CommentMore {
    /// As it was written.
    pub body: String,
    pub destroyable: bool,
}

impl Presentable for Comments {
    type More = CommentMore;

    async fn more(_: &App, _: &Viewer, rows: &[Row]) -> Result<Vec<CommentMore>> {
        let shown = |row: &Row| CommentMore {
            body: row.comment.body.clone(),
            destroyable: row.destroyable,
        };
        Ok(rows.iter().map(shown).collect())
    }
}
