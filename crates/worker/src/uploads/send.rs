//! One recording: its objects sent, verified, or deleted.

use std::collections::HashMap;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use md5::{Digest, Md5};
use vivace_base::{Ulid, UnixMs};
use vivace_domain::hex;
use vivace_domain::recording::{RecordFormat, RecordState, Recording};
use vivace_store::{Upload, UploadObject, UploadPart, UploadSource, UploadState};

use super::Shared;
use super::bucket::Bucket;
use super::fault::UploadFault;
use super::plan;
use super::source::Source;

/// Takes what is due one step to its end: sends what is missing, or deletes what is there.
pub(super) async fn settle(shared: &Shared, bucket: &Bucket, upload: &Upload) -> Result<(), UploadFault> {
    match upload.state {
        UploadState::Waiting => send(shared, bucket, upload).await,
        UploadState::Deleting => delete(shared, bucket, upload).await,
        UploadState::Uploaded | UploadState::Failed => Ok(()),
    }
}

async fn send(shared: &Shared, bucket: &Bucket, upload: &Upload) -> Result<(), UploadFault> {
    let found = shared.store.reader().recording(upload.app, upload.recording).await?;
    // One that is gone meanwhile is deleted at the next look.
    let Some(recording) = found.filter(|one| one.state == RecordState::Stored && one.deleted_at.is_none()) else {
        return Ok(());
    };
    let text = playlist_of(shared, &recording).await?;
    let objects = match shared.store.reader().upload_objects(recording.id).await? {
        planned if !planned.is_empty() && upload.place == bucket.settings().place() => planned,
        _ => plan(shared, bucket, &recording, &text).await?,
    };
    let playlist = match recording.format {
        RecordFormat::Hls => Bytes::from(plan::playlist(recording.id, &text, &objects)?),
        _ => Bytes::new(),
    };
    for object in objects.iter().filter(|object| !object.verified) {
        let source = Source::of(&shared.place, &recording, object, playlist.clone()).ok_or(UploadFault::Internal)?;
        Sending { shared, bucket, recording: &recording, object, source }.send().await?;
        shared.bucket_works();
    }
    finish(shared, &recording).await
}

async fn playlist_of(shared: &Shared, recording: &Recording) -> Result<String, UploadFault> {
    if recording.format != RecordFormat::Hls {
        return Ok(String::new());
    }
    let text = shared.playlists.of(recording).await?;
    let max = shared.limits.get().upload_playlist_bytes_max;
    // The addresses within it become longer, but not twice as long.
    if text.len() > max / 2 {
        return Err(UploadFault::TooLong { bytes: text.len() as u64, max: max as u64 / 2 });
    }
    Ok(text)
}

async fn plan(
    shared: &Shared,
    bucket: &Bucket,
    recording: &Recording,
    text: &str,
) -> Result<Vec<UploadObject>, UploadFault> {
    let (prefix, part_bytes) = (&bucket.settings().prefix, shared.limits.get().upload_part_bytes);
    let objects = if recording.format == RecordFormat::Hls {
        let Recording { app, stream, first, last, .. } = recording;
        let files = shared.store.reader().media_files_between(*app, stream, first.file, last.map(|at| at.file)).await?;
        let init: HashMap<Ulid, u64> = files.into_iter().map(|file| (file.id, file.init_bytes)).collect();
        plan::hls(prefix, recording, text, &init, part_bytes)?
    } else {
        vec![plan::file(prefix, recording, part_bytes)?]
    };
    shared.store.plan_upload(recording.id, &bucket.settings().place(), &objects).await?;
    Ok(objects)
}

async fn finish(shared: &Shared, recording: &Recording) -> Result<(), UploadFault> {
    let uploaded = Recording { state: RecordState::Uploaded, ..recording.clone() };
    let known = shared.store.reader().upload(recording.app, recording.id).await?;
    let told = match known {
        Some(Upload { told: true, .. }) | None => Vec::new(),
        Some(_) => shared.announce.stored(&uploaded).await?,
    };
    if shared.store.finish_upload(recording.id, &told, shared.clock.unix()).await? {
        shared.announce.written();
        shared.tally.uploaded.fetch_add(1, Relaxed);
        shared.tell(&uploaded);
    }
    Ok(())
}

async fn delete(shared: &Shared, bucket: &Bucket, upload: &Upload) -> Result<(), UploadFault> {
    let objects = shared.store.reader().upload_objects(upload.recording).await?;
    if !objects.is_empty() && upload.place != bucket.settings().place() {
        return Err(UploadFault::Elsewhere { place: upload.place.clone() });
    }
    for object in &objects {
        if let Some(id) = &object.upload {
            bucket.give_up(&object.key, id).await?;
        }
        bucket.delete(&object.key).await?;
    }
    if !objects.is_empty() {
        shared.bucket_works();
    }
    shared.store.remove_upload(upload.recording).await?;
    shared.tally.deleted.fetch_add(1, Relaxed);
    tracing::info!(recording = %upload.recording, "the copy of a recording is deleted from the bucket");
    Ok(())
}

/// One object on its way.
struct Sending<'a> {
    shared: &'a Shared,
    bucket: &'a Bucket,
    recording: &'a Recording,
    object: &'a UploadObject,
    source: Source,
}

impl Sending<'_> {
    async fn send(&self) -> Result<(), UploadFault> {
        let (object, id) = (self.object, self.recording.id);
        let etag = if object.bytes <= object.part_bytes { self.whole().await? } else { self.in_parts().await? };
        match self.verify(&etag).await {
            Ok(()) => Ok(self.shared.store.verify_upload_object(id, object.number).await?),
            Err(fault @ UploadFault::Verify { .. }) => {
                self.shared.tally.differed.fetch_add(1, Relaxed);
                tracing::error!(recording = %id, %fault, "an upload differs from its file");
                self.shared.store.reset_upload_object(id, object.number).await?;
                Err(fault)
            }
            // It was begun, and is forgotten there: all of it is sent anew.
            Err(fault) if fault.is_missing() && !fault.is_no_bucket() => {
                self.shared.store.reset_upload_object(id, object.number).await?;
                Err(fault)
            }
            Err(fault) => Err(fault),
        }
    }

    /// In one request; what the bucket is to call it.
    async fn whole(&self) -> Result<String, UploadFault> {
        let bytes = self.source.read(0, self.object.bytes).await?;
        let sum: [u8; 16] = Md5::digest(&bytes).into();
        self.bucket.put(&self.object.key, bytes, self.content_type()).await?;
        self.shared.tally.bytes.fetch_add(self.object.bytes, Relaxed);
        Ok(hex(&sum))
    }

    /// In parts, those that the bucket has not; what it is to call the whole.
    async fn in_parts(&self) -> Result<String, UploadFault> {
        let (object, id, store) = (self.object, self.recording.id, &self.shared.store);
        let mut parts = store.reader().upload_parts(id, object.number).await?;
        let upload = match &object.upload {
            Some(upload) => upload.clone(),
            None => {
                let upload = self.bucket.begin(&object.key, self.content_type()).await?;
                store.begin_multipart(id, object.number, &upload).await?;
                upload
            }
        };
        for number in 0..u32::try_from(object.bytes.div_ceil(object.part_bytes)).unwrap_or(u32::MAX) {
            if parts.iter().any(|part| part.number == number) {
                continue;
            }
            match self.part(&upload, number).await {
                Ok(part) => parts.push(part),
                Err(fault) => return Err(self.unless_forgotten(fault).await?),
            }
        }
        parts.sort_by_key(|part| part.number);
        let etags = parts.iter().map(|part| part.etag.clone()).collect();
        match self.bucket.complete(&object.key, &upload, etags).await {
            Ok(()) => {}
            // It may have been made before, and the answer lost: whether that is so is seen next.
            Err(fault) if fault.is_missing() && !fault.is_no_bucket() => {}
            Err(fault) => return Err(fault),
        }
        let mut sum = Md5::new();
        parts.iter().for_each(|part| sum.update(part.md5));
        let sum: [u8; 16] = sum.finalize().into();
        Ok(format!("{}-{}", hex(&sum), parts.len()))
    }

    async fn part(&self, upload: &str, number: u32) -> Result<UploadPart, UploadFault> {
        let object = self.object;
        let at = object.part_bytes.saturating_mul(number.into());
        let length = object.part_bytes.min(object.bytes.saturating_sub(at));
        let bytes = self.source.read(at, length).await?;
        let md5 = Md5::digest(&bytes).into();
        let etag = self.bucket.part(&object.key, upload, number, bytes).await?;
        let part = UploadPart { number, etag, md5, bytes: length };
        self.shared.store.put_upload_part(self.recording.id, object.number, &part).await?;
        self.shared.tally.bytes.fetch_add(length, Relaxed);
        Ok(part)
    }

    /// Where the storage knows nothing of what was begun, the next try begins anew.
    async fn unless_forgotten(&self, fault: UploadFault) -> Result<UploadFault, UploadFault> {
        if fault.is_missing() && !fault.is_no_bucket() {
            self.shared.store.reset_upload_object(self.recording.id, self.object.number).await?;
        }
        Ok(fault)
    }

    /// Whether the bucket has what was sent: by its length and what it is called, which is an MD5 where the storage keeps to
    /// the custom; read back where that proves nothing.
    async fn verify(&self, etag: &str) -> Result<(), UploadFault> {
        let UploadObject { key, bytes, .. } = self.object;
        let differs = |what: String| Err(UploadFault::Verify { key: key.clone(), what });
        let head = self.bucket.head(key).await?;
        if head.bytes != *bytes {
            return differs(format!("it has {} bytes, not {bytes}", head.bytes));
        }
        if head.etag == etag {
            return Ok(());
        }
        self.shared.tally.read_back.fetch_add(1, Relaxed);
        if self.bucket.sum(key).await? == self.source.sum(*bytes).await? {
            return Ok(());
        }
        differs("its SHA-256 is another".to_owned())
    }

    const fn content_type(&self) -> &'static str {
        plan::content_type(self.object.source, self.recording.format)
    }
}

/// Addresses of the objects of an uploaded recording, by their names without the prefix.
pub(super) async fn addresses(
    bucket: &Bucket,
    objects: &[UploadObject],
) -> Result<HashMap<String, String>, UploadFault> {
    let mut all = HashMap::new();
    for object in objects.iter().filter(|object| matches!(object.source, UploadSource::Media { .. })) {
        let (folder, file) = object.key.rsplit_once('/').unwrap_or(("", &object.key));
        let folder = folder.rsplit_once('/').map_or(folder, |(_, last)| last);
        all.insert(format!("{folder}/{file}"), bucket.signed(&object.key).await?);
    }
    Ok(all)
}

/// When the next try comes behind so many that failed: a second, and then ever more rarely.
pub(super) fn next_at(now: UnixMs, tries: u32, backoff_ms_max: u64) -> UnixMs {
    let ms = 1_000_u64.saturating_mul(1 << tries.min(30)).min(backoff_ms_max.max(1));
    UnixMs(now.0.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use vivace_base::UnixMs;

    use super::next_at;

    #[test]
    fn tries_come_ever_more_rarely_up_to_a_bound() {
        let waits: Vec<i64> = [0, 1, 2, 9, 31, u32::MAX].map(|tries| next_at(UnixMs(0), tries, 600_000).0).to_vec();
        assert_eq!(waits, [1_000, 2_000, 4_000, 512_000, 600_000, 600_000]);
        assert_eq!(next_at(UnixMs(i64::MAX), 3, 5), UnixMs(i64::MAX));
    }
}
