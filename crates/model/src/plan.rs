//! Plans that users subscribe to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::PlanId;

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
