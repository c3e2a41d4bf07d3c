//! Values: `[kind u8][version u8][postcard]`, where the kind is the byte of the table. Rows of an
//! index are empty.

use crate::tables::Table;

/// The bytes of a value, whole.
pub(crate) fn encode<T: Table>(value: &T::Value) -> Result<Vec<u8>, String> {
    if T::INDEX {
        return Ok(Vec::new());
    }
    let mut bytes = Vec::with_capacity(256);
    bytes.extend([T::BYTE, T::VERSION]);
    postcard::to_extend(value, bytes).map_err(|error| error.to_string())
}

/// The value of bytes that are whole.
pub(crate) fn decode<T: Table>(bytes: &[u8]) -> Result<T::Value, String> {
    if T::INDEX {
        // Nothing stands for `()`, and there must be nothing.
        return read(bytes);
    }
    match bytes {
        [kind, ..] if *kind != T::BYTE => Err(format!("a value of kind {kind:#04x}")),
        // The first change of a layout adds its arm here, with the old type kept beside the table.
        [_, version, payload @ ..] if *version == T::VERSION => read(payload),
        [_, version, ..] => {
            Err(format!("a value of version {version}, this stackwatch reads up to {}", T::VERSION))
        }
        _ => Err("a value without its two first bytes".into()),
    }
}

fn read<V: serde::de::DeserializeOwned>(payload: &[u8]) -> Result<V, String> {
    match postcard::take_from_bytes(payload) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(format!("{} bytes after the end of the value", rest.len())),
        Err(error) => Err(error.to_string()),
    }
}
