//! Long work, shown: a bar on a terminal, nothing elsewhere, where lines would only fill a log.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that counts up to a number, or just counts when nobody knows it.
pub fn bar(total: Option<u64>) -> ProgressBar {
    // Indicatif itself draws only where standard error is a terminal.
    let (bar, template) = match total {
        Some(total) => (
            ProgressBar::new(total),
            "{wide_bar} {pos}/{len}  {eta} left  {msg}",
        ),
        None => (ProgressBar::new_spinner(), "{spinner} {elapsed}  {msg}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
