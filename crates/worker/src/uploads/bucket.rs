//! The bucket: objects put, read, looked at and deleted, one request each.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{
    Attribute, Attributes, BackoffConfig, ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, RetryConfig,
};
use sha2::{Digest, Sha256};
use tokio::time::timeout;
use vivace_base::{LiveLimits, Secret};
use vivace_net::outbound::Outbound;

use super::connector::Connector;
use super::fault::UploadFault;

/// How long a signed address of an object is good for.
const ADDRESS_GOOD_FOR: Duration = Duration::from_hours(6);

/// A bucket of S3-compatible storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketSettings {
    /// Where the storage is, `http://HOST[:PORT]` or `https`; unset, Amazon's in `region`.
    pub endpoint: Option<String>,
    /// The bucket.
    pub bucket: String,
    /// The region that requests are signed for.
    pub region: String,
    /// What the names of all objects begin with; may be empty.
    pub prefix: String,
    /// Whether the bucket stands in the path, and not in the host name.
    pub path_style: bool,
    /// The key's id.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: Secret<String>,
}

/// What the storage says of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) bytes: u64,
    pub(super) etag: String,
}

/// The way into one bucket.
#[derive(Clone)]
pub(super) struct Bucket {
    storage: Arc<AmazonS3>,
    settings: Arc<BucketSettings>,
    limits: LiveLimits,
}

impl BucketSettings {
    /// Which bucket it is, as the queue notes it.
    pub(super) fn place(&self) -> String {
        let endpoint = self.endpoint.clone().unwrap_or_else(|| format!("s3.{}.amazonaws.com", self.region));
        format!("{endpoint}/{}", self.bucket)
    }

    fn address(&self) -> Option<String> {
        let endpoint = self.endpoint.as_deref()?.trim_end_matches('/');
        if self.path_style {
            return Some(endpoint.to_owned());
        }
        let (scheme, host) = endpoint.split_once("://")?;
        Some(format!("{scheme}://{}.{host}", self.bucket))
    }
}

impl Bucket {
    pub(super) fn new(
        settings: &BucketSettings,
        outbound: Arc<Outbound>,
        limits: LiveLimits,
    ) -> Result<Self, UploadFault> {
        if settings.access_key_id.is_empty() || settings.secret_access_key.reveal().is_empty() {
            return Err(UploadFault::Settings("storage.s3.access_key_id and storage.s3.secret_access_key must be set"));
        }
        let nothing = RetryConfig { backoff: BackoffConfig::default(), max_retries: 0, retry_timeout: Duration::ZERO };
        let mut builder = AmazonS3Builder::new()
            .with_http_connector(Connector::new(outbound, limits.clone()))
            .with_retry(nothing)
            .with_allow_http(true)
            .with_disable_bulk_delete(true)
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_virtual_hosted_style_request(!settings.path_style)
            .with_access_key_id(&settings.access_key_id)
            .with_secret_access_key(settings.secret_access_key.reveal());
        if let Some(address) = settings.address() {
            builder = builder.with_endpoint(address);
        }
        let storage =
            builder.build().map_err(|_| UploadFault::Settings("the settings of storage.s3 cannot be used"))?;
        Ok(Self { storage: Arc::new(storage), settings: Arc::new(settings.clone()), limits })
    }

    pub(super) fn settings(&self) -> &BucketSettings {
        &self.settings
    }

    /// Puts an object whole.
    pub(super) async fn put(&self, key: &str, bytes: Bytes, content_type: &'static str) -> Result<(), UploadFault> {
        let options = PutOptions { attributes: attributes(content_type), ..PutOptions::default() };
        let put = self.storage.put_opts(&Path::from(key), bytes.into(), options).await;
        put.map(drop).map_err(|error| UploadFault::of(&error))
    }

    /// Begins to put an object in parts; the id of that.
    pub(super) async fn begin(&self, key: &str, content_type: &'static str) -> Result<String, UploadFault> {
        let options = PutMultipartOptions { attributes: attributes(content_type), ..PutMultipartOptions::default() };
        let begun = self.storage.create_multipart_opts(&Path::from(key), options).await;
        begun.map_err(|error| UploadFault::of(&error))
    }

    /// Puts a part; what the bucket calls it.
    pub(super) async fn part(&self, key: &str, upload: &str, number: u32, bytes: Bytes) -> Result<String, UploadFault> {
        let number = usize::try_from(number).map_err(|_| UploadFault::Internal)?;
        let put = self.storage.put_part(&Path::from(key), &upload.to_owned(), number, bytes.into()).await;
        put.map(|part| part.content_id).map_err(|error| UploadFault::of(&error))
    }

    /// Makes the object of its parts.
    pub(super) async fn complete(&self, key: &str, upload: &str, etags: Vec<String>) -> Result<(), UploadFault> {
        let parts = etags.into_iter().map(|content_id| PartId { content_id }).collect();
        let made = self.storage.complete_multipart(&Path::from(key), &upload.to_owned(), parts).await;
        made.map(drop).map_err(|error| UploadFault::of(&error))
    }

    /// Gives up what was begun; one that is not known is given up already.
    pub(super) async fn give_up(&self, key: &str, upload: &str) -> Result<(), UploadFault> {
        let given_up = self.storage.abort_multipart(&Path::from(key), &upload.to_owned()).await;
        unless_missing(given_up.map_err(|error| UploadFault::of(&error)))
    }

    /// What the storage says of an object.
    pub(super) async fn head(&self, key: &str) -> Result<Head, UploadFault> {
        let head = self.storage.head(&Path::from(key)).await.map_err(|error| UploadFault::of(&error))?;
        let etag = head.e_tag.unwrap_or_default();
        Ok(Head { bytes: head.size, etag: etag.trim_matches('"').to_ascii_lowercase() })
    }

    /// Deletes an object; one that is not there is deleted already.
    pub(super) async fn delete(&self, key: &str) -> Result<(), UploadFault> {
        let deleted = self.storage.delete(&Path::from(key)).await;
        unless_missing(deleted.map_err(|error| UploadFault::of(&error)))
    }

    /// SHA-256 of an object as it is read back.
    pub(super) async fn sum(&self, key: &str) -> Result<[u8; 32], UploadFault> {
        let mut sum = Sha256::new();
        self.read(key, |bytes| {
            sum.update(bytes);
            Ok(())
        })
        .await?;
        Ok(sum.finalize().into())
    }

    /// A small object as text.
    pub(super) async fn text(&self, key: &str, bytes_max: usize) -> Result<String, UploadFault> {
        let mut all = Vec::new();
        self.read(key, |bytes| {
            if bytes.len() > bytes_max.saturating_sub(all.len()) {
                return Err(UploadFault::Answer(format!("an object has more than {bytes_max} bytes")));
            }
            all.extend_from_slice(bytes);
            Ok(())
        })
        .await?;
        String::from_utf8(all).map_err(|_| UploadFault::Answer("an object is no text".to_owned()))
    }

    async fn read(&self, key: &str, mut take: impl FnMut(&[u8]) -> Result<(), UploadFault>) -> Result<(), UploadFault> {
        let got = self.storage.get(&Path::from(key)).await.map_err(|error| UploadFault::of(&error))?;
        let mut stream = got.into_stream();
        let ms = self.limits.get().upload_request_ms_max;
        loop {
            let next = std::future::poll_fn(|cx| stream.as_mut().poll_next(cx));
            let next = timeout(Duration::from_millis(ms), next).await;
            match next.map_err(|_| super::fault::CallFault::Timeout { ms })? {
                None => return Ok(()),
                Some(Ok(bytes)) => take(&bytes)?,
                Some(Err(error)) => return Err(UploadFault::of(&error)),
            }
        }
    }

    /// An address from which anybody may read an object for a while.
    pub(super) async fn signed(&self, key: &str) -> Result<String, UploadFault> {
        let signed = self.storage.signed_url(Method::GET, &Path::from(key), ADDRESS_GOOD_FOR).await;
        signed.map(|url| url.to_string()).map_err(|error| UploadFault::of(&error))
    }
}

fn attributes(content_type: &'static str) -> Attributes {
    [(Attribute::ContentType, content_type)].into_iter().collect()
}

fn unless_missing(done: Result<(), UploadFault>) -> Result<(), UploadFault> {
    match done {
        // Without its bucket nothing is known of the object.
        Err(fault) if fault.is_missing() && !fault.is_no_bucket() => Ok(()),
        done => done,
    }
}
