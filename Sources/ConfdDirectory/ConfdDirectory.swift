import Core
public import Directory
public import Logging
public import ServiceClient

/// The directory behind wazo-confd's REST interface (contract 37 §3, 38 §2). Nothing is kept in memory.
///
/// confd itself applies the tenant: an object is found from its own tenant and from those above (38 §2.1). Every
/// look-up throws `ConfdFailure`, and `CancellationError`. confd's own words stay out of it: they may quote a token.
public struct ConfdDirectory: PlatformDirectory {
    private let client: ServiceClient
    let logger: Logger
    /// Items of one answer to a list that may be long (38 §10.5).
    static let page = 1_000
    /// Pages that are read at most: a server that ignores `offset` must not be asked for ever.
    static let maximumPages = 1_000

    /// - Parameter client: For confd's address, version 1.1, with a service token.
    public init(client: ServiceClient, logger: Logger = Logger(label: "tandem.directory")) {
        self.client = client
        self.logger = logger
    }

    // MARK: Asking

    /// One object; `nil` when confd answers 404.
    @concurrent
    func item<Record: Sendable>(
        _ path: [String],
        tenant: TenantID? = nil,
        _ make: @Sendable (JSONValue) -> Record?
    ) async throws -> Record? {
        // Such a part would make another path of it. No object is named so.
        guard path.allSatisfy({ !["", ".", ".."].contains($0) }) else { return nil }
        guard let body = try await get(path, tenant: tenant) else { return nil }
        guard body.object != nil else { throw failure("the answer is no object") }
        let record = make(body)
        if record == nil { leftOut(path, body) }
        return record
    }

    /// The items of a list; those that cannot be understood are left out.
    @concurrent
    func list<Record: Sendable>(
        _ path: [String],
        _ query: [(name: String, value: String)] = [],
        tenant: TenantID? = nil,
        _ make: @Sendable (JSONValue) -> Record?
    ) async throws -> [Record] {
        try await records(path, items(path, query, tenant: tenant).items, make)
    }

    /// The items of a list over all tenants, asked for in pages. Servers that know no pages send all at once.
    @concurrent
    func pagedList<Record: Sendable>(
        _ path: [String],
        _ make: @Sendable (JSONValue) -> Record?
    ) async throws -> [Record] {
        var found: [JSONValue] = []
        var known: Set<Int64> = []
        for _ in 0..<Self.maximumPages {
            let query = [
                ("recurse", "True"), ("order", "id"), ("direction", "asc"), ("limit", "\(Self.page)"),
                ("offset", "\(found.count)"),
            ]
            let answer = try await items(path, query, tenant: nil)
            let news = answer.items.filter { item in item["id"]?.integer.map { known.insert($0).inserted } ?? true }
            found += news
            let isLast = answer.items.count != Self.page || news.count < answer.items.count
            if isLast || answer.total.map({ found.count >= $0 }) ?? false { break }
        }
        return records(path, found, make)
    }

    private func records<Record>(
        _ path: [String],
        _ items: [JSONValue],
        _ make: (JSONValue) -> Record?
    ) -> [Record] {
        items.compactMap { item in
            let record = make(item)
            if record == nil { leftOut(path, item) }
            return record
        }
    }

    func items(
        _ path: [String],
        _ query: [(name: String, value: String)],
        tenant: TenantID?
    ) async throws -> (items: [JSONValue], total: Int?) {
        guard let body = try await get(path, query, tenant: tenant) else { throw failure("404 for a list", 404) }
        guard let items = body["items"]?.array else { throw failure("the answer is no list") }
        return (items, body["total"]?.number)
    }

    /// The body of a 200; `nil` for 404.
    func get(
        _ path: [String],
        _ query: [(name: String, value: String)] = [],
        tenant: TenantID?
    ) async throws -> JSONValue? {
        var request = ServiceRequest(.get, path)
        request.query = query
        request.tenant = tenant
        let answer = try await send(request)
        if answer.status == 404 { return nil }
        do {
            return try success(answer).json()
        } catch let error as ServiceFailure {
            throw failure("\(error)")
        }
    }

    /// Asks for what must be there, or for something to be done: 404 is a failure too.
    @discardableResult
    func perform(_ method: ServiceRequest.Method, _ path: [String], _ body: JSONValue? = nil) async throws
        -> ServiceAnswer
    {
        var request = ServiceRequest(method, path)
        request.body = body
        return try success(try await send(request))
    }

    func send(_ request: ServiceRequest) async throws -> ServiceAnswer {
        do {
            return try await client.send(request)
        } catch let error as ServiceFailure {
            throw failure("\(error)")
        }
    }

    func success(_ answer: ServiceAnswer) throws -> ServiceAnswer {
        guard answer.isSuccess else { throw failure("HTTP status \(answer.status)", answer.status) }
        return answer
    }

    func failure(_ text: String, _ status: Int? = nil) -> ConfdFailure {
        ConfdFailure(
            host: client.address.host,
            port: client.address.port,
            timeout: client.address.timeout,
            originalError: text,
            status: status
        )
    }

    private func leftOut(_ path: [String], _ item: JSONValue) {
        let id = item["uuid"]?.string ?? item["id"]?.number.map { "\($0)" } ?? "unknown"
        logger.warning(
            "item of confd left out: it lacks what is needed, or is of a kind that is not known",
            metadata: ["resource": "\(path.first ?? "")", "id": "\(id)"]
        )
    }
}

/// Reading what confd sends: absent, null and of another type are all the same (38 §0.3).
extension JSONValue {
    /// An integer, also one that is written as text.
    var number: Int? { integer.map { Int($0) } ?? string.flatMap { Int($0) } }

    /// A text that is not empty: confd writes both `null` and `""` for none (38 §2.3).
    var filledText: String? { string.flatMap { $0.isEmpty ? nil : $0 } }

    /// A flag; `false` unless it is `true`.
    var isTrue: Bool { self == .bool(true) }

    var tenant: TenantID? { self["tenant_uuid"]?.filledText.map { TenantID($0) } }
}
