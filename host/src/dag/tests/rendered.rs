use crate::dag::render::{Style, records, render};
use crate::dag::testing::checked;

const TEXT: &str =
    "id = 'x'\nflow = 'a >> b >> a'\n\n[tasks.a]\nplugin = 'noop'\nretrys = 3\n[tasks.b]\nplugin = 'noop'\n";

#[test]
fn diagnostics_show_file_line_column_and_excerpt() {
    let rendered = render(&checked(TEXT).diagnostics, Some(TEXT), "dags/x.toml", Style::Plain);
    let expected = "\
error: these tasks wait for each other: a → b → a
 --> dags/x.toml:2:14
  |
2 | flow = 'a >> b >> a'
  |              ^    - `b` comes before `a` here
  |              |
  |              `a` comes before `b` here
  |
  = help: take out one of these

error: unknown key `retrys`
 --> dags/x.toml:6:1
  |
6 | retrys = 3
  | ^^^^^^
  |
  = help: did you mean `retries`?";
    assert_eq!(rendered, expected);
}

#[test]
fn colours_are_there_only_if_asked_for() {
    let diagnostics = checked(TEXT).diagnostics;
    assert!(!render(&diagnostics, Some(TEXT), "x", Style::Plain).contains('\u{1b}'));
    assert!(render(&diagnostics, Some(TEXT), "x", Style::Coloured).contains('\u{1b}'));
}

#[test]
fn records_have_lines_and_columns() {
    let text = "id = 'x'\n[tasks.a]\nplugin = 'noop'\ndescription = 'äö'\nx = { 'äö' = 1 }\n";
    let records = records(&checked(text).diagnostics, Some(text), "x.toml");
    let record = serde_json::to_value(&records[0]).unwrap();
    let expected = serde_json::json!({
        "severity": "error", "message": "unknown key `x`", "hint": record["hint"], "path": "tasks.a.x",
        "file": "x.toml", "line": 5, "column": 1, "end_line": 5, "end_column": 2, "notes": [],
    });
    assert_eq!(record, expected);
}

#[test]
fn places_far_apart_are_shown_in_pieces() {
    let filler: String = (0..2_000).map(|n| format!("# line {n}\n")).collect();
    let text =
        format!("id = 'x'\n[tasks.a]\nplugin = 'noop'\nafter = 'b'\n{filler}[tasks.b]\nplugin = 'noop'\nafter = 'a'\n");
    let rendered = render(&checked(&text).diagnostics, Some(&text), "x.toml", Style::Plain);
    assert!(rendered.contains("x.toml:4:9") && rendered.contains("x.toml:2007:9"), "{rendered}");
    assert!(rendered.len() < 2_000, "{rendered}");
}

#[test]
fn what_would_steer_a_terminal_is_written_out() {
    let text = "id = \"\\u001b[31mx\"\n[tasks.\"\\u0007\"]\nplugin = \"\\u001b\"\n";
    let rendered = render(&checked(text).diagnostics, Some(text), "x.toml", Style::Plain);
    assert!(!rendered.contains(|c: char| c.is_control() && c != '\n'), "{rendered:?}");
    let raw = "id = 'x'\n[tasks.a]\nplugin = 'noop'\n\u{9b}x = 1\nx = '\u{1b}'\n";
    let rendered = render(&checked(raw).diagnostics, Some(raw), "x.toml", Style::Plain);
    assert!(!rendered.contains(['\u{1b}', '\u{9b}']), "{rendered:?}");
}

#[test]
fn of_a_very_long_line_only_the_part_round_the_mistake_is_shown() {
    let text = format!("id = 'x'\n{}é = 'no table\n", "k".repeat(2_000_000));
    let rendered = render(&checked(&text).diagnostics, Some(&text), "x.toml", Style::Plain);
    assert!(rendered.contains("x.toml:2:"), "{rendered}");
    assert!(rendered.len() < 4_000, "{} bytes", rendered.len());
}
