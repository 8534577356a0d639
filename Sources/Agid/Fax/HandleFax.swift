import Core
import FastAGI
import Logging

/// `handle_fax`: delivers a fax that Asterisk has received (contract 41 §6, contract 30 §8.2). The call is over:
/// no media commands. Our dialplan also tells of a reception that broke off: third argument `FAILED`, fourth its error.
struct HandleFax: AGIHandler {
    let name = "handle_fax"
    let faxes: any ReceivedFaxHandling

    func run(_ session: AGISession) async throws {
        guard let path = session.arguments.first, !path.isEmpty else {
            throw DialplanBreak("\(name) takes the file of a fax")
        }
        let destination = try await session.getVariable("WAZO_DSTNUM")
        guard !destination.isEmpty else { throw DialplanBreak("\(name): WAZO_DSTNUM is empty") }
        let fax = ReceivedFaxFile(
            path: path,
            email: session.arguments.dropFirst().first ?? "",
            destination: destination,
            callerID: try await session.getVariable("CALLERID(all)"),
            pages: integer(try await session.getVariable("FAXOPT(pages)")),
            remoteStationID: try await session.getVariable("FAXOPT(remotestationid)"),
            tenant: try await identifier(session, "WAZO_TENANT_UUID").map { TenantID($0) },
            context: try await session.getVariable("WAZO_CONTEXT"),
            user: try await identifier(session, "WAZO_DST_UUID").map { UserID($0) },
            fault: Self.fault(session.arguments)
        )
        do {
            switch try await session.whileAside({ try await faxes.receive(fax) }) {
            case .delivered: break
            case .kept: try await session.verbose("\(name): incomplete, kept without delivery")
            case .alreadyTaken: try await session.verbose("\(name): taken before")
            case .nothingReceived: try await session.verbose("\(name): nothing received")
            }
        } catch let error as AGIError {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            throw DialplanBreak("\(name): \(error)")
        }
    }

    private static func fault(_ arguments: [String]) -> String? {
        guard arguments.count > 2, arguments[2] == "FAILED" else { return nil }
        let error = arguments.count > 3 ? arguments[3].keeping { !$0.isControl }.trimmed() : ""
        return error.isEmpty ? "FAILED" : String(scalars: error.unicodeScalars.prefix(200))
    }

    /// A uuid; `nil` when it is none, since it becomes the name of a header of bus events.
    private func identifier(_ session: AGISession, _ name: String) async throws -> String? {
        let text = try await session.getVariable(name)
        return text.utf8.count == 36 && text.consists { $0.isHexadecimal || $0 == "-" } ? text : nil
    }
}
