//! The users and groups of NIST Dioptra's own server, as rows that Roster imports.

use anyhow::Context;
use roster_model::{Status, UserRow};
use roster_store::{DioptraDatabase, DioptraUser};

/// A database of Dioptra's own server, which is only read.
pub struct Source(DioptraDatabase);

/// A user of the source.
pub struct SourceUser {
    /// Its number there.
    pub id: i64,
    /// What Roster makes of it.
    pub row: UserRow,
}

/// A group of the source that is to be a group here. `public` is there already, and everybody is in it.
pub struct SourceGroup {
    /// Its number there.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The number there of whoever is to own it.
    pub owner_id: i64,
}

/// Somebody in a group of the source.
pub struct SourceMember {
    /// The number of the user there.
    pub user_id: i64,
    /// The name of the user.
    pub username: String,
    /// Whether it manages the group.
    pub is_manager: bool,
}

/// The group that everybody is in, there and here.
const PUBLIC: &str = "public";

impl Source {
    /// Opens the database at a URL of Dioptra's or Roster's kind, or in a SQLite file.
    ///
    /// # Errors
    /// There is none, it cannot be reached, or it is not Dioptra's. No error shows the URL, which may hold a password.
    pub async fn open(url: &str) -> anyhow::Result<Self> {
        let opened = DioptraDatabase::open(url.trim()).await;
        Ok(Self(opened.context("Dioptra's database cannot be read")?))
    }

    /// How many users there are, deleted ones included.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn count_users(&self) -> anyhow::Result<u64> {
        Ok(self.0.count_users().await?)
    }

    /// The next users after a number, in the order in which they were made.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn list_users(&self, after: i64, limit: i64) -> anyhow::Result<Vec<SourceUser>> {
        let users = self.0.list_users(after, limit).await?;
        Ok(users.into_iter().map(|user| SourceUser { id: user.id, row: row(user) }).collect())
    }

    /// Who manages `public`: what Roster gives only as a role, and an import gives nobody.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn list_managers_of_public(&self) -> anyhow::Result<Vec<String>> {
        let mut managers = Vec::new();
        for group in self.0.list_groups().await?.iter().filter(|group| group.name == PUBLIC) {
            let mut after = 0;
            while let members = self.0.list_members(group.id, after, MEMBERS).await?
                && let Some(last) = members.last()
            {
                after = last.user_id;
                let of_these = members.into_iter().filter(|member| member.is_manager);
                managers.extend(of_these.map(|member| member.username));
            }
        }
        Ok(managers)
    }

    /// All groups but `public`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn list_groups(&self) -> anyhow::Result<Vec<SourceGroup>> {
        let groups = self.0.list_groups().await?.into_iter().filter(|group| group.name != PUBLIC);
        let groups = groups.map(|group| SourceGroup {
            id: group.id,
            name: group.name,
            owner_id: group.creator_id,
        });
        Ok(groups.collect())
    }

    /// The next members of a group after a number.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn list_members(&self, group: i64, after: i64) -> anyhow::Result<Vec<SourceMember>> {
        let members = self.0.list_members(group, after, MEMBERS).await?.into_iter();
        let members = members.map(|member| SourceMember {
            user_id: member.user_id,
            username: member.username,
            is_manager: member.is_manager,
        });
        Ok(members.collect())
    }
}

/// How many members are read at once.
const MEMBERS: i64 = 1000;

fn row(user: DioptraUser) -> UserRow {
    UserRow {
        username: user.username,
        email: user.email,
        // Whoever has never signed in there is new here, too.
        status: Some(if user.has_signed_in { Status::Active } else { Status::New }),
        created_at: Some(user.created_at),
        password_hash: user.password_hash,
        password_expires_at: Some(user.password_expires_at),
        deleted_at: user.deleted_at,
        ..UserRow::default()
    }
}
