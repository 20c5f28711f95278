//! Pages of lists: what one costs, at the beginning and at the end, with more and more behind it.

use crate::load::{self, Load, Plan, Until};
use crate::stage::{Key, Size, Stage};
use crate::table::{Bar, Table};

const ASKED: u64 = 30;

pub fn measure(table: &mut Table) {
    for repositories in [1_000, 10_000] {
        let size = Size {
            repositories,
            tags: 100,
        };
        let label = format!("{repositories} repositories, {} tags", repositories * 100);
        let mut stage = Stage::set(None, Key::Rsa2048, size, "registry.test:5000");
        let mut portus = stage.start();
        let auth = format!(
            "Portus-Auth: root:{}\r\nAccept: application/json\r\n",
            stage.admin_token
        );
        for (list, query) in [
            ("repositories", ""),
            ("tags", ""),
            ("namespaces", ""),
            ("tags", "&sort_attr=updated_at&sort_order=desc"),
            ("repositories", "&sort_attr=name"),
        ] {
            let first = format!("/api/v1/{list}?per_page=15&page=1{query}");
            let answer = ask(&portus.address, &Stage::get(&first, &auth));
            let last = pages(&answer.head);
            add(table, &format!("/{list}?page=1{query}"), &label, &answer);
            let path = format!("/api/v1/{list}?per_page=15&page={last}{query}");
            let answer = ask(&portus.address, &Stage::get(&path, &auth));
            add(table, &format!("/{list}?page=LAST{query}"), &label, &answer);
        }
        portus.stop();
    }
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

fn pages(head: &str) -> u64 {
    let mut lines = head.lines();
    let pages = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_it = name.eq_ignore_ascii_case("x-total-pages");
        is_it.then(|| value.trim().parse().ok())?
    });
    pages.expect("a page says how many there are")
}

fn add(table: &mut Table, what: &str, size: &str, answer: &Load) {
    let note = format!("p95 {:.1} ms", answer.within(0.95));
    table.add(
        format!("{what}, median"),
        size,
        (answer.within(0.5), "ms"),
        Bar::AtMost(20.0),
        note,
    );
}
