import AsyncHTTPClient
public import Core
import Foundation
import NIOCore
import NIOHTTP1

/// A client of `GET /1.0/events`: everything that the stream has told it.
public final class EventStreamWitness: Sendable {
    /// A block of the stream.
    public struct Event: Sendable, Hashable {
        /// Field `event`; empty for a block that only moves the id.
        public var name: String
        /// Field `id`.
        public var id: String
        /// Field `data`, read.
        public var body: JSONValue?
    }

    /// The events so far, in the order of their arrival; the log is finished when the stream has ended.
    public let events = WitnessLog<Event>()
    /// Status of the answer.
    public let status: Int
    private let reading: Task<Void, Never>

    private init(_ response: HTTPClientResponse) {
        status = Int(response.status.code)
        let events = events
        reading = Task {
            var text = ""
            do {
                for try await piece in response.body {
                    text += String(buffer: piece)
                    while let end = text.range(of: "\n\n") {
                        if let event = Self.event(String(text[..<end.lowerBound])) { await events.append(event) }
                        text.removeSubrange(..<end.upperBound)
                    }
                }
            } catch {
                // The connection broke off: the end, as for any client.
            }
            await events.finish()
        }
    }

    /// Opens the stream; it is subscribed once the first block, which has the id of now, is in ``events``.
    /// - Parameters:
    ///   - rest: With a token.
    ///   - id: The last event of an earlier stream.
    ///   - query: Begins with `?`.
    /// - Throws: what the HTTP client throws.
    public static func open(
        _ rest: RESTClient,
        after id: String? = nil,
        query: String = ""
    ) async throws -> EventStreamWitness {
        var request = HTTPClientRequest(url: rest.base + "/events" + query)
        for (name, value) in rest.headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let id { request.headers.add(name: "Last-Event-ID", value: id) }
        return EventStreamWitness(try await HTTPClient.shared.execute(request, timeout: .hours(1)))
    }

    private static func event(_ block: String) -> Event? {
        var event = Event(name: "", id: "", body: nil)
        for line in block.split(separator: "\n") where !line.hasPrefix(":") {
            let parts = line.split(separator: ": ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "event": event.name = parts[1]
            case "id": event.id = parts[1]
            case "data": event.body = try? JSONValue(parsing: Data(parts[1].utf8))
            default: break
            }
        }
        return event.id.isEmpty && event.name.isEmpty ? nil : event
    }

    /// The first event of that name, also one that has passed already.
    /// - Throws: ``LabFailure/tooLate(_:)`` with what came instead.
    @discardableResult
    public func expect(
        _ name: String,
        within limit: Duration = .seconds(10),
        where predicate: @escaping @Sendable (Event) -> Bool = { _ in true }
    ) async throws -> Event {
        let found = await events.first(within: limit) { $0.name == name && predicate($0) }
        if let found { return found }
        throw LabFailure.tooLate("no \(name) within \(limit). Heard: \(await names.joined(separator: ", "))")
    }

    /// Returns when the stream has begun.
    public func begins() async throws -> String { try await expect("").id }

    /// The names of what came, in order, without the first block.
    public var names: [String] { get async { await events.entries.map(\.name).filter { !$0.isEmpty } } }

    /// The id of the latest block.
    public var lastID: String? { get async { await events.entries.last { !$0.id.isEmpty }?.id } }

    /// The client goes away.
    public func close() { reading.cancel() }
}
