//! What people own on the platform, as its other services tell it, and what people did there.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{ObjectId, UserId, problem::words};

words! {
    /// The kinds of things that people own (contract of the Civis door, section 9).
    ObjectType {
        /// A script that runs in a container.
        ContainerScript = "Container Script",
        /// A matching of people's records.
        IdentityResolution = "Identity Resolution",
        /// An import of data.
        Import = "Import",
        /// A script in Python.
        PythonScript = "Python Script",
        /// A script in R.
        RScript = "R Script",
        /// A script for dbt.
        DbtScript = "dbt Script",
        /// A script in JavaScript.
        JavaScriptScript = "JavaScript Script",
        /// A script in SQL.
        SqlScript = "SQL Script",
        /// A script made from a template.
        TemplateScript = "Template Script",
        /// A project.
        Project = "Project",
        /// A workflow.
        Workflow = "Workflow",
        /// A report in Tableau.
        TableauReport = "Tableau Report",
        /// A report that is a service.
        ServiceReport = "Service Report",
        /// A report in HTML.
        HtmlReport = "HTML Report",
        /// A report in SQL.
        SqlReport = "SQL Report",
        /// A table.
        Table = "Table",
    }
}

words! {
    /// How something that ran came out.
    RunState {
        /// It did what it was to do.
        Succeeded = "succeeded",
        /// It did not.
        Failed = "failed",
        /// It is at it.
        Running = "running",
    }
}

/// Something that somebody owns on the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegisteredObject {
    /// What kind of thing.
    pub object_type: ObjectType,
    /// Its number among those of its kind, given by the platform.
    pub object_id: ObjectId,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub author_id: UserId,
    /// Its state.
    pub state: RunState,
    /// What it is filed under.
    pub category: Option<String>,
    /// What the platform calls its last run.
    pub last_run_id: Option<String>,
    /// How that came out.
    pub last_run_state: Option<RunState>,
    /// When that was.
    pub last_run_at: Option<Timestamp>,
    /// When it runs next.
    pub next_run_at: Option<Timestamp>,
    /// When it last changed on the platform.
    pub updated_at: Timestamp,
    /// When Roster first heard of it.
    pub registered_at: Timestamp,
}

/// What a service tells about an object. It replaces all that was told before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectRegistration {
    /// Its name.
    pub name: String,
    /// Whose it is: a user's id, UUID, username or e-mail address.
    pub author: String,
    /// Its state.
    pub state: RunState,
    /// What it is filed under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What the platform calls its last run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run_id: Option<String>,
    /// How that came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run_state: Option<RunState>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run_at: Option<Timestamp>,
    /// When it runs next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_run_at: Option<Timestamp>,
    /// When it last changed on the platform; now, if that is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

/// Which objects are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ObjectFilter {
    /// Only those of this user (id, UUID, username or address).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Only those of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_type: Option<ObjectType>,
}

/// Something that happened to what the caller owns, or that the caller did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Activity {
    /// The object's number, or that of the entry in the audit log.
    pub id: String,
    /// The object's name, or what was done, for example `user.created`.
    pub name: String,
    /// The kind of object; `Management` for what the caller did in Roster.
    pub kind: String,
    /// Whose it is or who did it.
    pub user_id: UserId,
    /// That person's username.
    pub username: String,
    /// What the object is filed under; what it was done to.
    pub category: Option<String>,
    /// How it stands.
    pub state: RunState,
    /// When that was.
    pub updated_at: Timestamp,
    /// When it runs next.
    pub next_run_at: Option<Timestamp>,
    /// What the platform calls its last run.
    pub last_run_id: Option<String>,
    /// How that came out.
    pub last_run_state: Option<RunState>,
}

words! {
    /// How activity is ordered.
    ActivityOrder {
        /// The latest first.
        Newest = "newest",
        /// By name, from Z to A.
        Name = "name",
    }
}

/// Which activity is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ActivityFilter {
    /// Only what stands so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<RunState>,
    /// Only what is of these users: their numbers, with commas between.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The latest first, unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub order: Option<ActivityOrder>,
}
