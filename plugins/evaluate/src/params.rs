//! What a DAG may set.

use std::collections::BTreeMap;

use dagwood_sdk::{JsonSchema, schemars};
use serde::Deserialize;

use crate::figures::{Figure, Figures};

/// What is done with the model, and what it must reach. One that does not fails the task for good, with its figures.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Whether the model is judged, or says what it makes of rows whose target nobody knows yet.
    pub mode: Mode,
    /// Figures that must be at least so great: `{ accuracy = 0.9 }`.
    pub minimum: BTreeMap<Figure, f64>,
    /// Figures that must be at most so great: `{ log_loss = 0.5 }`.
    pub maximum: BTreeMap<Figure, f64>,
    /// Figures in which the model must be as good as the earlier one, or better: `["roc_auc"]`.
    pub no_worse_in: Vec<Figure>,
    /// Whether what the model says of each row is written too, as when it predicts.
    pub predictions: bool,
}

/// What is done with the model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It is judged by rows whose target is known.
    #[default]
    Evaluate,
    /// It says of each row which class it takes it for, with all probabilities, or which number.
    Predict,
}

impl Params {
    /// What the model does not reach, a line each.
    pub fn missed(&self, figures: &Figures, baseline: Option<&Figures>) -> Vec<String> {
        let bounds = |of: &'_ BTreeMap<Figure, f64>, is_minimum: bool| -> Vec<String> {
            of.iter().filter_map(|(figure, bound)| bound_missed(*figure, *bound, is_minimum, figures)).collect()
        };
        let worse = |figure: &Figure| worse(*figure, figures, baseline?);
        let mut missed = bounds(&self.minimum, true);
        missed.extend(bounds(&self.maximum, false));
        missed.extend(self.no_worse_in.iter().filter_map(worse));
        missed
    }

    /// Whether it asks for anything that only a judgement tells.
    pub fn has_gate(&self) -> bool {
        !(self.minimum.is_empty() && self.maximum.is_empty() && self.no_worse_in.is_empty())
    }
}

fn bound_missed(figure: Figure, bound: f64, is_minimum: bool, figures: &Figures) -> Option<String> {
    let (name, word) = (figure.name(), if is_minimum { "least" } else { "most" });
    match figure.of(figures) {
        Some(found) if is_minimum && found >= bound => None,
        Some(found) if !is_minimum && found <= bound => None,
        Some(found) => Some(format!("{name} is {}, and must be at {word} {bound}", shown(found, bound))),
        None => Some(format!("{name} must be at {word} {bound}, and {}", not_told(figure, figures))),
    }
}

fn worse(figure: Figure, figures: &Figures, baseline: &Figures) -> Option<String> {
    let name = figure.name();
    match (figure.of(figures), figure.of(baseline)) {
        (Some(own), Some(other)) if (own >= other) != figure.is_error() || own == other => None,
        (Some(own), Some(other)) => {
            let (own, other) = apart(own, other);
            Some(format!("{name} is {own}, and must be no worse than the earlier model's {other}"))
        }
        (None, _) | (_, None) => {
            Some(format!("{name} must be no worse than the earlier model's, and {}", not_told(figure, figures)))
        }
    }
}

/// A figure with four digits behind the point, or as many as it takes to tell it from the other, and on the same side of it.
fn shown(figure: f64, other: f64) -> String {
    let tells_apart =
        |text: &String| text.parse::<f64>().is_ok_and(|read| read.partial_cmp(&other) == figure.partial_cmp(&other));
    (4..=17).map(|digits| format!("{figure:.digits$}")).find(tells_apart).unwrap_or_else(|| figure.to_string())
}

fn not_told(figure: Figure, figures: &Figures) -> &'static str {
    let ranks = matches!(figure, Figure::RocAuc | Figure::PrAuc);
    match figures.rmse {
        None if ranks => "rows of one class alone do not tell it",
        None => "a model of classes has none",
        Some(_) => "a model of a number has none",
    }
}

/// Two figures that differ with four digits behind the point, or as many as it takes to see it.
fn apart(a: f64, b: f64) -> (String, String) {
    let pair = |digits: usize| (format!("{a:.digits$}"), format!("{b:.digits$}"));
    (4..=17).map(pair).find(|(a, b)| a != b).unwrap_or_else(|| (a.to_string(), b.to_string()))
}

#[test]
fn figures_are_shown_as_exactly_as_it_takes() {
    assert_eq!(shown(0.75, 0.8), "0.7500");
    assert_eq!(shown(0.345_751, 0.345_75), "0.3458");
    assert_eq!(apart(0.633_98, 0.634_000_1), ("0.63398".into(), "0.63400".into()));
    assert_eq!((shown(0.633_98, 0.634), shown(0.634, 0.633_98)), ("0.63398".into(), "0.6340".into()));
    let just_less = 0.5 - f64::EPSILON / 4.0;
    assert!(shown(just_less, 0.5).parse::<f64>().unwrap() < 0.5);
    assert_eq!(shown(123_456.0, 100.0), "123456.0000");
}
