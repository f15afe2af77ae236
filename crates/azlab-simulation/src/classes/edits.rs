//! What hosts change in a roster between two commands.

use fastrand::Rng;

use super::file::{ClassFile, PEOPLE, Row};
use super::plan::Change;
use crate::hands::Break;
use crate::plan::pick;

/// The most rows of a class.
const MOST: usize = 8;

/// A location of a row's own, in one of six: where there is room for all.
pub fn own(rng: &mut Rng, open: &[&'static str]) -> Option<&'static str> {
    (rng.u8(..6) == 0).then(|| open[open.len() - 1])
}

/// A way to break a lab that a repair puts right.
pub fn broken(rng: &mut Rng) -> Break {
    pick(
        rng,
        &[
            Break::DeploymentDeleted,
            Break::CredentialDeleted,
            Break::RoleDeleted,
            Break::WorkloadIdentityOff,
            Break::IdentityDeleted,
        ],
    )
}

/// Somebody who is in no row, neither by name nor by address.
fn nobody_yet(rng: &mut Rng, file: &ClassFile) -> Option<usize> {
    let is_free = |who: &usize| file.rows.iter().all(|row| row.name != *who && row.attendee != *who);
    let free: Vec<usize> = (0..PEOPLE.len()).filter(is_free).collect();
    (!free.is_empty()).then(|| free[rng.usize(..free.len())])
}

/// Draws a change, and makes it.
pub fn draw(rng: &mut Rng, file: &mut ClassFile) -> Option<Change> {
    let lab = file.rows[rng.usize(..file.rows.len())].lab();
    let open = file.places.last().map_or_else(|| vec!["westeurope"], |place| place.locations.clone());
    let change = match rng.u8(..9) {
        0..=2 if file.rows.len() < MOST => {
            let who = nobody_yet(rng, file)?;
            let row = Row { name: who, attendee: who, location: own(rng, &open) };
            Change::Added(rng.usize(..=file.rows.len()), row)
        }
        0..=3 if file.rows.len() > 1 => Change::Removed(lab),
        4 | 5 => Change::Attendee(lab, nobody_yet(rng, file)?),
        6 => Change::Renamed(lab, nobody_yet(rng, file)?),
        7 => Change::Spares(pick(rng, &[0, 1, 2])),
        _ => Change::Reversed,
    };
    make(&change, file);
    Some(change)
}

/// Makes a change of the file, if it is one.
pub fn make(change: &Change, file: &mut ClassFile) {
    match change {
        Change::Added(at, row) if !file.lists(row.lab()) => file.rows.insert((*at).min(file.rows.len()), *row),
        Change::Removed(lab) if file.rows.len() > 1 => file.rows.retain(|row| row.lab() != *lab),
        Change::Attendee(lab, who) => {
            file.rows.iter_mut().filter(|row| row.lab() == *lab).for_each(|row| row.attendee = *who);
        }
        Change::Renamed(lab, who) => {
            file.rows.iter_mut().filter(|row| row.lab() == *lab).for_each(|row| row.name = *who);
        }
        Change::Reversed => file.rows.reverse(),
        Change::Spares(count) => file.spares = *count,
        _ => {}
    }
}
