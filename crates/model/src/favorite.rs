//! What people and organizations keep at hand.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{FavoriteId, ObjectId, ObjectType, UserId, problem::words};

/// One object that somebody keeps at hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Favorite {
    /// Its number.
    pub id: FavoriteId,
    /// The kind of object.
    pub object_type: ObjectType,
    /// The object's number among those of its kind.
    pub object_id: ObjectId,
    /// The object's name, if a service has told it.
    pub object_name: Option<String>,
    /// Whose the object is.
    pub object_author: Option<ObjectAuthor>,
    /// When the object last changed.
    pub object_updated_at: Option<Timestamp>,
    /// Its place in the user's list, from 1 without gaps; none in an organization's.
    pub position: Option<i64>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Whose an object is, as everybody of the organization may know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ObjectAuthor {
    /// The user's number.
    pub id: UserId,
    /// The user's username.
    pub username: String,
    /// The user's whole name.
    pub name: String,
    /// The user's initials.
    pub initials: Option<String>,
}

/// What is to be kept at hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFavorite {
    /// The kind of object.
    pub object_type: ObjectType,
    /// The object's number among those of its kind.
    pub object_id: ObjectId,
}

words! {
    /// Where to a favorite moves.
    FavoriteMove {
        /// To the first place.
        Top = "top",
        /// One place towards the first.
        Higher = "higher",
        /// One place towards the last.
        Lower = "lower",
        /// To the last place.
        Bottom = "bottom",
    }
}

/// A favorite's new place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FavoriteRanking {
    /// Where to it moves. At the edge nothing changes.
    pub to: FavoriteMove,
}

words! {
    /// By what favorites are ordered.
    FavoriteOrder {
        /// By their places; for users' lists only.
        Position = "position",
        /// By when they were added.
        CreatedAt = "created_at",
        /// By the kinds of objects.
        ObjectType = "object_type",
        /// By the objects' numbers.
        ObjectId = "object_id",
    }
}

/// Which favorites are wanted, in what order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct FavoriteFilter {
    /// Only objects of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_type: Option<ObjectType>,
    /// Only the object of this number; with `object_type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_id: Option<ObjectId>,
    /// By what they are ordered: a user's by `position`, an organization's by `created_at` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub order: Option<FavoriteOrder>,
    /// Whether the last comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub descending: Option<bool>,
}
