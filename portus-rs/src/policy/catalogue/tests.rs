//! Walks every decision, for everybody, about every kind of thing, under every setting of the switches.

mod spec;
mod table;
mod world;

use std::fmt::Write as _;

use super::{ACTIONS, Refusal};
use table::{Table, letters};
use world::{Persona, personas};

/// What a cell of the snapshot looks like.
fn cell(decision: &super::Decision) -> &'static str {
    match (decision.verdict.granted, decision.refusal) {
        (true, _) => "yes",
        (false, Refusal::Told) => "403",
        (false, Refusal::Hidden) => "404",
        (false, Refusal::LeftOut) => "-",
    }
}

/// The whole matrix. Review the difference: each changed cell is somebody who may do something else than before.
#[test]
fn who_may_do_what() {
    let mut text = String::from(
        "An: not signed in; Out: no member; Vi, Co, Ow: member of the team; Bot: a bot that is a contributor; Ad: admin;\n\
         Po: the account portus; Sv: the service's own work; Op: whoever has a shell. 404: told that it does not exist.\n\
         The owner through an application token: Rd: that only reads; Pl: that only pulls; Ns: of this one namespace; Nx: of\n\
         another one; En: that ends.\n",
    );
    for action in ACTIONS {
        let table = Table::of(action, &personas());
        let _ = write!(
            text,
            "\n{}: {}. Decided by {}.\n",
            action.key, action.text, action.decided_by
        );
        let head: String = table
            .personas
            .iter()
            .map(|it| format!("{:7}", it.name))
            .collect::<Vec<_>>()
            .concat();
        let _ = writeln!(text, "    {:76}{}", "", head.trim_end());
        for group in &table.groups {
            if !group.objects.is_empty() {
                let _ = writeln!(text, "  {}", group.objects);
            }
            for row in &group.rows {
                let cells: String = row
                    .cells
                    .iter()
                    .map(|it| format!("{:4}{:3}", cell(it), table.letter(it)))
                    .collect::<Vec<_>>()
                    .concat();
                let _ = writeln!(text, "    {:76}{}", row.when, cells.trim_end());
            }
        }
        for (number, rule) in table.rules.iter().enumerate() {
            let _ = writeln!(text, "    ({}) {rule}", letters(number));
        }
    }
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("permissions", text);
    });
}

#[test]
fn the_page_on_permissions_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/PERMISSIONS.md");
    let wanted = page();
    if std::env::var_os("PORTUS_UPDATE_DOCS").is_some() {
        std::fs::write(path, &wanted).expect("docs/PERMISSIONS.md can be written");
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        there == wanted,
        "docs/PERMISSIONS.md is not up to date; run: PORTUS_UPDATE_DOCS=1 cargo test permissions"
    );
}

const HEAD: &str = "# Who may do what

<!-- Written by the tests from the catalogue in portus-rs/src/policy/catalogue.rs; PORTUS_UPDATE_DOCS=1 cargo test permissions rewrites it. -->

Everything that portus-rs decides, with the switches that make a difference. The same rules answer docker, the API, the
pages and the command line; lists hold what their rule allows. `portus-rs explain` and `GET /api/v1/explain` say for one
person and one name which rule decides.

Viewer, contributor and owner are roles in the team that the namespace belongs to; bots count as the members they are.
\"Outsider\" has an account and no role there. Whoever has a shell on the machine may do what admins may. The letter
names the reason below each table. \"hidden\" means that the answer is 404, as if the thing did not exist; API and pages
want everybody signed in before any of this, docker does not.

Kinds of namespaces: a *team* namespace belongs to a team that people made; *personal* is somebody else's own, *own* is
the asking person's; the *global* one holds repositories without a slash in their name; an *orphan* was found by a
synchronisation and waits for somebody to give it to a team.
";

/// `docs/PERMISSIONS.md`.
fn page() -> String {
    let shown: Vec<Persona> = personas()
        .into_iter()
        .filter(|it| !it.column.is_empty())
        .collect();
    let mut text = HEAD.to_owned();
    let mut noun = "";
    for action in ACTIONS {
        let of = action.key.split('.').next().unwrap_or_default();
        if of != noun {
            noun = of;
            let title = noun.replace('_', " ");
            let (first, rest) = title.split_at(1);
            let _ = write!(text, "\n## {}{rest}\n", first.to_uppercase());
        }
        let table = Table::of(action, &shown);
        let _ = write!(text, "\n### `{}`: {}\n\n", action.key, action.text);
        let columns: Vec<&str> = table.personas.iter().map(|it| it.column).collect();
        let _ = writeln!(text, "| of what | when | {} |", columns.join(" | "));
        let _ = writeln!(text, "| --- | --- |{}", " --- |".repeat(columns.len()));
        for group in &table.groups {
            for row in &group.rows {
                let cells: Vec<String> = row
                    .cells
                    .iter()
                    .map(|it| {
                        let word = match (it.verdict.granted, it.refusal) {
                            (true, _) => "**yes**",
                            (false, Refusal::Hidden) => "hidden",
                            (false, _) => "no",
                        };
                        format!("{word} {}", table.letter(it))
                    })
                    .collect();
                let _ = writeln!(
                    text,
                    "| {} | {} | {} |",
                    group.objects,
                    row.when,
                    cells.join(" | ")
                );
            }
        }
        text.push('\n');
        for (number, rule) in table.rules.iter().enumerate() {
            let remedy = rule
                .remedy()
                .map(|it| format!(" *To change that: {it}.*"))
                .unwrap_or_default();
            let _ = writeln!(text, "- ({}) {rule}.{remedy}", letters(number));
        }
    }
    text
}

#[test]
fn actions_have_names_of_their_own() {
    let mut seen = std::collections::BTreeSet::new();
    for action in ACTIONS {
        assert!(seen.insert(action.key), "{} is there twice", action.key);
        assert!(super::action(action.key).is_some());
        for object in world::objects(action.about) {
            let decision = action.decide(
                super::Standing::ANONYMOUS,
                &object.thing,
                &world::Switches::first(),
            );
            assert!(decision.is_some(), "{} of {}", action.key, object.name);
        }
    }
}

/// Every function that says who may do something is asked by a guard or stands in the catalogue by itself.
#[test]
fn no_rule_is_beside_the_catalogue() {
    let room = concat!(env!("CARGO_MANIFEST_DIR"), "/src/policy");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(room).expect("the room") {
        let path = entry.expect("a file").path();
        // How guards are asked is in the file named so, and no rule of its own.
        if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("guard.rs") {
            files.push(std::fs::read_to_string(path).expect("text"));
        }
    }
    let asked: String = files
        .iter()
        .flat_map(|text| {
            // Guards and the catalogue, from the macro's name to the brace that ends it, and what scopes ask.
            ["\nguards! {", "\ncatalogue! {"]
                .iter()
                .filter_map(|opening| text.split_once(opening))
                .map(|(_, rest)| rest.split("\n}").next().unwrap_or_default().to_owned())
                .collect::<Vec<_>>()
        })
        .chain([include_str!("../scopes.rs").to_owned()])
        .collect();
    let mut rules = 0;
    for text in &files {
        for (at, _) in text.match_indices("pub fn ") {
            let declaration = &text[at + 7..];
            let Some((signature, _)) = declaration.split_once(" {\n") else {
                continue;
            };
            if !signature.trim_end().ends_with("-> Verdict") {
                continue;
            }
            let name = signature.split('(').next().unwrap_or_default();
            rules += 1;
            // Or another rule of its file asks it.
            let called = format!("{name}(");
            assert!(
                asked.contains(&called) || text.matches(&called).count() > 1,
                "{name} decides something and is in no guard and not in the catalogue"
            );
        }
    }
    assert!(
        rules > 10,
        "{rules} rules found: does the search still fit the code?"
    );
}
