use dagwood_tabular::metrics::Errors;
use dagwood_tabular::model::{Estimator, Model};

use super::{Compared, draw_calibration, draw_confusion, draw_loss, draw_precision_recall, draw_residuals, draw_roc};
use crate::certainty::judge_all;
use crate::confusion::Confusion;
use crate::fixture::{model, names};
use crate::judgement::Judgement;

#[test]
fn the_picture_says_in_words_what_it_shows() {
    let confusion = Confusion::of(2, &[0, 0, 0, 1], &[0, 0, 1, 1]);
    let svg = draw_confusion("late", &names(&["no", "yes"]), &confusion);
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("role=\"img\" aria-labelledby=\"title description\""));
    assert!(svg.contains("4 rows, 75.0 % right. no, 3 rows: 2 as no, 1 as yes. yes, 1 row: 1 as yes."), "{svg}");
    assert!(svg.contains("<title>1 row of no predicted as yes (33.3 %)</title>"));
}

#[test]
fn names_from_the_data_cannot_leave_their_place() {
    let nasty = names(&["<script>alert(1)</script>", "\"/><a href='x'>&\u{0}\u{202e}"]);
    let confusion = Confusion::of(2, &[0, 1], &[0, 1]);
    let svg = draw_confusion("]]><x onload=\"y\">", &nasty, &confusion);
    for tag in ["<script", "<a ", "<x "] {
        assert!(!svg.contains(tag), "{tag}");
    }
    assert!(!svg.contains('\u{0}') && !svg.contains('\u{202e}'));
}

#[test]
fn many_classes_are_drawn_with_less_and_less_beside_them() {
    for (count, numbers, names) in [(20, true, true), (40, false, true), (80, false, false), (300, false, false)] {
        let every = (0..count as u32).collect::<Vec<_>>();
        let confusion = Confusion::of(count, &every, &every);
        let names_of = (0..count).map(|class| format!("class {class}")).collect::<Vec<_>>();
        let svg = draw_confusion("y", &names_of, &confusion);
        assert_eq!(svg.contains(">1</text>"), numbers, "{count}");
        assert_eq!(svg.contains(">class 3</text>"), names, "{count}");
        assert_eq!(svg.contains("the 100 most frequent of 300 classes"), count == 300);
        assert!(svg.len() < 4_000_000);
    }
}

#[test]
fn a_model_without_rows_to_try_it_on_still_gives_a_picture() {
    let svg = draw_confusion("y", &names(&["a", "b"]), &Confusion::of(2, &[], &[]));
    assert!(svg.contains("0 rows, 0.0 % right. a, 0 rows: none."));
}

fn judged(probabilities: &[f64], classes: usize, truth: &[u32]) -> Judgement {
    let (certainty, confusion) = judge_all(probabilities, classes, truth, usize::MAX);
    Judgement::Classes { confusion, certainty }
}

fn model_of(classes: &[&str]) -> Model {
    Model { classes: names(classes), ..model() }
}

/// Of as many rows as there are probabilities of the second class, every other of which is of it.
fn judgement(second: &[f64]) -> Judgement {
    let probabilities: Vec<f64> = second.iter().flat_map(|p| [1.0 - p, *p]).collect();
    let truth: Vec<u32> = (0..second.len() as u32).map(|row| row % 2).collect();
    judged(&probabilities, 2, &truth)
}

#[test]
fn curves_of_two_classes_are_those_of_the_second_with_their_areas() {
    let (model, judgement) = (model(), judgement(&[0.1, 0.9, 0.4, 0.3]));
    let of = Compared { model: &model, judgement: &judgement, baseline: None };
    assert!(
        draw_roc(&of).contains("ROC curve of late = yes") && draw_roc(&of).contains("Area under the curve: 0.7500")
    );
    assert!(draw_precision_recall(&of).contains("Average precision: 0.8333"));
    assert!(draw_calibration(&of).contains("Brier score: 0.1675"));
    assert!(!draw_roc(&of).contains("baseline"));
}

#[test]
fn two_models_stand_in_one_picture() {
    let model = model();
    let (own, earlier) = (judgement(&[0.1, 0.9, 0.4, 0.6]), judgement(&[0.1, 0.9, 0.4, 0.3]));
    let of = Compared { model: &model, judgement: &own, baseline: Some(&earlier) };
    let svg = draw_roc(&of);
    assert!(svg.contains("Area under the curve: model 1.0000, baseline 0.7500"), "{svg}");
    assert!(draw_calibration(&of).contains("Brier score: model 0.0850, baseline 0.1675"));
}

#[test]
fn of_many_classes_the_most_frequent_have_curves() {
    let names: Vec<String> = (0..20).map(|class| format!("class {class}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let truth: Vec<u32> = (0..20_u32).flat_map(|class| std::iter::repeat_n(class, class as usize + 1)).collect();
    let probabilities = vec![0.05; truth.len() * 20];
    let judgement = judged(&probabilities, 20, &truth);
    let svg = draw_roc(&Compared { model: &model_of(&names), judgement: &judgement, baseline: None });
    assert!(svg.contains("class 12 0.5000") && svg.contains("class 19 0.5000") && !svg.contains("class 11 "));
}

#[test]
fn rows_of_one_class_have_no_curve_and_say_so() {
    let truth = [1; 4];
    let judgement = judged(&[0.5; 8], 2, &truth);
    let (model, baseline) = (model(), None);
    assert!(draw_roc(&Compared { model: &model, judgement: &judgement, baseline }).contains("rows of one class alone"));
}

#[test]
fn the_loss_is_drawn_with_that_of_the_rows_held_back() {
    let estimator = Estimator::GradientBoostedTrees { base: vec![0.0], rounds: vec![] };
    let svg = draw_loss(&Model { estimator, ..model() });
    for text in ["3 rounds, from 0.7000 to 0.3000", "trained on", "held back", "Mean log-loss"] {
        assert!(svg.contains(text), "{text} in {svg}");
    }
    let mut regression = model_of(&[]);
    regression.training.held_back_losses.clear();
    regression.training.converged = false;
    let svg = draw_loss(&regression);
    assert!(svg.contains("not converged") && svg.contains("squared error") && !svg.contains("held back"));
}

#[test]
fn residuals_of_many_rows_are_an_even_choice_of_them() {
    let truth: Vec<f64> = (0..10_000).map(f64::from).collect();
    let estimates: Vec<f64> = truth.iter().map(|truth| truth + (truth * 7.0).sin()).collect();
    let svg = draw_residuals("delay", &estimates, &truth, &Errors::new(&estimates, &truth));
    assert!(svg.contains("10000 rows, 2500 of them shown; RMSE 0.7071, MAE 0.6366, R² 1.0000"), "{svg}");
    assert_eq!(svg.matches("<circle").count(), 2_500);
}
