//! Namespaces: made, opened, described, handed over, removed.

use super::{Html, Site};

impl Site {
    /// Anna's namespace.
    pub(super) async fn web(&self) -> String {
        let new = [("namespace[name]", "web"), ("namespace[team]", "devs")];
        self.send(&self.anna, "post", "/namespaces", &new)
            .await
            .is(303);
        let page = self.get(&self.anna, "/namespaces").await;
        format!("/namespaces/{}", id(&page, "web"))
    }
}

/// The id of a namespace by its name, from the list.
fn id(page: &Html, name: &str) -> String {
    let end = format!("</svg>{name}</a>");
    let before = page.0.body.split_once(&end);
    let (before, _) = before.unwrap_or_else(|| panic!("{name} in {}", page.0.body));
    let after = before.rsplit_once("href=\"/namespaces/").unwrap().1;
    after.split('"').next().unwrap().to_owned()
}

#[actix_web::test]
async fn namespaces_are_listed_by_what_they_are_to_the_reader() {
    let site = Site::new().await;
    site.web().await;
    let page = site.get(&site.anna, "/namespaces").await;
    let special = page.between("id=\"special\"", "id=\"joined\"");
    for name in [
        "registry.test",
        ">anna<",
        "The global namespace cannot be private",
    ] {
        assert!(special.contains(name), "{name} in {special}");
    }
    assert!(
        page.between("id=\"joined\"", "</section>")
            .contains(">web<")
    );
    page.lacks("id=\"others\"").lacks("id=\"orphans\"");
    let all = site.get(&site.root, "/namespaces").await;
    let others = all.between("id=\"others\"", "</section>");
    assert!(
        others.contains(">web<") && others.contains(">anna<"),
        "{others}"
    );
    // A private one of others is nobody else's to see.
    site.get(&site.zoe, "/namespaces").await.lacks(">web<");
}

#[actix_web::test]
async fn a_namespace_is_made_on_the_page_of_its_team_too() {
    let site = Site::new().await;
    let team = site.team.to_string();
    let new = |name| [("namespace[name]", name), ("team_id", team.as_str())];
    let made = site
        .send(&site.anna, "post", "/namespaces", &new("microbox"))
        .await;
    made.goes_to(&format!("/teams/{team}"));
    let said = site.said(&site.anna, &made).await;
    let text = "Namespace &#39;microbox&#39; was created successfully";
    assert!(said.contains(text), "{said}");
    site.send(&site.anna, "post", "/namespaces", &new("Wrong!"))
        .await
        .is(422)
        .says("devs team")
        .says("value=\"Wrong!\"")
        .says("can only contain lower case alphanumeric characters");
    site.send(&site.ben, "post", "/namespaces", &new("bens"))
        .await
        .is(403);
    site.send(&site.zoe, "post", "/namespaces", &new("zoes"))
        .await
        .is(404);
}

#[actix_web::test]
async fn what_is_wrong_with_a_new_namespace_stands_beside_the_field() {
    let site = Site::new().await;
    site.web().await;
    let sent = async |name, team| {
        let new = [
            ("namespace[name]", name),
            ("namespace[team]", team),
            ("namespace[description]", "kept"),
        ];
        site.send(&site.anna, "post", "/namespaces", &new).await
    };
    let taken = sent("web", "devs").await;
    taken
        .is(422)
        .says("Name has already been taken")
        .says(">kept</textarea>");
    sent("", "")
        .await
        .is(422)
        .says("Team can&#39;t be blank")
        .says("Name can&#39;t be blank");
    sent("new", "nobody")
        .await
        .is(422)
        .says("Team does not exist")
        .says("value=\"new\"");
    let heard = site.get(&site.anna, "/namespaces/check?name=web").await;
    heard.is(200).says("Name has already been taken");
    let heard = site.get(&site.anna, "/namespaces/check?name=Wrong!").await;
    heard.says("can only contain lower case");
    let heard = site.get(&site.anna, "/namespaces/check?name=free").await;
    assert_eq!(heard.0.body, "[]");
}

#[actix_web::test]
async fn contributors_make_namespaces_and_viewers_are_not_asked_to() {
    let site = Site::new().await;
    site.get(&site.ben, "/namespaces")
        .await
        .lacks("Create new namespace");
    let path = format!("/teams/{}", site.team);
    let page = site.get(&site.anna, &path).await;
    let row = page.between(">ben</span>", "</tr>");
    let member = row
        .split("/team_users/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let role = [("team_user[role]", "contributor")];
    site.send(&site.anna, "put", &format!("/team_users/{member}"), &role)
        .await
        .is(303);
    site.get(&site.ben, "/namespaces")
        .await
        .says("Create new namespace")
        .says("value=\"devs\"");
    site.get(&site.ben, "/namespaces/teams?q=de")
        .await
        .is(200)
        .says("devs");
    let new = [("namespace[name]", "bens"), ("namespace[team]", "devs")];
    site.send(&site.ben, "post", "/namespaces", &new)
        .await
        .is(303);
}

#[actix_web::test]
async fn a_namespace_is_opened_and_closed_by_those_who_may() {
    let site = Site::new().await;
    let web = site.web().await;
    let path = format!("{web}/visibility");
    let open = [
        ("namespace[visibility]", "public"),
        ("return_to", "/namespaces?ns_page=1"),
    ];
    let done = site.send(&site.anna, "put", &path, &open).await;
    done.goes_to("/namespaces?ns_page=1");
    let said = site.said(&site.anna, &done).await;
    let text = "Visibility of &#39;web&#39; namespace updated";
    assert!(said.contains(text), "{said}");
    assert!(
        site.service
            .access(None, &["repository:web/x:pull"])
            .await
            .is_some()
    );
    site.get(&site.zoe, &web)
        .await
        .is(200)
        .lacks("Edit namespace")
        .says("You can pull images")
        .lacks("You can push images");
    site.send(&site.zoe, "put", &path, &open).await.is(403);
    site.send(&site.ben, "put", &path, &open).await.is(403);
    let away = [
        ("namespace[visibility]", "private"),
        ("return_to", "//evil.example"),
    ];
    site.send(&site.anna, "put", &path, &away)
        .await
        .goes_to(&web);
    site.send(&site.zoe, "put", &path, &open).await.is(404);
    let page = site.get(&site.root, "/namespaces").await;
    let global = id(&page, "registry.test");
    let close = [("namespace[visibility]", "private")];
    let path = format!("/namespaces/{global}/visibility");
    let kept = site.send(&site.root, "put", &path, &close).await;
    let said = site.said(&site.root, &kept).await;
    assert!(
        said.contains("global namespace cannot be private"),
        "{said}"
    );
}

#[actix_web::test]
async fn a_namespace_says_what_it_is_and_how_to_push_to_it() {
    let site = Site::new().await;
    let web = site.web().await;
    site.get(&site.anna, &web)
        .await
        .is(200)
        .says("web namespace")
        .says("docker push registry.test/web/IMAGE:TAG")
        .says("You can push images")
        .says("You are an owner of this namespace");
    site.get(&site.ben, &web)
        .await
        .is(200)
        .lacks("docker push")
        .lacks("Transfer")
        .says("You are a viewer in this namespace");
    site.get(&site.zoe, &web)
        .await
        .is(404)
        .lacks("web namespace");
    site.get(&site.zoe, &format!("{web}/removal")).await.is(404);
    site.get(&site.zoe, &format!("{web}/transfer"))
        .await
        .is(404);
    site.get(&site.root, "/namespaces/4711").await.is(404);
}

#[actix_web::test]
async fn a_namespace_is_described_and_a_stale_form_says_so() {
    let site = Site::new().await;
    let web = site.web().await;
    let page = site.get(&site.anna, &web).await;
    let seen = page.hidden("namespace[seen]");
    let text = "See <script>alert(1)</script> **here**";
    site.service
        .app
        .clock
        .advance(chrono::TimeDelta::seconds(1));
    let fields = [
        ("namespace[description]", text),
        ("namespace[visibility]", "protected"),
        ("namespace[seen]", seen),
    ];
    let done = site.send(&site.anna, "put", &web, &fields).await;
    let said = site.said(&site.anna, &done).await;
    assert!(
        said.contains("Namespace &#39;web&#39; was updated successfully"),
        "{said}"
    );
    site.get(&site.anna, &web)
        .await
        .says("<strong>here</strong>")
        .lacks("<script>alert")
        .says("visibility-protected");
    site.send(&site.anna, "put", &web, &fields)
        .await
        .is(422)
        .says("Somebody has changed this meanwhile");
    site.send(&site.ben, "put", &web, &fields).await.is(403);
}

#[actix_web::test]
async fn a_namespace_moves_to_another_team() {
    let site = Site::new().await;
    let web = site.web().await;
    let ops = [("team[name]", "ops")];
    site.send(&site.anna, "post", "/teams", &ops).await.is(303);
    site.get(&site.anna, &format!("{web}/transfer"))
        .await
        .is(200)
        .says("I understand, transfer this namespace")
        .says("value=\"ops\"");
    let path = format!("{web}/team");
    let to = |team| [("namespace[team]", team)];
    site.send(&site.anna, "put", &path, &to(""))
        .await
        .is(422)
        .says("Team can&#39;t be blank");
    site.send(&site.anna, "put", &path, &to("devs"))
        .await
        .is(422)
        .says("You cannot select the original team");
    site.send(&site.anna, "put", &path, &to("nobody"))
        .await
        .is(422)
        .says("Team does not exist");
    site.send(&site.ben, "put", &path, &to("ops")).await.is(403);
    let moved = site.send(&site.anna, "put", &path, &to("ops")).await;
    let said = site.said(&site.anna, &moved).await;
    let text = "Namespace &#39;web&#39; has been transferred successfully";
    assert!(said.contains(text), "{said}");
    site.get(&site.ben, &web).await.is(404);
    let page = site.get(&site.anna, "/namespaces").await;
    let own = format!("/namespaces/{}/transfer", id(&page, "anna"));
    site.get(&site.anna, &own).await.is(404);
}

#[actix_web::test]
async fn a_namespace_goes_after_its_name_was_repeated() {
    let site = Site::with(&[("PORTUS_DELETE_ENABLED", "true")]).await;
    let web = site.web().await;
    site.get(&site.anna, &format!("{web}/removal"))
        .await
        .is(200)
        .says("Type web to confirm");
    let named = |name| [("namespace[confirm]", name)];
    site.send(&site.anna, "delete", &web, &named("wep"))
        .await
        .is(422)
        .says("This is not web");
    site.send(&site.ben, "delete", &web, &named("web"))
        .await
        .is(403);
    site.send(&site.zoe, "delete", &web, &named("web"))
        .await
        .is(404);
    let gone = site.send(&site.anna, "delete", &web, &named("web")).await;
    gone.goes_to("/namespaces");
    let said = site.said(&site.anna, &gone).await;
    assert!(
        said.contains("Namespace removed with all its repositories"),
        "{said}"
    );
    site.send(&site.anna, "delete", &web, &named("web"))
        .await
        .is(404);
}

#[actix_web::test]
async fn where_deleting_is_switched_off_nothing_offers_it() {
    let site = Site::with(&[("PORTUS_DELETE_ENABLED", "false")]).await;
    let web = site.web().await;
    site.get(&site.anna, &web).await.lacks("/removal");
    site.get(&site.anna, &format!("{web}/removal"))
        .await
        .is(403);
    let named = [("namespace[confirm]", "web")];
    site.send(&site.root, "delete", &web, &named).await.is(403);
}

#[actix_web::test]
async fn orders_and_pages_stand_in_the_address() {
    let site = Site::with(&[("PORTUS_PAGINATION_PER_PAGE", "2")]).await;
    for name in ["aaa", "bbb", "ccc"] {
        let new = [("namespace[name]", name), ("namespace[team]", "devs")];
        site.send(&site.anna, "post", "/namespaces", &new)
            .await
            .is(303);
    }
    let path = "/namespaces?ns_sort_by=name&ns_sort_asc=false&ns_page=2";
    let page = site.get(&site.anna, path).await;
    let joined = page.between("id=\"joined\"", "</section>");
    assert!(
        joined.contains(">aaa<") && !joined.contains(">bbb<"),
        "{joined}"
    );
    let page = site.get(&site.anna, "/namespaces?ns_q=bb").await;
    let joined = page.between("id=\"joined\"", "</section>");
    assert!(
        joined.contains(">bbb<") && !joined.contains(">aaa<"),
        "{joined}"
    );
}
