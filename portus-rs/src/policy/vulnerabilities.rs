//! Rules about scanning images.

use super::{Guard, Rules, Standing, Verdict, guard::guards, users};
use crate::entities::tag;

guards! {
    /// Having everything scanned again.
    RescanAll on (): |standing, it, rules| users::administer(standing), visible: true;
    /// Having one image scanned again.
    RescanTag on tag::Model: |standing, it, rules| users::administer(standing), visible: standing.is_admin();
}
