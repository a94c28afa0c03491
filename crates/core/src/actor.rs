//! Who asks: no operation exists without one.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use roster_model::{CredentialKind, Role, Secret, UserId};
use roster_store::LiveCredential;

use crate::door::{Door, Habits};

/// Where a request comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The door it came through.
    pub door: Door,
    /// The client's address, after trusted proxies.
    pub address: Option<IpAddr>,
    /// What the client calls itself, cut to 320 characters.
    pub user_agent: Option<Arc<str>>,
    /// The request's id.
    pub request_id: Option<Arc<str>>,
}

impl Origin {
    /// No request: the server itself.
    pub fn system() -> Self {
        Self { door: Door::System, address: None, user_agent: None, request_id: None }
    }

    /// The network of the client.
    pub(crate) fn network(&self) -> Option<IpAddr> {
        self.address.map(network)
    }
}

/// The network in which whoever has `address` may choose others: an IPv6 client owns its whole /64 (threat T43).
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let bits = u128::from(address) >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from(bits))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The proof of a second factor that came with a request (design section 3.4, "step-up").
#[derive(Clone, Default)]
pub enum Proof {
    /// A one-time code.
    Code(Secret),
    /// No code. A session in which a second factor was shown in the last ten minutes will do.
    #[default]
    RecentMfa,
    /// No code, and the door demands one: its callers can always send it.
    Missing,
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Code(_) => "Code(***)",
            Self::RecentMfa => "RecentMfa",
            Self::Missing => "Missing",
        })
    }
}

/// A request to do a creation once, however often it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// What the client calls this creation.
    pub key: String,
    /// SHA-256 of method, path and body, by which another request with the same key is told apart. Not to be kept as it
    /// is: the body may hold a password.
    pub digest: [u8; 32],
}

/// Whose rights count.
#[derive(Clone, Debug)]
pub enum Principal {
    /// Somebody not signed in.
    Nobody,
    /// The owner of a good session or API key.
    Credential(Arc<LiveCredential>),
    /// The server itself, or the operator at the terminal, for the reason given. Audited.
    System(&'static str),
}

/// Who asks, from where, and with what proof.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Whose rights count.
    pub principal: Principal,
    /// From where the request comes.
    pub origin: Origin,
    /// The second factor that came with it.
    pub proof: Proof,
    /// The creation it wants to be done once.
    pub idempotency: Option<Idempotency>,
}

impl Actor {
    /// Somebody not signed in.
    pub fn nobody(origin: Origin) -> Self {
        Self { principal: Principal::Nobody, origin, proof: Proof::default(), idempotency: None }
    }

    /// The server itself or its operator. `reason` stands in the audit log.
    pub fn system(reason: &'static str) -> Self {
        Self { principal: Principal::System(reason), ..Self::nobody(Origin::system()) }
    }

    /// The owner of a credential that was just checked.
    pub fn of(credential: Arc<LiveCredential>, origin: Origin) -> Self {
        Self { principal: Principal::Credential(credential), ..Self::nobody(origin) }
    }

    /// The same, with what proof of a second factor the door has found.
    #[must_use]
    pub fn with_proof(mut self, proof: Proof) -> Self {
        self.proof = proof;
        self
    }

    /// The same, asking for a creation to be done once.
    #[must_use]
    pub fn with_idempotency(mut self, idempotency: Option<Idempotency>) -> Self {
        self.idempotency = idempotency;
        self
    }

    /// The credential, unless nobody or the server itself asks.
    pub fn credential(&self) -> Option<&Arc<LiveCredential>> {
        match &self.principal {
            Principal::Credential(credential) => Some(credential),
            Principal::Nobody | Principal::System(_) => None,
        }
    }

    /// The user who asks.
    pub fn user_id(&self) -> Option<UserId> {
        self.credential().map(|credential| credential.user.id)
    }

    /// Whether a team admin asks.
    pub(crate) fn is_team_admin(&self) -> bool {
        !self.habits().knows_super_users_only
            && self.credential().is_some_and(|credential| credential.user.is_team_admin)
    }

    /// The role of the user who asks, its own or that which its groups give it, as far as the door knows it.
    pub fn role(&self) -> Option<Role> {
        let role = self.credential()?.user.role;
        Some(if self.habits().knows_super_users_only && role != Role::SystemAdmin {
            Role::Viewer
        } else {
            role
        })
    }

    /// Whether a user asks who is no administrator.
    pub(crate) fn is_ordinary(&self) -> bool {
        self.role().is_some_and(|role| !role.is_administrator())
    }

    /// What is otherwise behind the door that the request came through than elsewhere.
    pub(crate) fn habits(&self) -> &'static Habits {
        self.origin.door.habits()
    }

    /// The kind of credential, as the audit log has it.
    pub fn credential_word(&self) -> &'static str {
        match &self.principal {
            Principal::Nobody => "nobody",
            Principal::System(_) => "system",
            Principal::Credential(credential) => match credential.kind {
                CredentialKind::Session => "session",
                CredentialKind::ApiKey => "api_key",
            },
        }
    }
}
