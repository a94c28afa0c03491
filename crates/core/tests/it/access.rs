//! Who may do what: every operation, every kind of caller and every way to stand to the target, against a table that
//! people have read. What changes here changes what somebody may do.

use std::{collections::BTreeSet, fmt::Write as _};

use roster_core::authz::{Caller, Decision, Operation, Relation, decide, rule};
use roster_model::{Role, SCOPES};

/// The table that was read.
const REVIEWED: &str = include_str!("access.txt");

const ROLES: [(&str, Role); 3] =
    [("system", Role::SystemAdmin), ("account", Role::AccountAdmin), ("viewer", Role::Viewer)];

type Kind = (&'static str, fn(Role) -> Caller);

const KINDS: [Kind; 5] = [
    ("", Caller::User),
    ("key", Caller::Key),
    ("limited", Caller::LimitedKey),
    ("enrol", Caller::Unenrolled),
    ("acting", Caller::Impersonator),
];

/// How callers stand to the target, and of what role it is.
const CASES: [(Relation, Option<Role>); 9] = [
    (Relation::Oneself, None),
    (Relation::Managed, Some(Role::Viewer)),
    (Relation::Managed, Some(Role::SystemAdmin)),
    (Relation::Granted, Some(Role::Viewer)),
    (Relation::Granted, Some(Role::SystemAdmin)),
    (Relation::SameOrganization, Some(Role::Viewer)),
    (Relation::SameOrganization, Some(Role::SystemAdmin)),
    (Relation::OtherAccount, Some(Role::Viewer)),
    (Relation::Elsewhere, Some(Role::Viewer)),
];

fn cell(operation: Operation, caller: Caller, role: Option<Role>) -> String {
    CASES
        .into_iter()
        .map(|(relation, target)| {
            let target = if relation == Relation::Oneself { role } else { target };
            match decide(operation, caller, relation, target) {
                Decision::Allow => '+',
                Decision::Unauthenticated => '?',
                Decision::Forbid => '-',
                Decision::Hide => '.',
            }
        })
        .collect()
}

fn table() -> String {
    let mut text = String::from(
        "# Each cell: oneself, managed viewer, managed admin, granted viewer, granted admin, viewer and admin of the same organization, of another account, elsewhere.\n\
         # + allowed, - forbidden, . as if it were not there, ? sign in first; * asks for a second factor.\n\n",
    );
    let callers = KINDS.iter().flat_map(|(kind, caller)| {
        ROLES.iter().map(move |(name, role)| (format!("{name} {kind}"), caller(*role), *role))
    });
    let callers: Vec<_> = callers.collect();
    write!(text, "{:31}{:9}", "", "nobody").unwrap();
    for (name, ..) in &callers {
        write!(text, " {name:15}").unwrap();
    }
    text.push('\n');
    for &operation in Operation::ALL {
        let star = if rule(operation).needs_step_up { "*" } else { "" };
        let name = format!("{}{star}", operation.as_str());
        write!(text, "{name:31}{:9}", cell(operation, Caller::Nobody, None)).unwrap();
        for (_, caller, role) in &callers {
            write!(text, " {:15}", cell(operation, *caller, Some(*role))).unwrap();
        }
        text.push('\n');
    }
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn who_may_do_what_is_what_was_reviewed() {
    let table = table();
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("access.txt");
    std::fs::write(&path, &table).unwrap();
    assert!(
        table == REVIEWED,
        "rights have changed: read {} and, if it is meant, put it in place of tests/it/access.txt",
        path.display()
    );
}

#[test]
fn ordinary_roles_may_all_do_the_same() {
    for &operation in Operation::ALL {
        for (_, caller) in KINDS {
            for role in [Role::Publisher, Role::Editor] {
                // A stronger ordinary user is nobody's to manage, so only what is not about managing is compared.
                for (relation, target) in CASES {
                    let target = target.map(|_| Role::Viewer);
                    assert_eq!(
                        decide(operation, caller(role), relation, target),
                        decide(operation, caller(Role::Viewer), relation, target),
                        "{operation:?} {role:?} {relation:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn t25_no_key_may_do_more_than_its_owner_and_a_limited_one_no_more_than_a_free_one() {
    for &operation in Operation::ALL {
        for (_, role) in ROLES {
            for (relation, target) in CASES {
                let may =
                    |caller: Caller| decide(operation, caller, relation, target) == Decision::Allow;
                let (user, key) = (may(Caller::User(role)), may(Caller::Key(role)));
                assert!(user || !key, "{operation:?}: a key may, its owner may not");
                for less in [Caller::LimitedKey(role), Caller::Impersonator(role)] {
                    assert!(key || !may(less), "{operation:?}: {less:?} may, a free key may not");
                }
                assert!(user || !may(Caller::Unenrolled(role)), "{operation:?}: unenrolled");
            }
        }
    }
}

#[test]
fn t24_nobody_but_system_admins_acts_on_a_system_admin() {
    for &operation in Operation::ALL {
        let who = rule(operation).who;
        let is_about_nobody =
            matches!(who, roster_core::authz::Who::Anyone | roster_core::authz::Who::SignedIn);
        for (_, caller) in KINDS {
            for role in [Role::AccountAdmin, Role::Publisher, Role::Editor, Role::Viewer] {
                for relation in [
                    Relation::SameOrganization,
                    Relation::Managed,
                    Relation::Granted,
                    Relation::OtherAccount,
                ] {
                    let target = Some(Role::SystemAdmin);
                    let decision = decide(operation, caller(role), relation, target);
                    assert!(
                        is_about_nobody || decision != Decision::Allow,
                        "{operation:?} by {role:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_scope_that_lets_a_key_do_something_is_listed() {
    let is_allowed = |operation, caller| {
        CASES.iter().any(|(relation, target)| {
            decide(operation, caller, *relation, *target) == Decision::Allow
        })
    };
    let due: BTreeSet<_> = Operation::ALL
        .iter()
        .filter(|one| is_allowed(**one, Caller::LimitedKey(Role::SystemAdmin)))
        .filter(|one| !is_allowed(**one, Caller::Nobody))
        // Every key may ask what it is, and none has a session to end; a key with scopes makes no copies of itself, only
        // one with constraints does.
        .filter(|one| {
            !matches!(one, Operation::Whoami | Operation::SignOut | Operation::CopyApiKey)
        })
        .map(|one| one.as_str().to_owned())
        .collect();
    let words = |(kind, operations): &(&str, &[&str])| -> Vec<_> {
        operations.iter().map(|one| format!("{kind}.{one}")).collect()
    };
    let listed: BTreeSet<_> = SCOPES.iter().flat_map(words).collect();
    assert_eq!(listed, due);

    let guide = include_str!("../../../../docs/guides/api-keys.md");
    let (_, table) = guide.split_once("\n| kind | operations |\n| --- | --- |\n").unwrap();
    let rows: Vec<_> = table.lines().take_while(|line| line.starts_with('|')).collect();
    let due: Vec<_> = SCOPES
        .iter()
        .map(|(kind, operations)| format!("| `{kind}` | `{}` |", operations.join("`, `")))
        .collect();
    assert_eq!(rows, due, "docs/guides/api-keys.md");
}
