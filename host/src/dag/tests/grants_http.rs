//! HTTP and secrets in DAG files.

use super::found;
use crate::dag::model::{Dag, HttpGrant, SecretGrant};
use crate::dag::origin::Origin;
use crate::dag::testing::checked;

fn file(grants: &str) -> String {
    format!("id = 'x'\n[tasks.a]\nplugin = 'noop'\ngrants = {{ {grants} }}\n")
}

fn dag(text: &str) -> Dag {
    let checked = checked(text);
    checked.dag.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics))
}

fn origin(text: &str) -> Origin {
    Origin::parse(text).unwrap()
}

fn said(grants: &str) -> Vec<String> {
    found(&file(grants)).into_iter().map(|(_, piece, message)| format!("{piece}: {message}")).collect()
}

#[test]
fn hosts_and_secrets_are_read_and_make_a_task_impure() {
    let dag = dag(&file(
        "http = ['a.example', { to = 'http://b.example:8080', methods = ['get', 'POST'] }, 'c.example:444'], \
         secrets = ['TOKEN', { name = 'KEY', headers = ['X-Api-Key'], to = ['c.example:444'] }]",
    ));
    let grants = &dag.tasks[0].terms.grants;
    let methods = Some(vec!["GET".to_owned(), "POST".to_owned()]);
    assert_eq!(
        grants.http,
        [
            HttpGrant { to: origin("a.example:443"), methods: None },
            HttpGrant { to: origin("http://b.example:8080"), methods },
            HttpGrant { to: origin("c.example:444"), methods: None },
        ]
    );
    let secret = |name: &str, header: &str, to: &[&str]| SecretGrant {
        name: name.to_owned(),
        headers: vec![header.to_owned()],
        to: to.iter().map(|to| origin(to)).collect(),
    };
    let usual = secret("TOKEN", "authorization", &["a.example", "c.example:444"]);
    assert_eq!(grants.secrets, [usual, secret("KEY", "x-api-key", &["c.example:444"])]);
    assert!(!dag.tasks[0].terms.deterministic);
}

#[test]
fn what_is_wrong_with_a_host_is_said_at_its_place() {
    let wrong = |http: &str| said(&format!("http = [{http}]"));
    assert_eq!(
        wrong("'a.example/x'"),
        ["'a.example/x': `a.example/x` is more than a host and a port: paths, users and queries are not granted"]
    );
    assert_eq!(wrong("{ to = '*' }"), ["'*': `*` has a `*` in it: each host is named"]);
    assert!(wrong("{ methods = ['GET'] }")[0].ends_with("`to` is missing"));
    assert_eq!(
        wrong("{ to = 'a.b', methods = ['CONNECT', 'a b', 'PUT'] }"),
        ["'CONNECT': `CONNECT` makes a tunnel, which is never granted", "'a b': `a b` is no method",]
    );
    assert!(wrong("{ to = 'a.b', methods = [] }")[0].contains("no method is named"));
    assert!(wrong("'a.b', 'https://A.b.:443'")[0].ends_with("`a.b:443` is granted twice"));
    assert!(wrong("1")[0].starts_with("1: "));
    let checked = checked(&file("http = ['a.b']"));
    let warned: Vec<_> = checked.diagnostics.iter().map(|found| found.message.as_str()).collect();
    assert_eq!(warned, ["the plugin `noop` does not import wasi:http, so that this grant gives it nothing"]);
    assert!(checked.dag.is_some());
}

#[test]
fn a_secret_goes_only_where_it_is_safe() {
    let wrong =
        |secrets: &str| said(&format!("http = ['a.b', 'http://c.d'], env = {{ E = 'x' }}, secrets = [{secrets}]"));
    assert_eq!(
        wrong("{ name = 'S', to = ['c.d', 'http://c.d', 'a.b'] }"),
        [
            "'c.d': `grants.http` does not name `c.d:443`",
            "'http://c.d': a secret never goes to `http://c.d:80`: only where TLS is",
        ]
    );
    assert_eq!(
        wrong("'1S', 'S T'"),
        ["'1S': `1S` cannot be the name of a secret", "'S T': `S T` cannot be the name of a secret"]
    );
    assert_eq!(wrong("{ name = 'S', headers = ['a b'] }"), ["'a b': `a b` is no name of a header"]);
    assert!(wrong("{ name = 'S', headers = [] }")[0].contains("no header is named"));
    assert!(wrong("{ name = 'S', to = [] }")[0].contains("no host is named"));
    assert!(wrong("'S', { name = 'S' }")[0].ends_with("`S` is granted twice"));
    assert!(wrong("'E'")[0].contains("is in `env` too"));
    let nowhere = said("secrets = ['S']");
    assert_eq!(nowhere, ["'S': the secret `S` can go nowhere: `grants.http` has no host with TLS"]);
}

#[test]
fn a_plugin_that_imports_more_than_it_is_granted_is_refused() {
    let text = |grants: &str| format!("id = 'x'\n[tasks.a]\nplugin = 'caller'\n{grants}\n");
    let found = found(&text(""));
    assert_eq!(found.len(), 1, "{found:?}");
    let message = "the plugin `caller` imports `wasi:http/outgoing-handler@0.2.4`, which a grant gives";
    assert_eq!((found[0].1.as_str(), found[0].2.as_str()), ("a", message));
    dag(&text("grants.http = ['a.b']"));
    let callback = "on_failure = { plugin = 'caller' }";
    let found = super::found(&format!("id = 'x'\n[tasks.a]\nplugin = 'noop'\n{callback}\n"));
    assert!(found.len() == 1 && found[0].2.contains("which a grant gives"), "{found:?}");
}
