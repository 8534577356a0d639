import API
import CallControl
import Core
import Directory
import Foundation
import NIOCore
import Telephony

/// What the routes answer with.
extension Voicemails {
    /// A box. Its JSON is kept until the box changes.
    func answer(_ box: Box) async throws -> APIResponse {
        let contents = try await contents(of: box)
        let texts = try await transcriptions(of: [box])
        let record = box.record
        let key = BoxContents.RenderedKey(
            members: ["\(record.id)", record.name, record.number, record.access.rawValue],
            transcriptions: texts
        )
        let body = contents.rendering(key) {
            let json: JSONValue = [
                "id": .integer(Int64(record.id)), "name": .string(record.name), "number": .string(record.number),
                "accesstype": .string(record.access.rawValue),
                "folders": .array(VoicemailFolder.allCases.map { Self.json($0, contents, texts) }),
            ]
            return ByteBuffer(string: json.text + "\n")
        }
        return APIResponse(body, mediaType: "application/json")
    }

    /// A folder.
    func answer(folder id: Int, of box: Box) async throws -> APIResponse {
        let folder = try Self.folder(id)
        let contents = try await contents(of: box)
        return .ok(Self.json(folder, contents, try await transcriptions(of: [box])))
    }

    /// A message.
    func answer(_ found: Found) async throws -> APIResponse {
        let texts = try await transcriptions(of: [found.box])
        guard case .object(var members) = found.message.json(transcription: texts[found.message.id]) else {
            return .ok(.null)
        }
        members["folder"] = found.message.folder.json
        return .ok(.object(members))
    }

    private static func json(
        _ folder: VoicemailFolder,
        _ contents: BoxContents,
        _ texts: [String: String]
    ) -> JSONValue {
        let messages = (contents.messages[folder] ?? []).map { $0.json(transcription: texts[$0.id]) }
        return .object(folder.members.merging(["messages": .array(messages)]) { $1 })
    }

    // MARK: Lists

    /// Messages of all the user's boxes (contract 31 §3.4).
    func list(_ wanted: MessagesRequest, for request: APIRequest) async throws -> APIResponse {
        let boxes = try await boxes(ofUserOf: request, wanted.kind)
        let all = try await messages(of: boxes, try await transcriptions(of: boxes))
        let matching = all.filter { listed in wanted.search.map { listed.message.holds($0) } ?? true }
        return .items(
            wanted.paging.part(of: wanted.paging.sorted(matching)).map(\.json),
            total: all.count,
            filtered: wanted.search == nil ? nil : matching.count
        )
    }

    /// Messages of the tenant's boxes (contract 31 §3.5).
    func adminList(_ wanted: AdminMessagesRequest, for request: APIRequest) async throws -> APIResponse {
        let boxes = try await boxes(wanted, tenant: request.tenant, scope: request.scope)
        let texts = try await transcriptions(of: boxes, isRequired: wanted.isTranscribed != nil)
        let all = try await messages(of: boxes, texts)
        let from = wanted.from.map { Int($0.timeIntervalSince1970.rounded(.down)) } ?? .min
        let until = wanted.until.map { Int($0.timeIntervalSince1970.rounded(.down)) } ?? .max
        let filtered = all.filter { listed in
            listed.message.timestamp >= from && listed.message.timestamp < until
                && wanted.isTranscribed.map { $0 == (listed.transcription != nil) } ?? true
                && wanted.messages.search.map { listed.message.holds($0) } ?? true
        }
        let paging = wanted.messages.paging
        return .items(
            paging.part(of: paging.sorted(filtered)).map(\.adminJSON),
            total: all.count,
            filtered: filtered.count
        )
    }

    private func messages(of boxes: [Box], _ texts: [String: String]) async throws -> [ListedMessage] {
        var all: [ListedMessage] = []
        for box in boxes {
            all += try await contents(of: box).all.map { message in
                ListedMessage(message: message, box: box.record, transcription: texts[message.id])
            }
        }
        return all
    }

    // MARK: Actions

    /// Moves a message; into its own folder there is nothing to do.
    func move(_ found: Found, to folder: VoicemailFolder) async throws {
        guard found.message.folder != folder else { return }
        defer { watch.look(at: found.path) }
        let outcome = try await actions.move(found.message, in: found.path, to: folder)
        // Asterisk says success of failures too, and of what it was asked in vain nothing: the disk knows.
        let place = try await spool.contents(of: found.path).message(found.message.id)?.folder
        if place != folder { throw failure(of: outcome) }
    }

    /// Deletes a message.
    func delete(_ found: Found) async throws {
        defer { watch.look(at: found.path) }
        var message = found.message
        // One that is in several folders goes from each.
        for _ in VoicemailFolder.allCases {
            let outcome = try await actions.remove(message, in: found.path)
            guard let left = try await spool.contents(of: found.path).message(message.id) else { return }
            if left.folder == message.folder { throw failure(of: outcome) }
            message = left
        }
    }

    private func failure(of outcome: VoicemailActions.Outcome) -> Failure {
        switch outcome {
        case .unknown(let failure): failure
        case .done: ports.failures.failure(for: .internalError("the message is where it was"))
        }
    }

    // MARK: Sound

    /// The sound of a message, as WAVE whatever Asterisk recorded.
    func recording(_ found: Found, _ request: APIRequest) async throws -> APIResponse {
        let id = found.message.id
        let formats = SoundConversion.formats.map(\.extension)
        guard let (file, format) = try await spool.sound(of: id, in: found.path, extensions: formats) else {
            throw Failure.invalidMessageFormat
        }
        guard let wave = format == "wav" ? file : try await greetings.converted(file, format: format) else {
            throw Failure.invalidMessageFormat
        }
        return APIResponse(
            file: wave,
            mediaType: "audio/wav",
            fileName: request.queryText("download") == "1" ? "vm-msg-\(id).wav" : nil,
            for: request
        )
    }
}
