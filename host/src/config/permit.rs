//! What the operator's decisions mean for a task, a mount, an input file.

use std::path::Path;

use crate::dag::model::{HttpGrant, MountMode, SecretGrant};
use crate::limits::TaskLimits;
use crate::schedule::duration::show_duration;
use crate::text::exact_bytes;

use super::Config;

/// Where the operator's decisions hold.
#[derive(Debug, Clone, Copy)]
pub struct Here<'a> {
    /// The home folder, which nobody gets.
    pub home: &'a Path,
    /// The operator's file in it.
    pub file: &'a Path,
}

/// Why something is not granted, and the line to add for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// An option of a task that asks for too much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excess {
    /// The option's key in the DAG file, which is that of the maximum too.
    pub key: &'static str,
    /// Why.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Here<'_> {
    /// The operator's file by its whole path.
    fn shown(&self) -> String {
        self.home.join(self.file).display().to_string()
    }
}

impl Config {
    /// What a task asks for that is more than its maximum. The defaults are nothing that it asks for: they are
    /// [lowered](Self::lower).
    pub fn excesses(&self, limits: &TaskLimits, here: Here<'_>) -> Vec<Excess> {
        let (maximum, default) = (&self.maximum, TaskLimits::default());
        let excess = |key, asked: &str, most: &str| Excess {
            key,
            message: format!("`{key}` is {asked}, and the most that a task may ask for here is {most}"),
            hint: format!("ask for less, or raise `maximum.{key}` in {}", here.shown()),
        };
        let bytes = |key, asked: u64, most: u64, default: u64| {
            (asked > most && asked != default).then(|| excess(key, &exact_bytes(asked), &exact_bytes(most)))
        };
        let (asked, most) = (limits.execution_timeout, maximum.execution_timeout);
        let timeout = (asked > most && asked != default.execution_timeout)
            .then(|| excess("execution_timeout", &show_duration(asked), &show_duration(most)));
        let memory = bytes("memory", limits.memory_bytes, maximum.memory_bytes, default.memory_bytes);
        let scratch = bytes("scratch", limits.scratch_bytes, maximum.scratch_bytes, default.scratch_bytes);
        let log = bytes("log", limits.log_bytes, maximum.log_bytes, default.log_bytes);
        let result = bytes("result", limits.result_bytes, maximum.result_bytes, default.result_bytes);
        let traffic = bytes("traffic", limits.traffic_bytes, maximum.traffic_bytes, default.traffic_bytes);
        let number = |key, asked: u64, most: u64, default: u64| {
            (asked > most && asked != default).then(|| excess(key, &asked.to_string(), &most.to_string()))
        };
        let handles = number("handles", limits.handles as u64, maximum.handles as u64, default.handles as u64);
        let points = number("metric_points", limits.metric_points, maximum.metric_points, default.metric_points);
        let fuel = limits.fuel.and_then(|fuel| number("fuel", fuel, maximum.fuel, 0));
        [memory, timeout, scratch, log, traffic, result, handles, points, fuel].into_iter().flatten().collect()
    }

    /// Lowers what is more than its maximum: a default, or what a DAG asked for when it might.
    pub fn lower(&self, limits: &mut TaskLimits) {
        let maximum = &self.maximum;
        limits.memory_bytes = limits.memory_bytes.min(maximum.memory_bytes);
        limits.execution_timeout = limits.execution_timeout.min(maximum.execution_timeout);
        limits.scratch_bytes = limits.scratch_bytes.min(maximum.scratch_bytes);
        limits.log_bytes = limits.log_bytes.min(maximum.log_bytes);
        limits.traffic_bytes = limits.traffic_bytes.min(maximum.traffic_bytes);
        limits.result_bytes = limits.result_bytes.min(maximum.result_bytes);
        limits.handles = limits.handles.min(maximum.handles);
        limits.metric_points = limits.metric_points.min(maximum.metric_points);
        limits.fuel = limits.fuel.map(|fuel| fuel.min(maximum.fuel));
    }

    /// Why the folder `real` may not be mounted; nothing, if it may.
    pub fn refuses_mount(&self, real: &Path, mode: MountMode, here: Here<'_>) -> Option<Refusal> {
        let home = here.home;
        if real.starts_with(home) || home.starts_with(real) {
            let message = format!("`{}` is, holds or lies in the home folder, which no task may see", real.display());
            let hint = format!("mount a folder beside `{}`", home.display());
            return Some(Refusal { message, hint });
        }
        let holds = |allowed: &&super::AllowedMount| real.starts_with(&allowed.host);
        let allows = |allowed: &super::AllowedMount| allowed.mode >= mode;
        let mut holding = self.mounts.iter().filter(holds).peekable();
        let why = match holding.peek() {
            None => "`allow.mounts` has no folder that holds it".to_owned(),
            Some(allowed) => format!("`allow.mounts` has `{}` as `ro` only", allowed.host.display()),
        };
        if holding.any(allows) {
            return None;
        }
        let line = format!("{{ host = {:?}, mode = \"{}\" }}", real.display().to_string(), mode.as_str());
        Some(Refusal {
            message: format!("`{}` may not be mounted `{}`: {why}", real.display(), mode.as_str()),
            hint: add_to(here, "mounts", self.mounts.is_empty(), &line),
        })
    }

    /// Why a task may not be given an environment variable of this name; nothing, if it may.
    pub fn refuses_env(&self, name: &str, here: Here<'_>) -> Option<Refusal> {
        (!names(&self.env, name)).then(|| Refusal {
            message: format!("the environment variable `{name}` may not be given: `allow.env` does not name it"),
            hint: add_to(here, "env", self.env.is_empty(), &format!("{name:?}")),
        })
    }

    /// Why a task may not use a secret so; nothing, if it may.
    pub fn refuses_secret(&self, grant: &SecretGrant, here: Here<'_>) -> Option<Refusal> {
        let SecretGrant { name, to, .. } = grant;
        let mut named = self.secrets.iter().filter(|allowed| is_named(&allowed.name, name)).peekable();
        let why = match named.peek() {
            None => "`allow.secrets` does not name it".to_owned(),
            Some(_) => "`allow.secrets` has it for other hosts only".to_owned(),
        };
        let fits = |allowed: &super::AllowedSecret| {
            let fits = |origin| allowed.to.as_ref().is_none_or(|all| all.iter().any(|pattern| pattern.fits(origin)));
            to.iter().all(fits)
        };
        if named.any(fits) {
            return None;
        }
        let hosts: Vec<String> = to.iter().map(ToString::to_string).collect();
        let item = format!("{{ name = {name:?}, to = {hosts:?} }}");
        Some(Refusal {
            message: format!("the secret `{name}` may not be used for {}: {why}", hosts.join(", ")),
            hint: add_to(here, "secrets", self.secrets.is_empty(), &item),
        })
    }

    /// Whether the addresses that a grant leads to may be private.
    ///
    /// # Errors
    /// Why requests may not be sent there.
    pub fn permits_http(&self, grant: &HttpGrant, here: Here<'_>) -> Result<bool, Refusal> {
        let mut there = self.http.iter().filter(|allowed| allowed.to.fits(&grant.to)).peekable();
        let why = match there.peek().and_then(|allowed| allowed.methods.as_ref()) {
            Some(methods) => format!("`allow.http` has it with {} only", methods.join(", ")),
            None => "`allow.http` does not name it".to_owned(),
        };
        let permitted = there.filter(|allowed| covers(allowed.methods.as_ref(), grant.methods.as_ref()));
        let private = permitted.map(|allowed| allowed.private).reduce(|one, other| one || other);
        private.ok_or_else(|| {
            let methods =
                grant.methods.as_ref().map_or_else(String::new, |methods| format!(" with {}", methods.join(", ")));
            let item = match &grant.methods {
                None => format!("{:?}", grant.to.to_string()),
                Some(methods) => format!("{{ to = {:?}, methods = {methods:?} }}", grant.to.to_string()),
            };
            let is_default = self.http == Config::default().http;
            let item = if is_default { format!("\"*:443\", {item}") } else { item };
            Refusal {
                message: format!("requests to `{}`{methods} may not be granted: {why}", grant.to),
                hint: add_to(here, "http", self.http.is_empty() || is_default, &item),
            }
        })
    }

    /// Why a server may not take the input file `real`; nothing, if it may. `dags`: its folder of DAG files.
    pub fn refuses_file(&self, real: &Path, dags: &Path, here: Here<'_>) -> Option<Refusal> {
        if real.starts_with(dags) || self.files.iter().any(|folder| real.starts_with(folder)) {
            return None;
        }
        let folder = real.parent().unwrap_or(real).display().to_string();
        Some(Refusal {
            message: format!(
                "`{}` lies outside the folder of DAG files, and `allow.files` has no folder that holds it",
                real.display()
            ),
            hint: add_to(here, "files", self.files.is_empty(), &format!("{folder:?}")),
        })
    }
}

/// Whether a list has the name, or its start with a star behind it.
fn names(allowed: &[String], name: &str) -> bool {
    allowed.iter().any(|allowed| is_named(allowed, name))
}

fn is_named(allowed: &str, name: &str) -> bool {
    match allowed.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == allowed,
    }
}

/// Whether all methods that are asked for are allowed; none: any.
fn covers(allowed: Option<&Vec<String>>, asked: Option<&Vec<String>>) -> bool {
    match (allowed, asked) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(allowed), Some(asked)) => asked.iter().all(|method| allowed.contains(method)),
    }
}

fn add_to(here: Here<'_>, key: &str, is_empty: bool, item: &str) -> String {
    let file = here.shown();
    match is_empty {
        true => format!("in {file}: `allow.{key} = [{item}]`; then start the server anew, if there is one"),
        false => format!("in {file}, add to `allow.{key}`: `{item}`; then start the server anew, if there is one"),
    }
}
