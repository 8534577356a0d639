import Core
import Events
import Foundation
import TandemLab
import TandemTesting
import Testing

@testable import SiblingServices

@Suite("Announced in Consul", .timeLimit(.minutes(1)))
struct ConsulRegistrationTests {
    /// Faults that a service notices which reads only the status.
    private static let faults = FakeService.Fault.allCases.filter { $0 != .garbage }

    @Test("registered with its check passed, passed again every 27 s, and taken out at the end")
    func life() async throws {
        try await ConsulSite.run { site in
            await site.clock.waitForSleepers()
            let service = try #require(site.service)
            let id = try #require(service.body["ID"]?.string)
            #expect(UUID(uuidString: id) != nil)
            #expect(
                service.body == [
                    "ID": .string(id), "Name": "wazo-calld", "Address": "192.0.2.7", "Port": 9_500,
                    "Tags": [.string(ConsulSite.uuid), "wazo-calld", "blue"], "Check": ["TTL": "30s"],
                ]
            )
            #expect(service.passes == 1)
            let seen = try #require(site.rest.requests.first)
            #expect(seen.method == "GET" && seen.path == "/1.0/status" && seen.headers["x-auth-token"] == nil)
            site.clock.advance(by: 26)
            #expect(site.service?.passes == 1)
            site.clock.advance(by: 1)
            _ = try await eventually("the check is passed again") { site.service?.passes == 2 ? true : nil }
            await site.clock.waitForSleepers()
            let duration = await site.stop()
            #expect(duration < .seconds(15))
            #expect(site.consul.services.isEmpty)
            #expect(
                site.consul.log == [
                    "service/register", "check/pass", "check/pass", "check/deregister", "service/deregister",
                ]
            )
            try expectEvents(site.events, id)
        }
    }

    private func expectEvents(_ events: [BusEvent], _ id: String) throws {
        try #require(events.count == 2)
        let tags: JSONValue = [.string(ConsulSite.uuid), "wazo-calld", "blue"]
        #expect(events.map(\.name) == ["service_registered", "service_deregistered"])
        #expect(events.allSatisfy { $0.routingKey == "service.registered.wazo-calld" && $0.audience == .service })
        #expect(
            events[0].data == [
                "service_name": "wazo-calld", "service_id": .string(id), "address": "192.0.2.7", "port": 9_500,
                "tags": tags,
            ]
        )
        #expect(events[1].data == ["service_name": "wazo-calld", "service_id": .string(id), "tags": tags])
    }

    @Test("before our own port answers 401 nothing is registered, and a stop asks nobody", arguments: faults)
    func selfCheck(fault: FakeService.Fault) async throws {
        let options = ConsulSite.Options(timeout: 0.5) { $0.rest.fail(fault) }
        try await ConsulSite.run(options) { site in
            await site.clock.waitForSleepers()
            #expect(site.agent.requests.isEmpty)
            site.rest.fail(nil)
            try await site.pass(2) { site.service?.passes == 1 }
        }
        try await ConsulSite.run(options) { site in
            await site.clock.waitForSleepers()
            _ = await site.stop()
            #expect(site.agent.requests.isEmpty)
            #expect(site.events.isEmpty)
        }
    }

    @Test("a fault of Consul while registering is over with its cause, and told once", arguments: faults)
    func faultsWhileRegistering(fault: FakeService.Fault) async throws {
        let options = ConsulSite.Options(timeout: 0.5) { $0.agent.fail(fault) }
        try await ConsulSite.run(options) { site in
            await site.clock.waitForSleepers()
            #expect(site.events.isEmpty)
            site.agent.fail(nil)
            try await site.pass(2) { site.service?.passes == 1 }
            #expect(site.events.count == 1)
        }
    }

    @Test("a fault of Consul while registered is over with its cause", arguments: faults)
    func faultsWhileRegistered(fault: FakeService.Fault) async throws {
        try await ConsulSite.run(ConsulSite.Options(timeout: 0.5)) { site in
            try await site.pass(2) { site.service?.passes == 1 }
            site.agent.fail(fault)
            site.clock.advance(by: 27)
            await site.clock.waitForSleepers()
            #expect(site.service?.passes == 1)
            site.agent.fail(nil)
            // An error that the agent answers may mean that it has forgotten us: then it is told anew.
            let isTold = fault == .internalError
            try await site.pass(2) {
                isTold
                    ? site.consul.log.suffix(2) == ["service/register", "check/pass"] && site.consul.log.count > 2
                    : site.service?.passes == 2
            }
            #expect(site.events.count == 1)
        }
    }

    @Test("an agent that was away and has forgotten us gets us again under the same id; nobody is told twice")
    func forgotten() async throws {
        try await ConsulSite.run { site in
            await site.clock.waitForSleepers()
            let id = site.consul.services.keys.first
            await site.agent.stop()
            site.consul.forget()
            site.clock.advance(by: 27)
            await site.clock.waitForSleepers()
            let consul = site.consul
            let again = try await FakeService.start(port: site.agent.port) { consul.answer($0) }
            try await site.pass(2) { site.service?.passes == 1 }
            #expect(site.consul.services.keys.first == id)
            #expect(site.service?.passes == 1)
            _ = await site.stop()
            #expect(site.consul.services.isEmpty)
            #expect(site.events.map(\.name) == ["service_registered", "service_deregistered"])
            await again.stop()
        }
    }

    @Test("the token is sent, and one that is refused is tried again")
    func token() async throws {
        let options = ConsulSite.Options(token: "consul-secret") { $0.consul.require(token: "another") }
        try await ConsulSite.run(options) { site in
            await site.clock.waitForSleepers()
            #expect(site.service == nil)
            #expect(site.agent.requests.first?.headers["x-consul-token"] == "consul-secret")
            site.consul.require(token: "consul-secret")
            try await site.pass(2) { site.service?.passes == 1 }
        }
    }

    @Test("a stop while the registration has no answer yet takes it out all the same")
    func stopWhileRegistering() async throws {
        let options = ConsulSite.Options(timeout: 30) { $0.agent.fail(.hangs) }
        try await ConsulSite.run(options) { site in
            _ = try await eventually("Consul is asked") { site.agent.requests.isEmpty ? nil : true }
            site.agent.fail(nil)
            _ = await site.stop()
            #expect(site.agent.requests.map(\.path).contains { $0.hasPrefix("/v1/agent/check/deregister/service:") })
            #expect(site.events.isEmpty)
        }
    }

    @Test("a Consul that hangs holds a stop for its two seconds and no longer")
    func hangingStop() async throws {
        try await ConsulSite.run(ConsulSite.Options(timeout: 30)) { site in
            await site.clock.waitForSleepers()
            site.agent.fail(.hangs)
            let duration = await site.stop()
            #expect(duration >= .seconds(1.9) && duration < .seconds(10))
            #expect(site.events.count == 2)
        }
    }

    @Test("durations as Go reads them", arguments: [(30.0, "30s"), (1.5, "1500ms"), (1, "1s")])
    func durations(seconds: Double, text: String) {
        #expect(ConsulAgent.duration(seconds) == text)
    }
}
