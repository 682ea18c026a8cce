//! The router: which handler answers which method on which path.
//!
//! ```
//! use wirelab_http::{Router, Status};
//!
//! let mut router = Router::new();
//! router.get("/hello/{name}", |request, answer| {
//!     let name = request.param("name").unwrap_or_default();
//!     answer.text(Status::OK, &format!("Hello, {name}\n"))
//! });
//! router.delete("/items/{id}", |_, answer| answer.empty(Status::NO_CONTENT));
//! ```
//! It knows methods and paths; 404, 405, HEAD and OPTIONS are answered here. Connections are not
//! known.

mod tree;

use crate::answer::{Answer, Answered};
use crate::handler::{Handler, Receive, Request, Sink};
use crate::limits::BODY_MAX;
use crate::target::Target;
use crate::{HttpError, Method, Status};
pub use tree::Params;
use tree::Tree;

/// Answers one method on one route.
pub type Action = Box<dyn FnMut(&Request<'_>, Answer<'_>) -> Answered>;

/// Opens what takes a body in pieces. An error is the answer.
pub type Opener = Box<dyn FnMut(&Request<'_>) -> Result<Box<dyn Sink>, HttpError>>;

enum Route {
    /// The body is collected, up to so many octets.
    Whole(u64, Action),
    Pieces(Opener),
}

/// What one route has for each method.
#[derive(Default)]
struct Resource {
    pattern: String,
    routes: Vec<(Method, Route)>,
    /// The value of `Allow`.
    allow: String,
}

impl Resource {
    fn find(&mut self, method: Method) -> Option<&mut Route> {
        self.routes.iter_mut().find(|(of, _)| *of == method).map(|(_, route)| route)
    }

    /// [9110-9.1-01] [9110-9.3.2-02] Whatever can be got has a head.
    fn route(&mut self, method: Method) -> Option<&mut Route> {
        let own = self.routes.iter().any(|(of, _)| *of == method);
        self.find(if method == Method::Head && !own { Method::Get } else { method })
    }

    fn insert(&mut self, method: Method, route: Route) {
        self.routes.retain(|(of, _)| *of != method);
        self.routes.push((method, route));
        let has = |method| self.routes.iter().any(|(of, _)| *of == method);
        let allowed = Method::KNOWN.into_iter().filter(|method| {
            has(*method)
                || *method == Method::Options
                || (*method == Method::Head && has(Method::Get))
        });
        self.allow = allowed.map(Method::name).collect::<Vec<_>>().join(", ");
    }
}

/// Routes, and what answers on them.
#[derive(Default)]
pub struct Router {
    tree: Tree,
    resources: Vec<Resource>,
}

impl Router {
    /// A router that knows no path.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers `method` on the paths that `pattern` matches: `/items/{id}`. A segment in braces
    /// matches any one that is not empty; `{name...}` at the end matches all that follows.
    ///
    /// # Panics
    /// When the pattern is none, or has more parts than `limits` allows: it is the program's own.
    pub fn on(
        &mut self,
        method: Method,
        pattern: &str,
        action: impl FnMut(&Request<'_>, Answer<'_>) -> Answered + 'static,
    ) -> &mut Self {
        self.insert(method, pattern, Route::Whole(BODY_MAX, Box::new(action)))
    }

    /// The same, with a body of at most `max` octets.
    pub fn on_limited(
        &mut self,
        method: Method,
        pattern: &str,
        max: u64,
        action: impl FnMut(&Request<'_>, Answer<'_>) -> Answered + 'static,
    ) -> &mut Self {
        self.insert(method, pattern, Route::Whole(max, Box::new(action)))
    }

    /// Takes the bodies of `method` on these paths in pieces.
    pub fn on_pieces(
        &mut self,
        method: Method,
        pattern: &str,
        open: impl FnMut(&Request<'_>) -> Result<Box<dyn Sink>, HttpError> + 'static,
    ) -> &mut Self {
        self.insert(method, pattern, Route::Pieces(Box::new(open)))
    }

    /// GET, and HEAD with it.
    pub fn get(
        &mut self,
        pattern: &str,
        action: impl FnMut(&Request<'_>, Answer<'_>) -> Answered + 'static,
    ) -> &mut Self {
        self.on(Method::Get, pattern, action)
    }

    /// POST.
    pub fn post(
        &mut self,
        pattern: &str,
        action: impl FnMut(&Request<'_>, Answer<'_>) -> Answered + 'static,
    ) -> &mut Self {
        self.on(Method::Post, pattern, action)
    }

    /// PUT.
    pub fn put(
        &mut self,
        pattern: &str,
        action: impl FnMut(&Request<'_>, Answer<'_>) -> Answered + 'static,
    ) -> &mut Self {
        self.on(Method::Put, pattern, action)
    }

    /// DELETE.
    pub fn delete(
        &mut self,
        pattern: &str,
        action: impl FnMut(&Request<'_>, Answer<'_>) -> Answered + 'static,
    ) -> &mut Self {
        self.on(Method::Delete, pattern, action)
    }

    fn insert(&mut self, method: Method, pattern: &str, route: Route) -> &mut Self {
        let index = self.tree.insert(pattern).unwrap_or_else(|why| panic!("{pattern}: {why}"));
        if index >= self.resources.len() {
            self.resources.resize_with(index + 1, Resource::default);
        }
        pattern.clone_into(&mut self.resources[index].pattern);
        self.resources[index].insert(method, route);
        self
    }

    /// Every route's pattern, and the methods it takes as `Allow` names them.
    pub fn routes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.resources.iter().map(|resource| (&*resource.pattern, &*resource.allow))
    }
}

impl Handler for Router {
    fn on_head(&mut self, request: &Request<'_>) -> Receive {
        let Some((index, params)) = self.tree.find(request.target.path) else {
            return Receive::Nothing;
        };
        let request = Request { params, ..*request };
        match self.resources[index].route(request.method()) {
            Some(Route::Whole(max, _)) => Receive::Whole(*max),
            Some(Route::Pieces(open)) => match open(&request) {
                Ok(sink) => Receive::Pieces(sink),
                Err(error) => Receive::Pieces(Box::new(Refusing(error))),
            },
            None => Receive::Nothing,
        }
    }

    fn on_request(&mut self, request: &Request<'_>, answer: Answer<'_>) -> Answered {
        let method = request.method();
        // [9110-9.1-02] A method that nobody here has heard of, or that only proxies have.
        if matches!(method, Method::Other | Method::Connect) {
            let text = "501: the method is not known here\n";
            return answer.text(Status::NOT_IMPLEMENTED, text);
        }
        // [9110-9.3.7-01] `*` asks for the server as a whole.
        if let Target { path: b"*", .. } = request.target {
            let all = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
            return answer.ok().field("Allow", all).body(b"");
        }
        let Some((index, params)) = self.tree.find(request.target.path) else {
            return answer.text(Status::NOT_FOUND, "404: nothing has this path\n");
        };
        let request = Request { params, ..*request };
        let resource = &mut self.resources[index];
        match resource.route(method) {
            Some(Route::Whole(_, action)) => action(&request, answer),
            // A body of no octets is not announced by anything: it ends where it begins.
            Some(Route::Pieces(open)) => match open(&request) {
                Ok(sink) => sink.on_end(&request, answer),
                Err(error) => Box::new(Refusing(error)).on_end(&request, answer),
            },
            None if method == Method::Options => {
                answer.ok().field("Allow", &resource.allow).body(b"")
            }
            // [9110-9.1-03] [9110-10.2.1-01] [9110-15.5.6-01] [9110-9.3.8-01]
            None => answer
                .status(Status::METHOD_NOT_ALLOWED)
                .field("Allow", &resource.allow)
                .field("Content-Type", "text/plain; charset=utf-8")
                .body(b"405: this path does not take the method; Allow has those it does\n"),
        }
    }
}

/// Stands in for a sink that could not be had: its error is the answer to the first piece.
#[derive(Debug)]
struct Refusing(HttpError);

impl Sink for Refusing {
    fn on_piece(&mut self, _piece: bytes::Bytes) -> Result<(), HttpError> {
        Err(self.0)
    }

    fn on_end(self: Box<Self>, _request: &Request<'_>, answer: Answer<'_>) -> Answered {
        let status = self.0.status();
        answer.text(status, &format!("{status}: {}\n", self.0.what()))
    }
}

impl std::fmt::Debug for Router {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Router").field("resources", &self.resources.len()).finish_non_exhaustive()
    }
}
