//! The day on which a state was made: of which day its model catalogue is.

use time::{Date, OffsetDateTime};

use super::store::Store;
use super::timestamps::{Millis, millis, time_of};

/// Its name in the `meta` table; milliseconds.
const KEY: &str = "made";

/// Says that the state is made at `now`, unless it was made before. One of an older azlab is taken for made when a newer one
/// first opens it.
pub(crate) fn note(store: &Store<'_>, now: OffsetDateTime) -> rusqlite::Result<()> {
    if store.meta(KEY)?.is_none() {
        store.set_meta(KEY, &millis(now).to_string())?;
    }
    Ok(())
}

/// The day on which the state was made.
pub(crate) fn made_on(store: &Store<'_>) -> rusqlite::Result<Date> {
    let made = store.meta(KEY)?.and_then(|text| text.parse::<Millis>().ok());
    Ok(made.map_or_else(OffsetDateTime::now_utc, time_of).date())
}
