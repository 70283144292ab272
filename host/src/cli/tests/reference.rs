use std::fs;
use std::path::Path;

use crate::cli::reference::reference;

#[test]
fn the_cli_reference_is_that_of_the_program() -> std::io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(&path, reference())?;
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == reference(),
        "docs/cli.md is not what the program says: UPDATE_DOCS=1 cargo test -p dagwood cli_reference"
    );
    Ok(())
}
