//! Consumers of [events](crate::events): what people see while azlab works, what scripts read, and the result.
//!
//! Progress goes to stderr, the result to stdout. A stream or file that breaks falls silent; the work goes on.
//!
//! # JSON lines (`--progress json`, `--events FILE`)
//! One object a line, of schema `azlab.event/v1`. Keys are added, never renamed, within v1; readers skip the `event`s
//! that they do not know. Every object has `schema`, `at` (RFC 3339, the service's date), `elapsed_s` (service seconds
//! since the command began) and `event`; those of one lab have `lab`. The others, by `event`:
//!
//! | `event` | keys |
//! |---|---|
//! | `run_started` | `command`, `sandbox`, `speed`, `subscription`, `credential` or null |
//! | `serving` | `url`, `directory` (`sandbox serve` alone: the requests that follow are those of its clients) |
//! | `board_serving` | `url` (`board` alone) |
//! | `lab_started` | `resource_group`, `location` |
//! | `check` | `id`, `status` (`pass`, `warn`, `fail`, `skip`), `message` |
//! | `resource_started` | `resource`, `name` |
//! | `resource_writing` | `resource`, `name`, `create`, `differences` (texts) |
//! | `resource_status` | `resource`, `name`, `status` in the service's words |
//! | `resource_waiting` | `resource`, `name`, `reason`, `retry_in_s` |
//! | `resource_finished` | `resource`, `name`, `id`, `action`, `took_s` |
//! | `resource_failed` | `resource`, `name`, `error` |
//! | `request` | `method`, `path`, `status` or null, `attempt`, `elapsed_ms`, `client_request_id`, `request_id` or null, `problem` or null |
//! | `retrying` | `method`, `path`, `reason`, `retry_in_s` |
//! | `note` | `level` (`info`, `warning`), `message` |
//! | `interrupted` | `continuing` (texts), `resume` (a command) |
//! | `lab_finished` | `state`, `took_s`, `error` or null |
//! | `run_planned` | `bound_s`: what the service's limits leave of the work at best, once all labs of a class were looked at |
//! | `run_finished` | `exit_code`, `took_s`, and `bound_s` of a class |
//!
//! `resource`, `action`, `state` and `error` are those of the result object ([`crate::outcome`]). All events are
//! written, whatever the verbosity. Files are appended to, and made for their owner only (0600) where they do not exist:
//! a second run adds to the story of the first, and a mistyped name costs nobody their file.
//!
//! # What is never written
//! Tokens, keys and the signatures of polling URLs are taken out of every text, and control characters with them. With
//! `--hide-ids` every GUID is masked too: on the screen, in the result (JSON as well), in both files.
mod alike;
mod app_text;
mod bars;
mod checks;
mod class_rows;
mod class_text;
pub(crate) mod config;
mod cost_text;
mod describe;
mod error_text;
mod filter;
mod hide;
mod lab_text;
mod notes;
mod plain;
mod plan_text;
mod redact;
mod reporter;
mod row;
mod sandbox;
mod screen;
mod sink;
mod status_grid;
mod status_text;
mod style;
mod summary;
mod table;
mod texts;
mod tracker;
mod wrap;

#[cfg(test)]
mod tests;

pub use filter::{clean, to_be_used};
pub use reporter::{ReportError, Reporter};
pub(crate) use sandbox::{sandbox, serving};
pub use summary::{print_result, show_result, write_result};
