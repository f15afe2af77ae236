//! "Did you mean".

/// The word that `word` may have been meant to be, regardless of case and of '-' for '_'.
pub(crate) fn nearest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let wanted = plain(word);
    // A third of the letters may be wrong; more is another word.
    let limit = (wanted.chars().count() / 3).max(1);
    let near = words.into_iter().map(|known| (strsim::osa_distance(&wanted, &plain(known)), known));
    near.filter(|(distance, _)| *distance <= limit).min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}
