//! How long things take when they do not take the same time every time: drawn from what was recorded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::entry_error::EntryError;
use super::random::random;
use crate::state::settings::Durations;

/// Durations drawn from recorded distributions, or a percentile of them, instead of the fixed ones.
///
/// A draw depends on the seed, the kind of work and the resource, and on nothing else: the same cluster takes the same time
/// in every run, in whatever order requests come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Latencies {
    /// Draws with this seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u32>,
    /// Takes this percentile of each distribution for everything: 50 an ordinary day, 99 a bad one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub percentile: Option<f64>,
    /// Only these durations (names of `settings.durations`); left out, all that have a distribution. The others keep their
    /// fixed time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
}

/// Points of a distribution: part of all, and seconds; linear in between.
type Quantiles = &'static [(f64, f64)];

/// Where a duration is kept.
type Place = fn(&mut Durations) -> &mut f64;

/// What was recorded (azure-facts.md sections 1, 2 and 4).
const RECORDED: [(&str, Quantiles, Place); 10] = [
    // PUT 1-4 s
    ("group", &[(0.0, 1.0), (1.0, 4.0)], |it| &mut it.group),
    // "The call itself takes 6-9 s"
    ("cluster_put", &[(0.0, 6.0), (1.0, 9.0)], |it| &mut it.cluster_put),
    // 162 creates: min 181, median 332, p90 513, max 1508; recordings/managed_cluster_workload_identity_create.jsonl,
    // seq 16, is one of 418 s
    ("cluster_create", &[(0.0, 181.0), (0.5, 332.0), (0.9, 513.0), (1.0, 1508.0)], |it| &mut it.cluster_create),
    ("cluster_update", &[(0.0, 131.0), (1.0, 266.0)], |it| &mut it.cluster_update),
    ("cluster_delete", &[(0.0, 187.0), (1.0, 311.0)], |it| &mut it.cluster_delete),
    // "With a cluster, minutes": no less than the cluster itself.
    ("group_delete_cluster", &[(0.0, 187.0), (1.0, 311.0)], |it| &mut it.group_delete_cluster),
    ("account_put", &[(0.0, 7.0), (1.0, 9.0)], |it| &mut it.account_put),
    // 12-21 s, once 1,026 s; how many there were is not told: taken as one in a hundred.
    ("account_create", &[(0.0, 12.0), (0.99, 21.0), (1.0, 1026.0)], |it| &mut it.account_create),
    ("account_purge", &[(0.0, 0.5), (1.0, 1.5)], |it| &mut it.account_purge),
    // 1-2 s
    ("deployment", &[(0.0, 1.0), (1.0, 2.0)], |it| &mut it.deployment),
];

impl Latencies {
    /// Checks it.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub(crate) fn check(&self) -> Result<(), EntryError> {
        match (self.seed, self.percentile) {
            (None, None) => return Err(EntryError::whole("say `seed` (drawn) or `percentile` (the same for all)")),
            (Some(_), Some(_)) => {
                return Err(EntryError::at("percentile", "`seed` and `percentile` exclude each other"));
            }
            (None, Some(percentile)) if !(0.0..=100.0).contains(&percentile) => {
                return Err(EntryError::at("percentile", format!("`percentile` is 0 to 100, and not {percentile}")));
            }
            _ => {}
        }
        let known = RECORDED.map(|(name, ..)| name);
        match self.only.iter().find(|name| !known.contains(&name.as_str())) {
            Some(slip) => {
                let reason =
                    format!("no distribution of '{slip}' is recorded; there are those of {}", known.join(", "));
                Err(EntryError::at("only", reason))
            }
            None => Ok(()),
        }
    }

    /// The durations of a request for the resource with this key.
    pub(crate) fn apply(&self, fixed: &Durations, key: &str) -> Durations {
        let mut durations = fixed.clone();
        for (name, quantiles, place) in RECORDED {
            if !self.only.is_empty() && !self.only.iter().any(|only| only == name) {
                continue;
            }
            let part = match (self.seed, self.percentile) {
                (_, Some(percentile)) => percentile / 100.0,
                (Some(seed), None) => random(&format!("{seed}/{name}/{key}")),
                (None, None) => continue,
            };
            *place(&mut durations) = quantile(quantiles, part);
        }
        durations
    }
}

fn quantile(points: Quantiles, part: f64) -> f64 {
    let at = points.iter().position(|(upto, _)| part <= *upto).unwrap_or(points.len() - 1);
    let (to, high) = points[at];
    let Some((from, low)) = at.checked_sub(1).map(|before| points[before]) else { return high };
    low + (high - low) * (part - from) / (to - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_clusters_take_as_long_as_the_recorded_ones() {
        let latencies = Latencies { seed: Some(7), ..Latencies::default() };
        let drawn = |n: usize| latencies.apply(&Durations::default(), &format!("cluster{n}")).cluster_create;
        let mut all: Vec<f64> = (0..2000).map(drawn).collect();
        assert_eq!(all, (0..2000).map(drawn).collect::<Vec<_>>(), "the same seed, the same draws");
        all.sort_by(f64::total_cmp);
        assert!(all[0] >= 181.0 && all[1999] <= 1508.0);
        assert!((300.0..365.0).contains(&all[1000]), "median {}", all[1000]);
        assert!((480.0..560.0).contains(&all[1800]), "p90 {}", all[1800]);
        let other = Latencies { seed: Some(8), ..Latencies::default() };
        assert_ne!(other.apply(&Durations::default(), "cluster1").cluster_create, drawn(1));
    }

    #[test]
    fn a_percentile_holds_for_all_and_only_what_is_named_changes() {
        let latencies = Latencies { percentile: Some(90.0), only: vec!["cluster_create".into()], seed: None };
        let durations = latencies.apply(&Durations::default(), "any");
        let fixed = Durations { cluster_create: 513.0, ..Durations::default() };
        assert_eq!(durations, fixed);
        for wrong in [
            Latencies::default(),
            Latencies { percentile: Some(101.0), ..Latencies::default() },
            Latencies { seed: Some(1), percentile: Some(1.0), only: vec![] },
            Latencies { seed: Some(1), percentile: None, only: vec!["banana".into()] },
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }
}
