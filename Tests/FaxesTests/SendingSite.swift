import CallControl
import CallRequests
import Core
import Directory
import Events
import Foundation
import Logging
import Persistence
import Processes
import TandemTesting
import Telephony

@testable import Faxes

/// Sent faxes on a fake Asterisk, with the real Ghostscript, an in-memory store and a clock moved by hand.
struct SendingSite: Sendable {
    static let tenant = TenantID("t-1")
    static let user = UserID("u-1")

    let folder: Folder
    let asterisk = FakeAsterisk()
    let manager = FakeManager()
    let clock = ManualClock()
    let store: InMemoryStateStore

    private let retries: Int
    private let mostKept: Int

    init(store: InMemoryStateStore = InMemoryStateStore(), retries: Int = 0, mostKept: Int = 5_000) throws {
        folder = try Folder()
        self.store = store
        self.retries = retries
        self.mostKept = mostKept
    }

    /// Names of the folders in the spool.
    var spooled: [String] { folder.names("sent") }
    /// The calls that were made.
    var calls: [String] { asterisk.requests.filter { $0.hasPrefix("originate ") } }
    /// Names of the events so far.
    var events: [String] { store.messages.compactMap { $0.headers["name"]?.string } }

    /// A Tandem that sends faxes, until `body` is over; then it is cut off, as by a crash.
    func running(_ store: (any StateStoring)? = nil, _ body: (SentFaxes) async throws -> Void) async throws {
        let faxes = SentFaxes(
            SentFaxConfiguration(folder: folder.path("sent"), retries: retries, keep: 100, mostKept: mostKept),
            ports: SentFaxPorts(
                channels: asterisk,
                manager: manager,
                destinations: Destinations(contexts: FixedContexts(), manager: manager),
                users: FakeDirectory(users: []),
                store: store ?? self.store,
                envelope: BusEnvelope(origin: "origin"),
                cleanup: LoneChannelCleanup(channels: asterisk, bridges: asterisk, logger: .silent),
                processes: ProcessRunner(width: 2),
                failures: AsteriskFailures(baseURL: "http://pbx:5039"),
                managerFailures: ManagerFailures(host: "pbx", port: 5038, timeout: 5),
                clock: clock,
                logger: .silent
            )
        )
        let service = Task { try await faxes.run() }
        defer { service.cancel() }
        try await faxes.recover(from: AsteriskSnapshot(channels: try await asterisk.channels(), bridges: []))
        try await body(faxes)
        service.cancel()
        _ = await service.result
    }

    /// A document has arrived; its fax begins.
    @discardableResult
    func send(_ id: String, by faxes: SentFaxes, user: UserID? = user) async throws -> SentFax {
        _ = try await faxes.spool.begin(id)
        try PDFDocument.make(pages: 1).write(to: URL(fileURLWithPath: faxes.spool.pdf(of: id)))
        let fax = SentFax(
            id: id,
            tenant: Self.tenant,
            request: SentFax.Request(
                context: "internal",
                exten: "0123",
                callerID: "Ann, \"A\" <1>",
                ivrExtension: nil,
                waitTime: 0,
                user: user
            ),
            limits: faxes.limits,
            createdAt: clock.now
        )
        return try await faxes.aggregates.create(fax, beginning: .requested(by: user), within: .seconds(60))
    }

    /// The dialplan tells a result, over the manager interface.
    func tell(_ id: String, _ fields: [String: String], to faxes: SentFaxes) async {
        var message = ManagerMessage()
        for (name, value) in fields.merging(["UserEvent": "FaxProgress", "Uniqueid": id], uniquingKeysWith: { $1 }) {
            message.append(name, value)
        }
        await faxes.receive(ManagerEvent(name: "UserEvent", message: message))
        await faxes.aggregates.settle()
    }
}
