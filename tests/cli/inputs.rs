//! Input files that are missing or wrong, found by the host or by the plugin that reads them.

use std::os::unix::fs::PermissionsExt;

use rustix::fs::{Mode, mkfifoat};

use crate::common::{Bench, Ran, instance};

const FISH: &str = "id = 'fish'\n[tasks.prepare]\nplugin = 'preprocess'\nretries = 3\ninputs.data = { file = 'fish.csv' }\n\
    params = { target = 'kind' }\n[tasks.fit]\nplugin = 'train'\ninputs.train = 'prepare.train'\n";

/// Runs the DAG on this table.
fn run_on(table: &[u8]) -> Ran {
    let bench = Bench::seeded();
    bench.write("fish.csv", table);
    let file = bench.dag("dag.toml", FISH);
    bench.run(["run".as_ref(), file.as_os_str(), "--json".as_ref()])
}

/// The run fails at its first task, without a retry, for this reason; the next does not start.
#[track_caller]
fn assert_refused(table: &[u8], code: &str, words: &[&str]) {
    let document = run_on(table).exits(1).json();
    let failed = instance(&document, "prepare");
    assert_eq!((&failed["state"], &failed["try_number"]), (&"failed".into(), &1.into()), "{failed:#}");
    assert_eq!(failed["error"]["code"], code, "{failed:#}");
    let message = failed["error"]["message"].as_str().unwrap();
    assert!(words.iter().all(|word| message.contains(word)), "{message}");
    assert_eq!(instance(&document, "fit")["state"], "upstream_failed");
}

/// A table with a good header and these lines below some good ones.
fn table(lines: &str) -> String {
    let good: String = (0..20).map(|n| format!("{n}.5,{},{}\n", n * 3, ["cod", "eel"][n % 2])).collect();
    format!("length,weight,kind\n{good}{lines}")
}

#[test]
fn a_right_table_passes() {
    let document = run_on(table("").as_bytes()).exits(0).json();
    assert_eq!(document["state"], "success");
    assert_eq!(instance(&document, "fit")["state"], "success");
}

#[test]
fn ragged_rows_are_refused_with_the_line() {
    assert_refused(table("1.5,2\n").as_bytes(), "ragged-row", &["line 22 has 2 cells where the header has 3"]);
    assert_refused(table("1.5,2,cod,4\n").as_bytes(), "ragged-row", &["line 22 has 4 cells"]);
}

#[test]
fn a_table_without_a_header_is_refused() {
    let headless = table("").replace("length,weight,kind\n", "");
    assert_refused(headless.as_bytes(), "no-header", &["line 1 looks like data"]);
}

#[test]
fn a_table_of_another_encoding_is_refused_with_the_way_out_or_read_by_its_mark() {
    let latin = [table("").as_bytes(), b"1.5,2,th\xf4n\n"].concat();
    assert_refused(&latin, "wrong-encoding", &["line 22", "0xF4", "encoding = \"windows-1252\""]);
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(table("").encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(run_on(&wide).exits(0).json()["state"], "success");
}

#[test]
fn an_absent_target_column_is_named_beside_those_that_exist() {
    let other = table("").replace("kind", "kinds");
    assert_refused(other.as_bytes(), "absent-target", &["kind", "kinds", "length", "weight"]);
}

#[test]
fn an_empty_table_is_refused() {
    assert_refused(b"", "empty-file", &["is empty"]);
    assert_refused(b"length,weight,kind\n", "no-rows", &["no rows below the header"]);
}

#[test]
fn a_missing_input_is_a_wrong_file_and_leaves_no_run() {
    let bench = Bench::seeded();
    let file = bench.dag("dag.toml", FISH);
    let ran = bench.run(["run".as_ref(), file.as_os_str(), "--json".as_ref()]).exits(2).says(&[
        "dag.toml:5:",
        "fish.csv",
        "there is no file or folder",
    ]);
    assert_eq!(ran.stdout, "");
    assert_eq!(bench.run(["runs", "list", "--json"]).exits(0).json()["total_entries"], 0);
}

#[test]
fn an_input_that_is_no_file_or_folder_is_refused() {
    let bench = Bench::seeded();
    let file = bench.dag("dag.toml", &FISH.replace("fish.csv", "/dev/null"));
    bench.run(["run".as_ref(), file.as_os_str()]).exits(2).says(&["/dev/null"]);
}

#[test]
fn an_input_that_would_be_refused_is_found_by_the_check() {
    let bench = Bench::seeded();
    let check = |bench: &Bench| bench.run(["dag", "check", "dag.toml"]);
    bench.dag("dag.toml", FISH);
    mkfifoat(rustix::fs::CWD, bench.path("fish.csv"), Mode::RWXU).unwrap();
    check(&bench).exits(2).says(&["dag.toml:5:", "fish.csv", "fifo"]);
    std::fs::remove_file(bench.path("fish.csv")).unwrap();
    bench.write("fish.csv/table", "a,b");
    std::os::unix::fs::symlink("/etc/hostname", bench.path("fish.csv/link")).unwrap();
    check(&bench).exits(2).says(&["dag.toml:5:", "fish.csv", "link"]);
}

#[test]
fn an_input_that_may_not_be_read_is_refused() {
    let bench = Bench::seeded();
    let table = bench.write("fish.csv", table(""));
    std::fs::set_permissions(&table, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(&table).is_ok() {
        // The superuser reads it all the same.
        return;
    }
    let file = bench.dag("dag.toml", FISH);
    bench.run(["run".as_ref(), file.as_os_str()]).exits(2).says(&["fish.csv", "Permission denied"]);
}

#[test]
fn an_input_of_plugin_run_is_checked_as_well() {
    let bench = Bench::seeded();
    let preprocess = crate::common::guest("preprocess");
    let run = |more: &[&str]| {
        let args = ["plugin".as_ref(), "run".as_ref(), preprocess.as_os_str()].into_iter();
        bench.run(args.chain(more.iter().map(AsRef::as_ref)))
    };
    run(&["--param", "target=kind", "--in", "data=gone.csv"]).exits(2).says(&["gone.csv", "No such file"]);
    run(&["--param", "target=kind"]).exits(2).says(&["needs the input `data`", "--in data=FILE"]);
    bench.write("fish.csv", table(""));
    run(&["--param", "target=kind", "--in", "dta=fish.csv"])
        .exits(2)
        .says(&["has no input `dta`", "did you mean `data`?"]);
    run(&["--in", "data=fish.csv"]).exits(2).says(&["`target` is missing"]);
    run(&["--param", "target=kind", "--in", "data"]).exits(2).says(&["PORT=FILE"]);
}
