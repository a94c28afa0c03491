//! `admin/organizations`, announcements, and the places that the command wants to find.

use roster_model::{Organization, PageRequest};
use serde_json::{Value, json};

use super::{
    Reply,
    call::Call,
    fields::{Field, texts},
    replies::{self, done},
};

/// Which organizations are wanted.
pub(super) const WANTED: &[Field] = &[texts("status"), texts("org_type")];

/// All there are are active, and of no type.
pub(super) async fn list(call: &Call) -> Reply {
    let mut organizations = Vec::new();
    let mut page = PageRequest { limit: Some(1000), ..PageRequest::default() };
    loop {
        let read = call.core().list_all_organizations(&call.actor, &page).await?;
        organizations.extend(read.items);
        match read.next {
            Some(next) => page.cursor = Some(next),
            None => break,
        }
    }
    let is_wanted = call.query.texts("status").is_none_or(|words| words.contains(&"active"))
        && call.query.texts("org_type").is_none();
    let shown = organizations.iter().filter(|_| is_wanted).map(record);
    done(&shown.collect::<Vec<_>>())
}

fn record(organization: &Organization) -> Value {
    json!({
        "id": organization.id,
        "name": organization.name,
        "slug": organization.slug,
        "accountManagerId": null,
        "csSpecialistId": null,
        "status": "active",
        "orgType": null,
        "customBranding": null,
        "contractSize": null,
        "maxAnalystUsers": null,
        "maxReportUsers": null,
        "vertical": null,
        "csMetadata": null,
        "removeFooterInEmails": false,
        "salesforceAccountId": null,
        "tableauSiteId": null,
        "fedrampEnabled": false,
        "createdById": null,
        "lastUpdatedById": null,
        "advancedSettings": {},
        "tableauRefreshHistory": [],
    })
}

/// Roster announces nothing.
pub(super) async fn list_announcements(call: &Call) -> Reply {
    replies::page(&call.page()?, 0, &Value::Array(Vec::new()))
}

/// The command starts only where there is something of this name.
pub(super) async fn placeholder(_: &Call) -> Reply {
    done(&Value::Array(Vec::new()))
}
