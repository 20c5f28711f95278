//! Pages and their forms, asked as a browser without scripts asks.

mod activities;
mod admin;
mod away;
mod bots;
mod common;
mod counting;
mod explain;
mod hints;
mod history;
mod jobs;
mod languages;
mod limits;
mod looked_after;
mod members;
mod named;
mod namespaces;
mod registries;
mod several;
mod signs;
mod teams;
mod trusts;
mod users;
mod ways_back;
mod webhooks;
mod words;

use actix_web::{http::Method, test::TestRequest};

use crate::{
    api::sessions::Browser,
    support::{
        databases::TestDatabase,
        service::{Answer, Service},
    },
};

/// A service with an admin, and people in a team.
struct Site {
    service: Service,
    root: Browser,
    /// Owns `devs`.
    anna: Browser,
    /// A viewer in `devs`.
    ben: Browser,
    /// In no team.
    zoe: Browser,
    team: i64,
}

impl Site {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Self {
        let service = Service::with(TestDatabase::sqlite(), settings).await;
        service.admin("root").await;
        let anna = service.user("anna").await;
        let ben = service.user("ben").await;
        service.user("zoe").await;
        let team = service.team("devs", &anna).await;
        service.member(&team, &ben, "viewer").await;
        Self {
            root: Browser::signed_in(&service, "root").await,
            anna: Browser::signed_in(&service, "anna").await,
            ben: Browser::signed_in(&service, "ben").await,
            zoe: Browser::signed_in(&service, "zoe").await,
            team: team.id,
            service,
        }
    }

    async fn get(&self, who: &Browser, path: &str) -> Html {
        Html(self.service.call(who.request(Method::GET, path)).await)
    }

    /// Sends a form as a page of ours has it: a method other than POST in `_method`, and the session's token.
    async fn send(&self, who: &Browser, method: &str, path: &str, fields: &[(&str, &str)]) -> Html {
        let mut form = vec![("_method", method), ("authenticity_token", who.csrf())];
        form.extend(fields);
        let request = who.request(Method::POST, path).set_form(form);
        Html(self.service.call(request).await)
    }

    /// How many questions a page asks of the database.
    async fn selects(&self, who: &Browser, path: &str) -> usize {
        self.service.selects.lock().unwrap().clear();
        self.get(who, path).await.is(200);
        self.service.selects.lock().unwrap().len()
    }

    /// What the page that a form leads to says at its top.
    async fn said(&self, who: &Browser, answer: &Html) -> String {
        answer.is(303);
        let next = answer.0.headers.get("location").unwrap();
        let cookies = answer.0.headers.get_all("set-cookie");
        let flash = cookies
            .map(|it| it.to_str().unwrap())
            .find(|it| it.starts_with("_portus_flash="))
            .expect("something to say");
        let flash = flash.split(';').next().unwrap();
        let request = TestRequest::with_uri(next.to_str().unwrap())
            .insert_header(("Cookie", format!("{}; {flash}", who.cookie())));
        let page = Html(self.service.call(request).await);
        page.is(200);
        page.between("id=\"flashes\"", "<div class=\"page-header")
            .to_owned()
    }
}

/// A page as it came.
struct Html(Answer);

impl Html {
    #[track_caller]
    fn is(&self, status: u16) -> &Self {
        assert_eq!(self.0.status.as_u16(), status, "{}", self.0.body);
        self
    }

    #[track_caller]
    fn says(&self, text: &str) -> &Self {
        assert!(
            self.0.body.contains(text),
            "{text} is not in {}",
            self.0.body
        );
        self
    }

    #[track_caller]
    fn lacks(&self, text: &str) -> &Self {
        assert!(!self.0.body.contains(text), "{text} is in {}", self.0.body);
        self
    }

    /// What stands between two marks.
    #[track_caller]
    fn between(&self, from: &str, to: &str) -> &str {
        let after = self.0.body.split_once(from);
        let (_, after) = after.unwrap_or_else(|| panic!("{from} is not in {}", self.0.body));
        after.split_once(to).map_or(after, |(inside, _)| inside)
    }

    /// What a field holds that is sent along unseen.
    #[track_caller]
    fn hidden(&self, name: &str) -> &str {
        self.between(&format!("name=\"{name}\" value=\""), "\"")
    }

    /// The rows of the page's first table: what there is to read in each cell.
    fn rows(&self) -> Vec<Vec<String>> {
        let body = self.0.body.split("<tbody>").nth(1).unwrap_or_default();
        let body = body.split("</tbody>").next().unwrap_or_default();
        let cells = |row: &str| row.split("<td").skip(1).map(read).collect();
        body.split("<tr").skip(1).map(cells).collect()
    }

    #[track_caller]
    fn goes_to(&self, path: &str) {
        self.is(303);
        assert_eq!(self.0.headers.get("location").unwrap(), path);
    }
}

/// What there is to read in a cell, from the end of its opening tag on.
fn read(cell: &str) -> String {
    let pieces = cell.split('<');
    let text: String = pieces
        .filter_map(|piece| Some(piece.split_once('>')?.1))
        .collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace("&#39;", "'")
}
