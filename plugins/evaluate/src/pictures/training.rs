//! How training went: the loss by iteration.

use dagwood_plots::{Axis, Chart, Mark, Panel, Series, Ticks, draw};
use dagwood_tabular::model::{Estimator, Model};
use dagwood_tabular::wording::count;

/// Draws the losses that the model file keeps.
pub fn draw_loss(model: &Model) -> String {
    let training = &model.training;
    let points = |losses: &[f64]| losses.iter().enumerate().map(|(at, loss)| (at as f64, *loss)).collect::<Vec<_>>();
    let mut series = vec![Series {
        name: if training.held_back_losses.is_empty() { "" } else { "trained on" },
        points: points(&training.losses),
        mark: Mark::Line,
        colour: 0,
    }];
    if !training.held_back_losses.is_empty() {
        let points = points(&training.held_back_losses);
        series.push(Series { name: "held back", points, mark: Mark::Line, colour: 1 });
    }
    let (step, steps) = match model.estimator {
        Estimator::GradientBoostedTrees { .. } => ("round", "Round"),
        Estimator::LogisticRegression { .. } | Estimator::LinearRegression { .. } => ("iteration", "Iteration"),
    };
    let first = training.losses.first().copied().unwrap_or(training.loss);
    let end = if training.converged { "" } else { ", not converged" };
    let facts = format!("{}, from {first:.4} to {:.4}{end}", count(training.iterations, step), training.loss);
    let all = training.losses.iter().chain(&training.held_back_losses).copied();
    let last = training.losses.len().max(2) - 1;
    let label = if model.is_regression() { "Half the mean squared error" } else { "Mean log-loss, nats" };
    let panel = Panel {
        title: None,
        x: Axis { label: steps, range: 0.0..last as f64, ticks: Ticks::Whole },
        y: Axis::over(label, all),
        series,
    };
    draw(&Chart {
        title: &format!("Loss while {} was learnt", model.target),
        facts: &facts,
        description: &format!("{facts}."),
        panels: vec![panel],
        columns: 1,
        panel_size: (560, 360),
    })
}
