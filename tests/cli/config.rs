//! `config.toml`, and what it says to DAG files and runs.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::json;

use crate::common::{Bench, instance};

/// A home with this `config.toml`.
fn bench(config: &str) -> Bench {
    let bench = Bench::seeded();
    configure(&bench, config);
    bench
}

fn configure(bench: &Bench, config: &str) {
    let path = bench.home().join("config.toml");
    fs::write(&path, config).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

fn path(bench: &Bench, name: &str) -> String {
    fs::canonicalize(bench.path("")).unwrap().join(name).display().to_string()
}

/// A DAG with one task in that mode and a mount.
fn mounting(bench: &Bench, host: &str, rights: &str, task: &str) -> String {
    let lines = format!(
        "id = \"it\"\n[tasks.one]\nplugin = 'misbehave'\n{task}\n\
         grants.mounts = [{{ host = {host:?}, guest = \"/data\", mode = \"{rights}\" }}]\n"
    );
    bench.dag("it.toml", &lines);
    "it.toml".to_owned()
}

#[test]
fn a_file_with_mistakes_is_refused_with_all_of_them() {
    let bench = bench("paralelism = 3\nmaximum.memory = \"9GiB\"\n");
    let refused = bench.run(["dag", "list"]).exits(2);
    for words in ["config.toml", "unknown key `paralelism`", "did you mean `parallelism`?", "out of range", ":2:"] {
        assert!(refused.stderr.contains(words), "{words} in {}", refused.stderr);
    }
}

#[test]
fn a_file_that_others_can_write_or_that_is_none_is_refused() {
    let bench = bench("");
    let file = bench.home().join("config.toml");
    fs::set_permissions(&file, Permissions::from_mode(0o620)).unwrap();
    let refused = bench.run(["dag", "list"]).exits(2);
    assert!(refused.stderr.contains("others can write it: type `chmod go-w "), "{}", refused.stderr);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    bench.run(["dag", "list"]).exits(2).says(&["no ordinary file"]);
    fs::remove_dir(&file).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&file).status().unwrap();
    assert!(made.success());
    bench.run(["dag", "list"]).exits(2).says(&["no ordinary file"]);
}

#[test]
fn limits_above_the_maximum_are_mistakes_that_name_the_key() {
    let bench = bench("maximum = { memory = \"256MiB\", execution_timeout = \"30m\" }\n");
    bench.dag(
        "it.toml",
        "id = \"it\"\n[tasks.one]\nplugin = 'misbehave'\nmemory = \"300MiB\"\nexecution_timeout = \"10m\"\n",
    );
    let refused = bench.run(["dag", "check", "it.toml"]).exits(2);
    let words = "`memory` is 300 MiB, and the most that a task may ask for here is 256 MiB";
    let hint = format!("raise `maximum.memory` in {}", path(&bench, "home/config.toml"));
    assert!(refused.stderr.contains(words) && refused.stderr.contains("it.toml:4:"), "{}", refused.stderr);
    assert!(refused.stderr.contains(&hint), "{hint}\n{}", refused.stderr);
    bench.run(["run", "it.toml"]).exits(2).says(&[words]);
    bench.dag("it.toml", "id = \"it\"\n[tasks.one]\nplugin = 'misbehave'\nmemory = \"200MiB\"\n");
    bench.run(["dag", "check", "it.toml"]).exits(0);
}

#[test]
fn a_default_above_the_maximum_is_lowered() {
    let bench = bench("maximum.memory = \"16MiB\"\n");
    bench.dag(
        "it.toml",
        "id = \"it\"\n[tasks.one]\nplugin = 'misbehave'\nparams = { mode = \"allocate\", bytes = 32000000 }\n",
    );
    let failed = bench.run(["run", "it.toml", "--json"]).exits(1).json();
    let message = instance(&failed, "one")["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("16 MiB"), "{message}");
}

#[test]
fn how_much_runs_at_once_is_the_operators() {
    let bench = bench("budget.memory = \"100MiB\"\n");
    bench.dag("it.toml", "id = \"it\"\n[tasks.one]\nplugin = 'misbehave'\nmemory = \"101MiB\"\n");
    let failed = bench.run(["run", "it.toml"]).exits(1);
    assert!(failed.stdout.contains("100 MiB that all tasks of this host may have together"), "{}", failed.stdout);
}

#[test]
fn a_folder_is_mounted_only_if_the_operator_allows_it_and_the_refusal_gives_the_line() {
    let bench = bench("");
    fs::create_dir(bench.path("data")).unwrap();
    fs::write(bench.path("data/x"), "there").unwrap();
    let data = path(&bench, "data");
    let file = mounting(&bench, &data, "ro", "params = { mode = \"read\", path = \"/data/x\" }");
    let refused = bench.run(["dag", "check", &file]).exits(2);
    let line = format!("allow.mounts = [{{ host = {data:?}, mode = \"ro\" }}]");
    assert!(refused.stderr.contains(&line) && refused.stderr.contains("it.toml:5:"), "{}", refused.stderr);
    bench.run(["run", &file]).exits(2).says(&["may not be mounted `ro`"]);

    configure(&bench, &line);
    bench.run(["dag", "check", &file]).exits(0);
    let run = bench.run(["run", &file, "--json"]).exits(0).json();
    assert_eq!(instance(&run, "one")["value"]["ok"], "there");
    let shown = bench.run(["dag", "show", &file]).exits(0).stdout;
    assert!(shown.contains(&format!("one mounts {data} at /data, ro")), "{shown}");

    let file = mounting(&bench, &data, "rw", "params = { mode = \"write\", path = \"/data/y\" }");
    bench.run(["dag", "check", &file]).exits(2).says(&["as `ro` only", "mode = \"rw\""]);
    configure(&bench, &format!("allow.mounts = [{{ host = {data:?}, mode = \"rw\" }}]"));
    bench.run(["run", &file]).exits(0);
    assert_eq!(fs::read_to_string(bench.path("data/y")).unwrap(), "text");
}

#[test]
fn what_a_link_leads_to_is_what_counts() {
    let bench = bench("");
    for folder in ["allowed", "other"] {
        fs::create_dir(bench.path(folder)).unwrap();
    }
    let allowed = path(&bench, "allowed");
    symlink(path(&bench, "other"), bench.path("allowed/out")).unwrap();
    symlink(&allowed, bench.path("in")).unwrap();
    configure(&bench, &format!("allow.mounts = [{{ host = {allowed:?} }}]"));
    let file = mounting(&bench, &path(&bench, "allowed/out"), "ro", "");
    bench.run(["dag", "check", &file]).exits(2).says(&["may not be mounted", &path(&bench, "other")]);
    let file = mounting(&bench, &path(&bench, "in"), "ro", "");
    bench.run(["dag", "check", &file]).exits(0);
}

#[test]
fn the_home_is_never_mounted_and_what_is_not_there_is_named() {
    let bench = bench("allow.mounts = [{ host = \"/\", mode = \"rw\" }]");
    let home = fs::canonicalize(bench.home()).unwrap().display().to_string();
    for host in [home.as_str(), "/"] {
        let file = mounting(&bench, host, "ro", "");
        bench.run(["dag", "check", &file]).exits(2).says(&["the home folder, which no task may see"]);
    }
    let file = mounting(&bench, &path(&bench, "nowhere"), "ro", "");
    bench.run(["dag", "check", &file]).exits(2).says(&["cannot be mounted: No such file or directory"]);
    configure(&bench, "");
    bench.run(["dag", "check", &file]).exits(2).says(&["may not be mounted"]);
}

#[test]
fn a_task_with_a_mount_has_the_real_clock() {
    let bench = bench("");
    fs::create_dir(bench.path("data")).unwrap();
    let data = path(&bench, "data");
    configure(&bench, &format!("allow.mounts = [{{ host = {data:?} }}]"));
    let file = mounting(&bench, &data, "ro", "params.mode = \"clock\"");
    let run = bench.run(["run", &file, "--json"]).exits(0).json();
    let value = instance(&run, "one")["value"].to_string();
    assert!(!value.contains("2000-01-01") && !value.contains("946684800"), "{value}");
    bench.dag("it.toml", "id = \"it\"\n[tasks.one]\nplugin = 'misbehave'\nparams.mode = \"clock\"\n");
    let run = bench.run(["run", "it.toml", "--json"]).exits(0).json();
    assert_ne!(json!(value), json!(instance(&run, "one")["value"].to_string()));
}

/// A DAG with one task that tells its environment, and is given `APP_KEY`.
fn speaking(bench: &Bench) {
    let lines = "id = \"it\"\n[tasks.one]\nplugin = 'misbehave'\nparams.mode = \"environment\"\n\
                 grants.env = { APP_KEY = \"a b\" }\n";
    bench.dag("it.toml", lines);
}

#[test]
fn an_environment_variable_is_given_if_the_operator_allows_it() {
    let bench = bench("");
    speaking(&bench);
    let refused = bench.run(["dag", "check", "it.toml"]).exits(2);
    let line = format!("in {}: `allow.env = [\"APP_KEY\"]`", path(&bench, "home/config.toml"));
    for words in ["the environment variable `APP_KEY` may not be given", &line, "it.toml:5:"] {
        assert!(refused.stderr.contains(words), "{words} in {}", refused.stderr);
    }
    configure(&bench, "allow.env = [\"APP_*\"]\n");
    let run = bench.run(["run", "it.toml", "--json"]).exits(0).json();
    assert_eq!(instance(&run, "one")["value"]["variables"], json!([["APP_KEY", "a b"]]));
    let shown = bench.run(["dag", "show", "it.toml"]).exits(0).stdout;
    assert!(shown.contains("one is given APP_KEY"), "{shown}");
}

#[test]
fn the_ml_example_runs_unchanged_under_the_tightest_of_limits() {
    let tight = "parallelism = 1\nbudget = { memory = '32MiB' }\n\
                 [maximum]\nmemory = '16MiB'\nexecution_timeout = '1m'\nscratch = '1MiB'\nlog = '64KiB'\nresult = '8KiB'\n\
                 handles = 32\nmetric_points = 500\ntraffic = 0\n[allow]\nhttp = []\n";
    let bench = bench(tight);
    let dag = crate::common::root().join("examples/ml_pipeline/dag.toml");
    let document = bench.run(["run".as_ref(), dag.as_os_str(), "--json".as_ref()]).exits(0).json();
    let free = Bench::seeded().run(["run".as_ref(), dag.as_os_str(), "--json".as_ref()]).exits(0).json();
    for task in ["preprocess_data", "train_model", "evaluate_model"] {
        let (tight, free) = (instance(&document, task), instance(&free, task));
        assert_eq!((&tight["value"], &tight["outputs"]), (&free["value"], &free["outputs"]), "{task}");
    }
}
