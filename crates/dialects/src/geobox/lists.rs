//! Lists as the client asks for them: `q`, `search`, `order_by`, `skip`, `limit`, `return_count`.

use roster_core::{Actor, Selection, cql2};
use roster_model::{
    ApiKeyField, FieldKind, Filter, FilterField, FilterValue, GroupField, OrderBy, PageRequest,
    PlanField, UserField, UserId, UserRef, Vocabulary,
};

use super::{
    call::Call,
    query::Query,
    translate::Refusal,
    words::{self, ROLES, STATUSES},
};

/// How many are given unless more are asked for.
const DEFAULT_LIMIT: u64 = 10;
/// How many may be asked for at once.
const MOST: u64 = 10_000;

/// What Geobox calls the fields of a kind of record.
pub(super) struct Language<F: 'static> {
    vocabulary: Vocabulary<F>,
    /// What a search looks through unless told otherwise, and all it can be told.
    searched: &'static [F],
}

pub(super) const USERS: Language<UserField> = Language {
    vocabulary: Vocabulary {
        fields: &[
            ("id", UserField::Id),
            ("username", UserField::Username),
            ("email", UserField::Email),
            ("first_name", UserField::FirstName),
            ("last_name", UserField::LastName),
            ("mobile", UserField::Phone),
            ("role", UserField::Role),
            ("status", UserField::Status),
            ("plan_id", UserField::PlanId),
            ("parent_id", UserField::ParentId),
            ("expiration_date", UserField::PlanExpiresAt),
            ("created_at", UserField::CreatedAt),
            ("updated_at", UserField::UpdatedAt),
        ],
        words: &[(UserField::Role, ROLES), (UserField::Status, STATUSES)],
    },
    searched: &[
        UserField::Username,
        UserField::Email,
        UserField::FirstName,
        UserField::LastName,
        UserField::Phone,
    ],
};

/// As everybody knows users: mobile numbers are not among it.
pub(super) const DIRECTORY: Language<UserField> = Language {
    vocabulary: USERS.vocabulary,
    searched: &[UserField::Username, UserField::Email, UserField::FirstName, UserField::LastName],
};

pub(super) const PLANS: Language<PlanField> =
    Language { vocabulary: roster_model::PLAN_FIELDS, searched: PlanField::SEARCHED };

pub(super) const GROUPS: Language<GroupField> =
    Language { vocabulary: roster_model::GROUP_FIELDS, searched: GroupField::SEARCHED };

pub(super) const API_KEYS: Language<ApiKeyField> =
    Language { vocabulary: roster_model::API_KEY_FIELDS, searched: ApiKeyField::SEARCHED };

/// A list that is asked for.
pub(super) struct Listing<F: 'static> {
    pub(super) filter: Filter<F>,
    pub(super) order: Vec<OrderBy<F>>,
    pub(super) search: Option<String>,
    pub(super) user: Option<UserId>,
    pub(super) wants_count: bool,
    skip: u64,
    limit: u64,
}

impl<F: FilterField> Listing<F> {
    /// Everything that a list can be asked for.
    pub(super) fn read(query: &Query, language: &Language<F>) -> Result<Self, Refusal> {
        let vocabulary = &language.vocabulary;
        let searched = read_searched(query.given("search_fields")?, language)?;
        let mut listing = Self::read_search_in(query, searched)?;
        if let Some(text) = query.given("q")? {
            let parsed = cql2::parse(text, vocabulary);
            listing.filter =
                parsed.map_err(|error| Refusal::invalid("query", "q", error.to_string()))?;
            listing.search = None;
        }
        listing.order = read_order(query.given("order_by")?, vocabulary)?;
        listing.user = query.id("user_id")?.map(UserId);
        listing.wants_count = query.flag("return_count")?;
        Ok(listing)
    }

    /// What a search alone can be asked for.
    pub(super) fn read_search(query: &Query, language: &Language<F>) -> Result<Self, Refusal> {
        Self::read_search_in(query, language.searched.to_vec())
    }

    fn read_search_in(query: &Query, fields: Vec<F>) -> Result<Self, Refusal> {
        let search = query.given("search")?.map(|text| text.trim().to_owned());
        Ok(Self {
            filter: match &search {
                Some(text) => Filter::contains(fields, text),
                None => Filter::default(),
            },
            order: Vec::new(),
            search,
            user: None,
            wants_count: false,
            skip: query.number("skip", i64::MAX.unsigned_abs())?.unwrap_or(0),
            limit: query.number("limit", MOST)?.unwrap_or(DEFAULT_LIMIT),
        })
    }

    /// The page of a long list. One of no length is asked for as one of one, which [`limit`](Self::limit) then cuts:
    /// whoever may not see the list must not read an empty one.
    pub(super) fn page(&self) -> PageRequest {
        let limit = u32::try_from(self.limit.max(1)).ok();
        PageRequest { limit, offset: Some(self.skip), ..PageRequest::default() }
    }

    /// How many to pass over.
    pub(super) fn skip(&self) -> usize {
        usize::try_from(self.skip).unwrap_or(usize::MAX)
    }

    /// How many to give.
    pub(super) fn limit(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX)
    }

    /// The part of a short list.
    pub(super) fn selection(&self) -> Selection<F> {
        Selection {
            filter: self.filter.clone(),
            order: self.order.clone(),
            skip: self.skip,
            limit: self.limit,
        }
    }

    /// All of a short list, whatever part is asked for.
    pub(super) fn whole(&self) -> Selection<F> {
        Selection { skip: 0, limit: u64::MAX, ..self.selection() }
    }
}

/// Whether the user whose list it is to be is the caller's business.
pub(super) async fn check_viewer<F: FilterField>(
    call: &Call,
    actor: &Actor,
    listing: &Listing<F>,
) -> Result<Option<roster_model::User>, Refusal> {
    let Some(user) = listing.user else { return Ok(None) };
    Ok(Some(call.core().get_user(actor, &UserRef::Id(user)).await?))
}

/// Users of a status as Geobox has it, which may be several of Roster's.
pub(super) fn with_status(word: &str) -> Result<Filter<UserField>, Refusal> {
    words::status("query", word)?;
    let kept = STATUSES.iter().filter(|(_, shown)| *shown == word);
    let values = kept.map(|(kept, _)| FilterValue::Text((*kept).to_owned())).collect();
    Ok(Filter::In { field: UserField::Status, values })
}

fn read_searched<F: FilterField>(
    names: Option<&str>,
    language: &Language<F>,
) -> Result<Vec<F>, Refusal> {
    let Some(names) = names else { return Ok(language.searched.to_vec()) };
    let fields = names.split(',').map(|name| {
        let field = language.vocabulary.field(name.trim());
        field.filter(|field| language.searched.contains(field))
    });
    fields.collect::<Option<_>>().ok_or_else(|| {
        Refusal::invalid(
            "query",
            "search_fields",
            "must be names of text fields, with commas between",
        )
    })
}

/// Fields with commas between, each with `A` or `D` behind it or nothing.
fn read_order<F: FilterField>(
    order: Option<&str>,
    vocabulary: &Vocabulary<F>,
) -> Result<Vec<OrderBy<F>>, Refusal> {
    let wrong = |what: String| Refusal::invalid("query", "order_by", what);
    let Some(order) = order else { return Ok(Vec::new()) };
    let step = |step: &str| {
        let mut words = step.split_whitespace();
        let name = words.next().unwrap_or_default();
        let field = vocabulary
            .field(name)
            .ok_or_else(|| wrong(format!("there is no field {name:?} to order by")))?;
        let is_descending = match (words.next(), words.next()) {
            (None | Some("A" | "a"), None) => false,
            (Some("D" | "d"), None) => true,
            _ => return Err(wrong(format!("{name} may be followed by A or D and nothing else"))),
        };
        let shown = (field.kind() == FieldKind::Word).then(|| vocabulary.words(field));
        Ok(OrderBy { field, is_descending, shown })
    };
    order.split(',').map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Option<Listing<UserField>> {
        Listing::read(&Query::parse(query.as_bytes()), &USERS).ok()
    }

    #[test]
    fn ten_are_given_unless_more_are_asked_for() {
        let page = read("f=json&shared=False").unwrap().page();
        assert_eq!((page.limit, page.offset), (Some(10), Some(0)));
        let none = read("limit=0&skip=7").unwrap();
        assert_eq!((none.page().limit, none.limit(), none.skip()), (Some(1), 0, 7));
        for wrong in ["limit=10001", "limit=-1", "skip=1.5", "return_count=maybe", "user_id=x"] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn an_order_is_fields_with_directions() {
        let order = read("order_by=first_name,+ROLE++d,id+A").unwrap().order;
        let steps: Vec<_> = order
            .iter()
            .map(|step| (step.field, step.is_descending, step.shown.is_some()))
            .collect();
        let expected = [
            (UserField::FirstName, false, false),
            (UserField::Role, true, true),
            (UserField::Id, false, false),
        ];
        assert_eq!(steps, expected);
        for wrong in ["name", "id+up", "id+A+B", "id,", ",id", "password", "uuid"] {
            assert!(read(&format!("order_by={wrong}")).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_query_makes_a_search_be_passed_over() {
        let both = read("q=id+%3D+7&search=x").unwrap();
        assert_eq!(both.filter, Filter::equals(UserField::Id, FilterValue::Integer(7)));
        let blank = read("q=+&search=+x+&search_fields=email,mobile").unwrap();
        assert_eq!(blank.filter, Filter::contains(vec![UserField::Email, UserField::Phone], "x"));
        assert!(read("search_fields=role").is_none() && read("search_fields=x").is_none());
    }

    #[test]
    fn disabled_is_suspended_too() {
        let Ok(Filter::In { values, .. }) = with_status("Disabled") else { panic!() };
        assert_eq!(values.len(), 2);
        assert!(with_status("Suspended").is_err() && with_status("disabled").is_err());
    }
}
