//! Rules about scanning images.

use super::{Guard, Rules, Standing, Verdict, guard::guards, users};

guards! {
    /// Having images scanned again.
    Rescan on (): |standing, it, rules| users::administer(standing), visible: true;
}
