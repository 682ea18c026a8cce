//! English words that no Indonesian sentence of the analysis can hold: where one stands, something
//! has not been translated.

/// Function words, and what the analysis speaks of most. Terms of the specifications are not among
/// them, nor words that both languages have.
const ENGLISH: [&str; 54] = [
    "the", "of", "and", "or", "is", "are", "was", "were", "has", "have", "had", "its", "it",
    "this", "that", "which", "who", "not", "none", "nothing", "nobody", "with", "without", "from",
    "to", "in", "at", "on", "by", "for", "as", "before", "after", "behind", "there", "more",
    "than", "first", "last", "next", "sent", "once", "again", "one", "two", "both", "client",
    "request", "reply", "response", "message", "messages", "bytes", "closed",
];

/// Names of the specifications that hold such words.
const TERMS: [&str; 6] =
    ["client identifier", "request target", "request line", "next header", "as-server", "--bytes"];

/// The first English word of an Indonesian text.
pub fn left_in(text: &str) -> Option<&'static str> {
    let text = TERMS.iter().fold(text.to_owned(), |text, term| text.replace(term, ""));
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.into_iter().find_map(|word| ENGLISH.into_iter().find(|english| *english == word))
}
