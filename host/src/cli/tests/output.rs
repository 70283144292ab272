use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use serde_json::{Value, json};

use crate::cli::output::harmless_json;
use crate::cli::style::{Palette, Tone};
use crate::cli::table::{cell, render, right};
use crate::text::is_harmful;

#[test]
fn json_keeps_its_meaning_and_reaches_no_terminal_s_commands() -> Result<(), serde_json::Error> {
    let value = json!({"a\u{9b}31m": "\u{202e}x\u{7f}\u{e0041}", "plain": "é ✓"});
    let shown = harmless_json(&value.to_string()).into_owned();
    assert_eq!(shown, "{\"a\\u009b31m\":\"\\u202ex\\u007f\\udb40\\udc41\",\"plain\":\"é ✓\"}");
    assert_eq!(serde_json::from_str::<Value>(&shown)?, value);
    Ok(())
}

proptest! {
    #[test]
    fn any_text_comes_back_from_its_json(text in any::<String>()) {
        for json in [serde_json::to_string(&text)?, serde_json::to_string_pretty(&json!([text]))?] {
            let shown = harmless_json(&json);
            prop_assert!(!shown.contains(|c: char| is_harmful(c) && c != '\n'));
            let back: Value = serde_json::from_str(&shown)?;
            let back = back.get(0).unwrap_or(&back);
            prop_assert_eq!(back.as_str(), Some(text.as_str()));
        }
    }
}

#[test]
fn without_a_terminal_nothing_is_painted() {
    assert_eq!(Palette::PLAIN.paint(Tone::Bad, "failed"), "failed");
}

#[test]
fn a_table_has_a_heading_columns_and_no_trailing_blanks() {
    let rows = [vec![cell("a"), right("1"), cell("")], vec![cell("longer"), right("20"), cell("x")]];
    let table = render(&["name", "n", "why"], rows, Palette::PLAIN);
    assert_eq!(table, "NAME    N   WHY\na        1\nlonger  20  x");
}
