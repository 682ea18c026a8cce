//! Paths as a tree of segments: found without an allocation, however many there are.
//!
//! ```text
//!   /add          root -- "add" *
//!   /items             \- "items" * -- {id} * -- "tags" -- {rest...} *
//!   /items/{id}
//!   /items/{id}/tags/{rest...}                          * a route ends here
//! ```
//! A segment that is written out comes before one in braces, wherever both match.

use crate::limits::{PARAMS_MAX, ROUTE_SEGMENTS_MAX};
use crate::target;

/// One place in the tree.
#[derive(Debug, Default)]
struct Node {
    /// Segments that are written out, sorted.
    children: Vec<(Box<[u8]>, usize)>,
    /// Any segment.
    any: Option<usize>,
    /// All that follows.
    rest: Option<usize>,
    /// The route that ends here.
    route: Option<usize>,
}

/// All routes.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// The parameters' names of each route.
    names: Vec<Vec<String>>,
}

impl Default for Tree {
    fn default() -> Self {
        Self { nodes: vec![Node::default()], names: Vec::new() }
    }
}

/// What the braces of a route have matched, as it came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Params<'a> {
    names: &'a [String],
    values: [&'a [u8]; PARAMS_MAX],
}

impl<'a> Params<'a> {
    /// The part of the path that the route calls by this name, not decoded.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        let at = self.names.iter().position(|own| own == name)?;
        self.values.get(at).copied()
    }
}

impl Tree {
    /// The number of the route with this pattern, which is new or known.
    pub fn insert(&mut self, pattern: &str) -> Result<usize, &'static str> {
        let path = pattern.strip_prefix('/').ok_or("a route begins with `/`")?;
        let mut names = Vec::new();
        let mut node = 0;
        for (n, segment) in path.split('/').enumerate() {
            if n >= ROUTE_SEGMENTS_MAX {
                return Err("too many segments");
            }
            if self.nodes[node].rest == Some(node) {
                return Err("nothing can follow what matches all that follows");
            }
            let braces = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
            node = match braces {
                Some(name) => {
                    names.push(name.trim_end_matches("...").to_owned());
                    self.braces(node, name.ends_with("..."))
                }
                None if segment.contains(['{', '}']) => {
                    return Err("braces go around a whole segment");
                }
                None => self.child(node, segment.as_bytes()),
            };
        }
        if names.len() > PARAMS_MAX {
            return Err("too many segments in braces");
        }
        let next = self.names.len();
        let route = *self.nodes[node].route.get_or_insert(next);
        if route == next {
            self.names.push(names);
        }
        Ok(route)
    }

    fn grow(&mut self) -> usize {
        self.nodes.push(Node::default());
        self.nodes.len() - 1
    }

    fn braces(&mut self, node: usize, all: bool) -> usize {
        let known = if all { self.nodes[node].rest } else { self.nodes[node].any };
        let next = known.unwrap_or_else(|| self.grow());
        if all {
            self.nodes[node].rest = Some(next);
            self.nodes[next].rest = Some(next);
        } else {
            self.nodes[node].any = Some(next);
        }
        next
    }

    fn child(&mut self, node: usize, segment: &[u8]) -> usize {
        match self.nodes[node].children.binary_search_by(|(own, _)| (**own).cmp(segment)) {
            Ok(at) => self.nodes[node].children[at].1,
            Err(at) => {
                let next = self.grow();
                self.nodes[node].children.insert(at, (segment.into(), next));
                next
            }
        }
    }

    /// The route that matches a path as it came.
    pub fn find<'a>(&'a self, path: &'a [u8]) -> Option<(usize, Params<'a>)> {
        let path = path.strip_prefix(b"/")?;
        let mut params = Params::default();
        let route = self.walk(0, Some(path), 0, &mut params.values)?;
        params.names = &self.names[route];
        Some((route, params))
    }

    /// No deeper than the longest route: a path that goes on has left the tree by then.
    fn walk<'a>(
        &self,
        node: usize,
        path: Option<&'a [u8]>,
        depth: usize,
        values: &mut [&'a [u8]; PARAMS_MAX],
    ) -> Option<usize> {
        let node = &self.nodes[node];
        let Some(path) = path else { return node.route };
        let (segment, rest) = match path.iter().position(|octet| *octet == b'/') {
            Some(at) => (&path[..at], Some(&path[at + 1..])),
            None => (path, None),
        };
        // An encoded letter is the letter, and an encoded slash is part of its segment.
        let decoded = target::decode(segment);
        let child = node.children.binary_search_by(|(own, _)| (**own).cmp(&*decoded));
        if let Ok(at) = child
            && let Some(route) = self.walk(node.children[at].1, rest, depth, values)
        {
            return Some(route);
        }
        if let Some(any) = node.any.filter(|_| !segment.is_empty())
            && let Some(value) = values.get_mut(depth)
        {
            *value = segment;
            if let Some(route) = self.walk(any, rest, depth + 1, values) {
                return Some(route);
            }
        }
        let rest = node.rest?;
        *values.get_mut(depth)? = path;
        self.nodes[rest].route
    }
}

#[cfg(test)]
mod tests {
    use super::Tree;

    #[test]
    fn routes_are_found_and_their_parameters_with_them() {
        let mut tree = Tree::default();
        let routes = [
            "/",
            "/add",
            "/items",
            "/items/{id}",
            "/items/new",
            "/items/{id}/tags/{tag}",
            "/files/{path...}",
            "/a/{b}/c",
            "/{x}/b/d",
        ];
        for (n, route) in routes.iter().enumerate() {
            assert_eq!(tree.insert(route), Ok(n));
            assert_eq!(tree.insert(route), Ok(n), "known");
        }
        let found = |path: &'static str| {
            let (route, params) = tree.find(path.as_bytes())?;
            let value = |name| params.get(name).map(|v| String::from_utf8_lossy(v).into_owned());
            Some((routes[route], value("id").or(value("path")).or(value("b")).or(value("x"))))
        };
        let some = |route, value: &str| Some((route, Some(value.to_owned())));
        assert_eq!(found("/"), Some(("/", None)));
        assert_eq!(found("/add"), Some(("/add", None)));
        assert_eq!(found("/%61dd"), Some(("/add", None)));
        assert_eq!(found("/items/new"), Some(("/items/new", None)));
        assert_eq!(found("/items/7"), some("/items/{id}", "7"));
        assert_eq!(found("/items/a%2Fb"), some("/items/{id}", "a%2Fb"));
        assert_eq!(found("/items/new/tags/x"), some("/items/{id}/tags/{tag}", "new"));
        assert_eq!(found("/files/a/b//c"), some("/files/{path...}", "a/b//c"));
        assert_eq!(found("/a/b/c"), some("/a/{b}/c", "b"));
        assert_eq!(found("/a/b/d"), some("/{x}/b/d", "a"));
        for nothing in ["", "add", "/add/", "/ad", "/items/", "/items//tags/x", "//", "/a/b/c/d"] {
            assert_eq!(found(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn what_is_no_route() {
        let mut tree = Tree::default();
        let deep = "/a".repeat(33);
        for wrong in
            ["", "add", "/a{b}", "/{a", "/{a...}/b", "/{a}/{a}/{a}/{a}/{a}/{a}/{a}/{a}/{a}"]
        {
            assert!(tree.insert(wrong).is_err(), "{wrong}");
        }
        assert!(tree.insert(&deep).is_err());
    }
}
