//! What the values of a column mean, by its logical type, its converted type or else its physical one.

use half::f16;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as PhysicalType};
use parquet::schema::types::ColumnDescriptor;

use crate::table::ColumnData;

const MICROSECONDS_OF_A_DAY: i64 = 24 * 3_600 * 1_000_000;

/// What the values of a column mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Number(Number),
    /// An instant, of which so many make a microsecond, or a microsecond so many.
    Ticks {
        per_microsecond: i64,
        microseconds: i64,
    },
    Text,
    /// Bytes of which nobody says what they are.
    Unknown,
}

/// What the numbers of a column mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// As they stand there.
    Plain,
    /// Whole numbers without a sign.
    Unsigned,
    /// Whole numbers, to be divided by ten to this power.
    Decimal { scale: i32 },
    /// Floating-point numbers of two bytes.
    Half,
}

impl Meaning {
    pub(super) fn of(column: &ColumnDescriptor) -> Self {
        let ticks = |per_microsecond, microseconds| Self::Ticks { per_microsecond, microseconds };
        match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::Timestamp(timestamp)), _) => match timestamp.unit {
                TimeUnit::MILLIS => ticks(1, 1_000),
                TimeUnit::MICROS => ticks(1, 1),
                TimeUnit::NANOS => ticks(1_000, 1),
            },
            (None, ConvertedType::TIMESTAMP_MILLIS) => ticks(1, 1_000),
            (None, ConvertedType::TIMESTAMP_MICROS) => ticks(1, 1),
            (Some(LogicalType::Date), _) | (None, ConvertedType::DATE) => ticks(1, MICROSECONDS_OF_A_DAY),
            (Some(LogicalType::Decimal(decimal)), _) => Self::Number(Number::Decimal { scale: decimal.scale }),
            (None, ConvertedType::DECIMAL) => Self::Number(Number::Decimal { scale: column.type_scale() }),
            (Some(LogicalType::Float16), _) => Self::Number(Number::Half),
            _ => match column.physical_type() {
                PhysicalType::INT96 => ticks(1_000, 1),
                PhysicalType::BYTE_ARRAY | PhysicalType::BOOLEAN => Self::Text,
                PhysicalType::INT32 | PhysicalType::INT64 if is_unsigned(column) => Self::Number(Number::Unsigned),
                PhysicalType::INT32 | PhysicalType::INT64 | PhysicalType::FLOAT | PhysicalType::DOUBLE => {
                    Self::Number(Number::Plain)
                }
                PhysicalType::FIXED_LEN_BYTE_ARRAY => Self::Unknown,
            },
        }
    }

    /// Microseconds since 1970, of an instant as it stands in the file.
    pub(super) fn time(self, value: i64) -> i64 {
        match self {
            Self::Ticks { per_microsecond, microseconds } => {
                value.div_euclid(per_microsecond).checked_mul(microseconds).unwrap_or(ColumnData::NO_TIME)
            }
            Self::Number(_) | Self::Text | Self::Unknown => value,
        }
    }
}

impl Number {
    pub(super) fn of_i32(self, value: i32) -> f64 {
        if self == Self::Unsigned { f64::from(value.cast_unsigned()) } else { self.scaled(f64::from(value)) }
    }

    pub(super) fn of_i64(self, value: i64) -> f64 {
        if self == Self::Unsigned { value.cast_unsigned() as f64 } else { self.scaled(value as f64) }
    }

    /// Whether values of this physical type are whole numbers, so that their digits say all.
    pub(super) fn is_whole(self, of: PhysicalType) -> bool {
        matches!(self, Self::Plain | Self::Unsigned) && matches!(of, PhysicalType::INT32 | PhysicalType::INT64)
    }

    /// Of a decimal in as many bytes as it needs, the highest first; or of a half. Rounded at most twice.
    pub(super) fn of_bytes(self, bytes: &[u8]) -> f64 {
        if let (Self::Half, [low, high]) = (self, bytes) {
            return f16::from_le_bytes([*low, *high]).to_f64();
        }
        let Some((first, rest)) = bytes.split_first() else { return f64::NAN };
        let whole = if bytes.len() <= size_of::<i128>() {
            rest.iter().fold(i128::from(first.cast_signed()), |whole, byte| (whole << 8) | i128::from(*byte)) as f64
        } else {
            rest.iter().fold(f64::from(first.cast_signed()), |whole, byte| whole * 256.0 + f64::from(*byte))
        };
        self.scaled(whole)
    }

    fn scaled(self, value: f64) -> f64 {
        match self {
            Self::Decimal { scale } if scale != 0 => value / 10_f64.powi(scale),
            Self::Decimal { .. } | Self::Plain | Self::Unsigned | Self::Half => value,
        }
    }
}

fn is_unsigned(column: &ColumnDescriptor) -> bool {
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Integer(integer)), _) => !integer.is_signed,
        (None, converted) => matches!(
            converted,
            ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64
        ),
        (Some(_), _) => false,
    }
}

#[test]
fn decimals_of_any_length_are_numbers() {
    let cents = Number::Decimal { scale: 2 };
    assert_eq!(cents.of_bytes(&[0x30, 0x39]), 123.45);
    assert_eq!(cents.of_bytes(&[0xFF; 16]), -0.01);
    assert_eq!(cents.of_bytes(&[&[0xFF; 20][..], &[0xCF, 0xC7]].concat()), -123.45);
    let long = [&[0; 18][..], &[0x30, 0x39]].concat();
    assert_eq!(cents.of_bytes(&long), 123.45);
    assert!(cents.of_bytes(&[]).is_nan());
    assert_eq!((cents.of_i32(-5), cents.of_i64(1_000)), (-0.05, 10.0));
    assert_eq!(
        (Number::Unsigned.of_i32(-1), Number::Unsigned.of_i64(-1)),
        (4_294_967_295.0, 18_446_744_073_709_551_616.0)
    );
    assert_eq!(Number::Half.of_bytes(&[0x00, 0xC0]), -2.0);
}
