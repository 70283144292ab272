use super::PluginRef;
use crate::registry::testing::record;

fn parse(text: &str) -> PluginRef {
    text.parse().unwrap()
}

#[test]
fn a_whole_version_means_just_that_one_and_less_is_a_requirement() {
    let plugins = ["train 0.1.0", "train 0.1.3", "train 0.2.0"].map(record);
    let version = |text: &str| parse(text).select(&plugins).map(|plugin| plugin.version.to_string()).ok();
    assert_eq!(version("train").as_deref(), Some("0.2.0"));
    assert_eq!(version("train@0.1").as_deref(), Some("0.1.3"));
    assert_eq!(version("train@0.1.0").as_deref(), Some("0.1.0"));
    assert_eq!(version("train@0.1.1"), None);
    assert_eq!(version("train@^0.1.1").as_deref(), Some("0.1.3"));
    let by_digest = parse(&plugins[1].component.digest.to_string());
    assert_eq!(by_digest.select(&plugins).unwrap(), &plugins[1]);
}

#[test]
fn only_takes_what_can_mean_just_one() {
    let plugins = ["train 0.1.0", "train 0.1.3", "train 0.2.0", "solo 1.0.0-rc.1"].map(record);
    let only = |text: &str| parse(text).only(&plugins).map(|plugin| plugin.version.to_string());
    assert_eq!(only("solo").unwrap(), "1.0.0-rc.1");
    assert_eq!(only("train@0.2").unwrap(), "0.2.0");
    assert_eq!(only("train@0.1.3").unwrap(), "0.1.3");
    let error = only("train@0.1").unwrap_err().to_string();
    assert!(error.contains("train@VERSION") && error.contains("0.1.0, 0.1.3"), "{error}");
    assert!(only("train@3").unwrap_err().to_string().contains("no version of `train` fits"));
    assert!(only("nobody").is_err());
}

#[test]
fn a_reference_is_shown_as_it_is_written() {
    for text in ["train", "train@^0.1", "train@0.1.0"] {
        assert_eq!(parse(text).to_string(), text);
    }
    assert!("train@new".parse::<PluginRef>().is_err());
}
