//! The bots of a team.

use super::{Html, Site};

impl Site {
    fn bots(&self) -> String {
        format!("/teams/{}/bots", self.team)
    }

    /// Where a bot of the team is looked after.
    pub(super) async fn robot(&self) -> String {
        let fields = [("bot[username]", "ci"), ("bot[role]", "contributor")];
        let made = self.send(&self.anna, "post", &self.bots(), &fields).await;
        made.is(303);
        let page = self.get(&self.anna, &format!("/teams/{}", self.team)).await;
        let id = page.between(&format!("{}/", self.bots()), "/");
        format!("{}/{id}", self.bots())
    }
}

fn secret(said: &str) -> &str {
    let after = said.split_once("data-copy=\"").expect("a secret").1;
    after.split('"').next().unwrap()
}

#[actix_web::test]
async fn a_bot_gets_a_token_that_is_shown_once() {
    let site = Site::new().await;
    let robot = site.robot().await;
    let fields = [("application_token[application]", "pipeline")];
    let issued = site
        .send(&site.anna, "post", &format!("{robot}/tokens"), &fields)
        .await;
    let said = site.said(&site.anna, &issued).await;
    let token = secret(&said).to_owned();
    let access = site
        .service
        .access(Some(("ci", &token)), &["repository:devs/x:pull"])
        .await;
    assert!(access.is_some());
    let page = site.get(&site.anna, &format!("/teams/{}", site.team)).await;
    page.says("pipeline").says("1 token").lacks(&token);
    let path = page.between(&format!("action=\"{robot}/tokens/"), "\"");
    let path = format!("{robot}/tokens/{path}");
    site.send(&site.ben, "delete", &path, &[]).await.is(403);
    let gone = site.send(&site.anna, "delete", &path, &[]).await;
    let said = site.said(&site.anna, &gone).await;
    assert!(
        said.contains("Token &#39;pipeline&#39; was removed successfully"),
        "{said}"
    );
    site.send(&site.anna, "delete", &path, &[]).await.is(404);
}

#[actix_web::test]
async fn a_bot_is_shut_out_let_in_and_removed() {
    let site = Site::new().await;
    let robot = site.robot().await;
    let enabled = format!("{robot}/enabled");
    let switched = async |answer: Html| site.said(&site.anna, &answer).await;
    let off = site.send(&site.anna, "put", &enabled, &[("enabled", "false")]);
    let said = switched(off.await).await;
    assert!(
        said.contains("User &#39;ci&#39; has been disabled"),
        "{said}"
    );
    let on = site.send(&site.anna, "put", &enabled, &[("enabled", "true")]);
    let said = switched(on.await).await;
    assert!(
        said.contains("User &#39;ci&#39; has been enabled"),
        "{said}"
    );
    site.send(&site.ben, "put", &enabled, &[("enabled", "false")])
        .await
        .is(403);
    site.send(&site.zoe, "delete", &robot, &[]).await.is(404);
    let gone = site.send(&site.anna, "delete", &robot, &[]);
    let said = switched(gone.await).await;
    assert!(
        said.contains("User &#39;ci&#39; was removed successfully"),
        "{said}"
    );
    site.send(&site.anna, "delete", &robot, &[]).await.is(404);
}

#[actix_web::test]
async fn what_is_wrong_with_a_bot_or_its_token_is_said_beside_the_field() {
    let site = Site::new().await;
    let robot = site.robot().await;
    let fields = [("bot[username]", "ci"), ("bot[role]", "contributor")];
    site.send(&site.anna, "post", &site.bots(), &fields)
        .await
        .is(422)
        .says("Username has already been taken")
        .says("<option value=\"contributor\" selected>");
    let fields = [("application_token[application]", " ")];
    site.send(&site.anna, "post", &format!("{robot}/tokens"), &fields)
        .await
        .is(422)
        .says("Application can&#39;t be blank");
}

#[actix_web::test]
async fn bots_are_seen_by_those_who_look_after_them() {
    let site = Site::new().await;
    let robot = site.robot().await;
    let page = format!("/teams/{}", site.team);
    site.get(&site.root, &page).await.says("id=\"bots\"");
    site.get(&site.ben, &page).await.lacks("id=\"bots\"");
    let fields = [("application_token[application]", "x")];
    let tokens = format!("{robot}/tokens");
    site.send(&site.ben, "post", &tokens, &fields).await.is(403);
    site.send(&site.zoe, "post", &tokens, &fields).await.is(404);
    let fields = [("bot[username]", "mine")];
    site.send(&site.ben, "post", &site.bots(), &fields)
        .await
        .is(403);
}
