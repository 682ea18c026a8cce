//! `/add` and `/mul`, as the lab's Flask program answers them.
//!
//! It knows queries and numbers. It does not know who asks.

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
    if let Decimal::Small(number) = result {
        // Nineteen digits and a sign, in a place that needs no allocation.
        let (mut text, mut len) = ([0; 48], 0);
        let mut digits = itoa::Buffer::new();
        for part in ["{\n  \"result\": ", digits.format(number), "\n}\n"] {
            text[len..len + part.len()].copy_from_slice(part.as_bytes());
            len += part.len();
        }
        return answer.body(&text[..len]);
    }
    answer.body(format!("{{\n  \"result\": {result}\n}}\n").as_bytes())
}
