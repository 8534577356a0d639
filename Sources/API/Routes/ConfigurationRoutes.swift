public import Core

/// The running configuration, as the server's wiring shows it.
public protocol ConfigurationShowing: Sendable {
    /// The whole effective configuration, secrets masked (contract 00 §9.2, §12.1).
    func tree() -> JSONValue
    /// Turns the debug log on, or back to the configured level; not kept over a restart.
    func setDebug(_ isOn: Bool)
}

/// `GET` and `PATCH /1.0/config` for the master tenant (contract 00 §9.2).
public struct ConfigurationRoutes: RouteProviding {
    private let configuration: any ConfigurationShowing

    /// Routes that show and change `configuration`.
    public init(_ configuration: any ConfigurationShowing) { self.configuration = configuration }

    /// The routes.
    public var routes: [Route] {
        Route(
            .get,
            "/config",
            access: "calld.config.read",
            "The effective configuration, secrets masked",
            answers: .ok(.map(of: .any)),
            options: .masterTenantOnly
        ) { _ in
            .ok(configuration.tree())
        }
        Route(
            .patch,
            "/config",
            access: "calld.config.update",
            "Change the debug log until the next start",
            takes: .jsonList(ConfigurationChange.self),
            answers: .ok(.map(of: .any)),
            options: .masterTenantOnly
        ) { request in
            let changes: [ConfigurationChange] = try await request.bodyList()
            for change in changes { configuration.setDebug(change.debug) }
            return .ok(configuration.tree())
        }
    }
}

/// One operation of a JSON Patch; only `/debug` can be replaced.
struct ConfigurationChange: RequestFields {
    static let dialect: Dialect = .extendedTypes
    let debug: Bool

    init(reading reader: inout FieldReader) {
        _ = reader.required("op", .string(.equal(to: "replace")))
        _ = reader.required("path", .string(.equal(to: "/debug")))
        debug = reader.required("value", .boolean)
    }
}
