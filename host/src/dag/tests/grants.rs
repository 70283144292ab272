//! Mounts in DAG files.

use super::found;
use crate::dag::callback::CallbackKind;
use crate::dag::model::{Dag, Mount, MountMode};
use crate::dag::testing::checked;

fn file(task: &str) -> String {
    format!("id = 'x'\n[tasks.a]\nplugin = 'noop'\n{task}\n")
}

fn dag(text: &str) -> Dag {
    let checked = checked(text);
    checked.dag.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics))
}

#[test]
fn mounts_are_read_and_make_a_task_impure() {
    let dag = dag(&file(
        "grants.mounts = [{ host = '/srv/data', guest = '/data' }, { host = '/srv/out', guest = '/deep/./out/', mode = 'rw' }]\n\
         on_failure = { plugin = 'noop', grants.mounts = [{ host = '/srv/log', guest = '/log', mode = 'rw' }] }",
    ));
    let mount = |host: &str, guest: &str, mode| Mount { host: host.into(), guest: guest.to_owned(), mode };
    let expected = [mount("/srv/data", "/data", MountMode::Ro), mount("/srv/out", "/deep/out", MountMode::Rw)];
    assert_eq!(dag.tasks[0].terms.grants.mounts, expected);
    assert!(!dag.tasks[0].terms.deterministic);
    let callback = dag.callbacks.of_task(crate::ids::TaskIx(0), CallbackKind::OnFailure).unwrap();
    assert_eq!(callback.tasks[0].terms.grants.mounts, [mount("/srv/log", "/log", MountMode::Rw)]);
    assert!(!callback.tasks[0].terms.deterministic);
}

#[test]
fn environment_variables_are_read_and_make_a_task_impure() {
    let dag = dag(&file("grants.env = { LANG = 'C', APP_KEY = '' }"));
    let env: Vec<_> =
        dag.tasks[0].terms.grants.env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!((env, dag.tasks[0].terms.deterministic), (vec![("APP_KEY", ""), ("LANG", "C")], false));
    let said = |env: &str| {
        let found = found(&file(&format!("grants.env = {env}")));
        found.into_iter().map(|(_, piece, message)| format!("{piece}: {message}")).collect::<Vec<_>>()
    };
    assert_eq!(said("{ 'A=B' = 'x' }"), ["'A=B': `A=B` is no name of an environment variable"]);
    assert_eq!(said("{ A = \"a\\u0000b\" }"), ["\"a\\u0000b\": the value has a NUL in it"]);
    assert_eq!(said("{ A = 1 }"), ["1: expected a string, found an integer 1"]);
}

#[test]
fn a_default_of_deterministic_gives_way_to_a_mount() {
    let text = "id = 'x'\n[defaults]\ndeterministic = true\n[tasks.a]\nplugin = 'noop'\n\
                grants.mounts = [{ host = '/a', guest = '/b' }]\n[tasks.b]\nplugin = 'noop'\n";
    let dag = dag(text);
    assert_eq!([dag.tasks[0].terms.deterministic, dag.tasks[1].terms.deterministic], [false, true]);
}

#[test]
fn what_is_wrong_with_a_mount_is_said_at_its_place() {
    let of = |mounts: &str| {
        let found = found(&file(&format!("grants.mounts = [{mounts}]")));
        found.into_iter().map(|(_, piece, message)| format!("{piece}: {message}")).collect::<Vec<_>>()
    };
    let one = |mounts: &str, message: &str| assert_eq!(of(mounts), [message], "{mounts}");
    one(
        "{ host = 'data', guest = '/b' }",
        "'data': `data` is no absolute path: where a DAG file lies must not decide what is mounted",
    );
    one("{ host = '/a/../b', guest = '/b' }", "'/a/../b': `/a/../b` has `..` in it");
    one("{ host = '/a', guest = 'b' }", "'b': `b` is no absolute path");
    one("{ host = '/a', guest = '/b/../c' }", "'/b/../c': `/b/../c` has `..` in it");
    one("{ host = '/a', guest = '/' }", "'/': `/` itself cannot be a mount");
    for own in ["/in", "/out/x", "/tmp/"] {
        let said = of(&format!("{{ host = '/a', guest = '{own}' }}"));
        assert!(said.len() == 1 && said[0].contains("is the task's own"), "{said:?}");
    }
    assert!(of("{ host = '/a', guest = '/inner' }").is_empty());
    one(
        "{ host = '/a', guest = '/b' }, { host = '/c', guest = '/b/c' }",
        "'/b/c': `/b` and `/b/c` overlap: each mount has a folder of its own",
    );
    one("{ guest = '/b' }", "{ guest = '/b' }: `host` is missing");
    let impure = found(&file("grants.mounts = [{ host = '/a', guest = '/b' }]\ndeterministic = true"));
    assert_eq!(impure[0].1, "true");
    assert!(impure[0].2.starts_with("a task with grants is not deterministic"), "{impure:?}");
}
