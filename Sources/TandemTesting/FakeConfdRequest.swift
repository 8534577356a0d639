import Core
import Foundation

/// One authorised request to a ``FakeConfd``.
struct FakeConfdRequest {
    private let request: FakeService.Request
    private let path: [String]
    /// The request's tenant first, then those below it.
    private let scope: [TenantID]
    private let world: FakeConfd.World

    init(_ request: FakeService.Request, path: [String], scope: [TenantID], world: FakeConfd.World) {
        self.request = request
        self.path = path
        self.scope = scope
        self.world = world
    }

    /// - Parameter put: Stores what a `PUT` brings.
    func answer(put: ([String], JSONValue) -> Void) -> FakeService.Answer {
        if path == ["infos"] { return .init(200, world["infos"]?.first) }
        if path.first == "users", path.count > 2 { return userPart(put: put) }
        if path.first == "switchboards", path.count == 3, path[2] == "fallbacks" {
            return one("switchboards", path[1]).map { .init(200, $0["fallbacks"]) } ?? notFound
        }
        let resource = path.first == "endpoints" ? path.prefix(2).joined(separator: "/") : path[0]
        let rest = path.dropFirst(path.first == "endpoints" ? 2 : 1)
        guard let objects = world[resource] else { return .init(404, ["message": "no such route"]) }
        if rest.isEmpty { return list(objects) }
        guard rest.count == 1, let id = rest.first else { return .init(404, ["message": "no such route"]) }
        return one(resource, id).map { .init(200, $0) } ?? notFound
    }

    private var notFound: FakeService.Answer {
        .init(404, [.string("Resource Not Found - \(path[0]) was not found ('id': '\(path.dropFirst().first ?? "")')")])
    }

    /// Items are read downwards.
    private func one(_ resource: String, _ id: String) -> JSONValue? {
        world[resource]?.first { $0.isNamed(id) && isInScope($0, scope) }
    }

    private func isInScope(_ object: JSONValue, _ tenants: [TenantID]) -> Bool {
        guard let tenant = object["tenant_uuid"]?.string else { return true }
        return tenants.contains(TenantID(tenant))
    }

    // MARK: Lists

    private func list(_ objects: [JSONValue]) -> FakeService.Answer {
        let recurses = ["true", "1"].contains(request.query["recurse"]?.lowercased() ?? "")
        let seen = objects.filter { isInScope($0, recurses ? scope : Array(scope.prefix(1))) }
        let filters = request.query.filter { objects.first?[$0.key] != nil }
        let found = seen.filter { object in
            filters.allSatisfy {
                object[$0.key]?.string == $0.value || object[$0.key]?.integer.map { "\($0)" } == $0.value
            }
        }
        .filter { object in
            // A real one looks into every text of the object.
            guard let words = request.query["search"]?.lowercased() else { return true }
            return object.object?.values.contains { $0.string?.lowercased().contains(words) ?? false } ?? false
        }
        let offset = request.query["offset"].flatMap { Int($0) } ?? 0
        let limit = request.query["limit"].flatMap { Int($0) } ?? found.count
        let items = found.dropFirst(offset).prefix(limit).map(shown)
        return .init(200, ["total": .integer(Int64(found.count)), "items": .array(Array(items))])
    }

    private func shown(_ object: JSONValue) -> JSONValue {
        guard request.query["view"] == "line_presence" else { return object }
        let lines = (object["lines"]?.array ?? []).map { line in
            JSONValue.object(line.object?.filter { ["id", "name", "protocol"].contains($0.key) } ?? [:])
        }
        return [
            "uuid": object["uuid"] ?? .null, "tenant_uuid": object["tenant_uuid"] ?? .null, "lines": .array(lines),
            "services": ["dnd": object["services"]?["dnd"] ?? .null],
        ]
    }

    // MARK: Parts of a user

    private func userPart(put: ([String], JSONValue) -> Void) -> FakeService.Answer {
        // Services and forwards do not look at the tenant (38 §2.1).
        let isFree = ["services", "forwards"].contains(path[2])
        let user = isFree ? world["users"]?.first { $0.isNamed(path[1]) } : one("users", path[1])
        guard let user else { return notFound }
        switch (path[2], Array(path.dropFirst(3))) {
        case ("voicemails", []):
            let id = user["voicemail"]?["id"]
            return envelope(world["voicemails"]?.filter { $0["id"] == id } ?? [])
        case ("callerids", ["outgoing"]):
            return envelope(world["callerids"] ?? [])
        case ("blocklist", ["numbers"]):
            return blocklist(of: user)
        case ("services", let name), ("forwards", let name):
            return switches(user[path[2]] ?? [:], name.first, put: put)
        default:
            return .init(404, ["message": "no such route"])
        }
    }

    private func envelope(_ items: [JSONValue]) -> FakeService.Answer {
        .init(200, ["total": .integer(Int64(items.count)), "items": .array(items)])
    }

    private func blocklist(of user: JSONValue) -> FakeService.Answer {
        let numbers = (world["blocklist"] ?? []).filter { $0["user_uuid"] == user["uuid"] }
        guard request.method == "HEAD" else { return envelope(numbers) }
        let wanted = request.query["number_exact"] ?? ""
        guard wanted.hasPrefix("+"), wanted.count > 1, wanted.dropFirst().allSatisfy(\.isNumber) else {
            return .init(400)
        }
        guard let hit = numbers.first(where: { $0["number"]?.string == wanted }) else { return .init(404) }
        return .init(
            204,
            headers: [
                "Wazo-Blocklist-Number-UUID": hit["uuid"]?.string ?? "",
                "Wazo-Blocklist-Number-Label": hit["label"]?.string ?? "",
            ]
        )
    }

    private func switches(_ all: JSONValue, _ name: String?, put: ([String], JSONValue) -> Void) -> FakeService.Answer {
        let present = name.map { all[$0] } ?? all
        guard let present else { return .init(404, ["message": "no such route"]) }
        guard request.method == "PUT" else { return .init(200, present) }
        guard let body = request.json, body.object != nil else { return .init(400, ["Input Error - no object"]) }
        let wanted = name == nil ? (body.object ?? [:]).mapValues { $0["enabled"] } : ["": body["enabled"]]
        for enabled in wanted.values {
            guard case .bool? = enabled else { return .init(400, ["Input Error - enabled: not a boolean"]) }
        }
        put(path, body)
        return .init(204)
    }
}
