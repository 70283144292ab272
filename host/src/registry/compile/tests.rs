use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use super::inside::{ChildCall, ProcessLimits, limit_this_process, run};
use super::protocol::{FILES, OTHER_PROGRAM, REFUSED};
use super::{ChildCompiler, CompileProblem, InProcessCompiler};
use crate::executor::port::EngineKind;
use crate::registry::error::Fault;
use crate::registry::ports::{Codegen, Compiler};
use crate::registry::testing::{CountingCodegen, component};

struct Bench {
    folder: tempfile::TempDir,
    input: PathBuf,
    output: PathBuf,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("in.wasm"), folder.path().join("out.cwasm"));
        std::fs::write(&input, component("train 0.1.0")).unwrap();
        Self { folder, input, output }
    }

    /// What a child that runs `script` comes to. In it `$7` is the component and `$8` the file to make.
    async fn child(&self, script: &str) -> Result<(), CompileProblem> {
        let compiler = shell(script);
        compiler.compile(EngineKind::Pure, self.input.clone(), self.output.clone()).await
    }

    fn call(&self) -> ChildCall {
        let compatibility = CountingCodegen::default().compatibility(EngineKind::Open);
        let (input, output) = (self.input.clone(), self.output.clone());
        ChildCall { engine: EngineKind::Open, compatibility, input, output }
    }
}

/// A child that is a shell: its positional arguments after the script's name are the hidden command's.
fn shell(script: &str) -> ChildCompiler {
    ChildCompiler::new("/bin/sh", Arc::new(CountingCodegen::default())).with_leading_arguments(["-c", script, "child"])
}

#[tokio::test]
async fn a_child_is_called_with_the_hidden_command_and_an_empty_environment() {
    let bench = Bench::new();
    let script = "echo \"$*\" > \"$7\"; env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= >> \"$7\"; exit 0";
    bench.child(script).await.unwrap();
    let (input, output) = (bench.input.display(), bench.output.display());
    let expected = format!("compile-component --engine pure --compat test/pure {input} {output}\n");
    assert_eq!(std::fs::read_to_string(&bench.output).unwrap(), expected);
}

#[tokio::test]
async fn each_end_of_a_child_has_its_name() {
    let bench = Bench::new();
    type Expected = fn(&CompileProblem) -> bool;
    let cases: [(&str, Expected, Fault); 8] = [
        (
            "echo bad type >&2; exit 10",
            |p| matches!(p, CompileProblem::Refused(text) if text == "bad type"),
            Fault::Caller,
        ),
        ("exit 11", |p| matches!(p, CompileProblem::OtherProgram), Fault::Host),
        ("echo disk >&2; exit 12", |p| matches!(p, CompileProblem::Files(text) if text == "disk"), Fault::Host),
        ("exit 101", |p| matches!(p, CompileProblem::Crashed { how, .. } if how == "exit code 101"), Fault::Caller),
        ("kill -SEGV $$", |p| matches!(p, CompileProblem::Crashed { how, .. } if how == "signal 11"), Fault::Caller),
        ("kill -XCPU $$", |p| matches!(p, CompileProblem::TimedOut { .. }), Fault::Caller),
        ("kill -XFSZ $$", |p| matches!(p, CompileProblem::TooLarge { .. }), Fault::Caller),
        (
            "echo memory allocation of 9 bytes failed >&2; kill -ABRT $$",
            |p| matches!(p, CompileProblem::OutOfMemory { .. }),
            Fault::Caller,
        ),
    ];
    for (script, is_expected, fault) in cases {
        let problem = bench.child(script).await.unwrap_err();
        assert!(is_expected(&problem), "{script}: {problem:?}");
        assert_eq!(problem.fault(), fault, "{script}");
    }
}

#[tokio::test]
async fn what_a_child_says_is_bounded_and_harmless_to_a_terminal() {
    let bench = Bench::new();
    let script = r"printf '\033[31mred\007\n' >&2; head -c 3000000 /dev/zero | tr '\0' x >&2; exit 10";
    let problem = bench.child(script).await.unwrap_err().to_string();
    assert!(problem.len() < 20_000, "{} bytes", problem.len());
    assert!(!problem.chars().any(char::is_control));
    assert!(problem.contains("red"), "{}", &problem[..100]);
}

#[tokio::test]
async fn a_child_that_never_ends_is_ended() {
    let bench = Bench::new();
    let compiler = shell("echo $$ > \"$7\"; exec sleep 1000000").with_timeout(Duration::from_millis(300));
    let compiling = compiler.compile(EngineKind::Pure, bench.input.clone(), bench.output.clone());
    let problem = compiling.await.unwrap_err();
    assert!(matches!(problem, CompileProblem::TimedOut { .. }), "{problem:?}");
}

#[tokio::test]
async fn a_child_ends_when_nobody_waits_for_it_any_more() {
    let bench = Bench::new();
    let pipe = bench.folder.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let script = format!("exec > {}; echo started; exec sleep 1000000", pipe.display());
    let compiling = shell(&script).compile(EngineKind::Pure, bench.input.clone(), bench.output.clone());
    let compiling = tokio::spawn(compiling);
    let opening = tokio::task::spawn_blocking(move || {
        let mut from = BufReader::new(std::fs::File::open(pipe).unwrap());
        let mut line = String::new();
        from.read_line(&mut line).unwrap();
        (from, line)
    });
    let (mut from, line) = opening.await.unwrap();
    assert_eq!(line, "started\n");
    compiling.abort();
    // The pipe ends when the only process that writes to it does.
    let rest = tokio::task::spawn_blocking(move || from.read_to_string(&mut String::new()).unwrap());
    assert_eq!(rest.await.unwrap(), 0);
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let bench = Bench::new();
    let compiler = ChildCompiler::new("/nowhere/dagwood", Arc::new(CountingCodegen::default()));
    let problem = compiler.compile(EngineKind::Pure, bench.input.clone(), bench.output.clone()).await.unwrap_err();
    assert!(problem.to_string().contains("/nowhere/dagwood"), "{problem}");
    assert_eq!(problem.fault(), Fault::Host);
}

#[tokio::test]
async fn compiling_here_makes_a_private_file() {
    let bench = Bench::new();
    let compiler = InProcessCompiler::new(Arc::new(CountingCodegen::default()));
    compiler.compile(EngineKind::Open, bench.input.clone(), bench.output.clone()).await.unwrap();
    assert!(std::fs::read(&bench.output).unwrap().starts_with(b"open:"));
    assert_eq!(std::fs::metadata(&bench.output).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn inside_the_child_each_problem_has_its_code() {
    let codegen = CountingCodegen::default();
    let bench = Bench::new();
    assert_eq!(run(&codegen, &bench.call()), (0, String::new()));
    assert_eq!(run(&codegen, &bench.call()).0, FILES, "the output is there already and is left alone");
    let other = ChildCall { compatibility: "older".to_owned(), ..bench.call() };
    assert_eq!(run(&codegen, &other).0, OTHER_PROGRAM);
    let missing = ChildCall { input: PathBuf::from("/nowhere"), ..bench.call() };
    assert_eq!(run(&codegen, &missing).0, FILES);
    std::fs::remove_file(&bench.output).unwrap();
    std::fs::write(&bench.input, component("too-hard 0.1.0")).unwrap();
    assert_eq!(run(&codegen, &bench.call()).0, REFUSED);
    assert!(!bench.output.exists());
}

/// Starts one of the tests below, which only do something in a process of their own.
fn in_a_limited_process(test: &str) -> std::process::Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let path = format!("{}::{test}", module_path!().split_once("::").unwrap().1);
    command.args(["--exact", &path, "--ignored", "--nocapture", "--test-threads", "1"]).output().unwrap()
}

const SMALL: ProcessLimits = ProcessLimits { memory_bytes: 512 << 20, cpu_s: 1, file_bytes: 1 << 20 };

#[test]
#[ignore = "it limits its process; `limits_hold` starts it"]
fn take_too_much_memory() {
    limit_this_process(SMALL).unwrap();
    std::hint::black_box(vec![1_u8; 1 << 30]);
}

#[test]
#[ignore = "it limits its process; `limits_hold` starts it"]
fn take_too_much_time() {
    limit_this_process(SMALL).unwrap();
    loop {
        std::hint::spin_loop();
    }
}

#[test]
#[ignore = "it limits its process; `limits_hold` starts it"]
fn write_too_much() {
    limit_this_process(SMALL).unwrap();
    std::io::Write::write_all(&mut tempfile::tempfile().unwrap(), &vec![0; 2 << 20]).unwrap();
}

#[test]
fn limits_hold() {
    type Expected = fn(&CompileProblem) -> bool;
    let cases: [(&str, Expected); 3] = [
        ("take_too_much_memory", |p| matches!(p, CompileProblem::OutOfMemory { .. })),
        ("take_too_much_time", |p| matches!(p, CompileProblem::TimedOut { .. })),
        ("write_too_much", |p| matches!(p, CompileProblem::TooLarge { .. })),
    ];
    for (test, is_expected) in cases {
        let output = in_a_limited_process(test);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let problem = super::protocol::problem_of(output.status, stderr).unwrap_err();
        assert!(is_expected(&problem), "{test}: {problem:?}");
    }
}
