//! Facts about the installation itself, each with a name.

use crate::{Error, Tx};

impl Tx {
    /// The fact of this name.
    pub async fn find_fact(&mut self, name: &str) -> Result<Option<String>, Error> {
        let sql = "SELECT value FROM installation WHERE name = $1";
        self.find(sql, &[&name], |row| row.get(0)).await
    }

    /// Notes a fact, instead of what was noted before.
    pub async fn set_fact(&mut self, name: &str, value: &str) -> Result<(), Error> {
        self.execute(
            "INSERT INTO installation (name, value) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            &[&name, &value],
        )
        .await?;
        Ok(())
    }

    /// Forgets a fact; `false` if there is none.
    pub async fn delete_fact(&mut self, name: &str) -> Result<bool, Error> {
        Ok(self.execute("DELETE FROM installation WHERE name = $1", &[&name]).await? == 1)
    }
}
