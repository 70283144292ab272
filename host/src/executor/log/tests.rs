use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::json;
use tempfile::TempDir;

use super::lines::LINE_MAX_BYTES;
use super::{LogError, LogLine, MetricPoint, Series, Source, TryFiles, TryLog, read_log, read_metrics};
use crate::executor::port::Level;
use crate::ids::{DagId, RunId, TaskId};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

struct Bench {
    dir: TempDir,
    path: PathBuf,
    log: TryLog,
}

impl Bench {
    fn new(cap_bytes: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("dag/run/task/1.jsonl");
        Self { log: TryLog::new(path.clone(), cap_bytes), dir, path }
    }

    fn out(&mut self, text: &str) {
        self.log.stream(NOW, Source::Stdout, text.as_bytes());
    }

    fn finish(&mut self) -> Vec<LogLine> {
        self.log.finish(LogLine::host(NOW, Level::Info, "ended"), true);
        self.lines()
    }

    fn lines(&self) -> Vec<LogLine> {
        read_log(&self.path).unwrap().unwrap().map(Result::unwrap).collect()
    }
}

fn messages(lines: &[LogLine]) -> Vec<(Source, &str)> {
    lines.iter().map(|line| (line.source, line.message.as_str())).collect()
}

#[test]
fn lines_of_all_sources_stand_in_the_order_in_which_they_were_completed() {
    let mut bench = Bench::new(10_000);
    bench.log.hold(LogLine::host(NOW, Level::Info, "started"));
    bench.out("one\ntw");
    bench.log.stream(NOW, Source::Stderr, b"careful\n");
    bench.log.call(NOW, Level::Warn, "a call", &[("row".into(), "7".into())]);
    bench.out("o\r\nthree");
    let lines = bench.finish();
    assert_eq!(
        messages(&lines),
        [
            (Source::Host, "started"),
            (Source::Stdout, "one"),
            (Source::Stderr, "careful"),
            (Source::Log, "a call"),
            (Source::Stdout, "two"),
            (Source::Stdout, "three"),
            (Source::Host, "ended"),
        ]
    );
    assert_eq!((lines[3].level, &lines[3].fields["row"]), (Some(Level::Warn), &json!("7")));
    assert_eq!((lines[1].level, lines[1].ts), (None, NOW));
}

#[test]
fn a_try_that_says_nothing_and_ends_quietly_leaves_no_file() {
    let mut bench = Bench::new(10_000);
    bench.log.hold(LogLine::host(NOW, Level::Info, "started"));
    bench.log.finish(LogLine::host(NOW, Level::Info, "ended"), true);
    assert!(read_log(&bench.path).unwrap().is_none());
    assert_eq!(fs::read_dir(bench.dir.path()).unwrap().count(), 0);
}

#[test]
fn a_try_that_does_not_end_quietly_leaves_start_and_end() {
    let mut bench = Bench::new(10_000);
    bench.log.hold(LogLine::host(NOW, Level::Info, "started"));
    bench.log.finish(LogLine::host(NOW, Level::Error, "failed"), false);
    assert_eq!(messages(&bench.lines()), [(Source::Host, "started"), (Source::Host, "failed")]);
}

#[test]
fn the_first_line_over_the_cap_ends_the_log_and_the_last_line_says_what_was_dropped() {
    let mut bench = Bench::new(1_000);
    for number in 0..100 {
        bench.out(&format!("line {number}\n"));
    }
    bench.log.call(NOW, Level::Error, "short", &[]);
    let lines = bench.finish();
    let kept = lines.iter().filter(|line| line.source == Source::Stdout).count();
    assert!(kept > 5, "{kept}");
    for (number, line) in lines[..kept].iter().enumerate() {
        assert_eq!(line.message, format!("line {number}"), "no gaps");
    }
    let [full, end] = &lines[kept..] else { panic!("{:?}", &lines[kept..]) };
    assert!(full.message.starts_with("the log is full at 1000 bytes"), "{}", full.message);
    assert_eq!(end.fields["dropped_lines"], json!(101 - kept));
    assert!(end.fields["dropped_bytes"].as_u64().unwrap() > 0);
}

#[test]
fn the_cap_holds_over_all_starts_of_a_try_and_for_the_hosts_own_lines_in_the_end() {
    let mut bench = Bench::new(1_000);
    for _ in 0..500 {
        bench.log = TryLog::new(bench.path.clone(), 1_000);
        bench.out("the same line again and again\n");
        bench.log.finish(LogLine::host(NOW, Level::Info, "ended ".repeat(20)), true);
    }
    let bytes = fs::metadata(&bench.path).unwrap().len();
    assert!(bytes > 1_000 && bytes < 1_000 + (64 << 10), "{bytes}");
}

#[test]
fn a_line_without_an_end_is_cut_at_characters_and_loses_nothing() {
    let mut bench = Bench::new(10 << 20);
    let text = "ä€😀".repeat(10_000);
    for piece in text.as_bytes().chunks(1_237) {
        bench.log.stream(NOW, Source::Stdout, piece);
    }
    let lines = bench.finish();
    let (_, pieces) = lines.split_last().unwrap();
    assert!(pieces.iter().all(|line| line.message.len() <= LINE_MAX_BYTES));
    let (last, cut) = pieces.split_last().unwrap();
    assert!(!last.cut && cut.iter().all(|line| line.cut));
    assert_eq!(pieces.iter().map(|line| line.message.as_str()).collect::<String>(), text);
}

#[test]
fn a_line_of_exactly_the_longest_length_is_one_line() {
    let mut bench = Bench::new(10 << 20);
    bench.out(&("x".repeat(LINE_MAX_BYTES) + "\nnext\n"));
    let lines = bench.finish();
    assert_eq!((lines[0].message.len(), lines[0].cut, lines[1].message.as_str()), (LINE_MAX_BYTES, false, "next"));
}

#[test]
fn bytes_that_are_not_utf8_are_replaced() {
    let mut bench = Bench::new(10 << 20);
    bench.log.stream(NOW, Source::Stderr, b"a\xffb\n");
    bench.log.stream(NOW, Source::Stderr, &[b"\xf0".repeat(LINE_MAX_BYTES), b"\x90\x80\n".to_vec()].concat());
    bench.log.stream(NOW, Source::Stderr, &[0xf0]);
    let lines = bench.finish();
    assert_eq!(lines[0].message, "a\u{fffd}b");
    // One short of the bound: the last byte could have begun a character.
    assert_eq!((lines[1].message.as_str(), lines[1].cut), ("\u{fffd}".repeat(LINE_MAX_BYTES - 1).as_str(), true));
    assert_eq!((lines[2].message.as_str(), lines[3].message.as_str()), ("\u{fffd}", "\u{fffd}"));
}

#[test]
fn a_huge_call_is_cut_and_marked() {
    let mut bench = Bench::new(10 << 20);
    bench.log.call(NOW, Level::Info, &"ä".repeat(1 << 20), &[]);
    let many: Vec<_> = (0..1_000_000).map(|number| (number.to_string(), String::new())).collect();
    bench.log.call(NOW, Level::Info, "many", &many);
    bench.log.call(NOW, Level::Info, "large", &[("name".into(), "x".repeat(1 << 20))]);
    bench.log.call(NOW, Level::Info, "plain", &[]);
    let lines = bench.finish();
    assert_eq!((lines[0].message.len(), lines[0].cut), (LINE_MAX_BYTES, true));
    assert_eq!((lines[1].fields.len(), lines[1].cut), (64, true));
    assert_eq!((lines[2].fields.len(), lines[2].cut), (0, true));
    assert!(!lines[3].cut);
}

#[test]
fn a_line_torn_by_a_crash_is_left_out_and_does_not_spoil_the_next() {
    let mut bench = Bench::new(10_000);
    bench.out("whole\n");
    fs::OpenOptions::new()
        .append(true)
        .open(&bench.path)
        .map(|mut file| {
            use std::io::Write;
            file.write_all(b"{\"ts\":\"1970").unwrap();
        })
        .unwrap();
    assert_eq!(messages(&bench.lines()), [(Source::Stdout, "whole")]);
    bench.log = TryLog::new(bench.path.clone(), 10_000);
    bench.out("next\n");
    let read: Vec<_> = read_log(&bench.path).unwrap().unwrap().collect();
    assert!(matches!(read[1], Err(LogError::Damaged { number: 2, .. })), "{read:?}");
    assert_eq!(read[2].as_ref().unwrap().message, "next");
}

#[test]
fn a_log_can_be_followed_while_it_is_written() {
    let mut bench = Bench::new(10_000);
    bench.out("one\n");
    let mut reader = read_log(&bench.path).unwrap().unwrap();
    assert_eq!(reader.next().unwrap().unwrap().message, "one");
    assert!(reader.next().is_none());
    bench.out("two\n");
    assert_eq!(reader.next().unwrap().unwrap().message, "two");
}

#[test]
fn a_disk_that_fails_harms_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let blocked = dir.path().join("file");
    fs::write(&blocked, "").unwrap();
    let mut log = TryLog::new(blocked.join("1.jsonl"), 10_000);
    log.stream(NOW, Source::Stdout, b"a line\n");
    log.finish(LogLine::host(NOW, Level::Info, "ended"), false);
    let mut series = Series::new(blocked.join("1.metrics.jsonl"));
    assert!(series.point("loss", 1, 0.5));
    assert_eq!(series.finish(), [("loss".to_owned(), 0.5)]);
}

#[test]
fn logs_are_for_their_user_only() {
    use std::os::unix::fs::PermissionsExt;
    let mut bench = Bench::new(10_000);
    bench.out("one\n");
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&bench.path), mode(bench.path.parent().unwrap())), (0o600, 0o700));
}

#[test]
fn a_series_keeps_every_point_and_the_last_value_of_each_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("1.metrics.jsonl");
    let mut series = Series::new(path.clone());
    for (name, step, value) in [("loss", 1, 0.5), ("auc", 1, 0.9), ("loss", 2, 0.25), ("bad", 1, f64::NAN)] {
        assert!(series.point(name, step, value));
    }
    assert!(!series.point(&"x".repeat(257), 1, 1.0));
    assert!(series.point("auc", 2, 0.95));
    assert_eq!(series.finish(), [("auc".to_owned(), 0.95), ("loss".to_owned(), 0.25)]);
    let points: Vec<MetricPoint> = read_metrics(&path).unwrap().unwrap().map(Result::unwrap).collect();
    let steps: Vec<_> = points.iter().map(|point| (point.name.as_str(), point.step)).collect();
    assert_eq!(steps, [("loss", 1), ("auc", 1), ("loss", 2), ("bad", 1), ("auc", 2)]);
    assert!(points[3].value.is_nan());
}

#[test]
fn the_files_of_a_try_lie_beside_each_other() {
    let (dag, run) = (DagId::new("a.b").unwrap(), RunId::new("manual__2026-01-01T00:00:00+00:00").unwrap());
    let files = TryFiles::of("logs".as_ref(), &dag, &run, &TaskId::new("t").unwrap(), 3);
    let folder = PathBuf::from("logs/a.b/manual__2026-01-01T00:00:00+00:00/t");
    assert_eq!(files.log, folder.join("3.jsonl"));
    assert_eq!(files.metrics, folder.join("3.metrics.jsonl"));
    assert_eq!(files.kept_out, folder.join("3.out"));
}

#[test]
fn a_start_that_says_nothing_after_one_that_spoke_has_its_lines_too() {
    let mut bench = Bench::new(10_000);
    bench.out("not ready\n");
    bench.finish();
    bench.log = TryLog::new(bench.path.clone(), 10_000);
    bench.log.hold(LogLine::host(NOW, Level::Info, "started again"));
    let lines = bench.finish();
    let expected = [
        (Source::Stdout, "not ready"),
        (Source::Host, "ended"),
        (Source::Host, "started again"),
        (Source::Host, "ended"),
    ];
    assert_eq!(messages(&lines), expected);
}
