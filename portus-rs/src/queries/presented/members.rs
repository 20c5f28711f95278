//! A member beside the account.

use super::Presentable;
use crate::{
    app::App,
    error::Result,
    queries::{
        users::{Member, Members, display_name},
        viewer::Viewer,
    },
};

/// What pages show of a member besides.
pub struct MemberMore {
    /// Whether it is the caller.
    pub current: bool,
    pub display_username: String,
}

impl Presentable for Members {
    type More = MemberMore;

    async fn more(app: &App, viewer: &Viewer, rows: &[Member]) -> Result<Vec<MemberMore>> {
        let caller = viewer.standing_nowhere().user_id();
        let shown = |member: &Member| MemberMore {
            current: Some(member.row.user.id) == caller,
            display_username: display_name(app, &member.row.user).to_owned(),
        };
        Ok(rows.iter().map(shown).collect())
    }
}
