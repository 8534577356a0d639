import API
import Access
import Core
import Directory
import Logging

/// Which box, folder or message a request means: first the form of its path, then the directory (contract 31 §3).
extension Voicemails {
    /// A box with its path in the spool.
    struct Box: Sendable {
        var record: VoicemailRecord
        /// `nil`: its name could not be a folder's; such a box is empty for ever.
        var path: BoxPath?

        init(_ record: VoicemailRecord) {
            self.record = record
            path = BoxPath(context: record.context, number: record.number)
        }
    }

    // MARK: The path's form

    static func voicemailID(_ request: APIRequest) throws -> Int {
        let text = request.path("voicemail_id")
        guard let id = number(text) else { throw Failure.invalidVoicemailID(text) }
        return id
    }

    static func folderID(_ request: APIRequest) throws -> Int {
        let text = request.path("folder_id")
        guard let id = number(text) else { throw Failure.invalidFolderID(text) }
        return id
    }

    /// An id has one way of being written: the access that a request needs holds the text, and `+2` or `02` would get
    /// around an access list that denies `2`.
    private static func number(_ text: String) -> Int? {
        guard let id = Int(text), id >= 0, String(id).utf8.elementsEqual(text.utf8) else { return nil }
        return id
    }

    static func messageID(_ request: APIRequest) throws -> String {
        let text = request.path("message_id")
        guard VoicemailMessage.isID(text) else { throw Failure.invalidMessageID(text) }
        return text
    }

    static func greeting(_ request: APIRequest) throws -> Greeting {
        let name = request.path("greeting")
        guard let greeting = Greeting(rawValue: name) else { throw Failure.noSuchGreeting(name) }
        return greeting
    }

    static func folder(_ id: Int) throws -> VoicemailFolder {
        guard let folder = VoicemailFolder(rawValue: id) else { throw Failure.noSuchFolder(id) }
        return folder
    }

    // MARK: Boxes

    /// A box of the request's tenant.
    func box(_ id: Int, _ request: APIRequest) async throws -> Box {
        guard let record = try await ports.directory.voicemail(id, tenant: request.scope) else {
            throw Failure.noSuchVoicemail(id)
        }
        return Box(record)
    }

    /// The user's own box.
    func ownBox(_ request: APIRequest) async throws -> Box {
        let user = try request.user()
        guard let record = try await ports.directory.voicemail(of: user, tenant: request.identity.home) else {
            throw Failure.noSuchUserVoicemail(user)
        }
        return Box(record)
    }

    /// The boxes of the token's user: his own, wherever the request acts, and those of everybody in its tenant.
    func boxes(ofUserOf request: APIRequest, _ kind: BoxKind = .all) async throws -> [Box] {
        try await boxes(of: try request.user(), home: request.identity.home, tenant: request.tenant, kind)
    }

    /// The user's own box, then those of everybody; each once.
    /// - Parameters:
    ///   - home: The user's tenant.
    ///   - tenant: Whose boxes of everybody are meant.
    private func boxes(of user: UserID, home: TenantID, tenant: TenantID, _ kind: BoxKind) async throws -> [Box] {
        var records: [VoicemailRecord] = []
        if kind != .global, let own = try await ports.directory.voicemail(of: user, tenant: home),
            kind == .all || own.access == .personal
        {
            records.append(own)
        }
        if kind != .personal {
            records += try await ports.directory.voicemails(tenant: tenant, access: .global)
                .filter { record in !records.contains { $0.id == record.id } }
        }
        return records.map(Box.init)
    }

    /// The boxes of a list for administrators (contract 31 §3.5).
    /// - Parameter scope: The tenant whose boxes are reached; `nil`: all.
    func boxes(_ wanted: AdminMessagesRequest, tenant: TenantID, scope: TenantID?) async throws -> [Box] {
        if let id = wanted.voicemail {
            return try await ports.directory.voicemail(id, tenant: scope).map { [Box($0)] } ?? []
        }
        let kind = wanted.messages.kind
        if let user = wanted.user { return try await boxes(of: user, home: tenant, tenant: tenant, kind) }
        let access: VoicemailRecord.Access? =
            switch kind {
            case .all: nil
            case .personal: .personal
            case .global: .global
            }
        let records =
            wanted.recurses
            ? try await ports.directory.voicemails(below: scope, access: access)
            : try await ports.directory.voicemails(tenant: tenant, access: access)
        return records.map(Box.init)
    }

    // MARK: Messages

    /// What is in a box.
    func contents(of box: Box) async throws -> BoxContents {
        guard let path = box.path else {
            return BoxContents(folders: VoicemailFolder.allCases.map { _ in FolderFiles() })
        }
        return try await spool.contents(of: path)
    }

    /// A message that a request means, by its box or among all of its user's.
    struct Found: Sendable {
        var box: Box
        var path: BoxPath
        var message: VoicemailMessage
    }

    /// - Throws: `Failure` 404.
    func message(_ id: String, in boxes: [Box]) async throws -> Found {
        for box in boxes {
            guard let path = box.path, let message = try await spool.contents(of: path).message(id) else { continue }
            return Found(box: box, path: path, message: message)
        }
        throw Failure.noSuchMessage(id)
    }

    // MARK: Transcriptions

    /// Texts of the messages of boxes; none when nobody answers, which is logged.
    func transcriptions(of boxes: [Box], isRequired: Bool = false) async throws -> [String: String] {
        guard let source = ports.transcriptions, !boxes.isEmpty else { return [:] }
        do {
            return try await source.transcriptions(ofVoicemails: boxes.map(\.record.id))
        } catch let error as CancellationError {
            throw error
        } catch {
            ports.logger.warning("no transcriptions", metadata: ["cause": "\(error)"])
            if isRequired { throw Failure.transcriptionsUnreachable }
            return [:]
        }
    }
}
