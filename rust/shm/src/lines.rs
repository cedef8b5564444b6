//! Structs that describe how a region is laid out.

/// Declares structs of words that fill whole cache lines and only give names to offsets.
///
/// The model checker creates one object for each word there could be, so it goes without the
/// padding.
#[macro_export]
macro_rules! lines {
    ($($(#[$doc:meta])* struct $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[repr(C)]
            #[cfg_attr(not(loom), repr(align(64)))]
            struct $name { $($(#[$field_doc])* $field: $kind,)* }
        )*
    };
}
