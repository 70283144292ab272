use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use semver::Version;

use super::compile::CompileProblem;
use super::testing::{Bench, component};
use super::{
    BuildPolicy, Compiler, Fault, Parts, PluginRef, PluginSource, PluginUser, RegisterOptions, Registered,
    Registration, Registry, RegistryError, SilentBuild,
};
use crate::executor::port::EngineKind;
use crate::executor::{Boxed, CompiledComponents};
use crate::ids::Digest;
use crate::limits::COMPILES_AT_ONCE;

const REPLACE: RegisterOptions = RegisterOptions { replace: true, accept_imports: false };

async fn register(bench: &Bench, text: &str) -> Result<Registered, RegistryError> {
    bench.registry.register_bytes("a.wasm", component(text), RegisterOptions::default()).await
}

async fn refusal_of(bench: &Bench, wasm: Vec<u8>) -> RegistryError {
    let path = bench.home.path().with_extension("wasm");
    std::fs::write(&path, wasm).unwrap();
    let refused = bench.registry.register_file(&path, RegisterOptions::default()).await;
    std::fs::remove_file(&path).unwrap();
    assert_eq!(bench.kept_files(), Vec::<std::path::PathBuf>::new(), "nothing is kept of what is refused");
    assert_eq!(bench.registry.list().unwrap(), []);
    refused.unwrap_err()
}

#[tokio::test]
async fn a_registered_plugin_is_kept_by_digest_under_the_name_it_gives_itself() {
    let bench = Bench::new();
    let registered = register(&bench, "train 0.1.0").await.unwrap();
    assert_eq!(registered.registration, Registration::New);
    assert_eq!((registered.plugin.name.as_str(), &registered.plugin.version), ("train", &Version::new(0, 1, 0)));
    let wasm = component("train 0.1.0");
    let file = bench.home.path().join("plugins").join(format!("{}.wasm", Digest::of(&wasm).hex()));
    assert_eq!(std::fs::read(&file).unwrap(), wasm);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o444);
    assert_eq!(bench.another_process().list().unwrap(), vec![registered.plugin]);
}

#[tokio::test]
async fn the_same_bytes_are_registered_once_and_asked_once() {
    let bench = Bench::new();
    let first = register(&bench, "train 0.1.0").await.unwrap();
    let again = register(&bench, "train 0.1.0").await.unwrap();
    assert_eq!(again.registration, Registration::AlreadyThere);
    assert_eq!(again.plugin, first.plugin);
    assert_eq!((bench.times_described(), bench.times_compiled()), (1, 1));
}

#[tokio::test]
async fn other_bytes_under_a_name_and_version_are_refused_unless_replaced() {
    let bench = Bench::new();
    let first = register(&bench, "train 0.1.0").await.unwrap().plugin.component.digest;
    let other = component("train 0.1.0 otherwise");
    let refused = bench.registry.register_bytes("b.wasm", other.clone(), RegisterOptions::default()).await.unwrap_err();
    assert!(matches!(&refused, RegistryError::Taken(taken) if taken.registered == first));
    assert_eq!(refused.fault(), Fault::Caller);
    assert!(refused.to_string().contains("train@0.1.0") && refused.to_string().contains("--replace"), "{refused}");
    assert_eq!(bench.registry.list().unwrap()[0].component.digest, first);
    assert!(bench.registry.component(Digest::of(&other)).unwrap().is_none(), "nothing is kept of what is refused");

    let replaced = bench.registry.register_bytes("b.wasm", other.clone(), REPLACE).await.unwrap();
    assert_eq!(replaced.registration, Registration::Replaced(first));
    assert_eq!(bench.registry.list().unwrap()[0].component.digest, Digest::of(&other));
    assert!(bench.registry.component(first).unwrap().is_none(), "nothing uses it any more");
    let hex = first.hex();
    assert!(bench.kept_files().iter().all(|file| !file.to_string_lossy().contains(&hex)));
}

#[tokio::test]
async fn a_version_that_wants_more_takes_a_yes() {
    let bench = Bench::new();
    register(&bench, "train 0.1.0").await.unwrap();
    let wasm = component("train 0.2.0 imports:wasi:http/types@0.2.0 wants:http=a.example:443");
    for options in [RegisterOptions::default(), REPLACE] {
        let refused = bench.registry.register_bytes("b.wasm", wasm.clone(), options).await.unwrap_err();
        assert_eq!((refused.fault(), refused.code()), (Fault::Caller, "wants-more"));
        let said = refused.to_string();
        assert!(
            said.contains("more than train@0.1.0 does: http `a.example:443`, the import `wasi:http/types`"),
            "{said}"
        );
        assert!(bench.registry.component(Digest::of(&wasm)).unwrap().is_none(), "nothing is kept of what is refused");
    }
    let accepted = RegisterOptions { accept_imports: true, ..RegisterOptions::default() };
    bench.registry.register_bytes("b.wasm", wasm.clone(), accepted).await.unwrap();
    register(&bench, "train 0.2.1 imports:wasi:http/types@0.2.0").await.unwrap();
    let same = bench.registry.register_bytes("b.wasm", wasm, RegisterOptions::default()).await.unwrap();
    assert_eq!(same.registration, Registration::AlreadyThere, "what was agreed to is not asked again");
}

#[tokio::test]
async fn a_replaced_component_stays_for_the_run_that_uses_it() {
    let bench = Bench::new();
    let first = register(&bench, "train 0.1.0").await.unwrap().plugin.component.digest;
    bench.index.add_user(first, PluginUser::Run("d".parse().unwrap(), "r".parse().unwrap()));
    bench.registry.register_bytes("b.wasm", component("train 0.1.0 otherwise"), REPLACE).await.unwrap();
    assert!(bench.registry.component(first).unwrap().is_some());
    assert!(bench.another_process().compiled(first, EngineKind::Pure).await.is_ok());
}

#[tokio::test]
async fn what_is_no_component_is_refused_and_says_why() {
    let bench = Bench::new();
    let whole = component("train 0.1.0");
    let core_module = wat::parse_str("(module)").unwrap();
    let elf = b"\x7fELF\x02\x01\x01 compiled code".to_vec();
    let cases: [(&str, Vec<u8>, &str); 5] = [
        ("text", b"not wasm".to_vec(), "not-wasm"),
        ("empty", Vec::new(), "not-wasm"),
        ("precompiled", elf, "not-wasm"),
        ("core module", core_module, "core-module"),
        ("truncated", whole[..whole.len() - 3].to_vec(), "invalid"),
    ];
    for (what, wasm, code) in cases {
        let error = refusal_of(&bench, wasm).await;
        assert!(matches!(error, RegistryError::Refused { .. }), "{what}: {error}");
        assert_eq!((error.code(), error.fault()), (code, Fault::Caller), "{what}");
    }
    assert_eq!((bench.times_compiled(), bench.times_described()), (0, 0), "nothing of a stranger's was even compiled");
}

#[tokio::test]
async fn a_describe_that_fails_or_never_ends_is_refused() {
    let bench = Bench::new();
    for (text, code) in [("never-ends", "timeout"), ("traps", "unreachable")] {
        let error = refusal_of(&bench, component(text)).await;
        assert!(matches!(error, RegistryError::Describe { .. }), "{error}");
        assert_eq!((error.code(), error.fault()), (code, Fault::Caller));
    }
}

#[tokio::test]
async fn a_description_without_a_usable_name_is_refused() {
    let bench = Bench::new();
    for text in ["../../etc/passwd 1.0.0", "Train 0.1.0", " 0.1.0"] {
        let error = refusal_of(&bench, component(text)).await;
        assert!(matches!(error, RegistryError::Descriptor { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_component_that_the_compiler_cannot_hold_is_refused() {
    let bench = Bench::new();
    let error = refusal_of(&bench, component("too-hard 0.1.0")).await;
    assert!(matches!(error, RegistryError::Compile { .. }));
    assert_eq!(error.fault(), Fault::Caller);
    assert_eq!(bench.times_described(), 0);
    assert!(error.to_problem().message.contains("8192 MiB"), "{}", error.to_problem().message);
}

#[tokio::test]
async fn a_missing_file_a_folder_and_a_pipe_are_told_apart() {
    let bench = Bench::new();
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let missing =
        bench.registry.register_file(Path::new("/nowhere/a.wasm"), RegisterOptions::default()).await.unwrap_err();
    assert!(matches!(missing, RegistryError::Unreadable { .. }));
    for not_a_file in [folder.path(), &pipe] {
        let error = bench.registry.register_file(not_a_file, RegisterOptions::default()).await.unwrap_err();
        assert!(matches!(error, RegistryError::NotAFile { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_file_over_the_size_limit_is_refused_without_reading_all_of_it() {
    let bench = Bench::new();
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(1 << 40).unwrap();
    let error = bench.registry.register_file(file.path(), RegisterOptions::default()).await.unwrap_err();
    assert!(matches!(error, RegistryError::TooLarge { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn registering_one_file_from_several_processes_at_once_registers_it_once() {
    let bench = Bench::new();
    let processes: Vec<_> = (0..8).map(|_| bench.another_process()).collect();
    let tasks: Vec<_> = processes
        .into_iter()
        .map(|registry| {
            tokio::spawn(async move {
                registry.register_bytes("a.wasm", component("train 0.1.0"), RegisterOptions::default()).await
            })
        })
        .collect();
    let mut new = 0;
    for task in tasks {
        match task.await.unwrap().unwrap().registration {
            Registration::New => new += 1,
            Registration::AlreadyThere => {}
            Registration::Replaced(_) => panic!("nothing was there to be replaced"),
        }
    }
    assert_eq!(new, 1);
    assert_eq!(bench.registry.list().unwrap().len(), 1);
    let digest = bench.registry.list().unwrap()[0].component.digest;
    assert!(bench.another_process().compiled(digest, EngineKind::Pure).await.is_ok());
    assert_eq!(bench.kept_files().len(), 3, "the component, its code, its seal: {:?}", bench.kept_files());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_different_bytes_under_one_name_at_once_one_wins_and_the_others_are_refused() {
    let bench = Bench::new();
    let tasks: Vec<_> = (0..6)
        .map(|n| {
            let (registry, wasm) = (bench.another_process(), component(&format!("train 0.1.0 {n}")));
            tokio::spawn(async move { registry.register_bytes("a.wasm", wasm, RegisterOptions::default()).await })
        })
        .collect();
    let mut winners = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(registered) => winners.push(registered.plugin),
            Err(error) => assert!(matches!(error, RegistryError::Taken(_)), "{error}"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(bench.registry.list().unwrap(), winners);
    assert_eq!(bench.kept_files().len(), 3, "nothing is left of the others: {:?}", bench.kept_files());
}

#[tokio::test]
async fn a_plugin_in_use_is_not_removed_and_the_error_names_who_uses_it() {
    let bench = Bench::new();
    let digest = register(&bench, "train 0.1.0").await.unwrap().plugin.component.digest;
    bench.index.add_user(digest, PluginUser::Dag("ml_pipeline".parse().unwrap()));
    let files = bench.kept_files();
    let error = bench.registry.remove(&"train".parse().unwrap()).unwrap_err();
    assert!(error.to_string().contains("DAG `ml_pipeline`"), "{error}");
    assert_eq!(error.fault(), Fault::Caller);
    assert_eq!((bench.registry.list().unwrap().len(), bench.kept_files()), (1, files));
}

#[tokio::test]
async fn removing_a_plugin_takes_its_file_and_its_code() {
    let bench = Bench::new();
    register(&bench, "train 0.1.0").await.unwrap();
    register(&bench, "train 0.2.0").await.unwrap();
    let ambiguous = bench.registry.remove(&"train".parse().unwrap()).unwrap_err();
    assert!(ambiguous.to_string().contains("0.1.0, 0.2.0"), "{ambiguous}");
    for version in ["0.1.0", "0.2.0"] {
        let removed = bench.registry.remove(&format!("train@{version}").parse().unwrap()).unwrap();
        assert!(removed.component_removed);
        assert_eq!(removed.plugin.version.to_string(), version);
    }
    assert_eq!(bench.kept_files(), Vec::<std::path::PathBuf>::new());
    let again = bench.registry.remove(&"train@0.1.0".parse().unwrap()).unwrap_err();
    assert!(matches!(again, RegistryError::Resolve(_)), "{again}");
}

#[tokio::test]
async fn inspecting_runs_nothing() {
    let bench = Bench::new();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), component("train 0.1.0")).unwrap();
    let unknown = bench.registry.inspect_file(file.path()).await.unwrap();
    assert_eq!((unknown.descriptor, unknown.registered.len()), (None, 0));
    assert_eq!(unknown.interface.exports, ["dagwood:task/task@0.1.0"]);
    assert_eq!((bench.times_described(), bench.times_compiled()), (0, 0));

    register(&bench, "train 0.1.0").await.unwrap();
    let known = bench.registry.inspect_file(file.path()).await.unwrap();
    assert_eq!(known.descriptor.as_ref().map(|d| d.name.as_str()), Some("train"));
    for reference in ["train", "train@0.1", &known.digest.to_string()] {
        assert_eq!(bench.registry.inspect(&reference.parse().unwrap()).unwrap(), known, "{reference}");
    }
    assert_eq!(bench.times_described(), 1, "by the registration only");
}

#[tokio::test]
async fn compiled_code_is_made_once_and_reused_by_later_processes() {
    let bench = Bench::new();
    let digest = register(&bench, "train 0.1.0").await.unwrap().plugin.component.digest;
    for engine in [EngineKind::Pure, EngineKind::Open] {
        for registry in [&bench.registry, &bench.another_process(), &bench.another_process()] {
            let compiled = registry.compiled(digest, engine).await.unwrap();
            assert_eq!((compiled.digest, compiled.engine), (digest, engine));
            assert!(std::fs::read(&compiled.path).unwrap().starts_with(engine.as_str().as_bytes()));
        }
    }
    assert_eq!(bench.times_compiled(), 2, "once for each engine");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_that_need_one_component_at_once_compile_it_once() {
    let bench = Bench::new();
    let digest = register(&bench, "train 0.1.0").await.unwrap().plugin.component.digest;
    let process = bench.another_process();
    let tasks: Vec<_> = (0..16).map(|_| tokio::spawn(process.compiled(digest, EngineKind::Open))).collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(bench.times_compiled(), 2, "once when it was registered, once for the other engine");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_component_that_comes_often_at_once_is_compiled_and_asked_once() {
    let bench = Bench::new();
    let registered = (0..16).map(|_| {
        let registry = bench.registry.clone();
        let wasm = component("train 0.1.0");
        tokio::spawn(async move { registry.register_bytes("a.wasm", wasm, RegisterOptions::default()).await })
    });
    for task in registered.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    assert_eq!((bench.times_described(), bench.times_compiled()), (1, 1));
}

/// A compiler that counts how many components it has at once.
struct Crowded {
    compiler: Arc<dyn Compiler>,
    inside: AtomicUsize,
    most: AtomicUsize,
}

impl Compiler for Arc<Crowded> {
    fn compatibility(&self, engine: EngineKind) -> String {
        self.compiler.compatibility(engine)
    }

    fn compile(&self, engine: EngineKind, input: PathBuf, output: PathBuf) -> Boxed<Result<(), CompileProblem>> {
        let (crowded, compiling) = (Arc::clone(self), self.compiler.compile(engine, input, output));
        Box::pin(async move {
            let inside = crowded.inside.fetch_add(1, Ordering::SeqCst) + 1;
            crowded.most.fetch_max(inside, Ordering::SeqCst);
            // Long enough for all the others to come in, if they may.
            for _ in 0..1_000 {
                tokio::task::yield_now().await;
            }
            let compiled = compiling.await;
            crowded.inside.fetch_sub(1, Ordering::SeqCst);
            compiled
        })
    }
}

#[tokio::test]
async fn only_so_many_components_are_compiled_at_once() {
    let bench = Bench::new();
    let parts = bench.parts();
    let (inside, most) = Default::default();
    let crowded = Arc::new(Crowded { compiler: Arc::clone(&parts.compiler), inside, most });
    let registry = Registry::new(bench.home.path(), Parts { compiler: Arc::new(Arc::clone(&crowded)), ..parts });
    let tasks = (0..12).map(|n| {
        let (registry, wasm) = (registry.clone(), component(&format!("train 0.1.{n}")));
        tokio::spawn(async move { registry.register_bytes("a.wasm", wasm, RegisterOptions::default()).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    let most = crowded.most.load(Ordering::SeqCst);
    assert!(most <= COMPILES_AT_ONCE, "{most} at once");
    assert_eq!(bench.times_compiled(), 12);
}

#[tokio::test]
async fn code_that_is_gone_counts_as_gone() {
    let bench = Bench::new();
    let digest = register(&bench, "train 0.1.0").await.unwrap().plugin.component.digest;
    assert!(bench.registry.has_compiled(digest, EngineKind::Pure).await);
    let code = bench.registry.compiled(digest, EngineKind::Pure).await.unwrap().path;
    std::fs::remove_file(&code).unwrap();
    assert!(!bench.registry.has_compiled(digest, EngineKind::Pure).await);
    assert!(bench.registry.compiled(digest, EngineKind::Pure).await.unwrap().path.exists(), "it is made again");
}

#[tokio::test]
async fn a_damaged_component_is_never_compiled() {
    let bench = Bench::new();
    let digest = register(&bench, "train 0.1.0").await.unwrap().plugin.component.digest;
    let path = bench.home.path().join("plugins").join(format!("{}.wasm", digest.hex()));
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, component("mallory 0.1.0")).unwrap();
    let problem = bench.registry.compiled(digest, EngineKind::Open).await.unwrap_err();
    assert_eq!(problem.code, "damaged");
    assert_eq!(bench.times_compiled(), 1);
    register(&bench, "train 0.1.0").await.unwrap();
    assert!(bench.registry.compiled(digest, EngineKind::Open).await.is_ok(), "registering again mends it");
}

#[tokio::test]
async fn plugins_of_a_dag_resolve_each_with_its_own_error() {
    let bench = Bench::new();
    register(&bench, "train 0.1.0").await.unwrap();
    register(&bench, "train 0.1.4").await.unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), component("other 1.0.0")).unwrap();
    let registered = |name: &str, requirement: &str| PluginSource::Registered {
        name: name.to_owned(),
        requirement: requirement.parse().unwrap(),
    };
    let sources = [
        registered("train", "0.1"),
        PluginSource::Path("/nowhere".into()),
        registered("trian", "*"),
        PluginSource::File(file.path().to_path_buf()),
        registered("train", "0.2"),
    ];
    let resolved = bench.registry.resolve_all(&sources, BuildPolicy::LastBuild, Arc::new(SilentBuild)).await;
    let shown: Vec<String> = resolved
        .into_iter()
        .map(|result| match result {
            Ok(component) => component.label(),
            Err(error) => error.to_string(),
        })
        .collect();
    assert_eq!(shown[0], "train@0.1.4");
    assert!(shown[1].contains("/nowhere"), "{}", shown[1]);
    assert!(shown[2].contains("did you mean `train`?"), "{}", shown[2]);
    assert_eq!(shown[3], "other@1.0.0");
    assert!(shown[4].contains("0.1.0, 0.1.4"), "{}", shown[4]);
    assert!(bench.registry.list().unwrap().iter().all(|plugin| plugin.name == "train"), "files get no name");
}

#[tokio::test]
async fn a_home_that_cannot_be_written_is_the_hosts_fault_and_named() {
    let bench = Bench::new();
    // Works for root too, who may write into any folder.
    std::fs::write(bench.home.path().join("plugins"), "a file in the way").unwrap();
    let error = register(&bench, "train 0.1.0").await.unwrap_err();
    assert_eq!(error.fault(), Fault::Host);
    assert!(error.to_string().contains("plugins"), "{error}");
    assert!(bench.registry.find(&PluginRef::Name("train".to_owned())).is_err());
}
