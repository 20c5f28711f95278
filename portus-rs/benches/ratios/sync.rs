//! Comparing with a registry: the first time, and again when nothing has changed.

use std::process::Child;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use sea_orm::{FromQueryResult, Statement};

use crate::fake_registry::{self, FakeRegistry, MEDIA_TYPE, TAGS};
use crate::real_registry;
use crate::stage::{self, Key, Size, Stage};
use crate::table::{Bar, Table};

/// Requests that the bare client has under way: as many as a synchronisation.
const PARALLEL: usize = 8;
/// Manifests that it fetches at most.
const FETCHED: usize = 20_000;

/// One pass.
#[derive(Debug, FromQueryResult)]
struct Run {
    started_at: chrono::NaiveDateTime,
    finished_at: Option<chrono::NaiveDateTime>,
    added: i64,
    errors: i64,
}

pub fn measure(table: &mut Table) {
    for repositories in [100, 1_000] {
        let registry = real_registry::start(repositories);
        compare(
            table,
            "the distribution registry",
            &registry.address,
            repositories,
        );
    }
    for repositories in [1_000, 10_000] {
        let registry = FakeRegistry::start(repositories, "http://portus.test/v2/token");
        let host = registry.address.to_string();
        compare(table, "a registry that costs nothing", &host, repositories);
        let manifests = (repositories * TAGS) as u64;
        let counts = registry.counts();
        let by_the_bare = manifests.min(FETCHED as u64);
        let (read, asked) = (counts.manifests - by_the_bare, counts.heads - by_the_bare);
        assert_eq!(read, manifests, "each manifest is read once");
        assert_eq!(asked, manifests, "each tag is asked for once");
    }
}

/// Measures both passes over the registry at `host`.
fn compare(table: &mut Table, registry: &str, host: &str, repositories: usize) {
    let label = format!("{repositories} repositories x {TAGS} tags");
    let manifests = repositories * TAGS;
    let fetched = bare(host, manifests.min(FETCHED), &Method::GET);
    let asked = bare(host, manifests.min(FETCHED), &Method::HEAD);
    let mut stage = Stage::set(None, Key::Rsa2048, Size::EMPTY, host);
    let portus = stage.take().idle();
    let (first, first_memory) = pass(&stage, &portus);
    let all = i64::try_from(manifests).unwrap();
    assert_eq!(first.added, all, "{first:?}\n{}", portus.log());
    let rate = manifests as f64 / seconds(&first);
    table.add(
        format!("first sync, {registry}, manifests/s of a bare client's"),
        &label,
        (rate / fetched, "x"),
        Bar::AtLeast(0.7),
        format!("{rate:.0}/s of {fetched:.0}/s; {:.1} s", seconds(&first)),
    );
    let (second, second_memory) = pass(&stage, &portus);
    assert_eq!(second.added, 0, "{second:?}");
    let again = manifests as f64 / seconds(&second);
    table.add(
        format!("second sync, {registry}, faster than the first by"),
        &label,
        (seconds(&first) / seconds(&second), "x"),
        Bar::AtLeast(3.0),
        format!("{:.1} s; {again:.0} tags/s", seconds(&second)),
    );
    // What the bar above can be at all: a registry that answers HEAD as slowly as GET leaves nothing to gain.
    table.add(
        format!("second sync, {registry}, tags/s of a bare client's HEADs"),
        &label,
        (again / asked, "x"),
        Bar::AtLeast(0.7),
        format!(
            "{again:.0}/s of {asked:.0}/s; HEAD {:.2}x of GET",
            asked / fetched
        ),
    );
    table.add(
        format!("peak RSS of a sync, {registry}"),
        &label,
        (first_memory.max(second_memory), "MiB"),
        Bar::AtMost(150.0),
        "",
    );
}

fn seconds(run: &Run) -> f64 {
    let end = run.finished_at.expect("it has ended");
    (end - run.started_at).as_seconds_f64()
}

/// One pass in a process of its own, and the most memory that it took.
fn pass(stage: &Stage, portus: &crate::support::portus::Portus) -> (Run, f64) {
    let mut child = portus.spawn(&["background", "--one-shot"]);
    let peak = until_ended(&mut child, || portus.log());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let run = runtime.block_on(async {
        let connection = stage.connect().await;
        let sql =
            "SELECT started_at, finished_at, added, errors FROM sync_runs ORDER BY id DESC LIMIT 1";
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let run = Run::find_by_statement(statement).one(&connection).await;
        connection.close().await.unwrap();
        run.unwrap().expect("a synchronisation leaves a row")
    });
    assert_eq!(run.errors, 0, "{run:?}\n{}", portus.log());
    (run, peak)
}

fn until_ended(child: &mut Child, log: impl Fn() -> String) -> f64 {
    let end = Instant::now() + Duration::from_mins(10);
    let mut peak = 0.0_f64;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "it ended with {status}\n{}", log());
            return peak;
        }
        assert!(Instant::now() < end, "the synchronisation does not end");
        if let Some((most, _)) = stage::memory(child.id()) {
            peak = peak.max(most);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Manifests per second that a client asks for which does nothing else.
fn bare(host: &str, manifests: usize, method: &Method) -> f64 {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let fetch = async |number: usize| {
            let (name, tag) = (
                fake_registry::name(number / TAGS),
                fake_registry::tag(number),
            );
            let url = format!("http://{host}/v2/{name}/manifests/{tag}");
            let request = client.request(method.clone(), url).bearer_auth("any");
            let answer = request.header("Accept", MEDIA_TYPE).send().await.unwrap();
            assert!(answer.status().is_success(), "{answer:?}");
            answer.bytes().await.unwrap();
        };
        let begun = Instant::now();
        stream::iter(0..manifests)
            .map(fetch)
            .buffer_unordered(PARALLEL)
            .collect::<Vec<()>>()
            .await;
        manifests as f64 / begun.elapsed().as_secs_f64()
    })
}
