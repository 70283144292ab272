//! The reference of the command line is what the program says of itself.

use std::path::Path;

#[test]
fn cli_reference_is_what_the_program_says_of_itself() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
    let page = dagwood::cli::reference::reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(kept == page, "docs/cli.md is not up to date: UPDATE_DOCS=1 cargo test -p dagwood cli_reference");
}
