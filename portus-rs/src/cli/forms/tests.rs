use proptest::prelude::*;

use super::*;

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

fn form(line: &str) -> Form {
    let mut all = words(line);
    let program = all.remove(0);
    read(&program, all)
}

fn rake_words(line: &str) -> Form {
    Form::Rake(words(line))
}

fn native(line: &str) -> Form {
    Form::Native(words(line))
}

#[test]
fn every_wrapper_of_rake_means_the_same_task() {
    for line in [
        "portus-rs portus:make_admin[bob]",
        "portus-rs rake portus:make_admin[bob]",
        "portus-rs bundle exec rake portus:make_admin[bob]",
        "/usr/bin/bundle exec rake portus:make_admin[bob]",
        "rake portus:make_admin[bob]",
        "/usr/local/bin/portusctl exec rake portus:make_admin[bob]",
        "portusctl exec -l /srv/Portus -v rake portus:make_admin[bob]",
        "portusctl exec --local /srv/Portus --vendor bundle exec rake portus:make_admin[bob]",
        "portusctl rake portus:make_admin[bob]",
        "portusctl make_admin bob",
        "rails portus:make_admin[bob]",
    ] {
        assert_eq!(form(line), rake_words("portus:make_admin[bob]"), "{line}");
    }
}

#[test]
fn an_empty_name_is_no_argument() {
    assert_eq!(
        read("portusctl", ["make_admin".to_owned(), String::new()]),
        rake_words("portus:make_admin")
    );
    assert_eq!(
        form("portusctl make_admin"),
        rake_words("portus:make_admin")
    );
}

#[test]
fn scripts_are_known_by_their_file_name() {
    for line in [
        "portusctl exec rails r /srv/Portus/bin/health.rb -c registry -q",
        "portus-rs rails runner bin/health.rb -c registry -q",
        "rails r -e production bin/health.rb -c registry -q",
        "portus-rs /srv/Portus/bin/health.rb -c registry -q",
        "portus-rs health -c registry -q",
    ] {
        let expected = if line.contains("-e production") {
            // What stands behind a flag of the runner is a script too, as far as anybody can tell.
            Form::Unavailable("production".to_owned())
        } else {
            native("health -c registry -q")
        };
        assert_eq!(form(line), expected, "{line}");
    }
    assert_eq!(form("portus-rs bin/crono"), native("crono"));
}

#[test]
fn the_old_servers_are_ours() {
    for line in [
        "rails s",
        "portusctl exec rails server",
        "bundle exec puma",
        "bundle exec pumactl -F config/puma.rb start",
    ] {
        assert_eq!(form(line), native("serve"), "{line}");
    }
    assert_eq!(form("bundle exec crono"), native("crono"));
    assert_eq!(form("crono"), native("crono"));
}

#[test]
fn what_does_not_exist_here_is_named() {
    assert_eq!(form("rails c"), Form::Unavailable("rails c".to_owned()));
    assert_eq!(
        form("portusctl exec rails db"),
        Form::Unavailable("rails db".to_owned())
    );
    assert_eq!(
        form("bundle exec rspec"),
        Form::Unavailable("rspec".to_owned())
    );
    assert_eq!(
        form("bundle install"),
        Form::Unavailable("bundle".to_owned())
    );
    assert_eq!(
        form("rails r /tmp/mine.rb"),
        Form::Unavailable("/tmp/mine.rb".to_owned())
    );
    assert_eq!(form("portusctl exec"), Form::NothingToRun);
    assert_eq!(form("portusctl rake"), Form::NothingToRun);
}

#[test]
fn the_list_of_tasks_has_many_names() {
    for line in [
        "portus-rs -T",
        "rake --tasks",
        "bundle exec rake -P",
        "rake -D",
        "portus-rs --trace -T",
    ] {
        assert_eq!(form(line), Form::ListTasks(None), "{line}");
    }
    assert_eq!(
        form("rake -T portus:db"),
        Form::ListTasks(Some("portus:db".to_owned()))
    );
}

#[test]
fn no_words_are_the_containers_entry() {
    assert_eq!(form("portus-rs"), Form::Entry);
    assert_eq!(form("/opt/bin/portus-rs"), Form::Entry);
}

proptest! {
    #[test]
    fn reading_never_panics(
        program in "portus-rs|bundle|rake|rails|portusctl|crono|\\PC{0,8}",
        words in prop::collection::vec("exec|rake|rails|r|-l|-T|bin/health.rb|make_admin|\\PC{0,8}", 0..7),
    ) {
        let _ = read(&program, words);
    }
}
