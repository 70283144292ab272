//! Every outcome and failure of the contract, well formed and not.

use crate::answer::{Answer, done, permanent, problem};
use crate::bindings::dagwood::task::context;
use crate::bindings::dagwood::task::types::{Artifact, Branching, Failure, Invocation, Outcome, Retry, Wait};
use crate::params::Params;
use serde_json::{Value, json};

pub(crate) fn succeed() -> Answer {
    done(&json!({ "fine": true }))
}

pub(crate) fn not_json() -> Answer {
    Ok(Outcome::Done("{fine: yes".to_owned()))
}

pub(crate) fn not_an_object() -> Answer {
    done(&json!(3))
}

pub(crate) fn large_result(params: &Params) -> Answer {
    let size = usize::try_from(params.bytes).unwrap_or(usize::MAX);
    done(&json!({ "large": "x".repeat(size) }))
}

pub(crate) fn deep_result(params: &Params) -> Answer {
    let depth = usize::try_from(params.count).unwrap_or(usize::MAX);
    Ok(Outcome::Done(format!("{{\"deep\":{}{}}}", "[".repeat(depth), "]".repeat(depth))))
}

pub(crate) fn branch(params: &Params) -> Answer {
    Ok(Outcome::Branch(Branching { value: json!({}).to_string(), chosen: params.labels.clone() }))
}

pub(crate) fn skip(params: &Params) -> Answer {
    Ok(Outcome::Skipped(params.text.clone()))
}

pub(crate) fn again(call: &Invocation, params: &Params) -> Answer {
    let before: u64 = call.resume.as_deref().and_then(|state| serde_json::from_str(state).ok()).unwrap_or(0);
    if before >= params.count {
        return done(&json!({ "waited": before }));
    }
    let state = Some((before + 1).to_string());
    Ok(Outcome::Again(Wait { after_ms: params.ms.unwrap_or(100), state }))
}

pub(crate) fn retryable(params: &Params) -> Answer {
    let problem = problem(&params.text, "told to fail, worth a retry");
    Err(Failure::Retryable(Retry { problem, after_ms: params.ms }))
}

pub(crate) fn permanently(params: &Params) -> Answer {
    Err(permanent(&params.text, "told to fail for good"))
}

pub(crate) fn fail_until(params: &Params) -> Answer {
    let instance = context::current();
    if u64::from(instance.try_number) >= params.count {
        return done(&json!({ "try_number": instance.try_number }));
    }
    let message = format!("try {} of {}, told to fail until {}", instance.try_number, instance.max_tries, params.count);
    Err(Failure::Retryable(Retry { problem: problem("not-yet", &message), after_ms: params.ms }))
}

pub(crate) fn echo(call: &Invocation, params: &Params) -> Answer {
    let inputs: Vec<Value> = call.inputs.iter().map(artifact).collect();
    let values: Vec<Value> = call
        .values
        .iter()
        .map(|value| json!({ "name": value.name, "index": value.index, "value": value.value }))
        .collect();
    done(&json!({
        "params": call.params,
        "inputs": inputs,
        "values": values,
        "seed": call.seed,
        "resume": call.resume,
        "extra": call.extra,
        "context": params.use_context.then(told),
    }))
}

fn artifact(artifact: &Artifact) -> Value {
    json!({
        "port": artifact.port,
        "index": artifact.index,
        "path": artifact.path,
        "media_type": artifact.media_type,
        "digest": artifact.digest,
        "size_bytes": artifact.size_bytes,
        "text": std::fs::read_to_string(&artifact.path).ok(),
    })
}

fn told() -> Value {
    let instance = context::current();
    let dates = context::dates();
    json!({
        "dag_id": instance.dag_id,
        "run_id": instance.run_id,
        "task_id": instance.task_id,
        "map_index": instance.map_index,
        "try_number": instance.try_number,
        "max_tries": instance.max_tries,
        "idempotency_key": instance.idempotency_key,
        "logical_date": dates.logical_date,
        "data_interval": dates.data_interval.map(|interval| [interval.start, interval.end]),
        "run_after": dates.run_after,
    })
}
