//! `/openapi.json`: what `rest serve` answers, as OpenAPI 3.1 describes it, so that programs can
//! read it. A test holds its paths against the router's, and schemathesis holds all of it against
//! the server.
//!
//! It knows the answers of its siblings by heart, and gives none of them.

use serde_json::{Map, Value, json};
use wirelab_http::Router;

use super::items::{ID_MAX, ITEM_MAX};

/// The document's route.
pub fn routes(router: &mut Router) {
    let text = bytes::Bytes::from(format!("{:#}\n", document()));
    router.get("/openapi.json", move |_, answer| {
        answer.ok().field("Content-Type", "application/json").shared(text.clone())
    });
}

/// What HTTP itself refuses, whatever is asked for.
const REFUSED: [(&str, &str); 8] = [
    ("400", "The request is not HTTP as it should be, or not what is asked for here."),
    ("408", "The request did not come in time."),
    ("413", "The content is larger than is taken here."),
    ("414", "The target is longer than is taken here."),
    ("417", "Something is expected that is not known here."),
    ("431", "The fields are longer, or more, than are taken here."),
    ("500", "The server has failed."),
    ("503", "As many are served as can be, or the disk does not take what is to be kept."),
];

fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "wirelab rest serve",
            "version": env!("CARGO_PKG_VERSION"),
            "description":
                "The lab's sums, and a collection of items as REST means it. Where GET is \
                 answered, HEAD is; OPTIONS is answered everywhere. A method that a path does not \
                 have is answered 405, and Allow names those that it has; a path that there is \
                 not, 404. With --dir there are files under the other paths.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "paths": {
            "/add": {"get": sum("add", "The sum of two integers, however long.")},
            "/mul": {"get": sum("multiply", "The product of two integers, however long.")},
            "/items": {"get": list(), "post": create()},
            "/items/{id}": {
                "parameters": [{"$ref": "#/components/parameters/id"}],
                "get": show(), "put": replace(), "delete": remove(),
            },
            "/events": {"get": listen()},
            "/openapi.json": {"get": operation("document", "This document.", &[], [
                ("200", json_answer("The document.", &json!({"type": "object"}), &[])),
            ])},
        },
        "components": {
            "schemas": {
                "Item": {"description": "Any JSON. It is kept as it was sent, octet for octet."},
                "Error": {"type": "string", "description": "A line that says what was wrong."},
            },
            "parameters": {
                "id": {
                    "name": "id", "in": "path", "required": true, "description": "An item's id.",
                    "schema": {"type": "integer", "minimum": 1, "maximum": ID_MAX},
                },
                "ifMatch": condition("If-Match", "Only if the item has one of these tags, or *."),
                "ifNoneMatch":
                    condition("If-None-Match", "Only if the item has none of these tags, or *."),
            },
            "headers": {
                "ETag": {
                    "description": "Changes whenever the item does.", "required": true,
                    "schema": {"type": "string", "pattern": "^\"[!#-~]+\"$"},
                },
            },
            "responses": refusals(),
        },
    })
}

/// One text for each status that HTTP itself answers.
fn refusals() -> Value {
    let texts = REFUSED.map(|(status, why)| (status.to_owned(), text_answer(why)));
    Value::Object(texts.into_iter().collect())
}

/// An operation, with what HTTP itself may answer beside its own answers.
fn operation<const N: usize>(
    id: &str,
    summary: &str,
    parameters: &[Value],
    own: [(&str, Value); N],
) -> Value {
    let own = own.map(|(status, answer)| (status.to_owned(), answer));
    let mut responses: Map<String, Value> = own.into_iter().collect();
    for (status, _) in REFUSED {
        let shared = json!({"$ref": format!("#/components/responses/{status}")});
        responses.entry(status).or_insert(shared);
    }
    responses.sort_keys();
    json!({
        "operationId": id, "summary": summary, "parameters": parameters, "responses": responses,
    })
}

fn sum(id: &str, summary: &str) -> Value {
    let integer = json!({"type": "integer"});
    let query =
        |name| json!({"name": name, "in": "query", "required": true, "schema": integer.clone()});
    let result = json!({
        "type": "object", "required": ["result"], "properties": {"result": integer.clone()},
    });
    let error = json!({
        "type": "object", "required": ["error"], "properties": {"error": {"type": "string"}},
    });
    let mut wrong = json_answer("Not two integers.", &error, &[]);
    wrong["content"]["text/plain"] = text_answer("")["content"]["text/plain"].take();
    let own = [("200", json_answer("The result.", &result, &[])), ("400", wrong)];
    operation(id, summary, &[query("a"), query("b")], own)
}

fn list() -> Value {
    let all = json!({
        "type": "array",
        "items": {
            "type": "object", "required": ["id", "item"],
            "properties": {"id": id(), "item": item()},
        },
    });
    operation("listItems", "All items.", &[], [("200", json_answer("All items.", &all, &[]))])
}

fn create() -> Value {
    let location = json!({
        "description": "Where the item is.", "required": true,
        "schema": {"type": "string", "pattern": "^/items/[1-9][0-9]*$"},
    });
    let made = json_answer("It is there.", &item(), &[("Location", location), tag()]);
    let own = [("201", made), not_json(), no_room()];
    with_body(operation("createItem", "A new item, with an id that nobody had.", &[], own))
}

fn show() -> Value {
    let own = [
        ("200", json_answer("The item.", &item(), &[tag()])),
        ("304", empty_answer("It has the tag that If-None-Match names.", &[tag()])),
        absent(),
        another(),
    ];
    operation("showItem", "One item.", &conditions(), own)
}

fn replace() -> Value {
    let own = [
        ("201", empty_answer("It is there, and was not before.", &[tag()])),
        ("204", empty_answer("It is in the place of the one before.", &[tag()])),
        absent(),
        another(),
        not_json(),
        no_room(),
    ];
    let summary = "An item in the place of the one of this id, or a new one.";
    with_body(operation("replaceItem", summary, &conditions(), own))
}

fn remove() -> Value {
    let own = [("204", empty_answer("It is gone.", &[])), absent(), another()];
    operation("removeItem", "No such item any more.", &conditions(), own)
}

fn listen() -> Value {
    let last = json!({
        "name": "Last-Event-ID", "in": "header", "schema": {"type": "string"},
        "description": "The id of the last event that was heard: what came after it is told first.",
    });
    let event = json!({
        "type": "object", "required": ["event", "id", "data"],
        "properties": {
            "event": {"enum": ["put", "delete", "gap"]},
            "id": {"type": "string", "description": "That of the item's entity tag."},
            "data": {
                "type": "string", "contentMediaType": "application/json",
                "description": "{id, item} of a put, {id} of a delete.",
            },
        },
    });
    let stream = json!({
        "description":
            "What happens to the items, event by event; a gap says that what was missed is not \
             kept.",
        "content": {"text/event-stream": {"schema": event}},
        "headers": {"Cache-Control": {"schema": {"const": "no-store"}}},
    });
    operation("listen", "Server-Sent Events, without end.", &[last], [("200", stream)])
}

fn with_body(mut operation: Value) -> Value {
    operation["requestBody"] = json!({
        "description": format!("JSON, of at most {ITEM_MAX} octets."),
        "required": true, "content": {"application/json": {"schema": item()}},
    });
    operation
}

fn item() -> Value {
    json!({"$ref": "#/components/schemas/Item"})
}

fn id() -> Value {
    json!({"type": "integer", "minimum": 1, "maximum": ID_MAX})
}

fn conditions() -> [Value; 2] {
    ["ifMatch", "ifNoneMatch"]
        .map(|name| json!({"$ref": format!("#/components/parameters/{name}")}))
}

fn condition(name: &str, description: &str) -> Value {
    let schema = json!({"type": "string"});
    json!({"name": name, "in": "header", "description": description, "schema": schema})
}

fn tag() -> (&'static str, Value) {
    ("ETag", json!({"$ref": "#/components/headers/ETag"}))
}

fn absent() -> (&'static str, Value) {
    ("404", text_answer("There is no such item, or there can be none of this id."))
}

fn another() -> (&'static str, Value) {
    ("412", text_answer("The item is not the one that the conditions speak of: read it again."))
}

fn not_json() -> (&'static str, Value) {
    ("415", text_answer("The content is not said to be application/json."))
}

fn no_room() -> (&'static str, Value) {
    ("507", text_answer("There are as many items, or as long ones, as are kept."))
}

fn empty_answer(description: &str, headers: &[(&str, Value)]) -> Value {
    let headers: Map<_, _> = headers.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect();
    json!({"description": description, "headers": headers})
}

fn json_answer(description: &str, schema: &Value, headers: &[(&str, Value)]) -> Value {
    let mut answer = empty_answer(description, headers);
    answer["content"] = json!({"application/json": {"schema": schema}});
    answer
}

fn text_answer(description: &str) -> Value {
    let schema = json!({"$ref": "#/components/schemas/Error"});
    json!({"description": description, "content": {"text/plain": {"schema": schema}}})
}

#[cfg(test)]
mod tests {
    use super::super::items::Collection;
    use super::super::serve::router;
    use super::document;
    use std::collections::BTreeMap;
    use std::time::Duration;

    /// What `Allow` names of itself, and the document does not say of each path.
    fn told(allow: &str) -> Vec<String> {
        let own = allow.split(", ").filter(|name| !matches!(*name, "HEAD" | "OPTIONS"));
        own.map(str::to_ascii_lowercase).collect()
    }

    #[test]
    fn the_document_has_the_routers_paths_and_methods() {
        let (router, _) = router(&Collection::new(Duration::ZERO));
        let routes: BTreeMap<_, _> =
            router.routes().map(|(path, allow)| (path.to_owned(), told(allow))).collect();
        let document = document();
        let paths: BTreeMap<_, _> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(path, item)| {
                let methods = item.as_object().unwrap().keys().filter(|key| *key != "parameters");
                (path.clone(), methods.cloned().collect::<Vec<_>>())
            })
            .collect();
        assert_eq!(paths, routes);
    }

    /// Every `$ref` leads somewhere.
    #[test]
    fn references_lead_somewhere() {
        let document = document();
        let text = document.to_string();
        let references: Vec<&str> =
            text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(references.len() > 30);
        for reference in references {
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
    }
}
