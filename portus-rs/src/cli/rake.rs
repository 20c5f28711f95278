//! The argument language of rake: `task[a, b\,c] --name=value VAR=value other_task`. Pure; knows no task by name.
//!
//! Words are taken as the shell hands them over: blanks and commas within a list are kept apart from those between
//! words, so that a password arrives as it was typed.

/// What the words ask for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// In the order in which they are to run.
    pub calls: Vec<Call>,
    /// `VAR=value`, for this run only.
    pub environment: Vec<(String, String)>,
    /// `--trace`.
    pub trace: bool,
}

/// One task and what it was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    pub name: String,
    /// The bracket list; empty when there is none, as rake has it.
    pub items: Vec<String>,
    /// `--name=value`, the value absent from a bare `--name`.
    pub flags: Vec<(String, Option<String>)>,
}

/// Why words are no request. The text says what to write.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misread {
    #[error(
        "the list of '{0}' is never closed: write {0}[a,b], in quotes where the shell needs them"
    )]
    Unclosed(String),
    #[error("'{0}' belongs behind the task it is for")]
    FlagWithoutTask(String),
}

/// Reads words that rake would have got.
pub fn read<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Result<Request, Misread> {
    let mut request = Request::default();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let word = word.as_ref();
        if let Some(flag) = word.strip_prefix("--") {
            match (flag, request.calls.last_mut()) {
                ("trace" | "verbose", _) => request.trace = true,
                ("" | "quiet" | "silent", _) => {}
                (flag, Some(call)) => call.flags.push(split_flag(flag)),
                (_, None) => return Err(Misread::FlagWithoutTask(word.to_owned())),
            }
        } else if matches!(word, "-t" | "-v") {
            request.trace = true;
        } else if matches!(word, "-q" | "-s") {
            // Tasks say no more than they must anyway.
        } else if word.starts_with('-') && word.len() > 1 {
            match request.calls.last_mut() {
                Some(call) => call.flags.push((word[1..].to_owned(), None)),
                None => return Err(Misread::FlagWithoutTask(word.to_owned())),
            }
        } else if let Some(assignment) = assignment(word) {
            request.environment.push(assignment);
        } else {
            request.calls.push(call(word, &mut words)?);
        }
    }
    Ok(request)
}

/// `NAME=value` of a variable.
pub fn assignment(word: &str) -> Option<(String, String)> {
    let (name, value) = word.split_once('=')?;
    let mut letters = name.chars();
    let starts = letters
        .next()
        .is_some_and(|c| c.is_ascii_uppercase() || c == '_');
    let goes_on = letters.all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    (starts && goes_on).then(|| (name.to_owned(), value.to_owned()))
}

fn split_flag(flag: &str) -> (String, Option<String>) {
    match flag.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (flag.to_owned(), None),
    }
}

fn call<S: AsRef<str>>(word: &str, more: &mut impl Iterator<Item = S>) -> Result<Call, Misread> {
    let Some((name, list)) = word.split_once('[') else {
        return Ok(Call {
            name: word.to_owned(),
            ..Call::default()
        });
    };
    let mut list = list.to_owned();
    while !list.ends_with(']') {
        let next = more
            .next()
            .ok_or_else(|| Misread::Unclosed(name.to_owned()))?;
        list.push(' ');
        list.push_str(next.as_ref());
    }
    list.pop();
    Ok(Call {
        name: name.to_owned(),
        items: items(&list),
        flags: Vec::new(),
    })
}

/// The items of a list: apart at commas, a comma within one written as `\,`, blanks around them dropped.
fn items(list: &str) -> Vec<String> {
    if list.is_empty() {
        return Vec::new();
    }
    let mut items = vec![String::new()];
    let mut letters = list.chars().peekable();
    while let Some(letter) = letters.next() {
        let item = items.last_mut().expect("there is always one");
        match letter {
            '\\' if letters.peek() == Some(&',') => {
                letters.next();
                item.push(',');
            }
            ',' => items.push(String::new()),
            other => item.push(other),
        }
    }
    for item in &mut items {
        *item = item.trim().to_owned();
    }
    items
}

#[cfg(test)]
mod tests;
