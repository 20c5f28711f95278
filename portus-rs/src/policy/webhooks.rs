//! Rules about webhooks, their headers and deliveries.

use super::{Guard, Rule, Rules, Standing, Verdict, guard::guards, namespaces, teams};
use crate::entities::{Role, namespace, webhook};

/// Seeing a namespace's webhooks and what they sent: members of its team.
pub fn show(standing: Standing) -> Verdict {
    teams::show(standing)
}

/// Making and removing webhooks and their headers.
pub fn create(standing: Standing, rules: &Rules) -> Verdict {
    by_owners(standing, rules.create_webhook)
}

/// Changing a webhook, switching it on and off, sending something again.
pub fn manage(standing: Standing, rules: &Rules) -> Verdict {
    by_owners(standing, rules.manage_webhook)
}

/// Reading what headers say, which may be secret. No switch takes from owners what they have written.
pub fn read_headers(standing: Standing) -> Verdict {
    by_owners(standing, true)
}

fn by_owners(standing: Standing, switched_on: bool) -> Verdict {
    if standing.is_admin() {
        Verdict::yes(standing.admin_rule())
    } else if !standing.at_least(Role::Owner) {
        Verdict::no(Rule::OnlyOwners)
    } else if switched_on {
        Verdict::yes(Rule::OwnerMay)
    } else {
        Verdict::no(Rule::SwitchedOff)
    }
}

guards! {
    /// Coming near a namespace's webhooks to change one. Looking asks [`show`] alone.
    ApproachWebhooks on namespace::Model: |standing, it, rules| show(standing),
        visible: namespaces::pull(standing, &it.into()).granted;
    CreateWebhook on namespace::Model: |standing, it, rules| create(standing, rules),
        visible: namespaces::pull(standing, &it.into()).granted;
    /// Removing a webhook.
    DeleteWebhook on (webhook::Model, namespace::Model): |standing, it, rules| create(standing, rules),
        visible: show(standing).granted;
    /// Adding and removing a webhook's headers.
    DressWebhook on (webhook::Model, namespace::Model): |standing, it, rules| create(standing, rules),
        visible: show(standing).granted;
    ManageWebhook on (webhook::Model, namespace::Model): |standing, it, rules| manage(standing, rules),
        visible: show(standing).granted;
}
