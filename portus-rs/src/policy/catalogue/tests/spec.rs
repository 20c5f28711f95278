//! What authorization.md says, written down by hand from its tables and not from the code. One line: the things (a
//! pattern may end in `*`), the switches under which it holds, and who may, in the order An Out Vi Co Ow Ad Po Sv Op. The
//! first line that fits decides; a case that no line fits fails the test. A bot is the contributor it is.

use super::super::{ACTIONS, Action, Refusal};
use super::world::{Object, Persona, SWITCHES, Switches, objects, personas};

mod hidden;
mod tokens;

use hidden::HIDDEN;
use tokens::{carries, through};

type Line = (&'static str, &'static str, &'static str);

const NOBODY: &str = "- - - - - - - - -";
const ADMINS: &str = "- - - - - Y Y Y Y";
const OWNERS: &str = "- - - - Y Y Y Y Y";
const CONTRIBUTORS: &str = "- - - Y Y Y Y Y Y";
const MEMBERS: &str = "- - Y Y Y Y Y Y Y";
const ACCOUNTS: &str = "- Y Y Y Y Y Y Y Y";
const EVERYBODY: &str = "Y Y Y Y Y Y Y Y Y";

/// Section 3.1, pull; 3.2 and 3.3, show "as pull".
const PULL: &[Line] = &[
    ("unknown namespace, invalid name", "", NOBODY),
    (
        "team private, personal private, own private, orphan private",
        "",
        MEMBERS,
    ),
    ("* protected, global private", "", ACCOUNTS),
    ("* public", "", EVERYBODY),
];

/// What needs an account of one's own beside seeing the thing.
const SAY: &[Line] = &[
    (
        "team private, personal private, own private, orphan private",
        "",
        "- - Y Y Y Y Y - -",
    ),
    ("*", "", "- Y Y Y Y Y Y - -"),
];

const SPEC: &[(&str, &[Line])] = &[
    ("image.pull", PULL),
    (
        "image.push",
        &[
            ("unknown namespace, invalid name", "", NOBODY),
            ("*", "push_images allow-teams", CONTRIBUTORS),
            ("own *", "push_images allow-personal", MEMBERS),
            ("*", "push_images allow-personal", ADMINS),
            ("*", "push_images admin-only", ADMINS),
        ],
    ),
    // Section 8: the service's own tokens are independent of delete.enabled.
    (
        "image.delete",
        &[
            ("unknown namespace, invalid name", "", NOBODY),
            ("*", "delete.enabled off", "- - - - - - - Y -"),
            ("*", "delete.contributors off", OWNERS),
            ("*", "delete.contributors on", CONTRIBUTORS),
        ],
    ),
    // Section 5.3: `*` only with all of pull, push and delete (D8).
    (
        "image.all",
        &[
            ("unknown namespace, invalid name", "", NOBODY),
            ("*", "delete.enabled off", "- - - - - - - Y -"),
            (
                "*",
                "push_images allow-teams, delete.contributors off",
                OWNERS,
            ),
            (
                "*",
                "push_images allow-teams, delete.contributors on",
                CONTRIBUTORS,
            ),
            (
                "own *",
                "push_images allow-personal, delete.contributors off",
                OWNERS,
            ),
            (
                "own *",
                "push_images allow-personal, delete.contributors on",
                CONTRIBUTORS,
            ),
            ("*", "", ADMINS),
        ],
    ),
    ("catalog.list", &[("*", "", ADMINS)]),
    ("catalog.search", &[("*", "", ACCOUNTS)]),
    ("namespace.show", PULL),
    // Team visible; create_namespace (not for admins) and push right in the team.
    (
        "namespace.create",
        &[
            ("hidden team", "", NOBODY),
            (
                "team",
                "create_namespace on, push_images allow-teams",
                CONTRIBUTORS,
            ),
            ("team", "", ADMINS),
        ],
    ),
    (
        "namespace.update",
        &[
            ("*", "manage_namespace on, push_images allow-teams", OWNERS),
            (
                "own *",
                "manage_namespace on, push_images allow-personal",
                OWNERS,
            ),
            ("*", "", ADMINS),
        ],
    ),
    (
        "namespace.change_visibility",
        &[
            ("global *", "", ADMINS),
            (
                "*",
                "change_visibility on, manage_namespace on, push_images allow-teams",
                OWNERS,
            ),
            (
                "own *",
                "change_visibility on, manage_namespace on, push_images allow-personal",
                OWNERS,
            ),
            ("*", "", ADMINS),
        ],
    ),
    (
        "namespace.delete",
        &[
            ("global *", "", NOBODY),
            ("*", "delete.enabled off", NOBODY),
            ("*", "delete.contributors off", OWNERS),
            ("*", "delete.contributors on", CONTRIBUTORS),
        ],
    ),
    ("repository.show", PULL),
    (
        "repository.delete",
        &[
            ("*", "delete.enabled off", NOBODY),
            ("*", "delete.contributors off", OWNERS),
            ("*", "delete.contributors on", CONTRIBUTORS),
        ],
    ),
    (
        "tag.delete",
        &[
            ("*", "delete.enabled off", NOBODY),
            ("*", "delete.contributors off", OWNERS),
            ("*", "delete.contributors on", CONTRIBUTORS),
        ],
    ),
    // Star and comment: whoever can see it. The service and a shell are nobody who likes or says something.
    ("repository.star", SAY),
    ("comment.write", SAY),
    (
        "comment.delete",
        &[
            ("own in private", "", MEMBERS),
            ("own in*", "", ACCOUNTS),
            ("another's in*", "", ADMINS),
        ],
    ),
    ("vulnerability.rescan", &[("*", "", ADMINS)]),
    ("webhook.list", &[("*", "", MEMBERS)]),
    ("webhook.approach", &[("*", "", MEMBERS)]),
    (
        "webhook.create",
        &[
            ("*", "create_webhook on", OWNERS),
            ("*", "create_webhook off", ADMINS),
        ],
    ),
    (
        "webhook.delete",
        &[
            ("*", "create_webhook on", OWNERS),
            ("*", "create_webhook off", ADMINS),
        ],
    ),
    (
        "webhook.dress",
        &[
            ("*", "create_webhook on", OWNERS),
            ("*", "create_webhook off", ADMINS),
        ],
    ),
    (
        "webhook.manage",
        &[
            ("*", "manage_webhook on", OWNERS),
            ("*", "manage_webhook off", ADMINS),
        ],
    ),
    // D14: what may be secret is for those who wrote it.
    ("webhook.read_headers", &[("*", "", OWNERS)]),
    ("repository.describe", &[("*", "", OWNERS)]),
    (
        "team.create",
        &[
            ("*", "create_team on", ACCOUNTS),
            ("*", "create_team off", ADMINS),
        ],
    ),
    ("team.show", &[("*", "", MEMBERS)]),
    (
        "team.update",
        &[
            ("hidden team", "", NOBODY),
            ("team", "manage_team on", OWNERS),
            ("team", "manage_team off", ADMINS),
        ],
    ),
    (
        "team.manage_members",
        &[("hidden team", "", NOBODY), ("team", "", OWNERS)],
    ),
    (
        "team.delete",
        &[
            ("hidden team", "", NOBODY),
            ("team", "delete.enabled off", NOBODY),
            ("team", "delete.contributors off", OWNERS),
            ("team", "delete.contributors on", CONTRIBUTORS),
        ],
    ),
    // rest-api.md, DELETE /teams/:id: "the caller must be its owner or an admin".
    (
        "team.take_over",
        &[("hidden team", "", NOBODY), ("team", "", OWNERS)],
    ),
    (
        "team.list_bots",
        &[("hidden team", "", NOBODY), ("team", "", OWNERS)],
    ),
    (
        "team.create_bot",
        &[("hidden team", "", NOBODY), ("team", "", OWNERS)],
    ),
    ("user.list", &[("*", "", ADMINS)]),
    ("user.sign_up", &[("*", "", "Y - - - - - - - -")]),
    ("user.create", &[("*", "", ADMINS)]),
    ("user.manage", &[("*", "", ADMINS)]),
    // "Toggle admin of another user"; `portus` is never changed, bots have no page to use it on.
    (
        "user.switch_admin",
        &[
            ("oneself", "", "- - - - - - - Y Y"),
            ("another person", "", ADMINS),
            ("*", "", NOBODY),
        ],
    ),
    // "Oneself; admins; never `portus`". Owners look after their team's bots.
    (
        "user.disable",
        &[
            ("oneself", "", ACCOUNTS),
            ("the account portus", "", NOBODY),
            ("a bot of the team", "", OWNERS),
            ("*", "", ADMINS),
        ],
    ),
    (
        "user.enable",
        &[("a bot of the team", "", OWNERS), ("*", "", ADMINS)],
    ),
    (
        "user.edit_profile",
        &[("oneself", "", "- Y Y Y Y Y Y - -"), ("*", "", NOBODY)],
    ),
    (
        "user.drop_second_factor",
        &[("oneself", "", ACCOUNTS), ("*", "", ADMINS)],
    ),
    (
        "user.manage_bot",
        &[("a bot of the team", "", OWNERS), ("*", "", NOBODY)],
    ),
    // Only bots trust anybody.
    (
        "user.list_trusts",
        &[
            ("a bot of the team", "", OWNERS),
            ("a bot*", "", ADMINS),
            ("*", "", NOBODY),
        ],
    ),
    (
        "user.manage_trusts",
        &[
            ("a bot of the team", "", OWNERS),
            ("a bot*", "", ADMINS),
            ("*", "", NOBODY),
        ],
    ),
    ("user.set_privileged", &[("*", "", ADMINS)]),
    // D11: bots and `portus` have no sessions, whoever asks; a session is begun for oneself.
    (
        "session.sign_in",
        &[
            ("a bot*, the account portus", "", NOBODY),
            ("*", "", EVERYBODY),
        ],
    ),
    (
        "session.start",
        &[("oneself", "", "- Y Y Y Y Y Y - -"), ("*", "", NOBODY)],
    ),
    (
        "session.list",
        &[("oneself", "", ACCOUNTS), ("*", "", ADMINS)],
    ),
    (
        "session.end",
        &[("oneself", "", ACCOUNTS), ("*", "", ADMINS)],
    ),
    // Whoever asks without a limited credential may; that they have an account is asked before.
    ("service.look", &[("*", "", EVERYBODY)]),
    ("service.change", &[("*", "", EVERYBODY)]),
    // D1: oneself, or admins.
    (
        "user.list_tokens",
        &[
            ("oneself", "", ACCOUNTS),
            ("a bot of the team", "", OWNERS),
            ("*", "", ADMINS),
        ],
    ),
    (
        "user.issue_token",
        &[
            ("oneself", "", ACCOUNTS),
            ("a bot of the team", "", OWNERS),
            ("*", "", ADMINS),
        ],
    ),
    // "own; and any bot's" for admins. Neither the service nor a shell owns one.
    (
        "application_token.revoke",
        &[
            ("own", "", "- Y Y Y Y Y Y - -"),
            ("a bot's", "", ADMINS),
            ("a bot's of the team", "", OWNERS),
            ("*", "", NOBODY),
        ],
    ),
    ("registry.create", &[("*", "", ADMINS)]),
    ("registry.manage", &[("*", "", ADMINS)]),
    ("job.run", &[("*", "", ADMINS)]),
    // Section 4 with D17: "Registry: everybody" only for what was public.
    (
        "activity.show",
        &[
            ("images of a public namespace", "", ACCOUNTS),
            (
                "images of*, a public namespace, a namespace*, a team",
                "",
                MEMBERS,
            ),
            ("own application tokens", "", ACCOUNTS),
            (
                "another person's application tokens, accounts and registries",
                "",
                ADMINS,
            ),
        ],
    ),
    ("audit.list", &[("*", "", ADMINS)]),
    ("service.keep_books", &[("*", "", "- - - - - - - Y Y")]),
];

#[test]
fn every_cell_is_what_the_specification_says() {
    for action in ACTIONS {
        let lines = SPEC
            .iter()
            .find(|(key, _)| *key == action.key)
            .unwrap_or_else(|| panic!("write down who may do {}", action.key))
            .1;
        // The longest name that fits says more.
        let sight = HIDDEN
            .iter()
            .filter(|(key, _)| action.key.starts_with(key))
            .max_by_key(|(key, _)| key.len());
        for object in objects(action.about) {
            for number in 0..Switches::count() {
                check(action, &object, number, lines, sight.map(|(_, it)| *it));
            }
        }
    }
    for (key, _) in SPEC {
        assert!(super::super::action(key).is_some(), "there is no {key}");
    }
}

fn check(action: &Action, object: &Object, number: usize, lines: &[Line], sight: Option<&[Line]>) {
    let rules = Switches::rules(number);
    for persona in personas() {
        let case = || {
            format!(
                "{} of '{}' by {} with {rules:?}",
                action.key, object.name, persona.name
            )
        };
        let decision = action
            .decide(persona.standing(&object.thing), &object.thing, &rules)
            .expect("the action's own kind");
        let wanted = says(lines, object, number, &persona).unwrap_or_else(|| panic!("{}", case()));
        let wanted =
            wanted && through(persona.name).is_none_or(|it| carries(persona.name, it, action.key));
        assert_eq!(decision.verdict.granted, wanted, "{}: {decision:?}", case());
        // What one learns of a thing through a token is tested where requests are made.
        let by_token = through(persona.name).is_some();
        if decision.verdict.granted || decision.refusal == Refusal::LeftOut || by_token {
            continue;
        }
        let seen = sight.is_none_or(|lines| {
            says(lines, object, number, &persona).unwrap_or_else(|| panic!("{}", case()))
        });
        assert_eq!(
            decision.refusal == Refusal::Told,
            seen,
            "{}: {decision:?}",
            case()
        );
    }
}

/// What the first line that fits says.
fn says(lines: &[Line], object: &Object, number: usize, persona: &Persona) -> Option<bool> {
    const COLUMNS: [&str; 9] = ["An", "Out", "Vi", "Co", "Ow", "Ad", "Po", "Sv", "Op"];
    let column = match persona.name {
        "Bot" => "Co",
        name if through(name).is_some() => "Ow",
        name => name,
    };
    let column = COLUMNS.iter().position(|it| *it == column)?;
    let (_, _, cells) = lines
        .iter()
        .find(|(things, when, _)| fits(things, object.name) && holds(when, number))?;
    Some(cells.split(' ').nth(column)? == "Y")
}

fn fits(things: &str, name: &str) -> bool {
    things.split(", ").any(|pattern| {
        if let Some(start) = pattern.strip_suffix('*') {
            name.starts_with(start)
        } else if let Some(end) = pattern.strip_prefix('*') {
            name.ends_with(end)
        } else {
            pattern == name
        }
    })
}

fn holds(when: &str, number: usize) -> bool {
    let values = Switches::values(number);
    when.split(", ")
        .filter(|it| !it.is_empty())
        .all(|condition| {
            let (name, value) = condition.split_once(' ').expect("a switch and its value");
            let at = SWITCHES
                .iter()
                .position(|it| {
                    it.name == name
                        || it.name == format!("user_permission.{name}")
                        || it.name == format!("user_permission.{name}.policy")
                })
                .unwrap_or_else(|| panic!("there is no switch {name}"));
            SWITCHES[at].values[values[at]] == value
        })
}
