use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::GOOD;
use crate::dag::render::{Style, records, render};
use crate::dag::testing::checked;

/// How an edge is written.
#[derive(Debug, Clone, Copy)]
enum Way {
    After,
    Flow,
    FlowBack,
    Input,
    Template,
}

fn way() -> impl Strategy<Value = Way> {
    prop_oneof![Just(Way::After), Just(Way::Flow), Just(Way::FlowBack), Just(Way::Input), Just(Way::Template)]
}

/// A file with these edges, each written in its way.
fn file(count: usize, edges: &[(usize, usize, Way)]) -> String {
    let mut flow = Vec::new();
    let mut tasks: Vec<String> = (0..count).map(|at| format!("[tasks.t{at}]\nplugin = 'noop'\n")).collect();
    let mut after = vec![Vec::new(); count];
    for (nth, (up, down, way)) in edges.iter().enumerate() {
        match way {
            Way::After => after[*down].push(format!("'t{up}'")),
            Way::Flow => flow.push(format!("'t{up} >> t{down}'")),
            Way::FlowBack => flow.push(format!("'t{down} << t{up}'")),
            Way::Input => tasks[*down].push_str(&format!("inputs.i{nth} = 't{up}.value'\n")),
            Way::Template => tasks[*down].push_str(&format!("params.p{nth} = '{{{{ values.t{up} }}}}'\n")),
        }
    }
    let after = after.iter().map(|after| format!("after = [{}]\n", after.join(", ")));
    let tasks: String = tasks.into_iter().zip(after).map(|(task, after)| format!("{task}{after}")).collect();
    format!("id = 'x'\nflow = [{}]\n{tasks}", flow.join(", "))
}

/// A few letters of a good file changed, taken out or put in.
fn damaged() -> impl Strategy<Value = String> {
    vec((any::<prop::sample::Index>(), "[\\[\\]{}\"'=.,a-z0-9\\\\ \n#é]{0,3}", 0_usize..4), 1..6).prop_map(|damage| {
        let mut text: Vec<char> = GOOD.chars().collect();
        for (at, new, gone) in damage {
            let at = at.index(text.len());
            let end = (at + gone).min(text.len());
            text.splice(at..end, new.chars());
        }
        text.into_iter().collect()
    })
}

/// Whatever is wrong with a text has a place in it, and can be shown.
pub(super) fn assert_shows(text: &str) -> Result<(), proptest::test_runner::TestCaseError> {
    let checked = checked(text);
    for diagnostic in &checked.diagnostics {
        prop_assert!(diagnostic.span.clone().is_none_or(|span| text.get(span).is_some()), "{diagnostic:?}");
    }
    prop_assert_eq!(checked.dag.is_none(), checked.diagnostics.iter().any(|found| found.is_error()));
    prop_assert_eq!(records(&checked.diagnostics, Some(text), "x").len(), checked.diagnostics.len());
    render(&checked.diagnostics, Some(text), "x", Style::Coloured);
    Ok(())
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>(), toml in "(\\[[a-z.\"]{0,8}\\]|[a-z.]{1,5} = ['\"\\[{a-z0-9,}\\]]{0,8}|\n){0,12}") {
        assert_shows(&text)?;
        assert_shows(&toml)?;
    }

    #[test]
    fn no_damage_to_a_good_file_panics(text in damaged()) {
        assert_shows(&text)?;
    }

    #[test]
    fn edges_are_those_that_were_written(
        edges in vec((0_usize..12, 0_usize..12, way()), 0..30)
    ) {
        // From lower to higher: no cycle.
        let edges: Vec<_> =
            edges.into_iter().filter(|(a, b, _)| a != b).map(|(a, b, way)| (a.min(b), a.max(b), way)).collect();
        let checked = checked(&file(12, &edges));
        prop_assert_eq!(&checked.diagnostics, &[]);
        let dag = checked.dag.unwrap();
        let wanted: BTreeSet<(usize, usize)> = edges.iter().map(|(up, down, _)| (*up, *down)).collect();
        let upstream = dag.edges.upstream.iter().enumerate();
        let got: BTreeSet<_> = upstream.flat_map(|(down, ups)| ups.iter().map(move |up| (up.index(), down))).collect();
        prop_assert_eq!(&got, &wanted);
        let downstream = dag.edges.downstream.iter().enumerate();
        let got: BTreeSet<_> = downstream.flat_map(|(up, downs)| downs.iter().map(move |down| (up, down.index()))).collect();
        prop_assert_eq!(&got, &wanted);
        let place: Vec<_> = (0..12).map(|at| dag.edges.order.iter().position(|ix| ix.index() == at).unwrap()).collect();
        prop_assert!(wanted.iter().all(|(up, down)| place[*up] < place[*down]));
    }

    #[test]
    fn a_cycle_is_reported_exactly_if_there_is_one(
        edges in vec((0_usize..7, 0_usize..7, way()), 0..14)
    ) {
        let wanted: BTreeSet<(usize, usize)> = edges.iter().map(|(up, down, _)| (*up, *down)).collect();
        let checked = checked(&file(7, &edges));
        prop_assert_eq!(checked.dag.is_none(), has_cycle(&wanted));
        for found in &checked.diagnostics {
            // Each is a cycle of edges that were written.
            let path: Vec<usize> = match found.message.strip_prefix("these tasks wait for each other: ") {
                Some(path) => path.split(" → ").map(|id| id[1..].parse().unwrap()).collect(),
                None => {
                    let id = found.message.strip_prefix("`t").unwrap().strip_suffix("` waits for itself").unwrap();
                    vec![id.parse().unwrap(); 2]
                }
            };
            prop_assert!(path.len() > 1 && path.first() == path.last(), "{}", found.message);
            prop_assert!(path.windows(2).all(|pair| wanted.contains(&(pair[0], pair[1]))), "{}", found.message);
        }
    }
}

/// Taking away what nothing comes before until nothing can be taken.
fn has_cycle(edges: &BTreeSet<(usize, usize)>) -> bool {
    let mut edges = edges.clone();
    loop {
        let downs: BTreeSet<usize> = edges.iter().map(|(_, down)| *down).collect();
        let before = edges.len();
        edges.retain(|(up, _)| downs.contains(up));
        if edges.len() == before {
            return !edges.is_empty();
        }
    }
}
