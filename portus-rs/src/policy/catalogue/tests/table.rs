//! One action's table with what makes no difference left out: things that are treated alike share their rows, and a row
//! names only the switches on which it depends.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Action, Decision};
use super::world::{Persona, SWITCHES, Switches, objects};
use crate::policy::Rule;

pub struct Table {
    pub personas: Vec<Persona>,
    pub groups: Vec<Group>,
    /// The reasons, in the order in which they are met.
    pub rules: Vec<Rule>,
}

/// Things that are treated alike.
pub struct Group {
    pub objects: String,
    pub rows: Vec<Row>,
}

pub struct Row {
    pub when: String,
    pub cells: Vec<Decision>,
}

/// For each setting of all switches, the number of its cells.
type Answers = Vec<usize>;

impl Table {
    pub fn of(action: &Action, personas: &[Persona]) -> Self {
        let mut known: Vec<Vec<Decision>> = Vec::new();
        let mut alike: Vec<(Answers, Vec<&'static str>)> = Vec::new();
        for object in objects(action.about) {
            let answers: Answers = (0..Switches::count())
                .map(|number| {
                    let rules = Switches::rules(number);
                    let cells: Vec<Decision> = personas
                        .iter()
                        .map(|persona| {
                            action
                                .decide(persona.standing(&object.thing), &object.thing, &rules)
                                .expect("the action's own kind")
                        })
                        .collect();
                    known.iter().position(|it| *it == cells).unwrap_or_else(|| {
                        known.push(cells);
                        known.len() - 1
                    })
                })
                .collect();
            match alike.iter_mut().find(|(it, _)| *it == answers) {
                Some((_, names)) => names.push(object.name),
                None => alike.push((answers, vec![object.name])),
            }
        }
        let groups: Vec<Group> = alike
            .into_iter()
            .map(|(answers, names)| Group {
                objects: together(&names),
                rows: branches(&answers, &BTreeMap::new())
                    .into_iter()
                    .map(|(fixed, number)| Row {
                        when: words(&fixed),
                        cells: known[number].clone(),
                    })
                    .collect(),
            })
            .collect();
        let mut rules = Vec::new();
        for cell in groups
            .iter()
            .flat_map(|it| &it.rows)
            .flat_map(|it| &it.cells)
        {
            if !rules.contains(&cell.verdict.rule) {
                rules.push(cell.verdict.rule);
            }
        }
        Self {
            personas: personas.to_vec(),
            groups,
            rules,
        }
    }

    /// The footnote of a cell.
    pub fn letter(&self, decision: &Decision) -> String {
        let number = self
            .rules
            .iter()
            .position(|rule| *rule == decision.verdict.rule);
        letters(number.expect("a rule of this table"))
    }
}

pub fn letters(number: usize) -> String {
    char::from(b'a' + u8::try_from(number).expect("few rules")).to_string()
}

/// By switch, the values it may have.
type Fixed = BTreeMap<usize, BTreeSet<usize>>;

/// The fewest cases that tell all answers apart.
fn branches(answers: &Answers, fixed: &Fixed) -> Vec<(Fixed, usize)> {
    let within: Vec<(Vec<usize>, usize)> = answers
        .iter()
        .enumerate()
        .map(|(number, answer)| (Switches::values(number), *answer))
        .filter(|(values, _)| fixed.iter().all(|(at, some)| some.contains(&values[*at])))
        .collect();
    let first = within[0].1;
    if within.iter().all(|(_, answer)| *answer == first) {
        return vec![(fixed.clone(), first)];
    }
    let free = (0..SWITCHES.len()).filter(|at| !fixed.contains_key(at));
    let split = free.filter_map(|at| {
        // Values of this switch with the same answers stay together.
        let mut parts: Vec<(Vec<usize>, BTreeSet<usize>)> = Vec::new();
        for value in 0..SWITCHES[at].values.len() {
            let part: Vec<usize> = within
                .iter()
                .filter(|(values, _)| values[at] == value)
                .map(|(_, answer)| *answer)
                .collect();
            match parts.iter_mut().find(|(it, _)| *it == part) {
                Some((_, values)) => drop(values.insert(value)),
                None => parts.push((part, BTreeSet::from([value]))),
            }
        }
        if parts.len() < 2 {
            return None;
        }
        let rows: Vec<(Fixed, usize)> = parts
            .into_iter()
            .flat_map(|(_, values)| {
                let mut fixed = fixed.clone();
                fixed.insert(at, values);
                branches(answers, &fixed)
            })
            .collect();
        Some(rows)
    });
    split
        .min_by_key(Vec::len)
        .expect("a switch that makes a difference")
}

fn words(fixed: &Fixed) -> String {
    let words: Vec<String> = fixed
        .iter()
        .map(|(at, values)| {
            let switch = &SWITCHES[*at];
            let values: Vec<&str> = values.iter().map(|it| switch.values[*it]).collect();
            let name = switch.name.trim_start_matches("user_permission.");
            let name = name.trim_end_matches(".policy");
            format!("{name} {}", values.join(" or "))
        })
        .collect();
    if words.is_empty() {
        "always".to_owned()
    } else {
        words.join(", ")
    }
}

/// `team private/protected, own private`.
fn together(names: &[&str]) -> String {
    let mut parts: Vec<(&str, Vec<&str>)> = Vec::new();
    for name in names {
        let split = name
            .split_once(' ')
            .filter(|(_, word)| ["private", "protected", "public"].contains(word));
        let Some((noun, word)) = split else {
            parts.push((name, Vec::new()));
            continue;
        };
        match parts.iter_mut().find(|(it, _)| *it == noun) {
            Some((_, words)) => words.push(word),
            None => parts.push((noun, vec![word])),
        }
    }
    let parts: Vec<String> = parts
        .into_iter()
        .map(|(noun, words)| match words.len() {
            0 => noun.to_owned(),
            3 => format!("{noun} (any)"),
            _ => format!("{noun} {}", words.join("/")),
        })
        .collect();
    parts.join(", ")
}
