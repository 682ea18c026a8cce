//! What must be true of every analysis, whatever the protocol: fields stand within their frames.

use crate::build::{captured, explain, pcap};
use serde_json::Value;
use wirelab::analysis::Analysis;
use wirelab::dissect::{Detail, dissect};
use wirelab::explain::Options;
use wirelab::frame::{HostNames, LinkType};
use wirelab::lang::Lang;

/// The layers of each frame with their fields.
pub fn layers(frames: &[Vec<u8>]) -> Vec<Vec<Value>> {
    let (text, result) = explain(&pcap(frames), &Options::default(), true);
    result.expect("no failure");
    let events = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let frames = events.filter(|event| event["kind"] == "frame");
    frames.map(|event| event["layers"].as_array().expect("layers").clone()).collect()
}

/// Every layer and field lies within its frame, and the layers above TCP cover its data.
pub fn assert_within(frames: &[Vec<u8>]) {
    for (frame, layers) in frames.iter().zip(layers(frames)) {
        let mut at = 54;
        for layer in layers {
            let place = |value: &Value| {
                let off = value["off"].as_u64().unwrap() as usize;
                (off, off + value["len"].as_u64().unwrap() as usize)
            };
            let (start, end) = place(&layer);
            assert!(end <= frame.len(), "{layer}");
            for field in layer["fields"].as_array().unwrap() {
                let (from, to) = place(field);
                assert!(start <= from && to <= end, "{field} outside of {layer}");
            }
            if matches!(layer["proto"].as_str(), Some("http" | "mqtt" | "zmtp" | "data")) {
                assert!(start <= at, "a gap before {layer}");
                at = at.max(end);
            }
        }
        assert_eq!(at, frame.len());
    }
}

/// Each of these frames, cut to `snap` bytes, is analysed without a panic, and every field that is
/// told of stands within what is there.
pub fn assert_analysed(frames: &[Vec<u8>], snap: usize) {
    let mut analysis = Analysis::new(HostNames::new(), Lang::En);
    for (number, bytes) in (1..).zip(frames) {
        let mut frame = captured(number, LinkType::ETHERNET, bytes);
        frame.bytes = frame.bytes.slice(..bytes.len().min(snap));
        let dissection = dissect(&frame, Detail::Fields);
        let told = analysis.frame(&frame, &dissection);
        for layer in told.all_layers(&dissection) {
            assert!(layer.off + layer.len <= frame.bytes.len());
            for field in &layer.fields {
                assert!(field.off + field.len <= frame.bytes.len(), "{field:?}");
            }
        }
    }
    analysis.finish();
    analysis.report();
}
