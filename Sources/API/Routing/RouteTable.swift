import HTTPTypes

/// Which methods a path has: for OPTIONS, 405 and 404, which the router does not tell apart.
struct RouteTable: Sendable {
    private struct Entry: Sendable {
        let template: RouteTemplate
        var methods: Set<String>
    }

    private let entries: [Entry]

    /// Whether nothing stands between two slashes of a path. The router would leave that out, and a proxy that decides by
    /// the path would see another one than we.
    static func hasEmptySegment(_ path: String) -> Bool {
        let slash = UInt8(ascii: "/")
        var wasSlash = false
        for byte in path.utf8 {
            if byte == slash, wasSlash { return true }
            wasSlash = byte == slash
        }
        return false
    }

    init(_ routes: [Route]) {
        var entries: [String: Entry] = [:]
        var order: [String] = []
        for route in routes {
            let key = route.template.routerPath
            if entries[key] == nil { order.append(key) }
            entries[key, default: Entry(template: route.template, methods: ["OPTIONS"])].methods
                .formUnion(route.method == .get ? ["GET", "HEAD"] : [route.method.rawValue])
        }
        self.entries = order.compactMap { entries[$0] }
    }

    /// The allowed methods in alphabetical order; none when the path is unknown.
    ///
    /// Goes through all routes: requests that a route serves never come here.
    func methods(of path: String) -> [String] {
        if Self.hasEmptySegment(path) { return [] }
        let parts = path.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
        // A literal wins over a parameter, as in the router.
        let matching = entries.filter { $0.template.matches(parts) }
        let best = matching.max { $0.template.names.count > $1.template.names.count }
        return best?.methods.sorted() ?? []
    }
}
