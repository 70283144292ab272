//! What a plugin says of itself.

use std::time::Duration;

use super::kit::{Core, SANDBOX, Says, block_on, describe, ready};
use crate::executor::port::Ended;
use crate::sandbox::run;

#[test]
fn a_plugin_describes_itself() {
    let described = describe(&Core::default()).unwrap();
    assert_eq!(described.name, "probe");
    assert_eq!(described.version, semver::Version::new(1, 2, 3));
    assert_eq!(described.params_schema, serde_json::json!({}));
    assert!(described.inputs.is_empty() && described.outputs.is_empty() && !described.may_branch);
}

fn refused(says: Says) -> String {
    match describe(&Core { says, ..Core::default() }) {
        Err(Ended::Refused(problem)) => {
            assert_eq!(problem.code, "bad-descriptor");
            problem.message
        }
        other => panic!("{other:?}"),
    }
}

fn says(name: &'static str, version: &'static str, schema: &str) -> Says {
    Says { name, version, schema: schema.to_owned() }
}

#[test]
fn all_that_is_wrong_with_a_description_is_said_at_once() {
    let message = refused(says("Bad Name", "1.2", "{"));
    for part in ["`Bad Name`", "`1.2` is not of the form 1.2.3", "params-schema is no JSON"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn names_are_lower_case_words() {
    for name in ["", "-a", "a-", "a--b", "9a", "a_b", "é", "../x"] {
        assert!(refused(says(name, "1.2.3", "{}")).contains("lower-case words"), "{name}");
    }
    for name in ["a", "train-model", "csv2", "a-2-b"] {
        let core = Core { says: says(name, "1.2.3", "{}"), ..Core::default() };
        assert_eq!(describe(&core).unwrap().name, name);
    }
}

#[test]
fn schemas_are_json_schemas_of_bounded_depth() {
    assert!(refused(says("a", "1.2.3", "3")).contains("no JSON Schema"));
    let deep = |levels: usize| format!("{}{{}}{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
    assert!(refused(says("a", "1.2.3", &deep(101))).contains("deeper than 100 levels"));
    assert!(refused(says("a", "1.2.3", &deep(10_000))).contains("no JSON"));
    let core = Core { says: says("a", "1.2.3", &deep(99)), ..Core::default() };
    assert!(describe(&core).is_ok());
}

#[test]
fn a_description_that_never_ends_is_ended() {
    let core = Core { describe: "(loop $again (br $again)) (unreachable)", ..Core::default() };
    let ready = ready(&core.component());
    let inner = std::sync::Arc::clone(&SANDBOX.inner);
    let timeout = Duration::from_millis(50);
    // On threads of the test, since the port's own call takes ten seconds for this.
    let ended = block_on(run::describe_within(inner, ready.compiled.clone(), timeout)).unwrap_err();
    let Ended::Timeout(problem) = ended else { panic!("{ended:?}") };
    assert_eq!(problem.code, "deadline");
    assert!(problem.message.contains("`describe` was ended after 0.05 s"), "{}", problem.message);
}

#[test]
fn a_description_may_use_64_mib_of_memory() {
    let core = Core {
        describe: "(if (i32.eq (memory.grow (i32.const 1023)) (i32.const -1)) (then (unreachable)))
                   (i32.const 512)",
        ..Core::default()
    };
    let Err(Ended::Limit { problem, .. }) = describe(&core) else { panic!() };
    assert_eq!(problem.code, "memory-limit");
    assert!(problem.message.contains("64 MiB"), "{}", problem.message);
}
