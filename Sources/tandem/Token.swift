import Access
import ArgumentParser
import Core
import Foundation
import Identity
import PostgresPersistence

/// Local tokens: made, listed, revoked.
struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Local tokens.",
        subcommands: [Create.self, List.self, Revoke.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token and print its secret, once; only its hash is kept."
        )
        @OptionGroup var options: ConfigurationOptions
        @Option(help: "UUID of the tenant it acts in.") var tenant: String
        @Option(help: "UUID of the user it acts for.") var user: String?
        @Option(parsing: .upToNextOption, help: "Access patterns, for instance 'calld.#'.") var acl: [String]
        @Option(help: "Seconds until it expires; none unless given.") var expires: Int?
        @Flag(help: "It may act for every tenant.") var master = false
        @Option(help: "A remark.") var label = ""

        func validate() throws {
            if let expires, expires < 1 { throw ValidationError("--expires must be at least 1 second") }
        }

        func run() async throws {
            let secret = LocalTokens.makeSecret()
            let now = Date()
            let token = LocalToken(
                id: UUID().uuidString.lowercased(),
                secretHash: LocalTokens.hash(secret),
                tenant: TenantID(tenant),
                user: user.map(UserID.init(_:)),
                acl: acl,
                expiresAt: expires.map { now.addingTimeInterval(Double($0)) },
                isMaster: master,
                label: label,
                createdAt: now
            )
            try await LocalDatabase.with(try options.settings()) { database in
                try await database.migrate()
                try await database.tokens.insert(token)
            }
            print(secret)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show all tokens, without their secrets.")
        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let tokens = try await LocalDatabase.with(try options.settings()) { try await $0.tokens.tokens() }
            for token in tokens {
                var line = "\(token.id) tenant=\(token.tenant) user=\(token.user?.rawValue ?? "-")"
                line += " acl=\(token.acl.joined(separator: ",")) expires=\(token.expiresAt.map { "\($0)" } ?? "-")"
                print(line + (token.isMaster ? " master" : "") + (token.label.isEmpty ? "" : " \(token.label)"))
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Revoke a token; it stops at once.")
        @OptionGroup var options: ConfigurationOptions
        @Argument(help: "The token's id, as list shows it.") var id: String

        func run() async throws {
            let known = try await LocalDatabase.with(try options.settings()) { try await $0.tokens.revoke(id: id) }
            guard known else { throw ValidationError("no token has the id \(id)") }
        }
    }
}
