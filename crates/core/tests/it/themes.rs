//! Themes: who sees and changes them, what they may hold, their logos, and the default of an organization.

use roster_core::{Actor, Error};
use roster_model::{
    AuditFilter, ErrorCode, Field, ImageType, LogoId, NewTheme, OrganizationId, OrganizationUpdate,
    PageRequest, Role, Theme, ThemeFilter, ThemeId, ThemeUpdate, UserRef,
};

use crate::fixture::{Roster, nobody, on_both_databases};

/// A GIF of one pixel, with text behind it that could be a script.
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\0\0\0;<script>alert(1)</script>";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x20\0\0\0\x10\x08\x06\0\0\0";

fn code<T>(result: Result<T, Error>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

fn field<T>(result: Result<T, Error>) -> Option<Field> {
    result.err().and_then(|error| error.field())
}

fn named(name: &str) -> NewTheme {
    NewTheme { name: name.into(), ..NewTheme::default() }
}

fn for_these(name: &str, organizations: &[OrganizationId]) -> NewTheme {
    NewTheme { organization_ids: Some(organizations.to_vec()), ..named(name) }
}

fn own(actor: &Actor) -> OrganizationId {
    actor.credential().unwrap().user.organization_id
}

async fn somebody(roster: &Roster, name: &str, role: Role) -> Actor {
    let user = roster.user(name, role).await;
    roster.acting(&user).await
}

async fn stranger(roster: &Roster, role: Role) -> Actor {
    let place = roster.elsewhere().await;
    let user = roster.stranger("stranger", role, place).await;
    roster.acting(&user).await
}

async fn names(roster: &Roster, actor: &Actor, filter: &ThemeFilter) -> Vec<String> {
    let page = PageRequest { count: Some(true), ..PageRequest::default() };
    let found = roster.list_themes(actor, filter, &page).await.unwrap();
    assert_eq!(found.total, Some(found.items.len() as u64));
    found.items.into_iter().map(|theme| theme.name).collect()
}

async fn default_of(roster: &Roster, actor: &Actor) -> Option<ThemeId> {
    let person = roster.get_person(actor, &UserRef::Me).await.unwrap();
    let organization = roster.get_organization(actor, own(actor)).await.unwrap();
    assert_eq!(person.organization.default_theme_id, organization.default_theme_id);
    organization.default_theme_id
}

fn default_theme(theme: Option<ThemeId>) -> OrganizationUpdate {
    OrganizationUpdate { default_theme_id: Some(theme), ..OrganizationUpdate::default() }
}

on_both_databases! {
    async fn themes_are_seen_by_the_people_of_their_organizations(roster: Roster) {
        let root = somebody(&roster, "root", Role::SystemAdmin).await;
        let ann = somebody(&roster, "ann", Role::Viewer).await;
        let far = stranger(&roster, Role::Viewer).await;
        let (home, other) = (own(&ann), own(&far));
        let mut made = Vec::new();
        for (name, organizations) in [
            ("home", vec![home]), ("other", vec![other]), ("both", vec![other, home, other]), ("none", vec![]),
        ] {
            made.push(roster.create_theme(&root, &for_these(name, &organizations)).await.unwrap());
        }
        assert_eq!(made[2].organization_ids, [home, other]);
        let all = ThemeFilter::default();
        let of = |organization| {
            ThemeFilter { organization_id: Some(organization), ..ThemeFilter::default() }
        };
        assert_eq!(names(&roster, &root, &all).await, ["home", "other", "both", "none"]);
        assert_eq!(names(&roster, &root, &of(other)).await, ["other", "both"]);
        assert_eq!(names(&roster, &ann, &all).await, ["home", "both"]);
        assert_eq!(names(&roster, &ann, &of(home)).await, ["home", "both"]);
        assert_eq!(names(&roster, &far, &all).await, ["other", "both"]);
        // Of another organization one sees neither what it has nor that it shares.
        assert!(names(&roster, &ann, &of(other)).await.is_empty());
        let called = |name: &str| ThemeFilter { name: Some(name.to_owned()), ..ThemeFilter::default() };
        assert_eq!(names(&roster, &root, &called("both")).await, ["both"]);
        assert_eq!(names(&roster, &ann, &called("home")).await, ["home"]);
        for name in ["other", "Both", "bot", "no", "%"] {
            assert!(names(&roster, &ann, &called(name)).await.is_empty(), "{name}");
        }
        let counted = PageRequest { count: Some(true), ..PageRequest::default() };
        let found = roster.list_themes(&root, &called("both"), &counted).await.unwrap();
        assert_eq!(found.total, Some(1));
        let refused = roster.list_themes(&root, &called("a\0b"), &PageRequest::default()).await;
        assert_eq!(code(refused), Some(ErrorCode::FieldInvalid));
        assert_eq!(roster.get_theme(&ann, made[2].id).await.unwrap().organization_ids, [home]);
        for hidden in [made[1].id, made[3].id, ThemeId(987_654)] {
            assert_eq!(code(roster.get_theme(&ann, hidden).await), Some(ErrorCode::NotFound));
        }
        assert_eq!(roster.get_theme(&root, made[3].id).await.unwrap(), made[3]);
        let narrowed = roster.get_theme_for(&root, home, made[1].id).await;
        assert_eq!(code(narrowed), Some(ErrorCode::NotFound));
        assert_eq!(roster.get_theme_for(&root, home, made[2].id).await.unwrap(), made[2]);
        let refused = roster.list_themes(&nobody(), &all, &PageRequest::default()).await;
        assert_eq!(code(refused), Some(ErrorCode::Unauthenticated));
    }

    async fn t22_administrators_write_the_themes_of_their_organization_alone(roster: Roster) {
        let root = somebody(&roster, "root", Role::SystemAdmin).await;
        let boss = somebody(&roster, "boss", Role::AccountAdmin).await;
        let ann = somebody(&roster, "ann", Role::Viewer).await;
        let far = stranger(&roster, Role::AccountAdmin).await;
        let (home, other) = (own(&boss), own(&far));
        let theme = roster.create_theme(&boss, &named("Harbour")).await.unwrap();
        assert_eq!((theme.organization_ids.clone(), &*theme.settings), (vec![home], "{}"));
        let shared = roster.create_theme(&root, &for_these("Shared", &[home, other])).await.unwrap();

        let (forbidden, hidden) = (Some(ErrorCode::Forbidden), Some(ErrorCode::NotFound));
        for (new, by_ann, by_boss) in [
            (named("x"), forbidden, None),
            (for_these("x", &[other]), hidden, hidden),
            (for_these("x", &[home, other]), forbidden, forbidden),
            (for_these("x", &[]), forbidden, Some(ErrorCode::FieldInvalid)),
            (for_these("x", &[OrganizationId(987_654)]), hidden, hidden),
        ] {
            assert_eq!(code(roster.create_theme(&ann, &new).await), by_ann, "{new:?}");
            assert_eq!(code(roster.create_theme(&boss, &new).await), by_boss, "{new:?}");
        }
        let unknown = roster.create_theme(&root, &for_these("x", &[home, OrganizationId(987_654)])).await;
        assert_eq!(field(unknown), Some(Field::OrganizationIds));
        let many: Vec<_> = (1..=40_000).map(OrganizationId).collect();
        assert_eq!(field(roster.create_theme(&root, &for_these("x", &many)).await), Some(Field::OrganizationIds));

        let renamed = ThemeUpdate { name: Some("Quay".into()), ..ThemeUpdate::default() };
        for (actor, id, expected) in [
            (&ann, theme.id, forbidden), (&ann, shared.id, forbidden), (&boss, shared.id, forbidden),
            (&far, theme.id, hidden), (&far, shared.id, forbidden), (&boss, ThemeId(987_654), hidden),
            (&root, ThemeId(987_654), hidden),
        ] {
            assert_eq!(code(roster.update_theme(actor, id, &renamed).await), expected);
            assert_eq!(code(roster.set_theme_logo(actor, id, GIF).await), expected);
            assert_eq!(code(roster.delete_theme(actor, id).await), expected);
        }
        assert_eq!(roster.update_theme(&boss, theme.id, &renamed).await.unwrap().name, "Quay");
        // Neither does one give one's own away, nor lose it.
        for (organizations, expected) in [
            (vec![other], hidden), (vec![home, other], forbidden), (vec![], Some(ErrorCode::FieldInvalid)), (vec![home], None),
        ] {
            let update = ThemeUpdate { organization_ids: Some(organizations), ..ThemeUpdate::default() };
            assert_eq!(code(roster.update_theme(&boss, theme.id, &update).await), expected, "{update:?}");
        }
        for (actor, expected) in [(&boss, forbidden), (&ann, forbidden), (&root, None)] {
            assert_eq!(code(roster.create_any_theme(actor, &named("y")).await), expected);
            assert_eq!(code(roster.update_any_theme(actor, theme.id, &renamed).await), expected);
        }
        assert_eq!(roster.get_theme(&root, shared.id).await.unwrap(), shared);
        roster.delete_theme(&boss, theme.id).await.unwrap();
        assert_eq!(code(roster.get_theme(&boss, theme.id).await), hidden);
    }

    async fn a_theme_is_changed_in_part_and_what_cannot_be_changes_nothing(roster: Roster) {
        let boss = somebody(&roster, "boss", Role::AccountAdmin).await;
        let new = NewTheme { settings: Some(r##"{ "color":"#369" }"##.into()), ..named("  Harbour ") };
        let theme = roster.create_theme(&boss, &new).await.unwrap();
        assert_eq!((&*theme.name, &*theme.settings), ("Harbour", r##"{ "color":"#369" }"##));
        assert_eq!((theme.created_by, theme.logo.as_ref()), (boss.user_id(), None));
        roster.advance(std::time::Duration::from_secs(1));
        let same = roster.update_theme(&boss, theme.id, &ThemeUpdate::default()).await.unwrap();
        assert_eq!(same, theme);
        let update = ThemeUpdate { settings: Some("{}".into()), ..ThemeUpdate::default() };
        let changed = roster.update_theme(&boss, theme.id, &update).await.unwrap();
        assert_eq!((&*changed.name, &*changed.settings), ("Harbour", "{}"));
        assert!(changed.updated_at > theme.updated_at);
        let change = |change: fn(&mut ThemeUpdate)| {
            let mut update = ThemeUpdate { name: Some("Other".into()), ..ThemeUpdate::default() };
            change(&mut update);
            update
        };
        for (update, expected) in [
            (change(|update| update.name = Some(" ".into())), Field::Name),
            (change(|update| update.name = Some("a\u{202e}b".into())), Field::Name),
            (change(|update| update.name = Some("a\0b".into())), Field::Name),
            (change(|update| update.name = Some("x".repeat(400))), Field::Name),
            (change(|update| update.settings = Some("[]".into())), Field::Settings),
            (change(|update| update.settings = Some(format!("{{\"a\":\"{}\"}}", "x".repeat(10_000)))), Field::Settings),
            (change(|update| update.logo_id = Some(Some(LogoId(7)))), Field::LogoId),
            (change(|update| update.logo_id = Some(Some(LogoId(-1)))), Field::LogoId),
        ] {
            assert_eq!(field(roster.update_theme(&boss, theme.id, &update).await), Some(expected), "{update:?}");
            let new = NewTheme {
                settings: update.settings.clone(),
                logo_id: update.logo_id.flatten(),
                ..named(update.name.as_deref().unwrap())
            };
            assert_eq!(field(roster.create_theme(&boss, &new).await), Some(expected), "{new:?}");
        }
        assert_eq!(roster.get_theme(&boss, theme.id).await.unwrap(), changed);
        assert_eq!(names(&roster, &boss, &ThemeFilter::default()).await, ["Harbour"]);
    }

    async fn t37_a_logo_is_an_image_by_its_content_and_gone_with_the_last_theme_that_has_it(roster: Roster) {
        let boss = somebody(&roster, "boss", Role::AccountAdmin).await;
        let theme = roster.create_theme(&boss, &named("Harbour")).await.unwrap();
        for wrong in [&b""[..], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>hello there</html>"] {
            assert_eq!(field(roster.set_theme_logo(&boss, theme.id, wrong).await), Some(Field::Logo));
        }
        let first = roster.set_theme_logo(&boss, theme.id, GIF).await.unwrap().logo.unwrap();
        assert_eq!((first.media_type, first.width, first.size), (ImageType::Gif, 1, GIF.len() as i64));
        assert_eq!(first.name.len(), 32);
        // Whoever knows the name gets it: no credential is asked for.
        let image = roster.get_logo_image(&nobody(), &first.name).await.unwrap();
        assert_eq!((image.media_type, &*image.bytes), (ImageType::Gif, GIF));
        let other = NewTheme { logo_id: Some(first.id), ..named("Other") };
        let other = roster.create_theme(&boss, &other).await.unwrap();
        assert_eq!(other.logo.as_ref(), Some(&first));

        let second = roster.set_theme_logo(&boss, theme.id, PNG).await.unwrap().logo.unwrap();
        assert_eq!((second.media_type, second.width, second.height), (ImageType::Png, 32, 16));
        assert!(second.id != first.id && second.name != first.name);
        roster.get_logo_image(&nobody(), &first.name).await.unwrap();
        roster.delete_theme(&boss, other.id).await.unwrap();
        assert_eq!(code(roster.get_logo_image(&nobody(), &first.name).await), Some(ErrorCode::NotFound));
        let away = ThemeUpdate { logo_id: Some(None), ..ThemeUpdate::default() };
        assert_eq!(roster.update_theme(&boss, theme.id, &away).await.unwrap().logo, None);
        for name in [second.name.as_str(), "", "x", "a\0b", &"0".repeat(32), &second.name.to_uppercase()] {
            assert_eq!(code(roster.get_logo_image(&nobody(), name).await), Some(ErrorCode::NotFound), "{name:?}");
        }
    }

    async fn t23_a_logo_of_others_is_not_had_by_its_number(roster: Roster) {
        let boss = somebody(&roster, "boss", Role::AccountAdmin).await;
        let far = stranger(&roster, Role::AccountAdmin).await;
        let root = somebody(&roster, "root", Role::SystemAdmin).await;
        let theme = roster.create_theme(&far, &named("Far")).await.unwrap();
        let logo = roster.set_theme_logo(&far, theme.id, GIF).await.unwrap().logo.unwrap();
        let with = NewTheme { logo_id: Some(logo.id), ..named("Near") };
        assert_eq!(field(roster.create_theme(&boss, &with).await), Some(Field::LogoId));
        let near = roster.create_theme(&boss, &named("Near")).await.unwrap();
        let update = ThemeUpdate { logo_id: Some(Some(logo.id)), ..ThemeUpdate::default() };
        assert_eq!(field(roster.update_theme(&boss, near.id, &update).await), Some(Field::LogoId));
        let taken = roster.update_theme(&root, near.id, &update).await.unwrap();
        assert_eq!(taken.logo, Some(logo));
    }

    async fn an_organizations_default_is_one_of_its_themes(roster: Roster) {
        let root = somebody(&roster, "root", Role::SystemAdmin).await;
        let boss = somebody(&roster, "boss", Role::AccountAdmin).await;
        let ann = somebody(&roster, "ann", Role::Viewer).await;
        let far = stranger(&roster, Role::AccountAdmin).await;
        let (home, other) = (own(&boss), own(&far));
        let theme = roster.create_theme(&root, &for_these("Shared", &[home, other])).await.unwrap();
        let foreign = roster.create_theme(&far, &named("Far")).await.unwrap();
        assert_eq!(default_of(&roster, &ann).await, None);
        for id in [foreign.id, ThemeId(987_654), ThemeId(-1)] {
            let refused = roster.update_organization(&boss, home, &default_theme(Some(id))).await;
            assert_eq!(field(refused), Some(Field::DefaultThemeId), "{id}");
        }
        let update = default_theme(Some(theme.id));
        let refused = roster.update_organization(&ann, home, &update).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        let refused = roster.update_organization(&boss, other, &update).await;
        assert_eq!(code(refused), Some(ErrorCode::NotFound));
        roster.update_organization(&boss, home, &update).await.unwrap();
        roster.update_organization(&far, other, &update).await.unwrap();
        assert_eq!(default_of(&roster, &ann).await, Some(theme.id));

        // An organization that loses a theme has it no longer as its default.
        let here = ThemeUpdate { organization_ids: Some(vec![home]), ..ThemeUpdate::default() };
        roster.update_theme(&root, theme.id, &here).await.unwrap();
        assert_eq!(default_of(&roster, &far).await, None);
        assert_eq!(default_of(&roster, &ann).await, Some(theme.id));
        roster.update_organization(&boss, home, &default_theme(None)).await.unwrap();
        assert_eq!(default_of(&roster, &ann).await, None);
        roster.update_organization(&boss, home, &update).await.unwrap();
        roster.delete_theme(&boss, theme.id).await.unwrap();
        assert_eq!(default_of(&roster, &ann).await, None);
    }

    async fn what_is_done_to_themes_is_in_the_audit_log(roster: Roster) {
        let root = somebody(&roster, "root", Role::SystemAdmin).await;
        let home = own(&root);
        let theme = roster.create_theme(&root, &named("Harbour")).await.unwrap();
        roster.set_theme_logo(&root, theme.id, GIF).await.unwrap();
        roster.update_organization(&root, home, &default_theme(Some(theme.id))).await.unwrap();
        let none = ThemeUpdate { organization_ids: Some(vec![]), ..ThemeUpdate::default() };
        roster.update_theme(&root, theme.id, &none).await.unwrap();
        roster.delete_theme(&root, theme.id).await.unwrap();
        let (filter, page) = (AuditFilter::default(), PageRequest::default());
        let events = roster.list_audit_events(&root, &filter, &page).await.unwrap().items;
        let subject = format!("theme:{}", theme.id);
        let about: Vec<_> = events.iter().filter(|event| event.subject.as_ref() == Some(&subject)).collect();
        let actions: Vec<_> = about.iter().rev().map(|event| event.action.as_str()).collect();
        assert_eq!(actions, ["theme.created", "theme.updated", "theme.updated", "theme.deleted"]);
        assert_eq!(about[1].changes["no_longer_default_of"], serde_json::json!([home]));
        assert!(about.iter().all(|event| event.actor_id == root.user_id()));
    }

    async fn a_list_of_themes_comes_in_pages(roster: Roster) {
        let boss = somebody(&roster, "boss", Role::AccountAdmin).await;
        let mut made: Vec<Theme> = Vec::new();
        for number in 0..5 {
            made.push(roster.create_theme(&boss, &named(&format!("theme {number}"))).await.unwrap());
        }
        let mut page = PageRequest { limit: Some(2), count: Some(true), ..PageRequest::default() };
        let mut seen = Vec::new();
        loop {
            let found = roster.list_themes(&boss, &ThemeFilter::default(), &page).await.unwrap();
            assert_eq!(found.total, Some(5));
            seen.extend(found.items);
            page.cursor = found.next;
            if page.cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, made);
    }
}
