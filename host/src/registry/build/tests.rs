//! Builds with the real cargo of crates without dependencies, and with a fake one where it has to fail.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use super::environment::Variables;
use super::fingerprint::Fingerprint;
use super::plan::{self, Crate};
use super::{BuildError, BuildWatcher, cargo};
use crate::ids::Digest;
use crate::registry::error::{Fault, RegistryError};

#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl Lines {
    fn all(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

impl BuildWatcher for Lines {
    fn begins(&self, crates: &[String]) {
        self.0.lock().unwrap().push(format!("begins {}", crates.join(" ")));
    }
    fn line(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

struct Tree {
    folder: tempfile::TempDir,
    lines: Arc<Lines>,
}

const LIBRARY: &str = "[lib]\ncrate-type = ['cdylib']\n";

impl Tree {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), lines: Arc::default() }
    }

    fn at(&self, path: &str) -> PathBuf {
        fs::canonicalize(self.folder.path()).unwrap().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A crate with `manifest` below its package, and `source` as its library.
    fn add_crate(&self, path: &str, manifest: &str, source: &str) {
        let name = Path::new(path).file_name().unwrap().to_string_lossy().replace(' ', "-");
        let package = format!("[package]\nname = '{name}'\nversion = '0.1.0'\nedition = '2024'\n{manifest}");
        self.write(&format!("{path}/Cargo.toml"), &package);
        self.write(&format!("{path}/src/lib.rs"), source);
    }

    fn fingerprint(&self, path: &str) -> Fingerprint {
        Fingerprint::of(&self.at(path), &[], &Variables::new()).unwrap()
    }

    fn crate_at(&self, path: &str) -> Crate {
        Crate::read(self.at(path), Digest::of(b"")).unwrap()
    }

    /// The real variables, with a target folder of this test.
    fn variables(&self) -> Variables {
        let mut variables: Variables = std::env::vars_os().collect();
        variables.insert("CARGO_TARGET_DIR".into(), self.at("built").into());
        variables
    }

    async fn build(&self, paths: &[&str], variables: &Variables) -> Vec<Result<Vec<u8>, BuildError>> {
        let crates: Vec<Crate> = paths.iter().map(|path| self.crate_at(path)).collect();
        let watcher = Arc::clone(&self.lines) as Arc<dyn BuildWatcher>;
        let artifacts = cargo::build_all(crates.clone(), variables, &watcher).await;
        crates.iter().map(|one| Ok(fs::read(artifacts.of(one)?.wasm).unwrap())).collect()
    }

    async fn build_one(&self, path: &str) -> Result<Vec<u8>, BuildError> {
        self.build(&[path], &self.variables()).await.remove(0)
    }

    /// Programs by these names and scripts, and nothing else, in `PATH`. Written by another process: one that this
    /// process has open for writing could not be started while another test starts something.
    fn only_programs(&self, programs: &[(&str, &str)]) -> Variables {
        let folder = self.at("programs");
        fs::create_dir_all(&folder).unwrap();
        for (name, script) in programs {
            let path = folder.join(name);
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$2\" && chmod 755 \"$2\"", "sh", script]);
            assert!(shell.arg(&path).stdin(Stdio::null()).status().unwrap().success());
        }
        Variables::from([(OsString::from("PATH"), folder.into())])
    }
}

fn is_component(wasm: &[u8]) -> bool {
    wasmparser::Parser::is_component(wasm)
}

#[tokio::test]
async fn crates_of_one_workspace_are_built_in_one_call_and_a_broken_one_does_not_spoil_the_other() {
    let tree = Tree::new();
    tree.write("Cargo.toml", "[workspace]\nmembers = ['good one', 'broken']\nresolver = '3'\n");
    tree.add_crate("good one", LIBRARY, "");
    tree.add_crate("broken", LIBRARY, "fn f() { 1 + }");
    let built = tree.build(&["good one", "broken"], &tree.variables()).await;
    assert!(is_component(built[0].as_ref().unwrap()));
    let Err(BuildError::Failed { name, reason, output_tail, .. }) = &built[1] else { panic!("{:?}", built[1]) };
    assert_eq!(name, "broken");
    assert!(reason.starts_with("error: expected expression"), "{reason}");
    assert!(output_tail.iter().any(|line| line.contains("could not compile `broken`")), "{output_tail:?}");
    let lines = tree.lines.all();
    assert_eq!(lines.matches("begins ").count(), 1, "{lines}");
    assert!(lines.contains("begins good-one broken") && lines.contains("Compiling good-one"), "{lines}");
}

#[tokio::test]
async fn crates_of_one_name_do_not_get_each_others_component_from_a_shared_target_folder() {
    let tree = Tree::new();
    for place in ["alpha", "omega"] {
        let source = format!("#[unsafe(no_mangle)]\npub extern \"C\" fn {place}() {{}}");
        tree.add_crate(&format!("{place}/plugin"), &format!("{LIBRARY}[workspace]\n"), &source);
    }
    // Twice, since it is cargo's second look that takes the other's work for its own.
    for _ in 0..2 {
        let built = tree.build(&["alpha/plugin", "omega/plugin"], &tree.variables()).await;
        for (place, wasm) in ["alpha", "omega"].iter().zip(built) {
            let wasm = wasm.unwrap();
            assert!(wasm.windows(place.len()).any(|window| window == place.as_bytes()), "{place}");
        }
    }
}

#[tokio::test]
async fn a_crate_whose_path_cannot_be_written_plainly_is_built_all_the_same() {
    let tree = Tree::new();
    tree.add_crate("grün@home#1/plugin", &format!("{LIBRARY}[workspace]\n"), "");
    assert!(is_component(&tree.build_one("grün@home#1/plugin").await.unwrap()));
}

#[tokio::test]
async fn a_crate_that_makes_no_component_says_what_to_change() {
    let tree = Tree::new();
    tree.add_crate("library", "[workspace]\n", "");
    let error = tree.build_one("library").await.unwrap_err();
    assert!(error.to_string().contains("crate-type = [\"cdylib\"]"), "{error}");
    assert_eq!(error.fault(), Fault::Caller);

    tree.write("program/Cargo.toml", "[package]\nname = 'program'\nedition = '2024'\n[workspace]\n");
    tree.write("program/src/main.rs", "fn main() {}");
    let error = tree.build_one("program").await.unwrap_err();
    assert!(error.to_string().contains("it is a program"), "{error}");
}

#[tokio::test]
async fn a_manifest_that_cargo_does_not_take_is_told_in_cargos_words() {
    let tree = Tree::new();
    tree.add_crate("odd", "[dependencies]\ngone = { path = '../gone' }\n[workspace]\n", "");
    let error = tree.build_one("odd").await.unwrap_err();
    assert!(
        error.to_string().contains("failed to get `gone`") || error.to_string().contains("failed to load"),
        "{error}"
    );
}

#[test]
fn what_is_no_crate_is_told_apart() {
    let tree = Tree::new();
    tree.write("file.txt", "");
    tree.write("workspace/Cargo.toml", "[workspace]\n");
    tree.write("garbled/Cargo.toml", "[package\n");
    assert!(matches!(plan::crate_folder(&tree.at("nowhere")), Err(BuildError::Unreadable { .. })));
    assert!(matches!(plan::crate_folder(&tree.at("")), Err(BuildError::NoManifest { .. })));
    assert!(matches!(plan::crate_folder(&tree.at("file.txt")), Err(BuildError::NoManifest { .. })));
    let folder = plan::crate_folder(&tree.at("workspace/Cargo.toml")).unwrap();
    assert_eq!(folder, tree.at("workspace"));
    assert!(matches!(Crate::read(folder, Digest::of(b"")), Err(BuildError::NotAPackage { .. })));
    assert!(matches!(
        Fingerprint::of(&tree.at("garbled"), &[], &Variables::new()),
        Err(BuildError::BadManifest { .. })
    ));
}

#[test]
fn a_fingerprint_changes_with_what_a_build_is_made_of_and_with_nothing_else() {
    let tree = Tree::new();
    tree.write("Cargo.toml", "[workspace]\nmembers = ['*']\n");
    tree.add_crate("plugin", "[dependencies]\nhelper = { path = '../helper' }\n", "");
    tree.add_crate("helper", "", "");
    tree.add_crate("stranger", "", "");
    let mut last = tree.fingerprint("plugin");
    let changes = [
        ("plugin/src/lib.rs", "// changed", true),
        ("plugin/src/new.rs", "", true),
        ("plugin/wit/task.wit", "package a:b;", true),
        ("helper/src/lib.rs", "// changed", true),
        ("Cargo.toml", "[workspace]\nmembers = ['*']\n[profile.release]\nlto = true\n", true),
        (".cargo/config.toml", "[build]\n", true),
        ("plugin/src/target/mod.rs", "// a module by that name", true),
        ("stranger/src/lib.rs", "// changed", false),
        ("plugin/target/release/plugin.wasm", "built", false),
        ("plugin/.git/index", "", false),
        ("helper/out/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55", false),
        ("helper/out/built", "", false),
    ];
    for (path, text, expected) in changes {
        tree.write(path, text);
        let now = tree.fingerprint("plugin");
        assert_eq!(now != last, expected, "{path}");
        assert_eq!(now, tree.fingerprint("plugin"), "{path}: it stays when nothing changes");
        last = now;
    }
    tree.write("Cargo.lock", "version = 4\n");
    let locked = tree.fingerprint("plugin");
    assert_eq!(locked.sources, last.sources, "cargo itself writes lock files");
    assert_ne!(locked.whole, last.whole);
    fs::remove_file(tree.at("plugin/src/new.rs")).unwrap();
    assert_ne!(tree.fingerprint("plugin").sources, last.sources, "a file less");
}

#[test]
fn a_fingerprint_changes_with_variables_that_change_the_build_only() {
    let tree = Tree::new();
    tree.add_crate("plugin", "", "");
    let under = |name: &str| {
        let variables = Variables::from([(OsString::from(name), OsString::from("1"))]);
        Fingerprint::of(&tree.at("plugin"), &[], &variables).unwrap()
    };
    for name in ["RUSTFLAGS", "CARGO_PROFILE_RELEASE_LTO", "CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS"] {
        assert_ne!(under(name), tree.fingerprint("plugin"), "{name}");
    }
    for name in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "RUSTUP_TOOLCHAIN", "CARGO_TARGET_DIR", "HOME"] {
        assert_eq!(under(name), tree.fingerprint("plugin"), "{name}");
    }
}

#[test]
fn links_in_a_circle_do_not_hold_up_a_fingerprint() {
    let tree = Tree::new();
    tree.add_crate("plugin", "", "");
    std::os::unix::fs::symlink(tree.at("plugin"), tree.at("plugin/src/circle")).unwrap();
    std::os::unix::fs::symlink("/nowhere", tree.at("plugin/src/dangling")).unwrap();
    assert_eq!(tree.fingerprint("plugin"), tree.fingerprint("plugin"));
}

#[tokio::test]
async fn files_outside_the_crate_that_a_build_read_are_known_afterwards() {
    let tree = Tree::new();
    tree.add_crate("plugin", &format!("{LIBRARY}[workspace]\n[dependencies]\nhelper = {{ path = '../helper' }}\n"), "");
    tree.add_crate("helper", "", "");
    tree.write("outside.txt", "1");
    tree.write("plugin/src/lib.rs", "pub const A: &str = include_str!(\"../../outside.txt\");");
    let (one, watcher) = (tree.crate_at("plugin"), Arc::clone(&tree.lines) as Arc<dyn BuildWatcher>);
    let artifacts = cargo::build_all(vec![one.clone()], &tree.variables(), &watcher).await;
    let outside = super::dep_info::outside_files(&artifacts.of(&one).unwrap().wasm, &one.folder).unwrap();
    assert_eq!(outside, [tree.at("outside.txt")]);
    let before = Fingerprint::of(&one.folder, &outside, &Variables::new()).unwrap();
    tree.write("outside.txt", "2");
    assert_ne!(Fingerprint::of(&one.folder, &outside, &Variables::new()).unwrap().whole, before.whole);
}

#[tokio::test]
async fn without_cargo_the_error_says_what_to_install() {
    let tree = Tree::new();
    tree.add_crate("plugin", LIBRARY, "");
    let nothing = tree.only_programs(&[]);
    let error = tree.build(&["plugin"], &nothing).await.remove(0).unwrap_err();
    assert!(matches!(error, BuildError::NoCargo { .. }), "{error}");
    assert!(error.to_string().contains("https://rustup.rs"), "{error}");
}

#[tokio::test]
async fn a_missing_target_is_fetched_by_rustup() {
    let tree = Tree::new();
    tree.add_crate("plugin", LIBRARY, "");
    let library = tree.at("lib");
    let rustc = format!("echo {}", library.display());
    let rustup = format!("echo \"$@\" >&2; /bin/mkdir {0}; : > {0}/libstd-1.rlib", library.display());
    let programs = [("rustc", rustc.as_str()), ("rustup", &rustup), ("cargo", "echo 'error: no luck' >&2; exit 101")];
    let variables = tree.only_programs(&programs);
    for _ in 0..2 {
        let error = tree.build(&["plugin"], &variables).await.remove(0).unwrap_err();
        assert!(matches!(&error, BuildError::Failed { reason, .. } if reason == "error: no luck"), "{error}");
    }
    assert_eq!(tree.lines.all().matches("target add wasm32-wasip2").count(), 1, "only once: {}", tree.lines.all());
}

#[tokio::test]
async fn a_target_that_cannot_be_fetched_is_told_with_what_to_type() {
    let tree = Tree::new();
    tree.add_crate("plugin", LIBRARY, "");
    let without_rustup = tree.only_programs(&[("rustc", "echo /nowhere"), ("cargo", "exit 1")]);
    let error = tree.build(&["plugin"], &without_rustup).await.remove(0).unwrap_err();
    assert!(error.to_string().contains("without rustup"), "{error}");
    let offline = tree.only_programs(&[("rustup", "echo no network >&2; exit 1")]);
    let error = tree.build(&["plugin"], &offline).await.remove(0).unwrap_err();
    assert!(error.to_string().contains("type `rustup target add wasm32-wasip2`"), "{error}");
    assert!(tree.lines.all().contains("no network"));
    assert_eq!(error.fault(), Fault::Caller);
}

mod kept {
    //! The same through the registry: what is kept of builds.

    use super::{Arc, Fault, LIBRARY, Lines, RegistryError, Tree, fs};
    use crate::registry::testing::Bench;
    use crate::registry::{BuildError, BuildPolicy, BuildWatcher, PluginSource, Registry};

    /// A custom section of the guest becomes one of the core module within the component; this is that of `Bench`'s
    /// sandbox, which looks at all of them.
    fn source(text: &str) -> String {
        let bytes = text.len();
        format!("#[unsafe(link_section = \"describe\")]\n#[used]\npub static SAID: [u8; {bytes}] = *b\"{text}\";\n")
    }

    async fn build(registry: &Registry, tree: &Tree) -> Result<crate::registry::Built, RegistryError> {
        let watcher = Arc::clone(&tree.lines) as Arc<dyn BuildWatcher>;
        registry.build(&[tree.at("plugin")], watcher).await.remove(0)
    }

    #[tokio::test]
    async fn a_crate_is_built_when_its_sources_changed_and_kept_by_digest() {
        let (bench, tree) = (Bench::new(), Tree::new());
        tree.add_crate("plugin", &format!("{LIBRARY}[workspace]\n"), &source("plugin 0.1.0"));
        let never = bench.registry.last_build(&tree.at("plugin")).await.unwrap_err();
        assert!(never.to_string().contains("dagwood plugin build"), "{never}");
        assert_eq!(never.fault(), Fault::Caller);

        let first = build(&bench.registry, &tree).await.unwrap();
        assert!(first.cargo_ran);
        assert_eq!(first.component.label(), "plugin@0.1.0");
        assert_eq!(bench.registry.list().unwrap(), [], "builds by path have no name");
        let again = build(&bench.another_process(), &tree).await.unwrap();
        assert!(!again.cargo_ran, "nothing changed, though cargo wrote a lock file");
        assert_eq!(again.component, first.component);

        tree.write("plugin/src/lib.rs", &source("plugin 0.2.0"));
        let last = bench.registry.last_build(&tree.at("plugin")).await.unwrap();
        assert_eq!((last.is_current, &last.component), (false, &first.component));
        let second = build(&bench.registry, &tree).await.unwrap();
        assert!(second.cargo_ran);
        assert_eq!(second.component.label(), "plugin@0.2.0");
        assert!(bench.registry.component(first.component.digest).unwrap().is_none(), "nothing uses it any more");
        assert!(bench.registry.last_build(&tree.at("plugin")).await.unwrap().is_current);
    }

    #[tokio::test]
    async fn a_build_that_fails_leaves_the_last_one() {
        let (bench, tree) = (Bench::new(), Tree::new());
        tree.add_crate("plugin", &format!("{LIBRARY}[workspace]\n"), &source("plugin 0.1.0"));
        let first = build(&bench.registry, &tree).await.unwrap();
        tree.write("plugin/src/lib.rs", "not Rust");
        let error = build(&bench.registry, &tree).await.unwrap_err();
        assert!(matches!(error, RegistryError::Build(BuildError::Failed { .. })), "{error}");
        let last = bench.registry.last_build(&tree.at("plugin")).await.unwrap();
        assert_eq!((last.is_current, last.component), (false, first.component));
    }

    #[tokio::test]
    async fn a_build_whose_component_was_deleted_is_made_again() {
        let (bench, tree) = (Bench::new(), Tree::new());
        tree.add_crate("plugin", &format!("{LIBRARY}[workspace]\n"), &source("plugin 0.1.0"));
        build(&bench.registry, &tree).await.unwrap();
        for file in bench.kept_files() {
            fs::remove_file(file).unwrap();
        }
        assert!(build(&bench.registry, &tree).await.unwrap().cargo_ran);
        assert!(!build(&bench.registry, &tree).await.unwrap().cargo_ran);
    }

    #[tokio::test]
    async fn one_crate_under_two_names_of_a_dag_is_built_once() {
        let (bench, tree) = (Bench::new(), Tree::new());
        tree.add_crate("plugin", &format!("{LIBRARY}[workspace]\n"), &source("plugin 0.1.0"));
        let sources = [PluginSource::Path(tree.at("plugin")), PluginSource::Path(tree.at("plugin/Cargo.toml"))];
        let watcher: Arc<Lines> = Arc::clone(&tree.lines);
        let resolved = bench.registry.resolve_all(&sources, BuildPolicy::WhenChanged, watcher).await;
        let digests: Vec<_> = resolved.into_iter().map(|component| component.unwrap().digest).collect();
        assert_eq!(digests[0], digests[1]);
        assert_eq!(tree.lines.all().matches("begins ").count(), 1);
    }
}
