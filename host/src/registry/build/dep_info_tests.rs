use std::path::{Path, PathBuf};

use super::prerequisites;

#[test]
fn words_end_at_blanks_unless_these_are_written_with_a_backslash() {
    let text = "/a\\ b/target/x.wasm: /a\\ b/src/lib.rs /c/with:colon.rs /d/back\\slash.rs\n\n/other.wasm: /not/this\n";
    let expected = ["/a b/src/lib.rs", "/c/with:colon.rs", "/d/back\\slash.rs"].map(PathBuf::from);
    assert_eq!(prerequisites(text), expected);
}

#[test]
fn what_is_no_list_has_no_files() {
    for text in ["", "\n", "x.wasm:", "nonsense"] {
        assert_eq!(prerequisites(text), Vec::<&Path>::new(), "{text:?}");
    }
}
