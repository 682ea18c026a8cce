//! What a body must be to become an item: JSON, not coded, and said to be so.
//!
//! It knows fields and JSON. What becomes of the item it does not know.

use serde_json::Value;
use wirelab_http::{Answer, Answered, Request, Status};

/// Why it is none.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refusal {
    Kind,
    Coding,
    Syntax,
}

impl Refusal {
    pub fn answered(self, answer: Answer<'_>) -> Answered {
        let kind = "an item is application/json: say so in Content-Type\n";
        match self {
            Self::Kind => answer.text(Status::UNSUPPORTED_MEDIA_TYPE, kind),
            // Accept-Encoding tells that it is not the type that was wrong.
            Self::Coding => answer
                .status(Status::UNSUPPORTED_MEDIA_TYPE)
                .field("Accept-Encoding", "identity")
                .field("Content-Type", "text/plain; charset=utf-8")
                .body(b"an item is kept as it comes: send it without Content-Encoding\n"),
            Self::Syntax => answer.text(Status::BAD_REQUEST, "the body is not JSON\n"),
        }
    }
}

/// The body, if it is JSON and says so.
pub(super) fn json<'a>(request: &Request<'a>) -> Result<&'a str, Refusal> {
    // [9110-15.5.16-01] Parameters of the type mean nothing to JSON.
    let kind = request.fields().text("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::Kind);
    }
    let mut codings = request.fields().elements("content-encoding");
    if codings.any(|coding| !coding.eq_ignore_ascii_case(b"identity")) {
        return Err(Refusal::Coding);
    }
    // [9110-9.3.4-03]
    let text = request.body_text().ok_or(Refusal::Syntax)?;
    serde_json::from_str::<Value>(text).map_err(|_| Refusal::Syntax)?;
    Ok(text)
}
