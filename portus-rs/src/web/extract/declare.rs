//! Parameters declared once: the struct that an endpoint is given says how they are read, what is refused about them
//! and how the API's document describes them.

use serde_json::{Value, json};

use super::params::Reader;

/// A declared parameter, for the document.
pub struct Field {
    /// The object it is a member of, as `user` in `user[email]`.
    pub object: Option<&'static str>,
    pub name: &'static str,
    /// Whether the key has to be there.
    pub required: bool,
    /// JSON Schema of its value.
    pub schema: Value,
    pub about: String,
}

/// What an endpoint takes; made by [`params!`].
pub trait Parameters: Sized + 'static {
    /// Reads all of them. What is wrong is the reader's to tell; until then it is like what is not there.
    fn read(read: &mut Reader<'_>) -> Self;

    fn fields() -> Vec<Field>;

    /// What the document calls them as a whole.
    fn name() -> Option<&'static str>;
}

/// Nothing but what the path says.
impl Parameters for () {
    fn read(_: &mut Reader<'_>) -> Self {}

    fn fields() -> Vec<Field> {
        Vec::new()
    }

    fn name() -> Option<&'static str> {
        None
    }
}

impl<A: Parameters, B: Parameters> Parameters for (A, B) {
    fn read(read: &mut Reader<'_>) -> Self {
        (A::read(read), B::read(read))
    }

    fn fields() -> Vec<Field> {
        let mut fields = A::fields();
        fields.extend(B::fields());
        fields
    }

    fn name() -> Option<&'static str> {
        None
    }
}

/// A kind of value that a parameter may have.
pub trait Parameter: Sized {
    /// Whether the key has to be there, be it with `null`.
    const REQUIRED: bool = false;

    /// `name` or `object[name]`.
    fn read(read: &mut Reader<'_>, name: &str) -> Self;

    fn schema() -> Value;
}

/// A parameter whose key has to be there; `null` and what is empty pass here and are judged by the action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Present<T>(pub Option<T>);

/// Required; `null` is read as empty.
impl Parameter for String {
    const REQUIRED: bool = true;

    fn read(read: &mut Reader<'_>, name: &str) -> Self {
        read.required_string(name).unwrap_or_default()
    }

    fn schema() -> Value {
        json!({"type": "string"})
    }
}

impl Parameter for Present<bool> {
    const REQUIRED: bool = true;

    fn read(read: &mut Reader<'_>, name: &str) -> Self {
        Self(read.required_boolean(name))
    }

    fn schema() -> Value {
        json!({"type": "boolean"})
    }
}

impl Parameter for Present<i64> {
    const REQUIRED: bool = true;

    fn read(read: &mut Reader<'_>, name: &str) -> Self {
        Self(read.required_integer(name))
    }

    fn schema() -> Value {
        json!({"type": "integer", "format": "int64"})
    }
}

impl Parameter for Option<String> {
    fn read(read: &mut Reader<'_>, name: &str) -> Self {
        read.string(name)
    }

    fn schema() -> Value {
        json!({"type": "string"})
    }
}

impl Parameter for Option<i64> {
    fn read(read: &mut Reader<'_>, name: &str) -> Self {
        read.integer(name)
    }

    fn schema() -> Value {
        json!({"type": "integer", "format": "int64"})
    }
}

impl Parameter for Option<bool> {
    fn read(read: &mut Reader<'_>, name: &str) -> Self {
        read.boolean(name)
    }

    fn schema() -> Value {
        json!({"type": "boolean"})
    }
}

/// Off unless given.
impl Parameter for bool {
    fn read(read: &mut Reader<'_>, name: &str) -> Self {
        read.boolean(name).unwrap_or(false)
    }

    fn schema() -> Value {
        json!({"type": "boolean", "default": false})
    }
}

impl Parameter for Option<Vec<String>> {
    fn read(read: &mut Reader<'_>, name: &str) -> Self {
        read.strings(name)
    }

    fn schema() -> Value {
        json!({"type": "array", "items": {"type": "string"}})
    }
}

/// `member`, or `object[member]`.
pub fn full_name(object: Option<&str>, member: &str) -> String {
    match object {
        Some(object) => format!("{object}[{member}]"),
        None => member.to_owned(),
    }
}

/// Declares what an endpoint takes:
///
/// ```ignore
/// params! {
///     /// A team to be.
///     pub struct TeamToBe {
///         /// What people call it.
///         pub name: String,
///         pub role: Option<String> = ["viewer", "owner"],
///     }
/// }
/// ```
///
/// `String` and [`Present`] have to be given, the others need not. `struct Name in object` reads members of an object
/// that has to be there, as `object[name]`. A list of words after `=` is for the document; the action refuses others.
/// The structs have no `Debug`, because they may hold passwords.
macro_rules! params {
    ($(#[doc = $about:literal])* $vis:vis struct $type:ident $(in $object:ident)? {
        $($(#[doc = $doc:literal])* $fvis:vis $field:ident: $kind:ty $(= $words:expr)?),* $(,)?
    }) => {
        $(#[doc = $about])*
        $vis struct $type {
            $($(#[doc = $doc])* $fvis $field: $kind),*
        }

        impl $type {
            const OBJECT: &[&'static str] = &[$(stringify!($object))?];
        }

        impl $crate::web::extract::declare::Parameters for $type {
            fn read(read: &mut $crate::web::extract::params::Reader<'_>) -> Self {
                use $crate::web::extract::declare::{Parameter, full_name};
                let object = Self::OBJECT.first().copied();
                if let Some(object) = object {
                    read.required_object(object);
                }
                Self {
                    $($field: <$kind as Parameter>::read(read, &full_name(object, stringify!($field)))),*
                }
            }

            fn fields() -> Vec<$crate::web::extract::declare::Field> {
                use $crate::web::extract::declare::{Field, Parameter};
                vec![$({
                    #[allow(unused_mut, clippy::allow_attributes, reason = "only some have words")]
                    let mut schema = <$kind as Parameter>::schema();
                    $(schema["enum"] = ::serde_json::Value::from($words.to_vec());)?
                    Field {
                        object: Self::OBJECT.first().copied(),
                        name: stringify!($field),
                        required: <$kind as Parameter>::REQUIRED,
                        schema,
                        about: concat!($($doc, "\n"),*).trim().replace("\n ", "\n"),
                    }
                }),*]
            }

            fn name() -> Option<&'static str> {
                Some(stringify!($type))
            }
        }
    };
}

pub(crate) use params;
