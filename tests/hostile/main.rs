//! Plugins that mean harm, each tried against a whole host: `tests/guests/hostile` has a folder for each, with what it
//! does and how it must end.
//!
//! Of each case it is held: how it ended, and by which limit; that the host ended it in bounded time, used no more memory
//! meanwhile than it gave the guest, and had its memory and open files back afterwards; and that a good task which ran
//! beside it was not disturbed. They run one after the other, since they are measured.
//!
//! - `case`: what a folder says; `guests`: from folders to components; `bench`: one case against a fresh host
//! - `special`: cases that a run alone cannot show; `measure`: memory and files of this process
//! - `listed`: the list of them in SECURITY.md
//! - `soak`: all of them against a running server, a thousand tries (`--ignored`)

#[path = "../common/mod.rs"]
mod common;

mod bench;
mod case;
mod guests;
mod listed;
mod measure;
mod soak;
mod special;
mod wat;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::case::Case;

fn main() {
    let mut arguments = Arguments::from_args();
    // They are measured.
    arguments.test_threads = Some(1);
    let cases = Case::all();
    let mut trials: Vec<Trial> = cases.iter().cloned().map(trial).collect();
    let listed = cases.clone();
    trials.push(Trial::test("every_case_is_listed", move || listed::is_listed(&listed)));
    trials.push(Trial::test("every_group_has_cases", move || every_group(&cases)));
    trials.push(Trial::test("soak", soak::soak).with_ignored_flag(true));
    libtest_mimic::run(&arguments, trials).exit();
}

fn trial(case: Case) -> Trial {
    Trial::test(case.name.clone(), move || {
        let title = format!("group {}: {}", case.group, case.does);
        let tried = std::panic::catch_unwind(|| bench::try_case(&case));
        tried.map_err(|panic| {
            let words = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            Failed::from(format!("{title}\n{}", words.unwrap_or("it panicked")))
        })
    })
}

fn every_group(cases: &[Case]) -> Result<(), Failed> {
    let lacking: Vec<u8> = (1..=28).filter(|group| !cases.iter().any(|case| case.group == *group)).collect();
    if lacking.is_empty() { Ok(()) } else { Err(format!("groups without a case: {lacking:?}").into()) }
}
