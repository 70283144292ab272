//! Requests from tasks, through the real program, to real servers on this machine, with TLS and without.

#[path = "../common/mod.rs"]
mod common;

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::common::web::{Web, authority};
use crate::common::{Bench, Ran, guest, instance};

/// A home whose operator allows this machine's servers, and the secret `TOKEN`.
fn bench() -> Bench {
    let bench = Bench::seeded();
    let config = "[allow]\nhttp = ['*:443', { to = 'localhost:*', private = true }, { to = 'http://localhost:*', private = true }]\n\
                  secrets = ['TOKEN']\n";
    bench.write("home/config.toml", config);
    bench
}

/// Runs the plugin `fetch` with these params and grants.
fn fetch(bench: &Bench, params: &Value, grants: &str) -> Ran {
    let dag = format!("id = 'x'\n[tasks.get]\nplugin = 'fetch'\nparams = {}\ngrants = {{ {grants} }}\n", toml(params));
    let dag = bench.dag("dag.toml", &dag);
    let mut command = bench.command(["run".as_ref(), dag.as_os_str(), "--json".as_ref()]);
    command.env("SSL_CERT_FILE", authority(&bench.path("."))).env("DAGWOOD_SECRET_TOKEN", "tell-nobody-7c1");
    command.output().unwrap().into()
}

/// JSON as an inline table.
fn toml(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name:?} = {}", toml(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

fn url(web: &Web, scheme: &str, path: &str) -> Value {
    json!({ "url": format!("{scheme}://{}{path}", web.host()) })
}

/// The text that `get` published.
fn body(bench: &Bench, run: &Value) -> String {
    let run_id = run["run_id"].as_str().unwrap();
    bench.run(["artifacts", "get", run_id, "get.body", "--force", "-o", "body"]).exits(0);
    std::fs::read_to_string(bench.path("body")).unwrap()
}

/// The error that `get` failed with, and all lines of its log.
fn failed(bench: &Bench, ran: Ran) -> (Value, String) {
    let run = ran.exits(1).json();
    let log =
        bench.run(["logs", run["dag_id"].as_str().unwrap(), run["run_id"].as_str().unwrap(), "get"]).exits(0).stdout;
    (instance(&run, "get")["error"].clone(), log)
}

#[test]
fn a_granted_host_is_reached_with_tls_and_without() {
    let bench = bench();
    for (web, scheme, prefix) in [(Web::secured(), "https", ""), (Web::plain(), "http", "http://")] {
        let run = fetch(&bench, &url(&web, scheme, "/"), &format!("http = ['{prefix}{}']", web.host())).exits(0).json();
        assert_eq!(instance(&run, "get")["value"], json!({ "status": 200, "content_type": "text/plain", "bytes": 5 }));
        assert_eq!(body(&bench, &run), "hello");
        assert!(web.heard()[0].contains(&format!("host: {}\r\n", web.host())), "{:?}", web.heard());
    }
}

#[test]
fn what_is_not_granted_is_refused_and_the_log_says_what() {
    let (bench, web, other) = (bench(), Web::secured(), Web::secured());
    let grant = format!("http = [{{ to = '{}', methods = ['GET'] }}]", web.host());
    let refused = |params: Value, why: &str| {
        let (error, log) = failed(&bench, fetch(&bench, &params, &grant));
        assert_eq!(error["code"], "denied", "{error}");
        assert!(error["message"].as_str().unwrap().contains(why), "{error}");
        assert!(log.contains(why), "{log}");
    };
    refused(url(&other, "https", "/"), &format!("`grants.http` does not name `{}`", other.host()));
    refused(url(&web, "http", "/"), &format!("`grants.http` does not name `http://{}`", web.host()));
    let posted = json!({ "url": url(&web, "https", "/")["url"], "method": "POST" });
    refused(posted, "does not name this method");
    refused(json!({ "url": format!("https://{}@localhost:1/", web.host().replace(':', "%3A")) }), "no host and port");
    assert!(web.heard().is_empty() && other.heard().is_empty());
}

#[test]
fn a_private_address_takes_the_operators_word() {
    let (bench, web) = (Bench::seeded(), Web::secured());
    bench.write("home/config.toml", "allow.http = ['*:*']\n");
    for host in [web.host(), format!("127.0.0.1:{}", web.address.port()), format!("[::1]:{}", web.address.port())] {
        let params = json!({ "url": format!("https://{host}/") });
        let (error, log) = failed(&bench, fetch(&bench, &params, &format!("http = ['{host}']")));
        assert_eq!(error["code"], "denied", "{error}");
        assert!(log.contains("which is no public address"), "{log}");
    }
    assert!(web.heard().is_empty());
}

#[test]
fn a_redirect_is_an_answer_that_nobody_follows() {
    let (bench, web) = (bench(), Web::secured());
    let (error, _) =
        failed(&bench, fetch(&bench, &url(&web, "https", "/inwards"), &format!("http = ['{}']", web.host())));
    assert_eq!(
        (error["code"].as_str(), error["message"].as_str()),
        (Some("status"), Some("the answer has the status 302"))
    );
    assert_eq!(web.heard().len(), 1);
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    let (bench, web) = (bench(), Web::secured());
    let dag = format!(
        "id = 'x'\n[tasks.get]\nplugin = 'fetch'\nparams = {}\ngrants.http = ['{}']\n",
        toml(&url(&web, "https", "/")),
        web.host()
    );
    let dag = bench.dag("dag.toml", &dag);
    // With the machine's own authorities, or with none: either way nobody vouches.
    let ran: Ran = bench.command(["run".as_ref(), dag.as_os_str(), "--json".as_ref()]).output().unwrap().into();
    let (error, _) = failed(&bench, ran);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("TlsCertificateError"), "{message}");
    assert!(web.heard().is_empty());
}

#[test]
fn a_secret_goes_out_in_its_header_and_never_comes_in() {
    let (bench, web) = (bench(), Web::secured());
    let grants = format!("http = ['{}'], secrets = ['TOKEN']", web.host());
    let params = |path: &str| {
        let url = url(&web, "https", path)["url"].clone();
        json!({ "url": url, "headers": { "authorization": "Bearer ${TOKEN}", "accept-encoding": "gzip" } })
    };
    let run = fetch(&bench, &params("/echo"), &grants).exits(0).json();
    let heard = web.heard().pop().unwrap();
    assert!(heard.contains("authorization: Bearer tell-nobody-7c1\r\n"), "{heard}");
    assert!(heard.contains("accept-encoding: identity\r\n"), "{heard}");
    assert_eq!(body(&bench, &run), heard.replace("tell-nobody-7c1", "***************"), "as long, with stars");
    let (error, log) = failed(&bench, fetch(&bench, &params("/gzip"), &grants));
    assert!(log.contains("the answer is compressed"), "{error} {log}");
    // Nothing that is kept has it.
    for file in walk(&bench.home()) {
        let bytes = std::fs::read(&file).unwrap();
        let found = bytes.windows(15).any(|window| window == b"tell-nobody-7c1");
        assert!(!found, "the secret is in {}", file.display());
    }
}

#[test]
fn a_secret_goes_nowhere_else() {
    let (bench, web, other) = (bench(), Web::secured(), Web::secured());
    let grants = format!(
        "http = ['{0}', '{1}'], secrets = [{{ name = 'TOKEN', headers = ['x-key'], to = ['{0}'] }}]",
        web.host(),
        other.host()
    );
    let refused = |web: &Web, header: &str, why: &str| {
        let url = url(web, "https", "/")["url"].clone();
        let (error, log) =
            failed(&bench, fetch(&bench, &json!({ "url": url, "headers": { header: "${TOKEN}" } }), &grants));
        assert_eq!(error["code"], "denied", "{error}");
        assert!(log.contains(why), "{log}");
    };
    refused(&other, "x-key", &format!("the secret `TOKEN` is not for `{}`", other.host()));
    refused(&web, "authorization", "the secret `TOKEN` stands in the header `authorization`");
    assert!(web.heard().is_empty() && other.heard().is_empty());
}

#[test]
fn a_secret_is_read_from_its_file_and_its_absence_is_told() {
    let (bench, web) = (bench(), Web::secured());
    let dag = format!(
        "id = 'x'\n[tasks.get]\nplugin = 'fetch'\nparams = {{ url = 'https://{0}/', headers = {{ authorization = '${{TOKEN}}' }} }}\n\
         grants = {{ http = ['{0}'], secrets = ['TOKEN'] }}\n",
        web.host()
    );
    let dag = bench.dag("dag.toml", &dag);
    let run = || -> Ran {
        let mut command = bench.command(["run".as_ref(), dag.as_os_str(), "--json".as_ref()]);
        command.env("SSL_CERT_FILE", authority(&bench.path("."))).output().unwrap().into()
    };
    let (error, _) = failed(&bench, run());
    assert_eq!(error["code"], "secret-missing");
    assert!(error["message"].as_str().unwrap().contains("set $DAGWOOD_SECRET_TOKEN"), "{error}");
    let file = bench.write("home/secrets.toml", "TOKEN = 'tell-nobody-7c1'\n");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (error, _) = failed(&bench, run());
    assert!(error["message"].as_str().unwrap().contains("others can read or write it"), "{error}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    run().exits(0);
    assert!(web.heard()[0].contains("authorization: tell-nobody-7c1\r\n"));
}

#[test]
fn bad_answers_end_by_themselves() {
    let (bench, web) = (bench(), Web::plain());
    let grant = format!("http = ['http://{}']", web.host());
    for (path, words) in [
        ("/endless", "cut off: requests and answers together may carry 1 MiB; raise `traffic`"),
        ("/many-headers", "HttpResponseHeaderSectionSize"),
        ("/large-header", "HttpResponseHeaderSectionSize"),
        ("/cut-off", "incomplete HTTP response"),
        ("/garbage", "HttpProtocolError"),
        ("/missing", "the status 404"),
        ("/busy", "the status 503"),
    ] {
        let dag = format!(
            "id = 'x'\n[tasks.get]\nplugin = 'fetch'\nparams = {}\ntraffic = '1MiB'\ngrants = {{ {grant} }}\n",
            toml(&url(&web, "http", path))
        );
        let dag = bench.dag("dag.toml", &dag);
        let (error, _) = failed(&bench, bench.run(["run".as_ref(), dag.as_os_str(), "--json".as_ref()]));
        assert!(error["message"].as_str().unwrap().contains(words), "{path}: {error}");
    }
}

#[test]
fn a_silent_server_holds_nobody_beyond_the_deadline() {
    let (bench, web) = (bench(), Web::plain());
    let dag = format!(
        "id = 'x'\n[tasks.get]\nplugin = 'fetch'\nparams = {}\nexecution_timeout = '1s'\ngrants.http = ['http://{}']\n",
        toml(&url(&web, "http", "/silent")),
        web.host()
    );
    let dag = bench.dag("dag.toml", &dag);
    let (error, _) = failed(&bench, bench.run(["run".as_ref(), dag.as_os_str(), "--json".as_ref()]));
    assert_eq!(error["code"], "deadline");
}

#[test]
fn a_dag_that_grants_nothing_is_refused_before_it_runs() {
    let bench = bench();
    let dag =
        bench.dag("dag.toml", "id = 'x'\n[tasks.get]\nplugin = 'fetch'\nparams = { url = 'https://a.example/' }\n");
    let ran = bench.run(["run".as_ref(), dag.as_os_str()]).exits(2);
    ran.says(&[
        "the plugin `fetch` imports `wasi:http/",
        "which a grant gives",
        "grants.http = [\"api.example.com:443\"]",
    ]);
    let dag = bench.dag(
        "other.toml",
        "id = 'x'\n[tasks.get]\nplugin = 'fetch'\nparams = { url = 'http://a.example/' }\n\
                                       grants.http = ['http://a.example']\n",
    );
    let ran = bench.run(["dag".as_ref(), "check".as_ref(), dag.as_os_str()]).exits(2);
    ran.says(&[
        "requests to `http://a.example:80` may not be granted",
        "add to `allow.http`: `\"http://a.example:80\"`",
    ]);
}

#[test]
fn one_plugin_is_tried_with_grants() {
    let (bench, web) = (bench(), Web::plain());
    let plugin = guest("fetch");
    let call = |grants: &str| {
        let param = format!("url=http://{}/", web.host());
        bench.run([
            "plugin".as_ref(),
            "run".as_ref(),
            plugin.as_os_str(),
            "--param".as_ref(),
            param.as_ref(),
            "--grants".as_ref(),
            grants.as_ref(),
        ])
    };
    call(&format!("http = ['http://{}']", web.host())).exits(0);
    call("http = ['a/b']").exits(2).says(&["--grants http[0]", "more than a host and a port"]);
    call("http = [").exits(2).says(&["`--grants` is no TOML"]);
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => files.extend(walk(&entry.path())),
            kind if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    files
}
