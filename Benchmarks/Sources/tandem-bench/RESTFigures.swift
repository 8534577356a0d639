import API
import Access
import Core
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// REST: an authenticated request that needs no other server, against bare Hummingbird routes in this process.
enum RESTFigures {
    private static let path = "/1.0/calls/1455.13"
    private static let body =
        #"{"extension": "1001", "line_id": 12, "all_lines": false, "variables": {"A": "b", "CALLERID(name)": "Zoe"}}"#

    static func measure() async throws -> [Figure] {
        let log = FileManager.default.temporaryDirectory.appending(path: "tandem-bench-\(UUID().uuidString).log")
        defer { try? FileManager.default.removeItem(at: log) }
        let output = try LogOutput(path: log.path)
        let writing = Logger(label: "bench") { LineLogHandler(label: $0, level: LogLevel(.info), output: output) }
        return try await CachedIdentity.running { identity in
            let ports = (try await Ports.free(), try await Ports.free(), try await Ports.free())
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await tandem(identity, port: ports.0, logger: CachedIdentity.silent).run() }
                group.addTask { try await tandem(identity, port: ports.1, logger: writing).run() }
                group.addTask { try await bare(port: ports.2).run() }
                for port in [ports.0, ports.1, ports.2] { try await Ports.wait(for: port) }
                let figures = try await compare(tandem: ports.0, writing: ports.1, bare: ports.2)
                group.cancelAll()
                return figures
            }
        }
    }

    private static func compare(tandem: Int, writing: Int, bare: Int) async throws -> [Figure] {
        let get = try Wrk(token: CachedIdentity.token)
        let post = try Wrk(token: CachedIdentity.token, json: body)
        defer {
            get.remove()
            post.remove()
        }
        var costs: [String: [Cost]] = [:]
        func round(_ name: String, _ wrk: Wrk, _ port: Int, _ path: String) async throws {
            costs[name, default: []].append(try await Meter.cost { try await wrk.run(port: port, path: path) })
        }
        for _ in 0..<Meter.rounds {
            try await round("bare get", get, bare, path)
            try await round("get", get, tandem, path)
            try await round("logged get", get, writing, path)
            try await round("bare post", post, bare, "/1.0/calls")
            try await round("post", post, tandem, "/1.0/calls")
            try await round("decoded post", post, bare, "/1.0/decoded")
        }
        let middle = costs.mapValues { Meter.middle($0) }
        func figures(_ name: String, _ key: String, bare: String, goal: Figure.Goal?) -> [Figure] {
            guard let ours = middle[key], let bare = middle[bare] else { return [] }
            return [
                Figure(name, ours.perSecond, .perSecond, bare: bare.perSecond),
                Figure(
                    "  processor time of one",
                    ours.processorMicroseconds,
                    .microseconds,
                    bare: bare.processorMicroseconds,
                    goal: goal
                ),
            ]
        }
        return figures("GET, token checked", "get", bare: "bare get", goal: .shareOfBare(0.6))
            + figures("POST, validated JSON", "post", bare: "bare post", goal: .shareOfBare(0.6))
            + figures("POST, bare decodes too (Codable)", "post", bare: "decoded post", goal: nil)
            + figures("GET, its line in the log file", "logged get", bare: "bare get", goal: nil)
    }

    private static func tandem(_ identity: any IdentityChecking, port: Int, logger: Logger) throws -> some Service {
        try API.server(
            router: API.router(features: [Calls()], authorizer: Authorizer(identities: identity)),
            host: "127.0.0.1",
            port: port,
            logger: logger
        )
    }

    private static func bare(port: Int) -> some Service {
        let json: HTTPFields = [.contentType: "application/json"]
        let router = Router()
        router.get("1.0/calls/:id") { _, context -> Response in
            let text = JSONValue.object(["id": .string(context.parameters.get("id") ?? "")]).text
            return Response(status: .ok, headers: json, body: .init(byteBuffer: ByteBuffer(string: text)))
        }
        router.post("1.0/calls") { request, _ -> Response in
            let body = try await request.body.collect(upTo: 1 << 20)
            return Response(status: .created, headers: json, body: .init(byteBuffer: body))
        }
        router.post("1.0/decoded") { request, context -> Response in
            let body = try await request.decode(as: DecodedBody.self, context: context)
            let text = JSONValue.object(["id": .string(body.extension)]).text
            return Response(status: .created, headers: json, body: .init(byteBuffer: ByteBuffer(string: text)))
        }
        return Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: "bare"),
            logger: CachedIdentity.silent
        )
    }
}

/// What a bare route decodes with Foundation.
private struct DecodedBody: Decodable {
    var `extension`: String
    var line_id: Int?
    var all_lines: Bool?
    var variables: [String: String]?
}

/// Two routes as features have them.
private struct Calls: RouteProviding {
    struct Body: RequestFields {
        var number: String
        var line: Int?
        var allLines: Bool
        var variables: [String: String]

        init(reading reader: inout FieldReader) {
            number = reader.required("extension", .string(.length(min: 1)))
            line = reader.optional("line_id", .integer())
            allLines = reader.optional("all_lines", .boolean, default: false)
            variables = reader.optional(
                "variables",
                .map(keys: .string(.length(min: 1)), values: .string(.length(min: 1))),
                default: [:]
            )
        }
    }

    var routes: [Route] {
        Route(.get, "/calls/{call_id}", access: "calld.calls.{call_id}.read", "Show a call") { request in
            .ok(["id": .string(request.path("call_id"))])
        }
        Route(.post, "/calls", access: "calld.calls.create", "Make a call", takes: .json(Body.self)) { request in
            let body: Body = try await request.body()
            return .created(["id": .string(body.number)])
        }
    }
}
