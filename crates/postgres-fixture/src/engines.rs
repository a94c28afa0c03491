//! Tests that hold for SQLite and PostgreSQL alike.

/// Writes each test twice, once for each database.
///
/// `$sqlite` and `$postgres` are async functions without arguments; what they return is the test's argument.
///
/// ```text
/// postgres_fixture::on_both! {
///     with (open_sqlite, open_postgres);
///     async fn a_name_is_taken_once(store: Store) { … }
/// }
/// ```
#[macro_export]
macro_rules! on_both {
    (
        with ($sqlite:path, $postgres:path);
        $($(#[$meta:meta])* async fn $name:ident($argument:ident: $kind:ty) $body:block)*
    ) => {$(
        mod $name {
            #[expect(unused_imports, reason = "a test may need nothing of its module")]
            use super::*;

            $(#[$meta])*
            async fn fact($argument: $kind) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                fact($sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                fact($postgres().await).await;
            }
        }
    )*};
}
