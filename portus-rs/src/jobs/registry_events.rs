//! The worker that applies what lies in the inbox.

use std::sync::Arc;

use super::{Stop, stopped};
use crate::app::App;

/// Works until told to stop.
pub async fn run(_app: &Arc<App>, mut stop: Stop) {
    stopped(&mut stop).await;
}
