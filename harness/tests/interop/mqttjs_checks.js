// What MQTT.js sees of a broker: every QoS, a retained message, a will, a kept session, order.
//
// Usage: mqttjs_checks.js PORT
"use strict";

const assert = require("node:assert");
const mqtt = require("mqtt");

const url = `mqtt://127.0.0.1:${process.argv[2]}`;
const options = { protocolVersion: 4, reconnectPeriod: 0, keepalive: 30 };
const connect = (more) => mqtt.connectAsync(url, { ...options, ...more });

/** The next `count` messages of a client. */
function messages(client, count) {
    return new Promise((resolve) => {
        const heard = [];
        const hear = (topic, payload, packet) => {
            heard.push([topic, payload.toString(), packet.qos, packet.retain]);
            if (heard.length === count) {
                client.off("message", hear);
                resolve(heard);
            }
        };
        client.on("message", hear);
    });
}

async function everyQos() {
    const [sub, pub] = [await connect(), await connect()];
    const granted = await sub.subscribeAsync({ "js/0": { qos: 0 }, "js/2": { qos: 2 } });
    assert.deepStrictEqual(granted.map((one) => one.qos), [0, 2]);
    for (const qos of [0, 1, 2]) {
        const next = messages(sub, 1);
        await pub.publishAsync("js/2", `at ${qos}`, { qos });
        assert.deepStrictEqual(await next, [["js/2", `at ${qos}`, qos, false]]);
    }
    await Promise.all([sub.endAsync(), pub.endAsync()]);
}

async function retainedAndWill() {
    const pub = await connect();
    await pub.publishAsync("js/kept", "kept", { qos: 1, retain: true });
    const sub = await connect();
    const kept = messages(sub, 1);
    await sub.subscribeAsync("js/kept", { qos: 1 });
    assert.deepStrictEqual(await kept, [["js/kept", "kept", 1, true]]);
    await pub.publishAsync("js/kept", "", { qos: 1, retain: true });
    await sub.subscribeAsync("js/will", { qos: 2 });
    const gone = messages(sub, 1);
    const will = { topic: "js/will", payload: Buffer.from("gone"), qos: 2, retain: false };
    const dying = await connect({ will });
    dying.on("error", () => {});
    dying.stream.destroy();
    assert.deepStrictEqual(await gone, [["js/will", "gone", 2, false]]);
    await Promise.all([sub.endAsync(), pub.endAsync()]);
}

async function session() {
    const kept = { clientId: "js-keeper", clean: false };
    const sub = await connect(kept);
    await sub.subscribeAsync("js/s", { qos: 1 });
    await sub.endAsync();
    const pub = await connect();
    for (let n = 0; n < 20; n += 1) {
        await pub.publishAsync("js/s", String(n), { qos: 1 });
    }
    const again = mqtt.connect(url, { ...options, ...kept });
    const heard = messages(again, 20);
    const texts = (await heard).map(([, text]) => text);
    assert.deepStrictEqual(texts, Array.from({ length: 20 }, (_, n) => String(n)));
    await Promise.all([again.endAsync(), pub.endAsync()]);
}

async function order() {
    const [sub, pub] = [await connect(), await connect()];
    await sub.subscribeAsync("js/order", { qos: 2 });
    const heard = messages(sub, 5000);
    for (let n = 0; n < 5000; n += 1) {
        pub.publish("js/order", String(n), { qos: 2 });
    }
    const texts = (await heard).map(([, text]) => Number(text));
    assert.ok(texts.every((n, at) => n === at), "in order");
    await Promise.all([sub.endAsync(), pub.endAsync()]);
}

(async () => {
    for (const check of [everyQos, retainedAndWill, session, order]) {
        await check();
        console.log(`${check.name}: as it should be`);
    }
})().catch((error) => {
    console.error(error);
    process.exit(1);
});
