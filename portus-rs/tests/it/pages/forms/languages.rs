//! The language of pages: what the browser asks for, until somebody chooses; kept with the account from then on.

use actix_web::{http::Method, test::TestRequest};

use super::{Html, Site};
use crate::{
    api::sessions::Browser,
    support::{databases::TestDatabase, service::Service},
};

impl Html {
    fn language(&self) -> &str {
        self.is(200).between("<html lang=\"", "\"")
    }
}

impl Site {
    /// The language that somebody's browser gets, where it asks for this one.
    async fn spoken_to(&self, who: &Browser, wanted: &str) -> String {
        let request = who.request(Method::GET, "/users/edit");
        let request = request.insert_header(("Accept-Language", wanted));
        let page = Html(self.service.call(request).await);
        page.language().to_owned()
    }
}

#[actix_web::test]
async fn visitors_get_the_best_of_what_their_browser_asks_for() {
    let service = Service::on(TestDatabase::sqlite()).await;
    service.user("ann").await;
    for (wanted, given, word) in [
        ("ja", "ja", "ログイン"),
        ("ja-JP,ja;q=0.9,en;q=0.8", "ja", "ログイン"),
        ("zh-CN,zh;q=0.9", "zh-CN", "登录"),
        ("de-DE,zh-CN;q=0.5,en;q=0.3", "zh-CN", "登录"),
        ("en;q=0.3,ja;q=0.8", "ja", "ログイン"),
        ("de, fr;q=0.9", "en", "Login"),
        ("", "en", "Login"),
        ("*;;q=%", "en", "Login"),
    ] {
        let request = TestRequest::with_uri("/users/sign_in");
        let request = request.insert_header(("Accept-Language", wanted));
        let page = Html(service.call(request).await);
        assert_eq!(page.language(), given, "{wanted}");
        page.says(word);
    }
    let silent = Html(service.call(TestRequest::with_uri("/users/sign_in")).await);
    assert_eq!(silent.language(), "en");
}

#[actix_web::test]
async fn a_visitor_s_choice_stays_in_the_browser() {
    let site = Site::new().await;
    let fields = [("language", "zh-CN"), ("return_to", "/users/sign_in")];
    let request = TestRequest::with_uri("/language")
        .method(Method::POST)
        .set_form(fields);
    let chosen = Html(site.service.call(request).await);
    chosen.goes_to("/users/sign_in");
    let cookie = chosen
        .0
        .headers
        .get("set-cookie")
        .unwrap()
        .to_str()
        .unwrap();
    let (cookie, rest) = cookie.split_once(';').unwrap();
    assert!(rest.contains("Max-Age="), "{rest}");
    for (cookie, language) in [(cookie, "zh-CN"), ("x=y", "ja")] {
        let request = TestRequest::with_uri("/users/sign_in")
            .insert_header(("Cookie", cookie))
            .insert_header(("Accept-Language", "ja"));
        let page = Html(site.service.call(request).await);
        assert_eq!(page.language(), language);
    }
    // No language of ours, and no address but ours.
    let odd = TestRequest::with_uri("/language")
        .method(Method::POST)
        .set_form([("language", "tlh")]);
    assert_eq!(site.service.call(odd).await.status.as_u16(), 404);
    for elsewhere in ["//evil.example", "/\\evil.example", "https:evil.example"] {
        let request = TestRequest::with_uri("/language")
            .method(Method::POST)
            .set_form([("language", "ja"), ("return_to", elsewhere)]);
        Html(site.service.call(request).await).goes_to("/");
    }
}

#[actix_web::test]
async fn the_language_of_an_account_is_that_of_all_its_browsers() {
    let site = Site::new().await;
    assert_eq!(site.spoken_to(&site.anna, "ja").await, "ja");
    assert_eq!(site.spoken_to(&site.anna, "en").await, "en");
    let fields = [("language", "ja"), ("return_to", "/users/edit")];
    let chosen = site.send(&site.anna, "post", "/language", &fields).await;
    chosen.goes_to("/users/edit");
    assert_eq!(site.spoken_to(&site.anna, "en").await, "ja");
    let elsewhere = Browser::signed_in(&site.service, "anna").await;
    assert_eq!(site.spoken_to(&elsewhere, "zh-CN").await, "ja");
    // Others are spoken to as before, and so is whoever comes without an account.
    assert_eq!(site.spoken_to(&site.ben, "en").await, "en");
    let page = site.get(&elsewhere, "/users/edit").await;
    page.says("<option value=\"ja\" lang=\"ja\" selected>");
    // Even where this browser has chosen another for its visitors.
    let cookie = format!("{}; _portus_language=zh-CN", elsewhere.cookie());
    let request = TestRequest::with_uri("/users/edit").insert_header(("Cookie", cookie));
    assert_eq!(Html(site.service.call(request).await).language(), "ja");
}
