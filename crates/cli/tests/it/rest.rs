//! Sessions, groups, organizations, plans, messages and the audit log.

use crate::support::Machine;

#[tokio::test(flavor = "multi_thread")]
async fn other_sessions_are_ended() {
    let machine = Machine::new().await;
    let ann = machine.roster.person("ann").await;
    let elsewhere = machine.roster.sign_in(ann.user.clone()).await;
    let list = machine.run(&ann, &["session", "ls", "-q"]).done();
    assert_eq!(list.lines().count(), 2);
    for one in ["details", "end"] {
        let refused = machine.run(&ann, &["session", one, "nope"]);
        assert_eq!(refused.code, 2);
        assert!(refused.err.contains("this is not the UUID of a session"), "{}", refused.err);
    }
    let ended = machine.run(&ann, &["session", "end", "--others"]);
    assert!(ended.err.contains("1 session ended"), "{}", ended.err);
    assert!(ann.is_signed_in().await && !elsewhere.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_made_filled_and_emptied_by_name() {
    let machine = Machine::new().await;
    let admin = machine.roster.admin().await;
    machine.roster.person("ann").await;
    machine.run(&admin, &["group", "create", "Night crew", "--slug", "crew"]).done();
    machine.run(&admin, &["group", "add", "crew", "ann", "--manager"]).done();
    let members = ["group", "members", "Night crew", "-f", "username,rank", "--output", "csv"];
    assert_eq!(machine.run(&admin, &members).done(), "username,rank\nann,manager\n");
    machine.run(&admin, &["group", "create", "Leads", "--role", "team_admin"]).done();
    let share = ["group", "share", "crew", "--group", "leads", "--permission", "manage"];
    machine.run(&admin, &share).done();
    let children = ["group", "children", "leads", "-f", "permission,name", "--output", "csv"];
    assert_eq!(machine.run(&admin, &children).done(), "permission,name\nmanage,Night crew\n");
    let shares = ["group", "shares", "crew", "-f", "permission,kind,name", "--output", "csv"];
    assert_eq!(machine.run(&admin, &shares).done(), "permission,kind,name\nmanage,group,Leads\n");
    machine.run(&admin, &["group", "unshare", "crew", "--group", "leads"]).done();
    let roles = machine.run(&admin, &["role", "ls", "-q"]).done();
    assert!(roles.lines().any(|slug| slug == "org_admin"), "{roles}");
    let people = ["user", "people", "--search", "ann", "-f", "username,group_names,account_state"];
    let people = machine.run(&admin, &[&people[..], &["--output", "csv"]].concat()).done();
    assert!(people.contains("Night crew") && people.contains("active"), "{people}");
    machine.run(&admin, &["user", "suspend", "ann"]).done();
    machine.run(&admin, &["user", "unsuspend", "ann"]).done();
    let person = ["user", "person", "ann", "-f", "account_state", "--output", "csv"];
    assert!(machine.run(&admin, &person).done().contains("unsuspended"));
    machine.run(&admin, &["user", "end-sessions", "ann"]).done();
    machine.run(&admin, &["group", "remove", "crew", "ann"]).done();
    machine.run(&admin, &["group", "delete", "crew", "-y"]).done();
    assert!(machine.run(&admin, &["group", "details", "crew"]).refused().contains("no group crew"));
    // The slug goes before names, and what is typed is text and no condition.
    machine.run(&admin, &["group", "create", "Wolves", "--slug", "pack"]).done();
    machine.run(&admin, &["group", "create", "pack", "--slug", "boxes"]).done();
    machine.run(&admin, &["group", "create", "Ann's", "--slug", "anns"]).done();
    for (text, slug) in
        [("pack", "pack"), ("Wolves", "pack"), ("boxes", "boxes"), ("Ann's", "anns")]
    {
        let details = ["group", "details", text, "-f", "slug", "--output", "csv"];
        assert_eq!(machine.run(&admin, &details).done(), format!("slug\n{slug}\n"), "{text}");
    }
    let injected = ["group", "details", "x' OR name LIKE '%"];
    assert!(machine.run(&admin, &injected).refused().contains("no group x' OR"));
}

#[tokio::test(flavor = "multi_thread")]
async fn favorites_are_added_moved_and_removed_and_show_what_a_service_told() {
    let machine = Machine::new().await;
    let admin = machine.roster.admin().await;
    let ann = machine.roster.person("ann").await;
    let put = ["object", "put", "Project", "7", "--name", "Census", "--author", "ann"];
    machine.run(&admin, &[&put[..], &["--state", "running"]].concat()).done();
    let mut ids = Vec::new();
    for number in ["7", "8"] {
        ids.push(machine.run(&ann, &["favorite", "add", "Project", number, "-q"]).done());
    }
    machine.run(&ann, &["favorite", "top", ids[1].trim()]).done();
    let list = ["favorite", "ls", "-f", "position,object_id,object_name", "--output", "csv"];
    let listed = machine.run(&ann, &list).done();
    assert_eq!(listed, "position,object_id,object_name\n1,8,\n2,7,Census\n");
    machine.run(&ann, &["favorite", "rm", ids[1].trim()]).done();
    assert_eq!(machine.run(&ann, &["favorite", "ls", "-q"]).done(), ids[0]);
    let activity = ["activity", "-f", "name,state", "--output", "csv"];
    assert_eq!(machine.run(&ann, &activity).done(), "name,state\nCensus,running\n");
    machine.run(&admin, &["object", "rm", "Project", "7"]).done();
    assert_eq!(machine.run(&ann, &["object", "ls", "-q"]).done(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn feature_flags_are_made_switched_and_removed() {
    let machine = Machine::new().await;
    let admin = machine.roster.admin().await;
    let ann = machine.roster.person("ann").await;
    machine.run(&admin, &["flag", "create", "new_editor"]).done();
    machine.run(&admin, &["group", "create", "Crew"]).done();
    let for_whom = ["--user", "ann", "--group", "crew", "--org", "1"];
    machine.run(&admin, &[&["flag", "on", "new_editor"], &for_whom[..]].concat()).done();
    machine.run(&admin, &["flag", "off", "new_editor", "--org", "1"]).done();
    let switches = ["flag", "switches", "new_editor", "-f", "scope,name", "--output", "csv"];
    assert_eq!(machine.run(&admin, &switches).done(), "scope,name\ngroup,Crew\nuser,ann\n");
    let own = ["flag", "of", "-f", "name,is_on,through", "--output", "csv"];
    let own = machine.run(&ann, &own).done();
    assert_eq!(own, "name,is_on,through\nnew_editor,true,user\n");
    let having = ["user", "people", "--feature-flag", "new_editor", "-f", "username,email"];
    let having = machine.run(&ann, &[&having[..], &["--output", "csv"]].concat()).done();
    assert_eq!(having, "username,email\nann,ann@example.com\n");
    machine.run(&admin, &["flag", "on", "new_editor", "--everybody"]).done();
    let list = ["flag", "ls", "-f", "name,is_on_for_everybody,user_count", "--output", "csv"];
    let list = machine.run(&admin, &list).done();
    assert_eq!(list, "name,is_on_for_everybody,user_count\nnew_editor,true,1\n");
    assert!(machine.run(&admin, &["flag", "on", "new_editor"]).refused().contains("--everybody"));
    machine.run(&ann, &["flag", "ls"]).refused();
    machine.run(&admin, &["flag", "rm", "new_editor", "--yes"]).done();
    assert_eq!(machine.run(&admin, &["flag", "ls", "-q"]).done(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn themes_are_made_given_a_logo_and_to_an_organization() {
    let machine = Machine::new().await;
    let admin = machine.roster.admin().await;
    let ann = machine.roster.person("ann").await;
    let image = b"GIF89a\x01\0\x01\0\0\0\0;";
    std::fs::write(machine.file("logo.gif"), image).unwrap();
    std::fs::write(machine.file("drawing.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>")
        .unwrap();
    let settings = r##"{"color": "#336699"}"##;
    let id =
        machine.run(&admin, &["theme", "create", "Harbour", "--settings", settings, "-q"]).done();
    machine.run(&admin, &["theme", "logo", "set", "Harbour", "logo.gif"]).done();
    let refused =
        machine.run(&admin, &["theme", "logo", "set", "Harbour", "drawing.svg"]).refused();
    assert!(refused.contains("PNG, JPEG, GIF or WebP"), "{refused}");
    let list = ["theme", "ls", "-f", "id,name,logo_type,settings", "--output", "csv"];
    let listed = machine.run(&ann, &list).done();
    let expected = format!(
        "id,name,logo_type,settings\n{},Harbour,image/gif,\"{}\"\n",
        id.trim(),
        settings.replace('"', "\"\"")
    );
    assert_eq!(listed, expected);
    machine.run(&ann, &["theme", "logo", "get", "Harbour", "copy.gif"]).done();
    assert_eq!(std::fs::read(machine.file("copy.gif")).unwrap(), image);
    machine.run(&admin, &["org", "edit", "1", "--default-theme", "Harbour"]).done();
    let default = ["org", "details", "1", "-f", "default_theme_id"];
    assert_eq!(machine.run(&ann, &default).done(), id);
    let edit = ["theme", "edit", "Harbour", "--name", "Quay", "--settings-file", "-"];
    machine.run_with_input(Some(&admin.token), &edit, "{}").done();
    assert!(machine.run(&admin, &["theme", "show", "Harbour"]).refused().contains("no theme"));
    assert!(machine.run(&ann, &["theme", "show", "Quay"]).done().contains("{}"));
    assert!(machine.run(&ann, &["theme", "rm", "Quay", "-y"]).refused().contains("permission"));
    machine.run(&admin, &["theme", "create", "Twin", "-q"]).done();
    let other = machine.run(&admin, &["theme", "create", "Twin", "-q"]).done();
    let twins =
        machine.run(&admin, &["theme", "ls", "--name", "Twin", "-f", "name", "--output", "csv"]);
    assert_eq!(twins.done(), "name\nTwin\nTwin\n");
    assert!(machine.run(&admin, &["theme", "show", "Twin"]).refused().contains("several themes"));
    machine.run(&admin, &["theme", "rm", other.trim(), "-y"]).done();
    machine.run(&admin, &["theme", "show", "Twin"]).done();
    machine.run(&admin, &["theme", "rm", "Twin", "-y"]).done();
    machine.run(&admin, &["theme", "logo", "rm", "Quay"]).done();
    assert!(
        machine.run(&ann, &["theme", "logo", "get", "Quay", "-"]).refused().contains("no logo")
    );
    machine.run(&admin, &["org", "edit", "1", "--default-theme", ""]).done();
    assert_eq!(machine.run(&ann, &default).done(), "\n");
    machine.run(&admin, &["theme", "rm", "Quay", "-y"]).done();
    assert_eq!(machine.run(&ann, &["theme", "ls", "-q"]).done(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_are_made_given_renewed_and_deleted_once_nobody_has_them() {
    let machine = Machine::new().await;
    let admin = machine.roster.admin().await;
    let ann = machine.roster.person("ann").await;
    let numbers = ["storage", "concurrent-tasks", "daily-api-calls", "monthly-api-calls"];
    let more = ["daily-traffic", "monthly-traffic", "daily-process", "monthly-process"];
    let numbers: Vec<_> = numbers.iter().chain(&more).map(|name| format!("--{name}=1")).collect();
    let mut create = vec!["plan", "create", "Trial", "--days", "30"];
    create.extend(numbers.iter().map(String::as_str));
    machine.run(&admin, &create).done();
    machine.run(&admin, &["plan", "update", "trial", "--storage", "5"]).done();
    let details = ["plan", "details", "trial", "-f", "name,storage", "--output", "csv"];
    assert_eq!(machine.run(&admin, &details).done(), "name,storage\nTrial,5\n");
    assert!(machine.run(&admin, &["plan", "assign", "trial", "ann"]).err.contains("ends at"));
    assert!(machine.run(&admin, &["plan", "renew", "ann"]).err.contains("ends at"));
    assert!(machine.run(&ann, &["plan", "renew", "me"]).refused().contains("permission"));
    assert!(machine.run(&admin, &["plan", "delete", "trial", "-y"]).refused().contains("have"));
    machine.run(&admin, &["plan", "assign", "small", "ann"]).done();
    machine.run(&admin, &["plan", "delete", "trial", "-y"]).done();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_there_is_can_be_looked_at() {
    let machine = Machine::new().await;
    let admin = machine.roster.admin().await;
    let register = ["user", "register-phone-number", "-p", "+441234567890"];
    assert!(machine.run(&admin, &register).refused().contains("is on its way"));
    for args in [
        &["plan", "ls"][..],
        &["plan", "details", "small"],
        &["org", "ls"],
        &["org", "details", "1"],
        &["org", "update", "1", "--name", "Works"],
        &["messages", "ls"],
        &["audit", "ls", "--action", "user.created"],
        &["user", "directory"],
        &["sso", "providers"],
        &["user", "sso", "ls"],
        &["config", "check"],
        &["config", "template"],
    ] {
        machine.run(&admin, args).done();
    }
}
