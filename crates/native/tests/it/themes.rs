//! Logos and hostile themes on the wire (threats T37, T45).

use http::StatusCode;
use roster_model::{ErrorCode, Theme, ThemeLogo};
use roster_testing::{Answer, Person, Roster, on_both_databases};
use serde_json::json;

/// A GIF that is at the same time a script, and a page for whoever looks further.
const POLYGLOT: &[u8] =
    b"GIF89a=\t0\n;alert(1)//<!doctype html><script>alert(document.domain)</script>";
const SVG: &[u8] =
    b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>";

async fn send(who: &Person, path: &str, media_type: &str, bytes: &[u8]) -> Answer {
    let bearer = format!("Bearer {}", who.token);
    let headers = [("authorization", &*bearer), ("content-type", media_type)];
    who.roster.call_with("PUT", path, &headers, bytes.to_vec()).await
}

async fn a_theme(boss: &Person) -> (Theme, String) {
    let theme: Theme = boss.post("/api/v1/themes", json!({"name": "Harbour"})).await.done(201);
    let path = format!("/api/v1/themes/{}/logo", theme.id);
    (theme, path)
}

async fn fetch(roster: &Roster, logo: &ThemeLogo, method: &str) -> Answer {
    let path = format!("/api/v1/theme-logos/{}", logo.name);
    roster.call(method, &path, None, None).await
}

on_both_databases! {
    async fn t37_a_logo_is_shown_as_an_image_and_runs_nothing(roster: Roster) {
        let admin = roster.admin().await;
        let (theme, path) = a_theme(&admin).await;
        // Whatever it is said to be, its content decides.
        for said in ["image/png", "application/octet-stream", "image/gif"] {
            let theme: Theme = send(&admin, &path, said, POLYGLOT).await.done(200);
            let logo = theme.logo.unwrap();
            let image = fetch(&roster, &logo, "GET").await;
            assert_eq!((image.status(), &*image.bytes), (StatusCode::OK, POLYGLOT));
            for (header, value) in [
                ("content-type", "image/gif"),
                ("x-content-type-options", "nosniff"),
                ("content-disposition", "inline"),
                ("content-security-policy", "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
                ("cache-control", "private, max-age=86400"),
            ] {
                assert_eq!(image.header(header), Some(value), "{header}");
            }
            assert_eq!(image.header("set-cookie"), None);
            let head = fetch(&roster, &logo, "HEAD").await;
            assert_eq!((head.status(), head.bytes.len()), (StatusCode::OK, 0));
        }
        let read: Theme = admin.get(&format!("/api/v1/themes/{}", theme.id)).await.done(200);
        assert_eq!(read.logo.unwrap().size, POLYGLOT.len() as i64);
    }

    async fn t37_a_drawing_a_page_or_a_script_is_no_logo(roster: Roster) {
        let admin = roster.admin().await;
        let (theme, path) = a_theme(&admin).await;
        for said in ["image/svg+xml", "text/html", "application/json", "multipart/form-data", "image/*", ""] {
            for bytes in [SVG, POLYGLOT] {
                let problem = send(&admin, &path, said, bytes).await.problem();
                assert_eq!(problem.status, 415, "{said}");
                assert!(problem.detail.contains("image/png"), "{}", problem.detail);
            }
        }
        for bytes in [SVG, b"<!doctype html><script>alert(1)</script>", b"alert(1)", b"", b"GIF89a"] {
            let refused = send(&admin, &path, "image/png", bytes).await;
            let problem = refused.refused(422, ErrorCode::FieldInvalid);
            assert_eq!(problem.field.as_deref(), Some("logo"), "{}", problem.detail);
        }
        let read: Theme = admin.get(&format!("/api/v1/themes/{}", theme.id)).await.done(200);
        assert_eq!(read, theme);
    }

    async fn t45_a_logo_is_bounded(roster: Roster) {
        let admin = roster.admin().await;
        let (_, path) = a_theme(&admin).await;
        let mut image = POLYGLOT.to_vec();
        image.resize(512 * 1024, 0);
        send(&admin, &path, "image/gif", &image).await.done::<Theme>(200);
        image.push(0);
        let refused = send(&admin, &path, "image/gif", &image).await;
        refused.refused(422, ErrorCode::FieldInvalid);
        image.resize(1024 * 1024 + 1, 0);
        assert_eq!(send(&admin, &path, "image/gif", &image).await.problem().status, 413);
    }

    async fn t37_what_a_theme_says_is_text(roster: Roster) {
        let admin = roster.admin().await;
        let hostile = "</script><img src=x onerror=alert(1)>\"'`{{7*7}}";
        let settings = json!({hostile: hostile}).to_string();
        let new = json!({"name": hostile, "settings": settings});
        let answer = admin.post("/api/v1/themes", new).await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        let made: Theme = answer.done(201);
        assert_eq!((&*made.name, &made.settings), (hostile, &settings));
    }

    async fn t03_a_logo_has_a_name_that_is_told_to_nobody_else(roster: Roster) {
        let admin = roster.admin().await;
        let other = roster.organization("other").await;
        let far = roster.person_who("far", |new| new.organization_id = Some(other)).await;
        let (theme, path) = a_theme(&admin).await;
        let theme: Theme = {
            assert_eq!(theme.logo, None);
            send(&admin, &path, "image/gif", POLYGLOT).await.done(200)
        };
        let logo = theme.logo.unwrap();
        for path in ["/api/v1/themes".to_owned(), format!("/api/v1/themes/{}", theme.id), "/api/v1/audit-events".to_owned()] {
            let text = far.get(&path).await.text();
            assert!(!text.contains(&logo.name), "{path}: {text}");
        }
        for name in [logo.id.to_string(), "0".repeat(32), format!("{}x", logo.name), logo.name[..31].to_owned(), "%20".to_owned()] {
            let answer = roster.call("GET", &format!("/api/v1/theme-logos/{name}"), None, None).await;
            answer.refused(404, ErrorCode::NotFound);
        }
    }
}
