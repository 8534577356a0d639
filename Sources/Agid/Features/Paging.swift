import Core
import Directory
import FastAGI
import Logging

/// `paging`: whom a paging group calls, and how it sounds (contract 41 §5).
struct Paging: AGIHandler {
    let name = "paging"
    let pagings: any PagingDirectory

    func run(_ session: AGISession) async throws {
        do {
            try await page(session)
        } catch let error as AGIError where error.endsSession {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            try await session.refuse(playing: "vm-incorrect")
            throw DialplanBreak("\(error)")
        }
    }

    private func page(_ session: AGISession) async throws {
        let number = session.arguments.first ?? ""
        let user = try await session.getInteger("WAZO_USERID")
        let tenant = try await session.getVariable("WAZO_TENANT_UUID")
        guard
            let paging = try await pagings.paging(
                number: number,
                caller: user,
                tenant: tenant.isEmpty ? nil : TenantID(tenant)
            )
        else { throw HandlerFault("Unknown paging '\(number)'") }
        guard paging.isCallerAllowed else { throw HandlerFault("User \(user) may not call paging '\(number)'") }
        var lines: [String] = []
        for line in paging.endpoints.map(\.pagedInterface) where !lines.contains(line) { lines.append(line) }
        if lines.isEmpty { throw HandlerFault("Nobody is called by paging '\(number)'") }
        try await session.setVariable("WAZO_PAGING_LINES", lines.joined(separator: "&"))
        try await session.setVariable("WAZO_PAGING_TIMEOUT", String(paging.timeout))
        try await session.setVariable("WAZO_PAGING_OPTS", options(paging, session))
    }

    /// Options of `Page`, in the order that the field's recorders know.
    private func options(_ paging: PagingRecord, _ session: AGISession) -> String {
        let options = paging.options
        var text = "sb(paging^add-sip-headers^1)"
        if options.isDuplex { text += "d" }
        if options.isQuiet { text += "q" }
        if options.isRecorded { text += "r" }
        if options.ignoresForwards { text += "i" }
        if let file = options.announcement {
            // Asterisk would take these for the end of the option, of the argument, or for another file.
            if file.utf8.contains(where: { $0 < 0x20 || "(),;&\"\\$".utf8.contains($0) }) {
                session.logger.warning("paging announcement left out", metadata: ["file": "\(file)"])
            } else {
                text += "A(/var/lib/wazo/sounds/tenants/\(paging.tenant)/playback/\(file))"
            }
        }
        if options.isCallerSparedAnnouncement { text += "n" }
        return text
    }
}

extension LineRecord.Endpoint {
    /// SCCP phones answer by themselves when they are told so in the interface.
    fileprivate var pagedInterface: String {
        switch self {
        case .sip(let name): "PJSIP/\(name)"
        case .sccp(let name): "SCCP/\(name)/autoanswer"
        case .custom(let interface): interface
        }
    }
}

extension AGISession {
    /// Tells a caller that it cannot be done.
    /// - Throws: What ended the session.
    func refuse(playing sound: String) async throws {
        try await tolerantly { _ = try await answer() }
        try await play(sound)
    }

    /// Plays a sound that may be missing.
    /// - Throws: What ended the session.
    func play(_ sound: String) async throws { try await tolerantly { _ = try await streamFile(sound) } }

    private func tolerantly(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let error as AGIError where !error.endsSession {
            logger.warning("caller not told", metadata: ["cause": "\(error)"])
        }
    }
}
