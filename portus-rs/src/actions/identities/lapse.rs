//! People about whom their provider cannot be asked. Their sessions end within minutes; what lives longer, tokens and
//! docker's logins, lasts only as long as they come through the provider from time to time.

use chrono::TimeDelta;
use sea_orm::ActiveValue::Set;

use crate::{
    actions::change::Change,
    activity::Activity,
    app::App,
    entities::user,
    error::Result,
    identity::actor::Actor,
    queries::identities::{is_owner, lapsed},
};

/// People in memory at a time.
const PAGE: u64 = 100;

/// Puts accounts out of use whose owners have not come through their provider for too long. Returns how many.
pub async fn run(app: &App, providers: &[&'static str]) -> Result<u32> {
    let Some(limit) = app.config.oauth.unasked_tokens else {
        return Ok(0);
    };
    let Ok(limit) = TimeDelta::from_std(limit) else {
        return Ok(0);
    };
    let Some(before) = app.clock.now().checked_sub_signed(limit) else {
        return Ok(0);
    };
    let reason = format!(
        "the provider gives nothing to ask it with, and the last login through it is more than {} days ago",
        limit.num_days()
    );
    let (mut after, mut count) = (0, 0);
    loop {
        let page = lapsed(app, providers, before, after, PAGE).await?;
        let Some((last, _)) = page.last() else {
            return Ok(count);
        };
        after = last.id;
        let actor = Actor::Portus;
        let mut change = Change::begin(app, &actor).await?;
        let books = change.books()?;
        let mut told = Vec::new();
        for (identity, owner) in page {
            if !is_owner(&identity, &owner) {
                continue;
            }
            let row = user::ActiveModel {
                id: Set(owner.id),
                provider_gone_at: Set(Some(change.now())),
                ..Default::default()
            };
            let updated = change.update(&books, row).await?;
            change.end_everything(&books, owner.id).await?;
            tracing::info!(
                user.name = %updated.username,
                provider = %identity.provider,
                "{} is out of use until the next login through {}: {reason}",
                updated.username,
                identity.provider
            );
            told.push(Activity::provider_gone(
                &updated,
                &identity.provider,
                &reason,
            ));
            count += 1;
        }
        change.commit(told).await?;
    }
}
