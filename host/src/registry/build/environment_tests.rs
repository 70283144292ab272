use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::{Environment, TARGET_FLAGS, Variables};

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect()
}

fn of(folder: &Path, pairs: &[(&str, &str)]) -> (String, Vec<String>) {
    let environment = Environment::of(folder, &variables(pairs));
    let shown = environment.variables.iter().map(|(k, v)| format!("{}={}", k.display(), v.display())).collect();
    (environment.cargo.into_string().unwrap(), shown)
}

const UNDER_CARGO: [(&str, &str); 10] = [
    ("CARGO", "/rust/1.95/bin/cargo"),
    ("CARGO_HOME", "/home/me/.cargo"),
    ("CARGO_MANIFEST_DIR", "/src/dagwood"),
    ("CARGO_PKG_NAME", "dagwood"),
    ("CARGO_ENCODED_RUSTFLAGS", "-Cfoo"),
    ("CARGO_PROFILE_RELEASE_LTO", "true"),
    ("OUT_DIR", "/target/out"),
    ("PATH", "/bin"),
    ("RUSTUP_TOOLCHAIN", "1.95"),
    ("RUST_RECURSION_COUNT", "1"),
];

#[test]
fn what_cargo_says_of_this_program_does_not_reach_a_guests_build() {
    let folder = tempfile::tempdir().unwrap();
    let (cargo, kept) = of(folder.path(), &UNDER_CARGO);
    assert_eq!(cargo, "cargo", "the one in PATH, which picks the folder's toolchain");
    let expected = [
        "CARGO_HOME=/home/me/.cargo",
        "CARGO_PROFILE_RELEASE_LTO=true",
        "CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS=-C target-feature=+simd128",
        "PATH=/bin",
        "RUSTUP_TOOLCHAIN=1.95",
    ];
    assert_eq!(kept, expected);
}

#[test]
fn a_folders_own_toolchain_goes_before_that_of_this_program() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rust-toolchain.toml"), "[toolchain]\nchannel = 'stable'\n").unwrap();
    let has_toolchain =
        |pairs: &[(&str, &str)]| of(folder.path(), pairs).1.iter().any(|v| v.starts_with("RUSTUP_TOOL"));
    assert!(!has_toolchain(&UNDER_CARGO));
    assert!(has_toolchain(&[("RUSTUP_TOOLCHAIN", "nightly")]), "from a shell it is the user's wish");
}

#[test]
fn the_users_own_cargo_and_flags_are_respected() {
    let folder = tempfile::tempdir().unwrap();
    let (cargo, kept) = of(folder.path(), &[("CARGO", "/opt/cargo"), (TARGET_FLAGS, "-C opt-level=1")]);
    assert_eq!(cargo, "/opt/cargo");
    assert_eq!(kept, [format!("{TARGET_FLAGS}=-C opt-level=1")]);
    let without_rustup = [("CARGO", "/usr/bin/cargo"), ("CARGO_MANIFEST_DIR", "/src/dagwood")];
    assert_eq!(of(folder.path(), &without_rustup).0, "/usr/bin/cargo");
}

#[test]
fn flags_in_a_configuration_are_not_given_twice() {
    let folder = tempfile::tempdir().unwrap();
    let crate_folder = folder.path().join("crates/one");
    fs::create_dir_all(folder.path().join(".cargo")).unwrap();
    fs::create_dir_all(&crate_folder).unwrap();
    let config = "[target.wasm32-wasip2]\nrustflags = ['-C', 'target-feature=+simd128']\n";
    fs::write(folder.path().join(".cargo/config.toml"), config).unwrap();
    assert_eq!(of(&crate_folder, &[]).1, Vec::<String>::new());
}

#[test]
fn in_a_shared_target_folder_each_workspace_has_its_own() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let target = |folder: &Path, pairs: &[(&str, &str)]| {
        let (_, kept) = of(folder, pairs);
        let folders: Vec<_> = kept.iter().filter_map(|kept| kept.strip_prefix("CARGO_TARGET_DIR=")).collect();
        folders.first().map(|folder| (*folder).to_owned())
    };
    let here = std::env::current_dir().unwrap().join("out/dagwood");
    for name in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"] {
        let own = target(one.path(), &[(name, "out")]).unwrap();
        assert!(Path::new(&own).starts_with(&here), "{own}: from where this program was started");
        assert_ne!(target(other.path(), &[(name, "out")]), Some(own));
    }
    assert_eq!(target(one.path(), &[]), None, "cargo's own place is the workspace's already");

    let usual = one.path().join("target").display().to_string();
    assert_eq!(target(one.path(), &[("CARGO_TARGET_DIR", &usual)]), Some(usual), "the workspace's already");

    fs::create_dir(one.path().join(".cargo")).unwrap();
    fs::write(one.path().join(".cargo/config.toml"), "[build]\ntarget-dir = 'elsewhere'\n").unwrap();
    let configured = target(one.path(), &[]).unwrap();
    assert!(Path::new(&configured).starts_with(one.path().join("elsewhere/dagwood")), "{configured}");
    let per_workspace = "/shared/{workspace-path-hash}";
    let (_, kept) = of(other.path(), &[("CARGO_BUILD_BUILD_DIR", per_workspace)]);
    assert!(kept.contains(&format!("CARGO_BUILD_BUILD_DIR={per_workspace}")), "{kept:?}");
}
