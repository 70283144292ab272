//! One figure: what was measured, beside what, and whether it reaches its goal.

use serde::Serialize;

use crate::measure::Measured;

/// A figure of the table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) figure: String,
    /// Of `ours` and of `beside`.
    pub(crate) unit: &'static str,
    /// What dagwood takes or does.
    pub(crate) ours: Measured,
    /// What it is held against, measured in the same run.
    pub(crate) beside: Option<Beside>,
    /// Ours by the other.
    pub(crate) ratio: Option<f64>,
    /// What is to be reached, in words.
    pub(crate) goal: Option<String>,
    /// Whether it is.
    pub(crate) reached: Option<bool>,
    /// What a reader must know besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

/// What a figure is held against.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Beside {
    /// What it is.
    pub(crate) what: String,
    /// What was measured.
    #[serde(flatten)]
    pub(crate) measured: Measured,
}

impl Figure {
    /// A figure without a goal.
    pub(crate) fn new(figure: impl Into<String>, unit: &'static str, ours: Measured) -> Self {
        let figure = figure.into();
        Self { figure, unit, ours, beside: None, ratio: None, goal: None, reached: None, note: None }
    }

    /// Held against this.
    pub(crate) fn beside(self, what: impl Into<String>, measured: &Measured) -> Self {
        let ratio = Some(self.ours.median / measured.median);
        Self { beside: Some(Beside { what: what.into(), measured: measured.clone() }), ratio, ..self }
    }

    /// At most `most`.
    pub(crate) fn at_most(self, most: f64) -> Self {
        let (goal, reached) = (format!("≤ {}", show(most)), self.ours.median <= most);
        self.goal(goal, reached)
    }

    /// At least `least`.
    pub(crate) fn at_least(self, least: f64) -> Self {
        let (goal, reached) = (format!("≥ {}", show(least)), self.ours.median >= least);
        self.goal(goal, reached)
    }

    /// At most so many times what it is held against.
    pub(crate) fn at_most_times(self, most: f64) -> Self {
        let reached = self.ratio.is_some_and(|ratio| ratio <= most);
        self.goal(format!("≤ {} ×", show(most)), reached)
    }

    /// What is to be reached, and whether it is.
    pub(crate) fn goal(self, goal: impl Into<String>, reached: bool) -> Self {
        Self { goal: Some(goal.into()), reached: Some(reached), ..self }
    }

    /// What a reader must know besides.
    pub(crate) fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }
}

/// A number with three digits that matter, or all before the point.
pub(crate) fn show(number: f64) -> String {
    match number.abs() {
        size if size >= 100.0 => thousands(number.round() as i64),
        size if size >= 10.0 => format!("{number:.1}"),
        size if size >= 0.1 || size == 0.0 => trimmed(&format!("{number:.2}")),
        _ => trimmed(&format!("{number:.4}")),
    }
}

fn trimmed(number: &str) -> String {
    number.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    if number < 0 { format!("-{shown}") } else { shown }
}
