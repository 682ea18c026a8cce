//! What a client sends, packet by packet: the way from its bytes to what they ask for.
//!
//! It knows packets and stages. What each packet does stands in the file of that name.

use bytes::{Buf, BytesMut};
use wirelab_reactor::limits::COPY_MAX;
use wirelab_reactor::{ConnId, Io};

use super::peers::Stage;
use super::{ACK_LEN, Broker};
use crate::Error;
use crate::limits::CONNECT_MAX;
use crate::packet::{FixedHeader, Packet, PacketType, PingResp};

/// So many bytes of an unfinished packet count as being heard from: a large message over a slow
/// line is not silence.
const HEARD_BYTES: usize = 1024;

impl Broker {
    /// Takes one packet off the input. `Ok(false)`: there is no whole one.
    pub(super) fn take_packet(
        &mut self,
        io: &mut Io,
        conn: ConnId,
        input: &mut BytesMut,
    ) -> Result<bool, Error> {
        let Some(peer) = self.peers.get_mut(conn) else { return Ok(false) };
        let (strange, max) = match &peer.stage {
            Stage::Strange => (true, CONNECT_MAX.min(self.settings.max_packet_size)),
            Stage::Connected(link) if link.is_paused() => return Ok(false),
            Stage::Connected(_) => (false, self.settings.max_packet_size),
            Stage::Done => {
                input.clear();
                return Ok(false);
            }
        };
        let header = FixedHeader::peek(input, max);
        let header = match header {
            // [MQTT-3.1.0-1] The first packet is CONNECT; that is said before it has all come.
            Ok(Some(header)) if strange && header.packet_type != PacketType::Connect => {
                return Err(Error::violated("[MQTT-3.1.0-1]", "a first packet that is no CONNECT"));
            }
            Ok(Some(header)) => header,
            Ok(None) => return Ok(false),
            Err(error) => return Err(error),
        };
        let total = header.total();
        if input.len() < total {
            if input.len() >= peer.partial + HEARD_BYTES {
                peer.partial = input.len();
                peer.heard = io.now();
            }
            return Ok(false);
        }
        peer.heard = io.now();
        peer.partial = 0;
        self.stats.messages_received += 1;
        self.stats.bytes_received += total as u64;
        if header.packet_type != PacketType::Publish {
            let packet = input.split_to(total).freeze();
            let packet = Packet::decode_body(header, &packet.slice(header.header_len..))?;
            self.on_packet(io, conn, packet)?;
        } else if total <= COPY_MAX {
            self.on_publish(io, conn, header, &input[..total], None)?;
            input.advance(total);
        } else {
            let frame = input.split_to(total).freeze();
            self.on_publish(io, conn, header, &frame, Some(&frame))?;
        }
        Ok(true)
    }

    fn on_packet(&mut self, io: &mut Io, conn: ConnId, packet: Packet) -> Result<(), Error> {
        match packet {
            Packet::Connect(connect) => self.on_connect(io, conn, *connect),
            Packet::PubAck(packet) => self.on_puback(io, conn, packet.packet_id),
            Packet::PubRec(packet) => self.on_pubrec(io, conn, packet.packet_id),
            Packet::Subscribe(packet) => self.on_subscribe(io, conn, packet),
            Packet::PubRel(packet) => {
                self.on_pubrel(conn, packet.packet_id);
                Ok(())
            }
            Packet::PubComp(packet) => {
                self.on_pubcomp(io, conn, packet.packet_id);
                Ok(())
            }
            Packet::Unsubscribe(packet) => {
                self.on_unsubscribe(conn, &packet);
                Ok(())
            }
            Packet::PingReq(_) => {
                // [MQTT-3.12.4-1]
                self.stats.messages_sent += 1;
                self.stats.bytes_sent += ACK_LEN / 2;
                io.write(conn, |out| PingResp.encode(out));
                Ok(())
            }
            Packet::Disconnect(_) => {
                self.on_disconnect(io, conn);
                Ok(())
            }
            // PUBLISH goes its own way; the others are a server's.
            Packet::Publish(_)
            | Packet::ConnAck(_)
            | Packet::SubAck(_)
            | Packet::UnsubAck(_)
            | Packet::PingResp(_) => {
                Err(Error::violated("[MQTT-4.8.0-1]", "a packet that only a server sends"))
            }
        }
    }
}
