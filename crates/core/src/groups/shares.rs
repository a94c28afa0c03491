//! Sharing groups: who may see, use and manage them beside their members.

use roster_model::{
    Channel, ChildGroups, Field, Group, GroupId, GroupShares, PermissionLevel, Reason,
    ShareWithGroups, ShareWithUsers, Unit, UserId, UserRef,
};
use roster_store::Tx;
use serde_json::json;

use crate::{
    Actor, Core, Error, Kind, Result,
    audit::Entry,
    authorize::get_authorized_group,
    authz::Operation,
    messages::templates::{Parameters, Shared, Template},
};

/// With how many a group can be shared in one call.
const MAX_GRANTEES: usize = 1000;
/// How many people can be told of a share by e-mail in one call.
const MAX_MAILS: usize = 1000;
/// How much can be said in such an e-mail, in characters.
const MAX_EMAIL_TEXT: usize = 10_000;
/// What the table is asked about, before the change and in it.
const SHARING: &[Operation] = &[Operation::ShareGroup];

impl Core {
    /// With whom a group is shared, of which everybody in its organization may know.
    ///
    /// # Errors
    /// `NotFound` for a group that the caller does not see.
    pub async fn get_group_shares(&self, actor: &Actor, group: GroupId) -> Result<GroupShares> {
        let group = self.get_group(actor, group).await?.group.id;
        Ok(self.store().read(async |tx: &mut Tx| tx.list_shares(group).await).await?)
    }

    /// The groups that are shared with a group, by what its members may do with them.
    ///
    /// # Errors
    /// `NotFound` for a group that the caller does not see.
    pub async fn list_child_groups(&self, actor: &Actor, group: GroupId) -> Result<ChildGroups> {
        let group = self.get_group(actor, group).await?.group.id;
        Ok(self.store().read(async |tx: &mut Tx| tx.list_child_groups(group).await).await?)
    }

    /// Shares a group with people of its organization; a new level takes the place of an old one.
    ///
    /// # Errors
    /// `NotFound` for the group; `Forbidden` from those who do not manage it; `Invalid` for users who are not there;
    /// where they are to be told, `ChannelUnavailable` without a mail transport.
    pub async fn share_group_with_users(
        &self,
        actor: &Actor,
        group: GroupId,
        share: &ShareWithUsers,
    ) -> Result<GroupShares> {
        let group = self.authorize_group(actor, SHARING, group).await?;
        check_number(share.user_ids.len(), Field::UserIds)?;
        self.check_mail(share.send_email, share.email_text.as_deref())?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let group = get_authorized_group(tx, actor, SHARING, &group).await?;
                for user in &share.user_ids {
                    let found = tx.find_user(&UserRef::Id(*user)).await?;
                    found
                        .filter(|found| {
                            found.deleted_at.is_none()
                                && found.organization_id == group.organization_id
                        })
                        .ok_or_else(|| Error::invalid(Field::UserIds, Reason::Unknown))?;
                    tx.put_user_share(group.id, *user, share.permission, now).await?;
                }
                let what = json!({ "user_ids": share.user_ids, "permission": share.permission });
                Self::note_share("group.shared", group.id, what).write(tx, actor, now).await?;
                if share.send_email {
                    let (users, text) = (&share.user_ids, share.email_text.as_deref());
                    let told = (&users[..], &[][..], share.permission, text);
                    self.mail_share(tx, actor, &group, told).await?;
                }
                Ok::<_, Error>(tx.list_shares(group.id).await?)
            })
            .await
    }

    /// Shares a group with everybody in other groups of its organization.
    ///
    /// # Errors
    /// As [`share_group_with_users`](Self::share_group_with_users); `Invalid` also where more than 1,000 people are to be
    /// told.
    pub async fn share_group_with_groups(
        &self,
        actor: &Actor,
        group: GroupId,
        share: &ShareWithGroups,
    ) -> Result<GroupShares> {
        let group = self.authorize_group(actor, SHARING, group).await?;
        check_number(share.group_ids.len(), Field::GroupIds)?;
        self.check_mail(share.send_email, share.email_text.as_deref())?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let group = get_authorized_group(tx, actor, SHARING, &group).await?;
                for grantee in &share.group_ids {
                    let found = tx.find_group(*grantee).await?;
                    found
                        .filter(|found| found.organization_id == group.organization_id)
                        .ok_or_else(|| Error::invalid(Field::GroupIds, Reason::Unknown))?;
                    tx.put_group_share(group.id, *grantee, share.permission, now).await?;
                }
                let what = json!({ "group_ids": share.group_ids, "permission": share.permission });
                Self::note_share("group.shared", group.id, what).write(tx, actor, now).await?;
                if share.send_email {
                    let (groups, text) = (&share.group_ids, share.email_text.as_deref());
                    let told = (&[][..], &groups[..], share.permission, text);
                    self.mail_share(tx, actor, &group, told).await?;
                }
                Ok::<_, Error>(tx.list_shares(group.id).await?)
            })
            .await
    }

    /// Shares a group with a user no more.
    ///
    /// # Errors
    /// `NotFound` where it was not shared; `Forbidden` from those who do not manage it.
    pub async fn unshare_group_with_user(
        &self,
        actor: &Actor,
        group: GroupId,
        user: UserId,
    ) -> Result<()> {
        let group = self.authorize_group(actor, SHARING, group).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let group = get_authorized_group(tx, actor, SHARING, &group).await?;
                if !tx.delete_user_share(group.id, user).await? {
                    return Err(Error::NotFound(Kind::Share));
                }
                Self::note_share("group.unshared", group.id, json!({ "user_ids": [user] }))
                    .write(tx, actor, now)
                    .await?;
                Ok(())
            })
            .await
    }

    /// Shares a group with another group no more.
    ///
    /// # Errors
    /// As [`unshare_group_with_user`](Self::unshare_group_with_user).
    pub async fn unshare_group_with_group(
        &self,
        actor: &Actor,
        group: GroupId,
        grantee: GroupId,
    ) -> Result<()> {
        let group = self.authorize_group(actor, SHARING, group).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let group = get_authorized_group(tx, actor, SHARING, &group).await?;
                if !tx.delete_group_share(group.id, grantee).await? {
                    return Err(Error::NotFound(Kind::Share));
                }
                Self::note_share("group.unshared", group.id, json!({ "group_ids": [grantee] }))
                    .write(tx, actor, now)
                    .await?;
                Ok(())
            })
            .await
    }

    fn check_mail(&self, is_sent: bool, text: Option<&str>) -> Result<()> {
        if text.is_some_and(|text| text.chars().nth(MAX_EMAIL_TEXT).is_some()) {
            return Err(Error::invalid(
                Field::EmailText,
                Reason::TooLong { max: MAX_EMAIL_TEXT, unit: Unit::Characters },
            ));
        }
        if is_sent { self.require_channel(Channel::Email) } else { Ok(()) }
    }

    /// Tells users and the members of groups, each once, that a group was shared with them.
    async fn mail_share(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        group: &Group,
        (users, groups, permission, text): Told<'_>,
    ) -> Result<()> {
        let sharer = match actor.user_id() {
            Some(id) => tx.find_user(&UserRef::Id(id)).await?,
            None => None,
        };
        let by = sharer.as_ref().map_or("An administrator", |sharer| &*sharer.username);
        let mut told = tx.list_addresses(users, groups, MAX_MAILS + 2).await?;
        told.retain(|(id, ..)| Some(*id) != actor.user_id());
        if told.len() > MAX_MAILS {
            let sentence = format!("have more than {MAX_MAILS} members: share without an e-mail");
            return Err(Error::invalid(Field::GroupIds, Reason::Other(sentence)));
        }
        for (id, username, email) in &told {
            let shared = Some(Shared { by, group: &group.name, permission, text });
            let parameters = Parameters { username, shared, ..Parameters::default() };
            let (template, channel) = (Template::GroupShared, Channel::Email);
            self.post(tx, template, channel, email, Some(*id), parameters).await?;
        }
        Ok(())
    }

    fn note_share(action: &'static str, group: GroupId, what: serde_json::Value) -> Entry {
        Entry::done_to_nobody(action).about(format!("group:{group}")).with(what)
    }
}

/// Who is to be told of a share, what they may do, and what else there is to say.
type Told<'t> = (&'t [UserId], &'t [GroupId], PermissionLevel, Option<&'t str>);

fn check_number(number: usize, field: Field) -> Result<()> {
    match number {
        0 => Err(Error::invalid(field, Reason::Empty)),
        number if number > MAX_GRANTEES => {
            Err(Error::invalid(field, Reason::TooLong { max: MAX_GRANTEES, unit: Unit::Entries }))
        }
        _ => Ok(()),
    }
}
