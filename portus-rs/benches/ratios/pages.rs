//! Pages of the console: what one costs with more and more behind it, to an admin, who sees everything, and to a member
//! of every team, whose view is narrowed by what they may see.

use crate::around;
use crate::load::{self, Plan, Until};
use crate::stage::{Key, MEMBER, PASSWORD, Size, Stage, basic, large_repository};
use crate::table::{Bar, Table};

/// Every kind of page that shows what is stored; ids as the seed gives them.
const PAGES: [&str; 24] = [
    "/",
    "/repositories",
    "/repositories?page=600&sort_by=updated_at",
    "/repositories?q=app03",
    "/repositories/1003",
    "/repositories/1003/deletion",
    "/repositories/900000",
    "/repositories/900000?page=1300",
    "/repositories/900000?q=1.1999",
    "/tags/300",
    "/namespaces",
    "/namespaces?ons_page=7",
    "/namespaces/1003",
    "/namespaces/1003/removal",
    "/teams",
    "/teams?tm_page=9",
    "/teams/1003",
    "/teams/1003/removal",
    "/search?search=app03",
    "/search?search=app03:v001",
    "/search?search=team&type=namespaces",
    "/explore?explore%5Bsearch%5D=app",
    "/users/edit",
    "/help",
];

/// Those that only admins see.
const ADMINS: [&str; 9] = [
    "/admin",
    "/admin/users",
    "/admin/users?page=100",
    "/admin/registries",
    "/admin/activities",
    "/admin/activities?page=13000",
    "/admin/jobs",
    "/admin/events",
    "/admin/explain?user=mary&name=team00003/app003",
];

pub fn measure(table: &mut Table) {
    for repositories in [1_000, 10_000] {
        let size = Size {
            repositories,
            tags: 100,
        };
        let label = format!("{repositories} repositories, {} tags", repositories * 100);
        let mut stage = Stage::set(None, Key::Rsa2048, size, "registry.test:5000");
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let connection = stage.connect().await;
            large_repository(&connection, 20_000).await;
            around::add(&connection).await;
            connection.close().await.unwrap();
        });
        // Nobody is there; findings are shown where there could be some.
        stage.env("PORTUS_SECURITY_TRIVY_SERVER", "http://127.0.0.1:1");
        let mut portus = stage.start();
        let mut measure = |what: String, path: &str, header: &str| {
            let answer = load::repeat(&portus.address, &Stage::get(path, header));
            let bar = Bar::AtMost(20.0);
            let note = format!("p95 {:.1} ms", answer.within(0.95));
            table.add(what, &label, (answer.within(0.5), "ms"), bar, note);
        };
        let everybody = || PAGES.map(str::to_owned).into_iter().chain(around::pages());
        let admins = ADMINS.map(str::to_owned).into_iter();
        let admins = admins.chain(around::admins_pages());
        for (who, pages) in [
            ("root", everybody().chain(admins).collect()),
            (MEMBER, everybody().collect::<Vec<String>>()),
        ] {
            let cookie = sign_in(&portus.address, who);
            let header =
                format!("Cookie: {cookie}\r\nAccept: text/html\r\nAccept-Language: en\r\n");
            for page in pages {
                measure(format!("page {page} to {who}, median"), &page, &header);
            }
        }
        let header = basic("root", &stage.admin_token);
        let path = "/v1/search?q=app03&n=25";
        measure(format!("{path}, median"), path, &header);
        portus.stop();
    }
}

/// The cookie of a browser in which somebody has signed in.
fn sign_in(address: &str, who: &str) -> String {
    let password = PASSWORD.replace(' ', "+");
    let body = format!("user[username]={who}&user[password]={password}");
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
