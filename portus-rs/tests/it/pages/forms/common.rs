//! What pages of several nouns have in common.

use std::fmt::Write as _;

use actix_web::{http::Method, test::TestRequest};

use super::{Html, Site};
use crate::{
    api::sessions::Browser,
    support::{databases::TestDatabase, service::Service},
};

#[actix_web::test]
async fn who_can_set_up_a_registry_is_told_who_is_missing_one() {
    let site = Site::new().await;
    site.sql("DELETE FROM namespaces").await;
    site.sql("DELETE FROM registries").await;
    // Asked anew, nothing is remembered of the registry.
    let app = site.service.replica().await;
    let get = async |who: &Browser, path: &str| {
        Html(Service::call_at(&app, who.request(Method::GET, path)).await)
    };
    get(&site.anna, "/teams")
        .await
        .is(200)
        .says("No registry found.")
        .says("Ask an administrator to complete configuration.")
        .lacks("/admin/registries/new");
    get(&site.root, "/users/edit")
        .await
        .is(200)
        .says("No registry found.")
        .says("<a class=\"alert-link\" href=\"/admin/registries/new\">Click here</a> to complete configuration.");
    get(&site.root, "/admin/registries/new")
        .await
        .is(200)
        .lacks("No registry found.");
}

#[actix_web::test]
async fn search_engines_may_look_at_what_everybody_finds() {
    for (root, text) in [
        ("", "User-agent: *\nDisallow: /\nAllow: /explore\n"),
        (
            "/images",
            "User-agent: *\nDisallow: /images/\nAllow: /images/explore\n",
        ),
    ] {
        let settings = [("RAILS_RELATIVE_URL_ROOT", root)];
        let service = Service::with(TestDatabase::sqlite(), &settings[..root.len().min(1)]).await;
        let answer = service.call(TestRequest::get().uri("/robots.txt")).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, text));
        let kind = answer.headers.get("content-type").unwrap();
        assert_eq!(kind, "text/plain; charset=utf-8");
    }
}

#[actix_web::test]
async fn people_and_webhooks_are_paged_by_the_names_that_portus_has() {
    let site = Site::with(&[("PORTUS_PAGINATION_PER_PAGE", "2")]).await;
    site.get(
        &site.root,
        "/admin/users?page=2&sort_by=username&sort_asc=false",
    )
    .await
    .is(200)
    .says("Showing from 3 to 4 of 4 entries")
    .says(">anna<")
    .lacks(">zoe<");
    site.get(&site.root, "/admin/users?q=zoe")
        .await
        .says(">zoe<")
        .lacks(">ben<");
    let anna = site.person("anna").await;
    let ops = site.service.team("ops", &anna).await;
    let space = site.service.namespace("web", &ops, "public").await;
    let hooks = format!("/namespaces/{}/webhooks", space.id);
    for name in ["one", "two", "zero"] {
        let fields = [
            ("webhook[name]", name),
            ("webhook[url]", "http://chat.example.org/in"),
            ("webhook[request_method]", "POST"),
            ("webhook[content_type]", "application/json"),
        ];
        site.send(&site.anna, "post", &hooks, &fields).await.is(303);
    }
    site.get(
        &site.anna,
        &format!("{hooks}?page=2&sort_by=name&sort_asc=true"),
    )
    .await
    .is(200)
    .says("Showing from 3 to 3 of 3 entries")
    .says(">zero<")
    .lacks(">one<");
}

#[actix_web::test]
async fn the_history_has_25_entries_on_a_page_and_ends_in_reach() {
    let site = Site::with(&[("PORTUS_PAGINATION_PER_PAGE", "3")]).await;
    let mut rows = String::new();
    for number in 0..240 {
        let comma = if number == 0 { "" } else { "," };
        write!(
            rows,
            "{comma}('team.create', 'ann', '{{}}', CURRENT_TIMESTAMP)"
        )
        .unwrap();
    }
    site.sql("DELETE FROM activities").await;
    let columns = "(key, actor_name, parameters, created_at)";
    site.sql(&format!("INSERT INTO activities {columns} VALUES {rows}"))
        .await;
    let log = site.get(&site.root, "/admin/activities?page=5").await;
    log.is(200).says("Showing from 101 to 125 of 240 entries");
    for page in [1, 4, 6, 10] {
        log.says(&format!("href=\"/admin/activities?page={page}\""));
    }
}

/// Instructions elsewhere name these.
#[actix_web::test]
async fn what_instructions_name_is_called_so() {
    let site = Site::new().await;
    let web = site.web().await;
    site.repository(&web).await;
    for (path, texts) in [
        (
            "/admin/users",
            &[">Create new user<", ">Create</button>"][..],
        ),
        ("/users/edit", &["Create new token<", ">Create</button>"]),
        (
            "/namespaces",
            &[
                "Oops! No team found. Consider changing the search query.",
                "Created at",
            ],
        ),
        ("/repositories", &["Updated at"]),
    ] {
        let page = site.get(&site.root, path).await;
        page.is(200);
        for text in texts {
            page.says(text);
        }
    }
    site.get(&site.root, &format!("/teams/{}", site.team))
        .await
        .says("Oops! No username found. Consider changing the search query.");
    let path = format!("{web}/visibility");
    let fields = [("namespace[visibility]", "secret"), ("return_to", "/teams")];
    let kept = site.send(&site.root, "put", &path, &fields).await;
    let said = site.said(&site.root, &kept).await;
    let text = "An error happened while updating namespace visibility";
    assert!(said.contains(text), "{said}");
}

impl Site {
    /// The id of the only repository, in the namespace of this page.
    async fn repository(&self, space: &str) -> i64 {
        let space = space.rsplit('/').next().unwrap();
        self.sql(&format!(
            "INSERT INTO repositories (name, namespace_id, created_at, updated_at) \
             VALUES ('app', {space}, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
        ))
        .await;
        self.service.count("repositories").await
    }

    /// Two people have the form open: whoever comes second hears of the first before they overwrite.
    async fn goes_stale(&self, who: [&Browser; 2], pages: [&str; 2], to: [&str; 2], field: &str) {
        let object = field.split('[').next().unwrap();
        let seen = format!("{object}[seen]");
        let shown = self.get(who[1], pages[1]).await;
        let stamp = shown.hidden(&seen).to_owned();
        let first = [(field, "the first text")];
        self.send(who[0], "put", to[0], &first).await.is(303);
        let second = |stamp| [(field, "the second text"), (seen.as_str(), stamp)];
        let stale = self.send(who[1], "put", to[1], &second(&stamp)).await;
        stale
            .is(422)
            .says("Somebody has changed this meanwhile")
            .says("the second text");
        let stamp = stale.hidden(&seen).to_owned();
        let done = self.send(who[1], "put", to[1], &second(&stamp)).await;
        done.is(303);
        self.get(who[1], pages[1]).await.says("the second text");
    }
}

#[actix_web::test]
async fn a_description_is_not_overwritten_unseen() {
    let site = Site::new().await;
    let web = site.web().await;
    let id = site.repository(&web).await;
    let page = format!("/repositories/{id}");
    let stamp = async || {
        let shown = site.get(&site.anna, &page).await;
        shown.hidden("repository[seen]").to_owned()
    };
    let before = stamp().await;
    site.sql("UPDATE repositories SET updated_at = '2031-01-01 00:00:00'")
        .await;
    assert_eq!(before, stamp().await, "a push changes no description");
    site.goes_stale(
        [&site.root, &site.anna],
        [&page, &page],
        [&page, &page],
        "repository[description]",
    )
    .await;
}

#[actix_web::test]
async fn a_registry_is_not_overwritten_unseen() {
    let site = Site::new().await;
    let place = format!("/admin/registries/{}", site.service.registry.id);
    let edit = format!("{place}/edit");
    let stamp = async || {
        let shown = site.get(&site.root, &edit).await;
        shown.hidden("registry[seen]").to_owned()
    };
    let before = stamp().await;
    site.sql("UPDATE registries SET events_enforced = 1, updated_at = '2031-01-01 00:00:00'")
        .await;
    assert_eq!(
        before,
        stamp().await,
        "notifications change nothing of this"
    );
    site.goes_stale(
        [&site.root, &site.root],
        [&edit, &edit],
        [&place, &place],
        "registry[name]",
    )
    .await;
}

#[actix_web::test]
async fn an_account_is_not_overwritten_unseen() {
    let site = Site::with(&[("PORTUS_DISPLAY_NAME_ENABLED", "true")]).await;
    let ben = site.person("ben").await.id;
    let (theirs, own) = (format!("/admin/users/{ben}"), "/users");
    let pages = [format!("{theirs}/edit"), "/users/edit".to_owned()];
    // The admin's form always sends the address.
    let field = "user[display_name]";
    let seen = "user[seen]";
    let shown = site.get(&site.root, &pages[0]).await;
    let stamp = shown.hidden(seen).to_owned();
    let first = [(field, "Benjamin")];
    site.send(&site.ben, "put", own, &first).await.is(303);
    let address = ("user[email]", "ben@example.org");
    let second = [(field, "Benny"), address, (seen, stamp.as_str())];
    let stale = site.send(&site.root, "put", &theirs, &second).await;
    stale
        .is(422)
        .says("Somebody has changed this meanwhile")
        .says("value=\"Benny\"");
    let mine = site.get(&site.ben, &pages[1]).await;
    mine.says("value=\"Benjamin\"");
    let again = [(field, "Benny"), address, (seen, stale.hidden(seen))];
    site.send(&site.root, "put", &theirs, &again).await.is(303);
    let late = [(field, "Ben"), (seen, mine.hidden(seen))];
    let stale = site.send(&site.ben, "put", own, &late).await;
    stale
        .is(422)
        .says("Somebody has changed this meanwhile")
        .says("value=\"Ben\"");
    let again = [(field, "Ben"), (seen, stale.hidden(seen))];
    site.send(&site.ben, "put", own, &again).await.is(303);
}

#[actix_web::test]
async fn a_push_is_told_with_who_did_it_and_leads_to_both_of_its_places() {
    let site = Site::with(&[("PORTUS_GRAVATAR_ENABLED", "true")]).await;
    let web = site.web().await;
    let space = web.rsplit('/').next().unwrap();
    let (anna, team) = (site.person("anna").await.id, site.team);
    let id = site.repository(&web).await;
    site.sql(&format!(
        "INSERT INTO activities (key, actor_id, actor_name, trackable_type, trackable_id, namespace_id, namespace_name, \
         repository_name, tag_name, team_id, visibility, parameters, created_at) VALUES ('repository.push', {anna}, 'anna', \
         'Repository', {id}, {space}, 'web', 'app', '1.0', {team}, 0, '{{}}', CURRENT_TIMESTAMP)"
    ))
    .await;
    let page = site.get(&site.root, "/?activities=admin").await;
    let feed = page.is(200).between("<ul class=\"feed\">", "</li>");
    let told =
        format!("</a> pushed <a href=\"{web}\">web</a>/<a href=\"/repositories/{id}\">app:1.0</a>");
    assert!(feed.contains(&told), "{feed}");
    assert!(
        feed.contains("<img src=\"https://secure.gravatar.com/avatar/"),
        "{feed}"
    );
}
