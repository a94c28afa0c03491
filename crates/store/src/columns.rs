//! How the words of `model` stand in columns.

use roster_model::{
    AuthenticationMethod, Channel, CodeChannel, CodePurpose, GroupRole, ImageType, MembershipRank,
    MessageState, ObjectType, Outcome, PermissionLevel, Role, RunState, Status, TokenHash,
};

use crate::sql::column_as;

macro_rules! words {
    ($($word:ident),+ $(,)?) => {
        $(column_as!(
            $word as str,
            |word| word.as_str(),
            |raw| $word::from_word(&raw).ok_or("a word that is not in its list")
        );)+
    };
}

words!(
    AuthenticationMethod,
    Channel,
    CodeChannel,
    CodePurpose,
    GroupRole,
    ImageType,
    MembershipRank,
    MessageState,
    ObjectType,
    Outcome,
    PermissionLevel,
    Role,
    RunState,
    Status,
);

column_as!(TokenHash as bytes, |hash| hash.0.as_slice(), |raw| {
    raw.try_into().map(Self).map_err(|_| "bytes that are no hash of a token")
});
