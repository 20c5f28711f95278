//! Rules about registries: admins look after them.

use super::{Guard, Rules, Standing, Verdict, guard::guards, users};
use crate::entities::registry;

guards! {
    /// Setting up or changing a registry.
    CreateRegistry on (): |standing, it, rules| users::administer(standing), visible: true;
    /// Having a job run before its time.
    RunJob on (): |standing, it, rules| users::administer(standing), visible: true;
    ManageRegistry on registry::Model: |standing, it, rules| users::administer(standing), visible: standing.is_admin();
}
