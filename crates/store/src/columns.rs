//! How the words of `model` stand in columns.

use roster_model::{
    AuthenticationMethod, Channel, CodeChannel, CodePurpose, MembershipRank, MessageState, Outcome,
    Role, Status,
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
    MembershipRank,
    MessageState,
    Outcome,
    Role,
    Status,
);
