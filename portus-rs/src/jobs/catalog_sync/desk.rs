//! Writing down what a pass finds: one transaction for all repositories that wait at that moment, since a commit that is
//! on disk costs more than what it holds.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::NaiveDateTime;
use tokio::sync::oneshot;

use crate::{
    actions::catalog::{self, Applied, Findings},
    app::App,
    entities::registry,
    error::{Error, Result},
};

type Answer = oneshot::Sender<Result<Applied>>;

/// Findings that wait to be written.
#[derive(Default)]
pub(super) struct Desk {
    waiting: Mutex<Vec<(Findings, NaiveDateTime, Answer)>>,
    turn: tokio::sync::Mutex<()>,
}

impl Desk {
    /// Returns when these findings are written. The first to come writes for all who wait behind it.
    pub async fn write(
        &self,
        app: &App,
        registry: &registry::Model,
        findings: Findings,
        read_at: NaiveDateTime,
    ) -> Result<Applied> {
        let (answer, answered) = oneshot::channel();
        self.waiting().push((findings, read_at, answer));
        {
            let _turn = self.turn.lock().await;
            let waiting = std::mem::take(&mut *self.waiting());
            write_all(app, registry, waiting).await;
        }
        let gone = |_| Error::Internal(anyhow::anyhow!("the comparison was interrupted"));
        answered.await.map_err(gone)?
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(Findings, NaiveDateTime, Answer)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn write_all(
    app: &App,
    registry: &registry::Model,
    waiting: Vec<(Findings, NaiveDateTime, Answer)>,
) {
    let (findings, answers): (Vec<_>, Vec<Answer>) = waiting
        .into_iter()
        .map(|(findings, read_at, answer)| ((findings, read_at), answer))
        .unzip();
    if findings.len() > 1
        && let Ok(all) = catalog::apply_all(app, registry, &findings).await
    {
        for (applied, answer) in all.into_iter().zip(answers) {
            // Whoever asked may have gone.
            let _ = answer.send(Ok(applied));
        }
        return;
    }
    // Alone, or each by itself, so that one that cannot be written holds up no other.
    for ((findings, read_at), answer) in findings.into_iter().zip(answers) {
        let applied = catalog::apply(app, registry, &findings, read_at).await;
        let _ = answer.send(applied);
    }
}
