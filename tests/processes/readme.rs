//! What the README shows is so.

use std::collections::BTreeSet;

use crate::common::{Bench, instance, root};
use crate::outside::{cargo, component, pin};

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

/// The README's snippets in a language.
fn snippets(language: &str) -> Vec<String> {
    let readme = readme();
    let blocks = readme.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(&format!("{language}\n"))).map(str::to_owned).collect()
}

/// The README's only snippet in a language.
#[track_caller]
fn snippet(language: &str) -> String {
    let [snippet] = <[String; 1]>::try_from(snippets(language)).unwrap();
    snippet
}

/// The whole DAG, callbacks, a mount, `config.toml`.
#[track_caller]
fn files() -> [String; 4] {
    snippets("toml").try_into().unwrap()
}

#[test]
fn the_plugin_in_the_readme_builds_and_runs() {
    let bench = Bench::new();
    bench.run(["plugin", "new", "greet-readme"]).exits(0);
    bench.write("greet-readme/src/lib.rs", snippet("rust"));
    pin(&bench.path("greet-readme"));
    cargo(&bench.path("greet-readme"), &["build", "--release", "--target", "wasm32-wasip2"]).exits(0);
    bench.run(["plugin".as_ref(), "register".as_ref(), component("greet_readme").as_os_str()]).exits(0);
    bench.write(
        "dag.toml",
        "id = \"readme\"\n[plugins]\ngreet-readme = \"0.1\"\n[tasks.greet]\nplugin = \"greet-readme\"\n\
         params = { name = \"Ada\" }\n",
    );
    let document = bench.run(["run", "dag.toml", "--json"]).exits(0).json();
    assert_eq!(instance(&document, "greet")["value"], "Hello, Ada!");
}

#[test]
fn the_dag_in_the_readme_is_right() {
    let bench = Bench::seeded();
    // It lies where the example lies, and `train` was registered before.
    let [text, _, _, _] = files();
    let place = "{ path = \"../../plugins/preprocess\" }";
    let data = "data/penguins.csv";
    assert!(text.contains(place) && text.contains(data), "{text}");
    let plugin = crate::common::guest("preprocess");
    bench.write("dag.toml", text.replace(place, &format!("{{ file = {plugin:?} }}")));
    bench.write(data, std::fs::read(root().join("examples/ml_pipeline").join(data)).unwrap());
    let train = crate::common::guest("train");
    bench.run(["plugin".as_ref(), "register".as_ref(), train.as_os_str()]).exits(0);

    bench.run(["dag", "check", "dag.toml"]).exits(0);
    let document = bench.run(["run", "dag.toml", "--json"]).exits(0).json();
    assert_eq!(document["state"], "success");
    assert!(root().join("examples/ml_pipeline").join("../../plugins/preprocess/Cargo.toml").is_file());
}

#[test]
fn the_callbacks_the_mount_and_the_operators_file_in_the_readme_are_right() {
    let bench = Bench::seeded();
    let [_, callbacks, mount, config] = files();
    let srv = std::fs::canonicalize(bench.path("")).unwrap().join("srv").display().to_string();
    std::fs::create_dir_all(bench.path("srv/models")).unwrap();
    let plugin = crate::common::guest("misbehave");
    let at_top = |lines: &str| format!("id = \"it\"\nplugins.notify = {{ file = {plugin:?} }}\n{lines}\n");
    bench.write("callbacks.toml", format!("{}[tasks.a]\nplugin = \"notify\"\n", at_top(&callbacks)));
    bench.run(["dag", "check", "callbacks.toml"]).exits(0);
    let mount = mount.replace("/srv/", &format!("{srv}/"));
    bench.write("mount.toml", format!("{}plugin = \"notify\"\n", at_top(&mount)));
    bench.run(["dag", "check", "mount.toml"]).exits(2).says(&["may not be mounted"]);
    let file = bench.home().join("config.toml");
    std::fs::write(&file, config.replace("\"/srv\"", &format!("{srv:?}"))).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    bench.run(["dag", "check", "mount.toml"]).exits(0);
}

/// The commands that a `--help` lists.
fn listed(bench: &Bench, command: &[&str]) -> BTreeSet<String> {
    let help = bench.run(command.iter().copied().chain(["--help"])).exits(0).stdout;
    let commands = help.split_once("\nCommands:\n").map_or("", |(_, rest)| rest.split("\n\n").next().unwrap_or(""));
    commands.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next().map(str::to_owned)).collect()
}

#[test]
fn every_command_in_the_readme_is_there_and_none_is_left_out() {
    let bench = Bench::new();
    let readme = readme();
    let (_, commands) = readme.split_once("\n## Commands\n").unwrap();
    let mut named = BTreeSet::new();
    for row in
        commands.lines().skip_while(|line| !line.starts_with("|---")).skip(1).take_while(|line| line.starts_with('|'))
    {
        let cell = row.split('|').nth(1).unwrap();
        // `plugin new, build`: the words after the first are commands below it. `FILE` is an argument.
        for words in cell.split('`').skip(1).step_by(2) {
            let mut words = words.split([' ', ',']).filter(|word| !word.is_empty() && *word != "FILE");
            let group = words.next().unwrap();
            named.insert(group.to_owned());
            let below: BTreeSet<_> = words.map(str::to_owned).collect();
            let mut there = listed(&bench, &[group]);
            there.remove("help");
            assert_eq!(below, there, "`{group}`");
        }
    }
    let mut there = listed(&bench, &[]);
    there.remove("help");
    assert_eq!(named, there);
}

#[test]
fn every_option_in_the_readme_is_there() {
    let bench = Bench::new();
    let help = bench.run(["run", "--help"]).exits(0).stdout;
    for option in ["--param", "--out", "--resume", "--json", "--home"] {
        assert!(readme().contains(&format!("`{option}")), "{option} is not in the README any more");
        assert!(help.contains(option), "{option} is not in\n{help}");
    }
}

#[test]
fn every_file_that_the_readme_links_to_is_there() {
    let readme = readme();
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
    let files: Vec<_> = links.filter(|link| !link.contains("://")).collect();
    assert!(files.len() > 5, "{files:?}");
    for link in files {
        let (file, part) = link.split_once('#').unwrap_or((link, ""));
        let page = root().join(file);
        assert!(page.exists(), "{file}");
        if !part.is_empty() {
            let page = std::fs::read_to_string(page).unwrap();
            let titles = page.lines().filter_map(|line| line.strip_prefix("## "));
            let anchors: Vec<_> = titles.map(|title| title.to_lowercase().replace(' ', "-")).collect();
            assert!(anchors.iter().any(|anchor| anchor == part), "{link}: {anchors:?}");
        }
    }
}
