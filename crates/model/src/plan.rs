//! Plans that users subscribe to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{PlanId, user::given};

/// A plan. `small`, `medium` and `large` exist from the first start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// Its number.
    pub id: PlanId,
    /// Its name, unique.
    pub name: String,
    /// Its name for people.
    pub display_name: Option<String>,
    /// What it offers, for people.
    pub description: Option<String>,
    /// The colour it is shown in, `#RRGGBB`.
    pub plan_color: String,
    /// Bytes that may be stored.
    pub storage: i64,
    /// Tasks that may run at once.
    pub concurrent_tasks: i64,
    /// API calls a day.
    pub daily_api_calls: i64,
    /// API calls a month.
    pub monthly_api_calls: i64,
    /// Bytes transferred a day.
    pub daily_traffic: i64,
    /// Bytes transferred a month.
    pub monthly_traffic: i64,
    /// Minutes of processing a day.
    pub daily_process: i64,
    /// Minutes of processing a month.
    pub monthly_process: i64,
    /// How many days a subscription lasts; none: without end.
    pub number_of_days: Option<i64>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What makes a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlan {
    /// Its name, which no other plan has, whatever its letter case.
    pub name: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The colour it is shown in, `#RRGGBB`.
    pub plan_color: String,
    /// Bytes of storage.
    pub storage: i64,
    /// Tasks that may run at once.
    pub concurrent_tasks: i64,
    /// Calls a day.
    pub daily_api_calls: i64,
    /// Calls a month.
    pub monthly_api_calls: i64,
    /// Bytes of traffic a day.
    pub daily_traffic: i64,
    /// Bytes of traffic a month.
    pub monthly_traffic: i64,
    /// Minutes of processing a day.
    pub daily_process: i64,
    /// Minutes of processing a month.
    pub monthly_process: i64,
    /// How many days a period of it lasts; without it, it does not end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_of_days: Option<i64>,
}

/// What is to change in a plan. What is absent stays; `null` empties a field that can be empty. Who holds the plan
/// keeps the period that has begun.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlanUpdate {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub display_name: Option<Option<String>>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub description: Option<Option<String>>,
    /// The colour it is shown in, `#RRGGBB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_color: Option<String>,
    /// Bytes of storage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<i64>,
    /// Tasks that may run at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrent_tasks: Option<i64>,
    /// Calls a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_api_calls: Option<i64>,
    /// Calls a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_api_calls: Option<i64>,
    /// Bytes of traffic a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_traffic: Option<i64>,
    /// Bytes of traffic a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_traffic: Option<i64>,
    /// Minutes of processing a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_process: Option<i64>,
    /// Minutes of processing a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_process: Option<i64>,
    /// How many days a period of it lasts.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub number_of_days: Option<Option<i64>>,
}
