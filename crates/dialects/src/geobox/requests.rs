//! Bodies of requests, as the client writes them. Unknown keys are ignored.

use jiff::SignedDuration;
use jiff::Timestamp;
use roster_model::{GroupUpdate, NewGroup, NewPlan, NewUser, PlanUpdate, UserUpdate};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use super::{password, query::Query, times, translate::Refusal, words};

/// Reads a JSON object, whatever the content type says.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    Ok(roster_http_kit::parse(body)?)
}

/// `Some(None)` for `null`, which empties.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// `POST users/`.
#[derive(Deserialize)]
pub(super) struct CreateUser {
    username: String,
    email: String,
    password: String,
    role: String,
    first_name: String,
    last_name: String,
    mobile: Option<String>,
    status: String,
}

impl CreateUser {
    pub(super) fn into_new_user(self) -> Result<NewUser, Refusal> {
        Ok(NewUser {
            password: Some(hidden_password("password", &self.password)?),
            role: Some(words::role(&self.role)?),
            status: Some(words::status("body", &self.status)?),
            username: self.username,
            email: self.email,
            first_name: Some(self.first_name),
            last_name: Some(self.last_name),
            phone: self.mobile.filter(|mobile| !mobile.is_empty()),
            ..NewUser::default()
        })
    }
}

/// `PUT users/{id}/`.
#[derive(Deserialize)]
pub(super) struct UpdateUser {
    username: Option<String>,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    status: Option<String>,
    role: Option<String>,
    #[serde(default, deserialize_with = "given")]
    mobile: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    plan_id: Option<Option<i64>>,
    #[serde(default, deserialize_with = "given")]
    expiration_date: Option<Option<String>>,
}

impl UpdateUser {
    pub(super) fn into_update(self) -> Result<UserUpdate, Refusal> {
        let end = |text: String| {
            let wrong = || {
                Refusal::invalid(
                    "body",
                    "expiration_date",
                    "must be a date or time, such as 2026-01-31 or 2026-01-31T12:00:00",
                )
            };
            times::read(&text).ok_or_else(wrong)
        };
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(UserUpdate {
            username: self.username,
            email: self.email,
            first_name: self.first_name,
            last_name: self.last_name,
            status: self.status.map(|word| words::status("body", &word)).transpose()?,
            role: self.role.map(|word| words::role(&word)).transpose()?,
            phone: self.mobile.map(given),
            plan: self.plan_id.map(|plan| plan.map(|id| id.to_string())),
            plan_expires_at: self
                .expiration_date
                .map(|text| given(text).map(end).transpose())
                .transpose()?,
            ..UserUpdate::default()
        })
    }
}

/// A password as the client hides it.
pub(super) fn hidden_password(field: &str, hidden: &str) -> Result<roster_model::Secret, Refusal> {
    let wrong = || Refusal::invalid("body", field, "is not encoded as the client encodes it");
    password::decode(hidden).ok_or_else(wrong)
}

/// `POST plans/`.
#[derive(Deserialize)]
pub(super) struct CreatePlan {
    name: String,
    display_name: Option<String>,
    description: Option<String>,
    plan_color: String,
    storage: i64,
    concurrent_tasks: i64,
    daily_api_calls: i64,
    monthly_api_calls: i64,
    daily_traffic: i64,
    monthly_traffic: i64,
    daily_process: i64,
    monthly_process: i64,
    number_of_days: Option<i64>,
}

impl From<CreatePlan> for NewPlan {
    fn from(plan: CreatePlan) -> Self {
        Self {
            name: plan.name,
            display_name: plan.display_name,
            description: plan.description,
            plan_color: plan.plan_color,
            storage: plan.storage,
            concurrent_tasks: plan.concurrent_tasks,
            daily_api_calls: plan.daily_api_calls,
            monthly_api_calls: plan.monthly_api_calls,
            daily_traffic: plan.daily_traffic,
            monthly_traffic: plan.monthly_traffic,
            daily_process: plan.daily_process,
            monthly_process: plan.monthly_process,
            number_of_days: plan.number_of_days,
        }
    }
}

/// `PUT plans/{id}`.
#[derive(Deserialize)]
pub(super) struct UpdatePlan {
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    display_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    description: Option<Option<String>>,
    plan_color: Option<String>,
    storage: Option<i64>,
    concurrent_tasks: Option<i64>,
    daily_api_calls: Option<i64>,
    monthly_api_calls: Option<i64>,
    daily_traffic: Option<i64>,
    monthly_traffic: Option<i64>,
    daily_process: Option<i64>,
    monthly_process: Option<i64>,
    #[serde(default, deserialize_with = "given")]
    number_of_days: Option<Option<i64>>,
}

impl From<UpdatePlan> for PlanUpdate {
    fn from(plan: UpdatePlan) -> Self {
        Self {
            name: plan.name,
            display_name: plan.display_name,
            description: plan.description,
            plan_color: plan.plan_color,
            storage: plan.storage,
            concurrent_tasks: plan.concurrent_tasks,
            daily_api_calls: plan.daily_api_calls,
            monthly_api_calls: plan.monthly_api_calls,
            daily_traffic: plan.daily_traffic,
            monthly_traffic: plan.monthly_traffic,
            daily_process: plan.daily_process,
            monthly_process: plan.monthly_process,
            number_of_days: plan.number_of_days,
        }
    }
}

/// `POST groups/`.
#[derive(Deserialize)]
pub(super) struct CreateGroup {
    name: String,
    description: Option<String>,
}

impl From<CreateGroup> for NewGroup {
    fn from(group: CreateGroup) -> Self {
        Self { name: group.name, description: group.description, ..Self::default() }
    }
}

/// `PUT groups/{id}/`.
#[derive(Deserialize)]
pub(super) struct UpdateGroup {
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    description: Option<Option<String>>,
}

impl From<UpdateGroup> for GroupUpdate {
    fn from(group: UpdateGroup) -> Self {
        let description = group.description.map(Option::unwrap_or_default);
        Self { name: group.name, description, ..Self::default() }
    }
}

/// When a key is to end, by the fields of its form; none if it says nothing of that, `Some(None)` for never.
pub(super) fn key_end(form: &Query, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
    let wrong = |field, what: &'static str| Err(Refusal::invalid("body", field, what));
    match form.given("expiration_mode")? {
        None => Ok(None),
        Some("interval") => {
            let field = "expiration_interval";
            let Some(text) = form.given(field)? else { return wrong(field, "is missing") };
            match interval(text).and_then(|length| now.checked_add(length).ok()) {
                Some(end) => Ok(Some(end)),
                None => wrong(field, "must be a number and a unit (s, m, h, d or w), such as 12h"),
            }
        }
        Some("datetime") => {
            let Some(text) = form.given("expires_at")? else {
                return wrong("expires_at", "is missing");
            };
            match times::read(text) {
                Some(end) => Ok(Some(end)),
                None => wrong(
                    "expires_at",
                    "must be a date or time, such as 2026-01-31 or 2026-01-31T12:00:00",
                ),
            }
        }
        Some(_) => wrong("expiration_mode", "must be interval or datetime"),
    }
}

/// A length of time: `12h`, or what Python writes for a `timedelta`, such as `1 day, 0:30:00`.
fn interval(text: &str) -> Option<SignedDuration> {
    let text = text.trim();
    let seconds = match text.char_indices().last()? {
        (end, unit @ ('s' | 'm' | 'h' | 'd' | 'w')) => {
            let each = match unit {
                's' => 1,
                'm' => 60,
                'h' => 3600,
                'd' => 86_400,
                _ => 604_800,
            };
            whole(&text[..end])?.checked_mul(each)?
        }
        _ => timedelta(text)?,
    };
    (seconds > 0).then(|| SignedDuration::from_secs(seconds))
}

/// `[N day[s], ]H:MM:SS[.ffffff]`; a fraction of a second makes no difference to a key.
fn timedelta(text: &str) -> Option<i64> {
    let (days, clock) = match text.split_once(", ") {
        None => (0, text),
        Some((days, clock)) => {
            let (days, word) = days.split_once(' ')?;
            if word != "day" && word != "days" {
                return None;
            }
            (whole(days)?, clock)
        }
    };
    let mut parts = clock.split(':');
    let (hours, minutes) = (whole(parts.next()?)?, whole(parts.next()?)?);
    let seconds = parts.next()?;
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    whole(fraction)?;
    let seconds = whole(seconds)?;
    if parts.next().is_some() || hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    days.checked_mul(86_400)?.checked_add(hours * 3600 + minutes * 60 + seconds)
}

fn whole(digits: &str) -> Option<i64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_clears_and_absence_leaves_alone() {
        let update = |text: &str| json::<UpdateUser>(text.as_bytes()).ok().unwrap().into_update();
        assert_eq!(update("{}").ok().unwrap(), UserUpdate::default());
        let cleared = update(r#"{"mobile": null, "plan_id": null, "expiration_date": null}"#);
        let cleared = cleared.ok().unwrap();
        assert_eq!(
            (cleared.phone, cleared.plan, cleared.plan_expires_at),
            (Some(None), Some(None), Some(None))
        );
        let emptied = update(r#"{"mobile": "", "expiration_date": "", "email": null}"#);
        let emptied = emptied.ok().unwrap();
        assert_eq!(
            (emptied.phone, emptied.plan_expires_at, emptied.email),
            (Some(None), Some(None), None)
        );
        let set =
            update(r#"{"plan_id": 7, "expiration_date": "2030-01-01", "status": "Disabled"}"#);
        let set = set.ok().unwrap();
        assert_eq!(set.plan, Some(Some("7".into())));
        assert_eq!(set.plan_expires_at, Some("2030-01-01T00:00:00Z".parse().ok()));
        assert_eq!(set.status, Some(roster_model::Status::Disabled));
        assert!(update(r#"{"expiration_date": "soon"}"#).is_err());
        assert!(update(r#"{"role": "Owner"}"#).is_err());
    }

    #[test]
    fn an_interval_is_a_number_and_a_unit_or_a_timedelta() {
        let seconds = |text| interval(text).map(|length| length.as_secs());
        for (text, long) in [
            ("1d", 86_400),
            ("12h", 43_200),
            ("90s", 90),
            ("2w", 1_209_600),
            ("1 day, 0:00:00", 86_400),
            ("10 days, 1:02:03", 867_723),
            ("0:30:00", 1800),
            ("0:00:01.500000", 1),
        ] {
            assert_eq!(seconds(text), Some(long), "{text}");
        }
        for wrong in [
            "",
            "d",
            "0d",
            "-1d",
            "1.5h",
            "1y",
            "1 d",
            "9223372036854775807w",
            "-1 day, 23:00:00",
            "0:00:00",
            "24:00",
            "0:60:00",
            "٣d",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_keys_end_needs_its_mode() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let end = |form: &str| key_end(&Query::form(form.as_bytes()), now).ok();
        assert_eq!(end("name=x"), Some(None));
        assert_eq!(
            end("expiration_mode=interval&expiration_interval=1d"),
            Some("2026-01-02T00:00:00Z".parse().ok())
        );
        assert_eq!(
            end("expiration_mode=datetime&expires_at=2026-05-01"),
            Some("2026-05-01T00:00:00Z".parse().ok())
        );
        for wrong in [
            "expiration_mode=never",
            "expiration_mode=interval",
            "expiration_mode=datetime&expires_at=",
            "expiration_mode=interval&expiration_interval=99999999999d",
        ] {
            assert_eq!(end(wrong), None, "{wrong}");
        }
    }
}
