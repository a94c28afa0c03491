//! Options of two letters behind one dash, such as `-un`, as the `airt` command spells them.
//!
//! clap has no such thing: it reads `-un` as `-u n`. So an option that has such a spelling carries
//! a two-letter alias (`--un`), and arguments are rewritten before they are parsed.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command};

/// `-un` becomes `--un`, and `-un=ann` becomes `--un=ann`, where the chosen subcommand has such an
/// alias; never after `--`, and never in the place of an option's value.
pub(crate) fn rewrite(root: &Command, args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args = args.into_iter();
    let mut rewritten: Vec<OsString> = args.next().into_iter().collect();
    let mut path = vec![root];
    while let Some(arg) = args.next() {
        let Some(text) = arg.to_str() else {
            rewritten.push(arg);
            continue;
        };
        if text == "--" {
            rewritten.push(arg);
            rewritten.extend(args);
            break;
        }
        let read = Read::of(&path, text);
        let arg = match read {
            Read::TwoLetter { .. } => OsString::from(format!("-{text}")),
            Read::Subcommand(command) => {
                path.push(command);
                arg
            }
            Read::Option { .. } | Read::Other => arg,
        };
        rewritten.push(arg);
        if read.wants_value() {
            rewritten.extend(args.next());
        }
    }
    rewritten
}

/// What an argument is to the command that it is given to.
enum Read<'c> {
    TwoLetter { wants_value: bool },
    Option { wants_value: bool },
    Subcommand(&'c Command),
    Other,
}

impl<'c> Read<'c> {
    fn of(path: &[&'c Command], text: &str) -> Self {
        let Some(command) = path.last().copied() else { return Self::Other };
        let (name, has_value) = match text.split_once('=') {
            Some((name, _)) => (name, true),
            None => (text, false),
        };
        if let Some(long) = name.strip_prefix("--") {
            let takes = options(path).find(|arg| has_long(arg, long)).is_some_and(takes_value);
            return Self::Option { wants_value: takes && !has_value };
        }
        let Some(short) = name.strip_prefix('-').filter(|short| !short.is_empty()) else {
            return command.find_subcommand(text).map_or(Self::Other, Self::Subcommand);
        };
        let is_two_letters = short.len() == 2;
        if is_two_letters && let Some(arg) = options(path).find(|arg| has_long(arg, short)) {
            return Self::TwoLetter { wants_value: takes_value(arg) && !has_value };
        }
        Self::Option { wants_value: cluster_wants_value(path, short) }
    }

    fn wants_value(&self) -> bool {
        matches!(self, Self::TwoLetter { wants_value: true } | Self::Option { wants_value: true })
    }
}

/// The options of the innermost command, and those that reach down to it.
fn options<'c>(path: &[&'c Command]) -> impl Iterator<Item = &'c Arg> {
    let (innermost, outer) = path.split_last().map_or((None, &path[..0]), |(i, o)| (Some(*i), o));
    let own = innermost.into_iter().flat_map(Command::get_arguments);
    let reaching = outer.iter().flat_map(|command| command.get_arguments());
    own.chain(reaching.filter(|arg| arg.is_global_set()))
}

fn has_long(arg: &Arg, name: &str) -> bool {
    arg.get_long() == Some(name) || arg.get_all_aliases().is_some_and(|all| all.contains(&name))
}

fn takes_value(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
}

/// In `-qf` the `f` takes the next argument as its value; in `-fx` it has it already.
fn cluster_wants_value(path: &[&Command], cluster: &str) -> bool {
    let mut letters = cluster.chars();
    while let Some(letter) = letters.next() {
        let found = options(path).find(|arg| {
            arg.get_short() == Some(letter)
                || arg.get_all_short_aliases().is_some_and(|all| all.contains(&letter))
        });
        if found.is_some_and(takes_value) {
            return letters.as_str().is_empty();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        let option = |long: &'static str, alias: &'static str| {
            Arg::new(long).long(long).alias(alias).allow_hyphen_values(true)
        };
        let create = Command::new("create")
            .arg(option("username", "un"))
            .arg(option("first-name", "fn"))
            .arg(option("super-user", "su").num_args(0).action(ArgAction::SetTrue))
            .arg(Arg::new("format").short('f').long("format"))
            .arg(Arg::new("password").short('p').long("password").allow_hyphen_values(true))
            .arg(Arg::new("quiet").short('q').long("quiet").action(ArgAction::SetTrue));
        let user = Command::new("user")
            .arg(Arg::new("server").long("server").global(true))
            .subcommand(create)
            .subcommand(Command::new("ls").arg(Arg::new("x").short('u')));
        Command::new("roster").subcommand(user)
    }

    fn rewritten(line: &str) -> String {
        let args = line.split(' ').map(OsString::from);
        let all = rewrite(&command(), args);
        all.iter().map(|arg| arg.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn two_letters_behind_one_dash_are_an_option() {
        assert_eq!(rewritten("roster user create -un ann"), "roster user create --un ann");
        assert_eq!(rewritten("roster user create -fn=Ann -su"), "roster user create --fn=Ann --su");
    }

    #[test]
    fn a_value_is_left_alone() {
        for line in [
            "roster user create -p -un",
            "roster user create --password -un",
            "roster user create -qp -un",
            "roster user --server -un create",
            "roster user create --username -fn",
        ] {
            assert_eq!(rewritten(line), line);
        }
        assert_eq!(
            rewritten("roster user create --password=x -un -fn"),
            "roster user create --password=x --un -fn"
        );
    }

    #[test]
    fn nothing_changes_after_two_dashes_or_in_other_commands() {
        for line in
            ["roster user create -- -un", "roster user ls -un", "roster user create -fx", "roster"]
        {
            assert_eq!(rewritten(line), line);
        }
    }

    #[test]
    fn a_value_that_names_a_subcommand_does_not_change_the_command() {
        assert_eq!(
            rewritten("roster user --server ls create -un a"),
            "roster user --server ls create --un a"
        );
    }
}
