//! What a run published, and readable names for it: `artifacts list --json`, `run --out`.

use serde::Serialize;

use crate::contract::ArtifactKind;
use crate::ids::{DagId, RunId, TaskId};
use crate::store::{InstanceRecord, RunRecord};
use crate::views::run::{NOT_MAPPED, OutputDocument};

/// Media types whose files have a usual ending.
const ENDINGS: &[(&str, &str)] = &[
    ("application/gzip", ".gz"),
    ("application/json", ".json"),
    ("application/jsonl", ".jsonl"),
    ("application/octet-stream", ".bin"),
    ("application/pdf", ".pdf"),
    ("application/toml", ".toml"),
    ("application/vnd.apache.arrow.file", ".arrow"),
    ("application/vnd.apache.parquet", ".parquet"),
    ("application/wasm", ".wasm"),
    ("application/x-ndjson", ".ndjson"),
    ("application/xml", ".xml"),
    ("application/yaml", ".yaml"),
    ("application/zip", ".zip"),
    ("application/zstd", ".zst"),
    ("image/gif", ".gif"),
    ("image/jpeg", ".jpg"),
    ("image/png", ".png"),
    ("image/svg+xml", ".svg"),
    ("image/webp", ".webp"),
    ("text/csv", ".csv"),
    ("text/html", ".html"),
    ("text/markdown", ".md"),
    ("text/plain", ".txt"),
    ("text/tab-separated-values", ".tsv"),
];

/// The artifacts of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArtifactList {
    /// Whose.
    pub dag_id: DagId,
    /// Which run.
    pub run_id: RunId,
    /// By task, in the order of the DAG file, then by port.
    pub artifacts: Vec<ArtifactRow>,
    /// How many there are.
    pub total_entries: u64,
}

/// What one task published at one port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArtifactRow {
    /// The task.
    pub task_id: TaskId,
    /// [`NOT_MAPPED`], as long as no task is mapped.
    pub map_index: i32,
    /// The port and what lies there.
    #[serde(flatten)]
    pub output: OutputDocument,
}

impl ArtifactList {
    /// What the run's instances published.
    pub fn new(run: &RunRecord, instances: Vec<InstanceRecord>) -> Self {
        let artifacts: Vec<_> = instances.into_iter().flat_map(rows).collect();
        Self {
            dag_id: run.dag_id.clone(),
            run_id: run.run_id.clone(),
            total_entries: artifacts.len() as u64,
            artifacts,
        }
    }
}

fn rows(instance: InstanceRecord) -> impl Iterator<Item = ArtifactRow> {
    let task_id = instance.task_id;
    instance.outputs.into_iter().map(move |output| ArtifactRow {
        task_id: task_id.clone(),
        map_index: NOT_MAPPED,
        output: output.into(),
    })
}

/// A readable name: `<task>.<port>` with the ending that is usual for the media type, unless the port's name has it.
pub fn file_name(task: &TaskId, output: &OutputDocument) -> String {
    let ending = match output.kind {
        ArtifactKind::File => output.media_type.as_deref().and_then(ending_of).unwrap_or_default(),
        ArtifactKind::Folder => "",
    };
    let port = &output.port;
    if port.ends_with(ending) { format!("{task}.{port}") } else { format!("{task}.{port}{ending}") }
}

/// The ending of files of a media type, whose parameters (`; charset=utf-8`) do not count.
fn ending_of(media_type: &str) -> Option<&'static str> {
    let bare = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    ENDINGS.iter().find(|(known, _)| *known == bare).map(|(_, ending)| *ending)
}
