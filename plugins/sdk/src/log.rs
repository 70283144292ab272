//! Lines for the log of a try.

/// How important a line of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every step.
    Trace,
    /// For who wrote the plugin.
    Debug,
    /// For who runs it.
    Info,
    /// Odd, but the task goes on.
    Warn,
    /// Something failed.
    Error,
}

/// A line for the log of this try: `log_at!(Level::Info, rows = 3, file = "a.csv"; "read {} rows", 3)`. The fields and
/// the `;` may be left out; a field is anything that can be displayed.
#[macro_export]
macro_rules! log_at {
    ($level:expr, $($key:ident = $value:expr),+ $(,)?; $($text:tt)+) => {
        $crate::__private::log(
            $level,
            ::std::format!($($text)+),
            ::std::vec![
                $((::std::string::String::from(::core::stringify!($key)), ::std::string::ToString::to_string(&$value))),+
            ],
        )
    };
    ($level:expr, $($text:tt)+) => {
        $crate::__private::log($level, ::std::format!($($text)+), ::std::vec::Vec::new())
    };
}

/// A line at the level trace. See [`log_at!`](crate::log_at!).
#[macro_export]
macro_rules! trace { ($($line:tt)+) => { $crate::log_at!($crate::Level::Trace, $($line)+) }; }

/// A line at the level debug. See [`log_at!`](crate::log_at!).
#[macro_export]
macro_rules! debug { ($($line:tt)+) => { $crate::log_at!($crate::Level::Debug, $($line)+) }; }

/// A line at the level info: `info!(rows = table.len(); "read {name}")`. See [`log_at!`](crate::log_at!).
#[macro_export]
macro_rules! info { ($($line:tt)+) => { $crate::log_at!($crate::Level::Info, $($line)+) }; }

/// A line at the level warn. See [`log_at!`](crate::log_at!).
#[macro_export]
macro_rules! warn { ($($line:tt)+) => { $crate::log_at!($crate::Level::Warn, $($line)+) }; }

/// A line at the level error. See [`log_at!`](crate::log_at!).
#[macro_export]
macro_rules! error { ($($line:tt)+) => { $crate::log_at!($crate::Level::Error, $($line)+) }; }
