use super::*;
use crate::cli::rake;

fn arguments(words: &[&str]) -> Result<Arguments, Failure> {
    let call = rake::read(words).unwrap().calls.remove(0);
    Arguments::of(find(&call.name).unwrap(), &call)
}

fn answer(outcome: Outcome) -> (u8, String) {
    match outcome {
        Err(Failure::Answer { code, text }) => (code, text),
        other => panic!("{other:?}"),
    }
}

#[test]
fn tasks_are_listed_in_the_order_of_the_alphabet_each_once() {
    let names: Vec<_> = TASKS.iter().map(|task| task.name).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(names, sorted);
}

#[test]
fn the_count_is_checked_before_the_values() {
    let missing = "There are 4 required arguments".to_owned();
    for words in [
        "portus:create_user",
        "portus:create_user[a,b]",
        "portus:create_user[a,b,c,d,e]",
    ] {
        assert_eq!(
            answer(arguments(&[words]).unwrap().check_count()),
            (255, missing.clone())
        );
    }
    let empty = arguments(&["portus:create_user[a,,12341234,false]"]).unwrap();
    let text = "You have to provide a value for `email'".to_owned();
    assert_eq!(answer(empty.check_count()), (255, text));
}

#[test]
fn the_optional_argument_may_be_missing_or_empty() {
    for words in ["[r,h,false]", "[r,h,false,]", "[r,h,false,x]"] {
        let word = format!("portus:create_registry{words}");
        assert_eq!(arguments(&[&word]).unwrap().check_count(), Ok(()));
    }
}

#[test]
fn flags_name_what_the_list_leaves_out() {
    let words = [
        "portus:create_user",
        "--email=a@b",
        "--admin=no",
        "--username=a,b",
        "--password=x",
    ];
    let named = arguments(&words).unwrap();
    assert_eq!(named.check_count(), Ok(()));
    assert_eq!(named.get("username"), "a,b");
    assert_eq!(named.boolean("admin"), Ok(false));
}

#[test]
fn an_unknown_flag_is_answered_with_the_known_ones() {
    let failure = arguments(&["portus:make_admin", "--name=x"]).unwrap_err();
    let text = "portus:make_admin has no flag --name; it takes --username=…".to_owned();
    assert_eq!(failure, Failure::Aborted(text));
}

#[test]
fn no_is_no_and_other_words_are_refused() {
    assert_eq!(boolean("No"), Some(false));
    assert_eq!(boolean("TRUE"), Some(true));
    assert_eq!(boolean("2"), None);
    assert_eq!(boolean(""), None);
}
