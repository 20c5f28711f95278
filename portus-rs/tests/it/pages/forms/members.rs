//! Who is in a team, and as what.

use super::{Html, Site};

/// The id of somebody's membership, as the page of their team has it.
fn membership(page: &Html, name: &str) -> String {
    let rows = page.0.body.split("<tr").skip(1);
    let own = format!(">{name}</span>");
    let mut rows = rows.filter(|row| row.contains(&own));
    let row = rows
        .next()
        .unwrap_or_else(|| panic!("{name} in {}", page.0.body));
    let after = row.split("/team_users/").nth(1).unwrap();
    after.split('"').next().unwrap().to_owned()
}

impl Site {
    fn team_page(&self) -> String {
        format!("/teams/{}", self.team)
    }

    async fn member(&self, name: &str) -> String {
        let page = self.get(&self.anna, &self.team_page()).await;
        format!("/team_users/{}", membership(&page, name))
    }

    async fn add(&self, name: &str, role: &str) -> Html {
        let team = self.team.to_string();
        let fields = [
            ("team_user[team_id]", team.as_str()),
            ("team_user[user]", name),
            ("team_user[role]", role),
        ];
        self.send(&self.anna, "post", "/team_users", &fields).await
    }
}

#[actix_web::test]
async fn somebody_joins_changes_role_and_leaves() {
    let site = Site::new().await;
    let joined = site.add("zoe", "contributor").await;
    let said = site.said(&site.anna, &joined).await;
    let text = "User &#39;zoe&#39; was successfully added to the team";
    assert!(said.contains(text), "{said}");
    let path = site.member("zoe").await;
    let promoted = site
        .send(&site.anna, "put", &path, &[("team_user[role]", "owner")])
        .await;
    let said = site.said(&site.anna, &promoted).await;
    assert!(
        said.contains("User &#39;zoe&#39; was successfully updated"),
        "{said}"
    );
    site.get(&site.zoe, &site.team_page())
        .await
        .says("Add members");
    let gone = site.send(&site.anna, "delete", &path, &[]).await;
    let said = site.said(&site.anna, &gone).await;
    let text = "User &#39;zoe&#39; was successfully removed from the team";
    assert!(said.contains(text), "{said}");
    site.get(&site.zoe, &site.team_page()).await.is(404);
    // The row was gone when the form was sent again.
    site.send(&site.anna, "delete", &path, &[]).await.is(404);
}

#[actix_web::test]
async fn an_admin_joins_as_an_owner_and_stays_one() {
    let site = Site::new().await;
    let joined = site.add("root", "viewer").await;
    let said = site.said(&site.anna, &joined).await;
    let text = "was added to the team (promoted to owner because it&#39;s a Portus admin)";
    assert!(said.contains(text), "{said}");
    let path = site.member("root").await;
    let refused = site
        .send(&site.anna, "put", &path, &[("team_user[role]", "viewer")])
        .await;
    let said = site.said(&site.anna, &refused).await;
    let text = "User cannot be demoted because it&#39;s a Portus admin";
    assert!(said.contains(text), "{said}");
}

#[actix_web::test]
async fn who_cannot_join_is_said_beside_the_field() {
    let site = Site::new().await;
    site.add("", "contributor")
        .await
        .is(422)
        .says("User can&#39;t be blank")
        .says("<option value=\"contributor\" selected>");
    site.add("nobody", "viewer")
        .await
        .is(422)
        .says("User does not exist")
        .says("value=\"nobody\"");
    site.add("ben", "viewer")
        .await
        .is(422)
        .says("User has already been taken");
    site.add("portus", "viewer")
        .await
        .is(422)
        .says("User does not exist");
}

#[actix_web::test]
async fn newcomers_are_suggested_without_a_script_too() {
    let site = Site::new().await;
    let page = site.get(&site.anna, &site.team_page()).await;
    let offers = page.between("<datalist id=\"team_user_user_offers\">", "</datalist>");
    assert!(
        offers.contains("zoe") && !offers.contains("ben"),
        "{offers}"
    );
    assert!(!offers.contains("portus"), "{offers}");
    site.get(&site.ben, &site.team_page()).await.lacks("zoe");
}

#[actix_web::test]
async fn the_last_owner_stays_an_owner() {
    let site = Site::new().await;
    site.add("zoe", "owner").await.is(303);
    let path = site.member("anna").await;
    let other = site.member("zoe").await;
    site.send(&site.anna, "delete", &other, &[]).await.is(303);
    let text = "Cannot remove the only owner of the team";
    let kept = site.send(&site.anna, "delete", &path, &[]).await;
    let said = site.said(&site.anna, &kept).await;
    assert!(said.contains(text), "{said}");
    let kept = site
        .send(&site.anna, "put", &path, &[("team_user[role]", "viewer")])
        .await;
    let said = site.said(&site.anna, &kept).await;
    assert!(said.contains(text), "{said}");
}

#[actix_web::test]
async fn whoever_leaves_is_led_away() {
    let site = Site::new().await;
    site.add("zoe", "owner").await.is(303);
    let path = site.member("zoe").await;
    let left = site.send(&site.zoe, "delete", &path, &[]).await;
    left.goes_to("/teams");
    let said = site.said(&site.zoe, &left).await;
    assert!(
        said.contains("You removed yourself from the team"),
        "{said}"
    );
}

#[actix_web::test]
async fn members_are_managed_by_owners_and_admins_alone() {
    let site = Site::new().await;
    let path = site.member("ben").await;
    let role = [("team_user[role]", "owner")];
    site.send(&site.ben, "put", &path, &role).await.is(403);
    site.send(&site.ben, "delete", &path, &[]).await.is(403);
    site.send(&site.zoe, "put", &path, &role).await.is(404);
    site.send(&site.zoe, "delete", &path, &[]).await.is(404);
    let team = site.team.to_string();
    let fields = [
        ("team_user[team_id]", team.as_str()),
        ("team_user[user]", "zoe"),
        ("team_user[role]", "owner"),
    ];
    site.send(&site.ben, "post", "/team_users", &fields)
        .await
        .is(403);
    site.send(&site.zoe, "post", "/team_users", &fields)
        .await
        .is(404);
    site.send(&site.root, "put", &path, &role).await.is(303);
}

#[actix_web::test]
async fn the_list_of_members_turns_pages_and_narrows() {
    let site = Site::with(&[("PORTUS_PAGINATION_PER_PAGE", "2")]).await;
    site.add("zoe", "viewer").await.is(303);
    let page = site.team_page();
    site.get(&site.anna, &page)
        .await
        .says("Showing from 1 to 2 of 3 entries");
    site.get(&site.anna, &format!("{page}?tm_page=2"))
        .await
        .says("Showing from 3 to 3 of 3 entries")
        .says("<span class=\"person-name\">zoe</span>");
    site.get(
        &site.anna,
        &format!("{page}?tm_sort_by=username&tm_sort_asc=false"),
    )
    .await
    .says("<span class=\"person-name\">zoe</span>");
    site.get(&site.anna, &format!("{page}?tm_q=be"))
        .await
        .says("Showing from 1 to 1 of 1 entries");
}
