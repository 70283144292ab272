//! What a guest tells the host and asks of it.

use super::kit::{Core, code, describe, prepare, run};
use crate::executor::port::{Ended, Level};

const LOG: &str = r#"(import "dagwood:task/log@0.1.0" "log" (func $log (param i32 i32 i32 i32 i32)))"#;
const METRIC: &str = r#"(import "dagwood:task/metrics@0.1.0" "record-metric" (func $metric (param i32 i32 i64 f64)))"#;
const CONTEXT: &str = r#"(import "dagwood:task/context@0.1.0" "current" (func $current (param i32)))"#;

#[test]
fn a_line_of_the_log_arrives_as_it_was_said() {
    let core = Core {
        head: LOG,
        run: "(call $log (i32.const 3) (i32.const 2048) (i32.const 2) (i32.const 0) (i32.const 0))
              (i32.const 1024)",
        ..Core::default()
    };
    let prepared = prepare(&core.component());
    let heard = std::sync::Arc::clone(&prepared.heard);
    assert_eq!(code(&prepared.report()), "answered");
    assert_eq!(heard.lock().unwrap().lines, [(Level::Warn, "{}".to_owned(), Vec::new())]);
}

#[test]
fn a_long_message_is_cut_with_a_word() {
    let core = Core {
        head: LOG,
        run: "(memory.fill (i32.const 65536) (i32.const 97) (i32.const 65536))
              (call $log (i32.const 2) (i32.const 60000) (i32.const 71000) (i32.const 0) (i32.const 0))
              (i32.const 1024)",
        ..Core::default()
    };
    let prepared = prepare(&core.component());
    let heard = std::sync::Arc::clone(&prepared.heard);
    assert_eq!(code(&prepared.report()), "answered");
    let heard = heard.lock().unwrap();
    let (_, message, _) = heard.lines.first().unwrap();
    assert!(message.ends_with("… (5464 bytes cut off)"), "{}", message.len());
}

#[test]
fn text_that_is_no_text_ends_the_guest() {
    let core = Core {
        head: LOG,
        more: r#"(data (i32.const 3000) "\ff\fe")"#,
        run: "(call $log (i32.const 2) (i32.const 3000) (i32.const 2) (i32.const 0) (i32.const 0))
              (i32.const 1024)",
        ..Core::default()
    };
    assert_eq!(code(&run(&core)), "invalid-call");
}

#[test]
fn points_over_the_limit_are_dropped_with_one_line() {
    let core = Core {
        head: METRIC,
        run: "(local $n i64)
              (loop $again
                (call $metric (i32.const 2100) (i32.const 5) (local.get $n) (f64.const 0.5))
                (local.set $n (i64.add (local.get $n) (i64.const 1)))
                (br_if $again (i64.lt_u (local.get $n) (i64.const 10))))
              (i32.const 1024)",
        ..Core::default()
    };
    let mut prepared = prepare(&core.component());
    prepared.job.limits.metric_points = 3;
    let heard = std::sync::Arc::clone(&prepared.heard);
    assert_eq!(code(&prepared.report()), "answered");
    let heard = heard.lock().unwrap();
    let expected: Vec<_> = (0..3).map(|step| ("probe".to_owned(), step, 0.5)).collect();
    assert_eq!(heard.points, expected);
    assert_eq!(heard.lines.len(), 1);
    assert!(heard.lines[0].1.contains("metric points and progress messages is reached"));
}

#[test]
fn asking_for_the_context_is_noted() {
    let core = Core { head: CONTEXT, run: "(call $current (i32.const 4096)) (i32.const 1024)", ..Core::default() };
    let report = run(&core);
    assert_eq!(code(&report), "answered");
    assert!(report.usage.context_called);
}

#[test]
fn there_is_no_context_when_a_plugin_describes_itself() {
    let core = Core { head: CONTEXT, describe: "(call $current (i32.const 4096)) (i32.const 512)", ..Core::default() };
    let Err(Ended::Trap(problem)) = describe(&core) else { panic!() };
    assert!(problem.message.contains("no run when a plugin is registered"), "{}", problem.message);
}
