//! Embeddings: directions that follow from the words of a text, so that texts with the same words are near each other.
//!
//! An answer can be large (2,048 texts of 1,536 numbers), so it is made while it goes out.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::model::Model;
use super::parameters::{self, Body, Kind, Parameter, plain, sent, whole};
use super::refusal::Refusal;
use super::tokens;
use crate::arm::chunks::{Chunk, Chunks};
use crate::arm::response::Answer;

/// Numbers of `text-embedding-3-small`, the only model of the catalogue that embeds.
const DIMENSIONS: i64 = 1_536;
/// Most texts of a request ("Azure OpenAI quotas and limits").
const MOST: usize = 2_048;
/// Most tokens of a text.
const TOKENS: i64 = 8_192;
/// How many of the numbers a word moves.
const PLACES: usize = 16;

const PARAMETERS: &[Parameter] = &[
    plain("input", Kind::Elsewhere),
    plain("model", Kind::Text),
    plain("encoding_format", Kind::Choice(&["float", "base64"])),
    plain("dimensions", Kind::Integer(1, DIMENSIONS)),
    plain("user", Kind::Text),
    plain("input_type", Kind::Text),
];

/// A request that can be answered.
#[derive(Debug)]
pub(super) struct Embeddings {
    texts: Arc<[String]>,
    tokens: i64,
    dimensions: usize,
    is_base64: bool,
    model: String,
}

impl Embeddings {
    /// Reads the body of a request to a deployment of `model`.
    pub fn read(body: &Body, model: &Model) -> Result<Self, Refusal> {
        if !model.embeds() {
            return Err(Refusal::wrong_model("embeddings", &model.name));
        }
        parameters::judge(PARAMETERS, &["input"], body, false)?;
        let (texts, counts) = input(body)?;
        for count in &counts {
            if *count > TOKENS {
                let message = format!(
                    "This model's maximum context length is {TOKENS} tokens, however you requested {count} tokens ({count} in \
                     your prompt; 0 for the completion). Please reduce your prompt; or completion length."
                );
                return Err(Refusal::invalid("", "", message));
            }
        }
        Ok(Self {
            texts: texts.into(),
            tokens: counts.iter().sum(),
            dimensions: usize::try_from(whole(body, "dimensions").unwrap_or(DIMENSIONS)).unwrap_or_default(),
            is_base64: sent(body, "encoding_format").is_some_and(|format| format == "base64"),
            model: model.full_name.clone(),
        })
    }

    /// The tokens that the request counts for.
    pub fn cost(&self) -> i64 {
        self.tokens
    }

    /// The answer, text by text.
    pub fn answer(self) -> Answer {
        let Self { texts, tokens, dimensions, is_base64, model } = self;
        let (count, kept) = (texts.len(), texts.iter().map(String::len).sum());
        let entries = (0..count).map(move |index| {
            let numbers = direction(texts.get(index).map_or("", String::as_str), dimensions);
            let comma = if index == 0 { "" } else { "," };
            let embedding = if is_base64 { in_base64(&numbers) } else { in_decimals(&numbers) };
            format!("{comma}{{\"object\":\"embedding\",\"index\":{index},\"embedding\":{embedding}}}")
        });
        let begin = std::iter::once("{\"object\":\"list\",\"data\":[".to_owned());
        let model = Value::from(model);
        let end = format!("],\"model\":{model},\"usage\":{{\"prompt_tokens\":{tokens},\"total_tokens\":{tokens}}}}}");
        let parts = begin.chain(entries).chain(std::iter::once(end));
        let chunks = parts.map(|text| Chunk { after: 0.0, bytes: Bytes::from(text) });
        Answer::streamed("application/json", Chunks::new(chunks).keeping(kept))
    }
}

/// The texts, and the tokens of each. Tokens that were sent as numbers are words of their own.
fn input(body: &Body) -> Result<(Vec<String>, Vec<i64>), Refusal> {
    const NAME: &str = "input";
    let unusable = || {
        let message =
            "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.";
        Refusal::invalid("", "", message)
    };
    let as_words = |numbers: &[Value]| {
        let words: Option<Vec<String>> =
            numbers.iter().map(|number| number.as_u64().map(|it| it.to_string())).collect();
        words.map(|words| (words.join(" "), i64::try_from(words.len()).unwrap_or(i64::MAX)))
    };
    let one = |value: &Value| match value {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some((text.clone(), tokens::count(text))),
        Value::Array(numbers) if !numbers.is_empty() => as_words(numbers),
        _ => None,
    };
    let sent = sent(body, NAME).ok_or_else(|| parameters::missing_parameter(NAME))?;
    match sent {
        Value::Array(all) if all.is_empty() => Err(unusable()),
        Value::Array(all) if all.iter().all(Value::is_number) => {
            let (text, count) = as_words(all).ok_or_else(unusable)?;
            Ok((vec![text], vec![count]))
        }
        Value::Array(all) if all.len() > MOST => Err(parameters::too_long(NAME, MOST, all.len())),
        Value::Array(all) => {
            Ok(all.iter().map(one).collect::<Option<Vec<_>>>().ok_or_else(unusable)?.into_iter().unzip())
        }
        _ => {
            let (text, count) = one(sent).ok_or_else(unusable)?;
            Ok((vec![text], vec![count]))
        }
    }
}

/// A direction of length 1.
fn direction(text: &str, dimensions: usize) -> Vec<f32> {
    let mut numbers = vec![0.0_f32; dimensions.max(1)];
    let mut move_by = |word: &str, weight: f32| {
        for place in 0..PLACES {
            let hash = Sha256::digest(format!("{place}/{word}").as_bytes());
            let number = |at: usize| u32::from_be_bytes([hash[at], hash[at + 1], hash[at + 2], hash[at + 3]]);
            let at = number(0) as usize % numbers.len();
            // From -1 to 1.
            let by = (number(4) as f32 / u32::MAX as f32).mul_add(2.0, -1.0);
            if let Some(there) = numbers.get_mut(at) {
                *there += by * weight;
            }
        }
    };
    // What no two texts share, so that none is without a direction.
    move_by(text, 0.1);
    for word in text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
        move_by(&word.to_lowercase(), 1.0);
    }
    let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
    if length > 0.0 {
        numbers.iter_mut().for_each(|number| *number /= length);
    } else if let Some(first) = numbers.first_mut() {
        *first = 1.0;
    }
    numbers
}

fn in_base64(numbers: &[f32]) -> String {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    format!("\"{}\"", STANDARD.encode(bytes))
}

fn in_decimals(numbers: &[f32]) -> String {
    let mut text = String::from("[");
    for (index, number) in numbers.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(text, "{comma}{number}");
    }
    text + "]"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_the_same_words_are_near_and_others_are_not() {
        let near = |one: &str, other: &str| -> f32 {
            direction(one, 256).iter().zip(direction(other, 256)).map(|(a, b)| a * b).sum()
        };
        assert!((near("a cat sat", "a cat sat") - 1.0).abs() < 1e-5);
        assert!(near("the cat sat down", "the cat lay down") > near("the cat sat down", "invoices of March"));
        assert!((direction("", 3).iter().map(|it| it * it).sum::<f32>() - 1.0).abs() < 1e-5);
    }
}
