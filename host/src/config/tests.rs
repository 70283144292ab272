use std::path::Path;
use std::time::Duration;

use super::{AllowedHttp, AllowedMount, AllowedSecret, Config, Here, Maximum, MemoryBudget};
use crate::dag::model::{HttpGrant, MountMode, SecretGrant};
use crate::dag::origin::{Origin, OriginPattern};
use crate::limits::TaskLimits;

fn here(home: &str) -> Here<'_> {
    Here { home: Path::new(home), file: Path::new("config.toml") }
}

/// Line, marked piece and message of all that is wrong.
fn wrong(text: &str) -> Vec<(usize, String, String)> {
    let diagnostics = Config::parse(text).unwrap_err();
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    let found = diagnostics.into_iter().map(|found| {
        let span = found.span.unwrap();
        (line(span.start), text[span].to_owned(), found.message)
    });
    found.collect()
}

fn config(text: &str) -> Config {
    Config::parse(text).unwrap_or_else(|wrong| panic!("{wrong:#?}"))
}

fn pattern(text: &str) -> OriginPattern {
    OriginPattern::parse(text).unwrap()
}

#[test]
fn an_empty_file_means_the_defaults() {
    assert_eq!(config(""), Config::default());
    assert_eq!(config("[allow]\n[maximum]\n"), Config::default());
}

#[test]
fn every_key_is_read() {
    let text = r#"
        parallelism = 8
        budget = { memory = "50%" }
        [maximum]
        memory = "1GiB"
        execution_timeout = "2h"
        scratch = 1024
        log = "1MiB"
        traffic = "10GiB"
        result = "64KiB"
        handles = 128
        metric_points = 1000
        fuel = 1_000_000
        [allow]
        http = ["*.example.com", { to = "http://in.example:8080", methods = ["get"], private = true }]
        mounts = [{ host = "/srv/data", mode = "rw" }, { host = "/srv/in" }]
        env = ["LANG"]
        secrets = ["TOKEN", { name = "APP_*", to = ["*.example.com"] }]
        files = ["/srv/in"]
    "#;
    let expected = Config {
        parallelism: Some(8),
        memory_budget: Some(MemoryBudget::Percent(50)),
        maximum: Maximum {
            memory_bytes: 1 << 30,
            execution_timeout: Duration::from_secs(7_200),
            scratch_bytes: 1_024,
            log_bytes: 1 << 20,
            traffic_bytes: 10 << 30,
            result_bytes: 64 << 10,
            handles: 128,
            metric_points: 1_000,
            fuel: 1_000_000,
        },
        mounts: vec![
            AllowedMount { host: "/srv/data".into(), mode: MountMode::Rw },
            AllowedMount { host: "/srv/in".into(), mode: MountMode::Ro },
        ],
        files: vec!["/srv/in".into()],
        http: vec![
            AllowedHttp { to: pattern("*.example.com:443"), methods: None, private: false },
            AllowedHttp { to: pattern("http://in.example:8080"), methods: Some(vec!["GET".to_owned()]), private: true },
        ],
        env: vec!["LANG".to_owned()],
        secrets: vec![
            AllowedSecret { name: "TOKEN".to_owned(), to: None },
            AllowedSecret { name: "APP_*".to_owned(), to: Some(vec![pattern("*.example.com")]) },
        ],
    };
    assert_eq!(config(text), expected);
    assert_eq!(config("budget.memory = '8GiB'").memory_budget, Some(MemoryBudget::Bytes(8 << 30)));
}

#[test]
fn all_mistakes_are_found_at_once_each_with_its_place() {
    let text = "paralelism = 8\nbudget = { memory = '101%' }\n[maximum]\nmemory = '5GiB'\nexecution_timeout = '25h'\n\
                [allow]\nmounts = [{ host = 'data' }, { mode = 'rw' }, { host = '/a', mode = 'w' }]\nfiles = ['x', 1]\nenv = ['']\nhttp = ['a/b', { methods = ['GET'] }]\n";
    let found = wrong(text);
    let places: Vec<_> = found.iter().map(|(line, piece, _)| (*line, piece.as_str())).collect();
    let expected = [
        (1, "paralelism"),
        (2, "'101%'"),
        (4, "'5GiB'"),
        (5, "'25h'"),
        (7, "'data'"),
        (7, "{ mode = 'rw' }"),
        (7, "'w'"),
        (8, "'x'"),
        (8, "1"),
        (9, "''"),
        (10, "'a/b'"),
        (10, "{ methods = ['GET'] }"),
    ];
    assert_eq!(places, expected, "{found:#?}");
    assert_eq!(found[0].2, "unknown key `paralelism`");
    assert_eq!(found[2].2, "this is out of range: from 64 KiB to 4 GiB");
    assert_eq!(wrong("parallelism = 0")[0].1, "0");
    assert!(wrong("parallelism = ")[0].2.starts_with("this is no TOML"));
}

#[test]
fn a_limit_above_its_maximum_is_named_and_a_default_is_lowered() {
    let config = config("maximum = { memory = '256MiB', execution_timeout = '30m' }");
    let asked = TaskLimits {
        memory_bytes: 300 << 20,
        execution_timeout: Duration::from_secs(1_801),
        scratch_bytes: 5,
        ..TaskLimits::default()
    };
    let excesses = config.excesses(&asked, here("/home"));
    let keys: Vec<_> = excesses.iter().map(|excess| excess.key).collect();
    assert_eq!(keys, ["memory", "execution_timeout"]);
    assert_eq!(excesses[0].message, "`memory` is 300 MiB, and the most that a task may ask for here is 256 MiB");
    assert_eq!(excesses[0].hint, "ask for less, or raise `maximum.memory` in /home/config.toml");
    let mut limits = TaskLimits::default();
    assert!(config.excesses(&limits, here("/home")).is_empty());
    config.lower(&mut limits);
    let lowered = (limits.memory_bytes, limits.execution_timeout, limits.scratch_bytes);
    assert_eq!(lowered, (256 << 20, Duration::from_secs(1_800), TaskLimits::default().scratch_bytes));
}

#[test]
fn an_environment_variable_is_given_if_its_name_or_its_start_is_allowed() {
    let config = config("allow.env = ['LANG', 'APP_*']");
    let refused = |name: &str| config.refuses_env(name, here("/home"));
    assert!(["LANG", "APP_", "APP_KEY"].into_iter().all(|name| refused(name).is_none()));
    assert!(["LANGUAGE", "LAN", "app_key", "PATH", ""].into_iter().all(|name| refused(name).is_some()));
    let refusal = refused("PATH").unwrap();
    assert_eq!(refusal.message, "the environment variable `PATH` may not be given: `allow.env` does not name it");
    assert_eq!(
        refusal.hint,
        "in /home/config.toml, add to `allow.env`: `\"PATH\"`; then start the server anew, if there is one"
    );
    assert!(Config::default().refuses_env("LANG", here("/home")).is_some());
}

#[test]
fn http_is_permitted_by_host_method_and_address() {
    let grant = |to: &str, methods: Option<&[&str]>| HttpGrant {
        to: Origin::parse(to).unwrap(),
        methods: methods.map(|methods| methods.iter().map(ToString::to_string).collect()),
    };
    let permits = |text: &str, to: &str, methods: Option<&[&str]>| {
        config(text)
            .permits_http(&grant(to, methods), here("/home"))
            .map_err(|refusal| refusal.message + "|" + &refusal.hint)
    };
    assert_eq!(permits("", "api.example.com", None), Ok(false), "public hosts, with TLS");
    let refused = permits("", "http://api.example.com", None).unwrap_err();
    assert_eq!(
        refused,
        "requests to `http://api.example.com:80` may not be granted: `allow.http` does not name it|in /home/config.toml: \
         `allow.http = [\"*:443\", \"http://api.example.com:80\"]`; then start the server anew, if there is one"
    );
    assert!(permits("allow.http = []", "api.example.com", None).is_err(), "an empty list is no default");
    let some = "allow.http = [{ to = '*:443', methods = ['GET', 'HEAD'] }, { to = 'in.example', private = true }]";
    assert_eq!(permits(some, "a.example", Some(&["GET"])), Ok(false));
    let refused = permits(some, "a.example", Some(&["GET", "POST"])).unwrap_err();
    assert!(
        refused.contains("with GET, POST may not be granted: `allow.http` has it with GET, HEAD only"),
        "{refused}"
    );
    assert!(refused.contains(r#"`{ to = "a.example:443", methods = ["GET", "POST"] }`"#), "{refused}");
    assert!(permits(some, "a.example", None).is_err(), "any method is more than two");
    assert_eq!(permits(some, "in.example", None), Ok(true));
}

#[test]
fn a_secret_is_used_if_its_name_is_allowed_for_these_hosts() {
    let config = config("allow.secrets = ['TOKEN', { name = 'APP_*', to = ['*.example.com:443'] }]");
    let refused = |name: &str, to: &[&str]| {
        let to = to.iter().map(|to| Origin::parse(to).unwrap()).collect();
        let grant = SecretGrant { name: name.to_owned(), headers: Vec::new(), to };
        config.refuses_secret(&grant, here("/home")).map(|refusal| refusal.message + "|" + &refusal.hint)
    };
    assert_eq!((refused("TOKEN", &["a.b"]), refused("APP_KEY", &["a.example.com"])), (None, None));
    let other = refused("APP_KEY", &["a.example.com", "a.b"]).unwrap();
    assert!(
        other
            .starts_with("the secret `APP_KEY` may not be used for a.example.com:443, a.b:443: `allow.secrets` has it"),
        "{other}"
    );
    assert!(
        other.contains(r#"add to `allow.secrets`: `{ name = "APP_KEY", to = ["a.example.com:443", "a.b:443"] }`"#),
        "{other}"
    );
    assert!(refused("KEY", &["a.b"]).unwrap().contains("`allow.secrets` does not name it"));
    assert_eq!(wrong("allow.secrets = [{ name = 'A', to = ['a/b'] }]")[0].1, "'a/b'");
}

#[test]
fn every_limit_has_its_maximum() {
    let config = config("maximum = { log = '1MiB', result = '64KiB', handles = 128, metric_points = 1000, fuel = 9 }");
    let asked = TaskLimits {
        log_bytes: (1 << 20) + 1,
        result_bytes: 128 << 10,
        handles: 129,
        metric_points: 1_001,
        fuel: Some(10),
        ..TaskLimits::default()
    };
    let excesses = config.excesses(&asked, here("/home"));
    let keys: Vec<_> = excesses.iter().map(|excess| excess.key).collect();
    assert_eq!(keys, ["log", "result", "handles", "metric_points", "fuel"]);
    assert_eq!(excesses[2].message, "`handles` is 129, and the most that a task may ask for here is 128");
    let mut limits = TaskLimits::default();
    assert!(config.excesses(&limits, here("/home")).is_empty());
    config.lower(&mut limits);
    assert_eq!(limits.fuel, None, "it is not counted because there is a most");
    let lowered = (limits.log_bytes, limits.result_bytes, limits.handles, limits.metric_points);
    assert_eq!(lowered, (1 << 20, 64 << 10, 128, 1_000));
    let places: Vec<_> = wrong("[maximum]\nhandles = 3\nmetric_points = -1\nresult = 3\nlog = '2GiB'\n");
    assert_eq!(places.iter().map(|(line, ..)| *line).collect::<Vec<_>>(), [2, 3, 4, 5]);
}

#[test]
fn a_mount_needs_an_allowed_folder_that_holds_it_in_its_mode() {
    let config = config("allow.mounts = [{ host = '/srv/data' }, { host = '/srv/data/out', mode = 'rw' }]");
    let home = here("/home/me/.dagwood");
    let refused = |path: &str, mode| config.refuses_mount(Path::new(path), mode, home).map(|refusal| refusal.message);
    for path in ["/srv/data", "/srv/data/x", "/srv/data/out"] {
        assert_eq!(refused(path, MountMode::Ro), None, "{path}");
    }
    assert_eq!(refused("/srv/data/out/x", MountMode::Rw), None);
    let ro_only = "`/srv/data/x` may not be mounted `rw`: `allow.mounts` has `/srv/data` as `ro` only";
    assert_eq!(refused("/srv/data/x", MountMode::Rw).as_deref(), Some(ro_only));
    for path in ["/srv/data2", "/srv", "/", "/other"] {
        assert!(refused(path, MountMode::Ro).is_some(), "{path}");
    }
}

#[test]
fn the_home_folder_is_never_mounted() {
    let config = config("allow.mounts = [{ host = '/', mode = 'rw' }]");
    let home = here("/home/me/.dagwood");
    let refuses = |path: &str| config.refuses_mount(Path::new(path), MountMode::Ro, home).is_some();
    assert_eq!(["/", "/home", "/home/me/.dagwood", "/home/me/.dagwood/logs"].map(refuses), [true; 4]);
    assert_eq!(["/home/me/.dagwood2", "/home/me/other"].map(refuses), [false; 2]);
}

#[test]
fn a_refusal_gives_the_line_to_add() {
    let home = here("/home");
    let empty = Config::default().refuses_mount(Path::new("/srv/data"), MountMode::Rw, home).unwrap();
    assert!(empty.hint.starts_with("in /home/config.toml: "), "{}", empty.hint);
    assert!(empty.hint.contains(r#"`allow.mounts = [{ host = "/srv/data", mode = "rw" }]`"#), "{}", empty.hint);
    let line = empty.hint.split('`').nth(1).unwrap();
    assert_eq!(config(line).refuses_mount(Path::new("/srv/data"), MountMode::Rw, home), None, "it does what it says");
    let more =
        config("allow.mounts = [{ host = '/x' }]").refuses_mount(Path::new("/srv"), MountMode::Ro, home).unwrap();
    assert!(more.hint.contains(r#"add to `allow.mounts`: `{ host = "/srv", mode = "ro" }`"#), "{}", more.hint);
}

#[test]
fn a_server_takes_files_from_its_folder_and_the_allowed_ones() {
    let config = config("allow.files = ['/srv/in']");
    let refused = |path: &str| config.refuses_file(Path::new(path), Path::new("/dags"), here("/home"));
    assert_eq!((refused("/dags/a/data.csv"), refused("/srv/in/x.csv")), (None, None));
    let refusal = refused("/etc/passwd").unwrap();
    assert!(refusal.message.contains("`/etc/passwd` lies outside"), "{refusal:?}");
    assert!(refusal.hint.contains(r#"add to `allow.files`: `"/etc"`"#), "{refusal:?}");
}

#[test]
fn fuzz_operators_files() {
    crate::fuzzing::fuzz("config", |input| {
        let text = String::from_utf8_lossy(input);
        if let Err(wrong) = Config::parse(&text) {
            assert!(!wrong.is_empty());
            for diagnostic in wrong {
                assert!(diagnostic.span.clone().is_none_or(|span| text.get(span).is_some()), "{diagnostic:?}");
            }
        }
    });
}
