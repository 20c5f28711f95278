//! Help with misspelt names.

use super::layers::known_variables;
use super::values::Values;

/// Warns of variables that look like settings and are none.
pub(super) fn unknown_variables(values: &mut Values, prefix: &str) {
    let known = known_variables(prefix);
    let under_portus = known_variables("PORTUS");
    let own = format!("{prefix}_");
    let names = values.sources.env.keys().chain(&values.sources.undecodable);
    let unknown: Vec<String> = names
        .filter(|name| name.starts_with(&own) || name.starts_with("PORTUS_"))
        .filter(|name| !known.contains(*name))
        .cloned()
        .collect();
    for name in unknown {
        let hint = if under_portus.contains(&name) {
            format!(
                "; CCONFIG_PREFIX asks for {prefix}_{}",
                name.trim_start_matches("PORTUS_")
            )
        } else {
            let near = nearest(&name, known.iter().map(String::as_str));
            near.map_or_else(String::new, |near| format!("; did you mean {near}?"))
        };
        values.warn(format!("{name} is no setting and has no effect{hint}"));
    }
}

/// The known name that `name` was most likely meant to be.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let tolerance = (name.chars().count() / 4).clamp(1, 6);
    let near = known
        .map(|candidate| (distance(name, candidate), candidate))
        .min_by_key(|(d, _)| *d)?;
    (near.0 <= tolerance).then_some(near.1)
}

/// Letters to insert, drop or replace to get from one to the other.
fn distance(one: &str, other: &str) -> usize {
    // Longer names are no misspelling, and the table below would be large.
    if one.len() > 200 {
        return usize::MAX;
    }
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}
