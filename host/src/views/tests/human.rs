use serde_json::json;

use crate::ids::Digest;
use crate::lifecycle::state::RunState;
use crate::views::human;

#[test]
fn durations_have_the_unit_that_people_would_choose() {
    let shown = [
        (0.0, "0.0 ms"),
        (0.000_84, "0.8 ms"),
        (0.0421, "42 ms"),
        (0.41, "0.41 s"),
        (12.34, "12.3 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min"),
        (123.4, "2 min 3 s"),
        (3600.0, "1 h"),
        (3725.0, "1 h 2 min"),
        (273_600.0, "3 d 4 h"),
        (-1.0, "?"),
        (f64::NAN, "?"),
    ];
    for (seconds, text) in shown {
        assert_eq!(human::duration(seconds), text, "{seconds}");
    }
}

#[test]
fn sizes_are_in_powers_of_1024() {
    let shown = [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (1_048_575, "1.0 MiB"),
        (5 << 30, "5.0 GiB"),
        (u64::MAX, "16.0 EiB"),
    ];
    for (bytes, text) in shown {
        assert_eq!(human::size(bytes), text, "{bytes}");
    }
}

#[test]
fn instants_are_in_utc_to_the_second() -> Result<(), jiff::Error> {
    assert_eq!(human::instant("2026-01-01T01:00:05.999999+01:00".parse()?), "2026-01-01 00:00:05Z");
    assert_eq!(human::instant_or_dash(None), "-");
    Ok(())
}

#[test]
fn a_success_that_hides_a_failure_says_so() {
    assert_eq!(human::run_state(RunState::Success, false), "success");
    assert_eq!(human::run_state(RunState::Success, true), "success, with failures");
    assert_eq!(human::run_state(RunState::Failed, true), "failed");
}

#[test]
fn values_become_one_short_line() {
    assert_eq!(human::value(&json!(null), 80), "");
    assert_eq!(human::value(&json!("two\nlines"), 80), "\"two\\nlines\"");
    assert_eq!(human::value(&json!({"accuracy": 0.982_456_14, "rows": 344}), 80), "accuracy=0.9825 rows=344");
    assert_eq!(human::value(&json!({"m": [[1, 2], [3, 4]], "ok": true}), 80), "m=[[1,2],[3,4]] ok=true");
    assert_eq!(human::value(&json!([1, 2, 3]), 5), "[1,2…");
    assert_eq!(human::value(&json!({"\u{1b}[31m": "\u{202e}"}), 80), "\\u{1b}[31m=\"\\u{202e}\"");
}

#[test]
fn numbers_keep_what_can_be_compared_by_eye() {
    let shown = [(0.5, "0.5"), (1.0, "1"), (0.000_012, "1.200e-5"), (0.0, "0"), (-2.5, "-2.5"), (1e15, "1.000e15")];
    for (number, text) in shown {
        assert_eq!(human::float(number), text);
    }
}

#[test]
fn digests_are_shown_by_their_beginning() {
    assert_eq!(human::digest(Digest::of(b"")), "af1349b9f5f9");
}
