//! Teams: made, changed, removed.

use super::{Html, Site};

#[actix_web::test]
async fn a_team_is_made_with_a_form_and_listed() {
    let site = Site::new().await;
    site.get(&site.zoe, "/teams")
        .await
        .is(200)
        .says("Create new team")
        .says("No teams yet")
        .lacks("devs");
    let fields = [("team[name]", "ops"), ("team[description]", "We *run* it")];
    let made = site.send(&site.zoe, "post", "/teams", &fields).await;
    let said = site.said(&site.zoe, &made).await;
    assert!(
        said.contains("Team &#39;ops&#39; was created successfully"),
        "{said}"
    );
    let page = made.0.headers.get("location").unwrap().to_str().unwrap();
    site.get(&site.zoe, page)
        .await
        .is(200)
        .says("ops team")
        .says("We <em>run</em> it");
    site.get(&site.zoe, "/teams")
        .await
        .says("ops")
        .lacks("devs");
}

#[actix_web::test]
async fn what_is_wrong_with_a_new_team_stands_beside_the_field_with_what_was_typed() {
    let site = Site::new().await;
    let fields = [("team[name]", "devs"), ("team[description]", "kept <b>")];
    site.send(&site.zoe, "post", "/teams", &fields)
        .await
        .is(422)
        .says("Name has already been taken")
        .says("value=\"devs\"")
        .says("kept &lt;b&gt;");
    site.send(&site.zoe, "post", "/teams", &[("team[name]", " ")])
        .await
        .is(422)
        .says("Name can&#39;t be blank");
    let heard = site.get(&site.zoe, "/teams/check?name=devs").await;
    heard
        .is(200)
        .says("Name is reserved or has already been taken");
    let heard = site.get(&site.zoe, "/teams/check?name=free").await;
    assert_eq!(heard.is(200).0.body, "[]");
}

#[actix_web::test]
async fn admins_see_other_teams_and_say_who_owns_a_new_one() {
    let site = Site::new().await;
    site.get(&site.root, "/teams")
        .await
        .is(200)
        .says("Other teams")
        .says("devs")
        .says("team[owner]");
    site.get(&site.anna, "/teams")
        .await
        .lacks("Other teams")
        .lacks("team[owner]")
        .lacks("zoe");
    let fields = [("team[name]", "zoo"), ("team[owner]", "zoe")];
    let made = site.send(&site.root, "post", "/teams", &fields).await;
    let page = made.is(303).0.headers.get("location").unwrap();
    let page = page.to_str().unwrap();
    site.get(&site.zoe, page).await.is(200).says("Add members");
    let fields = [("team[name]", "nope"), ("team[owner]", "nobody")];
    site.send(&site.root, "post", "/teams", &fields)
        .await
        .is(422)
        .says("Owner does not exist")
        .says("value=\"nope\"");
    let fields = [("team[name]", "mine"), ("team[owner]", "anna")];
    site.send(&site.zoe, "post", "/teams", &fields)
        .await
        .is(403);
    site.get(&site.zoe, "/teams/owners?q=a").await.is(403);
    site.get(&site.root, "/teams/owners?q=an")
        .await
        .is(200)
        .says("anna")
        .lacks("zoe");
}

#[actix_web::test]
async fn where_teams_are_for_admins_to_make_nobody_else_gets_the_form() {
    let settings = [("PORTUS_USER_PERMISSION_CREATE_TEAM_ENABLED", "false")];
    let site = Site::with(&settings).await;
    site.get(&site.zoe, "/teams").await.lacks("Create new team");
    site.get(&site.root, "/teams").await.says("Create new team");
    let fields = [("team[name]", "ops")];
    site.send(&site.zoe, "post", "/teams", &fields)
        .await
        .is(403);
}

#[actix_web::test]
async fn a_team_that_one_is_not_in_is_as_good_as_none() {
    let site = Site::new().await;
    let page = format!("/teams/{}", site.team);
    site.get(&site.zoe, &page).await.is(404).lacks("devs");
    site.get(&site.zoe, "/teams/4711").await.is(404);
    site.get(&site.zoe, "/teams/x").await.is(404);
    site.get(&site.zoe, &format!("{page}/removal"))
        .await
        .is(404);
    let fields = [("team[name]", "mine")];
    site.send(&site.zoe, "put", &page, &fields).await.is(404);
    site.send(&site.zoe, "delete", &page, &[("team[confirm]", "devs")])
        .await
        .is(404);
    site.get(&site.root, &page).await.is(200);
}

#[actix_web::test]
async fn only_owners_are_offered_what_only_owners_may_do() {
    let site = Site::with(&[("PORTUS_DELETE_ENABLED", "true")]).await;
    let page = format!("/teams/{}", site.team);
    let offers = [
        "Edit team",
        "Add members",
        "Create new namespace",
        "/removal",
    ];
    let owners = site.get(&site.anna, &page).await;
    let viewers = site.get(&site.ben, &page).await;
    for offer in offers {
        owners.says(offer);
        viewers.lacks(offer);
    }
    let fields = [("team[name]", "mine")];
    site.send(&site.ben, "put", &page, &fields).await.is(403);
    site.get(&site.ben, &format!("{page}/removal"))
        .await
        .is(403);
    site.send(&site.ben, "delete", &page, &[("team[confirm]", "devs")])
        .await
        .is(403);
}

#[actix_web::test]
async fn a_form_that_is_out_of_date_says_so_before_it_overwrites() {
    let site = Site::new().await;
    let page = format!("/teams/{}", site.team);
    let seen = site.get(&site.anna, &page).await;
    let seen = seen.hidden("team[seen]");
    site.service
        .app
        .clock
        .advance(chrono::TimeDelta::seconds(1));
    let first = [("team[name]", "first"), ("team[seen]", seen)];
    let done = site.send(&site.root, "put", &page, &first).await;
    let said = site.said(&site.root, &done).await;
    assert!(
        said.contains("Team &#39;first&#39; was updated successfully"),
        "{said}"
    );
    let second = [("team[name]", "second"), ("team[seen]", seen)];
    let stale = site.send(&site.anna, "put", &page, &second).await;
    stale
        .is(422)
        .says("Somebody has changed this meanwhile")
        .says("value=\"second\"");
    let again = [
        ("team[name]", "second"),
        ("team[seen]", stale.hidden("team[seen]")),
    ];
    site.send(&site.anna, "put", &page, &again).await.is(303);
    site.get(&site.anna, &page).await.says("second team");
}

#[actix_web::test]
async fn a_write_without_the_sessions_token_changes_nothing() {
    let site = Site::new().await;
    for token in ["", "forged"] {
        let form = [("authenticity_token", token), ("team[name]", "ops")];
        let request = site.anna.request(actix_web::http::Method::POST, "/teams");
        let request = request
            .insert_header(("Referer", "http://localhost/teams?page=2"))
            .set_form(form);
        Html(site.service.call(request).await)
            .is(422)
            .says("This form is out of date")
            .says("href=\"/teams\"");
    }
    // A page of somebody else's is not gone back to, and a program is told why.
    for (name, value, wanted) in [
        ("Referer", "http://localhost//evil.example", "out of date"),
        (
            "Accept",
            "application/json",
            "{\"error\":\"This form is out of date\"}",
        ),
    ] {
        let request = site.anna.request(actix_web::http::Method::POST, "/teams");
        let request = request
            .insert_header((name, value))
            .set_form([("team[name]", "ops")]);
        Html(site.service.call(request).await)
            .is(422)
            .says(wanted)
            .lacks("evil.example");
    }
    // What another site sends is no old form of ours.
    let request = site.anna.request(actix_web::http::Method::POST, "/teams");
    let form = [
        ("authenticity_token", site.anna.csrf()),
        ("team[name]", "ops"),
    ];
    let request = request
        .insert_header(("Sec-Fetch-Site", "cross-site"))
        .set_form(form);
    Html(site.service.call(request).await).is(403);
    assert_eq!(site.service.count("teams WHERE name = 'ops'").await, 0);
}

#[actix_web::test]
async fn a_team_is_removed_after_its_name_was_repeated() {
    let site = Site::with(&[("PORTUS_DELETE_ENABLED", "true")]).await;
    let page = format!("/teams/{}", site.team);
    site.get(&site.anna, &format!("{page}/removal"))
        .await
        .is(200)
        .says("Type devs to confirm")
        .says("I understand, delete team");
    site.send(&site.anna, "delete", &page, &[("team[confirm]", "dev")])
        .await
        .is(422)
        .says("This is not devs");
    let gone = site
        .send(&site.anna, "delete", &page, &[("team[confirm]", "devs")])
        .await;
    gone.goes_to("/teams");
    let said = site.said(&site.anna, &gone).await;
    assert!(
        said.contains("Team &#39;devs&#39; was removed successfully"),
        "{said}"
    );
    site.get(&site.anna, &page).await.is(404);
    site.send(&site.anna, "delete", &page, &[("team[confirm]", "devs")])
        .await
        .is(404);
}

#[actix_web::test]
async fn a_teams_namespaces_may_go_to_another_team_instead() {
    let site = Site::with(&[("PORTUS_DELETE_ENABLED", "true")]).await;
    let made = [("team[name]", "ops")];
    site.send(&site.anna, "post", "/teams", &made).await.is(303);
    let new = [("namespace[name]", "web"), ("namespace[team]", "devs")];
    site.send(&site.anna, "post", "/namespaces", &new)
        .await
        .is(303);
    let page = format!("/teams/{}", site.team);
    site.get(&site.anna, &format!("{page}/removal"))
        .await
        .says("1 namespace")
        .says("value=\"ops\"");
    let answer = |heir| [("team[confirm]", "devs"), ("team[new_team]", heir)];
    site.send(&site.anna, "delete", &page, &answer("nobody"))
        .await
        .is(422)
        .says("Team does not exist")
        .says("value=\"nobody\"");
    site.send(&site.anna, "delete", &page, &answer("devs"))
        .await
        .is(422)
        .says("You cannot select the original team");
    let mut both = answer("ops").to_vec();
    both.push(("how", "delete"));
    site.send(&site.anna, "delete", &page, &both)
        .await
        .is(422)
        .says("Empty this field to delete the namespaces");
    let mut neither = answer("").to_vec();
    neither.push(("how", "migrate"));
    site.send(&site.anna, "delete", &page, &neither)
        .await
        .is(422)
        .says("Team can&#39;t be blank");
    let mut meant = answer("ops").to_vec();
    meant.push(("how", "migrate"));
    let gone = site.send(&site.anna, "delete", &page, &meant).await;
    let said = site.said(&site.anna, &gone).await;
    let text = "was removed successfully and its namespaces were migrated to &#39;ops&#39;";
    assert!(said.contains(text), "{said}");
    site.get(&site.anna, "/namespaces").await.says(">web<");
}
