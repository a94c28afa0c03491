//! Names of fields, which the library writes in snake case and the command line in camel case. Declarations have them
//! in snake case.

/// `primaryGroupId` and `primary_group_id` as `primary_group_id`, and `aiSQLAssistDisabled` as
/// `ai_sql_assist_disabled`: as the library turns names round.
pub(super) fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let begins_word = letter.is_ascii_uppercase()
            && before.is_some_and(|before| before != '_')
            && (before.is_some_and(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
                || letters.get(at + 1).is_some_and(char::is_ascii_lowercase));
        if begins_word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// `primary_group_id` as `primaryGroupId`.
pub(super) fn camel(name: &str) -> String {
    // The vendor writes these two abbreviations in capitals.
    match name {
        "ai_sql_assist_disabled" => return "aiSQLAssistDisabled".to_owned(),
        "standard_sql_autocomplete_disabled" => {
            return "standardSQLAutocompleteDisabled".to_owned();
        }
        _ => {}
    }
    let mut camel = String::with_capacity(name.len());
    let mut begins_word = false;
    for letter in name.chars() {
        match letter {
            '_' => begins_word = true,
            letter if begins_word => {
                camel.push(letter.to_ascii_uppercase());
                begins_word = false;
            }
            letter => camel.push(letter),
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_name_are_one() {
        for (one, other) in [
            ("name", "name"),
            ("primary_group_id", "primaryGroupId"),
            ("exempt_from_org_sms_otp_disabled", "exemptFromOrgSmsOtpDisabled"),
            ("ai_sql_assist_disabled", "aiSQLAssistDisabled"),
            ("standard_sql_autocomplete_disabled", "standardSQLAutocompleteDisabled"),
        ] {
            assert_eq!(camel(one), other);
            assert_eq!(snake(other), one);
            assert_eq!(snake(one), one);
        }
        assert_eq!(snake("organizationSSODisableCapable"), "organization_sso_disable_capable");
        assert_eq!(snake("aiSqlAssistDisabled"), "ai_sql_assist_disabled");
        assert_eq!(snake("ID"), "id");
    }
}
