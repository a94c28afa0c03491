//! Pages of lists: by offset or by cursor (design section 3.7).

use serde::{Deserialize, Serialize};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr, Schema,
        schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type},
    },
};

/// Which part of a list is wanted. With a `cursor` the offset counts from there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PageRequest {
    /// At most so many (1 to 1000, default 100).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Pass over so many first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Count the whole list, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<bool>,
    /// Only these fields of each record, with commas between; what a program that reads whole records, such as the Rust
    /// client, does not ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<String>,
}

/// What a list is narrowed to, and how it is ordered; all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ListFilter {
    /// A condition in the filter language (CQL2 text), for example `id > 100 AND id <= 200`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// A piece of what names or describes a record, letter case aside, or the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Fields of a record with commas between, each with `-` before it downwards. Without it by `id`; sessions and
    /// messages from the newest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_by: Option<String>,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The records, in the list's order.
    pub items: Vec<T>,
    /// The cursor of the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How many there are in all, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

impl<T> Page<T> {
    /// The same page of other records.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(each).collect(),
            next: self.next,
            total: self.total,
        }
    }
}

impl<T> From<Vec<T>> for Page<T> {
    /// A list that is whole on one page.
    fn from(items: Vec<T>) -> Self {
        Self { items, next: None, total: None }
    }
}

// By hand, because the derive names all pages alike and leaves out what they hold.
impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new()
            .items(Ref::from_schema_name(T::name()))
            .description(Some("The records, in the list's order."));
        let or_null = |kind| SchemaType::from_iter([kind, Type::Null]);
        let next = ObjectBuilder::new()
            .schema_type(or_null(Type::String))
            .description(Some("The cursor of the next page; absent on the last one."));
        let total = ObjectBuilder::new()
            .schema_type(or_null(Type::Integer))
            .description(Some("How many there are in all, if it was asked for."));
        ObjectBuilder::new()
            .property("items", items)
            .property("next", next)
            .property("total", total)
            .required("items")
            .description(Some("A part of a list."))
            .into()
    }
}

impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("{}Page", T::name()).into()
    }

    fn schemas(found: &mut Vec<(String, RefOr<Schema>)>) {
        found.push((T::name().into(), T::schema()));
        T::schemas(found);
    }
}
