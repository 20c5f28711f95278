//! Pages of the console: what one costs with more and more behind it, to an admin, who sees everything.

use crate::load::{self, Load, Plan, Until};
use crate::stage::{Key, PASSWORD, Size, Stage};
use crate::table::{Bar, Table};

const ASKED: u64 = 30;

/// Every kind of page that shows what is stored; ids as the seed gives them.
const PAGES: [&str; 20] = [
    "/",
    "/repositories",
    "/repositories?page=600&sort_by=updated_at",
    "/repositories?q=app03",
    "/repositories/1003",
    "/namespaces",
    "/namespaces?ons_page=7",
    "/namespaces/1003",
    "/teams",
    "/teams?tm_page=9",
    "/teams/1003",
    "/search?search=app03",
    "/search?search=team&type=namespaces",
    "/explore?explore%5Bsearch%5D=app",
    "/admin",
    "/admin/users",
    "/admin/registries",
    "/admin/activities",
    "/admin/jobs",
    "/users/edit",
];

pub fn measure(table: &mut Table) {
    for repositories in [1_000, 10_000] {
        let size = Size {
            repositories,
            tags: 100,
        };
        let label = format!("{repositories} repositories, {} tags", repositories * 100);
        let mut stage = Stage::set(None, Key::Rsa2048, size, "registry.test:5000");
        let mut portus = stage.start();
        let cookie = sign_in(&portus.address);
        let header = format!("Cookie: {cookie}\r\nAccept: text/html\r\nAccept-Language: en\r\n");
        for page in PAGES {
            let answer = ask(&portus.address, &Stage::get(page, &header));
            let size = answer.head.len();
            assert!(size > 0, "{page}");
            table.add(
                format!("page {page}, median"),
                &label,
                (answer.within(0.5), "ms"),
                Bar::AtMost(20.0),
                format!("p95 {:.1} ms", answer.within(0.95)),
            );
        }
        portus.stop();
    }
}

/// The cookie of a browser in which `root` has signed in.
fn sign_in(address: &str) -> String {
    let password = PASSWORD.replace(' ', "+");
    let body = format!("user[username]=root&user[password]={password}");
    let request = format!(
        "POST /users/sign_in HTTP/1.1\r\nHost: portus.test\r\nAccept: application/json\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let plan = Plan {
        address,
        connections: 1,
        until: Until::Asked(1),
        afresh: false,
        status: 201,
    };
    let answer = load::run(plan, |_| request.clone().into_bytes());
    let mut lines = answer.head.lines();
    let cookie = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let cookie = value.split(';').next()?.trim();
        name.eq_ignore_ascii_case("set-cookie")
            .then(|| cookie.to_owned())
    });
    cookie.expect("a session")
}

fn ask(address: &str, request: &[u8]) -> Load {
    let plan = |count| Plan {
        address,
        connections: 1,
        until: Until::Asked(count),
        afresh: false,
        status: 200,
    };
    load::run(plan(5), |_| request.to_vec());
    load::run(plan(ASKED), |_| request.to_vec())
}
