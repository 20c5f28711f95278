//! That something has happened, for those who wait for it: one of this process looks for all of them, and nobody looks
//! where nobody waits.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, task::JoinHandle};

use super::activities;
use crate::{app::App, error::Result};

/// How often somebody looks.
const BEAT: Duration = Duration::from_secs(2);

/// How far things have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The newest entry of the audit log, whoever may read it.
    pub newest: Option<i64>,
    /// Changes with what people may do, and with their sessions.
    epoch: i64,
}

/// What was seen last, and whoever looks.
#[derive(Default)]
pub struct News {
    mark: watch::Sender<Mark>,
    looking: Mutex<Option<JoinHandle<()>>>,
}

/// Hears of every mark that comes from now on.
pub fn listen(app: &Arc<App>) -> watch::Receiver<Mark> {
    let news = &app.news;
    let mut looking = news.looking.lock().unwrap_or_else(PoisonError::into_inner);
    let heard = news.mark.subscribe();
    if looking.as_ref().is_none_or(JoinHandle::is_finished) {
        *looking = Some(tokio::spawn(look(Arc::clone(app))));
    }
    heard
}

async fn look(app: Arc<App>) {
    let mut end = app.wake.end.subscribe();
    loop {
        tokio::select! {
            () = tokio::time::sleep(BEAT) => {}
            _ = end.wait_for(|it| *it) => return,
        }
        {
            let looking = app.news.looking.lock();
            let mut looking = looking.unwrap_or_else(PoisonError::into_inner);
            if app.news.mark.receiver_count() == 0 {
                // Whoever comes next begins anew.
                *looking = None;
                return;
            }
        }
        // Without the database there is no news.
        if let Ok(mark) = mark(&app).await {
            app.news.mark.send_if_modified(|it| {
                let other = *it != mark;
                *it = mark;
                other
            });
        }
    }
}

async fn mark(app: &App) -> Result<Mark> {
    Ok(Mark {
        newest: activities::latest(app).await?,
        epoch: app.present.facts().await?.epoch(),
    })
}
