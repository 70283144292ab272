//! What a guest may use, and how it is told apart from other ends.

use std::time::Duration;

use super::kit::{Core, block_on, code, component_of, prepare, run, wit};
use crate::contract::{Failure, Problem};
use crate::executor::port::{Answer, Ended, JobReport, Sandbox};
use crate::sandbox::{SandboxConfig, WasmtimeSandbox};

const MIB: u64 = 1 << 20;

fn limited(core: &Core, memory_bytes: u64) -> JobReport {
    let mut prepared = prepare(&core.component());
    prepared.job.limits.memory_bytes = memory_bytes;
    prepared.report()
}

fn limit(report: JobReport) -> (Problem, bool) {
    match report.result {
        Err(Ended::Limit { problem, repeats }) => (problem, repeats),
        other => panic!("{other:?}"),
    }
}

/// Grows page by page until it is refused, then gives up as a language runtime does.
const GREEDY: &str = "(loop $again
    (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (unreachable)";

#[test]
fn a_memory_that_grows_to_the_limit_ends_by_the_limits_name() {
    let report = limited(&Core { run: GREEDY, ..Core::default() }, 4 * MIB);
    assert_eq!(report.usage.peak_memory_bytes, 4 * MIB);
    let (problem, repeats) = limit(report);
    assert_eq!(problem.code, "memory-limit");
    assert!(problem.message.contains("its limit of 4 MiB"), "{}", problem.message);
    assert!(repeats);
}

#[test]
fn a_guest_that_lives_with_the_refusal_answers() {
    let core = Core { run: "(drop (memory.grow (i32.const 10000))) (i32.const 1024)", ..Core::default() };
    assert_eq!(limited(&core, 4 * MIB).result, Ok(Answer::Done("{}".to_owned())));
}

#[test]
fn several_memories_are_added_up() {
    let core = Core {
        more: "(memory $second 20)",
        run: "(if (i32.eq (memory.grow $second (i32.const 30)) (i32.const -1)) (then (unreachable)))
              (i32.const 1024)",
        ..Core::default()
    };
    assert_eq!(code(&limited(&core, 52 * 65_536)), "answered");
    assert_eq!(code(&limited(&core, 51 * 65_536)), "memory-limit");
}

#[test]
fn tables_count_as_memory() {
    let core = Core {
        more: "(table $t 0 funcref)",
        run: "(if (i32.eq (table.grow $t (ref.null func) (i32.const 100000)) (i32.const -1))
                (then (unreachable)))
              (i32.const 1024)",
        ..Core::default()
    };
    assert_eq!(code(&limited(&core, MIB)), "answered");
    assert_eq!(code(&limited(&core, 800_000)), "memory-limit");
}

#[test]
fn a_memory_that_begins_over_the_limit_is_named_before_it_runs() {
    let core = Core { memory: r#"(memory (export "memory") 100)"#, ..Core::default() };
    assert_eq!(limit(limited(&core, MIB)).0.code, "memory-limit");
}

#[test]
fn more_memories_than_the_pool_has_room_for_are_refused() {
    let memories: String = (0..20).map(|_| "(memory 0)").collect();
    let core = Core { more: Box::leak(memories.into_boxed_str()), ..Core::default() };
    let report = run(&core);
    let Err(Ended::Refused(problem)) = report.result else { panic!("{report:?}") };
    assert_eq!(problem.code, "too-large");
    assert!(problem.message.contains("21 memories"), "{}", problem.message);
}

#[test]
fn more_guests_than_slots_wait_for_each_other() {
    let wasm = Core::default().component();
    let reports: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..40).map(|_| scope.spawn(|| prepare(&wasm).report())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for report in reports {
        assert_eq!(report.result, Ok(Answer::Done("{}".to_owned())));
    }
}

#[test]
fn waiting_for_a_place_does_not_count_against_the_time_out() {
    let sandbox = WasmtimeSandbox::new(SandboxConfig { slots: 1, threads: 2, ..SandboxConfig::default() }).unwrap();
    let speaks_and_loops = Core {
        head: r#"(import "dagwood:task/log@0.1.0" "log" (func $log (param i32 i32 i32 i32 i32)))"#,
        run: "(call $log (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
              (loop $again (br $again)) (unreachable)",
        ..Core::default()
    };
    let holds = prepare(&speaks_and_loops.component()).within(Duration::from_millis(1_000));
    let waits = prepare(&Core::default().component()).within(Duration::from_millis(250));
    std::thread::scope(|scope| {
        let holding = scope.spawn(|| block_on(sandbox.run(holds.job)));
        holds.spoke.recv().unwrap();
        let waited = block_on(sandbox.run(waits.job));
        assert_eq!(waited.result, Ok(Answer::Done("{}".to_owned())));
        assert_eq!(code(&holding.join().unwrap()), "deadline");
    });
}

#[test]
fn a_result_over_the_cap_is_a_permanent_failure_that_names_it() {
    // An answer of 300,000 bytes of whatever the memory holds, which is zeros: valid text.
    let core = Core {
        memory: r#"(memory (export "memory") 10)"#,
        run: "(i32.store (i32.const 1040) (i32.const 65536))
              (i32.store (i32.const 1044) (i32.const 300000))
              (i32.const 1024)",
        ..Core::default()
    };
    let Ok(Answer::Failed(Failure::Permanent { problem })) = run(&core).result else { panic!() };
    assert_eq!(problem.code, "result-limit");
    assert!(problem.message.contains("300000 bytes, and the limit is 256 KiB"), "{}", problem.message);
}

#[test]
fn what_one_call_hands_the_host_is_bounded() {
    let core = Core {
        head: r#"(import "dagwood:task/log@0.1.0" "log" (func $log (param i32 i32 i32 i32 i32)))"#,
        memory: r#"(memory (export "memory") 400)"#,
        run: "(call $log (i32.const 2) (i32.const 0) (i32.const 20000000) (i32.const 0) (i32.const 0))
              (i32.const 1024)",
        ..Core::default()
    };
    let (problem, _) = limit(run(&core));
    assert_eq!(problem.code, "hostcall-limit");
    assert!(problem.message.contains("16 MiB in one call"), "{}", problem.message);
}

#[test]
fn an_import_of_another_type_is_refused_before_it_runs() {
    let wit =
        wit().replace("record-metric: func(name: string, step: u64, value: f64)", "record-metric: func(name: string)");
    let core = Core {
        head: r#"(import "dagwood:task/metrics@0.1.0" "record-metric" (func (param i32 i32)))"#,
        ..Core::default()
    };
    let report = prepare(&component_of(&core.text(), &wit)).report();
    let Err(Ended::Refused(problem)) = report.result else { panic!("{report:?}") };
    assert_eq!(problem.code, "imports");
    assert!(problem.message.contains("metrics"), "{}", problem.message);
}
