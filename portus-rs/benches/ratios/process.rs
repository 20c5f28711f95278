//! Starting, idling, and the size of the program.

use std::time::{Duration, Instant};

use crate::stage::{self, Key, Size, Stage};
use crate::support::http;
use crate::table::{Bar, Table};

const MEBIBYTE: f64 = 1024.0 * 1024.0;
const STARTS: usize = 5;

pub fn measure(table: &mut Table) {
    for repositories in [1_000, 10_000] {
        let label = format!("{repositories} repositories");
        let size = Size {
            repositories,
            tags: 10,
        };
        let mut stage = Stage::set(None, Key::Rsa2048, size, "registry.test:5000");
        let mut portus = stage.start();
        let mut starts = Vec::new();
        for _ in 0..STARTS {
            portus.stop();
            let begun = Instant::now();
            portus.start_only();
            while http::status(&portus.address, "/api/v1/_ping") != Some(200) {
                assert!(begun.elapsed() < Duration::from_mins(1), "{}", portus.log());
                std::thread::sleep(Duration::from_millis(1));
            }
            starts.push(begun.elapsed().as_secs_f64());
        }
        starts.sort_by(f64::total_cmp);
        table.add(
            "start to ready, median of 5",
            &label,
            (starts[STARTS / 2], "s"),
            Bar::AtMost(0.5),
            "",
        );
        // The jobs that run at start are over by then.
        std::thread::sleep(Duration::from_secs(5));
        let (_, idle) = stage::memory(portus.running().pid()).expect("it runs");
        table.add("idle RSS", &label, (idle, "MiB"), Bar::AtMost(50.0), "");
        portus.stop();
    }
    // As people get it.
    let program = std::fs::metadata(env!("CARGO_BIN_EXE_portus-rs")).unwrap();
    table.add(
        "program",
        "",
        (program.len() as f64 / MEBIBYTE, "MiB"),
        Bar::AtMost(40.0),
        "",
    );
}
