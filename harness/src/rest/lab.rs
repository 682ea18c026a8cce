//! `/add` and `/mul`, as the lab's Flask program answers them.
//!
//! It knows queries and numbers. It does not know who asks.

use std::io::Write as _;
use wirelab_http::{Answer, Answered, Request, Router, Status};

use super::decimal::Decimal;

/// The routes of the lab.
pub fn routes(router: &mut Router) {
    router.get("/add", |request, answer| answered(request, answer, Decimal::add));
    router.get("/mul", |request, answer| answered(request, answer, Decimal::mul));
}

fn answered(
    request: &Request<'_>,
    answer: Answer<'_>,
    work: fn(&Decimal, &Decimal) -> Decimal,
) -> Answered {
    let number = |name| Decimal::read(&request.query(name)?);
    let (Some(a), Some(b)) = (number("a"), number("b")) else {
        let answer = answer.status(Status::BAD_REQUEST).field("Content-Type", "application/json");
        return answer.body(b"{\n  \"error\": \"Invalid input\"\n}\n");
    };
    let answer = answer.ok().field("Content-Type", "application/json");
    let result = work(&a, &b);
    if let Decimal::Small(_) = result {
        // Nineteen digits and a sign, in a place that needs no allocation.
        let mut text = [0; 48];
        let mut rest = &mut text[..];
        if writeln!(rest, "{{\n  \"result\": {result}\n}}").is_ok() {
            let len = 48 - rest.len();
            return answer.body(&text[..len]);
        }
    }
    answer.body(format!("{{\n  \"result\": {result}\n}}\n").as_bytes())
}
