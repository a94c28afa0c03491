//! What messages say. Pure functions: the same message in, the same text out, and no value is read as a template.

use roster_model::{PermissionLevel, is_invisible};

/// The kinds of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Template {
    /// A code or link to set a new password.
    ResetPassword,
    /// A code to turn MFA off.
    DisableMfa,
    /// A code that proves possession of a phone.
    VerifyPhone,
    /// A code to sign in.
    GetToken,
    /// A code or link that proves possession of an address.
    ConfirmEmail,
    /// To the old address: there is a new one, which counts at once or when it is confirmed.
    EmailChanged,
    /// The password is about to expire.
    PasswordExpires,
    /// The password was changed.
    PasswordChanged,
    /// MFA was turned off.
    MfaDisabled,
    /// An invitation to join.
    Invitation,
    /// A link that makes the account that somebody asked for.
    Registration,
    /// Somebody asked for an account of an address that has one.
    AlreadyRegistered,
    /// A new account whose password is still to be chosen.
    Welcome,
    /// A group was shared with the account.
    GroupShared,
}

/// That a group was shared with somebody.
#[derive(Clone, Copy, Debug)]
pub struct Shared<'a> {
    /// Who did it.
    pub by: &'a str,
    /// What the group is called.
    pub group: &'a str,
    /// What may be done with it.
    pub permission: PermissionLevel,
    /// What that person has to say.
    pub text: Option<&'a str>,
}

/// Who wants somebody to come, and where to.
#[derive(Clone, Copy, Debug)]
pub struct Invited<'a> {
    /// Who does, as people call that person; nobody, where it was the server or a job.
    pub by: Option<&'a str>,
    /// What the organization is called.
    pub organization: &'a str,
}

/// What goes into a message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parameters<'a> {
    /// Name of the account the message is about.
    pub username: &'a str,
    /// The code, where there is one.
    pub code: Option<&'a str>,
    /// The link, built from the public address.
    pub link: Option<&'a str>,
    /// How long code and link live, in minutes.
    pub minutes: u64,
    /// The share that it tells of.
    pub shared: Option<Shared<'a>>,
    /// The invitation that it is.
    pub invited: Option<Invited<'a>>,
}

/// A message ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Subject, for e-mail.
    pub subject: String,
    /// Text.
    pub text: String,
}

impl Template {
    /// Every kind of message.
    pub const ALL: [Self; 14] = [
        Self::ResetPassword,
        Self::DisableMfa,
        Self::VerifyPhone,
        Self::GetToken,
        Self::ConfirmEmail,
        Self::EmailChanged,
        Self::PasswordExpires,
        Self::PasswordChanged,
        Self::MfaDisabled,
        Self::Invitation,
        Self::Registration,
        Self::AlreadyRegistered,
        Self::Welcome,
        Self::GroupShared,
    ];

    /// Its name in the outbox.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset_password",
            Self::DisableMfa => "disable_mfa",
            Self::VerifyPhone => "verify_phone",
            Self::GetToken => "get_token",
            Self::ConfirmEmail => "confirm_email",
            Self::EmailChanged => "email_changed",
            Self::PasswordExpires => "password_expires",
            Self::PasswordChanged => "password_changed",
            Self::MfaDisabled => "mfa_disabled",
            Self::Invitation => "invitation",
            Self::Registration => "registration",
            Self::AlreadyRegistered => "already_registered",
            Self::Welcome => "welcome",
            Self::GroupShared => "group_shared",
        }
    }

    /// The kind called `name`.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.name() == name)
    }

    const fn subject(self) -> &'static str {
        match self {
            Self::ResetPassword => "Set a new password",
            Self::DisableMfa => "Turn off the second factor",
            Self::VerifyPhone => "Confirm your phone number",
            Self::GetToken => "Your sign-in code",
            Self::ConfirmEmail => "Confirm your e-mail address",
            Self::EmailChanged => "Your e-mail address was changed",
            Self::PasswordExpires => "Your password is about to expire",
            Self::PasswordChanged => "Your password was changed",
            Self::MfaDisabled => "The second factor was turned off",
            Self::Invitation => "You are invited",
            Self::Registration => "Make your account",
            Self::AlreadyRegistered => "You have an account already",
            Self::Welcome => "Welcome",
            Self::GroupShared => "A group was shared with you",
        }
    }

    /// What the code or link is good for, behind "to".
    const fn purpose(self) -> &'static str {
        match self {
            Self::ResetPassword => "set a new password",
            Self::DisableMfa => "turn off the second factor",
            Self::VerifyPhone => "confirm your phone number",
            Self::GetToken => "sign in",
            Self::ConfirmEmail => "confirm your e-mail address",
            Self::PasswordExpires => "set a new password",
            Self::EmailChanged | Self::PasswordChanged | Self::MfaDisabled => "undo this",
            Self::Invitation => "accept the invitation",
            Self::Registration => "make your account",
            Self::AlreadyRegistered => "sign in",
            Self::Welcome => "choose your password",
            Self::GroupShared => "see the group",
        }
    }
}

/// The text message: one segment where code or link allow it, so without the name of the account.
pub fn sms(template: Template, parameters: &Parameters<'_>) -> String {
    let Parameters { code, link, minutes, .. } = *parameters;
    let purpose = template.purpose();
    match (code, link) {
        (Some(code), _) => {
            format!(
                "{code} is your Roster code to {purpose}. It is good for {minutes} minutes. Tell it to nobody."
            )
        }
        (None, Some(link)) => format!("Roster: to {purpose}, open {link}"),
        (None, None) => format!("Roster: {}.", template.subject()),
    }
}

/// The e-mail.
pub fn email(template: Template, parameters: &Parameters<'_>) -> Rendered {
    let Parameters { username, code, link, minutes, shared, invited } = *parameters;
    let username = shown(username);
    let mut text = match template {
        Template::EmailChanged => format!(
            "The Roster account {username} was given another e-mail address. Messages go there, at the latest as soon as it is confirmed.\n"
        ),
        Template::PasswordExpires => {
            let left = life(minutes);
            format!(
                "The password of the Roster account {username} expires in {left}. Change it before that; afterwards it is good only for being changed.\n"
            )
        }
        Template::PasswordChanged => {
            format!(
                "The password of the Roster account {username} was changed. Its other sessions have ended.\n"
            )
        }
        Template::MfaDisabled => {
            format!("The second factor of the Roster account {username} was turned off.\n")
        }
        Template::Invitation => "You are invited to make a Roster account.\n".to_owned(),
        Template::Registration => {
            "Somebody, probably you, asked for a Roster account with this address.\n".to_owned()
        }
        Template::AlreadyRegistered => {
            "Somebody, probably you, asked for a Roster account with this address. There is one already, or there was \
             one that is deleted, so no other is made.\n\nSign in as you are used to. If you have forgotten the \
             password, ask for a new one; if the account is deleted, ask an administrator.\n"
                .to_owned()
        }
        Template::Welcome => format!("The Roster account {username} was made for you.\n"),
        _ => format!("This is about the Roster account {username}.\n"),
    };
    if let Some(invited) = invited {
        text.push_str(&inviting(&invited));
    }
    if let Some(shared) = shared {
        text.push_str(&told(&shared));
    }
    if let Some(link) = link {
        text.push_str(&format!("\nTo {}, open\n{link}\n", template.purpose()));
    }
    if let Some(code) = code {
        text.push_str(&format!("\nThe code to {} is\n{code}\n", template.purpose()));
    }
    if code.is_some() || link.is_some() {
        if minutes > 0 {
            text.push_str(&format!(
                "\nIt works once, within {}. Give it to nobody.\n",
                life(minutes)
            ));
        }
        text.push_str(match template {
            // Nobody asks for these.
            Template::Invitation | Template::Welcome => {
                "\nIf you do not know what this is about, you need not do anything.\n"
            }
            _ => "\nIf you did not ask for this, you need not do anything.\n",
        });
    } else if template == Template::AlreadyRegistered {
        text.push_str("\nIf you did not ask for this, you need not do anything.\n");
    } else if !matches!(template, Template::PasswordExpires | Template::GroupShared) {
        text.push_str("\nIf this was not you, tell your administrator at once.\n");
    }
    Rendered { subject: format!("{} (Roster)", template.subject()), text }
}

/// Who invites, and where to.
fn inviting(invited: &Invited<'_>) -> String {
    let organization = shown(invited.organization);
    match invited.by {
        Some(by) => format!("{} invites you to the organization {organization}.\n", shown(by)),
        None => format!("It belongs to the organization {organization}.\n"),
    }
}

/// What is said of a share. What somebody has to say besides is quoted, so that nobody takes it for Roster's own words.
fn told(shared: &Shared<'_>) -> String {
    let (by, group) = (shown(shared.by), shown(shared.group));
    let may = match shared.permission {
        PermissionLevel::Read => "see",
        PermissionLevel::Write => "write to",
        PermissionLevel::Manage => "manage",
    };
    let mut text = format!("\n{by} has shared the group {group} with it: it may {may} that.\n");
    if let Some(words) = shared.text.filter(|words| !words.trim().is_empty()) {
        text.push_str(&format!("\n{by} says:\n\n"));
        for line in words.trim().lines() {
            let visible = line.chars().filter(|c| !c.is_control() && !is_invisible(*c));
            text.push_str(format!("> {}", visible.collect::<String>()).trim_end());
            text.push('\n');
        }
    }
    text
}

fn life(minutes: u64) -> String {
    match minutes {
        1 => "a minute".to_owned(),
        minutes if minutes % 1440 == 0 && minutes > 1440 => format!("{} days", minutes / 1440),
        minutes if minutes % 60 == 0 && minutes > 60 => format!("{} hours", minutes / 60),
        minutes => format!("{minutes} minutes"),
    }
}

/// A name that somebody chose, made unfit for carrying a message of their own: in quotes, on one line, short, and
/// with nothing in it that a mail program would turn into a link.
fn shown(username: &str) -> String {
    let visible = username.chars().filter(|c| !c.is_control() && !is_invisible(*c)).take(64);
    let text: String =
        visible.map(|c| if matches!(c, '/' | ':' | '"') { '_' } else { c }).collect();
    format!("\"{}\"", text.replace("www.", "www_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(username: &str) -> Parameters<'_> {
        Parameters { username, ..Parameters::default() }
    }

    #[test]
    fn every_template_is_found_by_its_name() {
        for template in Template::ALL {
            assert_eq!(Template::of_name(template.name()), Some(template));
        }
        assert_eq!(Template::of_name("nothing"), None);
    }

    #[test]
    fn a_text_message_with_a_code_is_one_segment_and_begins_with_the_code() {
        for template in Template::ALL {
            let parameters = Parameters {
                username: "ann",
                code: Some("123456"),
                minutes: 10,
                ..Parameters::default()
            };
            let text = sms(template, &parameters);
            assert!(text.starts_with("123456 ") && text.len() <= 160 && text.is_ascii(), "{text}");
        }
    }

    #[test]
    fn t40_a_name_brings_neither_lines_nor_links_nor_placeholders_into_a_message() {
        for name in [
            "ann\r\nBcc: eve",
            "http://evil.example/",
            "{code} {link} %s ${x}",
            "\u{202e}www.evil.example",
        ] {
            let parameters = Parameters {
                username: name,
                code: Some("123456"),
                minutes: 10,
                ..Parameters::default()
            };
            let Rendered { subject, text } = email(Template::ResetPassword, &parameters);
            assert!(!subject.contains(name));
            let line = text.lines().next().unwrap();
            assert!(
                line.starts_with("This is about the Roster account \"") && line.ends_with("\"."),
                "{line}"
            );
            assert!(
                !text.contains("http://") && !text.contains("www.") && !text.contains('\u{202e}'),
                "{text}"
            );
            assert_eq!(text.matches("123456").count(), 1);
        }
    }

    #[test]
    fn t40_an_invitation_names_who_sends_it_without_giving_that_person_a_voice() {
        let invited = |by, organization| Parameters {
            invited: Some(Invited { by, organization }),
            link: Some("https://roster.example.com/account/invitation?token=t"),
            minutes: 10_080,
            ..of("bob")
        };
        let kind = email(Template::Invitation, &invited(Some("Ann Lee"), "Acme"));
        assert!(
            kind.text.starts_with(
                "You are invited to make a Roster account.\n\"Ann Lee\" invites you to the organization \"Acme\".\n"
            ),
            "{}",
            kind.text
        );
        let names =
            ["Ann\r\nBcc: eve", "http://evil.example/", "\u{202e}www.evil.example", "{link} %s\""];
        for name in names {
            for template in [Template::Invitation, Template::Welcome] {
                let Rendered { subject, text } = email(template, &invited(Some(name), name));
                assert!(!subject.contains("evil") && subject.lines().count() == 1, "{subject}");
                let line = text.lines().nth(1).unwrap();
                assert!(line.starts_with('"') && line.ends_with("\"."), "{line}");
                assert_eq!(text.matches("://").count(), 1, "its own link only: {text}");
                assert!(!text.contains("www.") && !text.contains('\u{202e}'), "{text}");
                assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
            }
        }
        let nobodys = email(Template::Welcome, &invited(None, "Acme")).text;
        assert!(
            nobodys.contains("made for you.\nIt belongs to the organization \"Acme\".\n"),
            "{nobodys}"
        );
    }

    #[test]
    fn t40_what_somebody_says_with_a_share_is_quoted_line_by_line() {
        let words = "Have a look\r\n\nBcc: eve\u{202e}\n{code} %s\u{0}\n";
        let shared = Shared {
            by: "ann\nroot",
            group: "http://evil.example/",
            permission: PermissionLevel::Manage,
            text: Some(words),
        };
        let Rendered { subject, text } =
            email(Template::GroupShared, &Parameters { shared: Some(shared), ..of("bob") });
        assert_eq!(subject, "A group was shared with you (Roster)");
        assert_eq!(
            text,
            "This is about the Roster account \"bob\".\n\n\
             \"annroot\" has shared the group \"http___evil.example_\" with it: it may manage that.\n\n\
             \"annroot\" says:\n\n> Have a look\n>\n> Bcc: eve\n> {code} %s\n"
        );
        let quiet = Shared { text: Some(" \n"), ..shared };
        let silent = email(Template::GroupShared, &Parameters { shared: Some(quiet), ..of("bob") });
        assert!(!silent.text.contains('>'));
    }

    #[test]
    fn an_email_holds_code_and_link_and_how_long_they_live() {
        let link = "https://roster.example.com/reset#t";
        let parameters =
            Parameters { code: Some("123456"), link: Some(link), minutes: 2880, ..of("ann") };
        let Rendered { subject, text } = email(Template::ResetPassword, &parameters);
        assert_eq!(subject, "Set a new password (Roster)");
        assert!(
            text.contains("\n123456\n") && text.contains(link) && text.contains("within 2 days"),
            "{text}"
        );
        let notice = email(
            Template::PasswordChanged,
            &Parameters { username: "ann", ..Parameters::default() },
        );
        assert!(notice.text.contains("tell your administrator"));
    }
}
