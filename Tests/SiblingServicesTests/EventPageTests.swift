import Core
import Events
import TandemTesting
import Testing

@testable import SiblingServices

@Suite("Service registration: docs/events.md")
struct EventPageTests {
    private static let service = RegisteredService(
        id: "service-1",
        name: "wazo-calld",
        address: "192.0.2.1",
        port: 9_500,
        tags: ["wazo-calld"]
    )

    private static let entries: [EventPage.Entry] = [
        .init(service.registered, when: "Tandem has registered in Consul (`service_discovery.enabled`)."),
        .init(service.deregistered, when: "Tandem stops."),
    ]

    @Test("the page has every event of the registration as it is")
    func page() throws {
        let part = EventPage.part("Service registration", Self.entries, samples: ["service": "wazo-calld"])
        #expect(try EventPage().holds(part), "run this test with TANDEM_WRITE_DOCS=1")
    }
}
