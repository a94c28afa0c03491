//! The shape of requests and replies at the airt door (threats T12, T33, T45, T46).

use http::StatusCode;
use roster_testing::{PASSWORD, Roster};
use serde_json::{Value, json};

use crate::airt::{Guest, call, checked, detail, on_both_databases};

/// Every path of the door, with a method that it knows.
const ROUTES: [(&str, &str); 24] = [
    ("POST", "/token"),
    ("POST", "/sso/initiate"),
    ("GET", "/sso/token"),
    ("GET", "/version"),
    ("POST", "/user"),
    ("GET", "/user"),
    ("GET", "/user/details"),
    ("POST", "/user/x/update"),
    ("DELETE", "/user/x"),
    ("GET", "/user/x/enable"),
    ("GET", "/user/mfa/generate"),
    ("POST", "/user/mfa/activate"),
    ("DELETE", "/user/mfa/x/disable"),
    ("POST", "/user/sso/enable"),
    ("DELETE", "/user/sso/x/disable/google"),
    ("POST", "/user/register_phone_number"),
    ("GET", "/user/validate_phone_number"),
    ("GET", "/user/send_sms_otp"),
    ("POST", "/user/reset_password"),
    ("POST", "/apikey"),
    ("GET", "/x/apikey"),
    ("GET", "/apikey/x"),
    ("DELETE", "/x/apikey/x"),
    ("GET", "/user/x/enable"),
];

on_both_databases! {
    async fn slashes_make_no_difference(roster: Roster) {
        for (method, path) in ROUTES {
            let plain = call(&roster, method, path, None, None).await;
            assert_ne!(plain.status(), StatusCode::NOT_FOUND, "{method} {path}");
            for spelled in [format!("{path}/"), format!("/{path}"), path.replace('/', "//")] {
                let answer = call(&roster, method, &spelled, None, None).await;
                assert_eq!((answer.status(), answer.text()), (plain.status(), plain.text()), "{spelled}");
            }
        }
    }

    async fn only_what_needs_a_login_asks_for_one(roster: Roster) {
        let open = ["/token", "/sso/initiate", "/sso/token", "/version", "/user/send_sms_otp", "/user/reset_password"];
        for (method, path) in ROUTES {
            for header in [None, Some("Bearer None"), Some("Bearer ros_nonsense"), Some("Basic YTpi"), Some("x")] {
                let headers: Vec<_> = header.map(|value| ("authorization", value)).into_iter().collect();
                let answer = checked(roster.call_with(method, &format!("/airt{path}"), &headers, "").await);
                let asks = answer.status() == StatusCode::UNAUTHORIZED;
                assert_eq!(asks, !open.contains(&path), "{method} {path} {header:?}");
            }
        }
    }

    async fn what_is_not_there_is_said_in_airts_form(roster: Roster) {
        for path in ["", "/", "/nothing", "/user/x/y/z", "/model", "/user/%ff", "/a%00b"] {
            let answer = call(&roster, "GET", path, None, None).await;
            assert!(answer.status().is_client_error(), "{path}");
        }
        let long = "x".repeat(10_000_000);
        let answer = checked(roster.call_with("POST", "/airt/user/reset_password", &[], long).await);
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    async fn a_body_is_read_whatever_its_content_type_says(roster: Roster) {
        Guest::new(&roster, "ann").await;
        let body = json!({"username": "ann", "password": PASSWORD, "sso_provider": "nowhere"}).to_string();
        for headers in [&[][..], &[("content-type", "text/plain")], &[("content-type", "application/json")]] {
            let answer = checked(roster.call_with("POST", "/airt/sso/initiate", headers, body.clone()).await);
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{}", answer.text());
        }
    }

    async fn a_malformed_body_is_refused_before_anything_else(roster: Roster) {
        let boss = Guest::super_user(&roster, "boss").await;
        let bearer = format!("Bearer {}", boss.token);
        let headers = [("authorization", &*bearer), ("content-type", "application/json")];
        for path in ["/user", "/apikey", "/user/reset_password", "/sso/initiate", "/user/mfa/activate", "/user/sso/enable"] {
            for body in ["", "{", "[]", "null", "\"x\"", "{}x", "\u{feff}{}", "[[[[[[[["] {
                let answer = checked(roster.call_with("POST", &format!("/airt{path}"), &headers, body).await);
                assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{path} {body}");
            }
        }
    }

    async fn t12_a_list_where_a_string_is_due_is_refused(roster: Roster) {
        let boss = Guest::super_user(&roster, "boss").await;
        for bad in [json!(["ann"]), json!({"a": 1}), json!(1), json!(true)] {
            let body = json!({"username": bad, "new_password": "amber walrus 1618", "otp": "1"});
            let answer = call(&roster, "POST", "/user/reset_password", None, Some(body)).await;
            assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
            assert!(detail(&answer).contains("username"));
        }
        let twice = "/user/send_sms_otp?username=a&username=b&message_template_name=get_token";
        assert_eq!(call(&roster, "GET", twice, None, None).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(boss.get("/user?limit=1&limit=2").await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }

    async fn t46_numbers_of_any_size_make_no_fault(roster: Roster) {
        let boss = Guest::super_user(&roster, "boss").await;
        for (number, status) in [
            ("0", 200), ("None", 200), ("", 200), ("9223372036854775807", 200), ("9223372036854775808", 200),
            ("18446744073709551615", 200), ("18446744073709551616", 422), ("-1", 422), ("1e3", 422), ("x", 422),
        ] {
            for path in [format!("/user?offset={number}"), format!("/{}/apikey?limit={number}", boss.uuid)] {
                assert_eq!(boss.get(&path).await.status().as_u16(), status, "{path}");
            }
        }
    }

    async fn a_list_longer_than_a_page_of_the_rulebook_is_whole(roster: Roster) {
        let boss = Guest::super_user(&roster, "boss").await;
        for number in 0..12 {
            roster.create(&roster_testing::new_user(&format!("ann{number}"))).await;
        }
        let names = |answer: Value| -> Vec<String> {
            answer.as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
        };
        let all = names(boss.get("/user?limit=100000").await.json());
        assert_eq!(all.len(), 13);
        assert_eq!(all[0], "boss");
        assert_eq!(names(boss.get("/user?offset=3&limit=4").await.json()), all[3..7]);
        assert_eq!(boss.get("/user?limit=0").await.json(), json!([]));
    }

    async fn a_user_has_exactly_its_twelve_keys(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let user = ann.get("/user/details").await.json();
        let created = roster.now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
        assert_eq!(user, json!({
            "uuid": ann.uuid, "username": "ann", "email": "ann@example.com", "super_user": false,
            "is_mfa_active": false, "disabled": false, "created": created, "subscription_type": "small",
            "first_name": "Ann", "last_name": "Archer", "phone_number": null, "is_phone_number_verified": false,
        }));
    }
}
