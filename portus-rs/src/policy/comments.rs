//! Rules about what people say of repositories.

use super::{Guard, NamespaceFacts, Rule, Rules, Standing, Verdict, guard::guards, namespaces};
use crate::entities::{comment, namespace, repository};

/// Saying something about a repository: whoever can see it, with an account.
pub fn write(standing: Standing, namespace: &NamespaceFacts) -> Verdict {
    if standing.user_id().is_none() {
        return Verdict::no(Rule::LogIn);
    }
    namespaces::pull(standing, namespace)
}

/// Taking a comment back. The author does, while they can see the repository; admins do.
pub fn delete(standing: Standing, namespace: &NamespaceFacts, author: Option<i64>) -> Verdict {
    if standing.is_admin() {
        return Verdict::yes(standing.admin_rule());
    }
    let pull = namespaces::pull(standing, namespace);
    if !pull.granted {
        return pull;
    }
    match standing.user_id() {
        None => Verdict::no(Rule::LogIn),
        id if id == author => Verdict::yes(Rule::AuthorMay),
        Some(_) => Verdict::no(Rule::NotYours),
    }
}

guards! {
    WriteComment on (repository::Model, namespace::Model): |standing, it, rules| write(standing, &(&it.1).into()),
        visible: namespaces::pull(standing, &(&it.1).into()).granted;
    DeleteComment on (comment::Model, repository::Model, namespace::Model): |standing, it, rules|
        delete(standing, &(&it.2).into(), it.0.user_id),
        visible: namespaces::pull(standing, &(&it.2).into()).granted;
}
