//! What has just happened, told to open pages: they fetch again what they show. A stream says only that there is news for
//! this reader, never what.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpResponse, web::Bytes};
use futures_util::{StreamExt as _, stream};

use super::{
    route::{Route, get},
    visit::{Member, Visit},
};
use crate::{
    error::Error,
    identity::session,
    queries::{activities, news},
    web::error::PageResult,
};

/// After so long without news a stream says that it is still there, which proxies want to hear.
const SILENCE: Duration = Duration::from_secs(20);

const STILL_HERE: Bytes = Bytes::from_static(b": still here\n\n");

pub fn routes() -> Vec<Route> {
    vec![get("/live", stream)]
}

async fn stream(visit: Member) -> PageResult {
    let session = visit.session.clone().ok_or(Error::NotFound)?;
    let (app, who) = (visit.app.clone().into_inner(), visit.actor.who());
    let seen = seen(&visit);
    let marks = news::listen(&app);
    // The number of the newest entry of all, and of those that this reader may see.
    let latest = activities::latest(&app).await?;
    let newest = activities::newest(&app, who).await?;
    // What happened while the page was on its way, or while the stream was interrupted, is told at once.
    let begin = newest.filter(|it| *it > seen).map(told);
    let begin = stream::iter(begin.map(Ok::<_, Error>));
    let news = stream::unfold(
        (marks, latest, newest),
        move |(mut marks, mut latest, newest)| {
            let (app, session) = (Arc::clone(&app), session.clone());
            let mut end = app.wake.end.subscribe();
            async move {
                let silence = tokio::time::sleep(SILENCE);
                tokio::pin!(silence);
                loop {
                    let silent = tokio::select! {
                        changed = marks.changed() => changed.map(|()| false).ok()?,
                        () = &mut silence => true,
                        // The service does not wait for pages that are open.
                        _ = end.wait_for(|it| *it) => return None,
                    };
                    // A stream never outlives the session, and does not keep it alive either.
                    let facts = app.present.facts().await.ok()?;
                    if !session::is_alive(&app, &facts, &session).await.ok()? {
                        return None;
                    }
                    if silent {
                        return Some((Ok(STILL_HERE), (marks, latest, newest)));
                    }
                    let now = marks.borrow_and_update().newest;
                    if now == latest {
                        continue;
                    }
                    latest = now;
                    let now = activities::newest(&app, who).await.ok()?;
                    if let Some(number) = now.filter(|_| now != newest) {
                        return Some((Ok(told(number)), (marks, latest, now)));
                    }
                }
            }
        },
    );
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("Cache-Control", "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(Box::pin(begin.chain(news))))
}

/// That there is news up to this entry. Browsers say the number again when they come back.
fn told(number: i64) -> Bytes {
    Bytes::from(format!("event: change\nid: {number}\ndata: news\n\n"))
}

/// Up to which entry the reader has seen what there is: as they came back, else as their page was made. Whoever says
/// neither wants to know only what comes.
fn seen(visit: &Visit) -> i64 {
    let back = visit.request.headers().get("Last-Event-ID");
    let back = back.and_then(|it| it.to_str().ok()?.parse().ok());
    let page = || visit.filled("seen").and_then(|it| it.parse().ok());
    back.or_else(page).unwrap_or(i64::MAX)
}
