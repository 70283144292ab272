use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::commands::new_plugin::{plugin_name, write};
use crate::cli::error::Exit;

type Tested = Result<(), Box<dyn std::error::Error>>;

fn files_below(folder: &Path) -> std::io::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_below(&path)?);
        } else {
            found.insert(path);
        }
    }
    Ok(found)
}

/// The paths within `folder`, and what each holds.
fn contents(folder: &Path) -> std::io::Result<Vec<(PathBuf, String)>> {
    let files = files_below(folder)?;
    files
        .into_iter()
        .map(|path| Ok((path.strip_prefix(folder).unwrap_or(&path).into(), fs::read_to_string(&path)?)))
        .collect()
}

fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins")
}

#[test]
fn names_are_lower_case_words_that_cargo_takes() {
    for name in ["train", "clean-rows", "a1", "x-2-y"] {
        assert_eq!(plugin_name(name).as_deref(), Ok(name));
    }
    let long = "a".repeat(65);
    for name in ["", "Train", "1st", "-a", "a-", "a--b", "a_b", "a b", "ä", "../x", "fn", "serde", "sdk", long.as_str()]
    {
        assert!(plugin_name(name).is_err(), "{name}");
    }
}

#[test]
fn a_new_plugin_holds_the_template_with_its_name_and_the_sdk_as_it_is_now() -> Tested {
    let folder = tempfile::tempdir()?;
    let made = folder.path().join("deep/word-count");
    write("word-count", &made)?;
    assert_eq!(contents(&made.join("sdk/src"))?, contents(&plugins().join("sdk/src"))?);
    assert_eq!(contents(&made.join("sdk/wit"))?, contents(&plugins().join("sdk/wit"))?);
    assert_eq!(fs::read(made.join("sdk/Cargo.toml"))?, fs::read(plugins().join("sdk/Cargo.toml"))?);
    let expected = contents(&plugins().join("template"))?.into_iter();
    let expected =
        expected.map(|(path, text)| (path, text.replace("{{name}}", "word-count").replace("{{crate}}", "word_count")));
    let own = contents(&made)?.into_iter().filter(|(path, _)| !path.starts_with("sdk"));
    assert_eq!(own.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    Ok(())
}

#[test]
fn nothing_of_a_new_plugin_names_a_place_on_this_machine() -> Tested {
    let folder = tempfile::tempdir()?;
    let made = folder.path().join("p");
    write("p", &made)?;
    for (path, text) in contents(&made)? {
        let manifest = env!("CARGO_MANIFEST_DIR");
        assert!(!text.contains(manifest) && !text.contains("{{name}}"), "{}", path.display());
    }
    Ok(())
}

#[test]
fn a_folder_that_is_not_empty_is_left_as_it_is() -> Tested {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("mine"), "kept")?;
    assert_eq!(write("p", folder.path()).map_err(|error| error.exit()), Err(Exit::Usage));
    assert_eq!(write("p", &folder.path().join("mine")).map_err(|error| error.exit()), Err(Exit::Usage));
    assert_eq!(contents(folder.path())?, [(PathBuf::from("mine"), "kept".to_owned())]);
    Ok(())
}

#[test]
fn an_empty_folder_will_do() -> Tested {
    let folder = tempfile::tempdir()?;
    write("p", folder.path())?;
    assert!(folder.path().join("dag.toml").is_file());
    Ok(())
}
