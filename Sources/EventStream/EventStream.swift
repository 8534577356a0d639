import API
import Core
import Foundation
import Logging
import NIOCore
import Persistence

/// One client's stream, from what it missed to its end.
struct EventStream: Sendable {
    let hub: EventStreamHub
    let audience: EventAudience
    /// As the client sent it; `nil` or empty: it begins now.
    let lastEventID: String?
    let outbox: any EventKeeping
    /// Whose share of the streams and of the replays it is.
    let token: String
    /// Bounds the pages of missed events that are read at once.
    let replays: RequestGate
    /// The client's connection; `nil`: it stays.
    var client: ClientConnection?
    let heartbeat: Duration
    let logger: Logger

    /// Clocks of this machine and of PostgreSQL's may differ by this; what is between may come twice.
    private static let overlap: Int64 = 2_000_000
    private static let page = 500
    /// More than this is not fetched from the outbox for one client.
    private static let mostFetched = 10_000
    /// Bytes that are gathered before they are sent.
    private static let piece = 64 * 1_024

    /// Sends until the client goes away, is too slow, or its token counts no more; the place is free at once then.
    /// - Parameters:
    ///   - grants: What the token grants.
    ///   - send: Sends bytes; waits while the client does not take them.
    /// - Throws: what `send` throws when the client is gone.
    @concurrent
    func run(grants: EventGrants, send: APIResponse.Send) async throws {
        let text = lastEventID ?? ""
        guard let beginning = hub.subscribe(audience, after: EventPosition(text), token: token) else { return }
        let subscription = beginning.subscription
        let watch = client?.onDeparture { [hub] in hub.leave(subscription) }
        defer {
            watch?.end()
            hub.leave(subscription)
        }
        var grants = grants
        do {
            // A client that has heard nothing yet comes again with this place.
            try await send(ByteBuffer(string: "retry: 2000\nid: \(beginning.position)\n\n"))
            if !text.isEmpty { try await sendMissed(beginning, after: text, &grants, send) }
            let beats = Task {
                while (try? await Task.sleep(for: heartbeat)) != nil { subscription.items.offer(.tick) }
            }
            defer { beats.cancel() }
            while let item = await subscription.items.next() {
                try await forward(item, more: subscription.items, &grants, send)
            }
        } catch let gone as EventGrants.TokenGone {
            logger.info("event stream ended", metadata: ["cause": "\(gone)", "tenant": "\(audience.tenant ?? "all")"])
        }
    }

    /// Sends an item and those that wait behind it.
    @concurrent
    private func forward(
        _ first: EventStreamHub.Item,
        more: Mailbox<EventStreamHub.Item>,
        _ grants: inout EventGrants,
        _ send: APIResponse.Send
    ) async throws {
        var bytes = ByteBuffer()
        var next: EventStreamHub.Item? = first
        while let item = next {
            switch item {
            case .tick:
                try await grants.check()
                bytes.writeString(": \(Int(Date().timeIntervalSince1970))\n\n")
            case .event(let event):
                if try await grants.grant(event) {
                    bytes.writeString(event.text)
                } else if grants.isFirstRefusal() {
                    bytes.writeString(noticeOfRefusal())
                }
            }
            next = bytes.readableBytes < Self.piece ? more.takeNow() : nil
        }
        if bytes.readableBytes > 0 { try await send(bytes) }
    }

    /// Tells the client and the log, once, why nothing comes.
    /// - Returns: A comment of the stream, which programs skip.
    private func noticeOfRefusal() -> String {
        logger.notice(
            "the token of an event stream grants no event so far: it needs event.<name> or the event's required_acl",
            metadata: ["tenant": "\(audience.tenant ?? "all")", "user": "\(audience.user ?? "-")"]
        )
        return ": an event was left out: the token needs event.<name> (event.# for all) or the event's required_acl\n\n"
    }

    // MARK: What was missed

    @concurrent
    private func sendMissed(
        _ beginning: EventStreamHub.Beginning,
        after text: String,
        _ grants: inout EventGrants,
        _ send: APIResponse.Send
    ) async throws {
        if let position = EventPosition(text), beginning.isPossible {
            if !beginning.isComplete {
                let isWhole = try await sendStored(from: position.time, to: beginning.memoryBegins, &grants, send)
                if !isWhole { try await sendGap(after: text, send) }
            }
        } else {
            try await sendGap(after: text, send)
        }
        var bytes = ByteBuffer()
        for event in beginning.missed where try await grants.grant(event) {
            bytes.writeString(event.text)
            if bytes.readableBytes >= Self.piece {
                try await send(bytes)
                bytes.clear()
            }
        }
        if bytes.readableBytes > 0 { try await send(bytes) }
    }

    /// Sends what the outbox has.
    /// - Returns: Whether it has all of that time.
    @concurrent
    private func sendStored(
        from start: Int64,
        to end: Int64,
        _ grants: inout EventGrants,
        _ send: APIResponse.Send
    ) async throws -> Bool {
        let limit = Int64(Date().timeIntervalSince1970 * 1_000_000 - hub.limits.resumeSeconds * 1_000_000)
        let interval = DateInterval(from: max(start - Self.overlap, limit), to: end)
        var last: Int64 = 0
        var fetched = 0
        while let interval, fetched < Self.mostFetched {
            let page: Page
            do {
                page = try await replays.admit(token, for: client) {
                    try await self.page(in: interval, after: last, &grants)
                }
            } catch is RequestGate.Busy {
                return false
            } catch let failure as DatabaseFailure {
                logger.warning("missed events are not at hand", metadata: ["error": "\(failure)"])
                return false
            }
            // Also where none was for this client: only who is written to is found to be gone.
            try await send(page.bytes.readableBytes > 0 ? page.bytes : ByteBuffer(string: ": replay\n\n"))
            last = page.last
            if page.count < Self.page { break }
            fetched += page.count
        }
        return start >= limit && fetched < Self.mostFetched
    }

    /// What one look into the outbox brought.
    private struct Page {
        /// What the client gets of it.
        var bytes = ByteBuffer()
        var count = 0
        /// Id of its last message.
        var last: Int64
    }

    private func page(in interval: DateInterval, after id: Int64, _ grants: inout EventGrants) async throws -> Page {
        let entries = try await outbox.storedEvents(in: interval, after: id, limit: Self.page)
        var page = Page(count: entries.count, last: id)
        for entry in entries {
            // Of no process that runs: only the time counts when the client comes again.
            let time = Int64(entry.createdAt.timeIntervalSince1970 * 1_000_000)
            let event = StreamedEvent(entry.message, at: EventPosition(epoch: 1, sequence: 0, time: time))
            if audience.includes(event), try await grants.grant(event) { page.bytes.writeString(event.text) }
            page.last = entry.id
        }
        return page
    }

    /// Tells that there may have been events which the client will not get: it should read everything anew.
    @concurrent
    private func sendGap(after text: String, _ send: APIResponse.Send) async throws {
        let data: JSONValue = ["name": "event_stream_gap", "data": ["last_event_id": .string(text)]]
        try await send(ByteBuffer(string: "event: event_stream_gap\ndata: \(data.text)\n\n"))
    }
}

extension DateInterval {
    /// Between two times in microseconds since 1970; `nil` when there is nothing between them.
    fileprivate init?(from start: Int64, to end: Int64) {
        guard start < end else { return nil }
        self.init(
            start: Date(timeIntervalSince1970: Double(start) / 1_000_000),
            end: Date(timeIntervalSince1970: Double(end) / 1_000_000)
        )
    }
}
