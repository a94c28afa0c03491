//! What an endpoint is: a type that carries the endpoint's words and shapes, and the same as data.

use http::{Method, StatusCode};
use roster_model::ErrorCode;

use crate::{Body, PathParam, Query, Reply, Shape};

/// An endpoint of the native API. The implementing type holds what its path names, so
/// `EndSession { user, session }` is both the endpoint and one address of it.
pub trait Endpoint: Sized + Send + Sync + 'static {
    /// The method.
    const METHOD: Method;
    /// The path, its parameters in braces.
    const PATH: &'static str;
    /// The status of success.
    const STATUS: StatusCode;
    /// The endpoint as data.
    const DESCRIPTION: &'static EndpointDescription;
    /// What may stand after the `?`.
    type Query: Query;
    /// What the request's body holds; `()` when it has none.
    type Body: Body;
    /// What the answer's body holds; `()` when it has none.
    type Reply: Reply;

    /// Reads the values of the path's parameters, in their order. `None`: one of them names
    /// nothing that could exist.
    fn from_path(values: &[&str]) -> Option<Self>;
}

/// Everything about an endpoint that is not a type.
#[derive(Debug)]
pub struct EndpointDescription {
    /// Its name, for example `CreateUser`.
    pub name: &'static str,
    /// The heading it stands under.
    pub tag: &'static str,
    /// What it is for. The first line is a sentence of its own.
    pub doc: &'static str,
    /// The method.
    pub method: Method,
    /// The path, its parameters in braces.
    pub path: &'static str,
    /// The status of success.
    pub status: u16,
    /// The path's parameters, in their order.
    pub params: &'static [PathParamDescription],
    /// Names of the query's parameters.
    pub query_names: &'static [&'static str],
    /// The query's parameters for the OpenAPI document.
    pub query: fn() -> Vec<utoipa::openapi::path::Parameter>,
    /// The body of the request, if it has one.
    pub body: Option<Shape>,
    /// The body of a successful answer, if it has one.
    pub reply: Option<Shape>,
    /// Anyone may call it, and a credential that comes along is not looked at.
    pub is_open: bool,
    /// A caller with active multi-factor authentication must show a fresh code.
    pub needs_step_up: bool,
    /// It creates something, and an `Idempotency-Key` makes it safe to repeat.
    pub is_idempotent_creation: bool,
    /// It takes `If-Match`.
    pub takes_if_match: bool,
    /// Codes of refusals that are its own, beside those that every endpoint has.
    pub refusals: &'static [ErrorCode],
}

/// A parameter of a path as data.
#[derive(Debug)]
pub struct PathParamDescription {
    /// Its name.
    pub name: &'static str,
    /// What it may hold, for people.
    pub doc: &'static str,
    /// What it may hold, for programs.
    pub schema: fn() -> utoipa::openapi::RefOr<utoipa::openapi::Schema>,
}

impl PathParamDescription {
    /// The description of a parameter of type `P`.
    pub const fn of<P: PathParam>(name: &'static str) -> Self {
        Self { name, doc: P::DOC, schema: P::schema }
    }
}

impl EndpointDescription {
    /// The first line of the description, without its full stop.
    pub fn summary(&self) -> &'static str {
        let first = self.doc.split('\n').find(|line| !line.trim().is_empty()).unwrap_or_default();
        first.trim().trim_end_matches('.')
    }

    /// What follows the first line, as one text.
    pub fn details(&self) -> String {
        let lines = self.doc.split('\n').map(str::trim).filter(|line| !line.is_empty());
        lines.skip(1).collect::<Vec<_>>().join(" ")
    }

    /// The name of the rulebook's operation: the endpoint's name in lower case with underscores.
    pub fn operation(&self) -> String {
        let mut name = String::with_capacity(self.name.len() + 4);
        for c in self.name.chars() {
            if c.is_ascii_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.push(c.to_ascii_lowercase());
        }
        name
    }

    /// Every code with which it may refuse: its own, and those that follow from its shape.
    pub fn all_refusals(&self) -> Vec<ErrorCode> {
        let mut codes = vec![
            ErrorCode::BadRequest,
            ErrorCode::RateLimited,
            ErrorCode::Unavailable,
            ErrorCode::Internal,
        ];
        if !self.is_open {
            codes.extend([ErrorCode::Unauthenticated, ErrorCode::Forbidden]);
        }
        if self.needs_step_up {
            codes.extend([ErrorCode::OtpRequired, ErrorCode::OtpInvalid]);
        }
        if !self.params.is_empty() {
            codes.push(ErrorCode::NotFound);
        }
        if self.body.is_some() || !self.query_names.is_empty() {
            codes.push(ErrorCode::FieldInvalid);
        }
        if self.is_idempotent_creation {
            codes.push(ErrorCode::IdempotencyConflict);
        }
        if self.takes_if_match {
            codes.push(ErrorCode::PreconditionFailed);
        }
        codes.extend_from_slice(self.refusals);
        codes.sort_by_key(|code| (crate::status(*code).as_u16(), code.as_str()));
        codes.dedup();
        codes
    }
}

/// Whether `flag` is among `flags`, at compile time.
pub(crate) const fn has(flags: &[&str], flag: &str) -> bool {
    let mut i = 0;
    while i < flags.len() {
        if same(flags[i], flag) {
            return true;
        }
        i += 1;
    }
    false
}

/// Stops the build when a declaration has a word that means nothing.
pub(crate) const fn check(flags: &[&str]) {
    let known = ["anyone", "step_up", "idempotent", "if_match"];
    let mut i = 0;
    while i < flags.len() {
        assert!(has(&known, flags[i]), "a flag of an endpoint is not known");
        i += 1;
    }
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Declares endpoints. One declaration gives the type, its path builder, its entry in `ENDPOINTS`
/// and, through that, the router's entry, the OpenAPI document, the SDK's method and a row of the
/// access test.
macro_rules! endpoints {
    ($($tag:literal { $(
        $(#[doc = $doc:literal])+
        $name:ident: $method:ident $path:literal
            $([$($param:ident: $kind:ty),+])?
            $(?($($query:ty),+))?
            $(($body:ty))?
            -> $status:literal $($reply:ty)?
            $(| $code:ident)*
            $(, $flag:ident)*;
    )+ })+) => {
        $($(
            $(#[doc = $doc])+
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $name {
                $($(
                    #[doc = concat!("The path's `", stringify!($param), "`.")]
                    pub $param: $kind,
                )+)?
            }

            impl $name {
                /// The address of one call.
                ///
                /// # Errors
                /// A value that no path can hold (see [`SegmentError`](crate::SegmentError)).
                pub fn path($($($param: impl std::fmt::Display),+)?) -> Result<String, crate::SegmentError> {
                    crate::path::fill($path, &[$($(&$param),+)?])
                }
            }

            impl crate::Endpoint for $name {
                const METHOD: http::Method = http::Method::$method;
                const PATH: &'static str = $path;
                const STATUS: http::StatusCode = match http::StatusCode::from_u16($status) {
                    Ok(status) => status,
                    Err(_) => panic!("not a status"),
                };
                const DESCRIPTION: &'static crate::EndpointDescription = {
                    const FLAGS: &[&str] = &[$(stringify!($flag)),*];
                    const _: () = crate::endpoint::check(FLAGS);
                    &crate::EndpointDescription {
                        name: stringify!($name),
                        tag: $tag,
                        doc: concat!($($doc, "\n"),+),
                        method: http::Method::$method,
                        path: $path,
                        status: $status,
                        params: &[$($(
                            crate::PathParamDescription::of::<$kind>(stringify!($param))
                        ),+)?],
                        query_names: <<Self as crate::Endpoint>::Query as crate::Query>::NAMES,
                        query: <<Self as crate::Endpoint>::Query as crate::Query>::parameters,
                        body: endpoints!(@shape Body $($body)?),
                        reply: endpoints!(@shape Reply $($reply)?),
                        is_open: crate::endpoint::has(FLAGS, "anyone"),
                        needs_step_up: crate::endpoint::has(FLAGS, "step_up"),
                        is_idempotent_creation: crate::endpoint::has(FLAGS, "idempotent"),
                        takes_if_match: crate::endpoint::has(FLAGS, "if_match"),
                        refusals: &[$(roster_model::ErrorCode::$code),*],
                    }
                };
                type Query = endpoints!(@query $($($query),+)?);
                type Body = endpoints!(@type $($body)?);
                type Reply = endpoints!(@type $($reply)?);

                fn from_path(values: &[&str]) -> Option<Self> {
                    let mut values = values.iter();
                    let made = Self {
                        $($($param: crate::PathParam::read(values.next()?)?,)+)?
                    };
                    values.next().is_none().then_some(made)
                }
            }
        )+)+

        /// Every endpoint of the native API, in the order of the documentation.
        pub static ENDPOINTS: &[&crate::EndpointDescription] =
            &[$($(<$name as crate::Endpoint>::DESCRIPTION),+),+];
    };
    (@shape $of:ident) => { None };
    (@shape $of:ident $shape:ty) => { Some(<$shape as crate::$of>::SHAPE) };
    (@type) => { () };
    (@type $type:ty) => { $type };
    (@query) => { () };
    (@query $one:ty) => { $one };
    (@query $one:ty, $two:ty) => { ($one, $two) };
}
pub(crate) use endpoints;
