use proptest::prelude::*;

use super::*;

fn one(words: &[&str]) -> Call {
    let request = read(words).unwrap();
    assert_eq!(request.calls.len(), 1, "{request:?}");
    request.calls.into_iter().next().unwrap()
}

fn list(words: &[&str]) -> Vec<String> {
    one(words).items
}

#[test]
fn a_task_without_a_list_has_no_items() {
    assert_eq!(list(&["portus:make_admin"]), [""; 0]);
    assert_eq!(list(&["portus:make_admin[]"]), [""; 0]);
}

#[test]
fn items_are_apart_at_commas_and_trimmed() {
    assert_eq!(list(&["t[a, b ,c]"]), ["a", "b", "c"]);
    assert_eq!(list(&["t[a,,c]"]), ["a", "", "c"]);
    assert_eq!(list(&["t[a,b,]"]), ["a", "b", ""]);
}

#[test]
fn words_are_joined_until_the_list_ends() {
    assert_eq!(list(&["t[a,", "b,", "c", "d]"]), ["a", "b", "c d"]);
    // The first word to end in a bracket ends the list.
    let request = read(["t[a,[b]", "c"]).unwrap();
    assert_eq!(request.calls[0].items, ["a", "[b"]);
    assert_eq!(request.calls[1].name, "c");
}

#[test]
fn a_list_that_never_ends_is_refused_by_name() {
    let misread = read(["db:seed", "t[a,", "b"]).unwrap_err();
    assert_eq!(misread, Misread::Unclosed("t".to_owned()));
}

#[test]
fn a_bracket_within_an_item_is_part_of_it() {
    assert_eq!(list(&["t[a]b,[c]]"]), ["a]b", "[c]"]);
}

#[test]
fn an_escaped_comma_is_part_of_its_item_and_other_backslashes_stay() {
    assert_eq!(list(&[r"t[a\,b,c\d\\e]"]), ["a,b", r"c\d\\e"]);
}

#[test]
fn tasks_run_from_left_to_right_with_their_own_flags() {
    let request = read([
        "db:create",
        "t[a]",
        "--yes",
        "--name=x=y",
        "db:seed",
        "RAILS_ENV=test",
    ])
    .unwrap();
    let names: Vec<_> = request
        .calls
        .iter()
        .map(|call| call.name.as_str())
        .collect();
    assert_eq!(names, ["db:create", "t", "db:seed"]);
    let flags = [
        ("yes".to_owned(), None),
        ("name".to_owned(), Some("x=y".to_owned())),
    ];
    assert_eq!(request.calls[1].flags, flags);
    assert_eq!(
        request.environment,
        [("RAILS_ENV".to_owned(), "test".to_owned())]
    );
}

#[test]
fn only_capitals_make_a_variable() {
    assert_eq!(
        assignment("VERSION="),
        Some(("VERSION".to_owned(), String::new()))
    );
    assert_eq!(assignment("Version=1"), None);
    assert_eq!(assignment("1A=1"), None);
    assert_eq!(assignment("=1"), None);
}

#[test]
fn trace_is_heard_wherever_it_stands() {
    assert!(read(["--trace", "t"]).unwrap().trace);
    assert!(read(["t", "--trace"]).unwrap().trace);
    assert!(one(&["t", "--trace"]).flags.is_empty());
}

#[test]
fn a_flag_before_every_task_is_refused() {
    let misread = read(["--username=a", "t"]).unwrap_err();
    assert_eq!(misread, Misread::FlagWithoutTask("--username=a".to_owned()));
}

/// An item as somebody may type it: anything but blanks at its ends, and not a backslash at the end, which would
/// escape the comma behind it.
fn item() -> impl Strategy<Value = String> {
    "\\PC{0,20}".prop_map(|text| text.trim().trim_end_matches('\\').trim().to_owned())
}

proptest! {
    #[test]
    fn reading_never_panics(words in prop::collection::vec("[-\\[\\],= a-zA-Z\\\\:é]{0,12}|\\PC{0,12}", 0..8)) {
        let _ = read(&words);
    }

    #[test]
    fn items_arrive_unharmed(items in prop::collection::vec(item(), 2..6)) {
        let escaped: Vec<String> = items.iter().map(|item| item.replace(',', "\\,")).collect();
        let word = format!("t[{}]", escaped.join(","));
        // What was typed with a backslash before a comma cannot be told from an escape.
        prop_assume!(!items.iter().any(|item| item.contains("\\,")));
        prop_assert_eq!(list(&[&word]), items);
    }

    #[test]
    fn flags_arrive_unharmed(value in "\\PC{0,30}") {
        let word = format!("--password={value}");
        prop_assert_eq!(one(&["t", &word]).flags, [("password".to_owned(), Some(value))]);
    }

    #[test]
    fn blanks_between_words_within_a_list_do_not_matter(items in prop::collection::vec("[a-z]{1,5}", 1..5)) {
        let together = format!("t[{}]", items.join(","));
        let apart = format!("t[{}]", items.join(", "));
        let words: Vec<&str> = apart.split(' ').collect();
        prop_assert_eq!(list(&[&together]), list(&words));
    }
}
