//! Texts of several blocks, of which many share some: what was told is not told again.

/// The blocks of a text: each a line, and the indented lines below it.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    for line in text.trim_end().lines() {
        match blocks.last_mut().filter(|_| line.starts_with(' ')) {
            Some(block) => block.push_str(&format!("\n{line}")),
            None => blocks.push(line.to_owned()),
        }
    }
    blocks
}

/// Texts that are told one after the other.
#[derive(Debug, Default)]
pub(crate) struct ToldOnce(Vec<String>);

impl ToldOnce {
    /// `text` without the blocks that were told before, in whose place `instead` stands where it says something. A text whose
    /// repetition is a single line stays whole: that line may be what is to be pasted.
    pub(crate) fn tell(&mut self, text: &str, instead: &str) -> String {
        let blocks = blocks(text);
        let is_told = |block: &String| self.0.contains(block);
        let again: usize = blocks.iter().filter(|block| is_told(block)).map(|block| block.lines().count()).sum();
        let mut said: Vec<&str> = Vec::new();
        for block in &blocks {
            match again > 1 && is_told(block) {
                false => said.push(block),
                true if instead.is_empty() || said.contains(&instead) => {}
                true => said.push(instead),
            }
        }
        let said = said.join("\n");
        self.0.extend(blocks.into_iter().filter(|block| !block.is_empty()));
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_that_were_told_are_left_out_and_a_single_line_never_is() {
        let mut told = ToldOnce::default();
        let split = "split the class:\n  20 labs in here\n  10 labs in there";
        assert_eq!(told.tell(&format!("{split}\nor ask for A"), "as above"), format!("{split}\nor ask for A"));
        assert_eq!(told.tell(&format!("{split}\nor ask for B"), "as above"), "as above\nor ask for B");
        assert_eq!(told.tell(&format!("give less, or\n{split}\nor ask for C"), ""), "give less, or\nor ask for C");
        // The same heading over other lines is another block.
        let other = "split the class:\n  30 labs in elsewhere";
        assert_eq!(told.tell(other, "as above"), other);
        assert_eq!(told.tell("azlab reset", "as above"), "azlab reset");
        assert_eq!(told.tell("azlab reset", "as above"), "azlab reset");
    }
}
