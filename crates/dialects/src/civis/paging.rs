//! Pages as Civis counts them, from 1, and the headers that say how many there are.

use http::{HeaderMap, HeaderName, HeaderValue};
use roster_model::PageRequest;

use super::{parameters::Values, translate::Refusal};

/// What a list's pages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paging {
    /// Rows on a page, unless asked otherwise.
    pub(super) limit: u32,
    /// Rows on a page at most.
    pub(super) most: u32,
    /// By what it can be ordered; the first is the default.
    pub(super) orders: &'static [&'static str],
    /// Whether it is ordered downwards, unless asked otherwise.
    pub(super) is_descending: bool,
}

/// A page that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// How many rows.
    pub(super) limit: u32,
    /// Which, from 1.
    pub(super) number: u64,
    /// By what the list is ordered.
    pub(super) order: &'static str,
    /// Whether downwards.
    pub(super) is_descending: bool,
}

impl Paging {
    /// Reads what is asked of a list.
    pub(super) fn read(&self, query: &Values) -> Result<Page, Refusal> {
        let within = |name: &str, value: i64, most: i64| {
            let range = format!("{name} must be a whole number from 1 to {most}");
            let fits = (1..=most).contains(&value);
            fits.then_some(value.unsigned_abs()).ok_or_else(|| Refusal::invalid(range))
        };
        let limit = query.integer("limit").unwrap_or(self.limit.into());
        let limit = within("limit", limit, self.most.into())?;
        let number = within("page_num", query.integer("page_num").unwrap_or(1), i64::MAX)?;
        let order = match query.text("order") {
            None => self.orders[0],
            Some(word) => self.orders.iter().find(|order| **order == word).ok_or_else(|| {
                Refusal::invalid(format!("order must be one of {}", self.orders.join(", ")))
            })?,
        };
        let is_descending = match query.text("order_dir") {
            None => self.is_descending,
            Some("asc") => false,
            Some("desc") => true,
            Some(_) => return Err(Refusal::invalid("order_dir must be asc or desc")),
        };
        Ok(Page { limit: u32::try_from(limit).unwrap_or(self.most), number, order, is_descending })
    }
}

impl Page {
    /// How many rows stand before it; none if that is more than can be counted, and the page is empty.
    pub(super) fn offset(&self) -> Option<u64> {
        let offset = (self.number - 1).checked_mul(self.limit.into())?;
        i64::try_from(offset).is_ok().then_some(offset)
    }

    /// The same as the rulebook is asked for it, with the number of rows in all. A page that no number can name is asked
    /// for behind the end of any list.
    pub(super) fn request(&self) -> PageRequest {
        let nowhere = i64::MAX.unsigned_abs();
        PageRequest {
            limit: Some(self.limit),
            offset: Some(self.offset().unwrap_or(nowhere)),
            count: Some(true),
            ..PageRequest::default()
        }
    }

    /// The order, with `-` before it downwards.
    pub(super) fn order_by(&self) -> String {
        format!("{}{}", if self.is_descending { "-" } else { "" }, self.order)
    }

    /// The page of a list that is here as a whole.
    pub(super) fn of<T>(&self, mut all: Vec<T>) -> Vec<T> {
        if self.is_descending {
            all.reverse();
        }
        let skipped = self.offset().and_then(|offset| usize::try_from(offset).ok());
        match skipped {
            Some(skipped) => all.into_iter().skip(skipped).take(self.limit as usize).collect(),
            None => Vec::new(),
        }
    }

    /// Writes how many pages and rows there are.
    pub(super) fn write(&self, total: u64, headers: &mut HeaderMap) {
        let pages = total.div_ceil(self.limit.into());
        for (name, value) in [
            ("x-pagination-per-page", self.limit.into()),
            ("x-pagination-current-page", self.number),
            ("x-pagination-total-pages", pages),
            ("x-pagination-total-entries", total),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t46_a_page_beyond_all_numbers_is_empty() {
        let page = Page { limit: 50, number: u64::MAX, order: "id", is_descending: false };
        assert_eq!(page.offset(), None);
        assert!(page.of(vec![1]).is_empty());
        let page = Page { number: 2, limit: 2, ..page };
        assert_eq!((page.offset(), page.of(vec![1, 2, 3])), (Some(2), vec![3]));
        let page = Page { number: 1, is_descending: true, ..page };
        assert_eq!(page.of(vec![1, 2, 3]), [3, 2]);
    }
}
