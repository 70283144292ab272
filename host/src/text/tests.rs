use std::borrow::Cow;

use proptest::prelude::{any, prop_assert, proptest};

use crate::text::{coloured_line, cut, exact_bytes, is_harmful, lines, one_line, shell_word, short_line};

#[test]
fn ordinary_text_is_left_alone() {
    for text in ["", "plain", "naïve ✓ 日本語 👩‍🔬", "a\\n is a backslash and an n"] {
        assert!(matches!(one_line(text), Cow::Borrowed(same) if same == text));
    }
}

#[test]
fn terminal_escapes_are_shown_and_not_done() {
    assert_eq!(one_line("\u{1b}[2J\u{1b}]0;owned\u{7}"), "\\u{1b}[2J\\u{1b}]0;owned\\u{7}");
    assert_eq!(one_line("\u{9b}31m"), "\\u{9b}31m");
    assert_eq!(one_line("a\rb"), "a\\rb");
}

#[test]
fn marks_that_turn_text_around_are_shown() {
    assert_eq!(one_line("exe\u{202e}txt.moc"), "exe\\u{202e}txt.moc");
    assert_eq!(one_line("\u{2066}x\u{2069}"), "\\u{2066}x\\u{2069}");
}

#[test]
fn invisible_characters_are_shown() {
    assert_eq!(one_line("pass\u{200b}word\u{feff}"), "pass\\u{200b}word\\u{feff}");
    assert_eq!(one_line("\u{e0041}"), "\\u{e0041}");
}

#[test]
fn one_line_has_no_line_ends_and_lines_keeps_them() {
    assert_eq!(one_line("a\n\tb\u{2028}c"), "a\\n\\tb\\u{2028}c");
    assert_eq!(lines("a\n\tb\u{2028}c"), "a\n\tb\\u{2028}c");
    assert_eq!(lines("a\r\nb"), "a\\r\nb");
}

#[test]
fn a_long_line_is_cut_at_a_character() {
    assert_eq!(short_line("äöüß", 4), "äöüß");
    assert_eq!(short_line("äöüßx", 4), "äöü…");
    assert_eq!(short_line("\u{1b}", 3), "\\u…");
}

#[test]
fn of_a_compiler_s_lines_only_the_colours_are_done() {
    assert_eq!(coloured_line("\u{1b}[1;31merror\u{1b}[0m: x"), "\u{1b}[1;31merror\u{1b}[0m: x");
    assert_eq!(coloured_line("\u{1b}[2J\u{1b}[31"), "\\u{1b}[2J\\u{1b}[31");
    assert_eq!(coloured_line("\u{1b}]0;t\u{7}\u{1b}"), "\\u{1b}]0;t\\u{7}\\u{1b}");
    assert_eq!(coloured_line("\u{1b}\u{1b}[32mé\n"), "\\u{1b}\u{1b}[32mé\\n");
}

proptest! {
    #[test]
    fn nothing_harmful_is_ever_left(text in any::<String>(), max in 0_usize..40) {
        prop_assert!(!one_line(&text).contains(is_harmful));
        prop_assert!(!lines(&text).contains(|c| is_harmful(c) && c != '\n' && c != '\t'));
        let coloured = coloured_line(&text);
        let beside_colours = |c| is_harmful(c) && c != '\u{1b}';
        prop_assert!(!coloured.contains(beside_colours));
        let short = short_line(&text, max);
        prop_assert!(short.chars().count() <= max.max(1) && !short.contains(is_harmful));
    }
}

#[test]
fn long_text_is_cut_between_characters() {
    assert_eq!(cut("short", 5), "short");
    assert_eq!(cut("aéé", 4), "aé… (2 bytes cut off)");
    assert_eq!(cut("é", 0), "… (2 bytes cut off)");
}

#[test]
fn sizes_are_said_in_the_largest_unit_that_fits() {
    assert_eq!(exact_bytes(512 << 20), "512 MiB");
    assert_eq!(exact_bytes(2 << 30), "2 GiB");
    assert_eq!(exact_bytes(1_000), "1000 bytes");
    assert_eq!(exact_bytes(0), "0 bytes");
}

#[test]
fn commands_that_are_shown_can_be_typed_as_they_are() {
    assert_eq!(shell_word("/srv/data-1.2"), "/srv/data-1.2");
    assert_eq!(shell_word("my home"), "'my home'");
    assert_eq!(shell_word("it's; rm -rf"), "'it'\\''s; rm -rf'");
    assert_eq!(shell_word(""), "''");
}
