//! Namespaces where there are several registries, and what their forms offer.

use super::Site;

#[actix_web::test]
async fn with_several_registries_a_namespace_is_made_in_the_one_that_was_chosen() {
    let site = Site::new().await;
    let team = format!("/teams/{}", site.team);
    for page in ["/namespaces", &team] {
        site.get(&site.anna, page)
            .await
            .is(200)
            .says("data-check=\"/namespaces/check?name=\"")
            .lacks("name=\"namespace[registry]\"");
    }
    site.service.add_registry("second", "second.test").await;
    for page in ["/namespaces", &team] {
        let shown = site.get(&site.anna, page).await;
        let select = shown
            .is(200)
            .between("name=\"namespace[registry]\"", "</select>");
        assert!(
            select.contains("<option>registry</option><option>second</option>"),
            "{select}"
        );
        // What is typed is judged for that registry.
        let field = shown.between("name=\"namespace[name]\"", ">");
        assert!(
            field.contains("data-check=") && field.contains("data-beside=\"namespace_registry\""),
            "{field}"
        );
    }
    let id = site.team.to_string();
    for (name, registry, place) in [
        ("one", "second", ("team_id", id.as_str())),
        ("two", "second", ("namespace[team]", "devs")),
        ("three", "registry", ("team_id", id.as_str())),
    ] {
        let new = [
            ("namespace[name]", name),
            ("namespace[registry]", registry),
            place,
        ];
        site.send(&site.anna, "post", "/namespaces", &new)
            .await
            .is(303);
        let there = format!(
            "namespaces WHERE name = '{name}' AND registry_id = (SELECT id FROM registries WHERE name = '{registry}')"
        );
        assert_eq!(site.service.count(&there).await, 1, "{name}");
    }
    // The name is taken in one registry only; refused, the form is shown with what was chosen.
    let heard = async |registry: &str| {
        let path = format!("/namespaces/check?registry={registry}&name=one");
        site.get(&site.anna, &path).await.0.body
    };
    assert!(heard("second").await.contains("already been taken"));
    assert_eq!(heard("registry").await, "[]");
    let new = [
        ("namespace[name]", "one"),
        ("namespace[registry]", "second"),
        ("team_id", id.as_str()),
    ];
    site.send(&site.anna, "post", "/namespaces", &new)
        .await
        .is(422)
        .says("Name has already been taken")
        .says("<option selected>second</option>");
}

#[actix_web::test]
async fn the_namespaces_of_a_team_are_narrowed_by_name() {
    let site = Site::new().await;
    let page = format!("/teams/{}", site.team);
    let list = async |query: &str| {
        let shown = site.get(&site.anna, &format!("{page}{query}")).await;
        shown
            .is(200)
            .between("id=\"namespaces\"", "</section>")
            .to_owned()
    };
    assert!(!list("").await.contains("name=\"ns_q\""));
    for name in ["web", "infra"] {
        let new = [("namespace[name]", name), ("namespace[team]", "devs")];
        site.send(&site.anna, "post", "/namespaces", &new)
            .await
            .is(303);
    }
    let all = list("").await;
    assert!(
        all.contains("name=\"ns_q\"") && all.contains(">web<") && all.contains(">infra<"),
        "{all}"
    );
    let some = list("?ns_q=we").await;
    assert!(
        some.contains(">web<") && !some.contains(">infra<"),
        "{some}"
    );
    let none = list("?ns_q=zzz").await;
    assert!(
        none.contains("name=\"ns_q\"")
            && !none.contains(">web<")
            && !none.contains("no namespaces"),
        "{none}"
    );
}

#[actix_web::test]
async fn the_form_of_a_namespace_leads_to_its_transfer_and_gives_it_to_nobody() {
    let site = Site::new().await;
    let web = site.web().await;
    let anna = site.person("anna").await;
    site.service.team("ops", &anna).await;
    let form = site.get(&site.anna, &web).await;
    let form = form.is(200).between("id=\"edit\"", "</form>").to_owned();
    assert!(form.contains(&format!("href=\"{web}/transfer\"")), "{form}");
    let moved = [
        ("namespace[team]", "ops"),
        ("namespace[description]", "ours"),
    ];
    site.send(&site.anna, "put", &web, &moved)
        .await
        .is(422)
        .says("it is done on the page Transfer")
        .says(">ours</textarea>");
    let still = "namespaces JOIN teams ON teams.id = namespaces.team_id \
                 WHERE namespaces.name = 'web' AND teams.name = 'devs' AND namespaces.description IS NULL";
    assert_eq!(site.service.count(still).await, 1);
    let kept = [
        ("namespace[team]", "devs"),
        ("namespace[description]", "ours"),
    ];
    site.send(&site.anna, "put", &web, &kept)
        .await
        .goes_to(&web);
}

#[actix_web::test]
async fn what_an_orphan_is_can_be_read_without_a_mouse() {
    let site = Site::new().await;
    let web = site.web().await;
    site.sql(
        "UPDATE namespaces SET team_id = (SELECT team_id FROM namespaces WHERE global) WHERE name = 'web'",
    )
    .await;
    site.get(&site.root, &web)
        .await
        .is(200)
        .says("None (aka orphan)")
        .says("<p>Found by a comparison with the registry.");
}

#[actix_web::test]
async fn what_is_public_is_put_in_order_by_a_link() {
    let site = Site::with(&[("PORTUS_ANONYMOUS_BROWSING_ENABLED", "true")]).await;
    let web = site.web().await;
    let space = web.rsplit('/').next().unwrap();
    let open = [("namespace[visibility]", "public")];
    site.send(&site.anna, "put", &format!("{web}/visibility"), &open)
        .await
        .is(303);
    let order = async |path: &str| {
        let page = site.get(&site.zoe, path).await;
        let body = page.is(200).0.body.clone();
        (body.find("alpha"), body.find("omega"), page)
    };
    for (name, day) in [("alpha", 1), ("omega", 2)] {
        site.sql(&format!(
            "INSERT INTO repositories (name, namespace_id, created_at, updated_at) \
             VALUES ('{name}', {space}, '2026-01-0{day} 00:00:00', '2026-01-0{day} 00:00:00')"
        ))
        .await;
    }
    let (alpha, omega, page) = order("/explore?explore[search]=").await;
    assert!(omega < alpha, "the latest comes first");
    let order_line = page.between("class=\"text-secondary found-order\"", "</p>");
    let link = order_line
        .split("href=\"")
        .find(|it| it.contains("sort_by=name"))
        .expect("a link");
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    let (alpha, omega, page) = order(&link).await;
    assert!(alpha < omega, "by name");
    page.says("aria-current=\"true\"");
}
