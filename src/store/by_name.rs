//! Enums that the database holds by name.

/// An enum that SQLite stores by name, and where one is named, a quoted constant for statements.
macro_rules! stored_by_name {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal $($constant:ident)?,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
        pub enum $type { $($(#[$variant_doc])* #[serde(rename = $name)] $variant,)+ }

        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As the database has it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl rusqlite::ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(self.name().into())
            }
        }

        impl rusqlite::types::FromSql for $type {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                let name = value.as_str()?;
                let unknown = || rusqlite::types::FromSqlError::Other(format!("\"{name}\" is no {}", stringify!($type)).into());
                Self::ALL.iter().copied().find(|known| known.name() == name).ok_or_else(unknown)
            }
        }

        $($(pub(super) const $constant: &str = concat!("'", $name, "'");)?)+
    };
}
pub(super) use stored_by_name;
