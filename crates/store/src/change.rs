//! What a commit means for what is kept in memory.

use roster_model::UserId;

/// A change to the table of live credentials, applied after the commit and before anybody is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The session or key with this token hash has ended or changed.
    ForgetToken([u8; 32]),
    /// Everything of this user has ended or changed.
    ForgetUser(UserId),
    /// So much has changed that everything must be read again.
    ForgetAll,
}

/// Something that must follow the database.
pub trait Follow: Send + Sync + 'static {
    /// Takes over changes that have just been committed; nobody has been told of them yet.
    fn follow(&self, changes: &[Change]);
}

impl Follow for () {
    fn follow(&self, _: &[Change]) {}
}
