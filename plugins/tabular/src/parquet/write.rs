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

use super::{CREATED_BY, TARGET_KEY};
use crate::dataset::{Dataset, Labels, Target};
use crate::error::DataError;
use crate::limits::ROW_GROUP_ROWS;

/// Writes a prepared table to `path`.
///
/// # Errors
/// The file cannot be created or written.
pub fn write_dataset(path: &Path, data: &Dataset) -> Result<(), DataError> {
    let named = || path.display().to_string();
    let file = File::create(path).map_err(|source| DataError::Unwritable { file: named(), source })?;
    write(BufWriter::new(file), data).map_err(|source| DataError::ParquetWrite { file: named(), source })
}

fn write(out: BufWriter<File>, data: &Dataset) -> Result<(), ParquetError> {
    let mut writer = SerializedFileWriter::new(out, schema(data)?, Arc::new(properties(data)))?;
    let rows = data.features.rows();
    let mut start = 0;
    while start < rows {
        let end = (start + ROW_GROUP_ROWS).min(rows);
        let mut group = writer.next_row_group()?;
        match &data.target {
            Target::Classes(labels) => write_labels(&mut group, labels, start, end)?,
            Target::Numbers(values) => write_numbers(&mut group, values, start, end)?,
        }
        for values in data.features.columns() {
            write_numbers(&mut group, values, start, end)?;
        }
        group.close()?;
        start = end;
    }
    writer.close().map(|_| ())
}

fn properties(data: &Dataset) -> WriterProperties {
    let target = KeyValue { key: TARGET_KEY.into(), value: Some(data.target_name.clone()) };
    WriterProperties::builder()
        .set_created_by(CREATED_BY.into())
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_key_value_metadata(Some(vec![target]))
        .build()
}

fn schema(data: &Dataset) -> Result<TypePtr, ParquetError> {
    let target = match &data.target {
        Target::Classes(_) => text_column(&data.target_name),
        Target::Numbers(_) => number_column(&data.target_name),
    };
    let mut fields = vec![Arc::new(target?)];
    for name in data.features.names() {
        fields.push(Arc::new(number_column(name)?));
    }
    Ok(Arc::new(Type::group_type_builder("table").with_fields(fields).build()?))
}

fn text_column(name: &str) -> Result<Type, ParquetError> {
    Type::primitive_type_builder(name, PhysicalType::BYTE_ARRAY)
        .with_repetition(Repetition::REQUIRED)
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

fn write_numbers(group: &mut Group<'_>, values: &[f64], start: usize, end: usize) -> Result<(), ParquetError> {
    if let Some(mut column) = group.next_column()? {
        column.typed::<DoubleType>().write_batch(values.get(start..end).unwrap_or_default(), None, None)?;
        column.close()?;
    }
    Ok(())
}
