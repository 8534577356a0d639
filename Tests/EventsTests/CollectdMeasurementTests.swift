import Events
import Testing

@Suite("Measurements for collectd")
struct CollectdMeasurementTests {
    @Test("channel counters and call statistics as contract 00 §6.5 writes them")
    func text() {
        let created = CollectdMeasurement.channels("created").message(host: "X")
        #expect(created.body == "PUTVAL X/channels-global/counter-created interval=10 N:1")
        #expect(created.routingKey == "collectd.channels" && created.contentType == "text/collectd")
        let duration = CollectdMeasurement.calls(
            application: "my app!",
            instance: "é",
            type: "gauge",
            "duration",
            value: 12.5
        ).message(host: "X")
        #expect(duration.body == "PUTVAL X/calls-myapp.<unknown>/gauge-duration interval=10 N:12.5")
        #expect(duration.routingKey == "collectd.calls" && duration.contentType == "text/plain")
        let start = CollectdMeasurement.calls(application: "ivr", instance: nil, type: "counter", "start")
        #expect(start.message(host: "X").body == "PUTVAL X/calls-ivr/counter-start interval=10 N:1")
    }
}
