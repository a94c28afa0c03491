//! The folded forms of a user's texts, in which lists search, compare and sort them.

use std::pin::Pin;

use roster_model::{PhoneNumber, Profile, User, UserId, fold};
use serde_json::{Map, Value};

use crate::{Error, Tx};

/// A user that is to be added, with its folded texts: to make these takes longer than anybody should have all who write
/// wait for.
pub struct FoldedUser {
    user: User,
    pub(super) folded: FoldedTexts,
}

impl FoldedUser {
    /// Folds the texts of `user`.
    pub fn new(user: User) -> Self {
        Self { folded: FoldedTexts::of(&user), user }
    }

    /// The user.
    pub fn user(&self) -> &User {
        &self.user
    }
}

/// Folded texts, as they stand in the columns of the same names.
pub(crate) struct FoldedTexts {
    pub(crate) username_key: String,
    pub(crate) email_key: String,
    pub(crate) name_key: String,
    pub(crate) more: MoreTexts,
}

/// Those that came later than the columns of the names.
pub(crate) struct MoreTexts {
    pub(crate) first_name_key: String,
    pub(crate) last_name_key: String,
    pub(crate) phone_key: Option<String>,
    pub(crate) text_keys: Option<Value>,
}

impl FoldedTexts {
    /// Those of `user`.
    pub(crate) fn of(user: &User) -> Self {
        let phone = user.phone.as_ref().map(|phone| phone.as_typed.as_str());
        let unconfirmed = user.unconfirmed_email.as_deref();
        Self {
            username_key: folded(&user.username),
            email_key: folded(&user.email),
            name_key: folded(&user.name()),
            more: MoreTexts::of(
                &user.first_name,
                &user.last_name,
                phone,
                unconfirmed,
                &user.profile,
            ),
        }
    }
}

impl MoreTexts {
    fn of(
        first_name: &str,
        last_name: &str,
        phone: Option<&str>,
        unconfirmed_email: Option<&str>,
        profile: &Profile,
    ) -> Self {
        let texts = [
            ("unconfirmed_email", unconfirmed_email),
            ("city", profile.city.as_deref()),
            ("state", profile.state.as_deref()),
            ("time_zone", profile.time_zone.as_deref()),
            ("initials", profile.initials.as_deref()),
            ("department", profile.department.as_deref()),
            ("title", profile.title.as_deref()),
            ("github_username", profile.github_username.as_deref()),
        ];
        let keys: Map<_, _> = texts
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), folded(text?).into())))
            .collect();
        Self {
            first_name_key: folded(first_name),
            last_name_key: folded(last_name),
            phone_key: phone.map(folded),
            text_keys: (!keys.is_empty()).then_some(Value::Object(keys)),
        }
    }
}

fn folded(text: &str) -> String {
    fold(text).as_str().to_owned()
}

/// Fills the columns for users who were there before them.
pub(crate) fn fill<'t>(
    tx: &'t mut Tx,
) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 't>> {
    const PAGE: i64 = 1000;
    Box::pin(async move {
        let mut after = UserId(0);
        loop {
            let rows = tx
                .list(
                    "SELECT id, first_name, last_name, phone_e164, phone_typed, \
                     unconfirmed_email, city, state, time_zone, initials, department, title, \
                     github_username FROM users WHERE id > $1 ORDER BY id LIMIT $2",
                    &[&after, &PAGE],
                    |row| {
                        let mut columns = row.columns();
                        let id: UserId = columns.take()?;
                        let (first_name, last_name): (String, String) =
                            (columns.take()?, columns.take()?);
                        let phone: Option<PhoneNumber> = super::phone_of(&mut columns)?;
                        let unconfirmed_email: Option<String> = columns.take()?;
                        let profile = super::profile_of(&mut columns)?;
                        let texts = MoreTexts::of(
                            &first_name,
                            &last_name,
                            phone.as_ref().map(|phone| phone.as_typed.as_str()),
                            unconfirmed_email.as_deref(),
                            &profile,
                        );
                        Ok((id, texts))
                    },
                )
                .await?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            after = *last;
            for (id, texts) in &rows {
                tx.execute(
                    "UPDATE users SET first_name_key = $2, last_name_key = $3, phone_key = $4, \
                     text_keys = $5 WHERE id = $1",
                    &[
                        id,
                        &texts.first_name_key,
                        &texts.last_name_key,
                        &texts.phone_key,
                        &texts.text_keys,
                    ],
                )
                .await?;
            }
        }
    })
}
