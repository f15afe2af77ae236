//! What happened in a simulation, short enough to read.

use std::fmt;

use super::drive::Ran;
use super::faults::Trouble;
use super::plan::{Plan, Stop};

/// Lines, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    lines: Vec<String>,
}

/// The requests of a run that are shown: writes, and whatever did not go well.
const SHOWN: usize = 24;

impl Trace {
    /// A line.
    pub fn note(&mut self, line: impl Into<String>) {
        self.lines.push(format!("  {}", line.into()));
    }

    /// A run: its command, how it ended, and its requests that tell something.
    pub fn ran(&mut self, ran: &Ran) {
        let took = (ran.ended - ran.began).as_seconds_f64();
        let end = match (ran.exit(), ran.pressed) {
            (None, _) => "killed".to_owned(),
            (Some(exit), None) => format!("{exit:?}"),
            (Some(exit), Some(_)) => format!("{exit:?} after Ctrl-C"),
        };
        let slept = if ran.slept_s > 0.0 { format!(", asleep for {} s", ran.slept_s) } else { String::new() };
        self.lines.push(format!("$ azlab {}: {end}, {took:.1} s{slept}, {} requests", ran.line, ran.log.len()));
        let telling: Vec<String> = ran
            .log
            .iter()
            .filter(|one| one.is_write() || one.status != one.reached)
            .map(|one| {
                let code =
                    |status: Option<http::StatusCode>| status.map_or("-".to_owned(), |it| it.as_u16().to_string());
                let path = one.path.split('?').next().unwrap_or_default();
                let short = format!("{}{}", class(path), path.rsplit("/providers/").next().unwrap_or(path));
                let at = (one.at - ran.began).as_seconds_f64();
                let how = if one.status == one.reached {
                    code(one.status)
                } else {
                    format!("{} for us, {} at the service", code(one.status), code(one.reached))
                };
                format!("    {at:8.2} s  {:6} {short}  {how}", one.method)
            })
            .collect();
        let skipped = telling.len().saturating_sub(SHOWN);
        if skipped > 0 {
            self.lines.push(format!("    … {skipped} more"));
        }
        self.lines.extend(telling.into_iter().skip(skipped));
        let errors = errors(ran);
        if !errors.is_empty() {
            self.lines.push(format!("    {errors}"));
        }
    }
}

/// Whose of a class a path is.
fn class(path: &str) -> String {
    let group = path.split_once("/resourceGroups/myResourceGroup-").filter(|(_, rest)| rest.contains('/'));
    group.map_or_else(String::new, |(_, rest)| format!("{}: ", rest.split('/').next().unwrap_or_default()))
}

/// The errors that a run tells, in one line.
pub fn errors(ran: &Ran) -> String {
    let Some(finished) = &ran.finished else { return String::new() };
    let labs = finished.result.labs.iter().flatten().filter_map(|lab| lab.error.as_ref());
    let all = labs.chain(&finished.result.error).map(|error| format!("{}: {}", error.code, error.message));
    all.collect::<Vec<_>>().join("; ")
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.method.as_ref().map_or("any", http::Method::as_str);
        write!(f, "fault: {method} {:?}, after {}, {} times: {:?}", self.path, self.skip, self.times, self.how)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {:?}", self.seed, self.start)?;
        if self.neighbours {
            write!(f, " beside others")?;
        }
        if self.taken {
            write!(f, " with our subdomain taken")?;
        }
        for act in &self.acts {
            write!(f, ", then {}", act.lines.join(" and at once "))?;
            if act.stop != Stop::No {
                write!(f, " ({:?})", act.stop)?;
            }
        }
        write!(f, ", at last {} until {:?}", self.last, self.goal)
    }
}
