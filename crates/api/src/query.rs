//! What may stand after the `?`: read by the server, written by a client.

use roster_model::{
    ActivityFilter, AuditFilter, DirectoryFilter, FavoriteFilter, GroupFilter, ListFilter,
    ObjectFilter, PageRequest, PeopleFilter, ThemeFilter, UserFilter,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::{
    IntoParams,
    openapi::path::{Parameter, ParameterIn},
};

/// The parameters of a query string, all of them optional.
pub trait Query: Sized + Default + Send {
    /// Their names; anything else in a query is an error, because a mistyped filter that is
    /// passed over shows more than was asked for.
    const NAMES: &'static [&'static str];

    /// The parameters for the OpenAPI document.
    fn parameters() -> Vec<Parameter>;

    /// Reads them from the query string.
    ///
    /// # Errors
    /// Says which value is wrong and how.
    fn read(query: &str) -> Result<Self, serde_urlencoded::de::Error>;

    /// Writes those that are set.
    fn write(&self) -> String;

    /// The fields of records that the answer is to be cut down to.
    fn fields(&self) -> Option<&str> {
        None
    }
}

impl Query for () {
    const NAMES: &'static [&'static str] = &[];

    fn parameters() -> Vec<Parameter> {
        Vec::new()
    }

    fn read(_: &str) -> Result<Self, serde_urlencoded::de::Error> {
        Ok(())
    }

    fn write(&self) -> String {
        String::new()
    }
}

impl<A: Query, B: Query> Query for (A, B)
where
    (A, B): Joined,
{
    const NAMES: &'static [&'static str] = <Self as Joined>::NAMES;

    fn parameters() -> Vec<Parameter> {
        let mut all = A::parameters();
        all.append(&mut B::parameters());
        all
    }

    fn read(query: &str) -> Result<Self, serde_urlencoded::de::Error> {
        Ok((A::read(query)?, B::read(query)?))
    }

    fn write(&self) -> String {
        let (one, two) = (self.0.write(), self.1.write());
        let between = if one.is_empty() || two.is_empty() { "" } else { "&" };
        one + between + &two
    }

    fn fields(&self) -> Option<&str> {
        self.0.fields().or(self.1.fields())
    }
}

/// Two sets of parameters in one query string, whose names do not meet.
pub trait Joined {
    /// The names of both.
    const NAMES: &'static [&'static str];
}

macro_rules! query {
    ($($type:ty: $($name:literal)+ $(, cut to $fields:ident)?;)+) => {$(
        impl Query for $type {
            const NAMES: &'static [&'static str] = &[$($name),+];

            fn parameters() -> Vec<Parameter> {
                Self::into_params(|| Some(ParameterIn::Query))
            }

            fn read(query: &str) -> Result<Self, serde_urlencoded::de::Error> {
                read(query)
            }

            fn write(&self) -> String {
                write(self)
            }

            $(fn fields(&self) -> Option<&str> {
                self.$fields.as_deref()
            })?
        }
    )+};
    (@paged $($type:ty: $($name:literal)+;)+) => {$(
        impl Joined for ($type, PageRequest) {
            const NAMES: &'static [&'static str] =
                &[$($name,)+ "limit", "offset", "cursor", "count", "fields"];
        }
        query! { $type: $($name)+; }
    )+};
}

query! {
    PageRequest: "limit" "offset" "cursor" "count" "fields", cut to fields;
    EndSessionsQuery: "keep_current";
    ActivityFilter: "state" "author" "order";
}

query! { @paged
    UserFilter: "status" "role" "organization_id" "group_id" "deleted" "filter" "search" "order_by";
    DirectoryFilter: "search" "group_id";
    PeopleFilter: "account" "search" "group_id" "group_ids" "feature_flag" "organization_id" "exclude_groups" "order_by";
    GroupFilter: "filter" "search" "name" "permission" "user_ids" "organization_id" "order_by";
    AuditFilter: "user" "action" "filter" "search" "order_by";
    ListFilter: "filter" "search" "order_by";
    ApiKeyFilter: "include_revoked" "filter" "search" "order_by";
    FavoriteFilter: "object_type" "object_id" "order" "descending";
    ObjectFilter: "author" "object_type";
    ThemeFilter: "organization_id" "name";
}

fn read<T: DeserializeOwned>(query: &str) -> Result<T, serde_urlencoded::de::Error> {
    serde_urlencoded::from_str(query)
}

fn write<T: Serialize>(query: &T) -> String {
    // These types are flat and have text for keys, so there is nothing that cannot be written.
    serde_urlencoded::to_string(query).unwrap_or_default()
}

/// Which sessions are to end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct EndSessionsQuery {
    /// All but the one that asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_current: Option<bool>,
}

/// Which API keys are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ApiKeyFilter {
    /// Revoked ones, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_revoked: Option<bool>,
    /// A condition in the filter language (CQL2 text), for example `last_used_at IS NULL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// A piece of the name, letter case aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Fields of an API key with commas between, each with `-` before it downwards; `id` without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_by: Option<String>,
}

impl ApiKeyFilter {
    /// What the list is narrowed to, and its order.
    pub fn list(&self) -> ListFilter {
        ListFilter {
            filter: self.filter.clone(),
            search: self.search.clone(),
            order_by: self.order_by.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use roster_model::{OrganizationId, Role};

    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let filter = UserFilter {
            role: Some(Role::Viewer),
            organization_id: Some(OrganizationId(7)),
            order_by: Some("-name & co".into()),
            ..UserFilter::default()
        };
        let page = PageRequest { limit: Some(5), cursor: Some("a=b".into()), ..Default::default() };
        let query = (filter.clone(), page.clone()).write();
        assert_eq!(
            query,
            "role=viewer&organization_id=7&order_by=-name+%26+co&limit=5&cursor=a%3Db"
        );
        assert_eq!(<(UserFilter, PageRequest)>::read(&query).unwrap(), (filter, page));
        assert_eq!(<(UserFilter, PageRequest)>::default().write(), "");
    }

    #[test]
    fn every_parameter_is_named() {
        fn holds<Q: Query>() {
            let documented: Vec<_> = Q::parameters().into_iter().map(|one| one.name).collect();
            assert_eq!(documented, Q::NAMES);
        }
        holds::<(UserFilter, PageRequest)>();
        holds::<(DirectoryFilter, PageRequest)>();
        holds::<(PeopleFilter, PageRequest)>();
        holds::<(GroupFilter, PageRequest)>();
        holds::<(AuditFilter, PageRequest)>();
        holds::<(ApiKeyFilter, PageRequest)>();
        holds::<(ListFilter, PageRequest)>();
        holds::<(FavoriteFilter, PageRequest)>();
        holds::<(ObjectFilter, PageRequest)>();
        holds::<ActivityFilter>();
        holds::<EndSessionsQuery>();
    }

    #[test]
    fn a_parameter_given_twice_or_of_the_wrong_type_is_an_error() {
        for query in ["limit=1&limit=2", "limit=-1", "limit=x", "limit=", "count=1"] {
            assert!(PageRequest::read(query).is_err(), "{query}");
        }
    }
}
