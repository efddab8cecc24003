use http::{HeaderValue, Response, header};
use http_body_util::BodyExt;
use vivace_domain::live::PlayFault;
use vivace_flv::content_type;
use vivace_gate::Play;
use vivace_net::LiveBody;
use vivace_net::delivery::Adoption;

use super::{Body, Bytes, HttpPlayer, Service};

impl Service {
    /// A live play over HTTP/2. Its connection goes on carrying other requests, so the play has a seat of its own, and
    /// the connection only leaves its place among those that have not been granted anything.
    pub(super) fn live_body(
        &self,
        granted: Play,
        format: &'static str,
        extension: &str,
    ) -> Result<Response<Body>, PlayFault> {
        let limit = self.shared.limits.get().connections_max;
        let seat = self.shared.quotas.connections.try_take_from(self.peer.address.ip());
        let seat = seat.map_err(|_| PlayFault::ReadersQuota { limit })?;
        let (socket, body) = LiveBody::new();
        self.place.lock().take();
        let name = granted.reader.stream().name().to_string();
        let on_end = self.shared.play_begins(self.peer, &name, format, seat);
        let inbound = Box::new(HttpPlayer { websocket: None, on_end: Some(on_end) });
        let (reader, start, head) = (granted.reader, granted.start, Bytes::new());
        self.shared.delivery.adopt(Adoption { socket, reader, start, head, inbound });
        let mut response = Response::new(body.boxed_unsync());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(extension)));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("X-Vivace-Session"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        self.sign(headers);
        Ok(response)
    }
}
