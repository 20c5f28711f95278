//! What was measured, beside what it should be.

/// What a figure is held to.
#[derive(Clone, Copy, Debug)]
pub enum Bar {
    AtLeast(f64),
    AtMost(f64),
}

/// One figure.
struct Row {
    what: String,
    size: String,
    measured: f64,
    bar: Bar,
    unit: &'static str,
    note: String,
}

impl Row {
    /// Above 1 the bar is met, by that factor.
    fn margin(&self) -> f64 {
        match self.bar {
            Bar::AtLeast(bar) => self.measured / bar,
            Bar::AtMost(bar) => bar / self.measured,
        }
    }
}

/// All figures of a run.
#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds a figure in `unit`, at some size, and says so at once, since the whole takes minutes.
    pub fn add(
        &mut self,
        what: impl Into<String>,
        size: impl Into<String>,
        (measured, unit): (f64, &'static str),
        bar: Bar,
        note: impl Into<String>,
    ) {
        let row = Row {
            what: what.into(),
            size: size.into(),
            measured,
            bar,
            unit,
            note: note.into(),
        };
        eprintln!("  {}", line(&row));
        self.rows.push(row);
    }

    /// How many figures miss their bar by more than this part of it.
    pub fn missed_by(&self, part: f64) -> usize {
        let missed = |row: &&Row| match row.bar {
            Bar::AtLeast(bar) => row.measured < bar * (1.0 - part),
            Bar::AtMost(bar) => row.measured > bar * (1.0 + part),
        };
        self.rows.iter().filter(missed).count()
    }

    pub fn print(&self) {
        println!("| what | size | measured | bar | margin | met | from |");
        println!("|---|---|---|---|---|---|---|");
        for row in &self.rows {
            println!("{}", line(row));
        }
    }
}

fn line(row: &Row) -> String {
    let (sign, bar) = match row.bar {
        Bar::AtLeast(bar) => ('≥', bar),
        Bar::AtMost(bar) => ('≤', bar),
    };
    let margin = row.margin();
    format!(
        "| {} | {} | {} | {sign} {} | {margin:.2} | {} | {} |",
        row.what,
        row.size,
        figure(row.measured, row.unit),
        figure(bar, row.unit),
        if margin >= 1.0 { "yes" } else { "NO" },
        row.note
    )
}

fn figure(value: f64, unit: &str) -> String {
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    let space = if unit.is_empty() || unit == "x" {
        ""
    } else {
        " "
    };
    format!("{value:.digits$}{space}{unit}")
}
