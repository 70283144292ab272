use super::{Minimum, Objective, Reason, Stop, minimise};

/// A function given as a closure over the point and its gradient.
struct Function<F>(usize, F);

impl<F: FnMut(&[f64], &mut [f64]) -> f64> Objective for Function<F> {
    fn dimension(&self) -> usize {
        self.0
    }

    fn evaluate(&mut self, at: &[f64], gradient: &mut [f64]) -> f64 {
        (self.1)(at, gradient)
    }
}

const STOP: Stop = Stop { max_iterations: 500, tolerance: 1e-9, is_scaled: false };

fn run(start: &[f64], function: impl FnMut(&[f64], &mut [f64]) -> f64) -> (Minimum, Vec<f64>) {
    let mut values = Vec::new();
    let minimum = minimise(&mut Function(start.len(), function), start.to_vec(), STOP, |_, value| values.push(value));
    (minimum, values)
}

fn rosenbrock(at: &[f64], gradient: &mut [f64]) -> f64 {
    let (a, b) = (1.0 - at[0], at[1] - at[0] * at[0]);
    gradient[0] = -2.0 * a - 400.0 * at[0] * b;
    gradient[1] = 200.0 * b;
    a * a + 100.0 * b * b
}

#[test]
fn the_bottom_of_a_curved_valley_is_found() {
    let (minimum, _) = run(&[-1.2, 1.0], rosenbrock);
    assert_eq!(minimum.reason, Reason::SmallGradient);
    assert!((minimum.at[0] - 1.0).abs() < 1e-6 && (minimum.at[1] - 1.0).abs() < 1e-6, "{minimum:?}");
}

#[test]
fn a_badly_scaled_bowl_is_found_and_the_value_never_rises() {
    let (minimum, values) = run(&[1.0; 30], |at, gradient| {
        let mut value = 0.0;
        for (place, x) in at.iter().enumerate() {
            let scale = 10.0_f64.powf(place as f64 / 12.0);
            gradient[place] = scale * (x - 0.5);
            value += scale * (x - 0.5).powi(2) / 2.0;
        }
        value
    });
    assert!(minimum.reason.is_converged(), "{:?} after {}", minimum.reason, minimum.iterations);
    assert!(minimum.at.iter().all(|x| (x - 0.5).abs() < 1e-6));
    assert!(values.windows(2).all(|pair| pair[1] <= pair[0]));
    assert_eq!(values.len(), minimum.iterations + 1);
}

#[test]
fn iterations_are_limited_and_said_to_be() {
    let stop = Stop { max_iterations: 3, tolerance: 1e-9, is_scaled: false };
    let minimum = minimise(&mut Function(2, rosenbrock), vec![-1.2, 1.0], stop, |_, _| {});
    assert_eq!((minimum.iterations, minimum.reason), (3, Reason::MaxIterations));
    assert!(!minimum.reason.is_converged());
}

#[test]
fn a_function_that_is_no_number_at_the_start_is_told_apart() {
    let (minimum, _) = run(&[0.0], |_, gradient| {
        gradient[0] = 1.0;
        f64::NAN
    });
    assert_eq!(minimum.reason, Reason::NotFinite);
}

#[test]
fn a_function_that_overflows_far_away_is_searched_nearby() {
    let (minimum, _) = run(&[15.0], |at, gradient| {
        let value = (at[0] * at[0]).exp();
        gradient[0] = 2.0 * at[0] * value;
        value
    });
    assert!(minimum.at[0].abs() < 1e-4, "{minimum:?}");
}

#[test]
fn at_the_minimum_nothing_is_done() {
    let (minimum, values) = run(&[1.0, 1.0], rosenbrock);
    assert_eq!((minimum.iterations, minimum.reason, values.len()), (0, Reason::SmallGradient, 1));
}

#[test]
fn a_slope_that_is_a_lie_leaves_the_search_stuck() {
    let (minimum, _) = run(&[0.0], |at, gradient| {
        gradient[0] = 1.0;
        at[0].abs()
    });
    assert_eq!((minimum.reason, minimum.iterations), (Reason::Stuck, 0));
}
