//! What the containers of a part of the application write from now on.
//!
//! It is asked for again and again, from the last line that was read, so that it goes on whatever cuts the connection off, and on the
//! Pods that take the place of others.

use std::collections::HashMap;

use super::logs::{Log, logs_of};
use crate::kubernetes::{Cluster, Error, LogPart};

/// How far the logs of a workload have been read.
#[derive(Debug)]
pub(crate) struct Follower {
    /// With which part each begins.
    first: LogPart,
    /// The last line of each container, by its Pod and its name.
    read: HashMap<(String, String), Last>,
}

/// The last line that was read of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Last {
    /// Its time, as the API server has it.
    stamp: String,
    /// How many lines of that time have been read.
    count: usize,
}

impl Follower {
    /// One that has read nothing, and begins with `first`.
    pub(crate) fn new(first: LogPart) -> Self {
        Self { first: LogPart { stamped: true, ..first }, read: HashMap::new() }
    }

    /// What has been written since it was last asked; `None` if there is no workload of that name.
    ///
    /// # Errors
    /// [`Error`]
    pub(crate) async fn more(&mut self, cluster: &Cluster, name: &str) -> Result<Option<Vec<Log>>, Error> {
        let part_of = |pod: &str, container: &str| match self.read.get(&(pod.to_owned(), container.to_owned())) {
            Some(last) => LogPart { stamped: true, from: Some(last.stamp.clone()), ..LogPart::default() },
            None => self.first.clone(),
        };
        let Some(logs) = logs_of(cluster, name, part_of).await? else { return Ok(None) };
        let fresh = logs.into_iter().filter_map(|log| {
            // One that waits to start will be asked again.
            let last = self.read.entry((log.pod.clone(), log.container.clone()));
            let text = log.text.ok()?;
            let text = last.or_default().pass(&text);
            (!text.is_empty()).then_some(Log { text: Ok(text), ..log })
        });
        Ok(Some(fresh.collect()))
    }
}

impl Last {
    /// The lines of `text` after this one, without their times; from then on the last of them is this.
    fn pass(&mut self, text: &str) -> String {
        let lines: Vec<(&str, &str)> = text.lines().map(|line| line.split_once(' ').unwrap_or((line, ""))).collect();
        // Lines are in their order, so those before this one were read. Where it is gone, the container has begun again.
        let ends = lines.iter().enumerate().filter(|(_, (stamp, _))| *stamp == self.stamp).take(self.count).last();
        let fresh = &lines[ends.map_or(0, |(index, _)| index + 1)..];
        if let Some((stamp, _)) = fresh.last() {
            let before = if *stamp == self.stamp { self.count } else { 0 };
            let count = before + fresh.iter().filter(|(other, _)| other == stamp).count();
            *self = Self { stamp: (*stamp).to_owned(), count };
        }
        fresh.iter().map(|(_, line)| format!("{line}\n")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_comes_once_also_where_several_have_one_time() {
        let mut last = Last::default();
        assert_eq!(last.pass("2026-11-30T02:00:00Z a\n2026-11-30T02:00:00.5Z b\n"), "a\nb\n");
        assert_eq!(last.pass("2026-11-30T02:00:00Z a\n2026-11-30T02:00:00.5Z b\n"), "");
        let more = "2026-11-30T02:00:00.5Z b\n2026-11-30T02:00:00.5Z c d\n2026-11-30T02:00:00.5Z\n";
        assert_eq!(last.pass(more), "c d\n\n");
        assert_eq!(last.pass(more), "");
        assert_eq!(last.pass(&format!("{more}2026-11-30T02:00:01Z e\n")), "e\n");
    }

    #[test]
    fn a_container_that_has_begun_again_is_read_from_its_beginning() {
        let mut last = Last::default();
        last.pass("2026-11-30T02:00:00Z a\n");
        assert_eq!(last.pass("2026-11-30T02:05:00Z b\n"), "b\n");
        assert_eq!(last.pass(""), "");
    }
}
