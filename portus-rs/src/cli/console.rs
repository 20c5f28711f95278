//! Talking with whoever sits at the terminal, or with the script in their place.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use super::failure::Failure;

/// One or more lines on standard output. A reader that went away, as `head` does, is no fault of ours.
pub fn say(text: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    let _ = out
        .write_all(text.as_ref().as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush());
}

/// As [`say`], without the end of the line.
pub fn say_part(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// One or more lines on standard error.
pub fn complain(text: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
}

/// The next line of standard input, without its end. `None`: there is none.
pub fn read_line() -> Option<String> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line).ok()?;
    let line = line.strip_suffix('\n').unwrap_or(&line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    (read > 0).then(|| line.to_owned())
}

/// The secret on the next line of standard input.
pub fn read_secret(name: &str) -> Result<String, Failure> {
    read_line().ok_or_else(|| {
        Failure::Aborted(format!(
            "the {name} is to be read from standard input, which is empty"
        ))
    })
}

pub fn input_is_terminal() -> bool {
    std::io::stdin().is_terminal()
}

/// Asks until the answer is yes or no. The end of input is a no.
pub fn agrees(question: &str) -> bool {
    loop {
        say_part(question);
        let Some(answer) = read_line() else {
            say("");
            return false;
        };
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => return true,
            "n" | "no" => return false,
            _ => {}
        }
    }
}

/// Asks before something that cannot be undone: `--yes` answers beforehand, and without a terminal nothing else does.
pub fn confirm(what: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !input_is_terminal() {
        return Err(Failure::Aborted(format!(
            "{what} Nothing was done: add --yes to do it without being asked"
        )));
    }
    say(what);
    if agrees("Are you sure that you want to proceed with this ? (y/n) ") {
        Ok(())
    } else {
        Err(Failure::Answer {
            code: 1,
            text: "Nothing was done.".to_owned(),
        })
    }
}
