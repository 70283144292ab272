use super::{near_names, parse_requirement, select};
use crate::registry::record::PluginRecord;
use crate::registry::testing::record;

fn train(versions: &[&str]) -> Vec<PluginRecord> {
    versions.iter().map(|version| record(&format!("train {version}"))).collect()
}

#[test]
fn requirements_resolve_as_in_cargo() {
    let plugins = train(&["0.1.0", "0.1.9", "0.1.10", "0.2.0-rc.1", "0.2.0", "1.0.0", "1.4.2", "2.0.0-beta.2"]);
    let table = [
        ("0.1", Some("0.1.10")),
        ("^0.1.5", Some("0.1.10")),
        ("0", Some("0.2.0")),
        ("0.2.0-rc.1", Some("0.2.0")),
        ("=0.2.0-rc.1", Some("0.2.0-rc.1")),
        ("1", Some("1.4.2")),
        ("~1.0", Some("1.0.0")),
        (">=0.1, <1.0", Some("0.2.0")),
        ("*", Some("1.4.2")),
        ("2", None),
        ("2.0.0-beta", Some("2.0.0-beta.2")),
        ("=0.1.1", None),
        ("1.5", None),
    ];
    for (text, expected) in table {
        let selected = select(&plugins, "train", &parse_requirement(text).unwrap());
        let version = selected.ok().map(|plugin| plugin.version.to_string());
        assert_eq!(version.as_deref(), expected, "{text}");
    }
}

#[test]
fn a_version_that_is_not_there_tells_which_are() {
    let plugins = train(&["0.2.0", "0.1.0"]);
    let error = select(&plugins, "train", &parse_requirement("1").unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "no version of `train` fits `^1`: there is 0.1.0, 0.2.0");
}

#[test]
fn a_lone_pre_release_has_to_be_named_and_the_error_says_so() {
    let error = select(&train(&["0.1.0-rc.1"]), "train", &parse_requirement("0.1").unwrap()).unwrap_err();
    assert!(error.to_string().contains("0.1.0-rc.1, a pre-release"), "{error}");
}

#[test]
fn an_unknown_name_offers_those_written_like_it() {
    let plugins = [record("train 0.1.0"), record("preprocess 0.1.0"), record("evaluate 0.1.0")];
    let error = |name: &str| select(&plugins, name, &parse_requirement("*").unwrap()).unwrap_err().to_string();
    assert!(error("tarin").contains("did you mean `train`?"), "{}", error("tarin"));
    assert!(error("preproces").contains("`preprocess`"));
    assert!(error("sensor").contains("dagwood plugin list"));
    let none = select(&[], "train", &parse_requirement("*").unwrap()).unwrap_err();
    assert!(none.to_string().contains("dagwood plugin register"), "{none}");
}

#[test]
fn a_hint_is_near_and_short() {
    let known = ["aa", "ab", "ac", "ad", "zz"];
    assert_eq!(near_names(known.into_iter(), "ae"), ["aa", "ab", "ac"]);
}

#[test]
fn what_is_no_requirement_says_how_one_is_written() {
    for text in ["", "latest", "1.x.y", ">>1"] {
        let error = parse_requirement(text).unwrap_err();
        assert!(error.to_string().contains("as in Cargo"), "{error}");
    }
}
