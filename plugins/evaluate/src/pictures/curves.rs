//! Curves over thresholds and probabilities, and what estimates are off by.

use dagwood_plots::{Axis, Chart, Mark, Panel, Series, draw};
use dagwood_tabular::metrics::Errors;
use dagwood_tabular::model::Model;
use dagwood_tabular::wording::count;

use crate::certainty::Certainty;
use crate::judgement::Judgement;
use crate::limits::{CURVES_MAX, DOTS_MAX};

/// A model's judgement, and that of an earlier one on the same rows.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// The model.
    pub model: &'a Model,
    /// How it does.
    pub judgement: &'a Judgement,
    /// How the earlier one does.
    pub baseline: Option<&'a Judgement>,
}

/// A curve of a class, and what it sums up to.
struct Curve {
    name: String,
    points: Vec<(f64, f64)>,
    figure: Option<f64>,
}

/// What a kind of curve is made of: of a class its points and its figure.
type Of = fn(&Certainty, usize) -> Option<(Vec<(f64, f64)>, Option<f64>)>;

impl Compared<'_> {
    /// One curve for each class, or of two classes for the second; both models' if there are two.
    fn curves(&self, of: Of) -> Vec<Curve> {
        let classes = &self.model.classes;
        let drawn = self.drawn();
        let mut curves = Vec::new();
        for (judgement, who) in [(Some(self.judgement), "model"), (self.baseline, "baseline")] {
            let Some(Judgement::Classes { certainty, .. }) = judgement else { continue };
            for class in &drawn {
                let Some((points, figure)) = of(certainty, *class) else { continue };
                let name = match (drawn.len(), self.baseline) {
                    (1, None) => String::new(),
                    (1, Some(_)) => who.to_owned(),
                    (_, None) => classes[*class].clone(),
                    (_, Some(_)) => format!("{who}, {}", classes[*class]),
                };
                curves.push(Curve { name, points, figure });
            }
        }
        curves
    }

    /// Classes that have a curve: of two the second; of many those with the most rows.
    fn drawn(&self) -> Vec<usize> {
        let Judgement::Classes { confusion, .. } = self.judgement else { return Vec::new() };
        if confusion.classes() == 2 {
            return vec![1];
        }
        let most = if self.baseline.is_some() { CURVES_MAX / 2 } else { CURVES_MAX };
        let mut classes: Vec<_> = (0..confusion.classes()).collect();
        classes.sort_by_key(|class| std::cmp::Reverse(confusion.support(*class)));
        classes.truncate(most);
        classes.sort_unstable();
        classes
    }

    /// Of which class the picture is, where it is of one.
    fn about(&self) -> String {
        match &self.model.classes[..] {
            [_, second] => format!("{} = {second}", self.model.target),
            _ => self.model.target.clone(),
        }
    }
}

fn areas(curves: &[Curve], figure: &str) -> String {
    let one = |curve: &Curve| {
        let area = curve.figure.map_or_else(|| "none".to_owned(), |area| format!("{area:.4}"));
        if curve.name.is_empty() { area } else { format!("{} {area}", curve.name) }
    };
    let all = curves.iter().map(one).collect::<Vec<_>>().join(", ");
    if curves.is_empty() { "rows of one class alone have no such curve".into() } else { format!("{figure}: {all}") }
}

fn picture(
    title: &str,
    facts: &str,
    (x, y): (Axis<'_>, Axis<'_>),
    curves: &[Curve],
    mark: Mark,
    line: Option<Series<'_>>,
) -> String {
    let of_curve = |(colour, curve): (usize, &'_ Curve)| (colour, curve.points.clone());
    let drawn = curves.iter().enumerate().map(of_curve).zip(curves);
    let series = drawn.map(|((colour, points), curve)| Series { name: &curve.name, points, mark, colour });
    let panel = Panel { title: None, x, y, series: line.into_iter().chain(series).collect() };
    let description = format!("{facts}.");
    draw(&Chart { title, facts, description: &description, panels: vec![panel], columns: 1, panel_size: (520, 440) })
}

fn diagonal(name: &str) -> Series<'_> {
    Series { name, points: vec![(0.0, 0.0), (1.0, 1.0)], mark: Mark::Reference, colour: 0 }
}

/// Draws how many rows of a class are found against how many others are taken for it, over all thresholds.
pub fn draw_roc(of: &Compared<'_>) -> String {
    let curves = of.curves(|certainty, class| {
        certainty.rankings[class].as_ref().map(|ranking| (ranking.roc.clone(), Some(ranking.roc_auc)))
    });
    let axes = (Axis::share("False positive rate"), Axis::share("True positive rate"));
    let title = format!("ROC curve of {}", of.about());
    picture(&title, &areas(&curves, "Area under the curve"), axes, &curves, Mark::Line, Some(diagonal("by chance")))
}

/// Draws how many of the rows taken for a class are of it against how many of its rows are found, over all thresholds.
pub fn draw_precision_recall(of: &Compared<'_>) -> String {
    let curves = of.curves(|certainty, class| {
        let ranking = certainty.rankings[class].as_ref();
        ranking.map(|ranking| (ranking.precision_recall.clone(), Some(ranking.pr_auc)))
    });
    let axes = (Axis::share("Recall"), Axis::share("Precision"));
    let title = format!("Precision and recall of {}", of.about());
    picture(&title, &areas(&curves, "Average precision"), axes, &curves, Mark::Line, None)
}

/// Draws how often what was given a probability came true.
pub fn draw_calibration(of: &Compared<'_>) -> String {
    let curves = of.curves(|certainty, class| {
        let bins = &certainty.calibrations[class];
        Some((bins.iter().map(|bin| (bin.predicted, bin.observed)).collect(), None))
    });
    let axes = (Axis::share("Mean predicted probability"), Axis::share("Share that it came true of"));
    let title = format!("Calibration of {}", of.about());
    let brier =
        |judgement: &Judgement| judgement.figures().brier.map(|brier| format!("{brier:.4}")).unwrap_or_default();
    let mut facts = format!("Brier score: {}", brier(of.judgement));
    if let Some(baseline) = of.baseline {
        facts = format!("Brier score: model {}, baseline {}", brier(of.judgement), brier(baseline));
    }
    picture(&title, &facts, axes, &curves, Mark::LineAndDots, Some(diagonal("as predicted")))
}

/// Draws what estimates are off by, against the estimates.
pub fn draw_residuals(target: &str, estimates: &[f64], truth: &[f64], errors: &Errors) -> String {
    let step = estimates.len().div_ceil(DOTS_MAX).max(1);
    let points: Vec<_> =
        estimates.iter().zip(truth).step_by(step).map(|(estimate, truth)| (*estimate, truth - estimate)).collect();
    let x = Axis::over("Estimate", points.iter().map(|point| point.0));
    let y = Axis::over("Truth less estimate", points.iter().map(|point| point.1));
    let shown = if step == 1 { String::new() } else { format!(", {} of them shown", points.len()) };
    let facts = format!(
        "{}{shown}; RMSE {:.4}, MAE {:.4}, R² {:.4}",
        count(estimates.len(), "row"),
        errors.rmse,
        errors.mae,
        errors.r2
    );
    let zero = vec![(x.range.start, 0.0), (x.range.end, 0.0)];
    let series = vec![
        Series { name: "", points, mark: Mark::Cloud, colour: 0 },
        Series { name: "", points: zero, mark: Mark::Reference, colour: 0 },
    ];
    let title = format!("Residuals of {target}");
    let description = format!("{facts}.");
    let panels = vec![Panel { title: None, x, y, series }];
    draw(&Chart { title: &title, facts: &facts, description: &description, panels, columns: 1, panel_size: (600, 400) })
}
