//! Searches among users of several scripts who come, go and are renamed, beside a naive evaluation of the same.

use std::cmp::Ordering;

use roster_model::{Filter, OrderBy, User, UserField, fold};

use crate::testing::{noon, on_both_databases, user, write};
use crate::users::Bounds;
use crate::{Error, Store, Tx, UserQuery, Window};

/// Beginnings that are the same for six letters, for two, for one, and for none.
const FIRST: &[&str] = &[
    "Robert",
    "Roberta",
    "Robert James",
    "Robe",
    "Ro",
    "Иван",
    "Ивана",
    "Ива",
    "Иосиф",
    "王",
    "王小",
    "小明",
    "Chloé",
    "Chloe",
    "O'Neil",
    "",
    "É",
    "Éa",
    "😀",
    "9",
    "Ｒobert",
    "Straße",
];
const LAST: &[&str] = &[
    "Smith",
    "Smithson",
    "Иванов",
    "Ив",
    "王",
    "王王",
    "李",
    "Fernández",
    "Fern",
    "",
    "Αἰολίδης",
    "Strasse",
    "x\"y",
    "%_",
];
const ABSENT: &[&str] = &["qqqq", "☃", "李小", "smithrobert", "xy", "z"];

/// Numbers that are the same each time.
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn of<'o, T>(&mut self, all: &'o [T]) -> &'o T {
        &all[self.below(all.len())]
    }

    fn name(&mut self, one: &mut User) {
        one.first_name = (*self.of(FIRST)).to_owned();
        one.last_name = (*self.of(LAST)).to_owned();
    }

    /// A part of a text that somebody has, or one that nobody has.
    fn piece(&mut self, all: &[User]) -> String {
        if self.below(8) == 0 {
            return (*self.of(ABSENT)).to_owned();
        }
        let one = self.of(all);
        let text = if self.below(4) == 0 { one.email.clone() } else { one.name() };
        let text: Vec<char> = fold(&text).as_str().chars().collect();
        if text.is_empty() {
            return "ob".to_owned();
        }
        let start = self.below(text.len());
        text[start..].iter().take(1 + self.below(6)).collect()
    }

    fn query(&mut self, all: &[User]) -> UserQuery {
        let fields = match self.below(3) {
            0 => vec![UserField::Name],
            _ => UserField::SEARCHED.to_vec(),
        };
        let mut filter = Filter::contains(fields, &self.piece(all));
        if self.below(4) == 0 {
            // Few of those whom the index gives.
            filter = Filter::And(vec![filter, Filter::contains(vec![UserField::Username], "7")]);
        }
        let field =
            *self.of(&[UserField::Name, UserField::Name, UserField::Name, UserField::Username]);
        let order = match self.below(2) {
            0 => OrderBy::ascending(field),
            _ => OrderBy::descending(field),
        };
        let mut order = vec![order];
        if self.below(2) == 0 {
            order.push(OrderBy::descending(UserField::Id));
        }
        UserQuery { filter, order, ..UserQuery::default() }
    }

    fn bounds(&mut self) -> Bounds {
        match self.below(4) {
            0 => Bounds::USUAL,
            _ => Bounds {
                few: *self.of(&[1, 2, 5, 12]),
                steps: *self.of(&[1, 3, 10]),
                of_one: *self.of(&[1, 4, 20]),
            },
        }
    }

    /// Somebody comes, goes, comes back or is called something else; or the index takes notice.
    async fn change(&mut self, tx: &mut Tx, users: &mut Vec<User>) -> Result<(), Error> {
        let place = self.below(users.len());
        match self.below(8) {
            0 => {
                let mut one = user(tx, &format!("n{}", self.0)).await?;
                self.name(&mut one);
                tx.update_user(&mut one).await?;
                users.push(one);
            }
            1 if users[place].deleted_at.is_some() && users.len() > 30 => {
                let one = users.swap_remove(place);
                tx.purge_user(one.id, one.primary_group_id, noon()).await?;
            }
            2 => {
                let one = &mut users[place];
                one.deleted_at = if one.deleted_at.is_some() { None } else { Some(noon()) };
                tx.update_user(one).await?;
            }
            3..6 => {
                self.name(&mut users[place]);
                tx.update_user(&mut users[place]).await?;
            }
            _ => {
                let most = *self.of(&[2, 5, 8000]);
                tx.index_users_within(1 + self.below(9) as u32, most).await?;
            }
        }
        Ok(())
    }
}

/// How two users stand in the order of a query.
fn compare(query: &UserQuery, one: &User, other: &User) -> Ordering {
    let key = |user: &User| match query.order[0].field {
        UserField::Name => fold(&user.name()).as_str().to_owned(),
        _ => fold(&user.username).as_str().to_owned(),
    };
    let turned = |ordering: Ordering, step: usize| match query.order.get(step) {
        Some(step) if step.is_descending => ordering.reverse(),
        _ => ordering,
    };
    turned(key(one).cmp(&key(other)), 0).then(turned(one.id.cmp(&other.id), 1))
}

/// What a page must be.
fn expected(
    query: &UserQuery,
    users: &[User],
    after: Option<&User>,
    window: &Window,
) -> Vec<String> {
    let mut found: Vec<&User> = users
        .iter()
        .filter(|one| one.deleted_at.is_none() && query.filter.matches(*one))
        .filter(|one| after.is_none_or(|after| compare(query, one, after) == Ordering::Greater))
        .collect();
    found.sort_by(|one, other| compare(query, one, other));
    let (offset, limit) = (window.offset as usize, window.limit as usize);
    found.iter().skip(offset).take(limit).map(|one| one.username.clone()).collect()
}

/// Reads all pages of some searches, and changes something now and then between them.
async fn search(tx: &mut Tx, dice: &mut Dice, users: &mut Vec<User>) -> Result<(), Error> {
    for _ in 0..12 {
        let query = dice.query(users);
        let mut after: Option<User> = None;
        loop {
            let window = Window {
                after: after.as_ref().map(|after| query.mark(after)),
                offset: [0, 0, 0, 1, 4][dice.below(5)],
                limit: [1, 2, 5, 50][dice.below(4)],
            };
            let bounds = dice.bounds();
            let found = tx.list_users_within(&query, &window, bounds).await?;
            let names: Vec<_> = found.iter().map(|one| one.username.clone()).collect();
            let wanted = expected(&query, users, after.as_ref(), &window);
            assert_eq!(names, wanted, "{query:?} {window:?} {bounds:?}");
            after = found.into_iter().last();
            if after.is_none() {
                break;
            }
            if dice.below(3) == 0 {
                dice.change(tx, users).await?;
            }
        }
        let all = expected(&query, users, None, &Window { after: None, offset: 0, limit: 1000 });
        assert_eq!(tx.count_users(&query).await?, all.len() as u64, "{query:?}");
    }
    Ok(())
}

on_both_databases! {
    async fn random_searches_find_what_a_naive_evaluation_finds(store: Store) {
        // With the last one, somebody was listed twice.
        for seed in [0, 1, 210] {
            write(&store, async |tx: &mut Tx| {
                let mut dice = Dice(seed);
                let mut users = Vec::new();
                for number in 0..50 {
                    let mut one = user(tx, &format!("s{seed}u{number}")).await?;
                    dice.name(&mut one);
                    tx.update_user(&mut one).await?;
                    users.push(one);
                }
                for _ in 0..4 {
                    search(tx, &mut dice, &mut users).await?;
                    for _ in 0..20 {
                        dice.change(tx, &mut users).await?;
                    }
                }
                while tx.index_users(7).await? > 0 {}
                search(tx, &mut dice, &mut users).await?;
                // The next round has the database for itself.
                for mut one in users {
                    one.deleted_at = Some(noon());
                    tx.update_user(&mut one).await?;
                }
                Ok(())
            })
            .await;
        }
    }
}
