//! A prepared table as a Parquet file.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use serde_json::{Value, json};

use super::{CREATED_BY, ONE_HOT_KEY, TARGET_KEY};
use crate::dataset::{Dataset, Labels, Target};
use crate::error::DataError;
use crate::features::{Feature, Matrix};
use crate::limits::ROW_GROUP_ROWS;

/// Writes a prepared table to `path`.
///
/// # Errors
/// The file cannot be created or written.
pub fn write_dataset(path: &Path, data: &Dataset) -> Result<(), DataError> {
    create(path, &Parts { target: Some((&data.target_name, &data.target)), features: &data.features })
}

/// Writes features without a target, such as those of rows whose target is not known yet.
///
/// # Errors
/// The file cannot be created or written.
pub fn write_features(path: &Path, features: &Matrix) -> Result<(), DataError> {
    create(path, &Parts { target: None, features })
}

/// What a file is made of.
struct Parts<'a> {
    target: Option<(&'a str, &'a Target)>,
    features: &'a Matrix,
}

fn create(path: &Path, data: &Parts<'_>) -> Result<(), DataError> {
    let named = || path.display().to_string();
    let file = File::create(path).map_err(|source| DataError::Unwritable { file: named(), source })?;
    write(BufWriter::new(file), data).map_err(|source| DataError::ParquetWrite { file: named(), source })
}

fn write(out: BufWriter<File>, data: &Parts<'_>) -> Result<(), ParquetError> {
    let mut writer = SerializedFileWriter::new(out, schema(data)?, Arc::new(properties(data)))?;
    let rows = data.features.rows();
    let mut start = 0;
    while start < rows {
        let end = (start + ROW_GROUP_ROWS).min(rows);
        let mut group = writer.next_row_group()?;
        match data.target {
            Some((_, Target::Classes(labels))) => write_labels(&mut group, labels, start, end)?,
            Some((_, Target::Numbers(values))) => write_numbers(&mut group, values, start, end)?,
            None => {}
        }
        for column in data.features.columns() {
            match column {
                Feature::Number { values, .. } => write_numbers(&mut group, values, start, end)?,
                Feature::OneHot { categories, codes, .. } => write_codes(&mut group, categories, codes, start, end)?,
            }
        }
        group.close()?;
        start = end;
    }
    writer.close().map(|_| ())
}

fn properties(data: &Parts<'_>) -> WriterProperties {
    let target = data.target.map(|(name, _)| KeyValue { key: TARGET_KEY.into(), value: Some(name.to_owned()) });
    let mut pairs: Vec<_> = target.into_iter().collect();
    pairs.extend(one_hot(data).map(|value| KeyValue { key: ONE_HOT_KEY.into(), value: Some(value) }));
    WriterProperties::builder()
        .set_created_by(CREATED_BY.into())
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_key_value_metadata(Some(pairs))
        .build()
}

/// The categories of each column that has any, as JSON; none without such a column.
fn one_hot(data: &Parts<'_>) -> Option<String> {
    let of = |column: &Feature| match column {
        Feature::Number { .. } => None,
        Feature::OneHot { column, categories, .. } => Some((column.clone(), json!(categories))),
    };
    let categories: serde_json::Map<_, _> = data.features.columns().iter().filter_map(of).collect();
    (!categories.is_empty()).then(|| Value::Object(categories).to_string())
}

fn schema(data: &Parts<'_>) -> Result<TypePtr, ParquetError> {
    let mut fields = Vec::new();
    if let Some((name, target)) = data.target {
        fields.push(Arc::new(match target {
            Target::Classes(_) => text_column(name, Repetition::REQUIRED)?,
            Target::Numbers(_) => number_column(name)?,
        }));
    }
    for column in data.features.columns() {
        fields.push(Arc::new(match column {
            Feature::Number { name, .. } => number_column(name)?,
            Feature::OneHot { column, .. } => text_column(column, Repetition::OPTIONAL)?,
        }));
    }
    Ok(Arc::new(Type::group_type_builder("table").with_fields(fields).build()?))
}

fn text_column(name: &str, repetition: Repetition) -> Result<Type, ParquetError> {
    Type::primitive_type_builder(name, PhysicalType::BYTE_ARRAY)
        .with_repetition(repetition)
        .with_logical_type(Some(LogicalType::String))
        .build()
}

fn number_column(name: &str) -> Result<Type, ParquetError> {
    Type::primitive_type_builder(name, PhysicalType::DOUBLE).with_repetition(Repetition::REQUIRED).build()
}

type Group<'a> = SerializedRowGroupWriter<'a, BufWriter<File>>;

fn write_labels(group: &mut Group<'_>, labels: &Labels, start: usize, end: usize) -> Result<(), ParquetError> {
    let classes = labels.classes.iter().map(|class| ByteArray::from(class.as_str())).collect::<Vec<_>>();
    let codes = labels.codes.get(start..end).unwrap_or_default();
    let values = codes.iter().filter_map(|code| classes.get(*code as usize).cloned()).collect::<Vec<_>>();
    if let Some(mut column) = group.next_column()? {
        column.typed::<ByteArrayType>().write_batch(&values, None, None)?;
        column.close()?;
    }
    Ok(())
}

/// Texts, and nothing in a row without a category.
fn write_codes(
    group: &mut Group<'_>,
    categories: &[String],
    codes: &[u32],
    start: usize,
    end: usize,
) -> Result<(), ParquetError> {
    let texts = categories.iter().map(|category| ByteArray::from(category.as_str())).collect::<Vec<_>>();
    let codes = codes.get(start..end).unwrap_or_default();
    let values = codes.iter().filter_map(|code| texts.get(*code as usize).cloned()).collect::<Vec<_>>();
    let present = codes.iter().map(|code| i16::from((*code as usize) < texts.len())).collect::<Vec<_>>();
    if let Some(mut column) = group.next_column()? {
        column.typed::<ByteArrayType>().write_batch(&values, Some(&present), None)?;
        column.close()?;
    }
    Ok(())
}

fn write_numbers(group: &mut Group<'_>, values: &[f64], start: usize, end: usize) -> Result<(), ParquetError> {
    if let Some(mut column) = group.next_column()? {
        column.typed::<DoubleType>().write_batch(values.get(start..end).unwrap_or_default(), None, None)?;
        column.close()?;
    }
    Ok(())
}
