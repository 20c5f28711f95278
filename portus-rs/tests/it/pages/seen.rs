//! Every page there is, with somebody who may see it. Whoever adds a page adds a line here: it is then looked at in
//! light, dark and on a phone, in every language, by axe and with scripts off.

use super::world::World;

/// A page as somebody sees it.
pub struct Seen {
    /// The name of its picture.
    pub name: &'static str,
    /// Whose browser; `""` is a visitor's.
    pub who: &'static str,
    pub path: String,
}

pub fn pages(world: &World) -> Vec<Seen> {
    let World {
        team,
        namespace,
        empty_namespace,
        repository,
        tag,
        digest,
        webhook,
        user,
        bot,
        registry,
        ..
    } = world;
    let seen = |who, name, path: String| Seen { name, who, path };
    let at = |who, name, path: &str| Seen {
        name,
        who,
        path: path.to_owned(),
    };
    vec![
        at("", "sign-in", "/users/sign_in"),
        at("", "sign-up", "/users/sign_up"),
        at("", "password-forgotten", "/users/password/new"),
        at("", "explore", "/explore?explore[search]=runtime"),
        at("", "not-found", "/404"),
        at("root", "dashboard", "/"),
        at("anna", "dashboard-member", "/"),
        at("newcomer", "dashboard-empty", "/"),
        at("anna", "namespaces", "/namespaces"),
        seen("anna", "namespace", format!("/namespaces/{namespace}")),
        seen(
            "root",
            "namespace-empty",
            format!("/namespaces/{empty_namespace}"),
        ),
        seen(
            "anna",
            "webhooks",
            format!("/namespaces/{namespace}/webhooks"),
        ),
        seen(
            "anna",
            "webhook",
            format!("/namespaces/{namespace}/webhooks/{webhook}"),
        ),
        at("anna", "repositories", "/repositories"),
        at("newcomer", "repositories-empty", "/repositories"),
        seen("anna", "repository", format!("/repositories/{repository}")),
        seen(
            "anna",
            "repository-deletion",
            format!("/repositories/{repository}/deletion"),
        ),
        seen("anna", "tag", format!("/tags/{tag}")),
        seen(
            "anna",
            "tags-deletion",
            format!("/repositories/{repository}/tags/deletion?digests[]={digest}"),
        ),
        at("anna", "teams", "/teams"),
        seen("anna", "team", format!("/teams/{team}")),
        seen("ben", "team-member", format!("/teams/{team}")),
        seen("anna", "team-removal", format!("/teams/{team}/removal")),
        seen(
            "anna",
            "namespace-transfer",
            format!("/namespaces/{namespace}/transfer"),
        ),
        seen(
            "anna",
            "namespace-removal",
            format!("/namespaces/{namespace}/removal"),
        ),
        at("anna", "profile", "/users/edit"),
        at("anna", "passkeys", "/users/passkeys"),
        at("newcomer", "passkeys-empty", "/users/passkeys"),
        at("anna", "search", "/search?search=a&type=repositories"),
        at(
            "anna",
            "search-nothing",
            "/search?search=qqqq&type=repositories",
        ),
        at("anna", "search-blank", "/search"),
        at("anna", "help", "/help"),
        at("root", "users", "/admin/users"),
        at("root", "user-new", "/admin/users?new=1"),
        seen("root", "user", format!("/admin/users/{user}/edit")),
        seen("root", "bot", format!("/admin/users/{bot}/edit")),
        seen("root", "bot-trusts", format!("/bots/{bot}/trusts")),
        at("root", "registries", "/admin/registries"),
        at("root", "registry-new", "/admin/registries/new"),
        seen(
            "root",
            "registry",
            format!("/admin/registries/{registry}/edit"),
        ),
        at("root", "activities", "/admin/activities"),
        at(
            "root",
            "activities-nothing",
            "/admin/activities?actor=nobody&created_after=2026-12-01",
        ),
        at("root", "health", "/admin"),
        at("root", "jobs", "/admin/jobs"),
        at("root", "job", "/admin/jobs/housekeeping"),
        at("root", "events", "/admin/events"),
        at("root", "explain", "/admin/explain"),
        at(
            "root",
            "explain-answer",
            "/admin/explain?user=chloe&name=base/runtime",
        ),
    ]
}
