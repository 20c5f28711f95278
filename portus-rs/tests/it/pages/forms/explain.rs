//! "May she push there?", asked of the page: the rule that decides, and the smallest change that would turn the answer.

use super::{Html, Site};
use crate::api::sessions::set_enabled;

/// Whether, the rule, and what would change it.
type Told = (&'static str, &'static str, &'static str);

impl Site {
    async fn ask(&self, query: &str) -> Html {
        self.get(&self.root, &format!("/admin/explain?{query}"))
            .await
    }

    /// What is told about this image: for pull, push and delete each.
    #[track_caller]
    fn told<'a>(
        &'a self,
        user: &'a str,
        name: &'a str,
        expected: &'a [Told; 3],
    ) -> impl Future<Output = ()> + 'a {
        let place = std::panic::Location::caller();
        async move {
            let page = self.ask(&format!("user={user}&name={name}")).await;
            let rows = page.is(200).rows();
            let actions = ["pull", "push", "delete"];
            assert_eq!(rows.len(), 3, "{place}: {user} at {name}: {rows:?}");
            for ((row, action), (may, rule, change)) in rows.iter().zip(actions).zip(expected) {
                assert_eq!(row[0], format!("{action} {name}"), "{place}");
                assert_eq!(row[1], *may, "{place}: {user} at {name}: {row:?}");
                let last = row[2].rsplit(' ').next();
                assert_eq!(last, Some(*rule), "{place}: {user} at {name}: {row:?}");
                assert_eq!(row[3], *change, "{place}: {user} at {name}: {row:?}");
            }
        }
    }
}

/// Where the page says what is wrong with the question.
const COMPLAINT: &str = "role=\"alert\">";
const JOIN: &str = "an owner of the team can add the user, or change the namespace's visibility";
const CONTRIBUTE: &str = "an owner of the team can add the user as a contributor";
const DELETE: &str =
    "an owner of the team can do it, or an admin can switch delete.contributors on";

#[actix_web::test]
async fn of_an_image_each_right_is_told_with_its_rule_and_what_would_change_it() {
    let site = Site::with(&[("PORTUS_DELETE_ENABLED", "true")]).await;
    site.web().await;
    let pull = ("Yes", "MemberMayPull", "–");
    let push = ("Yes", "TeamMayPush", "–");
    let admin = ("Yes", "AdminMay", "–");
    let not_delete = ("No", "OnlyOwnersDelete", DELETE);
    site.told("anna", "web/app", &[pull, push, ("Yes", "OwnerMay", "–")])
        .await;
    let promote = "an owner of the team can make the user a contributor";
    let ben = [pull, ("No", "ViewerMayNotPush", promote), not_delete];
    site.told("ben", "web/app", &ben).await;
    let outside = ("No", "PrivateNamespace", JOIN);
    let zoe = [
        outside,
        ("No", "StrangerMayNotPush", CONTRIBUTE),
        not_delete,
    ];
    site.told("zoe", "web/app", &zoe).await;
    site.told("root", "web/app", &[admin, admin, admin]).await;
    // Whoever has not logged in, by either name.
    let login = ("No", "AnonymousMayNotPush", "log in with `docker login`");
    for nobody in ["", "-"] {
        site.told(nobody, "web/app", &[outside, login, not_delete])
            .await;
    }

    // What the answer says would change it does, and the question stays in its fields.
    site.service
        .add_member(site.team, "zoe", "contributor")
        .await;
    site.told("zoe", "web/app", &[pull, push, not_delete]).await;
    site.ask("user=zoe&name=web/app")
        .await
        .says("name=\"user\" value=\"zoe\"")
        .says("name=\"name\" value=\"web/app\"")
        .says("every member of the team may pull");
}

#[actix_web::test]
async fn what_is_not_there_is_said_to_be_missing() {
    let site = Site::new().await;
    site.web().await;
    let nobody = site.ask("user=nobody&name=web/app").await;
    nobody
        .is(200)
        .says("There is no user &#39;nobody&#39;.")
        .says("name=\"user\" value=\"nobody\"");
    assert_eq!(nobody.rows(), Vec::<Vec<String>>::new());
    let missing = ("No", "UnknownNamespace", "create the namespace first");
    site.told("anna", "nowhere/app", &[missing; 3]).await;
    site.told("root", "nowhere/app", &[missing; 3]).await;
    let invalid = ("No", "InvalidName", "–");
    for name in ["Web/App", "web/app:1.0", "web//app"] {
        site.told("anna", name, &[invalid; 3]).await;
    }
    // Nothing asked, nothing said.
    let blank = site.ask("user=anna").await;
    blank.is(200).lacks(COMPLAINT);
    assert_eq!(blank.rows(), Vec::<Vec<String>>::new());
}

/// However a name is written, the page says something about it.
#[actix_web::test]
async fn no_question_is_left_without_an_answer() {
    let site = Site::new().await;
    site.web().await;
    for name in ["a+b", "web/app+", "%C3%A9", "%2C", ":", "*", "web/*"] {
        let page = site.ask(&format!("user=anna&name={name}")).await;
        let said = page.is(200).0.body.contains(COMPLAINT);
        assert!(said || !page.rows().is_empty(), "{name}: {}", page.0.body);
    }
}

#[actix_web::test]
async fn what_one_does_on_pages_and_in_the_api_is_told_too() {
    let site = Site::new().await;
    let team = site.team;
    let answer = async |user: &str, action: &str, id: &str| {
        let page = site
            .ask(&format!("user={user}&action={action}&resource={id}"))
            .await;
        page.is(200)
            .says(&format!("<option value=\"{action}\" selected>"));
        page.rows().concat()
    };
    let row = answer("anna", "team.update", &team.to_string()).await;
    assert!(row[0].starts_with("team.update "), "{row:?}");
    assert_eq!(row[1..], ["Yes", "owners of the team may OwnerMay", "–"]);
    let row = answer("ben", "team.update", &team.to_string()).await;
    assert_eq!(
        row[1..],
        ["No", "only owners of the team may OnlyOwners", "–"]
    );
    let row = answer("zoe", "team.show", &team.to_string()).await;
    let change = "an owner of the team can add the user";
    assert_eq!(
        row[1..],
        ["No", "only members of the team may NotAMember", change]
    );
    // What is about nothing in particular needs no id.
    let row = answer("zoe", "user.create", "").await;
    assert_eq!(row[1], "No");

    let without = "That action is about one thing: give its id.";
    for (id, said) in [
        ("", without),
        ("x", without),
        ("4711", "There is no such thing."),
    ] {
        let path = format!("user=anna&action=team.update&resource={id}");
        let page = site.ask(&path).await;
        page.is(200).says(said);
        assert_eq!(page.rows(), Vec::<Vec<String>>::new(), "{id}");
    }
}

#[actix_web::test]
async fn whoever_is_shut_out_may_nothing_and_it_is_said_why() {
    let site = Site::new().await;
    site.web().await;
    let anna = site.person("anna").await.id;
    set_enabled(&site.service, anna, false).await;
    let page = site.ask("user=anna&name=web/app").await;
    page.is(200)
        .says("Whatever they ask for, they are turned away:");
    let may: Vec<String> = page.rows().into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(may, ["No", "No", "No"]);
    set_enabled(&site.service, anna, true).await;
    site.ask("user=anna&name=web/app")
        .await
        .lacks("they are turned away");
}

#[actix_web::test]
async fn the_answer_is_in_the_language_of_who_asks_and_for_admins_only() {
    let site = Site::new().await;
    site.web().await;
    let path = "/admin/explain?user=ben&name=web/app";
    for (language, text) in [
        ("ja", "閲覧者はプッシュできません"),
        ("en", "viewers may not push"),
    ] {
        let request = site.root.request(actix_web::http::Method::GET, path);
        let request = request.insert_header(("Accept-Language", language));
        let page = Html(site.service.call(request).await);
        page.is(200)
            .says(text)
            .says("<code>ViewerMayNotPush</code>");
        assert_eq!(
            page.0.body.contains("viewers may not push"),
            language == "en"
        );
    }
    site.get(&site.anna, path)
        .await
        .is(403)
        .lacks("ViewerMayNotPush");
}
