//! What somebody may do wrong, as a table: the variant, what it is, its profile, what is counted.

/// What somebody may do. Above each variant stands what `weft sim profiles` says of it, behind
/// it the name of its profile, without what comes before all of them, and that of its fault.
macro_rules! acts {
    (
        $(#[doc = $what:literal])+ $of:ident $before:literal
        $($(#[doc = $about:literal])+ $variant:ident $profile:literal $fault:literal,)*
    ) => {
        $(#[doc = $what])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $of {
            $($(#[doc = $about])+ $variant,)*
        }

        impl $of {
            /// All there are.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name of the profile in which just that happens.
            #[must_use]
            pub const fn profile(self) -> &'static str {
                match self { $(Self::$variant => concat!($before, $profile),)* }
            }

            /// What happens in that profile.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($about),+).trim_ascii(),)* }
            }

            /// The name under which it is counted.
            #[must_use]
            pub const fn acts(self) -> &'static str {
                match self { $(Self::$variant => $fault,)* }
            }
        }
    };
}

pub(super) use acts;
