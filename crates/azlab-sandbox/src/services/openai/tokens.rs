//! The sandbox's tokens: four characters each. Azure's are words and parts of words, of about as many characters in English.

/// Characters of a token.
const CHARACTERS: usize = 4;

/// How many tokens a text has.
pub(super) fn count(text: &str) -> i64 {
    i64::try_from(text.chars().count().div_ceil(CHARACTERS)).unwrap_or(i64::MAX)
}

/// The first tokens of a text.
pub(super) fn first(text: &str, tokens: i64) -> &str {
    let characters = usize::try_from(tokens).unwrap_or_default().saturating_mul(CHARACTERS);
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}

/// A text token by token.
pub(super) struct Pieces {
    text: String,
    at: usize,
}

impl Pieces {
    pub fn of(text: String) -> Self {
        Self { text, at: 0 }
    }
}

impl Iterator for Pieces {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let piece = first(rest, 1).to_owned();
        self.at += piece.len();
        Some(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_sum_of_its_tokens_whatever_its_letters() {
        for text in ["", "a", "abcd", "abcde", "äöüß€𝄞 é", &"x".repeat(1_001)] {
            let pieces: Vec<String> = Pieces::of(text.to_owned()).collect();
            assert_eq!(pieces.concat(), text);
            assert_eq!(i64::try_from(pieces.len()).unwrap(), count(text), "{text}");
            assert_eq!(first(text, 2), pieces.iter().take(2).cloned().collect::<String>());
        }
    }
}
