public import API
public import Access
import Core
import Foundation
public import Logging
import NIOCore
public import Persistence

/// `GET /1.0/events` (ours): the events of the bus for clients without AMQP, as Server-Sent Events.
///
/// A client gets what a consumer of the bus would who is bound to its tenant and user, as far as its token grants the
/// event (`required_access` or `required_acl`). `Last-Event-ID` goes on after that event: from memory; from the outbox
/// when it is older, or of a process before this one, then some may come twice.
public struct EventStreamRoutes: RouteProviding {
    private let hub: EventStreamHub
    private let identities: any IdentityChecking
    private let outbox: any EventKeeping
    private let replays: RequestGate
    private let heartbeat: Duration
    private let logger: Logger
    static let access = "calld.events.read"
    /// Pages of missed events that are read at once for all clients together: the database serves calls too.
    private static let pagesAtOnce = 2

    /// - Parameters:
    ///   - identities: Grants each event to a token; asked again while the stream runs.
    ///   - outbox: Where events are that memory has no more.
    ///   - heartbeat: A comment is sent when nothing happened for so long; the token is looked at then, too.
    public init(
        hub: EventStreamHub,
        identities: any IdentityChecking,
        outbox: any EventKeeping,
        heartbeat: Duration = .seconds(15),
        logger: Logger
    ) {
        self.hub = hub
        self.identities = identities
        self.outbox = outbox
        let clients = hub.limits.clients
        replays = RequestGate(RequestGate.Bounds(running: Self.pagesAtOnce, waiting: clients, runningPerKey: 1))
        self.heartbeat = heartbeat
        self.logger = logger
    }

    /// The operation.
    public var routes: [Route] {
        Route(
            .get,
            "/events",
            access: Self.access,
            "Follow the events of the bus as Server-Sent Events",
            query: EventStreamQuery.self,
            answers: .bytes("text/event-stream"),
            options: [.tokenInQuery, .uncounted]
        ) { request in try open(request) }
    }

    private func open(_ request: APIRequest) throws -> APIResponse {
        let query: EventStreamQuery = try request.query()
        if let limit = hub.limitReached(by: request.credentials.token) {
            throw Failure(
                status: 503,
                errorID: "too-many-event-streams",
                message: "Too many event streams",
                details: ["limit": .integer(Int64(limit))]
            )
        }
        let names = Set((query.names ?? "").parts(separatedBy: ","))
        let stream = EventStream(
            hub: hub,
            audience: EventAudience(request.identity, names: names),
            lastEventID: request.header("Last-Event-ID") ?? query.lastEventID,
            outbox: outbox,
            token: request.credentials.token,
            replays: replays,
            client: request.connection,
            heartbeat: heartbeat,
            logger: logger
        )
        let grants = EventGrants(identities, request.credentials)
        // The stream begins with its first bytes: a HEAD request never has any.
        var response = APIResponse(mediaType: "text/event-stream") { send in
            try await stream.run(grants: grants, send: send)
        }
        response.setHeader("Cache-Control", "no-store")
        // nginx would keep events until its buffer is full.
        response.setHeader("X-Accel-Buffering", "no")
        return response
    }
}

/// What the query may hold.
struct EventStreamQuery: RequestFields {
    /// Names of events, with commas between them.
    let names: String?
    /// For clients that cannot set the header `Last-Event-ID`; the header wins.
    let lastEventID: String?

    init(reading reader: inout FieldReader) {
        names = reader.optional("names", .string())
        lastEventID = reader.optional("last_event_id", .string())
    }
}
