//! What has just happened, told to open pages: they fetch again what they show. A stream says only that there is news for
//! this reader, never what.

use std::time::Duration;

use actix_web::{HttpResponse, web::Bytes};
use futures_util::stream;

use super::{
    route::{Route, get},
    visit::Member,
};
use crate::{error::Error, identity::session, queries::activities, web::error::PageResult};

/// How often a stream looks.
const BEAT: Duration = Duration::from_secs(2);
/// After so many looks without news it says that it is still there, which proxies want to hear.
const SILENCE: u32 = 10;

const NEWS: Bytes = Bytes::from_static(b"event: change\ndata: news\n\n");
const STILL_HERE: Bytes = Bytes::from_static(b": still here\n\n");

pub fn routes() -> Vec<Route> {
    vec![get("/live", stream)]
}

async fn stream(visit: Member) -> PageResult {
    let session = visit.session.clone().ok_or(Error::NotFound)?;
    let (app, who) = (visit.app.clone(), visit.actor.who());
    // The number of the newest entry of all, and of those that this reader may see.
    let latest = activities::latest(&app).await?;
    let newest = activities::newest(&app, who).await?;
    let news = stream::unfold((latest, newest), move |(mut latest, newest)| {
        let (app, session) = (app.clone(), session.clone());
        async move {
            for _ in 0..SILENCE {
                tokio::time::sleep(BEAT).await;
                // A stream never outlives the session, and does not keep it alive either.
                let facts = app.present.facts().await.ok()?;
                if !session::is_alive(&app, &facts, &session).await.ok()? {
                    return None;
                }
                let now = activities::latest(&app).await.ok()?;
                if now == latest {
                    continue;
                }
                latest = now;
                let now = activities::newest(&app, who).await.ok()?;
                if now != newest {
                    return Some((Ok::<_, Error>(NEWS), (latest, now)));
                }
            }
            Some((Ok(STILL_HERE), (latest, newest)))
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("Cache-Control", "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(Box::pin(news)))
}
