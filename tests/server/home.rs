//! A home that becomes full under a server, or that cannot be written.

use jiff::{SignedDuration, Timestamp};

use crate::common::{Bench, Ran, on_small_disk};
use crate::kit::serve;

const DAG: &str = "id = \"it\"\nschedule = \"every 1s\"\ncatchup = true\n[tasks.one]\nplugin = 'misbehave'\n\
                   params = { mode = \"write\", text = \"{{ ts }}\" }\n[tasks.two]\nplugin = 'misbehave'\nafter = [\"one\"]\n";

/// Starts a server in the script's home, and gives the script words to wait with: `said WORDS`, `until_ok COMMAND`.
const SERVING: &str = r#"
    begin() { "$DAGWOOD" serve --dags dags > /dev/null 2> words & SERVER=$!; }
    trap 'kill -9 $SERVER 2> /dev/null' EXIT
    until_ok() {
        looks=0
        until "$@" > /dev/null 2>&1; do
            looks=$((looks + 1)); [ $looks -lt 1800 ] || { echo "never: $*" >&2; cat words >&2; exit 20; }
            sleep 0.1
        done
    }
    said() { until_ok grep -q "$1" words; }
    runs() { [ "$(dagwood runs list it --limit 1000 --state success --json | grep -o '"run_id"' | wc -l)" -ge "$1" ]; }
"#;

fn on_full_disk(script: &str) -> Option<(Bench, Ran)> {
    let bench = Bench::new();
    serve(&bench, "it.toml", DAG);
    let ran = on_small_disk(&bench, &format!("{SERVING}{script}"))?;
    Some((bench, ran))
}

/// What the script kept of its home's runs: all are a success, and no tick is missing.
#[track_caller]
fn nothing_is_lost(bench: &Bench, ran: &Ran) {
    let kept = std::fs::read(bench.path("list.json")).unwrap();
    let list: serde_json::Value = serde_json::from_slice(&kept).unwrap();
    let runs = list["dag_runs"].as_array().unwrap();
    let scheduled: Vec<_> = runs.iter().filter(|run| run["run_type"] == "scheduled").collect();
    let words = std::fs::read_to_string(bench.path("words")).unwrap();
    for run in &scheduled {
        assert_eq!(run["state"], "success", "{run}\n{words}\n{}", ran.stderr);
    }
    let mut dates: Vec<Timestamp> =
        scheduled.iter().map(|run| run["logical_date"].as_str().unwrap().parse().unwrap()).collect();
    dates.sort();
    assert!(dates.len() >= 4, "{dates:?}");
    for pair in dates.windows(2) {
        assert_eq!(pair[1].duration_since(pair[0]), SignedDuration::from_secs(1), "{dates:?}");
    }
}

#[test]
fn a_home_that_fills_up_is_named_loses_nothing_and_goes_on_when_there_is_room() {
    let script = r#"
        begin
        said "ready: "
        until_ok runs 2
        cat /dev/zero > "$HOME_FOLDER/filling" 2> /dev/null
        said "no space is left"
        rm "$HOME_FOLDER/filling"
        before=$(dagwood runs list it --limit 1000 --state success --json | grep -o '"run_id"' | wc -l)
        until_ok runs $((before + 3))
        dagwood dag pause it || exit 12
        idle() { ! dagwood runs list it --state running --json | grep -q '"run_id"'; }
        until_ok idle
        kill -TERM $SERVER
        wait $SERVER || exit 13
        dagwood runs list it --limit 1000 --json > list.json || exit 14"#;
    let Some((bench, ran)) = on_full_disk(script) else { return };
    let ran = ran.exits(0);
    nothing_is_lost(&bench, &ran);
    let words = std::fs::read_to_string(bench.path("words")).unwrap();
    assert!(words.contains("goes on when it can"), "{words}");
}

#[test]
fn a_server_that_is_killed_on_a_full_disk_is_followed_by_one_that_loses_nothing() {
    let script = r#"
        begin
        said "ready: "
        until_ok runs 2
        cat /dev/zero > "$HOME_FOLDER/filling" 2> /dev/null
        said "no space is left"
        kill -9 $SERVER
        wait $SERVER
        "$DAGWOOD" serve --dags dags; [ $? = 3 ] || exit 11
        rm "$HOME_FOLDER/filling"
        begin
        said "ready: "
        until_ok runs 5
        dagwood dag pause it || exit 12
        idle() { ! dagwood runs list it --state running --json | grep -q '"run_id"'; }
        until_ok idle
        kill -TERM $SERVER
        wait $SERVER || exit 13
        dagwood runs list it --limit 1000 --json > list.json || exit 14"#;
    let Some((bench, ran)) = on_full_disk(script) else { return };
    let ran = ran.exits(0).says(&["no space is left"]);
    nothing_is_lost(&bench, &ran);
}

#[test]
fn a_home_that_is_read_only_is_named_and_served_once_it_can_be_written() {
    let script = r#"
        begin
        said "ready: "
        until_ok runs 2
        kill -9 $SERVER
        wait $SERVER
        mount -o remount,ro "$HOME_FOLDER" || exit 11
        "$DAGWOOD" serve --dags dags; [ $? = 3 ] || exit 12
        dagwood trigger it; [ $? = 3 ] || exit 13
        mount -o remount,rw "$HOME_FOLDER" || exit 14
        begin
        said "ready: "
        until_ok runs 5
        dagwood dag pause it || exit 15
        idle() { ! dagwood runs list it --state running --json | grep -q '"run_id"'; }
        until_ok idle
        kill -TERM $SERVER
        wait $SERVER || exit 16
        dagwood runs list it --limit 1000 --json > list.json || exit 17"#;
    let Some((bench, ran)) = on_full_disk(script) else { return };
    let ran = ran.exits(0).says(&["Read-only file system", "writable", "--home"]);
    nothing_is_lost(&bench, &ran);
}
