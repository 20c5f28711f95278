//! Passkeys: made by who shows that it is them, signed in with alone and after a password, refused where anything about an
//! answer is wrong, taken away.

mod authenticator;
mod elsewhere;
mod refused;
mod removal;

use actix_web::test::TestRequest;
use portus_rs::entities::{passkey, user};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::{Value, json};

use self::authenticator::Authenticator;
use super::Page;
use crate::{
    api::sessions::{Browser, sign_in},
    support::{
        databases::{TestDatabase, on_every_database},
        service::{Answer, PASSWORD, SERVICE, Service, basic},
    },
};

const CONFIRM: &str = "/users/passkeys/confirm";
const DOOR: &str = "/users/sign_in/passkey";

/// What somebody is asked to sign, and the cookie that says so.
struct Asked {
    options: Value,
    cookie: String,
}

impl Asked {
    #[track_caller]
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.body);
        let cookie = answer.headers.get("set-cookie").unwrap().to_str().unwrap();
        assert!(cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
        Self {
            options: answer.json(),
            cookie: cookie.split(';').next().unwrap().to_owned(),
        }
    }

    /// At the door, for whomever or for whom the ticket is of.
    async fn at_the_door(service: &Service, ticket: Option<&str>) -> Self {
        let fields: Vec<(&str, &str)> = ticket.map(|it| ("ticket", it)).into_iter().collect();
        let request = TestRequest::post()
            .uri("/users/sign_in/passkey/challenge")
            .set_form(fields);
        Self::of(&service.call(request).await)
    }
}

/// Asks what to sign, as the script of a page does.
async fn ask(service: &Service, page: &Page, path: &str) -> Answer {
    let path = format!("{path}/challenge");
    page.send(service, "post", &path, &[]).await
}

/// Sends a form of somebody who is signed in along with the cookie of what was asked.
async fn answer(
    service: &Service,
    page: &Page,
    path: &str,
    cookie: &str,
    fields: &[(&str, &str)],
) -> Answer {
    let mut form = vec![("authenticity_token", page.0.csrf())];
    form.extend(fields);
    let cookies = format!("{}; {cookie}", page.0.cookie());
    let request = TestRequest::post()
        .uri(path)
        .insert_header(("Cookie", cookies))
        .set_form(form);
    service.call(request).await
}

/// Shows the password again.
async fn confirm(service: &Service, page: &Page) {
    let shown = [("confirm[password]", PASSWORD)];
    let done = page.send(service, "post", CONFIRM, &shown).await;
    assert_eq!(done.status, 303, "{}", done.body);
}

/// Makes a passkey for somebody who has shown who they are. Returns what the page says then.
async fn add(service: &Service, page: &Page, name: &str) -> (Authenticator, Answer) {
    let asked = Asked::of(&ask(service, page, "/users/passkeys").await);
    let mut own = Authenticator::new();
    let made = own.make(&asked.options);
    let fields = [("passkey[name]", name), ("passkey[answer]", made.as_str())];
    let done = answer(service, page, "/users/passkeys", &asked.cookie, &fields).await;
    (own, done)
}

/// Somebody with a passkey, in a browser where they are signed in.
async fn somebody(service: &Service, name: &str) -> (Page, Authenticator, Vec<String>) {
    service.user(name).await;
    let page = Page::signed_in(service, name).await;
    confirm(service, &page).await;
    let (own, done) = add(service, &page, "laptop").await;
    assert_eq!(done.status, 200, "{}", done.body);
    let codes = done.body.split("<li><code>").skip(1);
    let codes = codes.map(|it| it.split('<').next().unwrap().to_owned());
    (page, own, codes.collect())
}

/// Sends an answer to the door.
async fn enter(service: &Service, cookie: &str, answer: &str, ticket: Option<&str>) -> Answer {
    let mut form = vec![("passkey[answer]", answer), ("return_to", "/teams")];
    form.extend(ticket.map(|it| ("ticket", it)));
    let request = TestRequest::post()
        .uri(DOOR)
        .insert_header(("Cookie", cookie.to_owned()))
        .set_form(form);
    service.call(request).await
}

/// Signs in with a passkey alone.
async fn enter_alone(service: &Service, own: &mut Authenticator) -> Answer {
    let asked = Asked::at_the_door(service, None).await;
    let signed = own.sign(&asked.options);
    enter(service, &asked.cookie, &signed, None).await
}

/// The page that asks for more than the password.
async fn after_the_password(service: &Service, name: &str) -> Answer {
    let form = [("user[username]", name), ("user[password]", PASSWORD)];
    service
        .call(TestRequest::post().uri("/users/sign_in").set_form(form))
        .await
}

#[track_caller]
fn ticket(page: &Answer) -> String {
    assert_eq!(page.status, 200, "{}", page.body);
    let (_, rest) = page.body.split_once("name=\"ticket\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[track_caller]
fn is_in(answer: &Answer) {
    let to = answer
        .headers
        .get("location")
        .map(|it| it.to_str().unwrap());
    assert_eq!(to, Some("/teams"), "{} {}", answer.status, answer.body);
    assert!(answer.headers.get("set-cookie").is_some());
}

#[track_caller]
fn is_refused(answer: &Answer, why: &str) {
    assert!(answer.headers.get("location").is_none(), "{why}");
    assert!(
        answer.status.is_client_error(),
        "{} for {why}",
        answer.status
    );
    assert!(answer.body.contains(why), "{why} is not in {}", answer.body);
}

async fn id_of(service: &Service, name: &str) -> i64 {
    let row = user::Entity::find()
        .filter(user::Column::Username.eq(name))
        .one(service.app.database.reader())
        .await;
    row.unwrap().unwrap().id
}

/// The oldest of this name.
async fn passkey_id(service: &Service, name: &str) -> i64 {
    let row = passkey::Entity::find()
        .filter(passkey::Column::Name.eq(name))
        .order_by_asc(passkey::Column::Id)
        .one(service.app.database.reader())
        .await;
    row.unwrap().unwrap().id
}

/// Entries of the audit log with this key.
async fn told(service: &Service, key: &str) -> i64 {
    let like = format!("activities WHERE activities.key = '{key}'");
    service.count(&like).await
}

async fn by_method(service: &Service, method: &str) -> i64 {
    let like = format!("activities WHERE activities.parameters LIKE '%\"method\":\"{method}\"%'");
    service.count(&like).await
}

on_every_database! {
    async fn a_passkey_is_made_by_who_shows_the_password_and_lets_them_in_alone(database: TestDatabase) {
        let service = Service::on(database).await;
        let ann = service.user("ann").await;
        let other = Browser::signed_in(&service, "ann").await;
        let page = Page::signed_in(&service, "ann").await;
        // A session alone is not enough.
        let early = ask(&service, &page, "/users/passkeys").await;
        is_refused(&early, "Please show first that it is you");
        let wrong = page.send(&service, "post", CONFIRM, &[("confirm[password]", "wrong")]).await;
        is_refused(&wrong, "Invalid Username or password.");
        confirm(&service, &page).await;
        let asked = Asked::of(&ask(&service, &page, "/users/passkeys").await);
        assert_eq!(asked.options["publicKey"]["rp"]["id"], "portus.test");
        assert_eq!(asked.options["publicKey"]["user"]["name"], "ann");
        let mut own = Authenticator::new();
        let made = own.make(&asked.options);
        let nameless = [("passkey[name]", " "), ("passkey[answer]", made.as_str())];
        let nameless = answer(&service, &page, "/users/passkeys", &asked.cookie, &nameless).await;
        is_refused(&nameless, "Name can");
        let fields = [("passkey[name]", " laptop "), ("passkey[answer]", made.as_str())];
        let done = answer(&service, &page, "/users/passkeys", &asked.cookie, &fields).await;
        assert_eq!(done.body.matches("<li><code>").count(), 10, "{}", done.body);
        let again = answer(&service, &page, "/users/passkeys", &asked.cookie, &fields).await;
        is_refused(&again, "was answered already");
        let row = passkey::Entity::find().one(service.app.database.reader()).await.unwrap().unwrap();
        assert_eq!((row.name.as_str(), row.user_id, row.last_used_at), ("laptop", ann.id, None));
        // What the password alone had opened ends; the session in hand goes on.
        assert!(!other.is_in(&service).await);
        assert!(page.get(&service, "/users/passkeys").await.body.contains("laptop"));

        let asked = Asked::at_the_door(&service, None).await;
        assert_eq!(asked.options["publicKey"]["allowCredentials"], json!([]));
        let signed = own.sign(&asked.options);
        is_in(&enter(&service, &asked.cookie, &signed, None).await);
        let row = passkey::Entity::find().one(service.app.database.reader()).await.unwrap().unwrap();
        assert!(row.last_used_at.is_some());
        // The same once more, as who has listened would send it.
        let replayed = enter(&service, &asked.cookie, &signed, None).await;
        is_refused(&replayed, "was answered already");
        is_in(&enter_alone(&service, &mut own).await);

        // Docker has no place for a passkey.
        let token = service.token_of(&ann, "docker").await;
        for (secret, status) in [(PASSWORD, 401), (token.as_str(), 200)] {
            let uri = format!("/v2/token?service={SERVICE}");
            let request = TestRequest::get().uri(&uri).insert_header(("Authorization", basic(("ann", secret))));
            let answer = service.call(request).await;
            assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
            assert_eq!(answer.body.contains("application token"), status == 401);
        }
        assert_eq!(sign_in(&service, "ann", PASSWORD).await.status, 401);
        assert_eq!((told(&service, "passkey:create").await, by_method(&service, "passkey").await), (1, 2));
    }

    async fn a_passkey_stands_in_for_a_code_after_the_password(database: TestDatabase) {
        let service = Service::on(database).await;
        let (_, mut own, codes) = somebody(&service, "ann").await;
        let (_, mut others, _) = somebody(&service, "bob").await;
        let shown = after_the_password(&service, "ann").await;
        assert!(shown.body.contains("Use your passkey, or enter one of your recovery codes."), "{}", shown.body);
        let ticket_ = ticket(&shown);
        let asked = Asked::at_the_door(&service, Some(&ticket_)).await;
        let allowed = &asked.options["publicKey"]["allowCredentials"];
        assert_eq!((&allowed[0]["id"], allowed.as_array().unwrap().len()), (&json!(own.id()), 1));
        let foreign = others.sign(&asked.options);
        is_refused(&enter(&service, &asked.cookie, &foreign, Some(&ticket_)).await, "The passkey was not accepted.");
        // An answer for one door opens no other.
        let asked = Asked::at_the_door(&service, None).await;
        let alone = own.sign(&asked.options);
        is_refused(&enter(&service, &asked.cookie, &alone, Some(&ticket_)).await, "was answered already");
        let asked = Asked::at_the_door(&service, Some(&ticket_)).await;
        let signed = own.sign(&asked.options);
        is_refused(&enter(&service, &asked.cookie, &signed, None).await, "was answered already");

        let asked = Asked::at_the_door(&service, Some(&ticket_)).await;
        // A key that does not say whose it is: that was said before.
        let handle = own.handle.take();
        let signed = own.sign(&asked.options);
        is_in(&enter(&service, &asked.cookie, &signed, Some(&ticket_)).await);
        let asked = Asked::at_the_door(&service, None).await;
        let signed = own.sign(&asked.options);
        is_refused(&enter(&service, &asked.cookie, &signed, None).await, "The passkey was not accepted.");
        own.handle = handle;

        let form = [("ticket", ticket_.as_str()), ("user[code]", codes[0].as_str()), ("return_to", "/teams")];
        let by_code = TestRequest::post().uri("/users/sign_in/code").set_form(form);
        is_in(&service.call(by_code).await);
        assert_eq!(by_method(&service, "password, passkey").await, 1);
        assert_eq!(by_method(&service, "password, recovery code").await, 1);
    }

    async fn what_one_replica_asks_another_takes_the_answer_to_and_once(database: TestDatabase) {
        let service = Service::on(database).await;
        let (_, mut own, _) = somebody(&service, "ann").await;
        let replica = service.replica().await;
        let asked = Asked::at_the_door(&service, None).await;
        let signed = own.sign(&asked.options);
        let request = || {
            TestRequest::post()
                .uri(DOOR)
                .insert_header(("Cookie", asked.cookie.clone()))
                .set_form([("passkey[answer]", signed.as_str()), ("return_to", "/teams")])
        };
        is_in(&Service::call_at(&replica, request()).await);
        is_refused(&service.call(request()).await, "was answered already");
        crate::support::served::forget(&replica);
        // What nobody answers is swept away.
        Asked::at_the_door(&service, None).await;
        service.app.clock.advance(chrono::TimeDelta::minutes(5));
        assert_eq!(portus_rs::actions::passkeys::expire(&service.app).await.unwrap(), 1);
        assert_eq!(service.count("passkey_challenges").await, 0);
    }
}

#[actix_web::test]
async fn where_local_login_is_off_no_passkey_opens_a_session() {
    let off = [("PORTUS_OAUTH_LOCAL_LOGIN_ENABLED", "false")];
    let service = Service::with(TestDatabase::sqlite(), &off).await;
    let page = service.call(TestRequest::get().uri("/users/sign_in")).await;
    assert!(!page.body.contains("data-passkey"), "{}", page.body);
    for path in [DOOR.to_owned(), format!("{DOOR}/challenge")] {
        let answer = service.call(TestRequest::post().uri(&path)).await;
        assert!(
            answer.body.contains("Local login is disabled"),
            "{}",
            answer.body
        );
    }
}

#[actix_web::test]
async fn where_browsers_use_no_passkeys_the_pages_say_why_and_offer_none() {
    for (address, why) in [
        ("http://portus.example.org", "over https only"),
        ("https://192.0.2.1", "the name of a host"),
    ] {
        let settings = [("PORTUS_MACHINE_FQDN_EXTERNAL_URL", address)];
        let service = Service::with(TestDatabase::sqlite(), &settings).await;
        service.user("ann").await;
        let page = Page::signed_in(&service, "ann").await;
        let shown = page.get(&service, "/users/passkeys").await;
        assert!(
            shown.body.contains(why) && shown.body.contains(address),
            "{}",
            shown.body
        );
        assert!(!shown.body.contains("data-passkey"), "{}", shown.body);
        let door = service.call(TestRequest::get().uri("/users/sign_in")).await;
        assert!(!door.body.contains("data-passkey"), "{}", door.body);
        confirm(&service, &page).await;
        let asked = ask(&service, &page, "/users/passkeys").await;
        is_refused(&asked, "Passkeys cannot be used at the configured address.");
    }
}

#[actix_web::test]
async fn under_a_prefix_the_forms_lead_where_they_should() {
    let below = [("RAILS_RELATIVE_URL_ROOT", "/registry")];
    let service = Service::with(TestDatabase::sqlite(), &below).await;
    service.user("ann").await;
    let door = service.call(TestRequest::get().uri("/users/sign_in")).await;
    let asks = "data-passkey=\"/registry/users/sign_in/passkey/challenge\" data-origin=\"https://portus.test\"";
    assert!(door.body.contains(asks), "{}", door.body);
    let request = TestRequest::post().uri("/users/sign_in/passkey/challenge");
    let asked = service.call(request).await;
    let cookie = asked.headers.get("set-cookie").unwrap().to_str().unwrap();
    assert!(cookie.contains("Path=/registry;"), "{cookie}");
}
