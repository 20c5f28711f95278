//! Rules about liking repositories.

use super::{Guard, NamespaceFacts, Rule, Rules, Standing, Verdict, guard::guards, namespaces};
use crate::entities::{namespace, repository};

/// Starring a repository, or no longer: whoever can see it, with an account.
pub fn star(standing: Standing, namespace: &NamespaceFacts) -> Verdict {
    if standing.user_id().is_none() {
        return Verdict::no(Rule::LogIn);
    }
    namespaces::pull(standing, namespace)
}

guards! {
    StarRepository on (repository::Model, namespace::Model): |standing, it, rules| star(standing, &(&it.1).into()),
        visible: namespaces::pull(standing, &(&it.1).into()).granted;
}
