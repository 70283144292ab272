//! Every way in which a call can end.

use std::time::Duration;

use super::kit::{Core, SANDBOX, block_on, code, prepare, run};
use crate::executor::port::{Answer, Ended, Sandbox};

const LOOP: &str = "(loop $again (br $again)) (unreachable)";

#[test]
fn a_task_that_answers_is_done() {
    let report = run(&Core::default());
    assert_eq!(report.result, Ok(Answer::Done("{}".to_owned())));
    assert_eq!(report.usage.peak_memory_bytes, 2 * 65_536);
    assert!(!report.usage.context_called);
}

#[test]
fn an_endless_loop_is_ended_at_its_deadline_and_says_where_it_was() {
    let core = Core { run: LOOP, ..Core::default() };
    let report = prepare(&core.component()).within(Duration::from_millis(50)).report();
    assert!(report.usage.cpu_time_us > 0, "{report:?}");
    let Err(Ended::Timeout(problem)) = report.result else { panic!("{report:?}") };
    assert_eq!(problem.code, "deadline");
    assert!(problem.message.contains("execution_timeout of 0.05 s"), "{}", problem.message);
    let backtrace = problem.details.unwrap().to_string();
    assert!(backtrace.contains("run"), "{backtrace}");
}

#[test]
fn an_endless_loop_in_a_start_function_is_ended_at_its_deadline() {
    let core = Core { more: "(func $begin (loop $again (br $again))) (start $begin)", ..Core::default() };
    let report = prepare(&core.component()).within(Duration::from_millis(50)).report();
    assert_eq!(code(&report), "deadline");
}

#[test]
fn an_endless_loop_of_host_calls_is_ended_at_its_deadline() {
    let core = Core {
        head: r#"(import "dagwood:task/progress@0.1.0" "report"
            (func $report (param i64 i32 i64 i32 i32)))"#,
        run: "(loop $again
              (call $report (i64.const 1) (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0))
              (br $again)) (unreachable)",
        ..Core::default()
    };
    let report = prepare(&core.component()).within(Duration::from_millis(50)).report();
    assert_eq!(code(&report), "deadline");
}

#[test]
fn a_cancel_ends_a_loop() {
    let prepared = prepare(&Core { run: LOOP, ..Core::default() }.component());
    let running = SANDBOX.run(prepared.job);
    prepared.cancel.send(true).unwrap();
    let report = block_on(running);
    assert_eq!(report.result, Err(Ended::Cancelled));
}

#[test]
fn a_call_that_is_cancelled_already_does_not_begin() {
    let core = Core { run: "(unreachable)", ..Core::default() };
    let prepared = prepare(&core.component());
    prepared.cancel.send(true).unwrap();
    assert_eq!(prepared.report().result, Err(Ended::Cancelled));
}

#[test]
fn a_call_whose_future_is_dropped_ends() {
    let core = Core {
        head: r#"(import "dagwood:task/log@0.1.0" "log" (func $log (param i32 i32 i32 i32 i32)))"#,
        run: "(call $log (i32.const 2) (i32.const 2048) (i32.const 2) (i32.const 0) (i32.const 0))
              (loop $again (br $again)) (unreachable)",
        ..Core::default()
    };
    let prepared = prepare(&core.component());
    let running = SANDBOX.run(prepared.job);
    prepared.spoke.recv().unwrap();
    drop(running);
    prepared.gone.recv().unwrap();
}

#[test]
fn a_cancel_that_nobody_can_give_is_none() {
    let mut prepared = prepare(&Core::default().component());
    prepared.job.cancel = tokio::sync::watch::channel(false).1;
    assert_eq!(prepared.report().result, Ok(Answer::Done("{}".to_owned())));
}

fn trap(body: &'static str) -> (String, String) {
    let report = run(&Core { run: body, ..Core::default() });
    match report.result {
        Err(Ended::Trap(problem)) => (problem.code, problem.message),
        other => panic!("{other:?}"),
    }
}

#[test]
fn traps_have_names() {
    assert_eq!(trap("(unreachable)").0, "unreachable");
    assert_eq!(trap("(i32.div_s (i32.const 1) (i32.const 0))").0, "integer-divide");
    assert_eq!(trap("(i32.div_s (i32.const -2147483648) (i32.const -1))").0, "integer-overflow");
    assert_eq!(trap("(i32.load (i32.const -4))").0, "out-of-bounds");
    assert_eq!(trap("(i32.trunc_f32_s (f32.const nan))").0, "bad-conversion");
    assert_eq!(
        trap(
            "(call $describe) (drop) (call $run (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0)
        (i32.const 0) (i32.const 0) (i32.const 0)) (drop) (i32.const 1024)"
        )
        .0,
        "stack-overflow"
    );
}

#[test]
fn an_answer_that_lies_outside_the_memory_is_a_broken_call() {
    let (code, message) = trap("(i32.const -64)");
    assert_eq!(code, "invalid-call");
    assert!(message.contains("broke the rules of a call"), "{message}");
}

#[test]
fn a_table_has_a_trap_of_its_own() {
    let core = Core {
        more: "(table $t 1 1 funcref) (type $f (func (result i32)))",
        run: "(call_indirect $t (type $f) (i32.const 7))",
        ..Core::default()
    };
    assert_eq!(code(&run(&core)), "table-out-of-bounds");
    let core = Core { run: "(call_indirect $t (type $f) (i32.const 0))", ..core };
    assert_eq!(code(&run(&core)), "null-call");
}

#[test]
fn a_trap_is_followed_by_a_clean_next_call() {
    let core = Core {
        run: "(if (result i32) (i32.load (i32.const 4096))
                (then (unreachable))
                (else (i32.store (i32.const 4096) (i32.const 1)) (i32.const 1024)))",
        ..Core::default()
    };
    let wasm = core.component();
    for _ in 0..20 {
        assert_eq!(prepare(&wasm).report().result, Ok(Answer::Done("{}".to_owned())));
    }
}

#[test]
fn compiled_code_that_is_none_is_the_hosts_fault() {
    let prepared = prepare(&Core { memory: r#"(memory (export "memory") 3)"#, ..Core::default() }.component());
    std::fs::write(&prepared.job.component.path, b"no code").unwrap();
    let report = prepared.report();
    assert!(matches!(report.result, Err(Ended::NotLoaded(_))), "{report:?}");
}
