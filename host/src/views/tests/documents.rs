use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::contract::{ArtifactKind, ArtifactRef, Invocation, Output, Problem};
use crate::dag::model::RunInputs;
use crate::ids::{DagId, Digest, RunId, RunKey, TaskId, TaskIx};
use crate::lifecycle::launch::{RunDates, Usage};
use crate::lifecycle::state::{RunState, TaskState};
use crate::store::{DagRecord, InstanceRecord, ProcessId, RunRecord, RunType, TryRecord};
use crate::views::artifacts::{ArtifactList, file_name};
use crate::views::dags::DagList;
use crate::views::duration_s;
use crate::views::run::{OutputDocument, RunDocument};
use crate::views::runs::RunList;
use crate::views::tries::TaskDocument;

type Tested = Result<(), Box<dyn std::error::Error>>;

fn at(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

fn run() -> Result<RunRecord, Box<dyn std::error::Error>> {
    Ok(RunRecord {
        key: RunKey(1),
        dag_id: DagId::new("ml_pipeline")?,
        run_id: RunId::new("manual__2026-01-01T00:00:00Z")?,
        run_type: RunType::Manual,
        version: Digest::of(b"dag"),
        state: RunState::Failed,
        owner: ProcessId(1),
        dates: RunDates {
            logical_date: at("2026-01-01T00:00:00Z"),
            data_interval: None,
            run_after: "2026-01-01T00:00:00Z".parse()?,
        },
        inputs: RunInputs::default(),
        backfill: None,
        reprocess: false,
        callback: None,
        queued_at: "2026-01-01T00:00:00Z".parse()?,
        start_date: at("2026-01-01T00:00:01Z"),
        end_date: at("2026-01-01T00:00:01.41Z"),
        missed_deadline: None,
        with_failures: false,
        reason: None,
    })
}

fn instance(task: u32, id: &str, state: TaskState) -> Result<InstanceRecord, Box<dyn std::error::Error>> {
    Ok(InstanceRecord {
        task: TaskIx(task),
        task_id: TaskId::new(id)?,
        state,
        try_number: 0,
        start_number: 0,
        max_tries: 1,
        lost_hosts: 0,
        clears: 0,
        clearing: false,
        component: Some(Digest::of(b"train")),
        plugin: Some("train@0.1.0".to_owned()),
        scheduled_at: None,
        queued_at: None,
        start_date: None,
        end_date: None,
        due: None,
        resume: None,
        rescheduled_at: None,
        invocation: None,
        value: None,
        chosen: None,
        outputs: Vec::new(),
        metrics: BTreeMap::new(),
        usage: None,
        problem: None,
    })
}

fn output(port: &str, kind: ArtifactKind, media_type: Option<&str>) -> Output {
    let artifact = ArtifactRef { digest: Digest::of(port.as_bytes()), kind, size_bytes: 123 };
    Output { port: port.to_owned(), artifact, media_type: media_type.map(str::to_owned) }
}

fn trained() -> Result<InstanceRecord, Box<dyn std::error::Error>> {
    Ok(InstanceRecord {
        try_number: 2,
        start_date: at("2026-01-01T00:00:01Z"),
        end_date: at("2026-01-01T00:00:01.12Z"),
        value: Some(json!({"iterations": 7})),
        outputs: vec![output("model", ArtifactKind::File, Some("application/json"))],
        metrics: BTreeMap::from([("loss".to_owned(), 0.1)]),
        ..instance(0, "train_model", TaskState::Success)?
    })
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().map(|fields| fields.keys().map(String::as_str).collect()).unwrap_or_default()
}

#[test]
fn a_run_s_document_has_the_promised_fields() -> Tested {
    let document = RunDocument::new(run()?, vec![trained()?], Vec::new());
    let json = serde_json::to_value(&document)?;
    assert_eq!(
        json,
        json!({
            "dag_id": "ml_pipeline", "run_id": "manual__2026-01-01T00:00:00Z", "state": "failed",
            "logical_date": "2026-01-01T00:00:00Z", "start_date": "2026-01-01T00:00:01Z",
            "end_date": "2026-01-01T00:00:01.41Z", "duration": 0.41,
            "task_instances": [{
                "task_id": "train_model", "map_index": -1, "state": "success", "try_number": 2,
                "plugin": "train@0.1.0", "plugin_digest": Digest::of(b"train").to_string(),
                "start_date": "2026-01-01T00:00:01Z", "end_date": "2026-01-01T00:00:01.12Z", "duration": 0.12,
                "value": {"iterations": 7},
                "outputs": [{
                    "port": "model", "digest": Digest::of(b"model").to_string(), "size_bytes": 123,
                    "kind": "file", "media_type": "application/json"
                }],
                "metrics": {"loss": 0.1}, "error": null
            }]
        })
    );
    Ok(())
}

#[test]
fn an_instance_that_never_started_is_there_with_nulls() -> Tested {
    let evaluate = InstanceRecord {
        problem: Some(Problem::new("upstream-failed", "train_model failed")),
        ..instance(1, "evaluate", TaskState::UpstreamFailed)?
    };
    let document = RunDocument::new(run()?, vec![trained()?, evaluate], Vec::new());
    let json = serde_json::to_value(&document)?;
    let never = &json["task_instances"][1];
    assert_eq!(keys(never), keys(&json["task_instances"][0]));
    assert_eq!(
        (&never["try_number"], &never["start_date"], &never["duration"]),
        (&json!(0), &json!(null), &json!(null))
    );
    assert_eq!((&never["value"], &never["outputs"], &never["metrics"]), (&json!(null), &json!([]), &json!({})));
    assert_eq!(never["error"], json!({"code": "upstream-failed", "message": "train_model failed"}));
    assert_eq!(document.state_counts(), [(TaskState::Success, 1), (TaskState::UpstreamFailed, 1)]);
    Ok(())
}

#[test]
fn a_run_says_what_is_behind_its_state_only_where_there_is_something() -> Tested {
    let stuck = RunRecord { reason: Some("nothing can start".to_owned()), ..run()? };
    assert_eq!(
        serde_json::to_value(RunDocument::new(stuck, Vec::new(), Vec::new()))?["reason"],
        json!("nothing can start")
    );
    let hidden = RunRecord { state: RunState::Success, with_failures: true, ..run()? };
    assert_eq!(serde_json::to_value(RunDocument::new(hidden, Vec::new(), Vec::new()))?["with_failures"], json!(true));
    Ok(())
}

#[test]
fn a_list_of_runs_counts_those_beyond_the_limit_too() -> Tested {
    let json = serde_json::to_value(RunList::new(vec![run()?], 7))?;
    assert_eq!(keys(&json), ["dag_runs", "total_entries"]);
    assert_eq!((&json["total_entries"], &json["dag_runs"][0]["run_type"]), (&json!(7), &json!("manual")));
    assert_eq!(json["dag_runs"][0]["duration"], json!(0.41));
    Ok(())
}

#[test]
fn a_list_of_dags_has_airflow_s_words() -> Tested {
    let record = DagRecord {
        dag_id: DagId::new("ml_pipeline")?,
        version: None,
        path: Some("/srv/dags/ml.toml".into()),
        is_served: true,
        paused: None,
        first_seen_at: "2026-01-01T00:00:00Z".parse()?,
        last_seen_at: "2026-01-02T00:00:00Z".parse()?,
        runs: 3,
    };
    let json = serde_json::to_value(DagList::new(vec![record]))?;
    assert_eq!(keys(&json), ["dags", "total_entries"]);
    assert_eq!(
        (&json["dags"][0]["dag_id"], &json["dags"][0]["fileloc"]),
        (&json!("ml_pipeline"), &json!("/srv/dags/ml.toml"))
    );
    Ok(())
}

#[test]
fn a_task_is_shown_with_its_own_earlier_tries_in_order() -> Tested {
    let earlier = |task: &str, try_number, start_number| -> Result<TryRecord, Box<dyn std::error::Error>> {
        Ok(TryRecord {
            task_id: TaskId::new(task)?,
            try_number,
            start_number,
            state: TaskState::Failed,
            plugin: None,
            start_date: at("2026-01-01T00:00:00Z"),
            end_date: at("2026-01-01T00:00:02Z"),
            value: None,
            outputs: Vec::new(),
            problem: Some(Problem::new("trap", "unreachable")),
        })
    };
    let invocation =
        Invocation { params: json!({"x": 1}), inputs: Vec::new(), values: Vec::new(), seed: 1, resume: None };
    let now = InstanceRecord {
        invocation: Some(Arc::new(invocation)),
        usage: Some(Usage::default()),
        try_number: 3,
        ..trained()?
    };
    let tries = vec![earlier("train_model", 2, 2)?, earlier("other", 1, 1)?, earlier("train_model", 1, 1)?];
    let json = serde_json::to_value(TaskDocument::new(now, tries))?;
    let numbers: Vec<_> =
        json["tries"].as_array().into_iter().flatten().map(|earlier| &earlier["try_number"]).collect();
    assert_eq!(numbers, [&json!(1), &json!(2)]);
    assert_eq!((&json["try_number"], &json["invocation"]["params"]), (&json!(3), &json!({"x": 1})));
    assert_eq!(json["tries"][0]["duration"], json!(2.0));
    Ok(())
}

#[test]
fn artifacts_are_listed_by_task_and_port() -> Tested {
    let json = serde_json::to_value(ArtifactList::new(&run()?, vec![trained()?, instance(1, "b", TaskState::None)?]))?;
    assert_eq!(json["total_entries"], json!(1));
    assert_eq!(
        (&json["artifacts"][0]["task_id"], &json["artifacts"][0]["port"]),
        (&json!("train_model"), &json!("model"))
    );
    Ok(())
}

#[test]
fn results_get_the_ending_that_is_usual_for_their_media_type() -> Tested {
    let task = TaskId::new("evaluate")?;
    let name = |port, kind, media| file_name(&task, &OutputDocument::from(output(port, kind, media)));
    assert_eq!(name("report", ArtifactKind::File, Some("application/json")), "evaluate.report.json");
    assert_eq!(name("report.json", ArtifactKind::File, Some("application/json")), "evaluate.report.json");
    assert_eq!(name("page", ArtifactKind::File, Some("Text/HTML; charset=utf-8")), "evaluate.page.html");
    assert_eq!(name("data", ArtifactKind::File, Some("x/unknown")), "evaluate.data");
    assert_eq!(name("data", ArtifactKind::File, None), "evaluate.data");
    assert_eq!(name("plots", ArtifactKind::Folder, Some("image/png")), "evaluate.plots");
    Ok(())
}

#[test]
fn a_duration_needs_both_ends_and_is_never_negative() {
    let (early, late) = (at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:01.5Z"));
    assert_eq!(duration_s(early, late), Some(1.5));
    assert_eq!(duration_s(late, early), Some(0.0));
    assert_eq!((duration_s(None, late), duration_s(early, None)), (None, None));
}
