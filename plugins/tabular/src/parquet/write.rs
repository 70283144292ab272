//! A prepared table as a Parquet file.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
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
use crate::features::{Feature, FeatureSpec, Matrix};
use crate::limits::ROW_GROUP_ROWS;

/// Writes a prepared table to `path`.
///
/// # Errors
/// The file cannot be created or written.
pub fn write_dataset(path: &Path, data: &Dataset) -> Result<(), DataError> {
    let mut writer = TableWriter::create(path, Some((&data.target_name, &data.target)), &data.features.specs())?;
    writer.write(Some(&data.target), &data.features)?;
    writer.close()
}

/// Writes features without a target, such as those of rows whose target is not known yet.
///
/// # Errors
/// The file cannot be created or written.
pub fn write_features(path: &Path, features: &Matrix) -> Result<(), DataError> {
    let mut writer = TableWriter::create(path, None, &features.specs())?;
    writer.write(None, features)?;
    writer.close()
}

/// A prepared table in the making, piece by piece.
#[derive(Debug)]
pub struct TableWriter {
    path: PathBuf,
    writer: SerializedFileWriter<BufWriter<File>>,
}

impl TableWriter {
    /// Begins a file. Of the target, whose name comes first, only the kind counts.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn create(path: &Path, target: Option<(&str, &Target)>, features: &[FeatureSpec]) -> Result<Self, DataError> {
        let named = || path.display().to_string();
        let file = File::create(path).map_err(|source| DataError::Unwritable { file: named(), source })?;
        let writer = schema(target, features).and_then(|schema| {
            let properties = properties(target.map(|(name, _)| name), features);
            SerializedFileWriter::new(BufWriter::new(file), schema, Arc::new(properties))
        });
        let writer = writer.map_err(|source| DataError::ParquetWrite { file: named(), source })?;
        Ok(Self { path: path.to_owned(), writer })
    }

    /// Adds rows, whose columns are those that the file was begun with.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write(&mut self, target: Option<&Target>, features: &Matrix) -> Result<(), DataError> {
        let starts = (0..features.rows()).step_by(ROW_GROUP_ROWS);
        for (start, end) in starts.map(|start| (start, (start + ROW_GROUP_ROWS).min(features.rows()))) {
            let written = write_group(&mut self.writer, target, features, start, end);
            written.map_err(|source| DataError::ParquetWrite { file: self.path.display().to_string(), source })?;
        }
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn close(self) -> Result<(), DataError> {
        let closed = self.writer.close();
        closed.map_err(|source| DataError::ParquetWrite { file: self.path.display().to_string(), source }).map(|_| ())
    }
}

fn write_group(
    writer: &mut SerializedFileWriter<BufWriter<File>>,
    target: Option<&Target>,
    features: &Matrix,
    start: usize,
    end: usize,
) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    match target {
        Some(Target::Classes(labels)) => write_labels(&mut group, labels, start, end)?,
        Some(Target::Numbers(values)) => write_numbers(&mut group, values, start, end)?,
        None => {}
    }
    for column in features.columns() {
        match column {
            Feature::Number { values, .. } => write_numbers(&mut group, values, start, end)?,
            Feature::OneHot { categories, codes, .. } => write_codes(&mut group, categories, codes, start, end)?,
        }
    }
    group.close().map(|_| ())
}

fn properties(target: Option<&str>, features: &[FeatureSpec]) -> WriterProperties {
    let target = target.map(|name| KeyValue { key: TARGET_KEY.into(), value: Some(name.to_owned()) });
    let mut pairs: Vec<_> = target.into_iter().collect();
    pairs.extend(one_hot(features).map(|value| KeyValue { key: ONE_HOT_KEY.into(), value: Some(value) }));
    WriterProperties::builder()
        .set_created_by(CREATED_BY.into())
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_key_value_metadata(Some(pairs))
        .build()
}

/// The categories of each column that has any, as JSON; none without such a column.
fn one_hot(features: &[FeatureSpec]) -> Option<String> {
    let of = |column: &FeatureSpec| match column {
        FeatureSpec::Number(_) => None,
        FeatureSpec::OneHot { column, categories } => Some((column.clone(), json!(categories))),
    };
    let categories: serde_json::Map<_, _> = features.iter().filter_map(of).collect();
    (!categories.is_empty()).then(|| Value::Object(categories).to_string())
}

fn schema(target: Option<(&str, &Target)>, features: &[FeatureSpec]) -> Result<TypePtr, ParquetError> {
    let mut fields = Vec::new();
    if let Some((name, target)) = target {
        fields.push(Arc::new(match target {
            Target::Classes(_) => text_column(name, Repetition::REQUIRED)?,
            Target::Numbers(_) => number_column(name)?,
        }));
    }
    for column in features {
        fields.push(Arc::new(match column {
            FeatureSpec::Number(name) => number_column(name)?,
            FeatureSpec::OneHot { column, .. } => text_column(column, Repetition::OPTIONAL)?,
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
