//! What holds of every run, however it ends: it ends, leaves nothing behind, tells no secret, asks nothing malformed.

use std::collections::BTreeMap;

use azlab::report::clean;
use azlab::values::ReportOptions;
use http::StatusCode;
use time::OffsetDateTime;

use super::lease::is_write_of_lease;
use super::{Invariant, Violation};
use crate::drive::Ran;
use crate::faults::ELSEWHERE;

/// Requests of one run in one minute of the service, for each of its labs: a lab's polls are at most some 90, a look some 40.
const MOST_A_MINUTE: usize = 240;
/// Seconds after Ctrl-C in which no request is under way. What has been sent is heard out, and reads go on, for the report to
/// be right.
const LONGEST_PAUSE_AFTER_CTRL_C_S: f64 = 2.0;
/// Seconds after which nobody waits for an answer any more.
const TRY_S: i64 = 120;
/// Seconds of the longest run: a cluster's limit is 90 minutes, a group's an hour, and so on.
const LONGEST_S: f64 = 5.0 * 3600.0;

/// Judges one run.
pub fn judge(ran: &Ran, token: &str) -> Vec<Violation> {
    let mut broken = Vec::new();
    if let Some(what) = ran.outlived {
        broken.push(Invariant::NothingOutlives.broken(format!("{what} of '{}' is still there", ran.line)));
    }
    broken.extend(progress(ran));
    broken.extend(secrets(ran, token));
    if let Some(astray) = ran.log.iter().find(|one| one.path.starts_with(ELSEWHERE)) {
        let what = format!("{} {} took a token to another host", astray.method, astray.path);
        broken.push(Invariant::NoSecret.broken(what));
    }
    // Nothing that we send may be wrong in itself: the service has these refusals for that.
    const MALFORMED: [StatusCode; 4] = [
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        StatusCode::METHOD_NOT_ALLOWED,
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
    ];
    // What was on its way when the machine fell asleep arrives with a token that has expired meanwhile.
    let is_late = |status: StatusCode| status == StatusCode::UNAUTHORIZED && ran.slept_s > 0.0;
    let is_bad = |status: StatusCode| MALFORMED.contains(&status) && !is_late(status);
    let bad = ran.log.iter().find(|one| one.reached.is_some_and(is_bad));
    if let Some(bad) = bad {
        broken.push(Invariant::WellFormed.broken(format!("{} {} is {:?}", bad.method, bad.path, bad.reached)));
    }
    broken
}

fn progress(ran: &Ran) -> Option<Violation> {
    let broken = |what: String| Some(Invariant::Progress.broken(format!("'{}' {what}", ran.line)));
    if ran.endless {
        return broken("does not end".into());
    }
    let took = (ran.ended - ran.began).as_seconds_f64() - ran.slept_s;
    if took > LONGEST_S {
        return broken(format!("took {took:.0} s"));
    }
    if let (Some(pressed), true) = (ran.pressed, ran.finished.is_some()) {
        let idle = idle_since(ran, pressed);
        if idle > LONGEST_PAUSE_AFTER_CTRL_C_S {
            return broken(format!("waited for {idle:.0} s after Ctrl-C with no request under way"));
        }
    }
    if let Some(pressed) = ran.pressed
        // What was taken is given back.
        && let Some(late) =
            ran.log.iter().find(|one| one.is_write() && one.at > pressed && !is_write_of_lease(one))
    {
        return broken(format!("begins {} {} after Ctrl-C", late.method, late.path));
    }
    let mut minutes: BTreeMap<i64, usize> = BTreeMap::new();
    for request in &ran.log {
        *minutes.entry((request.at - ran.began).whole_minutes()).or_default() += 1;
    }
    let most = minutes.values().copied().max().unwrap_or_default();
    if most > MOST_A_MINUTE * ran.labs.len() {
        return broken(format!("sent {most} requests in a minute"));
    }
    None
}

/// Seconds from `pressed` to the end of the run in which no request was under way.
fn idle_since(ran: &Ran, pressed: OffsetDateTime) -> f64 {
    let (mut idle, mut until) = (time::Duration::ZERO, pressed);
    for request in &ran.log {
        let end = request.answered.unwrap_or(request.at + time::Duration::seconds(TRY_S)).min(ran.ended);
        if end > until {
            idle += (request.at - until).max(time::Duration::ZERO);
            until = end;
        }
    }
    (idle + (ran.ended - until).max(time::Duration::ZERO)).as_seconds_f64()
}

/// The token that an echoing proxy quotes, and every other JSON web token.
fn secrets(ran: &Ran, token: &str) -> Option<Violation> {
    let options = ReportOptions::default();
    let leaks = |text: &str| {
        // The header of a token is base64 of `{"`, and so is its body behind the first dot.
        let is_there = |text: &str| text.contains(".eyJ") || text.contains(token);
        is_there(text) && (!is_echo(text) || is_there(&clean(&options, text.to_owned())))
    };
    for event in &ran.events {
        let text = serde_json::to_string(event).unwrap_or_default();
        if leaks(&text) {
            return Some(Invariant::NoSecret.broken(format!("'{}' tells a token: {}", ran.line, excerpt(&text))));
        }
    }
    let finished = ran.finished.as_ref()?;
    let text = serde_json::to_string(&finished.result).unwrap_or_default();
    leaks(&text).then(|| Invariant::NoSecret.broken(format!("the result of '{}' has a token", ran.line)))
}

/// What a proxy quoted may stand in an event: every reporter takes it out before anything is written.
fn is_echo(text: &str) -> bool {
    text.contains("Bad request: header")
}

fn excerpt(text: &str) -> String {
    text.chars().take(300).collect()
}
