public import Access
import Core
public import Hummingbird

/// Checks the token, the access and the tenant of a request (contract 00 §4).
public struct Authorizer: Sendable {
    private let identities: any IdentityChecking

    /// An authorizer that asks `identities`.
    public init(identities: any IdentityChecking) { self.identities = identities }

    /// Who makes the request; `Identity.tenant` is the tenant that the request acts in.
    /// - Parameters:
    ///   - request: Its headers `X-Auth-Token` and `Wazo-Tenant` are read.
    ///   - access: Template of the required access, for instance `calld.calls.{call_id}.read`.
    ///   - parameters: Values of the template.
    ///   - duringOutage: See `IdentityChecking`.
    /// - Throws: `Failure` 401 or 503 with the contract's bodies.
    public func identity(
        of request: Request,
        for access: String,
        _ parameters: [String: String] = [:],
        duringOutage: Bool = false
    ) async throws -> Identity {
        let token = request.headers[.token] ?? ""
        let header = request.headers[.tenant].flatMap { $0.isEmpty ? nil : TenantID($0) }
        let required = RequiredAccess.string(access, parameters)
        do {
            return try await identities.identity(
                ofToken: token,
                for: required,
                tenant: header,
                duringOutage: duringOutage
            )
        } catch AccessFailure.notFoundOrExpired {
            throw unauthorized([
                "invalid_token": .string(token),
                "reason": "not_found_or_expired",
                "required_access": .string(required),
            ])
        } catch AccessFailure.missingPermissionOrInvalidTenant {
            throw unauthorized([
                "invalid_token": .string(token),
                "reason": "missing_permission_or_invalid_tenant",
                "required_access": .string(required),
                "tenant_uuid": header.map { .string($0.rawValue) } ?? .null,
            ])
        } catch AccessFailure.tokenVanished {
            throw unauthorized(["invalid_token": .string(token), "reason": "not_found_or_expired"])
        } catch let failure as AccessFailure {
            throw Self.unavailable(failure)
        }
    }

    /// What is no fault of the client's token (contract 00 §4.2 c, §4.5).
    private static func unavailable(_ failure: AccessFailure) -> Failure {
        switch failure {
        case .serverUnreachable(let host, let port, let error):
            return Failure(
                status: 503,
                errorID: "authentication-server-unreachable",
                message: "Authentication server unreachable",
                details: [
                    "auth_server_host": .string(host),
                    "auth_server_port": .integer(Int64(port)),
                    "original_error": .string(error),
                ]
            )
        case .masterTenantUnknown:
            return Failure(
                status: 503,
                errorID: "master-tenant-not-initialized",
                message: "wazo-calld master tenant is not initialized"
            )
        default:
            return .databaseUnreachable
        }
    }

    private func unauthorized(_ details: [String: JSONValue]) -> Failure {
        Failure(status: 401, errorID: "unauthorized", message: "Unauthorized", details: details)
    }
}
