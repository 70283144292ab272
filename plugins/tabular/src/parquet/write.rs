//! A prepared table as a Parquet file.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use serde_json::{Value, json};

use super::{CREATED_BY, KEPT_KEY, ONE_HOT_KEY, TARGET_KEY, TRANSFORM_KEY};
use crate::dataset::{Dataset, Labels, Target};
use crate::error::{DataError, check_distinct};
use crate::features::{Feature, FeatureSpec, Matrix};
use crate::limits::ROW_GROUP_ROWS;
use crate::table::{Column, ColumnData};

/// Writes a prepared table to `path`.
///
/// # Errors
/// The file cannot be created or written.
pub fn write_dataset(path: &Path, data: &Dataset) -> Result<(), DataError> {
    let features = data.features.specs();
    let target = Some((data.target_name.as_str(), &data.target));
    let mut writer = TableWriter::create(path, &Layout { target, features: &features, ..Layout::default() })?;
    writer.write(Piece { target: Some(&data.target), features: &data.features, kept: &[] })?;
    writer.close()
}

/// Writes features without a target, such as those of rows whose target is not known yet.
///
/// # Errors
/// The file cannot be created or written.
pub fn write_features(path: &Path, features: &Matrix) -> Result<(), DataError> {
    let mut writer = TableWriter::create(path, &Layout { features: &features.specs(), ..Layout::default() })?;
    writer.write(Piece { target: None, features, kept: &[] })?;
    writer.close()
}

/// What a file has.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layout<'a> {
    /// The target's name, and any values of its kind.
    pub target: Option<(&'a str, &'a Target)>,
    /// The features, in order.
    pub features: &'a [FeatureSpec],
    /// Columns beside them, with any cells of their kind.
    pub kept: &'a [Column],
    /// What identifies the transformation that makes it.
    pub transform: Option<&'a str>,
}

/// Rows of a file. Each part has as many rows, and is what the file's [`Layout`] has.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    /// Of the target.
    pub target: Option<&'a Target>,
    /// Of the features.
    pub features: &'a Matrix,
    /// Of the columns beside them.
    pub kept: &'a [Column],
}

/// A prepared table in the making, piece by piece.
#[derive(Debug)]
pub struct TableWriter {
    path: PathBuf,
    writer: SerializedFileWriter<BufWriter<File>>,
}

impl TableWriter {
    /// Begins a file.
    ///
    /// # Errors
    /// Two columns have one name, or the file cannot be created.
    pub fn create(path: &Path, layout: &Layout<'_>) -> Result<Self, DataError> {
        let target = layout.target.iter().map(|(name, _)| *name);
        let names = target.chain(layout.features.iter().map(FeatureSpec::column));
        check_distinct(&names.chain(layout.kept.iter().map(|column| column.name.as_str())).collect::<Vec<_>>())?;
        let named = || path.display().to_string();
        let file = File::create(path).map_err(|source| DataError::Unwritable { file: named(), source })?;
        let writer = schema(layout)
            .and_then(|schema| SerializedFileWriter::new(BufWriter::new(file), schema, Arc::new(properties(layout))));
        let writer = writer.map_err(|source| DataError::ParquetWrite { file: named(), source })?;
        Ok(Self { path: path.to_owned(), writer })
    }

    /// Adds rows.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write(&mut self, piece: Piece<'_>) -> Result<(), DataError> {
        let rows = piece.features.rows();
        for start in (0..rows).step_by(ROW_GROUP_ROWS) {
            let written = write_group(&mut self.writer, piece, start, (start + ROW_GROUP_ROWS).min(rows));
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
    piece: Piece<'_>,
    start: usize,
    end: usize,
) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    match piece.target {
        Some(Target::Classes(labels)) => write_labels(&mut group, labels, start, end)?,
        Some(Target::Numbers(values)) => write_numbers(&mut group, values, start, end)?,
        None => {}
    }
    for column in piece.features.columns() {
        match column {
            Feature::Number { values, .. } => write_numbers(&mut group, values, start, end)?,
            Feature::OneHot { categories, codes, .. } => write_codes(&mut group, categories, codes, start, end)?,
        }
    }
    for column in piece.kept {
        match &column.data {
            ColumnData::Number(values) => write_numbers(&mut group, values, start, end)?,
            ColumnData::Text(text) => write_codes(&mut group, &text.levels, &text.codes, start, end)?,
            ColumnData::Time(times) => write_times(&mut group, times, start, end)?,
        }
    }
    group.close().map(|_| ())
}

fn properties(layout: &Layout<'_>) -> WriterProperties {
    let pair = |key: &str, value: String| KeyValue { key: key.into(), value: Some(value) };
    let kept: Vec<&str> = layout.kept.iter().map(|column| column.name.as_str()).collect();
    let kept = (!kept.is_empty()).then(|| json!(kept).to_string());
    let pairs = [
        layout.target.map(|(name, _)| pair(TARGET_KEY, name.to_owned())),
        one_hot(layout.features).map(|value| pair(ONE_HOT_KEY, value)),
        kept.map(|value| pair(KEPT_KEY, value)),
        layout.transform.map(|id| pair(TRANSFORM_KEY, id.to_owned())),
    ];
    WriterProperties::builder()
        .set_created_by(CREATED_BY.into())
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_key_value_metadata(Some(pairs.into_iter().flatten().collect()))
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

fn schema(layout: &Layout<'_>) -> Result<TypePtr, ParquetError> {
    let mut fields = Vec::new();
    if let Some((name, target)) = layout.target {
        fields.push(Arc::new(match target {
            Target::Classes(_) => text_column(name, Repetition::REQUIRED)?,
            Target::Numbers(_) => number_column(name)?,
        }));
    }
    for column in layout.features {
        fields.push(Arc::new(match column {
            FeatureSpec::Number(name) => number_column(name)?,
            FeatureSpec::OneHot { column, .. } => text_column(column, Repetition::OPTIONAL)?,
        }));
    }
    for column in layout.kept {
        fields.push(Arc::new(match column.data {
            ColumnData::Number(_) => number_column(&column.name)?,
            ColumnData::Text(_) => text_column(&column.name, Repetition::OPTIONAL)?,
            ColumnData::Time(_) => time_column(&column.name)?,
        }));
    }
    Ok(Arc::new(Type::group_type_builder("table").with_fields(fields).build()?))
}

fn time_column(name: &str) -> Result<Type, ParquetError> {
    Type::primitive_type_builder(name, PhysicalType::INT64)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::timestamp(false, TimeUnit::MICROS)))
        .build()
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

fn write_times(group: &mut Group<'_>, times: &[i64], start: usize, end: usize) -> Result<(), ParquetError> {
    let times = times.get(start..end).unwrap_or_default();
    let values: Vec<i64> = times.iter().copied().filter(|time| *time != ColumnData::NO_TIME).collect();
    let present: Vec<i16> = times.iter().map(|time| i16::from(*time != ColumnData::NO_TIME)).collect();
    if let Some(mut column) = group.next_column()? {
        column.typed::<Int64Type>().write_batch(&values, Some(&present), None)?;
        column.close()?;
    }
    Ok(())
}
