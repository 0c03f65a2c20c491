use lanrage_party::DeviceIdentity;
use zeroize::Zeroizing;

use crate::{Secret, SecretError, SecretStore};

const NAME: &str = "identity";

/// This device's identity: the stored one, or a new one from `seed` (32 random bytes) at the first start.
///
/// # Errors
/// [`SecretError`]; a damaged identity is never replaced silently, because friends know the device by it.
pub fn load_or_create_identity(
    store: &dyn SecretStore,
    seed: Zeroizing<[u8; 32]>,
) -> Result<DeviceIdentity, SecretError> {
    if let Some(secret) = store.get(NAME)? {
        let bytes = secret.expose().try_into().map_err(|_| SecretError::Damaged { name: NAME.to_owned() })?;
        return Ok(DeviceIdentity::from_seed(&Zeroizing::new(bytes)));
    }
    store.set(NAME, &Secret::new(seed.to_vec()))?;
    Ok(DeviceIdentity::from_seed(&seed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataDir, FileSecretStore};

    #[test]
    fn a_device_keeps_its_identity_and_a_damaged_one_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileSecretStore::new(&DataDir::open(Some(folder.path().to_owned())).unwrap());
        let load = |seed| load_or_create_identity(&store, Zeroizing::new([seed; 32]));
        let first = load(1).unwrap().peer_id();
        assert_eq!(load(2).unwrap().peer_id(), first);
        store.set(NAME, &Secret::new(vec![1, 2, 3])).unwrap();
        assert!(matches!(load(3), Err(SecretError::Damaged { .. })));
    }
}
