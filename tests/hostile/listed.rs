//! The list of cases in SECURITY.md is what the folders say.

use libtest_mimic::Failed;

use crate::case::{By, Case, Way};
use crate::common::root;

const BEGINS: &str = "<!-- cases -->\n";
const ENDS: &str = "<!-- /cases -->";

/// Holds the page against the folders; `UPDATE_DOCS=1` writes it.
pub(crate) fn is_listed(cases: &[Case]) -> Result<(), Failed> {
    let path = root().join(".github/SECURITY.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGINS).unwrap();
    let (list, after) = rest.split_once(ENDS).unwrap();
    let wanted = table(cases);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{BEGINS}{wanted}{ENDS}{after}")).unwrap();
    } else if list != wanted {
        return Err(
            "SECURITY.md is not up to date: UPDATE_DOCS=1 cargo test -p dagwood --test hostile every_case".into()
        );
    }
    Ok(())
}

fn table(cases: &[Case]) -> String {
    let mut sorted: Vec<&Case> = cases.iter().filter(|case| case.group > 0).collect();
    sorted.sort_by_key(|case| (case.group, case.name.clone()));
    let mut table = format!("{} cases:\n\n| | the plugin | what comes of it |\n|---|---|---|\n", sorted.len());
    for case in sorted {
        table.push_str(&format!("| {} | {} | {} |\n", case.group, case.does, ends(case)));
    }
    table
}

fn ends(case: &Case) -> String {
    let code = case.ends.code.as_ref().map(|code| format!(", `{code}`")).unwrap_or_default();
    match (case.ends.way, case.by) {
        (_, By::Flipping | By::Planting) => "it is compiled anew; what was changed never runs".to_owned(),
        (_, By::DescribingTwice) => "it says the same, and is asked once".to_owned(),
        (Way::Failed, _) => format!("its try fails{code}"),
        (Way::Success, _) if case.name == "21-trap-then-clean" => "the next try finds nothing of the first".to_owned(),
        (Way::Success, _) if case.name == "27-write-pending" => "all that it wrote is published".to_owned(),
        (Way::Success, _) => "it is denied, or dropped, and the try goes on".to_owned(),
        (Way::Refused, _) => format!("it is not registered{code}"),
        (Way::Invalid, _) => "its DAG is refused".to_owned(),
        (Way::Cancelled, _) => "nothing is left of them".to_owned(),
    }
}
