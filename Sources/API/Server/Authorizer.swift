public import Access
import Core

/// Checks the token, the access and the tenant of a request (contract 00 §4).
public struct Authorizer: Sendable {
    private let identities: any IdentityChecking

    /// An authorizer that asks `identities`.
    public init(identities: any IdentityChecking) { self.identities = identities }

    /// Bytes of a token at most; a longer text is none, and nobody is asked about it.
    static let longestToken = 1_024

    /// Who shows this token and names this tenant.
    func identity(
        ofToken token: String,
        tenant header: String?,
        for required: String,
        duringOutage: Bool
    ) async throws -> Identity {
        let tenant = header.flatMap { $0.isEmpty ? nil : TenantID($0) }
        do {
            guard token.utf8.count <= Self.longestToken else { throw AccessFailure.notFoundOrExpired }
            return try await identities.identity(
                ofToken: token,
                for: required,
                tenant: tenant,
                duringOutage: duringOutage
            )
        } catch AccessFailure.notFoundOrExpired {
            throw Failure.unauthorized(token, ["reason": "not_found_or_expired", "required_access": .string(required)])
        } catch AccessFailure.missingPermissionOrInvalidTenant {
            throw Failure.unauthorized(
                token,
                [
                    "reason": "missing_permission_or_invalid_tenant", "required_access": .string(required),
                    "tenant_uuid": tenant.map { .string($0.rawValue) } ?? .null,
                ]
            )
        } catch AccessFailure.tokenVanished {
            throw Failure.unauthorized(token, ["reason": "not_found_or_expired"])
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
}
