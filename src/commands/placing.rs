//! Who goes where, before a lab is begun: where the file has `[[placement]]`, each new lab gets a place.

use super::finished::Finished;
use super::groups::Groups;
use super::runner::{Command, Ending};
use super::subscriptions;
use crate::events::{CheckStatus, Level};
use crate::hints;
use crate::lab::ids::same;
use crate::lab::placement::OnFull;
use crate::lab::spec::LabSpec;
use crate::outcome::placement::PlacedLabs;
use crate::outcome::{Exit, LabOutcome};
use crate::preflight::finding::Finding;
use crate::preflight::placement::entry::Entry;
use crate::preflight::placement::{Placed, Request, place};
use crate::preflight::survey::Stop;
use crate::recipe::context::ParentLocks;
use crate::settings::LabSource;
use crate::values::{a_few, agreeing, counted};

/// Gives each of `labs` its place, if the file says where labs may go; a lab that exists stays. What failed is among the
/// findings.
///
/// # Errors
/// The end of a command that cannot read what it takes.
pub(crate) async fn look(
    command: &Command<'_>,
    source: &LabSource,
    labs: Vec<LabSpec>,
    skip_checks: bool,
) -> Result<Placed, Box<Finished>> {
    let placements = source.placements();
    // On the heap: the futures around it are large enough.
    let groups = Box::pin(Groups::read(command, source)).await;
    let mut labs = labs;
    let staying: Vec<String> = labs
        .iter_mut()
        .filter_map(|lab| {
            let said = groups.settle(source, lab)?;
            Some(format!("{} in {}, not {said}", lab.name, lab.location.as_deref().unwrap_or_default()))
        })
        .collect();
    tell_staying(command, &staying);
    groups.tell_unfinished(command, source, &labs);
    if placements.is_empty() {
        return Ok(Placed::nowhere(labs));
    }
    let session = command.session;
    let ids = subscriptions::of_placements(session, source).await;
    let ids = ids.map_err(|error| Box::new(command.before_any_lab(error.report(), error.exit())))?;
    let mut entries = Vec::new();
    for (index, (placement, id)) in placements.into_iter().zip(&ids).enumerate() {
        let origin = source.file().and_then(|file| file.place(&format!("placement[{index}]")));
        let origin = origin.unwrap_or_else(|| "[[placement]]".to_owned());
        entries.push(Entry { cache: command.cache(id).await, placement, origin });
    }
    let listed = source.file().into_iter().flat_map(|file| file.lab_names());
    let mut roster: Vec<LabSpec> = listed.map(|name| source.spec_of(name, session.azure.subscription())).collect();
    roster.iter_mut().for_each(|lab| drop(groups.settle(source, lab)));
    if roster.is_empty() {
        roster.clone_from(&labs);
    }
    let placed =
        Box::pin(place(Request { entries, labs, roster, skip_checks, moves: source.on_full() == OnFull::Move })).await;
    placed.map_err(|error| {
        let report = hints::report_azure(&error, None);
        Box::new(command.before_any_lab(report, hints::exit_of_azure(&error)))
    })
}

/// Says of labs that exist elsewhere than the file says that they stay.
fn tell_staying(command: &Command<'_>, staying: &[String]) {
    if staying.is_empty() {
        return;
    }
    let names: Vec<&str> = staying.iter().map(String::as_str).collect();
    let text = format!(
        "{} {} where {} made, whatever the file says now ({}); to move one, delete it first",
        counted(names.len(), "lab"),
        agreeing(names.len(), "stays", "stay"),
        agreeing(names.len(), "it was", "they were"),
        a_few(&names)
    );
    command.session.events.note(Level::Warning, text);
}

/// Labs of which nobody can say where they are, since they may be in a subscription that refuses.
#[derive(Clone, Debug, Default)]
pub(crate) struct LeftOut {
    labs: Vec<LabSpec>,
    findings: Vec<Finding>,
}

impl LeftOut {
    /// How each of them ended: nothing was done to it.
    pub(crate) fn ended(&self, command: &Command<'_>) -> Vec<(LabOutcome, Exit)> {
        let parents = ParentLocks::default();
        let refused = |finding: &Finding| Finding {
            message: format!("the lab may be in a subscription that refuses; {}", finding.message),
            ..finding.clone()
        };
        let stop = Stop::Checks(self.findings.iter().map(refused).collect());
        let end = |lab: &LabSpec| {
            let work = command.work(lab.clone(), &parents);
            command.outcome(&work, None, Ending::stopped(&stop, &command.options.place))
        };
        self.labs.iter().map(end).collect()
    }
}

/// [`look`], which ends a command whose labs do not fit, and tells who goes where: in full if `is_dry`. A subscription that refuses
/// leaves out the labs that may be in it, and does not stop those that are known to be in another one.
///
/// # Errors
/// The end of such a command; nothing was written.
pub(crate) async fn settle(
    command: &Command<'_>,
    source: &LabSource,
    labs: Vec<LabSpec>,
    (skip_checks, is_dry): (bool, bool),
) -> Result<(Placed, LeftOut), Box<Finished>> {
    let mut placed = look(command, source, labs, skip_checks).await?;
    // Which group is whose, and what is left where: what was not told is not nothing.
    if let Some(error) = command.caches.unanswered().filter(|_| !skip_checks) {
        let report = hints::report_azure(&error, None);
        return Err(Box::new(command.before_any_lab(report, hints::exit_of_azure(&error))));
    }
    let mut left_out = LeftOut::default();
    let is_failed = |finding: &&Finding| finding.status == CheckStatus::Fail;
    let failed: Vec<Finding> = placed.findings.iter().filter(is_failed).cloned().collect();
    if !failed.is_empty() && !skip_checks {
        failed.iter().for_each(|finding| finding.emit(&command.session.events));
        let is_unknown =
            |lab: &LabSpec| placed.unknown.as_ref().is_none_or(|names| names.iter().any(|name| same(name, &lab.name)));
        let (unknown, known): (Vec<LabSpec>, Vec<LabSpec>) = placed.labs.into_iter().partition(is_unknown);
        if known.is_empty() {
            let mut finished = command.refused(Vec::new(), &failed);
            finished.result.placement = shown(&placed.rows);
            return Err(Box::new(finished));
        }
        left_out = LeftOut { labs: unknown, findings: failed };
        placed.labs = known;
        placed.findings.retain(|finding| finding.status != CheckStatus::Fail);
    }
    for finding in &placed.findings {
        let level = if finding.status == CheckStatus::Pass { Level::Info } else { Level::Warning };
        command.session.events.note(level, finding.message.clone());
    }
    if is_dry && !placed.rows.is_empty() {
        command.session.events.note(Level::Info, listing(&placed.rows));
    }
    Ok((placed, left_out))
}

/// The labs of each place, by name.
pub(crate) fn listing(rows: &[PlacedLabs]) -> String {
    let filled = rows.iter().filter(|row| !row.labs.is_empty());
    let lines =
        filled.map(|row| format!("  {} (subscription {}): {}", row.location, row.subscription, row.labs.join(", ")));
    format!("who goes where:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// The rows, for a result: nothing where the file does not say where labs may go.
pub(crate) fn shown(rows: &[PlacedLabs]) -> Option<Vec<PlacedLabs>> {
    Some(rows.to_vec()).filter(|rows| !rows.is_empty())
}
