//! What the bodies of requests hold, and how they are written: JSON, or a file as it is.

use serde::{Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use crate::Shape;

/// What a file may be said to be that is sent to the server. The first is what clients say that do not know: the server
/// looks at the content whatever is said.
const UPLOADED: &[&str] =
    &["application/octet-stream", "image/png", "image/jpeg", "image/gif", "image/webp"];

/// Reads JSON, and says in its own words what is wrong with it.
pub trait ReadJson {
    /// What is wrong with it.
    type Error;

    /// Reads it.
    ///
    /// # Errors
    /// What is no JSON, or not what is due.
    fn read<T: DeserializeOwned>(self, json: &[u8]) -> Result<T, Self::Error>;
}

/// What a request's body holds.
pub trait Body: Sized + Send + 'static {
    /// The body as data.
    const SHAPE: Shape;

    /// Reads it. What is JSON is read by `json`.
    ///
    /// # Errors
    /// Those of `json`.
    fn read<J: ReadJson>(body: &[u8], json: J) -> Result<Self, J::Error>;

    /// Writes it.
    ///
    /// # Errors
    /// What JSON cannot hold.
    fn write(&self) -> serde_json::Result<Vec<u8>>;
}

impl<T: Serialize + DeserializeOwned + ToSchema + Send + 'static> Body for T {
    const SHAPE: Shape = Shape::json::<T>();

    fn read<J: ReadJson>(body: &[u8], json: J) -> Result<Self, J::Error> {
        json.read(body)
    }

    fn write(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }
}

/// A file on its way to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload(pub Vec<u8>);

impl Body for Upload {
    const SHAPE: Shape = Shape::file(UPLOADED);

    fn read<J: ReadJson>(body: &[u8], _: J) -> Result<Self, J::Error> {
        Ok(Self(body.to_vec()))
    }

    fn write(&self) -> serde_json::Result<Vec<u8>> {
        Ok(self.0.clone())
    }
}
