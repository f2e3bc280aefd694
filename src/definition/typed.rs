//! Tree -> typed values, by serde. The tree has been checked against its schema, so what fails here is our fault.

use super::tree::{Node, Span, Value};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::{
    Error, MapAccessDeserializer, MapDeserializer, SeqDeserializer, StrDeserializer,
};
use serde::de::{Deserialize, Deserializer, Error as _, IntoDeserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// A value and the bytes it was read from. A default has the place it would stand at.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

/// Name under which `Spanned` asks the tree for a place beside the value.
const SPANNED: &str = "billwright::Spanned";

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            Value::Scalar { text, .. } => visitor.visit_borrowed_str(text),
            Value::List(items) => visitor.visit_seq(SeqDeserializer::new(items.iter())),
            Value::Map(_) => visitor.visit_map(self.pairs()),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.parsed()?)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i32(self.parsed()?)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u32(self.parsed()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    /// A single value is a list of one, where the schema lets it stand for a list.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            Value::List(items) => visitor.visit_seq(SeqDeserializer::new(items.iter())),
            _ => visitor.visit_seq(SeqDeserializer::new(std::iter::once(self))),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.value {
            Value::Scalar { text, .. } => visitor.visit_enum(StrDeserializer::new(text.as_str())),
            _ => visitor.visit_enum(MapAccessDeserializer::new(self.pairs())),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name != SPANNED {
            return self.deserialize_any(visitor);
        }
        let parts = [
            Part::At(self.span.start),
            Part::At(self.span.end),
            Part::Value(self),
        ];
        visitor.visit_seq(SeqDeserializer::new(parts.into_iter()))
    }

    forward_to_deserialize_any! {
        i8 i16 i64 i128 u8 u16 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct tuple map struct identifier ignored_any
    }
}

impl Node {
    /// Reads a value of which the schema has said that it fits.
    pub fn read<'de, T: Deserialize<'de>>(&'de self) -> Result<T, Error> {
        T::deserialize(self)
    }

    fn parsed<T: FromStr>(&self) -> Result<T, Error> {
        self.text()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Error::custom("not a number or a yes or no"))
    }

    fn pairs<'de>(
        &'de self,
    ) -> MapDeserializer<'de, impl Iterator<Item = (&'de str, &'de Node)>, Error> {
        MapDeserializer::new(
            self.entries()
                .iter()
                .map(|entry| (entry.key.as_str(), &entry.value)),
        )
    }
}

impl<'de> IntoDeserializer<'de, Error> for &'de Node {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

/// What `Spanned` is made of: two offsets and the value.
enum Part<'de> {
    At(usize),
    Value(&'de Node),
}

impl<'de> IntoDeserializer<'de, Error> for Part<'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! forward_value {
    ($($method:ident($($name:ident: $kind:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $kind,)* visitor: V) -> Result<V::Value, Error> {
            match self {
                Self::At(offset) => visitor.visit_u64(offset as u64),
                Self::Value(node) => node.$method($($name,)* visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Part<'de> {
    type Error = Error;

    forward_value! {
        deserialize_any() deserialize_bool() deserialize_i32() deserialize_u32() deserialize_option() deserialize_seq()
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
        deserialize_tuple_struct(name: &'static str, length: usize)
    }

    forward_to_deserialize_any! {
        i8 i16 i64 i128 u8 u16 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct tuple map struct identifier ignored_any
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Parts<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Parts<T> {
            type Value = Spanned<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a value and its place")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Spanned<T>, A::Error> {
                let missing = || A::Error::custom("a value without its place");
                let start: usize = parts.next_element()?.ok_or_else(missing)?;
                let end: usize = parts.next_element()?.ok_or_else(missing)?;
                let value = parts.next_element()?.ok_or_else(missing)?;
                Ok(Spanned {
                    value,
                    span: start..end,
                })
            }
        }

        from.deserialize_tuple_struct(SPANNED, 3, Parts(PhantomData))
    }
}

/// In a schema a value with its place is the value.
impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
