//! Open pages hear of news, and of what happened while they were on their way.

use std::{pin::Pin, time::Duration};

use actix_web::{
    body::{BoxBody, MessageBody as _},
    http::Method,
};
use futures_util::future::{join_all, poll_fn};
use reqwest::Response;
use serde_json::json;
use tokio::time::timeout;

use crate::{
    api::sessions::Browser,
    support::{
        databases::TestDatabase,
        served,
        service::Service,
        site::{PASSWORD, Site},
    },
};

/// A stream, opened with this query and this header.
async fn listen(site: &Site, cookie: &str, query: &str, back: Option<&str>) -> Response {
    let mut request = site
        .http
        .get(format!("{}/live{query}", site.portus.url()))
        .header("Cookie", cookie);
    if let Some(id) = back {
        request = request.header("Last-Event-ID", id);
    }
    let stream = request.send().await.unwrap();
    assert_eq!(stream.status(), 200);
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    stream
}

/// The next thing that the stream says, if it says anything in this time.
async fn next(stream: &mut Response, time: Duration) -> Option<String> {
    let chunk = timeout(time, stream.chunk()).await.ok()?;
    Some(String::from_utf8(chunk.unwrap()?.to_vec()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_a_page_is_on_its_way_is_told() {
    let soon = Duration::from_secs(10);
    // Longer than a stream waits between two looks.
    let a_while = Duration::from_secs(3);
    let site = Site::start().await;
    let owner = site.user("owner").await;
    site.team("devs", owner).await;
    let body = json!({"user": {"username": "owner", "password": PASSWORD}});
    let url = format!("{}/api/v1/session", site.portus.url());
    let answer = site.http.post(url).json(&body).send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let url = format!("{}/", site.portus.url());
    let page = site.http.get(url).header("Cookie", &cookie).send().await;
    let page = page.unwrap().text().await.unwrap();
    let seen = page.split("data-seen=\"").nth(1).unwrap();
    let seen = format!("?seen={}", seen.split('"').next().unwrap());

    let mut open = listen(&site, &cookie, &seen, None).await;
    assert_eq!(next(&mut open, a_while).await, None);
    // The page was made before, and its stream comes after.
    site.namespace("devs-images", "devs", "private").await;
    let mut late = listen(&site, &cookie, &seen, None).await;
    let told = next(&mut late, soon).await.unwrap();
    assert!(told.starts_with("event: change\nid: "), "{told}");
    let id = told["event: change\nid: ".len()..].lines().next().unwrap();
    let meanwhile = next(&mut open, soon).await.unwrap();
    assert_eq!(meanwhile, told);
    // Whoever comes back is told what they missed, once.
    let mut back = listen(&site, &cookie, &seen, Some("1")).await;
    assert_eq!(next(&mut back, soon).await.as_ref(), Some(&told));
    let mut back = listen(&site, &cookie, &seen, Some(id)).await;
    assert_eq!(next(&mut back, a_while).await, None);
}

#[actix_web::test]
async fn however_many_listen_one_looks_for_all_of_them() {
    let service = Service::on(TestDatabase::sqlite()).await;
    let anna = service.user("anna").await;
    let browser = Browser::signed_in(&service, "anna").await;
    let mut streams = Vec::new();
    for _ in 0..8 {
        let request = browser.request(Method::GET, "/live");
        let answer = served::answer(&service.app, request).await;
        assert_eq!(answer.status().as_u16(), 200);
        streams.push(answer.into_body());
    }
    service.selects.lock().unwrap().clear();
    let told = async |streams: &mut Vec<BoxBody>, time| {
        let each = streams
            .iter_mut()
            .map(|it| poll_fn(move |context| Pin::new(&mut *it).poll_next(context)));
        timeout(time, join_all(each)).await.ok()
    };
    let nothing = told(&mut streams, Duration::from_secs(7)).await;
    assert!(nothing.is_none(), "nothing has happened");
    let selects = service.selects.lock().unwrap().clone();
    let looks = selects.iter().filter(|it| it.contains("activities"));
    let looks = looks.count();
    // Every two seconds.
    assert!((2..=4).contains(&looks), "{looks}: {selects:#?}");
    assert!(selects.len() < 24, "{}: {selects:#?}", selects.len());

    service.team("devs", &anna).await;
    let news = told(&mut streams, Duration::from_secs(10)).await;
    let news = news.expect("all of them hear of it");
    assert_eq!(news.len(), 8);
    for it in news {
        let told = it.expect("a stream").expect("that goes on");
        assert!(told.starts_with(b"event: change\n"), "{told:?}");
    }

    // A stream hears nothing after its session.
    let left = browser.send(&service, "/users/sign_out", &[("_method", "delete")]);
    assert_eq!(left.await.status.as_u16(), 303);
    let ends = told(&mut streams, Duration::from_secs(10)).await;
    assert!(ends.expect("they end").iter().all(Option::is_none));
}
